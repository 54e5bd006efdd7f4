// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exports of the ring; see exports.c for why these includes
 * and no others.
 */
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/static_call.h>
#include <linux/tracepoint.h>
#include <linux/uio.h>
#include <linux/vmalloc.h>
#include <hv/ring_hold.h>
#include "vmbus_priv.h"

/* found by symbol_get(), see there */
EXPORT_SYMBOL_GPL(hv_ring_hold);
EXPORT_SYMBOL_GPL(hv_ring_let_go);
EXPORT_SYMBOL_GPL(hv_ring_place);
EXPORT_SYMBOL_GPL(hv_ring_placed);
EXPORT_SYMBOL_GPL(hv_ring_forget);
EXPORT_SYMBOL_GPL(hv_ring_answer);
EXPORT_SYMBOL_GPL(hv_ring_kept);
EXPORT_SYMBOL_GPL(hv_gpadl_kept);

EXPORT_SYMBOL_GPL(hv_pkt_iter_first);
EXPORT_SYMBOL_GPL(__hv_pkt_iter_next);
EXPORT_SYMBOL_GPL(hv_pkt_iter_close);
EXPORT_SYMBOL_GPL(hv_ringbuffer_get_debuginfo);
EXPORT_SYMBOL_GPL(hv_ringbuffer_spinlock_busy);
