/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The producing end of a ring: what happens for each packet, inlined where it is sent.
 * What is rare is in ring_send.c.
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises the end.
 */
#ifndef _HV_RING_WRITE_H
#define _HV_RING_WRITE_H

#include <linux/errno.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "ring.h"
#include "ring_math.h"

int ring_writer_init(struct ring_writer *w, struct hv_ring_buffer *shared, u32 bytes);
void ring_writer_measure(struct ring_writer *w);
u32 ring_writer_free(const struct ring_writer *w);
int ring_room_asked(struct ring_writer *w, u32 len);
void ring_stage_around(struct ring_writer *w, const struct ring_packet *p);
bool ring_look(struct ring_writer *w, const struct ring_mark *mark);
bool ring_publish(struct ring_writer *w);

/* The usual answer of ring_room(), and of ring_place(), without a look at the shared page. */
static __always_inline bool ring_clear(const struct ring_writer *w, u32 len)
{
	return len < w->clear && !(len & 7);
}

/**
 * ring_room - is there room for a packet
 * @w: the end
 * @len: length of the packet, a multiple of 8
 *
 * The shared read index is looked at only when the space known to be free does not do.
 * A packet that would fill the ring to the last byte has to wait, since equal indices
 * mean empty.
 *
 * Return: 0, for as long as the caller keeps others out; -EAGAIN if there is no room now;
 * -EMSGSIZE if there never will be; -EINVAL if @len is no length; -EIO if the peer's read
 * index is nonsense, then and ever after, with the reason in @w->error.
 */
static __always_inline int ring_room(struct ring_writer *w, u32 len)
{
	return likely(ring_clear(w, len)) ? 0 : ring_room_asked(w, len);
}

/* Descriptor and trailer of a packet that is ring_clear(). */
static __always_inline void ring_finish(struct ring_writer *w, u64 *to, u64 head, u64 id, u32 len)
{
	u32 write = w->write;

	to[0] = head;
	to[1] = id;
	to[len / 8] = (u64)write << 32;
	w->write = write + len + RING_TRAILER;
	w->clear -= len + RING_TRAILER;	/* of multiples of 8 the larger one: not below 0 */
}

/**
 * ring_stage - copy one packet behind those already staged
 * @w: the end
 * @p: the packet, from packet_build(); ring_room() said that it has room
 *
 * The peer sees nothing before ring_commit().
 */
static __always_inline void ring_stage(struct ring_writer *w, const struct ring_packet *p)
{
	u64 *to = (u64 *)(w->data + w->write);
	u32 len = p->len;

	if (unlikely(len >= w->clear)) {
		ring_stage_around(w, p);
		return;
	}
	/* The last word first: its end is padding. */
	to[len / 8 - 1] = 0;
	if (p->list_len)
		memcpy(to + 2, p->list, p->list_len);
	if (p->data_len)
		memcpy((u8 *)(to + 2) + p->list_len, p->data, p->data_len);
	ring_finish(w, to, p->head, p->id, len);
}

/**
 * ring_place - where the next packet can be written in place
 * @w: the end
 * @len: length of the packet, a multiple of 8, at least 16
 *
 * For a packet that is made only now: behind its descriptor, which ring_placed() writes,
 * all @len bytes are the caller's, to be written and not to be read: the peer can change
 * them. Without ring_placed() nothing has happened.
 *
 * Return: the packet's first byte; NULL if the packet reaches the end of
 * the data area, or ring_room() says no: that and ring_stage() then do it, or tell why not.
 */
static __always_inline void *ring_place(struct ring_writer *w, u32 len)
{
	if (unlikely(!ring_clear(w, len)) && (ring_room_asked(w, len) || !ring_clear(w, len)))
		return NULL;
	return w->data + w->write;
}

/**
 * ring_placed - the packet at ring_place()'s address is complete
 * @w: the end
 * @head: first word of its descriptor
 * @id: second word
 * @len: as given to ring_place()
 */
static __always_inline void ring_placed(struct ring_writer *w, u64 head, u64 id, u32 len)
{
	ring_finish(w, (u64 *)(w->data + w->write), head, id, len);
}

/**
 * ring_commit - let the peer see everything staged
 * @w: the end
 * @mark: gets what ring_wants_signal() wants to know
 *
 * The index is stored after the data.
 *
 * Return: false if there was nothing new to see.
 */
static __always_inline bool ring_commit(struct ring_writer *w, struct ring_mark *mark)
{
	if (w->published == w->write)
		return false;
	*mark = (struct ring_mark){
		.shared = w->shared,
		.size = w->size,
		.read = w->read,
		.old = w->published,
		.now = w->write,
	};
	/* The packets are there before the index that tells of them. */
	virt_store_release(&w->shared->write_index, w->write);
	w->published = w->write;
	return true;
}

/**
 * ring_wants_signal - must the peer be told of a commit
 * @mark: from ring_commit()
 *
 * The full barrier orders the commit's store of the write index before the look at the
 * peer's mask and read index: the peer does the same in the other order when it goes to
 * sleep, so one of both sees the other. Others may have sent and committed meanwhile: each
 * decides on the step from old to new index that was its own.
 *
 * Context: after ring_commit(), the caller need not keep others out any more; the shared
 * page must stay.
 * Return: 1 if it does not hold its interrupt mask and had read all that was published
 * before; 0 if not; -EAGAIN if its read index lies outside of what is known here: then
 * ring_look() says more.
 */
static __always_inline int ring_wants_signal(const struct ring_mark *mark)
{
	u32 read;

	/* The index is seen before the mask and the read index are looked at. */
	virt_mb();
	if (READ_ONCE(mark->shared->interrupt_mask))
		return 0;
	read = READ_ONCE(mark->shared->read_index);
	if (likely(read == mark->old))
		return 1;
	if (unlikely(!index_ok(read, mark->size) ||
		     distance(mark->read, read, mark->size) >
		     distance(mark->read, mark->now, mark->size)))
		return -EAGAIN;
	return 0;
}

#endif
