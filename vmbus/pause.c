// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hibernation: unload, connect again, and find the same devices under new numbers.
 *
 * Suspend to idle leaves devices alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/pm.h>
#include <linux/slab.h>
#include "vmbus_priv.h"

/* ---- the devices ---- */

static int device_suspend(struct device *device)
{
	struct hv_driver *drv;

	if (!device->driver)
		return 0;
	drv = hv_driver_of(device->driver);
	return drv->suspend ? drv->suspend(device_to_hv_device(device)) : -EOPNOTSUPP;
}

static int device_resume(struct device *device)
{
	struct hv_device *dev = device_to_hv_device(device);
	struct hv_driver *drv;

	if (!device->driver)
		return 0;
	if (dev->channel->rescind)
		return 0;	/* it did not come back; its removal is under way */
	drv = hv_driver_of(device->driver);
	return drv->resume ? drv->resume(dev) : -EOPNOTSUPP;
}

const struct dev_pm_ops vmbus_device_pm = {
	.freeze_noirq	= device_suspend,
	.thaw_noirq	= device_resume,
	.poweroff_noirq	= device_suspend,
	.restore_noirq	= device_resume,
};

/* ---- offers that come while the bus is about to sleep ---- */

/*
 * Whether it will sleep is not known yet: a host that is left forgets what it has offered, one
 * that is not would never offer it again.  The list is ctl_wq's, which is ordered.
 */
struct kept_offer {
	struct list_head entry;
	struct vmbus_channel_offer_channel offer;
};

/**
 * pause_keep_offer() - take up an offer later, if the bus does not sleep
 * @bus: the bus
 * @offer: checked copy, its relid free
 *
 * Context: vmbus.ctl_wq.
 * Return: false without memory for it.
 */
bool pause_keep_offer(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer)
{
	struct kept_offer *kept;

	if (bus->nr_kept == VMBUS_MAX_OFFERS)
		return false;
	kept = kmalloc(sizeof(*kept), GFP_KERNEL);
	if (!kept)
		return false;
	kept->offer = *offer;
	list_add_tail(&kept->entry, &bus->kept);
	bus->nr_kept++;
	return true;
}

static void drop_kept(struct vmbus *bus, struct kept_offer *kept)
{
	list_del(&kept->entry);
	bus->nr_kept--;
	kfree(kept);
}

/**
 * pause_drop_kept() - the host takes back what it has just offered
 * @bus: the bus
 * @relid: of no channel
 *
 * Context: vmbus.ctl_wq.
 * Return: true if that was an offer that was kept; its number goes back to the host.
 */
bool pause_drop_kept(struct vmbus *bus, u32 relid)
{
	struct kept_offer *kept, *next;
	bool found = false;

	list_for_each_entry_safe(kept, next, &bus->kept, entry) {
		if (kept->offer.child_relid != relid)
			continue;
		drop_kept(bus, kept);
		found = true;
	}
	if (found)
		relid_release(bus, relid);
	return found;
}

/* The bus stays awake, or the host has forgotten them. */
static void kept_work(struct work_struct *work)
{
	struct vmbus *bus = container_of(work, struct vmbus, kept_work);
	struct kept_offer *kept, *next;

	WRITE_ONCE(bus->keep_offers, false);
	list_for_each_entry_safe(kept, next, &bus->kept, entry) {
		vmbus_on_offer(bus, &kept->offer, sizeof(kept->offer));
		drop_kept(bus, kept);
	}
}

/* From here on offers are taken up, or with ignore_offers dropped, as are those that were kept. */
static void decide_offers(struct vmbus *bus)
{
	queue_work(bus->ctl_wq, &bus->kept_work);
	flush_work(&bus->kept_work);
}

/**
 * pause_init() - before the host is asked for offers
 * @bus: the bus
 */
void pause_init(struct vmbus *bus)
{
	INIT_LIST_HEAD(&bus->kept);
	INIT_WORK(&bus->kept_work, kept_work);
}

/* ---- devices that are new while the system sleeps ---- */

/*
 * From before its parent is prepared for the pause until that is complete no device may be
 * registered: the kernel would neither put it to sleep nor wake it.  Offers of new ones come all
 * the time: while the bus finds that it cannot sleep, and before a resume is through.
 */
static int bus_prepare(struct device *device)
{
	struct vmbus *bus = &vmbus_bus;

	mutex_lock(&bus->chan_mutex);
	bus->asleep = true;
	mutex_unlock(&bus->chan_mutex);
	/* those that were under way */
	flush_workqueue(bus->primary_wq);
	flush_workqueue(bus->probe_wq);
	return 0;
}

static void bus_complete(struct device *device)
{
	struct vmbus *bus = &vmbus_bus;
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	bus->asleep = false;
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (test_and_clear_bit(CHAN_PUT_OFF, &to_chan(ch)->flags))
			chan_add_now(ch);
	}
	mutex_unlock(&bus->chan_mutex);
}

/**
 * pause_put_off() - is this no time for a new device
 * @ch: primary channel in the lists, not registered
 *
 * Then its registration starts again when the system is awake.
 *
 * Context: may sleep; vmbus.chan_mutex not held.
 * Return: true if so.
 */
bool pause_put_off(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;
	bool asleep;

	mutex_lock(&bus->chan_mutex);
	asleep = bus->asleep;
	if (asleep)
		set_bit(CHAN_PUT_OFF, &to_chan(ch)->flags);
	mutex_unlock(&bus->chan_mutex);
	return asleep;
}

/* ---- the bus ---- */

/* How long after the bus resumed a device may be removed */
#define AFTER_RESUME	(5 * HZ)

/*
 * Socket connections do not survive: their driver is told as by a rescind.  Whoever holds
 * a socket is frozen and closes it some time after the pause, which is not waited for.
 */
static void drop_sockets(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (is_hvsock_channel(ch))
			chan_rescind(ch, 0);
	}
	mutex_unlock(&bus->chan_mutex);
	flush_workqueue(bus->rescind_wq);
}

/*
 * New ones are offered when the drivers ask again.  Those whose device is gone already go too:
 * the next host gives their relids to others.
 */
static void drop_sub_channels(struct vmbus *bus)
{
	struct vmbus_channel *ch;
	u32 relid = 0;

	while ((ch = vmbus_relid_next(bus, &relid))) {
		if (is_sub_channel(ch)) {
			mutex_lock(&bus->chan_mutex);
			chan_withdraw(ch);	/* the unload frees its relid */
			mutex_unlock(&bus->chan_mutex);
			chan_finish(ch, EV_END);
		}
		chan_put(ch);
	}
}

static bool still_open(const struct vmbus_channel *ch)
{
	if (!chan_in_use(ch))
		return false;
	pr_err("channel %u is still open, cannot hibernate\n", chan_relid(ch));
	return true;
}

/*
 * Drivers have closed theirs; a socket that was just dropped may stay open, it is not the
 * host's any more.  Looked at before anything is dropped: a host that is not left would
 * never hear of those relids again.
 */
static int check_closed(struct vmbus *bus)
{
	struct vmbus_channel *ch, *sub;
	int ret = 0;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (!READ_ONCE(ch->rescind) && still_open(ch))
			ret = -EBUSY;
		list_for_each_entry(sub, &ch->sc_list, sc_list) {
			if (still_open(sub))
				ret = -EBUSY;
		}
	}
	mutex_unlock(&bus->chan_mutex);
	return ret;
}

/* The host forgets all numbers with the unload. */
static void withdraw_all(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		chan_step(ch, EV_PAUSE);
		chan_withdraw(ch);
	}
	bitmap_zero(bus->refused, VMBUS_RELIDS);
	mutex_unlock(&bus->chan_mutex);
}

static int bus_suspend(struct device *device)
{
	struct vmbus *bus = &vmbus_bus;
	int ret;

	WRITE_ONCE(bus->keep_offers, true);
	flush_workqueue(bus->ctl_wq);
	flush_workqueue(bus->primary_wq);
	flush_workqueue(bus->probe_wq);
	flush_workqueue(bus->sub_wq);
	flush_workqueue(bus->rescind_wq);
	drop_sockets(bus);
	ret = check_closed(bus);
	WRITE_ONCE(bus->ignore_offers, !ret);
	decide_offers(bus);
	if (ret)
		return ret;
	drop_sub_channels(bus);
	withdraw_all(bus);
	vmbus_unload(bus, false);
	bus->suspended = true;
	return 0;
}

static bool paused(const struct vmbus_channel *ch)
{
	return life_paused(to_chan(ch)->life);
}

/**
 * pause_offer_again() - is this offer a device that we knew before the pause
 * @bus: the bus
 * @offer: checked copy
 *
 * Context: vmbus.ctl_wq.
 * Return: true if a channel took it over.
 */
bool pause_offer_again(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer)
{
	struct vmbus_channel *ch;
	int actions;

	if (!bus->suspended || is_hvsock_offer(offer) || offer->offer.sub_channel_index)
		return false;
	mutex_lock(&bus->chan_mutex);
	ch = chan_of_name(bus, &offer->offer.if_instance, paused);
	if (ch && !guid_equal(&ch->offermsg.offer.if_type, &offer->offer.if_type))
		ch = NULL;
	if (ch) {
		chan_set_offer(ch, offer);
		chan_publish(ch);
		sysfs_rename_channel(ch);
		actions = chan_step(ch, EV_AGAIN);
		if (actions > 0 && actions & ACT_ADD)
			chan_start_add(ch);
	}
	mutex_unlock(&bus->chan_mutex);
	return ch;
}

/*
 * Devices that the host has taken away while we were not there.  An offer that comes only
 * now is the old device's before this, and that of a new one after it.
 */
static void report_missing(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	bus->suspended = false;
	list_for_each_entry(ch, &bus->chans, listentry) {
		/* not a socket, whose connection has ended, nor what was rescinded before */
		if (!life_paused(to_chan(ch)->life))
			continue;
		pr_warn("device %pUl did not come back after the pause, removing it\n",
			&ch->offermsg.offer.if_instance);
		chan_rescind(ch, AFTER_RESUME);
	}
	mutex_unlock(&bus->chan_mutex);
}

static int bus_resume(struct device *device)
{
	struct vmbus *bus = &vmbus_bus;
	int ret;

	WRITE_ONCE(bus->ignore_offers, false);
	ret = vmbus_connect(bus);
	if (ret)
		return ret;
	ret = vmbus_ask_offers(bus);
	if (ret)
		return ret;
	if (!wait_for_completion_timeout(&bus->offers_done, vmbus_timeout()))
		vmbus_bad(bus, VERR_TIMEOUT, "the host did not finish its offers after the pause");
	flush_workqueue(bus->ctl_wq);
	report_missing(bus);
	return 0;
}

const struct dev_pm_ops vmbus_parent_pm = {
	.prepare	= bus_prepare,
	.complete	= bus_complete,
	.freeze_noirq	= bus_suspend,
	.thaw_noirq	= bus_resume,
	.poweroff_noirq	= bus_suspend,
	.restore_noirq	= bus_resume,
};
