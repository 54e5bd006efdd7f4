// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels: opening and closing all of a controller's, those that come late or are
 * taken back, and which queue sends on which.
 */
#include <linux/blk-mq.h>
#include <linux/cpumask.h>
#include <linux/rcupdate.h>

#include "storvsc.h"

/* The largest packet worth a look; anything longer is cut and refused. */
#define STOR_MAX_PACKET		256

/* A channel interrupts another CPU from now on; the bus holds locks of its own. */
static void stor_on_moved(struct vmbus_channel *channel, u32 from, u32 to)
{
	struct vmbus_channel *primary = channel->primary_channel ?: channel;
	struct stor_ctl *ctl = hv_get_drvdata(primary->device_obj);

	if (ctl)
		stor_tend_kick(ctl, STOR_CHAN_MOVED);
}

/*
 * The controller of a device, for as long as stor_leave() was not called; or NULL.  The in-tree
 * bus may be on its way to a callback of ours that it was told to forget.  stor_release() has
 * the controller found no more, waits for those who look, and for those who are in.
 */
static struct stor_ctl *stor_enter(struct hv_device *dev)
{
	struct stor_ctl *ctl;

	rcu_read_lock();
	ctl = hv_get_drvdata(dev);
	if (ctl)
		atomic_inc(&ctl->draining);
	rcu_read_unlock();
	return ctl;
}

/*
 * The end of each use of chan_mutex: who found it taken comes again.
 */
static void stor_chan_unlock(struct stor_ctl *ctl)
{
	mutex_unlock(&ctl->chan_mutex);
	/* pairs with the barrier in stor_chan_trylock() */
	smp_mb();
	if (READ_ONCE(ctl->chan_late) && xchg(&ctl->chan_late, false))
		stor_tend_kick(ctl, STOR_CHAN_MOVED);
}

/*
 * For who holds life_mutex, or must be through soon: who has chan_mutex may open a sub-channel
 * that the host never confirms, which takes a host's time-out on our bus and has no end on the
 * kernel's.  Disks need none.  If this fails, tend runs again after stor_chan_unlock().
 */
static bool stor_chan_trylock(struct stor_ctl *ctl)
{
	if (mutex_trylock(&ctl->chan_mutex))
		return true;
	WRITE_ONCE(ctl->chan_late, true);
	/* pairs with the barrier in stor_chan_unlock(): he sees that, or we that it is free */
	smp_mb();
	return mutex_trylock(&ctl->chan_mutex);
}

/* It waits for its place no more: its memory may be gone when the bus's call returns. */
static void stor_forget_waiting(struct stor_ctl *ctl, struct vmbus_channel *channel)
{
	u16 index = channel->offermsg.offer.sub_channel_index;

	/* it came to wait under the bus's lock that this call has, too */
	if (index >= ctl->nr_queues || READ_ONCE(ctl->chans[index].waiting) != channel)
		return;
	mutex_lock(&ctl->chan_mutex);
	if (ctl->chans[index].waiting == channel)
		ctl->chans[index].waiting = NULL;
	stor_chan_unlock(ctl);
}

/*
 * A sub-channel is taken back: what is on it gets no answer any more, and is not left to its
 * timers.  Whoever takes the controller away waits for those who find it here.
 */
static void stor_on_sub_rescinded(struct vmbus_channel *channel)
{
	struct hv_device *dev = channel->primary_channel->device_obj;
	struct stor_ctl *ctl = dev ? stor_enter(dev) : NULL;

	if (!ctl)
		return;
	stor_forget_waiting(ctl, channel);
	stor_tend_kick(ctl, STOR_CHAN_LOST);
	stor_leave(ctl);
}

/*
 * Request ids are made by this driver (slot.h), so the bus's own tables stay
 * off: rqstor_size 0 and no callbacks.
 */
static int stor_open_channel(struct stor_chan *chan,
			     struct vmbus_channel *channel)
{
	bool polled = chan->index && chan->index >= stor_nr_irq(chan->ctl);
	u8 open_data[HV_STOR_OPEN_DATA_LEN] = {};
	stor_callback_t callback = stor_on_channel;
	int ret;

	channel->max_pkt_size = STOR_MAX_PACKET;
	channel->rqstor_size = 0;
	channel->next_request_id_callback = NULL;
	channel->request_addr_callback = NULL;
	WRITE_ONCE(channel->change_target_cpu_callback, stor_on_moved);
	if (channel->primary_channel)
		vmbus_set_chn_rescind_callback(channel, stor_on_sub_rescinded);

	if (polled)
		callback = stor_polled_mode(channel);

	WRITE_ONCE(chan->in, channel);
	ret = vmbus_open(channel, chan->ctl->ring_size, chan->ctl->ring_size,
			 open_data, sizeof(open_data), callback, chan);
	if (ret) {
		WRITE_ONCE(chan->in, NULL);
		return ret;
	}
	if (polled)
		stor_ask_no_interrupts(channel);
	chan->gpadl = channel->ringbuffer_gpadlhandle.gpadl_handle;
	/*
	 * A late sub-channel comes while others send: stor_pick() and stor_pick_other() find its
	 * rings whole.
	 */
	rcu_assign_pointer(chan->channel, channel);
	return 0;
}

/**
 * stor_open_primary() - open the first channel
 * @ctl: controller; its queues need not exist yet
 *
 * Return: 0 or the bus's error.
 */
int stor_open_primary(struct stor_ctl *ctl)
{
	int ret;

	mutex_lock(&ctl->chan_mutex);
	ret = stor_open_channel(&ctl->chans[0], ctl->dev->channel);
	ctl->open = !ret;
	ctl->nr_open = !ret;
	stor_chan_unlock(ctl);
	return ret;
}

/*
 * vmbus_close() does not say whether the host confirmed.  If not, the in-tree bus
 * leaves the ring to us, for the host may still write there; our bus keeps it from
 * reuse by itself.
 */
static int stor_close_primary(struct stor_ctl *ctl)
{
	struct vmbus_channel *channel = ctl->dev->channel;
	int ret = vmbus_disconnect_ring(channel);

	if (!ret || ctl->kept)
		vmbus_free_ring(channel);
	ctl->close_error = ret;
	return ret;
}

/* Has the host a command that went out on this channel?  It is closed, and none is added. */
static bool stor_chan_busy(const struct stor_chan *chan)
{
	const struct stor_ctl *ctl = chan->ctl;
	unsigned int tag;

	for (tag = 0; ctl->slots && tag < ctl->depth; tag++) {
		if (stor_slot_busy(&ctl->slots[tag]) && READ_ONCE(ctl->slots[tag].chan) == chan)
			return true;
	}
	return false;
}

/* Has it not let go of a closed sub-channel that it still has commands of? */
static bool stor_still_kept(struct stor_chan *chan)
{
	struct stor_ctl *ctl = chan->ctl;

	lockdep_assert_held(&ctl->chan_mutex);
	chan->kept = ctl->gpadl_kept && stor_chan_busy(chan) &&
		     ctl->gpadl_kept(ctl->dev->channel, chan->gpadl);
	return chan->kept;
}

/**
 * stor_rings_kept() - does the host still have rings of channels that were closed
 * @ctl: controller with no channel open
 *
 * Those of sub-channels that it took back do not count: it need not say so.  Whether it does is
 * for stor_kept_channels() to see.
 *
 * The in-tree bus waits for the host when it closes a channel, without a limit, so there is
 * little to ask: only when it had no memory for its question it is put once more.
 *
 * Context: process; waits only on the in-tree bus, holds life_mutex.
 *
 * Return: true if so; as long as it does, commands are the host's.
 */
bool stor_rings_kept(struct stor_ctl *ctl)
{
	struct vmbus_channel *channel = ctl->dev->channel;

	if (ctl->kept)
		return ctl->kept(channel);
	if (!ctl->close_error)
		return false;
	if (ctl->close_error != -ENOMEM ||
	    vmbus_teardown_gpadl(channel, &channel->ringbuffer_gpadlhandle) ||
	    channel->ringbuffer_gpadlhandle.gpadl_handle)
		return true;
	ctl->close_error = 0;
	vmbus_free_ring(channel);
	return false;
}

static bool stor_is_home(const struct stor_ctl *ctl, unsigned int index)
{
	const struct vmbus_channel *channel = stor_channel(&ctl->chans[index]);

	return channel && !channel->rescind;
}

/*
 * Each queue uses its own channel, one without that of the next queue that has one; behind
 * the last comes the first.  Channels that are polled are for their own queues alone.
 */
static void stor_share_homes(struct stor_ctl *ctl)
{
	unsigned int i, home = 0, irq = stor_nr_irq(ctl);

	while (home < irq && !stor_is_home(ctl, home))
		home++;
	if (home == irq)
		home = 0;
	for (i = irq; i-- > 0;) {
		if (stor_is_home(ctl, i))
			home = i;
		WRITE_ONCE(ctl->queues[i].home, home);
	}
	/* one whose own is not there asks stor_pick_other() each time */
	for (i = irq; i < ctl->nr_queues; i++)
		WRITE_ONCE(ctl->queues[i].home, i);
}

/*
 * Which queue sends on which channel: the one whose CPUs include the CPU that the
 * channel interrupts, so that commands complete where they began.  A queue that is
 * left over has another's.
 */
static void stor_assign_homes(struct stor_ctl *ctl)
{
	unsigned int i, cpu;

	lockdep_assert_held(&ctl->chan_mutex);
	if (!ctl->queues)
		return;
	stor_share_homes(ctl);
	for (i = 0; ctl->added && i < stor_nr_irq(ctl); i++) {
		if (!stor_is_home(ctl, i))
			continue;
		cpu = stor_channel(&ctl->chans[i])->target_cpu;
		WRITE_ONCE(ctl->queues[READ_ONCE(ctl->queue_of[cpu])].home, i);
	}
}

/**
 * stor_find_homes() - channels came or moved: see which queue sends on which
 * @ctl: controller
 *
 * If somebody has the channels, it is done again when he is through: see stor_chan_trylock().
 *
 * Context: process.
 */
void stor_find_homes(struct stor_ctl *ctl)
{
	if (!stor_chan_trylock(ctl))
		return;
	stor_assign_homes(ctl);
	stor_chan_unlock(ctl);
}

/*
 * All is closed.  The bus does not count the ring of a sub-channel that was taken back, be it
 * closed now or before: whether the host has let go of it is asked one by one.
 */
static int stor_forget_channels(struct stor_ctl *ctl)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < ctl->nr_queues; i++) {
		struct stor_chan *chan = &ctl->chans[i];
		bool closed = stor_channel(chan);

		RCU_INIT_POINTER(chan->channel, NULL);
		WRITE_ONCE(chan->in, NULL);
		/* its host takes it back, or has it stay closed */
		WRITE_ONCE(chan->waiting, NULL);
		if (i && (closed || chan->kept) && stor_still_kept(chan))
			ret = -ETIMEDOUT;
	}
	ctl->open = false;
	ctl->nr_open = 0;
	return ret;
}

/**
 * stor_close_channels() - close every channel
 * @ctl: controller; nothing happens if none is open
 *
 * Waits for who opens a sub-channel just now, since its ring is the host's as well until he is
 * through.  The kernel's own bus has no limit for that.
 *
 * Context: process, sleeps.
 *
 * Return: 0, and the host has no claim on any memory of ours; or the bus's error,
 * and it may have.
 */
int stor_close_channels(struct stor_ctl *ctl)
{
	int ret = 0, kept;
	unsigned int i;

	clear_bit(STOR_SUBS_WANTED, &ctl->state);
	/* our bus gives up what is being opened, so that chan_mutex is free soon */
	vmbus_set_sc_create_callback(ctl->dev->channel, NULL);
	mutex_lock(&ctl->chan_mutex);
	if (ctl->open) {
		/* what is answered needs not go again */
		stor_poll_all(ctl);
		set_bit(STOR_HALTED, &ctl->state);
		set_bit(STOR_GONE, &ctl->state);
		for (i = 0; i < ctl->nr_queues; i++) {
			struct vmbus_channel *channel = stor_channel(&ctl->chans[i]);

			if (channel)
				WRITE_ONCE(channel->change_target_cpu_callback, NULL);
		}
		/* whoever saw the bits clear is done with the rings */
		synchronize_rcu();
		ret = stor_close_primary(ctl);
		kept = stor_forget_channels(ctl);
		ret = ret ?: kept;
	}
	stor_chan_unlock(ctl);
	return ret;
}

/* Answers that came before the host took the channel back, but no interrupt with them. */
static void stor_read_last(struct stor_chan *chan)
{
	struct vmbus_channel *channel = chan->in;
	unsigned int i;

	/* not with softirqs disabled, see poll.c */
	tasklet_disable(&channel->callback_event);
	for (i = 0; i <= chan->ctl->depth / STOR_RX_BUDGET &&
	     hv_get_bytes_to_read(&channel->inbound); i++)
		stor_on_channel(chan);
	tasklet_enable(&channel->callback_event);
}

/*
 * A sub-channel is closed: what was on it goes again, on another one.  Not before the host has
 * let go of it, though: until then it may fill the buffers, or write what is in them.  The bus
 * waits for that in the close, but not for long.
 */
static void stor_give_back(struct stor_chan *chan)
{
	struct stor_ctl *ctl = chan->ctl;
	bool was = chan->kept;

	if (!stor_still_kept(chan))
		stor_evict_all(ctl, chan, DID_REQUEUE);
	else if (!was)
		stor_count(ctl, CHAN_KEPT);
}

static int stor_take_sub(struct stor_chan *chan, struct vmbus_channel *channel)
{
	struct stor_ctl *ctl = chan->ctl;
	int ret = stor_open_channel(chan, channel);

	if (!ret) {
		ctl->nr_open++;
		stor_assign_homes(ctl);
	}
	return ret;
}

static void stor_not_used(struct stor_ctl *ctl, u16 index, int error)
{
	stor_report(ctl, STOR_LOG_ERROR, "sub-channel %u not used (error %d)\n", index, error);
}

/*
 * Its place is free now: what was offered meanwhile is opened.  The bus hands it out once.
 * It waits until it is open: who is told of a rescind meanwhile waits for chan_mutex, and the
 * bus, which frees the channel behind that call, for him.
 */
static void stor_open_waiting(struct stor_chan *chan)
{
	struct vmbus_channel *channel = chan->waiting;
	struct stor_ctl *ctl = chan->ctl;
	int ret;

	if (!channel || chan->kept || stor_channel(chan) ||
	    !test_bit(STOR_SUBS_WANTED, &ctl->state) || test_bit(STOR_HURRY, &ctl->state))
		return;
	ret = stor_take_sub(chan, channel);
	WRITE_ONCE(chan->waiting, NULL);
	if (ret)
		stor_not_used(ctl, chan->index, ret);
}

/*
 * Not by tend, which holds life_mutex, and not by the watch, for which the removal waits: the host
 * may never confirm.
 */
void stor_open_waiting_work(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(work, struct stor_ctl, open_waiting);
	unsigned int i;

	mutex_lock(&ctl->chan_mutex);
	for (i = 1; i < ctl->nr_queues; i++)
		stor_open_waiting(&ctl->chans[i]);
	stor_chan_unlock(ctl);
}

/* See stor_kept_channels(). */
static bool stor_look_at_kept(struct stor_ctl *ctl, bool give_back)
{
	bool kept = false;
	unsigned int i;

	for (i = 1; i < ctl->nr_queues; i++) {
		struct stor_chan *chan = &ctl->chans[i];

		if (chan->kept && give_back)
			stor_give_back(chan);
		else if (chan->kept)
			stor_still_kept(chan);
		if (give_back && chan->waiting && !chan->kept)
			queue_work(system_long_wq, &ctl->open_waiting);
		kept |= chan->kept;
	}
	return kept;
}

/**
 * stor_kept_channels() - see whether the host has let go of sub-channels that it took back
 * @ctl: controller whose channels are closed
 *
 * A host that never does has its commands counted as lost one day, as any other.
 *
 * Context: process.
 *
 * Return: true if it still has one.
 */
bool stor_kept_channels(struct stor_ctl *ctl)
{
	bool kept;

	/* closed as they are, nobody opens one who might wait for the host */
	mutex_lock(&ctl->chan_mutex);
	kept = stor_look_at_kept(ctl, false);
	stor_chan_unlock(ctl);
	return kept;
}

/*
 * After the grace period no sender is in its ring, nor looks at the channel, whose
 * memory may go with the close.  Closing it gives its number back to the host and
 * makes room for another offer.
 * What was not answered by then goes again, on another channel, once the host let go of it.
 */
static void stor_reap(struct stor_chan *chan, struct vmbus_channel *channel)
{
	struct stor_ctl *ctl = chan->ctl;

	RCU_INIT_POINTER(chan->channel, NULL);
	synchronize_rcu();
	stor_read_last(chan);
	WRITE_ONCE(channel->change_target_cpu_callback, NULL);
	vmbus_close(channel);
	WRITE_ONCE(chan->in, NULL);
	ctl->nr_open--;
	stor_count(ctl, CHAN_REAPED);
	stor_give_back(chan);
}

/**
 * stor_reap_channels() - clear away sub-channels that the host took back
 * @ctl: controller
 *
 * Once the host has let go of one its commands go again, and another takes its place.  If somebody
 * has the channels, nothing happens, and tend runs when he is through: see stor_chan_trylock().
 *
 * Context: process, sleeps.
 *
 * Return: true if the host still has one.
 */
bool stor_reap_channels(struct stor_ctl *ctl)
{
	unsigned int i;
	bool kept;

	if (!stor_chan_trylock(ctl))
		return false;
	clear_bit(STOR_CHAN_LOST, &ctl->state);
	/* the bus marks the channel, then stor_on_sub_rescinded() sets the bit: none is missed */
	smp_mb__after_atomic();
	for (i = 1; i < ctl->nr_queues; i++) {
		struct vmbus_channel *channel = stor_channel(&ctl->chans[i]);

		if (channel && channel->rescind)
			stor_reap(&ctl->chans[i], channel);
	}
	stor_assign_homes(ctl);
	kept = stor_look_at_kept(ctl, true);
	stor_chan_unlock(ctl);
	return kept;
}

/**
 * stor_wanted_subchans() - how many sub-channels to ask for, beside those that are polled
 * @ctl: controller
 *
 * One channel per CPU is the most that is of use; the host and the module
 * parameters may want fewer.
 */
unsigned int stor_wanted_subchans(const struct stor_ctl *ctl)
{
	unsigned int cpus = num_online_cpus();
	unsigned int want = min_t(unsigned int, cpus - 1, ctl->max_subchans - ctl->nr_polled);

	if (storvsc_vcpus_per_sub_channel > 0 &&
	    storvsc_vcpus_per_sub_channel != STOR_VCPUS_PER_SUBCHAN)
		want = min(want, (cpus - 1) / storvsc_vcpus_per_sub_channel);
	return min(want, storvsc_max_hw_queues - 1);
}

/*
 * The bus knows that the channel before it is taken back, and we may not have heard yet.  Neither
 * two channels nor the commands of two are kept apart in one place.
 */
static bool stor_must_wait(const struct stor_chan *chan)
{
	const struct vmbus_channel *before = stor_channel(chan);

	return chan->kept || (before && before->rescind);
}

/* A sub-channel that was asked for arrives, or one nobody asked for. */
static void stor_on_subchan(struct vmbus_channel *channel)
{
	struct stor_ctl *ctl = stor_enter(channel->primary_channel->device_obj);
	u16 index = channel->offermsg.offer.sub_channel_index;
	struct stor_chan *chan;
	int ret = -EINVAL;

	if (!ctl)
		return;
	mutex_lock(&ctl->chan_mutex);
	chan = index && index < ctl->nr_queues ? &ctl->chans[index] : NULL;
	/* the kernel's own bus tells nobody that a channel is taken back that was never open */
	if (chan && ctl->gpadl_kept && test_bit(STOR_SUBS_WANTED, &ctl->state) &&
	    stor_must_wait(chan)) {
		vmbus_set_chn_rescind_callback(channel, stor_on_sub_rescinded);
		WRITE_ONCE(chan->waiting, channel);
		stor_tend_kick(ctl, STOR_CHAN_LOST);
		ret = 0;
	} else if (chan && ctl->open && test_bit(STOR_SUBS_WANTED, &ctl->state) &&
		   !stor_channel(chan) && !test_bit(STOR_REMOVING, &ctl->state)) {
		ret = stor_take_sub(chan, channel);
	}
	/* nobody needs one of a controller that goes */
	if (ret && !test_bit(STOR_REMOVING, &ctl->state))
		stor_not_used(ctl, index, ret);
	stor_chan_unlock(ctl);
	wake_up(&ctl->subchan_wait);
	stor_leave(ctl);
}

/**
 * stor_open_subchans() - get the other channels
 * @ctl: controller with its queues allocated
 *
 * A queue whose channel does not come, or comes late, uses the others.
 *
 * Context: process; waits a limited time.
 */
void stor_open_subchans(struct stor_ctl *ctl)
{
	/* a host may offer less than it did when the queues were made */
	unsigned int count = min_t(unsigned int, ctl->nr_queues - 1,
				   ctl->max_subchans);

	if (!count)
		return;
	set_bit(STOR_SUBS_WANTED, &ctl->state);
	vmbus_set_sc_create_callback(ctl->dev->channel, stor_on_subchan);
	if (stor_create_subchans(ctl, count))
		return;
	wait_event_timeout(ctl->subchan_wait,
			   READ_ONCE(ctl->nr_open) > count ||
			   ctl->dev->channel->rescind,
			   STOR_SUBCHAN_TIMEOUT);
	if (READ_ONCE(ctl->nr_open) <= count)
		dev_warn(&ctl->dev->device, "%u of %u sub-channels open\n",
			 ctl->nr_open - 1, count);
}
