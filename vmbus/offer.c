// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers become channels, channels become devices or sub-channels of devices,
 * and a rescind undoes all of it.
 *
 * The host's messages are taken strictly in order on vmbus.ctl_wq, where nothing
 * waits for the host.  What may wait runs elsewhere, and a device that waits for the host
 * delays itself only: devices take their places on the bus in the order of their offers
 * (primary_wq), but are probed side by side (probe_wq); each device's sub-channels are
 * handed over one by one (sub_wq); removals run side by side (rescind_wq, and sub_wq those of
 * sub-channels).  A channel's own "reg" mutex keeps its registration and its removal apart.
 *
 * The lists are chans.c's, the states life.c's.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/slab.h>
#include "trace.h"
#include "vmbus_priv.h"

/*
 * While a device loses its driver under its primary channel's lock, the sub-channels'
 * works are waited for, which take theirs: primary first.
 */
static void reg_lock(struct vmbus_chan *chan)
{
	mutex_lock_nested(&chan->reg, is_sub_channel(&chan->ch));
}

/* ---- add ---- */

/**
 * chan_listed() - the next device in line may take its place
 * @ch: primary channel whose device has its place on the bus, or will not get one now
 */
void chan_listed(struct vmbus_channel *ch)
{
	complete_all(&to_chan(ch)->listed);
}

/* Returns an error, and there is no device, nor anybody who knew of it. */
static int register_device(struct vmbus_chan *chan)
{
	struct hv_device *dev = vmbus_device_new(&chan->ch);
	int ret;

	if (!dev)
		return -ENOMEM;
	set_bit(CHAN_REGISTERED, &chan->flags);
	ret = vmbus_device_add(dev);
	if (ret)
		clear_bit(CHAN_REGISTERED, &chan->flags);
	return ret;
}

/*
 * A channel whose device cannot be registered stays as it was offered, and its relid ours:
 * the host takes it back, or offers it again after a pause, and then it is tried again.
 */
static void add_primary(struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;
	int ret;

	if (chan_must_wait(ch) || chan_step(ch, EV_HAND) < 0)
		return;
	ret = register_device(chan);
	if (ret) {
		chan_step(ch, EV_UNHAND);
		chan_bad(ch, ret == -ENOMEM ? VERR_NOMEM : VERR_OFFER,
			 "its device could not be added (error %d)", ret);
		return;
	}
	ch->probe_done = true;
}

/* Unless the device goes away at this moment */
static void show_sub(struct vmbus_channel *primary, struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;

	mutex_lock(&bus->chan_mutex);
	ch->device_obj = primary->device_obj;
	if (test_bit(CHAN_REGISTERED, &to_chan(primary)->flags) && primary->device_obj &&
	    sysfs_add_channel(primary->device_obj, ch))
		pr_notice("channel %u: not in sysfs\n", chan_relid(ch));
	mutex_unlock(&bus->chan_mutex);
}

static void add_sub(struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;
	struct vmbus_channel *primary = ch->primary_channel;
	void (*created)(struct vmbus_channel *new_sc);

	if (!primary->device_obj || chan_step(ch, EV_HAND) < 0)
		return;
	show_sub(primary, ch);
	created = READ_ONCE(primary->sc_creation_callback);
	if (created)
		created(ch);
	ch->probe_done = true;
}

static void probe_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, probe_work);

	reg_lock(chan);
	add_primary(chan);
	mutex_unlock(&chan->reg);
	chan_listed(&chan->ch);
}

/*
 * In the order of the offers, in which a driver that is loaded later finds the devices and
 * names what they are: not before the one ahead has its place on the bus.  Its probe, for a
 * driver that is there already, is not waited for.
 */
static void add_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, add_work.work);

	if (pause_put_off(&chan->ch))
		return;
	reinit_completion(&chan->listed);
	queue_work(chan->bus->probe_wq, &chan->probe_work);
	wait_for_completion(&chan->listed);	/* nothing ahead of that waits for the host */
}

static void subs_work(struct work_struct *work)
{
	struct vmbus_channel *primary = &container_of(work, struct vmbus_chan, subs_work)->ch;
	struct vmbus_channel *sub;

	while ((sub = chan_new_sub(primary))) {
		reg_lock(to_chan(sub));
		add_sub(to_chan(sub));
		mutex_unlock(&to_chan(sub)->reg);
		chan_put(sub);
	}
	chan_put(primary);	/* of the work */
}

/* ---- rescind ---- */

/* A sub-channel that its driver has open stays until the driver closes it. */
static void rescind_sub(struct vmbus_channel *ch)
{
	void (*gone)(struct vmbus_channel *channel) = READ_ONCE(ch->chn_rescind_callback);

	if (gone)
		gone(ch);
	chan_release(ch);
}

static void rescind_primary(struct vmbus_channel *ch)
{
	void (*gone)(struct vmbus_channel *channel) = READ_ONCE(ch->chn_rescind_callback);

	if (!test_bit(CHAN_REGISTERED, &to_chan(ch)->flags))
		chan_release(ch);
	else if (gone)
		gone(ch);	/* the driver unregisters the device, in its own time */
	else
		vmbus_device_unregister(ch->device_obj);
}

/* In the order in which they start each other */
static void cancel_add(struct vmbus_chan *chan)
{
	if (is_sub_channel(&chan->ch))
		return;		/* its device's subs_work looks at its life under its reg */
	cancel_delayed_work_sync(&chan->add_work);
	cancel_work_sync(&chan->probe_work);
}

static void rescind_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, rescind_work.work);
	struct vmbus_channel *ch = &chan->ch;

	cancel_add(chan);
	reg_lock(chan);
	if (is_sub_channel(ch))
		rescind_sub(ch);
	else
		rescind_primary(ch);
	mutex_unlock(&chan->reg);
	complete_all(&ch->rescind_event);
	chan_put(ch);	/* of the work */
}

/**
 * chan_forget_driver() - no callback of a driver runs any more, nor will
 * @primary: primary channel of a device that has just lost its driver, whose code may go next
 *
 * Context: may sleep; neither chan_mutex nor reg of a sub-channel held.
 */
void chan_forget_driver(struct vmbus_channel *primary)
{
	struct vmbus *bus = to_chan(primary)->bus;
	struct vmbus_channel *sub;

	mutex_lock(&bus->chan_mutex);
	chan_reset_driver(primary);
	list_for_each_entry(sub, &primary->sc_list, sc_list)
		chan_reset_driver(sub);
	mutex_unlock(&bus->chan_mutex);
	flush_work(&to_chan(primary)->subs_work);
	/* A rescind that has read a callback before that */
	sub = NULL;
	while ((sub = chan_next_sub(primary, sub)))
		flush_work(&to_chan(sub)->rescind_work.work);
}

/* A refused offer left nothing behind but its number. */
static void rescind_unknown(struct vmbus *bus, u32 relid)
{
	if (relid < VMBUS_RELIDS && __test_and_clear_bit(relid, bus->refused))
		relid_release(bus, relid);
	else
		vmbus_bad(bus, VERR_RELID, "rescind of channel %u, which there is not", relid);
}

/**
 * chan_rescind() - mark a channel as taken back, wake its waiters, start its removal
 * @ch: channel
 * @delay: of the removal, in jiffies
 *
 * Context: may sleep.
 * Return: false, and nothing happens, if it was taken back already.
 */
bool chan_rescind(struct vmbus_channel *ch, unsigned long delay)
{
	struct vmbus *bus = to_chan(ch)->bus;
	int actions;

	chan_mute(ch);
	if (!test_bit(CHAN_LEAVING, &to_chan(ch)->flags))
		WRITE_ONCE(to_chan(ch)->back_since, jiffies);
	actions = chan_step(ch, EV_RESCIND);
	if (actions < 0)
		return false;
	quarantine_taken_back(ch);
	/* A request that starts later sees the mark, under req_lock; an earlier one is woken. */
	vmbus_req_fail_chan(bus, to_chan(ch), -ENODEV);
	chan_get(ch);
	/*
	 * A device's removal waits for those of its sub-channels, which must not wait for a place
	 * in the queue that removals of devices have filled.
	 */
	queue_delayed_work(is_sub_channel(ch) ? bus->sub_wq : bus->rescind_wq,
			   &to_chan(ch)->rescind_work, delay);
	return true;
}

/**
 * vmbus_rescind_came() - a rescind is about to be put into the queue
 * @bus: the bus
 * @msg: checked for length
 *
 * Ends waits for the host on that channel.  What is before it in the queue may stand still for
 * one of them: an offer waits for a CPU that goes offline, which has a channel moved away
 * that the host has just taken back, and the host does not answer.
 *
 * Context: any.
 */
void vmbus_rescind_came(struct vmbus *bus, const void *msg)
{
	const struct vmbus_channel_rescind_offer *m = msg;
	struct vmbus_chan *chan;

	if (m->child_relid >= VMBUS_RELIDS)
		return;
	rcu_read_lock();
	chan = rcu_dereference(bus->relid[m->child_relid]);
	if (chan) {
		if (!chan_leaving(&chan->ch))
			WRITE_ONCE(chan->back_since, jiffies);
		/* The mark first: a request that starts later sees it, under req_lock. */
		set_bit(CHAN_LEAVING, &chan->flags);
		vmbus_req_fail_chan(bus, chan, -ENODEV);
		vmbus_req_end_opens(bus);	/* of its sub-channels */
		wake_up_all(&bus->chan_wait);	/* vacate_begin() */
	}
	rcu_read_unlock();
}

/**
 * vmbus_on_rescind() - the host takes a channel back
 * @bus: the bus
 * @msg: checked for length
 * @len: its length
 *
 * Wakes whoever waits for the host on this channel; the rest is work.
 */
void vmbus_on_rescind(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_rescind_offer *m = msg;
	struct vmbus_channel *ch = vmbus_relid_get(bus, m->child_relid);

	trace_vmbus_onoffer_rescind(m->child_relid);
	if (!ch) {
		if (!pause_drop_kept(bus, m->child_relid))
			rescind_unknown(bus, m->child_relid);
		return;
	}
	if (chan_rescind(ch, 0))
		storm_note_rescind(bus, ch);
	else
		chan_bad(ch, VERR_MSG_STATE, "rescinded again");
	chan_put(ch);
}

/* ---- offer ---- */

static bool relid_valid(struct vmbus *bus, u32 relid)
{
	return relid > 0 && relid < VMBUS_RELIDS && !rcu_access_pointer(bus->relid[relid]);
}

static void refuse(struct vmbus *bus, enum vmbus_err err,
		   const struct vmbus_channel_offer_channel *m)
{
	vmbus_bad(bus, err, "offer of channel %u (type %pUl, instance %pUl, index %u), ignored",
		  m->child_relid, &m->offer.if_type, &m->offer.if_instance,
		  m->offer.sub_channel_index);
}

static void say_if_unknown(struct vmbus_channel *ch)
{
	const guid_t *type = &ch->offermsg.offer.if_type;

	if (ch->device_id == HV_UNKNOWN && !is_hvsock_channel(ch) && !devtype_silent(type))
		pr_info_ratelimited("Unknown GUID: %pUl\n", type);
}

static void init_works(struct vmbus_chan *chan)
{
	INIT_DELAYED_WORK(&chan->add_work, add_work);
	INIT_WORK(&chan->probe_work, probe_work);
	INIT_WORK(&chan->subs_work, subs_work);
	/* Two classes for lockdep: a device's removal waits for its sub-channels'. */
	if (is_sub_channel(&chan->ch))
		INIT_DELAYED_WORK(&chan->rescind_work, rescind_work);
	else
		INIT_DELAYED_WORK(&chan->rescind_work, rescind_work);
}

/**
 * chan_start_add() - start a channel's registration, or its handing over
 * @ch: channel in the lists
 */
void chan_start_add(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;
	struct vmbus_channel *primary = ch->primary_channel;

	if (!primary) {
		queue_delayed_work(bus->primary_wq, &to_chan(ch)->add_work,
				   storm_delay(bus, ch));
		return;
	}
	chan_get(primary);
	if (!queue_work(bus->sub_wq, &to_chan(primary)->subs_work))
		chan_put(primary);	/* on its way already, and will find it */
}

/* Without memory for it: its number goes back when the host takes it back. */
static void refuse_for_memory(struct vmbus *bus, const struct vmbus_channel_offer_channel *m)
{
	__set_bit(m->child_relid, bus->refused);
	refuse(bus, VERR_NOMEM, m);
}

/**
 * vmbus_on_offer() - the host offers a channel
 * @bus: the bus
 * @msg: checked for length
 * @len: its length
 *
 * An offer that cannot be (bad relid, a duplicate, a sub-channel of nothing) is refused with
 * a line; its relid, if it was free, is given back when the host rescinds it.
 */
void vmbus_on_offer(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_offer_channel *m = msg;
	struct vmbus_chan *chan;
	enum vmbus_err err;

	trace_vmbus_onoffer(m);
	if (READ_ONCE(bus->ignore_offers))
		return;
	if (!relid_valid(bus, m->child_relid)) {
		refuse(bus, VERR_RELID, m);
		return;
	}
	if (READ_ONCE(bus->keep_offers)) {
		if (!pause_keep_offer(bus, m))
			refuse_for_memory(bus, m);
		return;
	}
	if (pause_offer_again(bus, m))
		return;
	chan = chan_alloc(bus, m);
	if (!chan) {
		refuse_for_memory(bus, m);
		return;
	}
	init_works(chan);

	cpus_read_lock();
	mutex_lock(&bus->chan_mutex);
	__clear_bit(m->child_relid, bus->refused);
	err = chan_enlist(bus, chan);
	mutex_unlock(&bus->chan_mutex);
	cpus_read_unlock();
	if (err != VERR_COUNT) {
		__set_bit(m->child_relid, bus->refused);
		refuse(bus, err, m);
		chan_put(&chan->ch);
		return;
	}
	say_if_unknown(&chan->ch);
	chan_start_add(&chan->ch);
}

void vmbus_on_offers_delivered(struct vmbus *bus, const void *msg, size_t len)
{
	complete_all(&bus->offers_done);
}

/* ---- the end ---- */

static struct vmbus_channel *any_channel(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	ch = list_first_entry_or_null(&bus->chans, struct vmbus_channel, listentry);
	if (ch)
		chan_get(ch);
	mutex_unlock(&bus->chan_mutex);
	return ch;
}

/* Sub-channels that the host did not take back with their device: they are in no list. */
static void end_orphans(struct vmbus *bus)
{
	struct vmbus_channel *ch;
	u32 relid = 0;

	while ((ch = vmbus_relid_next(bus, &relid))) {
		chan_finish(ch, EV_END);
		chan_put(ch);
	}
}

/**
 * vmbus_remove_all() - unregister every device and forget every channel
 * @bus: no driver is registered any more
 *
 * The host is told by the unload that follows.
 */
void vmbus_remove_all(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	WRITE_ONCE(bus->ignore_offers, true);
	flush_workqueue(bus->ctl_wq);
	flush_workqueue(bus->rescind_wq);
	flush_workqueue(bus->sub_wq);
	while ((ch = any_channel(bus))) {
		struct vmbus_chan *chan = to_chan(ch);

		cancel_add(chan);
		if (cancel_delayed_work_sync(&chan->rescind_work))
			chan_put(ch);
		reg_lock(chan);
		if (test_bit(CHAN_REGISTERED, &chan->flags))
			vmbus_device_unregister(ch->device_obj);
		flush_work(&chan->subs_work);
		chan_finish(ch, EV_END);
		mutex_unlock(&chan->reg);
		chan_put(ch);
	}
	end_orphans(bus);
	/* A rescind that has found its channel before all this still notes it in the history. */
	flush_workqueue(bus->ctl_wq);
	storm_forget_all(bus);
}
