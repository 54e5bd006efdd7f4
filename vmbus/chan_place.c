// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending, for drivers of ours: packets written in place, several with one signal, many
 * answers in one call. These are the calls of <hv/ring_hold.h>.
 */
#include <linux/hyperv.h>
#include <hv/ring_hold.h>
#include "chan_enter.h"
#include "packet.h"
#include "trace.h"

/**
 * hv_ring_place - write the next packet where it will lie in the ring
 * @channel: a channel
 * @len: bytes of the packet from its descriptor to its padded end, a multiple of 8
 *
 * hv_ring_placed() or hv_ring_forget() must come soon: until then the ring is locked and
 * interrupts are off.
 *
 * For a packet that is made only now. Behind the first 16 bytes, which are the bus's, all
 * of it is the caller's to write. It is memory that the host can change: never read from it.
 *
 * Context: any; not between another hv_ring_place() and its end.
 * Return: where the packet begins; NULL if it cannot be written in one piece or at all,
 * then nothing is locked, and vmbus_sendpacket() or vmbus_sendpacket_mpb_desc() sends it or
 * tells why not.
 */
void *hv_ring_place(struct vmbus_channel *channel, u32 len)
{
	unsigned long flags = ring_enter(channel);
	struct chan_io *io = chan_io_of(channel);
	void *at = NULL;

	if (likely(!may_send(channel)))
		at = ring_place(&io->tx, len);
	if (likely(at)) {
		io->flags = flags;
		return at;
	}
	ring_unlock(channel, flags);
	ring_leave(flags);
	return NULL;
}

/**
 * hv_ring_placed - the packet is complete: to the host with it
 * @channel: as given to hv_ring_place()
 * @head: first word of its descriptor, by packet_head()
 * @len: bytes of it as @head has them, no more than given to hv_ring_place()
 * @id: its transaction id
 *
 * Signals the host if it needs it. hv_ring_hold() holds it back.
 *
 * Context: as after hv_ring_place().
 */
void hv_ring_placed(struct vmbus_channel *channel, u64 head, u32 len, u64 id)
{
	struct chan_io *io = chan_io_of(channel);

	ring_placed(&io->tx, head, id, len);
	if (unlikely(io->full))
		io->full = false;
	if (trace_ring_send_enabled())
		chan_trace_sent(channel, head, id, 0);
	commit_and_leave(channel, io->flags, !io->holds);
}

/**
 * hv_ring_forget - the packet is not to be sent after all
 * @channel: as given to hv_ring_place()
 *
 * Context: as after hv_ring_place().
 */
void hv_ring_forget(struct vmbus_channel *channel)
{
	unsigned long flags = chan_io_of(channel)->flags;

	ring_unlock(channel, flags);
	ring_leave(flags);
}

/**
 * hv_ring_hold - keep the next packets from the host until hv_ring_let_go()
 * @channel: a channel
 *
 * For a driver that has several packets to send: they are written to the ring
 * one by one, become visible together, and cost one signal at most. Packets
 * that others send meanwhile wait too, so let go soon and do not sleep until
 * then. Nests.
 *
 * Context: any.
 */
void hv_ring_hold(struct vmbus_channel *channel)
{
	unsigned long flags;

	spin_lock_irqsave(&channel->outbound.ring_lock, flags);
	chan_io_of(channel)->holds++;
	spin_unlock_irqrestore(&channel->outbound.ring_lock, flags);
}

/**
 * hv_ring_let_go - show the host what was held back
 * @channel: as given to hv_ring_hold()
 *
 * Signals the host if it needs it. A channel that was closed meanwhile has
 * nothing to show.
 *
 * Context: any.
 */
void hv_ring_let_go(struct vmbus_channel *channel)
{
	unsigned long flags = ring_enter(channel);

	commit_and_leave(channel, flags,
			 !--chan_io_of(channel)->holds && channel->outbound.ring_buffer);
}

/* An answer: descriptor and eight bytes. */
#define ANSWER_LEN	(sizeof(struct vmpacket_descriptor) + 8u)
#define ANSWER_HEAD	packet_head(VM_PKT_COMP, sizeof(struct vmpacket_descriptor), ANSWER_LEN, 0)

/* The one that reaches the ring's end, or has no room. */
static noinline int stage_answer_around(struct ring_writer *w, u64 id, u64 word)
{
	const struct ring_packet p = {
		.head = ANSWER_HEAD,
		.id = id,
		.data = &word,
		.data_len = sizeof(word),
		.len = ANSWER_LEN,
	};
	int ret = ring_room(w, p.len);

	if (!ret)
		ring_stage(w, &p);
	return ret;
}

static __always_inline int stage_answer(struct ring_writer *w, u64 id, u64 word)
{
	u64 *at = ring_place(w, ANSWER_LEN);

	if (unlikely(!at))
		return stage_answer_around(w, id, word);
	at[2] = word;
	ring_placed(w, ANSWER_HEAD, id, ANSWER_LEN);
	return 0;
}

/* How many of them could be staged, or why not even the first. */
static __always_inline int stage_answers(struct vmbus_channel *ch, const u64 *ids, u32 count,
					 u64 word)
{
	int ret = may_send(ch);
	u32 i;

	for (i = 0; i < count && !ret; i++) {
		ret = stage_answer(&chan_io_of(ch)->tx, ids[i], word);
		if (trace_ring_send_enabled())
			chan_trace_sent(ch, ANSWER_HEAD, ids[i], ret);
		if (ret)
			break;
	}
	return i ?: ret;
}

/**
 * hv_ring_answer - give the host its packets back, with the same words for each
 * @channel: an open channel
 * @ids: their transaction ids
 * @count: how many, at least one
 * @word: payload of the answer
 *
 * They become visible together, with what others staged and held back, and cost one signal
 * at most.
 *
 * Context: any.
 * Return: how many were answered, the first ones; -EAGAIN if there is no room for one;
 * else as vmbus_sendpacket().
 */
int hv_ring_answer(struct vmbus_channel *channel, const u64 *ids, u32 count, u64 word)
{
	unsigned long flags = ring_enter(channel);
	struct chan_io *io = chan_io_of(channel);
	int ret = stage_answers(channel, ids, count, word);

	if (unlikely(ret == -EAGAIN)) {
		channel->out_full_total++;
		channel->out_full_first += !io->full;
		io->full = true;
	} else if (unlikely(io->full)) {
		io->full = false;
	}
	/* what is held back goes out where it is room that lacks: see not_sent() */
	commit_and_leave(channel, flags, !io->holds ? ret > 0 : ret == -EAGAIN);
	if (unlikely(ret == -EIO) && io->tx.error)
		chan_io_bad(channel, true, io->tx.error, io->tx.bad, true);
	return ret;
}
