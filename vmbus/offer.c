// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers become channels, channels become devices or sub-channels of devices,
 * and a rescind undoes all of it.
 *
 * The host's messages are taken strictly in order on vmbus.ctl_wq, where nothing
 * waits for the host.  What may wait runs elsewhere: devices are registered one by
 * one in the order of their offers (primary_wq), sub-channels are handed over
 * on sub_wq, removals run side by side on rescind_wq.  A channel's own "life"
 * mutex keeps its registration and its removal apart.
 *
 * Owns vmbus.chan_mutex.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/slab.h>
#include "trace.h"
#include "vmbus_priv.h"

/* A device that is new after a pause is added when the system is awake. */
#define ADD_AFTER_RESUME	(5 * HZ)

/* ---- lists ---- */

static bool same_device(const struct vmbus_channel *a, const struct vmbus_channel_offer *b)
{
	return guid_equal(&a->offermsg.offer.if_type, &b->if_type) &&
	       guid_equal(&a->offermsg.offer.if_instance, &b->if_instance);
}

/* The living primary channel of a device; rescinded ones are on their way out. */
static struct vmbus_channel *find_primary(struct vmbus *bus,
					  const struct vmbus_channel_offer *offer)
{
	struct vmbus_channel *ch;

	lockdep_assert_held(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (!ch->rescind && same_device(ch, offer))
			return ch;
	}
	return NULL;
}

static bool older_twin_exists(struct vmbus *bus, struct vmbus_channel *of)
{
	struct vmbus_channel *ch;
	bool found = false;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (ch == of)
			break;	/* newer ones come later in the list */
		if (guid_equal(&ch->offermsg.offer.if_instance, &of->offermsg.offer.if_instance)) {
			found = true;
			break;
		}
	}
	mutex_unlock(&bus->chan_mutex);
	return found;
}

/**
 * chan_publish() - from now on events and messages find the channel by its relid
 * @ch: channel with a relid that is free
 */
void chan_publish(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct vmbus *bus = chan->bus;

	lockdep_assert_held(&bus->chan_mutex);
	set_bit(CHAN_RELID_HELD, &chan->flags);
	set_bit(CHAN_LISTED, &chan->flags);
	rcu_assign_pointer(bus->relid[chan_relid(ch)], chan);
	bus->nr_chans++;
}

/**
 * chan_withdraw() - the host's pause: the relid means nothing any more
 * @ch: channel
 */
void chan_withdraw(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct vmbus *bus = chan->bus;

	lockdep_assert_held(&bus->chan_mutex);
	if (!test_and_clear_bit(CHAN_LISTED, &chan->flags))
		return;
	rcu_assign_pointer(bus->relid[chan_relid(ch)], NULL);
	bus->nr_chans--;
	clear_bit(CHAN_RELID_HELD, &chan->flags);
	ch->offermsg.child_relid = INVALID_RELID;
}

/* VERR_COUNT if the channel is now in the lists */
static enum vmbus_err enlist(struct vmbus *bus, struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;
	struct vmbus_channel *primary = find_primary(bus, &ch->offermsg.offer);

	if (is_sub_channel(ch)) {
		struct vmbus_channel *sub;

		if (!primary)
			return VERR_OFFER;
		list_for_each_entry(sub, &primary->sc_list, sc_list) {
			if (!sub->rescind && sub->offermsg.offer.sub_channel_index ==
					     ch->offermsg.offer.sub_channel_index)
				return VERR_OFFER;
		}
		chan_get(primary);
		ch->primary_channel = primary;
		ch->device_obj = primary->device_obj;
		list_add_tail(&ch->sc_list, &primary->sc_list);
	} else {
		if (primary)
			return VERR_OFFER;
		list_add_tail(&ch->listentry, &bus->chans);
	}
	chan_publish(ch);
	ch->target_cpu = affinity_pick(ch, nr_cpu_ids);
	return VERR_COUNT;
}

/*
 * While a device loses its driver under its primary channel's lock, the sub-channels'
 * works are waited for, which take theirs: primary first.
 */
static void life_lock(struct vmbus_chan *chan)
{
	mutex_lock_nested(&chan->life, is_sub_channel(&chan->ch));
}

/* ---- relids ---- */

static void post_released(struct vmbus *bus, u32 relid)
{
	struct vmbus_channel_relid_released msg = {
		.header.msgtype = CHANNELMSG_RELID_RELEASED,
		.child_relid = relid,
	};
	int ret;

	if (bus->phase != VMBUS_PHASE_UP)
		return;
	ret = vmbus_post(bus, &msg, sizeof(msg));
	trace_vmbus_release_relid(relid, ret);
}

/**
 * chan_forget() - the host took the channel back and nobody uses it: let go
 * @ch: closed channel
 *
 * Frees the relid for reuse, exactly once, and drops the reference of the lists.
 *
 * Context: may sleep; no locks held.
 */
void chan_forget(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct vmbus *bus = chan->bus;
	struct vmbus_channel *sub, *next;
	u32 relid = chan_relid(ch);

	if (test_and_set_bit(CHAN_DEAD, &chan->flags))
		return;
	if (is_sub_channel(ch))
		sysfs_remove_channel(ch);

	mutex_lock(&bus->chan_mutex);
	if (is_sub_channel(ch)) {
		list_del_init(&ch->sc_list);
	} else {
		list_del_init(&ch->listentry);
		list_for_each_entry_safe(sub, next, &ch->sc_list, sc_list) {
			list_del_init(&sub->sc_list);	/* closed; its own rescind will free it */
			sub->device_obj = NULL;
		}
	}
	if (test_and_clear_bit(CHAN_LISTED, &chan->flags)) {
		rcu_assign_pointer(bus->relid[relid], NULL);
		bus->nr_chans--;
	}
	mutex_unlock(&bus->chan_mutex);

	/* The slot is empty before the host may use the number again. */
	tasklet_kill(&ch->callback_event);
	if (test_and_clear_bit(CHAN_RELID_HELD, &chan->flags))
		post_released(bus, relid);
	wake_up_all(&bus->chan_wait);
	chan_put(ch);
}

/* ---- add ---- */

/* A device that comes back before its old self is gone waits; two cannot have one name. */
static void wait_for_twin(struct vmbus *bus, struct vmbus_channel *ch)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = vmbus_timeout();

	/* not wait_event(): the condition takes a mutex */
	add_wait_queue(&bus->chan_wait, &wait);
	while (left && !READ_ONCE(ch->rescind) && older_twin_exists(bus, ch))
		left = wait_woken(&wait, TASK_UNINTERRUPTIBLE, left);
	remove_wait_queue(&bus->chan_wait, &wait);
	if (!left)
		chan_bad(ch, VERR_TIMEOUT, "the device's former channel does not go away");
}

static void add_primary(struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;
	struct hv_device *dev;

	wait_for_twin(chan->bus, ch);
	if (ch->rescind)
		return;
	dev = vmbus_device_new(ch);
	if (!dev) {
		chan_bad(ch, VERR_NOMEM, "no device for it");
		return;
	}
	chan_set_state(ch, CHANNEL_OFFER_STATE, CHANNEL_OPEN_STATE);
	set_bit(CHAN_REGISTERED, &chan->flags);
	if (vmbus_device_add(dev)) {
		clear_bit(CHAN_REGISTERED, &chan->flags);
		pr_err("channel %u: its device could not be added\n", chan_relid(ch));
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

	if (ch->rescind || !primary->device_obj)
		return;
	show_sub(primary, ch);
	chan_set_state(ch, CHANNEL_OFFER_STATE, CHANNEL_OPEN_STATE);
	created = READ_ONCE(primary->sc_creation_callback);
	if (created)
		created(ch);
	ch->probe_done = true;
}

/* Two functions, so that lock checking tells the two kinds of work apart. */
static void add_primary_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, add_work.work);

	life_lock(chan);
	add_primary(chan);
	mutex_unlock(&chan->life);
}

static void add_sub_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, add_work.work);

	life_lock(chan);
	add_sub(chan);
	mutex_unlock(&chan->life);
}

/* ---- rescind ---- */

/*
 * A sub-channel that its driver has open stays until the driver closes it; the close
 * looks at rescind after it has changed the state, we look at the state after
 * rescind was set, so one of us sees the other.
 */
static void rescind_sub(struct vmbus_channel *ch)
{
	void (*gone)(struct vmbus_channel *channel) = READ_ONCE(ch->chn_rescind_callback);

	if (gone)
		gone(ch);
	smp_mb();	/* after rescind was set; pairs with the one in disconnect() */
	if (!chan_in_use(ch))
		chan_forget(ch);
}

static void rescind_primary(struct vmbus_channel *ch)
{
	void (*gone)(struct vmbus_channel *channel) = READ_ONCE(ch->chn_rescind_callback);

	if (!test_bit(CHAN_REGISTERED, &to_chan(ch)->flags))
		chan_forget(ch);
	else if (gone)
		gone(ch);	/* the driver unregisters the device, in its own time */
	else
		vmbus_device_unregister(ch->device_obj);
}

static void rescind_work(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, rescind_work.work);
	struct vmbus_channel *ch = &chan->ch;

	cancel_delayed_work_sync(&chan->add_work);
	life_lock(chan);
	if (is_sub_channel(ch))
		rescind_sub(ch);
	else
		rescind_primary(ch);
	mutex_unlock(&chan->life);
	complete_all(&ch->rescind_event);
	chan_put(ch);	/* of the work */
}

/* A refused offer left nothing behind but its number. */
static void rescind_unknown(struct vmbus *bus, u32 relid)
{
	if (relid < VMBUS_RELIDS && __test_and_clear_bit(relid, bus->refused))
		post_released(bus, relid);
	else
		vmbus_bad(bus, VERR_RELID, "rescind of channel %u, which there is not", relid);
}

/**
 * chan_rescind() - mark a channel as taken back, wake its waiters, start its removal
 * @ch: channel that is not rescinded yet
 * @delay: of the removal, in jiffies
 */
void chan_rescind(struct vmbus_channel *ch, unsigned long delay)
{
	struct vmbus *bus = to_chan(ch)->bus;

	WRITE_ONCE(ch->rescind, true);
	vmbus_req_fail_chan(bus, to_chan(ch), -ENODEV);
	wake_up_all(&bus->chan_wait);
	chan_get(ch);
	queue_delayed_work(bus->rescind_wq, &to_chan(ch)->rescind_work, delay);
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
		rescind_unknown(bus, m->child_relid);
		return;
	}
	if (ch->rescind) {
		chan_bad(ch, VERR_MSG_STATE, "rescinded again");
		chan_put(ch);
		return;
	}
	storm_note_rescind(bus, ch);
	chan_rescind(ch, 0);
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
	if (is_sub_channel(&chan->ch))
		INIT_DELAYED_WORK(&chan->add_work, add_sub_work);
	else
		INIT_DELAYED_WORK(&chan->add_work, add_primary_work);
	INIT_DELAYED_WORK(&chan->rescind_work, rescind_work);
}

static void start_channel(struct vmbus *bus, struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;

	if (is_sub_channel(ch))
		queue_delayed_work(bus->sub_wq, &chan->add_work, 0);
	else
		queue_delayed_work(bus->primary_wq, &chan->add_work,
				   bus->suspended ? ADD_AFTER_RESUME : storm_delay(bus, ch));
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
	if (power_offer_again(bus, m))
		return;
	chan = chan_alloc(bus, m);
	if (!chan) {
		__set_bit(m->child_relid, bus->refused);
		refuse(bus, VERR_NOMEM, m);
		return;
	}
	init_works(chan);

	cpus_read_lock();
	mutex_lock(&bus->chan_mutex);
	__clear_bit(m->child_relid, bus->refused);
	err = enlist(bus, chan);
	mutex_unlock(&bus->chan_mutex);
	cpus_read_unlock();
	if (err != VERR_COUNT) {
		__set_bit(m->child_relid, bus->refused);
		refuse(bus, err, m);
		chan_put(&chan->ch);
		return;
	}
	say_if_unknown(&chan->ch);
	start_channel(bus, chan);
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

static void remove_orphans(struct vmbus *bus)
{
	struct vmbus_channel *ch;
	u32 relid;

	for (relid = 1; relid < VMBUS_RELIDS; relid++) {
		ch = vmbus_relid_get(bus, relid);
		if (!ch)
			continue;
		cancel_delayed_work_sync(&to_chan(ch)->add_work);
		chan_forget(ch);
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
	while ((ch = any_channel(bus))) {
		struct vmbus_chan *chan = to_chan(ch);

		cancel_delayed_work_sync(&chan->add_work);
		if (cancel_delayed_work_sync(&chan->rescind_work))
			chan_put(ch);
		life_lock(chan);
		if (test_bit(CHAN_REGISTERED, &chan->flags))
			vmbus_device_unregister(ch->device_obj);
		chan_forget(ch);
		mutex_unlock(&chan->life);
		chan_put(ch);
	}
	remove_orphans(bus);
	storm_forget_all(bus);
}
