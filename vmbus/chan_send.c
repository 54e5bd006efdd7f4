// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: packet, request id, ring and signal put together, in one go. These are calls of
 * <linux/hyperv.h> that every VMBus driver lives on; chan_place.c has those of
 * <hv/ring_hold.h>.
 */
#include <linux/hyperv.h>
#include "chan_enter.h"
#include "packet.h"
#include "trace.h"
#include "vmbus_priv.h"

/**
 * chan_look_again - the host's read index was not what it could be
 * @ch: channel, whose ring the caller has left
 * @old: what the host could see before the commit
 *
 * Context: any.
 * Return: true if it must be told of the commit.
 */
bool chan_look_again(struct vmbus_channel *ch, u32 old)
{
	struct ring_mark mark = { .old = old };
	struct chan_io *io = chan_io_of(ch);
	bool signal = false;
	unsigned long flags;

	spin_lock_irqsave(&ch->outbound.ring_lock, flags);
	if (ch->outbound.ring_buffer)
		signal = ring_look(&io->tx, &mark);
	spin_unlock_irqrestore(&ch->outbound.ring_lock, flags);
	if (io->tx.error)
		chan_io_bad(ch, true, io->tx.error, io->tx.bad, true);
	return signal;
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
 * An id for a packet that has room: under the lock nothing can come between the look at the
 * room and the copy, so once an id is taken the packet goes out.
 * That matters because the host may guess the id and complete it from the moment it is
 * taken: the driver must not hear "not sent" of a request that it saw completed.
 *
 * Takes requestor.req_lock within outbound.ring_lock.
 */
static __always_inline int give_id(struct vmbus_channel *ch, struct ring_packet *p, u64 value,
				   u64 *trans_id, bool completion)
{
	if (completion && ch->next_request_id_callback) {
		value = take_id(ch, value);
		if (unlikely(value == VMBUS_RQST_ERROR))
			return -ENOBUFS;
	}
	p->id = value;
	/* Before the host can answer: the caller may look at it from there. */
	if (trans_id)
		*trans_id = value;
	return 0;
}

/**
 * chan_trace_sent - a packet was sent, or was not
 * @ch: channel
 * @head: first word of its descriptor
 * @id: second word
 * @ret: 0 or why not
 */
void chan_trace_sent(const struct vmbus_channel *ch, u64 head, u64 id, int ret)
{
	struct vmpacket_descriptor desc;

	packet_words(&desc, head, id);
	trace_ring_send(chan_relid(ch), &desc, ret);
}

/*
 * A packet that does not go out. What is held back does, if it is room or ids that lack:
 * nobody else would make any.
 */
static noinline int not_sent(struct vmbus_channel *ch, const struct ring_packet *p,
			     unsigned long flags, int ret)
{
	struct chan_io *io = chan_io_of(ch);

	if (ret == -EAGAIN) {
		ch->out_full_total++;
		ch->out_full_first += !io->full;
		io->full = true;
	}
	commit_and_leave(ch, flags, io->holds && (ret == -EAGAIN || ret == -ENOBUFS));
	if (ret == -EIO && io->tx.error)
		chan_io_bad(ch, true, io->tx.error, io->tx.bad, true);
	if (ret == -ENOBUFS)
		ret = -EAGAIN;
	chan_trace_sent(ch, p->head, p->id, ret);
	return ret;
}

/* Stage and, unless somebody holds that back, show it. */
static __always_inline int send_packet(struct vmbus_channel *ch, struct ring_packet *p, u64 value,
				       u64 *trans_id, bool completion)
{
	struct chan_io *io = chan_io_of(ch);
	unsigned long flags = ring_enter(ch);
	int ret = may_send(ch);

	p->id = value;
	if (likely(!ret))
		ret = ring_room(&io->tx, p->len);
	if (likely(!ret))
		ret = give_id(ch, p, value, trans_id, completion);
	if (unlikely(ret))
		return not_sent(ch, p, flags, ret);
	ring_stage(&io->tx, p);
	if (unlikely(io->full))	/* not a store for each packet */
		io->full = false;
	if (trace_ring_send_enabled())
		chan_trace_sent(ch, p->head, p->id, 0);
	commit_and_leave(ch, flags, !io->holds);
	return 0;
}

static __always_inline int send_inband(struct vmbus_channel *ch, const void *payload, u32 len,
				       u64 value, u64 *trans_id, u16 type, u16 flags)
{
	struct ring_packet p HV_UNINITIALIZED;

	p.list = NULL;
	p.data = payload;
	if (unlikely(packet_build(&p, type, 0, len, flags) < 0))
		return -EINVAL;
	return send_packet(ch, &p, value, trans_id,
			   flags & VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
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
	return send_inband(channel, payload, len, request, id, type, flags);
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
	return send_inband(channel, payload, len, request, NULL, type, flags);
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
	struct ring_packet p HV_UNINITIALIZED;

	if (unlikely(desc_size < sizeof(*desc)))
		return -EINVAL;
	desc->reserved = 0;
	p.list = (u8 *)desc + sizeof(struct vmpacket_descriptor);
	p.data = payload;
	if (unlikely(packet_build(&p, VM_PKT_DATA_USING_GPA_DIRECT,
				  desc_size - sizeof(struct vmpacket_descriptor), len,
				  VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED) < 0))
		return -EINVAL;
	return send_packet(channel, &p, request, NULL, true);
}
