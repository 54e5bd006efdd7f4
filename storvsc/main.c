// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv_storvsc: disks that a Hyper-V host offers over VMBus (SCSI, IDE and
 * Fibre Channel controllers).
 *
 * This file is the order of things: load and unload, a controller's arrival
 * and departure, sleep and waking up.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/wait_bit.h>
#include <scsi/scsi.h>
#include <hv/ring_hold.h>
#include <hv/isolation.h>
#include <hv/version.h>

#include "storvsc.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

#define STOR_RING_MIN	(16 * 1024)
#define STOR_RING_MAX	(16 * 1024 * 1024)

int logging_level = STOR_LOG_ERROR;
module_param(logging_level, int, 0644);
MODULE_PARM_DESC(logging_level,
		 "Logging level, 0 - None, 1 - Error (default), 2 - Warning.");

int storvsc_ringbuffer_size = 128 * 1024;
module_param(storvsc_ringbuffer_size, int, 0444);
MODULE_PARM_DESC(storvsc_ringbuffer_size, "Ring buffer size (bytes)");

unsigned int storvsc_max_hw_queues = -1;
module_param(storvsc_max_hw_queues, uint, 0644);
MODULE_PARM_DESC(storvsc_max_hw_queues, "Maximum number of hardware queues");

int storvsc_vcpus_per_sub_channel = STOR_VCPUS_PER_SUBCHAN;
module_param(storvsc_vcpus_per_sub_channel, int, 0444);
MODULE_PARM_DESC(storvsc_vcpus_per_sub_channel,
		 "Ratio of VCPUs to subchannels");

unsigned int storvsc_poll_queues;
module_param(storvsc_poll_queues, uint, 0444);
MODULE_PARM_DESC(storvsc_poll_queues,
		 "Queues of each controller for polled I/O, with a channel each beside the others (default 0)");

int ring_avail_percent_lowater = 10;
module_param(ring_avail_percent_lowater, int, 0444);
MODULE_PARM_DESC(ring_avail_percent_lowater,
		 "Select a channel if available ring size > this in percent");

unsigned int storvsc_host_timeout = 180;
module_param(storvsc_host_timeout, uint, 0644);
MODULE_PARM_DESC(storvsc_host_timeout,
		 "Seconds that the host has to answer each step of the handshake (default 180)");

unsigned int storvsc_lost_after = 4;
module_param(storvsc_lost_after, uint, 0644);
MODULE_PARM_DESC(storvsc_lost_after,
		 "Timer periods of a disk after which an unanswered command counts as lost: the channels are closed and opened again (1 to 5, default 4; 0 = never)");

unsigned int storvsc_wait_limit = 600;
module_param(storvsc_wait_limit, uint, 0644);
MODULE_PARM_DESC(storvsc_wait_limit,
		 "Seconds that commands wait for a host that is silent, or keeps others, before they fail (default 600; 0 = until it answers)");

static const struct hv_vmbus_device_id stor_ids[] = {
	{ HV_SCSI_GUID, .driver_data = (kernel_ulong_t)&stor_scsi },
	{ HV_IDE_GUID, .driver_data = (kernel_ulong_t)&stor_ide },
	{ HV_SYNTHFC_GUID, .driver_data = (kernel_ulong_t)&stor_fc },
	{ },
};
MODULE_DEVICE_TABLE(vmbus, stor_ids);

/* A host that holds on to commands while the device is being removed. */
static void stor_force_close(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(work, struct stor_ctl, force_close);

	dev_warn(&ctl->dev->device,
		 "host keeps commands of a device that is gone or being removed, closing the channel\n");
	stor_end(ctl);
}

static void stor_init(struct stor_ctl *ctl, struct hv_device *dev,
		      const struct hv_vmbus_device_id *id)
{
	u32 ring = clamp(storvsc_ringbuffer_size, STOR_RING_MIN, STOR_RING_MAX);

	ctl->dev = dev;
	ctl->kind = stor_kind_of(id->driver_data);
	ctl->ring_size = VMBUS_RING_SIZE(ring);
	ctl->nr_queues = 1;
	mutex_init(&ctl->chan_mutex);
	spin_lock_init(&ctl->call_lock);
	init_waitqueue_head(&ctl->subchan_wait);
	init_waitqueue_head(&ctl->drained);
	INIT_WORK(&ctl->force_close, stor_force_close);
	INIT_WORK(&ctl->open_waiting, stor_open_waiting_work);
	stor_scan_init(ctl);
	stor_tend_init(ctl);
	ratelimit_state_init(&ctl->limit, 5 * HZ, 10);
	ratelimit_set_flags(&ctl->limit, RATELIMIT_MSG_ON_RELEASE);
}

/* Channels are one per queue at most; how many is known later. */
static int stor_alloc_chans(struct stor_ctl *ctl)
{
	unsigned int polled = min(storvsc_poll_queues, num_possible_cpus());
	unsigned int i, most = min(num_possible_cpus() + polled, 0xfffeU);

	ctl->chans = kvcalloc(most, sizeof(*ctl->chans), GFP_KERNEL);
	if (!ctl->chans)
		return -ENOMEM;
	for (i = 0; i < most; i++) {
		ctl->chans[i].ctl = ctl;
		ctl->chans[i].index = i;
	}
	return 0;
}

/**
 * stor_scan_first() - find the disks of a new controller
 * @ctl: controller
 *
 * Return: 0; a controller without disks is one too.
 */
int stor_scan_first(struct stor_ctl *ctl)
{
	const u8 *guid = ctl->dev->dev_instance.b;
	unsigned int target = guid[5] << 8 | guid[4];
	int ret;

	if (!ctl->kind->fixed_target) {
		scsi_scan_host(ctl->shost);
		return 0;
	}
	ret = scsi_add_device(ctl->shost, 0, target, 0);
	/* an empty drive bay is no reason to refuse the controller */
	if (ret)
		dev_info(&ctl->dev->device, "nothing at target %u (error %d)\n",
			 target, ret);
	return 0;
}

static int stor_bring_up(struct stor_ctl *ctl)
{
	int ret = stor_alloc_chans(ctl);

	if (ret)
		return ret;
	mutex_lock(&ctl->life_mutex);
	ret = stor_agree(ctl);
	if (ret == -ETIMEDOUT && stor_life_tries(ctl->life)) {
		dev_warn(&ctl->dev->device, "host does not answer, trying again\n");
		stor_try_later(ctl);
		ret = -EINPROGRESS;
	}
	mutex_unlock(&ctl->life_mutex);
	if (ret)
		return ret;
	stor_watch(ctl);
	ret = stor_scan_first(ctl);
	stor_unwatch(ctl);
	return ret;
}

/* Several packets with one signal, and packets in place, if this bus can (hv/ring_hold.h). */
static void stor_find_hold(struct stor_ctl *ctl)
{
	ctl->hold = symbol_get(hv_ring_hold);
	ctl->let_go = symbol_get(hv_ring_let_go);
	ctl->placed = symbol_get(hv_ring_placed);
	ctl->forget = symbol_get(hv_ring_forget);
	ctl->kept = symbol_get(hv_ring_kept);
	ctl->gpadl_kept = symbol_get(hv_gpadl_kept);
	if (ctl->placed && ctl->forget)
		ctl->place = symbol_get(hv_ring_place);
}

static void stor_put_hold(struct stor_ctl *ctl)
{
	if (ctl->hold)
		symbol_put(hv_ring_hold);
	if (ctl->let_go)
		symbol_put(hv_ring_let_go);
	if (ctl->place)
		symbol_put(hv_ring_place);
	if (ctl->placed)
		symbol_put(hv_ring_placed);
	if (ctl->forget)
		symbol_put(hv_ring_forget);
	if (ctl->kept)
		symbol_put(hv_ring_kept);
	if (ctl->gpadl_kept)
		symbol_put(hv_gpadl_kept);
}

/* Whoever may still come to the controller by itself is turned away before it is freed. */
static void stor_release(struct stor_ctl *ctl)
{
	set_bit(STOR_REMOVING, &ctl->state);
	set_bit(STOR_HURRY, &ctl->state);
	stor_end(ctl);
	hv_set_drvdata(ctl->dev, NULL);
	/* nor does a sub-channel that is taken back find it any more: stor_on_sub_rescinded() */
	synchronize_rcu();
	/* resets that user space asked for outlive the SCSI host's devices; so do late offers */
	wait_var_event(&ctl->draining, !atomic_read(&ctl->draining));
	/* not before: those, and the host's last event, may have passed the look at STOR_HURRY */
	cancel_work_sync(&ctl->force_close);
	cancel_work_sync(&ctl->open_waiting);
	cancel_delayed_work_sync(&ctl->tend);
	cancel_delayed_work_sync(&ctl->scan);
	stor_free_queues(ctl);
	kvfree(ctl->chans);
	stor_put_hold(ctl);
	scsi_host_put(ctl->shost);
}

static int stor_probe(struct hv_device *dev, const struct hv_vmbus_device_id *id)
{
	struct Scsi_Host *shost = stor_host_alloc();
	struct stor_ctl *ctl;
	int ret;

	if (!shost)
		return -ENOMEM;
	ctl = shost_priv(shost);
	ctl->shost = shost;
	stor_init(ctl, dev, id);
	hv_set_drvdata(dev, ctl);
	stor_find_hold(ctl);
	/* bounce buffers keep the offset within a page */
	dma_set_min_align_mask(&dev->device, HV_HYP_PAGE_SIZE - 1);
	ctl->direct = stor_dma_direct(&dev->device);

	ret = stor_bring_up(ctl);
	if (ret == -EINPROGRESS)
		return 0;
	if (ret) {
		dev_err(&dev->device, "controller not usable (error %d)\n", ret);
		stor_release(ctl);
		return ret;
	}
	return 0;
}

/*
 * With the channel still there, devices get their last flush through it.
 * With the channel rescinded the host has already let go: what it had fails
 * first, or removing the devices would wait for it.
 */
static hv_remove_t stor_remove(struct hv_device *dev)
{
	struct stor_ctl *ctl = hv_get_drvdata(dev);

	set_bit(STOR_REMOVING, &ctl->state);
	set_bit(STOR_HURRY, &ctl->state);
	cancel_delayed_work_sync(&ctl->tend);
	/* what waits for a host that is silent fails too */
	if (dev->channel->rescind || READ_ONCE(ctl->life) != STOR_UP)
		stor_end(ctl);
	stor_watch(ctl);
	cancel_delayed_work_sync(&ctl->scan);
	if (ctl->added) {
		stor_end_doubts(ctl);
		stor_end_unsure(ctl);
		stor_fc_leave(ctl);
		scsi_remove_host(ctl->shost);
	}
	stor_unwatch(ctl);
	stor_release(ctl);
	return HV_REMOVED;
}

/*
 * The scan may be in the midlayer, where it waits for a command that a silent host
 * keeps and that nobody has come back while we are about to sleep.
 */
static bool stor_stop_scan(struct stor_ctl *ctl)
{
	unsigned long end = jiffies + stor_reset_timeout();

	while (work_busy(&ctl->scan.work)) {
		if (cancel_delayed_work(&ctl->scan))
			continue;
		if (time_after(jiffies, end))
			return false;
		msleep(20);
	}
	return true;
}

static int stor_suspend(struct hv_device *dev)
{
	struct stor_ctl *ctl = hv_get_drvdata(dev);
	int ret = -EBUSY;

	set_bit(STOR_HURRY, &ctl->state);
	cancel_delayed_work_sync(&ctl->tend);
	if (stor_stop_scan(ctl))
		ret = stor_sleep(ctl);
	if (ret) {
		clear_bit(STOR_HURRY, &ctl->state);
		/* whatever has been put off */
		mod_delayed_work(system_long_wq, &ctl->tend, 0);
		mod_delayed_work(system_long_wq, &ctl->scan, 0);
		stor_report(ctl, STOR_LOG_ERROR,
			    "host keeps commands, not suspending\n");
	}
	return ret;
}

static int stor_resume(struct hv_device *dev)
{
	struct stor_ctl *ctl = hv_get_drvdata(dev);
	bool first = !ctl->added;
	int ret;

	clear_bit(STOR_HURRY, &ctl->state);
	ret = stor_wake(ctl);
	if (!ret && READ_ONCE(ctl->life) == STOR_UP)
		stor_scan_kick(ctl, first ? STOR_SCAN_FIRST : STOR_SCAN_BUS);
	return ret;
}

static struct hv_driver stor_driver = {
	.name = KBUILD_MODNAME,
	.id_table = stor_ids,
	.probe = stor_probe,
	.remove = stor_remove,
	.suspend = stor_suspend,
	.resume = stor_resume,
	.driver = {
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
	},
};

static int __init stor_module_init(void)
{
	int ret;

	if (hv_isolated()) {
		pr_err(KBUILD_MODNAME ": " HV_ISOLATED_LINE);
		return -ENODEV;
	}
	ret = stor_fc_start();
	if (ret)
		return ret;
	ret = vmbus_driver_register(&stor_driver);
	if (ret)
		stor_fc_stop();
	return ret;
}

static void __exit stor_module_exit(void)
{
	vmbus_driver_unregister(&stor_driver);
	stor_fc_stop();
}

module_init(stor_module_init);
module_exit(stor_module_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(HV_MODULES_VERSION);
MODULE_DESCRIPTION("Microsoft Hyper-V virtual storage driver");
