// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: a packet, copied out of the ring before anybody looks at it, judged once, and
 * its space given back. These are calls of <linux/hyperv.h> that every VMBus driver lives on.
 */
#include <linux/hyperv.h>
#include "ring_read.h"
#include "trace.h"
#include "vmbus_priv.h"

static void advance_past(struct vmbus_channel *ch, u32 len)
{
	struct chan_io *io = chan_io_of(ch);

	ring_skip(&io->rx, len);
	io->rx_len = 0;
	ch->inbound.priv_read_index = io->rx.read;
}

/* Give space back, and wake a host that waits for it. */
static void release(struct vmbus_channel *ch)
{
	if (!ring_release(&chan_io_of(ch)->rx))
		return;
	ch->intr_in_full++;
	vmbus_setevent(ch);
}

/*
 * There was no packet, or none that made sense: all that has to be said of it. Looks on for
 * one that does: its descriptor, or with @room its beginning, goes to @to.
 */
static noinline int no_packet(struct vmbus_channel *ch, struct vmpacket_descriptor *to, u32 room,
			      int len)
{
	struct chan_io *io = chan_io_of(ch);
	struct ring_reader *rx = &io->rx;

	while (len == -EBADMSG) {
		chan_io_bad(ch, false, rx->dropped, rx->bad, false);
		len = room ? ring_fetch(rx, to, room) : ring_peek(rx, to);
	}
	if (rx->repaired != io->repaired) {
		io->repaired = rx->repaired;
		chan_io_bad(ch, false, RING_READ_MOVED, rx->published, false);
	}
	ch->inbound.priv_read_index = rx->read;
	if (len > 0)
		return len;
	/* A driver that finds nothing gives nothing back, so do it here. */
	release(ch);
	if (len < 0) {
		chan_io_bad(ch, false, rx->error, rx->bad, true);
		ring_drain(rx);
	}
	return 0;
}

/* Nothing to read, and nothing to say of it. */
static bool nothing_new(const struct chan_io *io, int len)
{
	return !len && likely(io->rx.repaired == io->repaired);
}

/*
 * The next packet that makes sense: its checked descriptor, and the bytes it
 * occupies in the ring as return value; 0 if there is none.
 */
static u32 next_packet(struct vmbus_channel *ch, struct vmpacket_descriptor *desc)
{
	int len;

	if (unlikely(!ch->inbound.ring_buffer))
		return 0;
	len = ring_peek(&chan_io_of(ch)->rx, desc);
	if (len > 0 || nothing_new(chan_io_of(ch), len))
		return len;
	return no_packet(ch, desc, 0, len);
}

/* Payload, or with @raw the whole packet, straight from the ring to the caller. */
static int receive(struct vmbus_channel *ch, void *buffer, u32 room,
		   u32 *actual, u64 *requestid, bool raw)
{
	struct chan_io *io = chan_io_of(ch);
	struct vmpacket_descriptor desc;
	u32 len, start, bytes;

	*actual = 0;
	*requestid = 0;
	len = next_packet(ch, &desc);
	if (!len)
		return 0;
	debugfs_delay(ch, DELAY_MESSAGE);
	start = raw ? 0 : desc.offset8 * 8u;
	bytes = hv_pkt_len(&desc) - start;
	*actual = bytes;
	*requestid = desc.trans_id;
	if (unlikely(bytes > room))
		return -ENOBUFS;
	ring_copy_out(&io->rx, buffer, start, bytes);
	/* What was checked is what the driver gets, whatever the ring says now. */
	if (raw)
		memcpy(buffer, &desc, sizeof(desc));
	trace_ring_recv(chan_relid(ch), &desc, 0);
	advance_past(ch, len);
	release(ch);
	return 0;
}

/**
 * vmbus_recvpacket - receive the payload of the next packet
 * @channel: an open channel
 * @buffer: where to
 * @room: room there
 * @actual: gets the payload's length, padded to 8; 0 if there is no
 *	packet
 * @id: gets the packet's transaction id
 *
 * Context: any; one reader per channel at a time.
 * Return: 0, also without a packet; -ENOBUFS if the payload is longer than
 * @room: the packet then stays where it is.
 */
int vmbus_recvpacket(struct vmbus_channel *channel, void *buffer, u32 room,
		     u32 *actual, u64 *id)
{
	return receive(channel, buffer, room, actual, id, false);
}

/**
 * vmbus_recvpacket_raw - receive the next packet with its header
 * @channel: an open channel
 * @buffer: where to
 * @room: room there
 * @actual: gets the packet's length; 0 if there is no packet
 * @id: gets the packet's transaction id
 *
 * Context: any; one reader per channel at a time.
 * Return: see vmbus_recvpacket().
 */
int vmbus_recvpacket_raw(struct vmbus_channel *channel, void *buffer, u32 room,
			 u32 *actual, u64 *id)
{
	return receive(channel, buffer, room, actual, id, true);
}

/**
 * hv_pkt_iter_first - private copy of the next packet
 * @channel: an open channel
 *
 * Asking again finds the same packet. Length and offset of the copy lie inside
 * the channel's packet buffer; of a packet longer than max_pkt_size only the
 * beginning is there.
 *
 * Context: any; one reader per channel at a time.
 * Return: the packet, good until the next call on this channel; NULL if there
 * is none or the host corrupted the ring.
 */
struct vmpacket_descriptor *hv_pkt_iter_first(struct vmbus_channel *channel)
{
	struct vmpacket_descriptor *copy = channel->inbound.pkt_buffer;
	u32 room = channel->inbound.pkt_buffer_size;
	struct chan_io *io = chan_io_of(channel);
	int len;

	/* no buffer, no room */
	if (unlikely(!channel->inbound.ring_buffer || room < sizeof(*copy)))
		return NULL;
	len = ring_fetch(&io->rx, copy, room);
	if (unlikely(len <= 0)) {
		if (nothing_new(io, len))
			return NULL;
		len = no_packet(channel, copy, room, len);
		if (!len)
			return NULL;
	}
	debugfs_delay(channel, DELAY_MESSAGE);
	io->rx_len = len;
	if (unlikely(len - RING_TRAILER > room))
		chan_io_bad(channel, false, RING_OVERSIZE, len - RING_TRAILER, false);
	trace_ring_recv(chan_relid(channel), copy, 0);
	return copy;
}

/**
 * __hv_pkt_iter_next - private copy of the packet after this one
 * @channel: an open channel
 * @pkt: what hv_pkt_iter_first() or the last call of this returned
 *
 * Context: any; one reader per channel at a time.
 * Return: see hv_pkt_iter_first().
 */
struct vmpacket_descriptor *
__hv_pkt_iter_next(struct vmbus_channel *channel,
		   const struct vmpacket_descriptor *pkt)
{
	struct chan_io *io = chan_io_of(channel);

	advance_past(channel, io->rx_len);
	/* the usual end of a burst, known without more ado */
	if (unlikely(!channel->inbound.ring_buffer) || ring_quiet(&io->rx))
		return NULL;
	return hv_pkt_iter_first(channel);
}

/**
 * hv_pkt_iter_close - give the host the space of all packets passed over
 * @channel: an open channel
 *
 * Tells the host's side once for the whole batch, and signals it if it waits
 * for just this space.
 *
 * Context: any; one reader per channel at a time.
 */
void hv_pkt_iter_close(struct vmbus_channel *channel)
{
	if (likely(channel->inbound.ring_buffer))
		release(channel);
}
