// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of channels, and the lists of them: by device, and by the number that the host
 * knows each by. A channel enters with its offer and leaves with the last event of its life.
 *
 * Owns vmbus.chan_mutex and vmbus_chan.life_lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/jhash.h>
#include "trace.h"
#include "vmbus_priv.h"

static u32 name_key(const struct vmbus *bus, const struct vmbus_channel_offer *offer)
{
	return jhash(&offer->if_instance, sizeof(offer->if_instance),
		     bus->names_seed ^ offer->sub_channel_index);
}

/**
 * chan_of_name() - a device by its instance
 * @bus: the bus
 * @name: instance GUID
 * @fits: what the channel has to be
 *
 * Context: vmbus.chan_mutex held.
 * Return: the first of those that fit in the order of their offers: newer ones wait for it
 * to go; a primary channel; NULL if there is none.
 */
struct vmbus_channel *chan_of_name(struct vmbus *bus, const guid_t *name,
				   bool (*fits)(const struct vmbus_channel *ch))
{
	struct vmbus_channel_offer like = { .if_instance = *name };
	struct vmbus_channel *oldest = NULL;
	struct vmbus_chan *chan;

	lockdep_assert_held(&bus->chan_mutex);
	hash_for_each_possible(bus->names, chan, name, name_key(bus, &like)) {
		if (!is_sub_channel(&chan->ch) && fits(&chan->ch) &&
		    guid_equal(&chan->ch.offermsg.offer.if_instance, name))
			oldest = &chan->ch;	/* new ones are put in front */
	}
	return oldest;
}

static bool any(const struct vmbus_channel *ch)
{
	return true;
}

/* Rescinded ones are on their way out. */
static bool living(const struct vmbus_channel *ch)
{
	return !READ_ONCE(ch->rescind);
}

/* A living sub-channel of that index which the device has already */
static bool index_taken(struct vmbus *bus, const struct vmbus_channel *primary,
			const struct vmbus_channel_offer *offer)
{
	struct vmbus_chan *chan;

	lockdep_assert_held(&bus->chan_mutex);
	hash_for_each_possible(bus->names, chan, name, name_key(bus, offer)) {
		if (chan->ch.primary_channel == primary && living(&chan->ch) &&
		    chan->ch.offermsg.offer.sub_channel_index == offer->sub_channel_index)
			return true;
	}
	return false;
}

static void name_add(struct vmbus *bus, struct vmbus_chan *chan)
{
	hash_add(bus->names, &chan->name, name_key(bus, &chan->ch.offermsg.offer));
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
	/* Of the number before a pause, whose rescind came to nothing */
	clear_bit(CHAN_LEAVING, &chan->flags);
	/* For good: a flag of a channel that is gone is looked at too. */
	WRITE_ONCE(bus->event_words, bus->event_words | BIT(chan_relid(ch) / BITS_PER_LONG));
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
	atomic_set(&chan->owed, 0);
	chan->gave_up = 0;
	/* the host is about to forget its rings, too, whatever is in quarantine */
	chan->serial = quarantine_serial();
}

/**
 * chan_enlist() - put a new channel into the lists
 * @bus: the bus
 * @chan: from chan_alloc(); its reference passes to the lists
 *
 * Context: vmbus.chan_mutex held; CPUs cannot come or go.
 * Return: VERR_COUNT, or why it cannot be.
 */
enum vmbus_err chan_enlist(struct vmbus *bus, struct vmbus_chan *chan)
{
	struct vmbus_channel *ch = &chan->ch;
	const struct vmbus_channel_offer *offer = &ch->offermsg.offer;
	struct vmbus_channel *device = chan_of_name(bus, &offer->if_instance, living);

	if (is_sub_channel(ch)) {
		if (!device || !guid_equal(&device->offermsg.offer.if_type, &offer->if_type) ||
		    index_taken(bus, device, offer))
			return VERR_OFFER;
		chan_get(device);
		ch->primary_channel = device;
		list_add_tail(&ch->sc_list, &device->sc_list);
		list_add_tail(&chan->new_subs, &to_chan(device)->new_subs);
	} else {
		if (device)	/* whatever its class: two cannot have one name */
			return VERR_OFFER;
		list_add_tail(&ch->listentry, &bus->chans);
	}
	name_add(bus, chan);
	chan_publish(ch);
	affinity_join(ch);
	return VERR_COUNT;
}

/**
 * chan_next_sub() - walk through a device's sub-channels, with no lock held in between
 * @primary: its primary channel
 * @last: the one before, whose reference is dropped; NULL begins
 *
 * If @last has left its device meanwhile, the walk begins anew.
 *
 * Context: may sleep.
 * Return: the next, with a reference; NULL at the end.
 */
struct vmbus_channel *chan_next_sub(struct vmbus_channel *primary, struct vmbus_channel *last)
{
	struct vmbus *bus = to_chan(primary)->bus;
	struct list_head *at = &primary->sc_list;
	struct vmbus_channel *next = NULL;

	mutex_lock(&bus->chan_mutex);
	if (last && !list_empty(&last->sc_list))
		at = &last->sc_list;
	if (!list_is_last(at, &primary->sc_list)) {
		next = list_entry(at->next, struct vmbus_channel, sc_list);
		chan_get(next);
	}
	mutex_unlock(&bus->chan_mutex);
	if (last)
		chan_put(last);
	return next;
}

/**
 * chan_new_sub() - a sub-channel that its driver has not heard of
 * @primary: primary channel of its device
 *
 * Context: may sleep.
 * Return: the first of them, with a reference; it is given out once.  NULL if there is none.
 */
struct vmbus_channel *chan_new_sub(struct vmbus_channel *primary)
{
	struct vmbus *bus = to_chan(primary)->bus;
	struct vmbus_chan *sub;

	mutex_lock(&bus->chan_mutex);
	sub = list_first_entry_or_null(&to_chan(primary)->new_subs, struct vmbus_chan, new_subs);
	if (sub) {
		list_del_init(&sub->new_subs);
		chan_get(&sub->ch);
	}
	mutex_unlock(&bus->chan_mutex);
	return sub ? &sub->ch : NULL;
}

/**
 * chan_must_wait() - is the device's former self still there
 * @ch: primary channel in the lists, not registered
 *
 * Then this one's registration starts again when the other is gone: see delist().  Both look
 * under chan_mutex, so one sees the other.
 *
 * Context: may sleep.
 * Return: true if so.
 */
bool chan_must_wait(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;
	struct vmbus_channel *old;

	mutex_lock(&bus->chan_mutex);
	old = chan_of_name(bus, &ch->offermsg.offer.if_instance, any);
	if (old && old != ch) {
		set_bit(CHAN_WAITS, &to_chan(ch)->flags);
		pr_notice_ratelimited("channel %u: device %pUl comes when its former self, channel %u, is gone\n",
				      chan_relid(ch), &ch->offermsg.offer.if_instance,
				      chan_relid(old));
	}
	mutex_unlock(&bus->chan_mutex);
	return old && old != ch;
}

/* ---- life ---- */

/**
 * chan_step() - something happens to a channel: the one place where its life goes on
 * @ch: channel
 * @event: what happens
 *
 * Events that meet get an order here, and the later one is judged by what the earlier one
 * left: whoever gets actions back is alone with them.
 *
 * Context: process; takes vmbus_chan.life_lock, a leaf.
 * Return: enum life_action bits to be done by the caller; -ENODEV or -EINVAL if the event
 * is refused, see life_step().
 */
int chan_step(struct vmbus_channel *ch, enum life_event event)
{
	struct vmbus_chan *chan = to_chan(ch);
	enum life to;
	int actions;

	spin_lock(&chan->life_lock);
	actions = life_step(chan->life, event, &to);
	/* Looked at elsewhere without the lock, by drivers too. */
	WRITE_ONCE(chan->life, to);
	WRITE_ONCE(ch->state, life_public(to));
	WRITE_ONCE(ch->rescind, life_rescinded(to));
	spin_unlock(&chan->life_lock);
	/* The end of an opening or closing, a rescind: somebody may wait for it. */
	if (actions >= 0)
		wake_up_all(&chan->bus->chan_wait);
	return actions;
}

/* ---- relids ---- */

/**
 * relid_release() - the host may use a number again
 * @bus: the bus
 * @relid: of a channel that nothing here refers to any more
 *
 * Context: may sleep.
 */
void relid_release(struct vmbus *bus, u32 relid)
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
 * chan_add_now() - what a device's registration has waited for is over
 * @ch: primary channel in the lists
 *
 * A rescind that comes first, under life_lock, is seen here; one that comes later finds the
 * work queued, and stops it: nothing else keeps the channel for the work.
 *
 * Context: vmbus.chan_mutex held.
 */
void chan_add_now(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);

	spin_lock(&chan->life_lock);
	if (!life_rescinded(chan->life))
		queue_delayed_work(chan->bus->primary_wq, &chan->add_work, 0);
	spin_unlock(&chan->life_lock);
}

/* Out of the lists.  A device of the same name that waited for it may come now. */
static void delist(struct vmbus *bus, struct vmbus_channel *ch)
{
	struct vmbus_channel *sub, *next;

	lockdep_assert_held(&bus->chan_mutex);
	hash_del(&to_chan(ch)->name);
	affinity_leave(ch);
	if (is_sub_channel(ch)) {
		list_del_init(&ch->sc_list);
		list_del_init(&to_chan(ch)->new_subs);
		return;
	}
	list_del_init(&ch->listentry);
	list_for_each_entry_safe(sub, next, &ch->sc_list, sc_list) {
		/* closed; its own rescind will free it */
		list_del_init(&sub->sc_list);
		list_del_init(&to_chan(sub)->new_subs);
		sub->device_obj = NULL;
	}
	next = chan_of_name(bus, &ch->offermsg.offer.if_instance, any);
	if (next && test_and_clear_bit(CHAN_WAITS, &to_chan(next)->flags))
		chan_add_now(next);
}

/*
 * The host took the channel back and nobody uses it, or the bus ends: let go.  chan_step() just
 * gave ACT_FORGET, which it does once.  Frees the relid for reuse, and drops the reference
 * of the lists.
 */
static void chan_forget(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct vmbus *bus = chan->bus;
	u32 relid = chan_relid(ch);

	if (is_sub_channel(ch))
		sysfs_remove_channel(ch);

	mutex_lock(&bus->chan_mutex);
	delist(bus, ch);
	if (test_and_clear_bit(CHAN_LISTED, &chan->flags)) {
		rcu_assign_pointer(bus->relid[relid], NULL);
		bus->nr_chans--;
	}
	mutex_unlock(&bus->chan_mutex);

	/* The slot is empty before the host may use the number again. */
	tasklet_kill(&ch->callback_event);
	if (test_and_clear_bit(CHAN_RELID_HELD, &chan->flags))
		relid_release(bus, relid);
	wake_up_all(&bus->chan_wait);
	chan_put(ch);
}

/**
 * chan_finish() - chan_step() for events that may be a channel's end
 * @ch: channel, of which the caller has a reference
 * @event: what happens
 *
 * Context: may sleep; no locks held but reg.
 */
void chan_finish(struct vmbus_channel *ch, enum life_event event)
{
	int actions = chan_step(ch, event);

	if (actions > 0 && actions & ACT_FORGET)
		chan_forget(ch);
}

/**
 * chan_release() - the bus is through with a channel's removal
 * @ch: the device is not registered any more; of a sub-channel, the driver was told
 *
 * If the host has taken the channel back and nobody has it open, that is its end; if
 * somebody has, the close will be.
 *
 * Context: may sleep; the caller has a reference.
 */
void chan_release(struct vmbus_channel *ch)
{
	chan_finish(ch, EV_RELEASE);
}

