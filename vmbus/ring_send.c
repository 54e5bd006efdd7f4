// SPDX-License-Identifier: GPL-2.0-only
/*
 * The producing end of a ring: free space, packets around the end of the data area, and
 * what is wrong with the peer's index ("Ring buffer" in the VMBus protocol). ring_write.h
 * has the usual path.
 *
 * Pure. Knows nothing of channels, drivers or locks; the caller serialises the end.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include <asm/barrier.h>
#include "packet.h"
#include "ring_math.h"
#include "ring_write.h"

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
	ring_writer_measure(w);
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

/**
 * ring_writer_measure - say anew which packets need no thought
 * @w: the end, whose peer's index or error has changed, or that went around the end
 */
void ring_writer_measure(struct ring_writer *w)
{
	w->clear = w->error ? 0 : min(w->size - w->write, ring_writer_free(w)) - RING_TRAILER;
}

static int writer_fail(struct ring_writer *w, enum ring_error error, u32 bad)
{
	if (!w->error) {
		w->error = error;
		w->bad = bad;
		ring_writer_measure(w);
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
	ring_writer_measure(w);
	if (distance(read, w->write, w->size) > w->high)
		w->high = distance(read, w->write, w->size);
	return 0;
}

/* The space known to be free does, around the end of the data area, too. */
static bool room_known(const struct ring_writer *w, u32 len)
{
	return ring_writer_free(w) > (u64)len + RING_TRAILER;
}

/**
 * ring_room_asked - ring_room() where that is not plain
 * @w: the end
 * @len: length of the packet
 *
 * Return: as ring_room().
 */
int ring_room_asked(struct ring_writer *w, u32 len)
{
	if (w->error)
		return -EIO;
	if (len & 7)
		return -EINVAL;
	if (room_known(w, len))
		return 0;
	if (len >= w->size - RING_TRAILER)
		return -EMSGSIZE;
	/* Pairs with the host's release of what it has read. */
	if (writer_take_read(w, virt_load_acquire(&w->shared->read_index)))
		return -EIO;
	return room_known(w, len) ? 0 : -EAGAIN;
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

/**
 * ring_stage_around - ring_stage() of a packet that reaches the end of the data area
 * @w: the end
 * @p: the packet
 *
 * By itself or with its trailer.
 */
void ring_stage_around(struct ring_writer *w, const struct ring_packet *p)
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
	ring_writer_measure(w);
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
