// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of offers and their channels; see exports.c for why these includes
 * and no others.
 */
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/sched/isolation.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include "vmbus_priv.h"

EXPORT_SYMBOL_GPL(vmbus_devs);
EXPORT_SYMBOL_GPL(vmbus_hvsock_device_unregister);
EXPORT_SYMBOL_GPL(vmbus_prep_negotiate_resp);
EXPORT_SYMBOL_GPL(vmbus_set_chn_rescind_callback);
EXPORT_SYMBOL_GPL(vmbus_set_sc_create_callback);
