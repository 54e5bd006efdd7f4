// SPDX-License-Identifier: GPL-2.0-only
/*
 * The producing end of a ring: free space, packets written in place or around the end of
 * the data area, and the decision whether the other end must be woken ("Ring buffer" in
 * the VMBus protocol).
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises the end.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include <asm/barrier.h>
#include "packet.h"
#include "ring.h"
#include "ring_math.h"

/**
 * ring_writer_init - start the producing end on an empty ring
 * @w: the end
 * @shared: control page, followed by the data area
 * @bytes: size of both together
 *
 * Return: 0, or -EINVAL for an impossible size.
 */
int ring_writer_init(struct ring_writer *w, struct hv_ring_buffer *shared,
		     u32 bytes)
{
	int size = ring_prepare(shared, bytes);

	if (size < 0)
		return size;
	*w = (struct ring_writer){
		.shared = shared,
		.data = shared->buffer,
		.size = size,
	};
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
	if (distance(read, w->write, w->size) > w->high)
		w->high = distance(read, w->write, w->size);
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

/* The usual answer, without a look at the shared page. */
static __always_inline bool room_known(const struct ring_writer *w, u32 len)
{
	return !w->error && !(len & 7) && ring_writer_free(w) > (u64)len + RING_TRAILER;
}

static noinline int room_asked(struct ring_writer *w, u32 len)
{
	if (w->error)
		return -EIO;
	if (len & 7)
		return -EINVAL;
	if (len >= w->size - RING_TRAILER)
		return -EMSGSIZE;
	/* Pairs with the host's release of what it has read. */
	if (writer_take_read(w, virt_load_acquire(&w->shared->read_index)))
		return -EIO;
	return room_known(w, len) ? 0 : -EAGAIN;
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
int ring_room(struct ring_writer *w, u32 len)
{
	return likely(room_known(w, len)) ? 0 : room_asked(w, len);
}

static void put_word(struct ring_writer *w, u32 at, u64 word)
{
	*(u64 *)(w->data + at) = word;
}

/* A part of a packet, and where the next one goes. */
static u32 copy_around(struct ring_writer *w, u32 at, const void *from, u32 len)
{
	u32 room = w->size - at;

	if (len > room) {
		memcpy(w->data + at, from, room);
		memcpy(w->data, from + room, len - room);
	} else if (len) {
		memcpy(w->data + at, from, len);
	}
	return advance(at, len, w->size);
}

/* A packet that reaches the end of the data area, by itself or with its trailer: the rare case. */
static noinline void stage_around(struct ring_writer *w, const struct ring_packet *p)
{
	u32 at = advance(w->write, 8, w->size), end = advance(w->write, p->len, w->size);

	/* The last word first: its end is padding. */
	put_word(w, advance(w->write, p->len - 8, w->size), 0);
	put_word(w, w->write, p->head);
	put_word(w, at, p->id);
	at = copy_around(w, advance(at, 8, w->size), p->list, p->list_len);
	copy_around(w, at, p->data, p->data_len);
	put_word(w, end, (u64)w->write << 32);
	w->write = advance(end, RING_TRAILER, w->size);
}

/* Descriptor and trailer of a packet that reaches less far. */
static __always_inline void finish(struct ring_writer *w, u64 *to, u64 head, u64 id, u32 len)
{
	to[0] = head;
	to[1] = id;
	to[len / 8] = (u64)w->write << 32;
	w->write += len + RING_TRAILER;
}

static bool in_one_piece(const struct ring_writer *w, u32 len)
{
	return len + RING_TRAILER < w->size - w->write;
}

/**
 * ring_stage - copy one packet behind those already staged
 * @w: the end
 * @p: the packet, from packet_build(); ring_room() said that it has room
 *
 * The peer sees nothing before ring_commit().
 */
void ring_stage(struct ring_writer *w, const struct ring_packet *p)
{
	u64 *to = (u64 *)(w->data + w->write);
	u32 len = p->len;

	if (unlikely(!in_one_piece(w, len))) {
		stage_around(w, p);
		return;
	}
	/* The last word first: its end is padding. */
	to[len / 8 - 1] = 0;
	if (p->list_len)
		memcpy(to + 2, p->list, p->list_len);
	if (p->data_len)
		memcpy((u8 *)(to + 2) + p->list_len, p->data, p->data_len);
	finish(w, to, p->head, p->id, len);
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
void *ring_place(struct ring_writer *w, u32 len)
{
	if (unlikely(!in_one_piece(w, len)) || unlikely(ring_room(w, len)))
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
void ring_placed(struct ring_writer *w, u64 head, u64 id, u32 len)
{
	finish(w, (u64 *)(w->data + w->write), head, id, len);
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
bool ring_commit(struct ring_writer *w, struct ring_mark *mark)
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
int ring_wants_signal(const struct ring_mark *mark)
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

/**
 * ring_look - judge a read index that ring_wants_signal() could not
 * @w: the end
 * @mark: as given to that
 *
 * Nonsense stops the next packet. The one that was committed is out: let the peer find it.
 *
 * Return: true if the peer must be told.
 */
bool ring_look(struct ring_writer *w, const struct ring_mark *mark)
{
	u32 read = READ_ONCE(w->shared->read_index);

	return writer_take_read(w, read) || read == mark->old;
}

/**
 * ring_publish - commit and decide, for a caller that keeps others out all the time
 * @w: the end
 *
 * Return: true if the peer must be signalled: it does not hold its interrupt
 * mask and had read all that was published before, or what it says of that
 * is nonsense.
 */
bool ring_publish(struct ring_writer *w)
{
	struct ring_mark mark;
	int signal;

	if (!ring_commit(w, &mark))
		return false;
	signal = ring_wants_signal(&mark);
	return signal < 0 ? ring_look(w, &mark) : signal;
}
