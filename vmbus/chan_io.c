// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send and receive: packet, ring, request id and signal put together. These are
 * the calls of <linux/hyperv.h> that every VMBus driver lives on.
 *
 * A ring that the host has corrupted is given up: its sends fail with -EIO and
 * its reads find nothing until the channel is opened anew.
 */
#include <linux/hyperv.h>
#include <linux/reciprocal_div.h>
#include <hv/ring_hold.h>
#include "packet.h"
#include "trace.h"
#include "vmbus_priv.h"

/* ------------------------------ set-up and errors --------------------------- */

static struct chan_io *io_of(struct vmbus_channel *channel)
{
	return &to_chan(channel)->io;
}

/**
 * ring_attach - make one of a channel's rings ready
 * @rbi: its outbound or its inbound ring
 * @map: control page and data area
 * @bytes: size of both
 * @outbound: which of both
 *
 * Context: process; the caller holds rbi->ring_buffer_mutex and nobody uses
 * the ring yet.
 * Return: 0, or -EINVAL for an impossible size.
 */
int ring_attach(struct hv_ring_buffer_info *rbi, struct hv_ring_buffer *map,
		u32 bytes, bool outbound)
{
	struct vmbus_chan *chan;
	int ret;

	if (outbound) {
		chan = container_of(rbi, struct vmbus_chan, ch.outbound);
		ret = ring_writer_init(&chan->io.tx, map, bytes);
	} else {
		chan = container_of(rbi, struct vmbus_chan, ch.inbound);
		ret = ring_reader_init(&chan->io.rx, map, bytes);
		chan->io.rx_len = 0;
	}
	if (ret)
		return ret;
	chan->io.told = 0;
	rbi->ring_size = bytes;
	rbi->ring_datasize = bytes - sizeof(*map);
	rbi->ring_size_div10_reciprocal = reciprocal_value(bytes / 10);
	rbi->priv_read_index = 0;
	rbi->ring_buffer = map;
	return 0;
}

/**
 * ring_detach - forget the mapping of a ring
 * @rbi: a ring that ring_attach() made ready
 *
 * Context: process; the caller holds rbi->ring_buffer_mutex. A late send or
 * read finds no ring.
 */
void ring_detach(struct hv_ring_buffer_info *rbi)
{
	unsigned long flags;

	if (!rbi->ring_buffer)
		return;
	spin_lock_irqsave(&rbi->ring_lock, flags);
	rbi->ring_buffer = NULL;
	spin_unlock_irqrestore(&rbi->ring_lock, flags);
}

/**
 * chan_io_broken - has the host corrupted one of the rings
 * @ch: a channel
 *
 * Return: true until the channel is opened anew.
 */
bool chan_io_broken(const struct vmbus_channel *ch)
{
	return READ_ONCE(to_chan(ch)->io.told);
}

static enum vmbus_err bus_error(enum ring_error error)
{
	switch (error) {
	case RING_READ_INDEX:
	case RING_READ_JUMP:
	case RING_WRITE_INDEX:
	case RING_READ_MOVED:
		return VERR_RING_INDEX;
	default:
		return VERR_PACKET;
	}
}

/* Count what the host did and say so; once per ring if that gives it up. */
static void chan_io_bad(struct vmbus_channel *ch, bool outbound,
			enum ring_error error, u32 value, bool fatal)
{
	struct chan_io *io = io_of(ch);

	if (fatal && test_and_set_bit(outbound, &io->told))
		return;
	atomic_inc(&io->errors[error]);
	chan_bad(ch, bus_error(error), "%s ring: %s 0x%x%s",
		 outbound ? "outbound" : "inbound", ring_error_name(error),
		 value, fatal ? ", no more I/O" : "");
}

/* ------------------------------ sending ------------------------------------- */

/* A packet on its way into the ring */
struct outgoing {
	struct vmpacket_descriptor *desc;
	const struct ring_piece *pieces;	/* the first is the descriptor */
	unsigned int nr;
	u32 len;
	u64 value;		/* what the driver knows the request by */
	u64 *trans_id;		/* where it wants to read the id that goes out, or NULL */
};

static bool wants_id(const struct vmbus_channel *ch, const struct outgoing *out)
{
	return out->desc->flags & VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED &&
	       ch->next_request_id_callback;
}

static u64 take_id(struct vmbus_channel *ch, u64 value)
{
	u64 id;

	/* The usual one is called by name: indirect calls are slow. */
	if (ch->next_request_id_callback == vmbus_next_request_id)
		id = vmbus_next_request_id(ch, value);
	else
		id = ch->next_request_id_callback(ch, value);
	return id == VMBUS_NO_RQSTOR ? value : id;
}

/*
 * The packet with its id, into a ring that has room: under the lock nothing can come
 * between the look at the room and the copy, so once an id is taken the packet goes out.
 * That matters because the host may guess the id and complete it from the moment it is
 * taken: the driver must not hear "not sent" of a request that it saw completed.
 *
 * Takes requestor.req_lock within outbound.ring_lock.
 */
static int stage_with_id(struct vmbus_channel *ch, const struct outgoing *out)
{
	struct ring_writer *tx = &io_of(ch)->tx;
	u64 id;
	int ret = ring_room(tx, out->len);

	if (unlikely(ret))
		return ret;
	id = take_id(ch, out->value);
	if (unlikely(id == VMBUS_RQST_ERROR))
		return -ENOBUFS;
	out->desc->trans_id = id;
	/* Before the host can answer: the caller may look at it from there. */
	if (out->trans_id)
		*out->trans_id = id;
	ret = ring_stage(tx, out->pieces, out->nr, out->len);
	/* Pieces that do not add up. A guess of the host may still have been faster. */
	if (unlikely(ret) && ch->request_addr_callback &&
	    ch->request_addr_callback(ch, id) == VMBUS_RQST_ERROR)
		return 0;
	return ret;
}

static int stage(struct vmbus_channel *ch, const struct outgoing *out)
{
	if (wants_id(ch, out))
		return stage_with_id(ch, out);
	out->desc->trans_id = out->value;
	if (out->trans_id)
		*out->trans_id = out->value;
	return ring_stage(&io_of(ch)->tx, out->pieces, out->nr, out->len);
}

/* Show the host what is staged; true if it must be told. Under the lock. */
static bool publish(struct vmbus_channel *ch)
{
	bool signal = ring_publish(&io_of(ch)->tx);

	if (signal)
		io_of(ch)->out_empty++;
	return signal;
}

/*
 * Stage and, unless somebody holds that back, publish under the lock. Sets
 * *@signal if the host must be told. A full ring is published in any case:
 * nobody else would make room in it.
 */
static int put_packet(struct vmbus_channel *ch, const struct outgoing *out, bool *signal)
{
	struct chan_io *io = io_of(ch);
	unsigned long flags;
	u32 used;
	int ret;

	*signal = false;
	spin_lock_irqsave(&ch->outbound.ring_lock, flags);
	if (unlikely(ch->rescind || !ch->outbound.ring_buffer)) {
		ret = -ENODEV;
	} else if (unlikely(READ_ONCE(io->told))) {
		/* Nobody would see the answer, or the packet itself. */
		ret = -EIO;
	} else {
		ret = stage(ch, out);
	}
	if (likely(!ret)) {
		used = io->tx.size - ring_writer_free(&io->tx);
		if (unlikely(used > io->tx_high))
			io->tx_high = used;
		if (!io->holds)
			*signal = publish(ch);
		if (unlikely(io->full))	/* not a store for each packet */
			io->full = false;
	} else if (ret == -EAGAIN) {
		ch->out_full_total++;
		ch->out_full_first += !io->full;
		io->full = true;
		if (io->holds)
			*signal = publish(ch);
	} else if (ret == -ENOBUFS) {
		/* All ids are out: the answers to what is held back free some. */
		ret = -EAGAIN;
		if (io->holds)
			*signal = publish(ch);
	}
	spin_unlock_irqrestore(&ch->outbound.ring_lock, flags);
	return ret;
}

static int send_packet(struct vmbus_channel *ch, const struct outgoing *out)
{
	struct chan_io *io = io_of(ch);
	bool signal;
	int ret = put_packet(ch, out, &signal);

	trace_ring_send(chan_relid(ch), out->desc, ret);
	if (signal)
		vmbus_setevent(ch);
	if (unlikely(READ_ONCE(io->tx.error)))
		chan_io_bad(ch, true, io->tx.error, io->tx.bad, true);
	return ret;
}

/**
 * vmbus_sendpacket_getid - send a packet and learn its transaction id
 * @channel: an open channel
 * @payload: payload, copied before this returns
 * @len: its length
 * @request: what the driver knows the request by; goes out as the id itself
 *	if the channel has no next_request_id_callback, or no completion was
 *	asked for
 * @id: gets the id that went out, before the host can see the packet;
 *	may be NULL
 * @type: kind of packet
 * @flags: VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED or 0
 *
 * Signals the host if it needs it.
 *
 * Context: any.
 * Return: 0; -EAGAIN if the ring has no room or all ids are in use; -EINVAL or
 * -EMSGSIZE if the packet can never be sent; -ENODEV if the channel was
 * rescinded or is not open; -EIO if the host corrupted a ring.
 */
int vmbus_sendpacket_getid(struct vmbus_channel *channel, void *payload, u32 len,
			   u64 request, u64 *id, enum vmbus_packet_type type,
			   u32 flags)
{
	struct vmpacket_descriptor desc;
	struct ring_piece pieces[] = {
		{ .base = &desc, .len = sizeof(desc) },
		{ .base = payload, .len = len },
	};
	struct outgoing out = {
		.desc = &desc, .pieces = pieces, .nr = ARRAY_SIZE(pieces),
		.value = request, .trans_id = id,
	};
	int total = packet_build(&desc, type, sizeof(desc), len, flags, 0);

	if (total < 0)
		return total;
	out.len = total;
	return send_packet(channel, &out);
}

/**
 * vmbus_sendpacket - send a packet
 * @channel: an open channel
 * @payload: payload, copied before this returns
 * @len: its length
 * @request: see vmbus_sendpacket_getid()
 * @type: kind of packet
 * @flags: VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED or 0
 *
 * Context: any.
 * Return: see vmbus_sendpacket_getid().
 */
int vmbus_sendpacket(struct vmbus_channel *channel, void *payload, u32 len,
		     u64 request, enum vmbus_packet_type type, u32 flags)
{
	return vmbus_sendpacket_getid(channel, payload, len, request, NULL,
				      type, flags);
}

/**
 * vmbus_sendpacket_mpb_desc - send a packet with ranges of guest memory
 * @channel: an open channel
 * @desc: header, of which the caller has filled in the ranges and their
 *	number; the rest is filled in here
 * @desc_size: bytes of @desc including its page frames, a multiple of 8
 * @payload: payload, copied before this returns
 * @len: its length
 * @request: see vmbus_sendpacket_getid()
 *
 * The memory stays with the host until it completes the request.
 *
 * Context: any.
 * Return: see vmbus_sendpacket_getid().
 */
int vmbus_sendpacket_mpb_desc(struct vmbus_channel *channel,
			      struct vmbus_packet_mpb_array *desc,
			      u32 desc_size, void *payload, u32 len, u64 request)
{
	struct vmpacket_descriptor *head = (struct vmpacket_descriptor *)desc;
	struct ring_piece pieces[] = {
		{ .base = desc, .len = desc_size },
		{ .base = payload, .len = len },
	};
	struct outgoing out = {
		.desc = head, .pieces = pieces, .nr = ARRAY_SIZE(pieces), .value = request,
	};
	int total = packet_build(head, VM_PKT_DATA_USING_GPA_DIRECT, desc_size,
				 len, VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED,
				 0);

	if (total < 0 || desc_size < sizeof(*desc))
		return -EINVAL;
	desc->reserved = 0;
	out.len = total;
	return send_packet(channel, &out);
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
	io_of(channel)->holds++;
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
	bool signal = false;
	unsigned long flags;

	spin_lock_irqsave(&channel->outbound.ring_lock, flags);
	if (!--io_of(channel)->holds && channel->outbound.ring_buffer)
		signal = publish(channel);
	spin_unlock_irqrestore(&channel->outbound.ring_lock, flags);
	if (signal)
		vmbus_setevent(channel);
}

/* ------------------------------ receiving ----------------------------------- */

static void advance_past(struct vmbus_channel *ch, u32 len)
{
	struct chan_io *io = io_of(ch);

	ring_skip(&io->rx, len);
	io->rx_len = 0;
	ch->inbound.priv_read_index = io->rx.read;
}

/* Give space back, and wake a host that waits for it. */
static void release(struct vmbus_channel *ch)
{
	if (!ring_release(&io_of(ch)->rx))
		return;
	ch->intr_in_full++;
	vmbus_setevent(ch);
}

/* The slow path of next_packet(): something was wrong with the ring. */
static u32 next_good_packet(struct vmbus_channel *ch,
			    struct vmpacket_descriptor *desc, int len)
{
	struct ring_reader *rx = &io_of(ch)->rx;

	while (len == -EBADMSG) {
		chan_io_bad(ch, false, rx->dropped, rx->bad, false);
		len = ring_peek(rx, desc);
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

/*
 * The next packet that makes sense: its checked descriptor, and the bytes it
 * occupies in the ring as return value; 0 if there is none.
 */
static u32 next_packet(struct vmbus_channel *ch,
		       struct vmpacket_descriptor *desc)
{
	struct ring_reader *rx = &io_of(ch)->rx;
	u32 repaired = rx->repaired;
	int len;

	if (unlikely(!ch->inbound.ring_buffer))
		return 0;
	len = ring_peek(rx, desc);
	if (unlikely(rx->repaired != repaired))
		chan_io_bad(ch, false, RING_READ_MOVED, rx->published, false);
	return likely(len >= 0) ? len : next_good_packet(ch, desc, len);
}

/* Payload, or with @raw the whole packet, straight from the ring to the caller. */
static int receive(struct vmbus_channel *ch, void *buffer, u32 room,
		   u32 *actual, u64 *requestid, bool raw)
{
	struct chan_io *io = io_of(ch);
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

/* ------------------------------ packet by packet ---------------------------- */

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
	struct chan_io *io = io_of(channel);
	u32 room = channel->inbound.pkt_buffer_size;
	struct vmpacket_descriptor *copy = channel->inbound.pkt_buffer;
	struct vmpacket_descriptor desc;
	u32 len = next_packet(channel, &desc);

	if (!len || !copy || room < sizeof(desc))
		return NULL;
	debugfs_delay(channel, DELAY_MESSAGE);
	io->rx_len = len;
	if (unlikely(hv_pkt_len(&desc) > room)) {
		chan_io_bad(channel, false, RING_OVERSIZE, hv_pkt_len(&desc), false);
		desc.len8 = room / 8;
		if (desc.offset8 > desc.len8)
			desc.offset8 = desc.len8;
	}
	*copy = desc;
	ring_copy_out(&io->rx, copy + 1, sizeof(desc),
		      hv_pkt_len(&desc) - sizeof(desc));
	trace_ring_recv(chan_relid(channel), &desc, 0);
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
	advance_past(channel, io_of(channel)->rx_len);
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
