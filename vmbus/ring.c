// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring arithmetic: free space, wrap-around copies and the decision whether
 * the other end must be woken ("Ring buffer" in the VMBus protocol).
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises
 * each end of a ring.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include <asm/barrier.h>
#include "packet.h"
#include "ring.h"

static bool index_ok(u32 index, u32 size)
{
	return index < size && !(index & 7);
}

/* Bytes from @from up to @to in a ring of @size; equal means none. */
static u32 distance(u32 from, u32 to, u32 size)
{
	return to >= from ? to - from : to + (size - from);
}

/* @index moved on by @by, which is at most @size. */
static u32 advance(u32 index, u32 by, u32 size)
{
	u32 room = size - index;

	return by < room ? index + by : by - room;
}

static int ring_area(struct hv_ring_buffer *shared, u32 bytes)
{
	if (!shared || bytes & 7)
		return -EINVAL;
	if (bytes < sizeof(*shared) + RING_MIN_PACKET + RING_TRAILER)
		return -EINVAL;
	return bytes - sizeof(*shared);
}

/* Before the host knows of the ring: as if it had never been used. */
static void ring_reset(struct hv_ring_buffer *shared)
{
	WRITE_ONCE(shared->read_index, 0);
	WRITE_ONCE(shared->write_index, 0);
	WRITE_ONCE(shared->interrupt_mask, 0);
	WRITE_ONCE(shared->pending_send_sz, 0);
	WRITE_ONCE(shared->feature_bits.value, 1);
}

const char *ring_error_name(enum ring_error error)
{
	static const char * const names[RING_NR_ERRORS] = {
		[RING_OK] = "none",
		[RING_READ_INDEX] = "read index outside the ring",
		[RING_READ_JUMP] = "read index moved past unread data",
		[RING_WRITE_INDEX] = "write index outside the ring",
		[RING_SHORT] = "less data than a packet header",
		[RING_LENGTH] = "packet length",
		[RING_OFFSET] = "packet data offset",
		[RING_TYPE] = "packet type",
		[RING_OVERSIZE] = "packet longer than the receive buffer",
		[RING_READ_MOVED] = "read index written by the host",
	};

	return error < RING_NR_ERRORS ? names[error] : "unknown";
}

/* ------------------------------ producing end ------------------------------ */

/**
 * ring_writer_init - start the producing end on an empty ring
 * @w: the end
 * @shared: control page, followed by the data area
 * @bytes: size of both together
 *
 * Announces that we store the pending send size when blocked.
 *
 * Return: 0, or -EINVAL for an impossible size.
 */
int ring_writer_init(struct ring_writer *w, struct hv_ring_buffer *shared,
		     u32 bytes)
{
	int size = ring_area(shared, bytes);

	if (size < 0)
		return size;
	*w = (struct ring_writer){
		.shared = shared,
		.data = shared->buffer,
		.size = size,
	};
	ring_reset(shared);
	return 0;
}

static int writer_fail(struct ring_writer *w, enum ring_error error, u32 bad)
{
	if (!w->error) {
		w->error = error;
		w->bad = bad;
	}
	return -EIO;
}

/*
 * Take the peer's index after checking it. It may only have moved towards
 * our published index, so what is in use can only shrink: anything else
 * would hand out space that holds unread packets.
 */
static int writer_take_read(struct ring_writer *w, u32 read)
{
	if (!index_ok(read, w->size))
		return writer_fail(w, RING_READ_INDEX, read);
	if (distance(read, w->published, w->size) >
	    distance(w->read, w->published, w->size))
		return writer_fail(w, RING_READ_JUMP, read);
	w->read = read;
	return 0;
}

/**
 * ring_writer_free - bytes free as far as is known without asking the peer
 * @w: the end
 *
 * Return: a lower bound of the free space, trailer space included.
 */
u32 ring_writer_free(const struct ring_writer *w)
{
	return w->size - distance(w->read, w->write, w->size);
}

static void copy_in(const struct ring_writer *w, u32 at, const void *from,
		    u32 len)
{
	u32 room = w->size - at;

	if (likely(len <= room)) {
		memcpy(w->data + at, from, len);
		return;
	}
	memcpy(w->data + at, from, room);
	memcpy(w->data, (const u8 *)from + room, len - room);
}

/**
 * ring_room - would ring_stage() find room for a packet
 * @w: the end
 * @len: length of the packet, a multiple of 8
 *
 * The shared read index is looked at only when the space known to be free does not do.
 * A packet that would fill the ring to the last byte has to wait, since equal indices
 * mean empty.
 *
 * Return: 0: as long as the caller keeps others out; otherwise as ring_stage().
 */
int ring_room(struct ring_writer *w, u32 len)
{
	u32 need = len + RING_TRAILER;

	if (unlikely(w->error))
		return -EIO;
	if (unlikely(len & 7))
		return -EINVAL;
	if (unlikely(len >= w->size - RING_TRAILER))
		return -EMSGSIZE;
	if (likely(ring_writer_free(w) > need))
		return 0;
	/* Pairs with the host's release of what it has read. */
	if (writer_take_read(w, virt_load_acquire(&w->shared->read_index)))
		return -EIO;
	return ring_writer_free(w) > need ? 0 : -EAGAIN;
}

/**
 * ring_stage - copy one packet behind those already staged
 * @w: the end
 * @pieces: what the packet is made of, in order
 * @nr: how many pieces
 * @len: length of the packet, a multiple of 8, at least the pieces' sum;
 *	the rest, less than 8 bytes, is zeroed
 *
 * The peer sees nothing before ring_publish().
 *
 * Return: 0; -EAGAIN if there is no room now; -EMSGSIZE if there never will
 * be; -EINVAL if the pieces do not add up to @len; -EIO if the peer's read
 * index is nonsense, then and ever after, with the reason in @w->error.
 */
int ring_stage(struct ring_writer *w, const struct ring_piece *pieces,
	       unsigned int nr, u32 len)
{
	static const u64 zero;
	u32 at = w->write, left = len;
	unsigned int i;
	u64 trailer;
	int ret = ring_room(w, len);

	if (unlikely(ret))
		return ret;
	for (i = 0; i < nr; i++) {
		if (unlikely(pieces[i].len > left))
			return -EINVAL;
		copy_in(w, at, pieces[i].base, pieces[i].len);
		at = advance(at, pieces[i].len, w->size);
		left -= pieces[i].len;
	}
	if (unlikely(left >= 8))
		return -EINVAL;
	copy_in(w, at, &zero, left);
	at = advance(at, left, w->size);

	trailer = (u64)w->write << 32;
	copy_in(w, at, &trailer, RING_TRAILER);
	w->write = advance(at, RING_TRAILER, w->size);
	return 0;
}

/**
 * ring_publish - show the peer everything staged
 * @w: the end
 *
 * The index is stored after the data. The full barrier orders that store
 * before the look at the peer's mask and read index: the peer does the
 * same in the other order when it goes to sleep, so one of both sees the
 * other.
 *
 * Return: true if the peer must be signalled: it does not hold its interrupt
 * mask and had read all that was published before, or what it says of that
 * is nonsense.
 */
bool ring_publish(struct ring_writer *w)
{
	struct hv_ring_buffer *shared = w->shared;
	u32 old = w->published;
	u32 read;

	if (old == w->write)
		return false;
	/* The packets are there before the index that tells of them. */
	virt_store_release(&shared->write_index, w->write);
	w->published = w->write;
	/* The index is seen before the mask and the read index are looked at. */
	virt_mb();
	if (READ_ONCE(shared->interrupt_mask))
		return false;
	read = READ_ONCE(shared->read_index);
	/* Nonsense stops the next packet. This one is out: let the peer find it. */
	if (writer_take_read(w, read))
		return true;
	return read == old;
}

/* ------------------------------ consuming end ------------------------------ */

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
	int size = ring_area(shared, bytes);

	if (size < 0)
		return size;
	*r = (struct ring_reader){
		.shared = shared,
		.data = shared->buffer,
		.size = size,
	};
	ring_reset(shared);
	return 0;
}

static int reader_fail(struct ring_reader *r, enum ring_error error, u32 bad)
{
	if (!r->error) {
		r->error = error;
		r->bad = bad;
	}
	return -EIO;
}

/*
 * The inline helpers of <linux/hyperv.h> judge "more to read" by the shared
 * copy of our index. A host that changes it would keep its guest polling.
 */
static void reader_restore(struct ring_reader *r)
{
	if (likely(READ_ONCE(r->shared->read_index) == r->published))
		return;
	WRITE_ONCE(r->shared->read_index, r->published);
	r->repaired++;
}

/* Bytes to read, asking the peer only when all that was seen is consumed. */
static int reader_avail(struct ring_reader *r)
{
	u32 write;

	if (r->read != r->write)
		return distance(r->read, r->write, r->size);
	/* Pairs with the host's release: the packets below the index are there. */
	write = virt_load_acquire(&r->shared->write_index);
	if (unlikely(!index_ok(write, r->size)))
		return reader_fail(r, RING_WRITE_INDEX, write);
	r->write = write;
	return distance(r->read, write, r->size);
}

/* Pass over @len bytes that make no sense; the peer may do better next time. */
static int reader_drop(struct ring_reader *r, enum ring_error why, u32 bad,
		       u32 len)
{
	if (++r->junk > RING_JUNK_MOST)
		return reader_fail(r, why, bad);
	r->dropped = why;
	r->bad = bad;
	ring_skip(r, len);
	return -EBADMSG;
}

/*
 * Judge the packet of which @desc is the descriptor. After a wrong length
 * nobody knows where the next packet starts, so all that there is goes.
 */
static int reader_judge(struct ring_reader *r,
			const struct vmpacket_descriptor *desc, u32 avail)
{
	enum ring_error error = packet_check(desc, avail - RING_TRAILER);
	u32 len = hv_pkt_len(desc) + RING_TRAILER;

	if (unlikely(error))
		return reader_drop(r, error, packet_bad_value(desc, error),
				   error == RING_LENGTH ? avail : len);
	r->junk = 0;
	return len;
}

/**
 * ring_peek - look at the next packet
 * @r: the end
 * @desc: gets a private copy of the packet's descriptor, checked, so that
 *	length and offset lie inside what the peer has published
 *
 * Asking again without ring_skip() finds the same packet.
 *
 * Return: bytes the packet occupies with its trailer; 0 if there is none;
 * -EBADMSG if a packet made no sense and was passed over, with the reason in
 * @r->dropped: ask again; -EIO if the ring is given up, then and ever after,
 * with the reason in @r->error.
 */
int ring_peek(struct ring_reader *r, struct vmpacket_descriptor *desc)
{
	int avail;

	if (unlikely(r->error))
		return -EIO;
	avail = reader_avail(r);
	if (avail <= 0) {
		if (!avail)
			reader_restore(r);
		return avail;
	}
	if (unlikely(avail < RING_MIN_PACKET))
		return reader_drop(r, RING_SHORT, avail, avail);
	ring_copy_out(r, desc, 0, sizeof(*desc));
	return reader_judge(r, desc, avail);
}

/**
 * ring_bytes - copy out of a data area, around its end
 * @data: data area
 * @size: its size
 * @at: where from, below @size
 * @to: private memory
 * @len: bytes, at most @size
 */
void ring_bytes(const u8 *data, u32 size, u32 at, void *to, u32 len)
{
	u32 room = size - at;

	if (likely(len <= room)) {
		memcpy(to, data + at, len);
		return;
	}
	memcpy(to, data + at, room);
	memcpy((u8 *)to + room, data, len - room);
}

/**
 * ring_copy_out - copy a part of the next packet
 * @r: the end
 * @to: private memory
 * @offset: where in the packet; @offset + @len must not exceed what
 *	ring_peek() returned
 * @len: bytes
 */
void ring_copy_out(const struct ring_reader *r, void *to, u32 offset, u32 len)
{
	ring_bytes(r->data, r->size, advance(r->read, offset, r->size), to, len);
}

/**
 * ring_skip - go to the next packet
 * @r: the end
 * @len: what ring_peek() returned
 *
 * The space stays ours until ring_release().
 */
void ring_skip(struct ring_reader *r, u32 len)
{
	r->read = advance(r->read, len, r->size);
}

/**
 * ring_release - give the space of all packets skipped back to the peer
 * @r: the end
 *
 * The full barrier orders the index before the look at the pending send
 * size; a blocked producer stores that size, then looks at the index again.
 *
 * Return: true if the peer waits for space and exactly this release made
 * enough of it, so that it must be signalled.
 */
bool ring_release(struct ring_reader *r)
{
	struct hv_ring_buffer *shared = r->shared;
	u32 old = r->published;
	u32 before, after, pending, write;

	if (r->error || old == r->read)
		return false;
	/* All reads of the data come before the store that gives it away. */
	virt_store_release(&shared->read_index, r->read);
	r->published = r->read;
	/* The index is seen before the host's wish for room is looked at. */
	virt_mb();
	pending = READ_ONCE(shared->pending_send_sz);
	if (likely(!pending))
		return false;
	write = READ_ONCE(shared->write_index);
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
