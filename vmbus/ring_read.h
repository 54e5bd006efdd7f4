/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The consuming end of a ring: what happens for each packet, inlined where it is received.
 * What is rare is in ring_recv.c.
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises the end.
 */
#ifndef _HV_RING_READ_H
#define _HV_RING_READ_H

#include <linux/errno.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "packet.h"
#include "ring.h"
#include "ring_math.h"

int ring_reader_init(struct ring_reader *r, struct hv_ring_buffer *shared, u32 bytes);
int ring_reader_fail(struct ring_reader *r, enum ring_error error, u32 bad);
int ring_reader_short(struct ring_reader *r, u32 avail);
int ring_reader_refuse(struct ring_reader *r, u64 head, enum ring_error error, u32 avail);
u64 ring_cut_head(u64 head, u32 bytes);
bool ring_reader_room(const struct ring_reader *r, u32 old, u32 pending);
void ring_drain(struct ring_reader *r);

/**
 * ring_quiet - a cheap look at an end that has nothing to do
 * @r: the end
 *
 * Return: true if there is nothing to read and the peer has left our index alone; otherwise
 * ring_peek() or ring_fetch() knows more.
 */
static __always_inline bool ring_quiet(const struct ring_reader *r)
{
	return r->read == r->write && READ_ONCE(r->shared->write_index) == r->write &&
	       READ_ONCE(r->shared->read_index) == r->published;
}

/*
 * The inline helpers of <linux/hyperv.h> judge "more to read" by the shared
 * copy of our index. A host that changes it would keep its guest polling.
 */
static __always_inline void reader_restore(struct ring_reader *r)
{
	if (likely(READ_ONCE(r->shared->read_index) == r->published))
		return;
	WRITE_ONCE(r->shared->read_index, r->published);
	r->repaired++;
}

/*
 * Bytes to read, asking the peer only when all that was seen is consumed. An index that
 * has not moved is ours, so it is right.
 */
static __always_inline int reader_avail(struct ring_reader *r, u32 read, u32 size)
{
	u32 write = r->write;

	if (read == write) {
		/* Pairs with the host's release: the packets below the index are there. */
		write = virt_load_acquire(&r->shared->write_index);
		if (write == read) {
			reader_restore(r);
			return 0;
		}
		if (unlikely(!index_ok(write, size)))
			return ring_reader_fail(r, RING_WRITE_INDEX, write);
		r->write = write;
	}
	return distance(read, write, size);
}

/*
 * The first word of the next packet, read once: what is judged is what is used. A read
 * index and all sizes are multiples of 8. Returns as ring_peek().
 */
static __always_inline int reader_look(struct ring_reader *r, u64 *head)
{
	const u8 *at = r->data + r->read;
	enum ring_error error;
	int avail;

	if (unlikely(r->error))
		return -EIO;
	avail = reader_avail(r, r->read, r->size);
	if (unlikely(avail <= 0))
		return avail;
	if (unlikely(avail < RING_MIN_PACKET))
		return ring_reader_short(r, avail);
	*head = READ_ONCE(*(u64 *)at);
	error = packet_check(*head, avail - RING_TRAILER);
	if (unlikely(error))
		return ring_reader_refuse(r, *head, error, avail);
	r->junk = 0;
	return packet_len(*head) + RING_TRAILER;
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
static __always_inline int ring_peek(struct ring_reader *r, struct vmpacket_descriptor *desc)
{
	u64 head;
	int len = reader_look(r, &head);

	if (len > 0)
		packet_words(desc, head, READ_ONCE(*(u64 *)(r->data + advance(r->read, 8,
									      r->size))));
	return len;
}

/**
 * ring_copy_out - copy a part of the next packet
 * @r: the end
 * @to: private memory
 * @offset: where in the packet; @offset + @len must not exceed what
 *	ring_peek() returned
 * @len: bytes
 */
static inline void ring_copy_out(const struct ring_reader *r, void *to, u32 offset, u32 len)
{
	ring_bytes(r->data, r->size, advance(r->read, offset, r->size), to, len);
}

/**
 * ring_fetch - copy the next packet out
 * @r: the end
 * @to: private memory for the packet with its descriptor, aligned to 8
 * @room: bytes there, at least 16
 *
 * The descriptor that was checked is the one that @to gets, whatever the ring says by
 * then. Of a packet that is longer than @room only the beginning is there, and its
 * descriptor says so. Asking again without ring_skip() finds the same packet.
 *
 * Return: as ring_peek().
 */
static __always_inline int ring_fetch(struct ring_reader *r, struct vmpacket_descriptor *to,
				      u32 room)
{
	const u8 *from = r->data + r->read;
	u32 to_end = r->size - r->read, bytes;
	u64 *word = (u64 *)to;
	u64 head;
	int len;

	len = reader_look(r, &head);
	if (unlikely(len <= 0))
		return len;
	bytes = len - RING_TRAILER;
	if (unlikely(bytes > room)) {
		bytes = room & ~7u;
		head = ring_cut_head(head, bytes);
	}
	if (likely(bytes <= to_end)) {
		word[1] = *(u64 *)(from + 8);
		memcpy(word + 2, from + 16, bytes - 16);
	} else {
		ring_copy_out(r, word + 1, 8, bytes - 8);
	}
	word[0] = head;
	return len;
}

/**
 * ring_skip - go to the next packet
 * @r: the end
 * @len: what ring_peek() returned
 *
 * The space stays ours until ring_release().
 */
static __always_inline void ring_skip(struct ring_reader *r, u32 len)
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
static __always_inline bool ring_release(struct ring_reader *r)
{
	struct hv_ring_buffer *shared = r->shared;
	u32 old = r->published;
	u32 pending;

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
	return ring_reader_room(r, old, pending);
}

#endif
