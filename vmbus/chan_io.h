/* SPDX-License-Identifier: GPL-2.0-only */
/* Private state of a channel's data path; embedded in struct vmbus_chan. */
#ifndef _HV_CHAN_IO_H
#define _HV_CHAN_IO_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/cache.h>
#include <linux/stddef.h>
#include "reqid.h"
#include "ring.h"

/**
 * struct chan_io - private state of a channel's data path
 * @tx: producing end; protected by outbound.ring_lock
 * @holds: callers of hv_ring_hold() that did not let go yet; protected by
 *	outbound.ring_lock
 * @flags: interrupt state of who is between hv_ring_place() and its end; protected by
 *	outbound.ring_lock
 * @out_empty: signals since the ring was found empty; without a lock, as @signals
 * @full: the last send found no room; protected by outbound.ring_lock
 * @signals: all signals to the host, most of them by senders
 * @rx: consuming end; used by the one context that reads the channel
 * @rx_len: bytes that the packet handed out last occupies in the ring, 0 if
 *	none; never taken from the copy, which the driver may change
 * @repaired: how many of @rx's repairs were reported
 * @ids: request ids; protected by requestor.req_lock
 * @ids_memory: what @ids lives in
 * @told: a fault that gives this ring up was reported, a bit for each ring: what
 *	one end looks at to learn of the other's
 * @errors: per enum ring_error, what the host did wrong; never goes down
 *
 * Senders and the reader are on different CPUs, and both take ids: each group has cache
 * lines of its own. The last changes only when the host does something wrong. The public
 * struct vmbus_channel has fields for @out_empty, @full and @signals too, beside the count
 * of interrupts; they stay zero.
 */
struct chan_io {
	struct ring_writer tx ____cacheline_aligned_in_smp;
	unsigned int holds;
	unsigned long flags;
	u64 out_empty;
	bool full;
	u64 signals;

	struct ring_reader rx ____cacheline_aligned_in_smp;
	u32 rx_len;
	u32 repaired;

	struct reqid_table ids ____cacheline_aligned_in_smp;
	void *ids_memory;

	unsigned long told ____cacheline_aligned_in_smp;
	atomic_t errors[RING_NR_ERRORS];
};

#define CHAN_IO_LINE(field)	(offsetof(struct chan_io, field) / SMP_CACHE_BYTES)

#ifdef CONFIG_SMP
static_assert(CHAN_IO_LINE(tx) < CHAN_IO_LINE(rx) && CHAN_IO_LINE(signals) < CHAN_IO_LINE(rx));
static_assert(CHAN_IO_LINE(rx) < CHAN_IO_LINE(ids) && CHAN_IO_LINE(rx_len) < CHAN_IO_LINE(ids));
static_assert(CHAN_IO_LINE(ids) < CHAN_IO_LINE(told) &&
	      CHAN_IO_LINE(ids_memory) < CHAN_IO_LINE(told));
/* what a reader writes for each packet is one line */
static_assert(CHAN_IO_LINE(rx) == CHAN_IO_LINE(rx_len));
#endif

#endif
