// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends and pauses of a kernel: crash, panic and kexec (unload, so that the
 * next kernel finds a clean host), and hibernation (unload, connect again, and find
 * the same devices under new numbers).
 *
 * Suspend to idle leaves devices alone.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/slab.h>
#include <linux/syscore_ops.h>
#include <clocksource/hyperv_timer.h>
#include <hv/hv_wire.h>
#include "vmbus_priv.h"

/* ---- the end ---- */

/*
 * Direct-mode timers are the kernel's own and run without us, but must not tick into
 * the next kernel.  Others were never started (synic.c); to clean them up would run into
 * lists that nobody has set up.
 */
static bool timers_tick(void)
{
	return !IS_ENABLED(CONFIG_X86) || ms_hyperv.misc_features & HV_FEATURE_DIRECT_TIMERS;
}

static void on_kexec(void)
{
	if (timers_tick())
		hv_stimer_global_cleanup();
	vmbus_unload(&vmbus_bus, false);
	synic_stop(&vmbus_bus);
}

static void on_crash(struct pt_regs *regs)
{
	unsigned int cpu = smp_processor_id();

	vmbus_unload(&vmbus_bus, true);
	if (timers_tick())
		hv_stimer_cleanup(cpu);
	synic_disable_cpu();
}

/* A panic without a crash kernel: the host shall not wait for this guest. */
static int on_panic(struct notifier_block *nb, unsigned long event, void *arg)
{
	vmbus_unload(&vmbus_bus, true);
	return NOTIFY_DONE;
}

/* After all that still want their devices: consoles and framebuffers */
static struct notifier_block panic_block = {
	.notifier_call	= on_panic,
	.priority	= INT_MIN + 1,
};

/* ---- the CPU that does not go offline: interrupts are off, nothing may sleep ---- */

static int cpu_suspend(HV_SYSCORE_ARG)
{
	synic_disable_cpu();
	return 0;
}

static void cpu_resume(HV_SYSCORE_ARG)
{
	synic_enable_cpu(&vmbus_bus, smp_processor_id());
}

HV_SYSCORE_DEFINE(vmbus_syscore, cpu_suspend, cpu_resume);

/**
 * power_start() - from now on the host is told when this kernel ends
 * @bus: connected
 *
 * Return: 0.
 */
int power_start(struct vmbus *bus)
{
	hv_setup_kexec_handler(on_kexec);
	hv_setup_crash_handler(on_crash);
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	HV_SYSCORE_REGISTER(vmbus_syscore);
	return 0;
}

void power_stop(struct vmbus *bus)
{
	HV_SYSCORE_UNREGISTER(vmbus_syscore);
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	hv_remove_crash_handler();
	hv_remove_kexec_handler();
}

/* ---- hibernation: the devices ---- */

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

/* ---- hibernation: the bus ---- */

/* How long after the bus resumed devices may be added and removed again */
#define AFTER_RESUME	(5 * HZ)

static bool sockets_left(struct vmbus *bus)
{
	struct vmbus_channel *ch;
	bool left = false;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry)
		left |= is_hvsock_channel(ch);
	mutex_unlock(&bus->chan_mutex);
	return left;
}

/* Socket connections do not survive; have their driver close them as after a rescind. */
static int drop_sockets(struct vmbus *bus)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = vmbus_timeout();
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (is_hvsock_channel(ch))
			chan_rescind(ch, 0);
	}
	mutex_unlock(&bus->chan_mutex);
	/* not wait_event(): the condition takes a mutex */
	add_wait_queue(&bus->chan_wait, &wait);
	while (left && sockets_left(bus))
		left = wait_woken(&wait, TASK_UNINTERRUPTIBLE, left);
	remove_wait_queue(&bus->chan_wait, &wait);
	if (left)
		return 0;
	pr_err("sockets to the host are still open, cannot hibernate\n");
	return -EBUSY;
}

static struct vmbus_channel *any_sub_channel(struct vmbus *bus)
{
	struct vmbus_channel *ch, *sub = NULL;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		sub = list_first_entry_or_null(&ch->sc_list, struct vmbus_channel, sc_list);
		if (sub) {
			chan_get(sub);
			break;
		}
	}
	mutex_unlock(&bus->chan_mutex);
	return sub;
}

/* The drivers have closed them; new ones are offered when the drivers ask again. */
static int drop_sub_channels(struct vmbus *bus)
{
	struct vmbus_channel *sub;
	int ret = 0;

	while (!ret && (sub = any_sub_channel(bus))) {
		cancel_delayed_work_sync(&to_chan(sub)->add_work);
		if (sub->state == CHANNEL_OPENED_STATE || sub->state == CHANNEL_OPENING_STATE) {
			pr_err("channel %u is still open, cannot hibernate\n", chan_relid(sub));
			ret = -EBUSY;
		} else {
			mutex_lock(&bus->chan_mutex);
			chan_withdraw(sub);	/* the unload frees its relid */
			mutex_unlock(&bus->chan_mutex);
			chan_forget(sub);
		}
		chan_put(sub);
	}
	return ret;
}

/* The host forgets all numbers with the unload. */
static void withdraw_all(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry)
		chan_withdraw(ch);
	bitmap_zero(bus->refused, VMBUS_RELIDS);
	mutex_unlock(&bus->chan_mutex);
}

static int bus_suspend(struct device *device)
{
	struct vmbus *bus = &vmbus_bus;
	int ret;

	WRITE_ONCE(bus->ignore_offers, true);
	flush_workqueue(bus->ctl_wq);
	flush_workqueue(bus->primary_wq);
	flush_workqueue(bus->sub_wq);
	flush_workqueue(bus->rescind_wq);
	ret = drop_sockets(bus);
	if (!ret)
		ret = drop_sub_channels(bus);
	if (ret) {
		WRITE_ONCE(bus->ignore_offers, false);
		return ret;
	}
	withdraw_all(bus);
	vmbus_unload(bus, false);
	bus->suspended = true;
	return 0;
}

/**
 * power_offer_again() - is this offer a device that we knew before the pause
 * @bus: the bus
 * @offer: checked copy
 *
 * Context: vmbus.ctl_wq.
 * Return: true if a channel took it over.
 */
bool power_offer_again(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer)
{
	struct vmbus_channel *ch;
	bool found = false;

	if (!bus->suspended || is_hvsock_offer(offer) || offer->offer.sub_channel_index)
		return false;
	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (chan_relid(ch) != INVALID_RELID || ch->rescind ||
		    !guid_equal(&ch->offermsg.offer.if_type, &offer->offer.if_type) ||
		    !guid_equal(&ch->offermsg.offer.if_instance, &offer->offer.if_instance))
			continue;
		chan_set_offer(ch, offer);
		chan_publish(ch);
		found = true;
		break;
	}
	mutex_unlock(&bus->chan_mutex);
	return found;
}

/* Devices that the host has taken away while we were not there */
static void report_missing(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(ch, &bus->chans, listentry) {
		if (chan_relid(ch) != INVALID_RELID)
			continue;
		pr_warn("device %pUl did not come back after the pause, removing it\n",
			&ch->offermsg.offer.if_instance);
		set_bit(CHAN_GONE_ON_RESUME, &to_chan(ch)->flags);
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
	bus->suspended = false;
	report_missing(bus);
	return 0;
}

const struct dev_pm_ops vmbus_parent_pm = {
	.freeze_noirq	= bus_suspend,
	.thaw_noirq	= bus_resume,
	.poweroff_noirq	= bus_suspend,
	.restore_noirq	= bus_resume,
};
