// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of the bus itself: drivers, devices, MMIO; see exports.c for why
 * these includes and no others.
 */
#include <linux/cdev.h>
#include <linux/dma-map-ops.h>
#include <linux/hyperv.h>
#include <linux/irqdomain.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/seq_file.h>
#include <linux/sched/isolation.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include "vmbus_priv.h"

EXPORT_SYMBOL_GPL(__vmbus_driver_register);
EXPORT_SYMBOL_GPL(vmbus_driver_unregister);
EXPORT_SYMBOL_GPL(vmbus_device_unregister);
EXPORT_SYMBOL_GPL(vmbus_allocate_mmio);
EXPORT_SYMBOL_GPL(vmbus_free_mmio);
#ifdef HV_HAVE_RING_SYSFS
EXPORT_SYMBOL_GPL(hv_create_ring_sysfs);
EXPORT_SYMBOL_GPL(hv_remove_ring_sysfs);
#endif
