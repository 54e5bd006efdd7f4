/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sender's time with a channel's outbound ring, inlined where packets are sent.
 *
 * What happens under outbound.ring_lock is the copy into the ring; whether the host must
 * be told is decided behind it, since that looks at memory that the host writes.
 */
#ifndef _HV_CHAN_ENTER_H
#define _HV_CHAN_ENTER_H

#include <linux/hyperv.h>
#include <linux/rcupdate.h>
#include <hv/uninit.h>
#include "ring_write.h"
#include "vmbus_priv.h"

bool chan_look_again(struct vmbus_channel *ch, u32 old);
void chan_trace_sent(const struct vmbus_channel *ch, u64 head, u64 id, int ret);

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
	if (unlikely(signal < 0) && !chan_look_again(ch, mark.old))
		return;
	tell_host(ch);
}

#endif
