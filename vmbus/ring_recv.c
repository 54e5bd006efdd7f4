// SPDX-License-Identifier: GPL-2.0-only
/*
 * The consuming end of a ring: what is said of packets that are none, and when the peer's
 * wish for room comes true ("Ring buffer" in the VMBus protocol). ring_read.h has the
 * usual path.
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises the end.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include <asm/barrier.h>
#include "packet.h"
#include "ring_math.h"
#include "ring_read.h"

/**
 * ring_reader_init - start the consuming end on an empty ring
 * @r: the end
 * @shared: control page, followed by the data area
 * @bytes: size of both together
 *
 * Return: 0, or -EINVAL for an impossible size.
 */
int ring_reader_init(struct ring_reader *r, struct hv_ring_buffer *shared,
		     u32 bytes)
{
	int size = ring_prepare(shared, bytes);

	if (size < 0)
		return size;
	*r = (struct ring_reader){
		.shared = shared,
		.data = shared->buffer,
		.size = size,
	};
	return 0;
}

/**
 * ring_reader_fail - give the ring up
 * @r: the end
 * @error: what is wrong; the first one counts
 * @bad: the value that is
 *
 * Return: -EIO.
 */
int ring_reader_fail(struct ring_reader *r, enum ring_error error, u32 bad)
{
	if (!r->error) {
		r->error = error;
		r->bad = bad;
	}
	return -EIO;
}

/* Pass over @len bytes that make no sense; the peer may do better next time. */
static int reader_drop(struct ring_reader *r, enum ring_error why, u32 bad, u32 len)
{
	if (++r->junk > RING_JUNK_MOST)
		return ring_reader_fail(r, why, bad);
	r->dropped = why;
	r->bad = bad;
	ring_skip(r, len);
	return -EBADMSG;
}

/**
 * ring_reader_short - pass over less than any packet needs
 * @r: the end
 * @avail: bytes that there are
 *
 * Return: -EBADMSG, or -EIO if the ring is given up.
 */
int ring_reader_short(struct ring_reader *r, u32 avail)
{
	return reader_drop(r, RING_SHORT, avail, avail);
}

/**
 * ring_reader_refuse - pass over a packet that is none
 * @r: the end
 * @head: the first word of its descriptor
 * @error: what packet_check() said of it
 * @avail: bytes that there are
 *
 * After a wrong length nobody knows where the next packet starts, so all that there is goes.
 *
 * Return: -EBADMSG, or -EIO if the ring is given up.
 */
int ring_reader_refuse(struct ring_reader *r, u64 head, enum ring_error error, u32 avail)
{
	return reader_drop(r, error, packet_bad_value(head, error),
			   error == RING_LENGTH ? avail : packet_len(head) + RING_TRAILER);
}

/**
 * ring_cut_head - the same packet, less of it
 * @head: first word of its descriptor
 * @bytes: of it in all, a multiple of 8
 *
 * Return: the word of that.
 */
u64 ring_cut_head(u64 head, u32 bytes)
{
	u16 len8 = bytes / 8, offset8 = head >> 16;

	return packet_head(head, min(offset8, len8) * 8u, bytes, head >> 48);
}

/**
 * ring_reader_room - was the release of space what the peer waits for
 * @r: the end
 * @old: what the peer was told before
 * @pending: the room that it wants
 *
 * Return: true if exactly that made enough of it.
 */
bool ring_reader_room(const struct ring_reader *r, u32 old, u32 pending)
{
	u32 write = READ_ONCE(r->shared->write_index);
	u32 before, after;

	if (!index_ok(write, r->size))
		return false;
	before = r->size - distance(old, write, r->size);
	after = r->size - distance(r->read, write, r->size);
	return before <= pending && pending < after;
}

/**
 * ring_drain - make a ring that is given up look empty
 * @r: the end
 *
 * For a reader that found an error: whoever polls by the inline helpers of
 * <linux/hyperv.h> then sees nothing to read.
 */
void ring_drain(struct ring_reader *r)
{
	WRITE_ONCE(r->shared->read_index, READ_ONCE(r->shared->write_index));
}
