// SPDX-License-Identifier: GPL-2.0-only
/*
 * Brings the bus up from bottom to top and takes it down from top to bottom.
 * Has the one bus object and the module's parameters.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <hv/version.h>
#include "vmbus_priv.h"

struct vmbus vmbus_bus = {
	.phase		= VMBUS_PHASE_DOWN,
	.req_lock	= __SPIN_LOCK_UNLOCKED(vmbus_bus.req_lock),
	.reqs		= LIST_HEAD_INIT(vmbus_bus.reqs),
	.chan_mutex	= __MUTEX_INITIALIZER(vmbus_bus.chan_mutex),
	.chans		= LIST_HEAD_INIT(vmbus_bus.chans),
	.chan_wait	= __WAIT_QUEUE_HEAD_INITIALIZER(vmbus_bus.chan_wait),
	.storms		= LIST_HEAD_INIT(vmbus_bus.storms),
	.offers_done	= COMPLETION_INITIALIZER(vmbus_bus.offers_done),
};

uint vmbus_max_version = VERSION_WIN10_V5_3;
module_param_named(max_version, vmbus_max_version, uint, 0444);
MODULE_PARM_DESC(max_version, "Maximal VMBus protocol version which can be negotiated");

/*
 * Parameters that the kernel's own module does not have are declared so that
 * they do not show in modinfo, which is compared with it; /sys/module/hv_vmbus/
 * parameters has them.
 */
uint vmbus_host_timeout = 60;
module_param_cb(host_timeout, &param_ops_uint, &vmbus_host_timeout, 0644);

const char * const vmbus_err_names[VERR_COUNT] = {
	[VERR_MSG_SIZE]		= "message_size",
	[VERR_MSG_TYPE]		= "message_type",
	[VERR_MSG_STATE]	= "message_state",
	[VERR_RELID]		= "relid",
	[VERR_OFFER]		= "offer_refused",
	[VERR_LATE_REPLY]	= "late_reply",
	[VERR_TIMEOUT]		= "timeout",
	[VERR_REFUSED]		= "host_refused",
	[VERR_POST]		= "post_failed",
	[VERR_EVENT]		= "event_unknown",
	[VERR_QUARANTINE]	= "quarantine",
	[VERR_STORM]		= "offer_storm",
	[VERR_RING_INDEX]	= "ring_index",
	[VERR_PACKET]		= "packet",
	[VERR_REQUEST_ID]	= "request_id",
	[VERR_NOMEM]		= "no_memory",
};

static void queues_free(struct vmbus *bus)
{
	struct workqueue_struct **wq[] = {
		&bus->ctl_wq, &bus->primary_wq, &bus->probe_wq, &bus->sub_wq,
		&bus->rescind_wq,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(wq); i++) {
		if (*wq[i])
			destroy_workqueue(*wq[i]);
		*wq[i] = NULL;
	}
}

static int queues_alloc(struct vmbus *bus)
{
	bus->ctl_wq = alloc_ordered_workqueue("hv_vmbus_ctl", WQ_MEM_RECLAIM);
	bus->primary_wq = alloc_ordered_workqueue("hv_vmbus_dev", 0);
	/* A work here waits for its device's host, so many may run at a time. */
	bus->probe_wq = alloc_workqueue("hv_vmbus_probe", WQ_UNBOUND, WQ_MAX_ACTIVE);
	bus->sub_wq = alloc_workqueue("hv_vmbus_sub", WQ_UNBOUND, WQ_MAX_ACTIVE);
	bus->rescind_wq = alloc_workqueue("hv_vmbus_rescind", WQ_UNBOUND, WQ_MAX_ACTIVE);
	if (bus->ctl_wq && bus->primary_wq && bus->probe_wq && bus->sub_wq && bus->rescind_wq)
		return 0;
	queues_free(bus);
	return -ENOMEM;
}

static int memory_alloc(struct vmbus *bus)
{
	int ret;

	bus->relid = kvcalloc(VMBUS_RELIDS, sizeof(*bus->relid), GFP_KERNEL);
	if (!bus->relid)
		return -ENOMEM;
	quarantine_init(bus);
	pause_init(bus);
	bus->names_seed = get_random_u32();
	ret = affinity_start(bus);
	if (ret)
		goto free_relids;
	ret = queues_alloc(bus);
	if (ret)
		goto stop_affinity;
	ret = synic_alloc(bus);
	if (ret)
		goto free_queues;
	return 0;

free_queues:
	queues_free(bus);
stop_affinity:
	affinity_stop(bus);
free_relids:
	kvfree(bus->relid);
	bus->relid = NULL;
	return ret;
}

static void memory_free(struct vmbus *bus)
{
	queues_free(bus);
	synic_free(bus);
	quarantine_abandon(bus);
	affinity_stop(bus);
	kvfree(bus->relid);
	bus->relid = NULL;
}

/* Interrupts, then CPUs, then the conversation. */
static int connection_start(struct vmbus *bus)
{
	int ret = intr_start(bus);

	if (ret)
		return ret;
	ret = synic_start(bus);
	if (ret)
		goto stop_intr;
	ret = vmbus_connect(bus);
	if (ret)
		goto stop_synic;
	return 0;

stop_synic:
	vmbus_disconnect(bus);
	synic_stop(bus);
stop_intr:
	intr_stop(bus);
	return ret;
}

static void connection_stop(struct vmbus *bus)
{
	vmbus_unload(bus, false);
	synic_stop(bus);
	intr_stop(bus);
	vmbus_disconnect(bus);
}

/*
 * Root disks shall be there when modprobe returns, so wait until the host
 * says that it has offered everything; but not for ever, and a host that never
 * says so is no reason to fail.
 */
static void wait_for_offers(struct vmbus *bus)
{
	if (!wait_for_completion_timeout(&bus->offers_done, vmbus_timeout())) {
		vmbus_bad(bus, VERR_TIMEOUT, "the host did not finish its offers in %u s, going on",
			  vmbus_host_timeout);
		return;
	}
	flush_workqueue(bus->primary_wq);
	flush_workqueue(bus->probe_wq);
}

static int __init vmbus_module_init(void)
{
	struct vmbus *bus = &vmbus_bus;
	int ret = hv_platform_check();

	if (ret)
		return ret;
	ret = platform_start(bus);
	if (ret)
		return ret;
	ret = memory_alloc(bus);
	if (ret)
		goto stop_platform;
	ret = bus_start(bus);
	if (ret)
		goto free_memory;
	debugfs_start(bus);
	ret = connection_start(bus);
	if (ret)
		goto stop_bus;
	ret = power_start(bus);
	if (ret)
		goto stop_connection;
	ret = vmbus_ask_offers(bus);
	if (ret)
		goto stop_power;
	wait_for_offers(bus);
	return 0;

stop_power:
	power_stop(bus);
stop_connection:
	/* A host may offer as soon as it has agreed on a version. */
	vmbus_remove_all(bus);
	connection_stop(bus);
stop_bus:
	debugfs_stop(bus);
	bus_stop(bus);
free_memory:
	memory_free(bus);
stop_platform:
	platform_stop(bus);
	return ret;
}

static void __exit vmbus_module_exit(void)
{
	struct vmbus *bus = &vmbus_bus;

	power_stop(bus);
	vmbus_remove_all(bus);
	connection_stop(bus);
	debugfs_stop(bus);
	bus_stop(bus);
	memory_free(bus);
	platform_stop(bus);
}

module_init(vmbus_module_init);
module_exit(vmbus_module_exit);

MODULE_LICENSE("GPL");
MODULE_VERSION(HV_MODULES_VERSION);
MODULE_DESCRIPTION("Microsoft Hyper-V VMBus Driver");
