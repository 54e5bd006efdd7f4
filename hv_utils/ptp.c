// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clock as a PTP clock named "hyperv", for chrony or phc2sys: the
 * last sample, carried on by the partition's reference time.  Read-only.
 */
#include <linux/err.h>
#include "timesync.h"

static struct ts *ts_of(struct ptp_clock_info *info)
{
	return container_of(info, struct ts, ptp_info);
}

static int ts_ptp_read(struct ptp_clock_info *info, struct timespec64 *out,
		       struct ptp_system_timestamp *around)
{
	struct ts *ts = ts_of(info);
	u64 host, ref, now;
	bool valid;
	s64 ns;
	int ret;

	ptp_read_system_prets(around);
	now = ts_reference();
	ptp_read_system_postts(around);

	spin_lock_bh(&ts->lock);
	valid = ts->valid;
	host = ts->sample.host;
	ref = ts->sample.ref;
	spin_unlock_bh(&ts->lock);

	/* a sample may have come since the counter was read */
	ret = valid ? ts_host_now_ns(host, min(ref, now), now, &ns) : -ESTALE;
	if (!ret)
		*out = ns_to_timespec64(ns - (ref > now ? (s64)(ref - now) * 100 : 0));
	return ret;
}

static int ts_ptp_fine(struct ptp_clock_info *info, long ppm)
{
	return -EOPNOTSUPP;
}

static int ts_ptp_move(struct ptp_clock_info *info, s64 by)
{
	return -EOPNOTSUPP;
}

static int ts_ptp_set(struct ptp_clock_info *info, const struct timespec64 *to)
{
	return -EOPNOTSUPP;
}

static int ts_ptp_enable(struct ptp_clock_info *info, struct ptp_clock_request *what, int on)
{
	return -EOPNOTSUPP;
}

static const struct ptp_clock_info ts_ptp_info = {
	.owner = THIS_MODULE,
	.name = "hyperv",
	.gettimex64 = ts_ptp_read,
	.adjfine = ts_ptp_fine,
	.adjtime = ts_ptp_move,
	.settime64 = ts_ptp_set,
	.enable = ts_ptp_enable,
};

/**
 * ts_ptp_start() - offer the clock
 * @ts: the time service
 * @parent: its device
 *
 * Time goes on without it if the kernel has no PTP.
 */
void ts_ptp_start(struct ts *ts, struct device *parent)
{
	ts->ptp_info = ts_ptp_info;
	ts->ptp = ptp_clock_register(&ts->ptp_info, parent);
	if (IS_ERR_OR_NULL(ts->ptp)) {
		dev_warn(parent, "no PTP clock (error %d)\n", PTR_ERR_OR_ZERO(ts->ptp));
		ts->ptp = NULL;
	}
}

/**
 * ts_ptp_stop() - withdraw it
 * @ts: the time service
 */
void ts_ptp_stop(struct ts *ts)
{
	if (ts->ptp)
		ptp_clock_unregister(ts->ptp);
}
