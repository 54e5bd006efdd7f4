/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to the time service. */
#ifndef _HVU_TIMESYNC_H
#define _HVU_TIMESYNC_H

#include <linux/ktime.h>
#include <linux/ptp_clock_kernel.h>
#include <linux/spinlock.h>
#include "ts_math.h"
#include "utils.h"

struct ts {
	spinlock_t lock;		/* protects: all up to step; taken in softirq */
	bool valid;			/* there is a sample */
	struct ts_sample sample;	/* the last */
	struct ts_track track;
	ktime_t last_real, last_raw;	/* when it came, or our last move after it */
	s64 unseen_raw;			/* between those two */
	s64 offset_ns;			/* what it found */
	s64 by_ns;			/* what is to be done */
	bool step;			/* all of it, not just a part */

	struct work_struct adjust;	/* on the service's queue: */
	struct workqueue_struct *wq;
	struct ptp_clock_info ptp_info;
	struct ptp_clock *ptp;		/* NULL: no PTP in this kernel, or refused */
};

u64 ts_reference(void);
void ts_ptp_start(struct ts *ts, struct device *parent);
void ts_ptp_stop(struct ts *ts);

#endif
