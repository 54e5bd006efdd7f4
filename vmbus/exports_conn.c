// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of the connection; see exports.c for why these includes
 * and no others.
 */
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>
#include "vmbus_priv.h"

EXPORT_SYMBOL_GPL(vmbus_connection);
EXPORT_SYMBOL_GPL(vmbus_proto_version);
EXPORT_SYMBOL_GPL(vmbus_set_event);
