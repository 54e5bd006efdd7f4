// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: packet, request id, ring and signal put together, in one go. These are calls of
 * <linux/hyperv.h> that every VMBus driver lives on, and those of <hv/ring_hold.h>.
 *
 * What happens under outbound.ring_lock is the copy into the ring; whether the host must
 * be told is decided behind it, since that looks at memory that the host writes.
 */
#include <linux/hyperv.h>
#include <linux/rcupdate.h>
#include <hv/ring_hold.h>
#include "packet.h"
#include "ring_write.h"
#include "trace.h"
#include "vmbus_priv.h"

/*
 * From here to ring_leave() the outbound ring stays mapped: unmapping waits for RCU, which
 * waits for interrupts that are off, or, on PREEMPT_RT, where the lock leaves them on, is told.
 * Sparse cannot follow a lock from call to call, so it is not shown that one is held.
 */
static __always_inline unsigned long ring_enter(struct vmbus_channel *ch)
{
	unsigned long flags;

	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		rcu_read_lock();
		__release(RCU);
		spin_lock_irqsave(&ch->outbound.ring_lock, flags);
	} else {
		spin_lock_irqsave(&ch->outbound.ring_lock, flags);
		__release(&ch->outbound.ring_lock);
	}
	return flags;
}

/* Other senders may go on; this one is still on its CPU, to decide whether it has to signal. */
static __always_inline void ring_unlock(struct vmbus_channel *ch, unsigned long flags)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		spin_unlock_irqrestore(&ch->outbound.ring_lock, flags);
	} else {
		__acquire(&ch->outbound.ring_lock);
		spin_unlock(&ch->outbound.ring_lock);
	}
}

static __always_inline void ring_leave(unsigned long flags)
{
	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		__acquire(RCU);
		rcu_read_unlock();
	} else {
		local_irq_restore(flags);
	}
}

/* Why nothing may be sent, or 0. Under the lock. */
static __always_inline int may_send(struct vmbus_channel *ch)
{
	if (unlikely(ch->rescind || !ch->outbound.ring_buffer))
		return -ENODEV;
	/* Nobody would see the answer, or the packet itself. */
	if (unlikely(READ_ONCE(chan_io_of(ch)->told)))
		return -EIO;
	return 0;
}

/* The host's read index was not what it could be; true if it must be told of the commit. */
static noinline bool look_again(struct vmbus_channel *ch, u32 old)
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

static __always_inline void tell_host(struct vmbus_channel *ch)
{
	chan_io_of(ch)->out_empty++;
	vmbus_setevent(ch);
}

/*
 * The end of a sender's time with the ring: show the host what is staged, let others in,
 * then see whether it must be told.  Others rely on this one for that, so it is done before
 * where the end of the lock is a place to be preempted at.
 */
static __always_inline void commit_and_leave(struct vmbus_channel *ch, unsigned long flags,
					     bool show)
{
	struct ring_mark mark HV_UNINITIALIZED;
	bool shown = show && ring_commit(&chan_io_of(ch)->tx, &mark);
	int signal = 0;

	if (IS_ENABLED(CONFIG_PREEMPT_RT) && shown) {
		signal = ring_wants_signal(&mark);
		if (signal > 0) {
			tell_host(ch);
			signal = 0;
		}
	}
	ring_unlock(ch, flags);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT) && likely(shown))
		signal = ring_wants_signal(&mark);
	ring_leave(flags);
	if (!signal)
		return;
	if (unlikely(signal < 0) && !look_again(ch, mark.old))
		return;
	tell_host(ch);
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

static void trace_sent(const struct vmbus_channel *ch, u64 head, u64 id, int ret)
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
	trace_sent(ch, p->head, p->id, ret);
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
		trace_sent(ch, p->head, p->id, 0);
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

/**
 * hv_ring_place - write the next packet where it will lie in the ring
 * @channel: a channel
 * @len: bytes of the packet from its descriptor to its padded end, a multiple of 8
 *
 * hv_ring_placed() or hv_ring_forget() must come soon: until then the ring is locked and
 * interrupts are off.
 *
 * For a packet with a list of page frames that is made only now. Behind the first 16
 * bytes, which are the bus's, all of it is the caller's to write. It is memory
 * that the host can change: never read from it.
 *
 * Context: any; not between another hv_ring_place() and its end.
 * Return: where the packet begins; NULL if it cannot be written in one piece or at all,
 * then nothing is locked, and vmbus_sendpacket_mpb_desc() sends it or tells why not.
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
 * @header: bytes of it in front of the payload, a multiple of 8
 * @len: as given to hv_ring_place()
 * @id: its transaction id; a completion is asked for
 *
 * Signals the host if it needs it. hv_ring_hold() holds it back.
 *
 * Context: as after hv_ring_place().
 */
void hv_ring_placed(struct vmbus_channel *channel, u32 header, u32 len, u64 id)
{
	struct chan_io *io = chan_io_of(channel);
	u64 head = packet_head(VM_PKT_DATA_USING_GPA_DIRECT, header, len,
			       VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);

	ring_placed(&io->tx, head, id, len);
	if (unlikely(io->full))
		io->full = false;
	if (trace_ring_send_enabled())
		trace_sent(channel, head, id, 0);
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
