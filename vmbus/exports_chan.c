// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of the connection and of channel set-up, from where the kernel
 * sees struct iov_iter as incomplete; see exports.c for why that matters.
 */
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include "vmbus_priv.h"

EXPORT_SYMBOL_GPL(vmbus_connection);
EXPORT_SYMBOL_GPL(vmbus_proto_version);
EXPORT_SYMBOL_GPL(vmbus_devs);
EXPORT_SYMBOL_GPL(vmbus_hvsock_device_unregister);
EXPORT_SYMBOL_GPL(vmbus_prep_negotiate_resp);
EXPORT_SYMBOL_GPL(vmbus_set_chn_rescind_callback);
EXPORT_SYMBOL_GPL(vmbus_set_event);
EXPORT_SYMBOL_GPL(vmbus_set_sc_create_callback);
