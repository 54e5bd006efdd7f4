/* SPDX-License-Identifier: GPL-2.0-only */
/* Private state of a channel's data path; embedded in struct vmbus_chan. */
#ifndef _HV_CHAN_IO_H
#define _HV_CHAN_IO_H

#include <linux/atomic.h>
#include "reqid.h"
#include "ring.h"

/**
 * struct chan_io - private state of a channel's data path
 * @tx: producing end; protected by outbound.ring_lock
 * @rx: consuming end; used by the one context that reads the channel
 * @rx_len: bytes that the packet handed out last occupies in the ring, 0 if
 *	none; never taken from the copy, which the driver may change
 * @told: a fault of this ring was reported
 * @ids: request ids; protected by requestor.req_lock
 * @ids_memory: what @ids lives in
 * @errors: per enum ring_error, what the host did wrong; never goes down
 * @tx_high: most bytes ever in use in the outbound ring at a send
 * @holds: callers of hv_ring_hold() that did not let go yet; protected by
 *	outbound.ring_lock
 */
struct chan_io {
	struct ring_writer tx;
	struct ring_reader rx;
	u32 rx_len;
	unsigned long told;
	struct reqid_table ids;
	void *ids_memory;
	atomic_t errors[RING_NR_ERRORS];
	u32 tx_high;
	unsigned int holds;
};

#endif
