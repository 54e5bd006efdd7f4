// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's clock as a PTP clock named "hyperv", for chrony or phc2sys: the
 * last sample, carried on by the partition's reference time.  Read-only.
 */
#include <linux/err.h>
#include <linux/math64.h>
#include <asm/mshyperv.h>
#include <clocksource/hyperv_timer.h>
#include <hv/compat_utils.h>
#include "timesync.h"

static struct ts *ts_of(struct ptp_clock_info *info)
{
	return container_of(info, struct ts, ptp_info);
}

/* The last sample: taken before a counter is read, so that none is younger than the reading. */
static int ts_last(struct ts *ts, struct ts_sample *s)
{
	bool valid;

	spin_lock_bh(&ts->lock);
	valid = ts->valid;
	*s = ts->sample;
	spin_unlock_bh(&ts->lock);
	return valid ? 0 : -ESTALE;
}

static int ts_ptp_read(struct ptp_clock_info *info, struct timespec64 *out,
		       struct ptp_system_timestamp *around)
{
	struct ts_sample s;
	s64 ns = 0;
	u64 now;
	int ret = ts_last(ts_of(info), &s);

	ptp_read_system_prets(around);
	now = ts_reference();
	ptp_read_system_postts(around);

	if (!ret)
		ret = ts_host_now_ns(s.host, s.ref, now, &ns);
	*out = ns_to_timespec64(ns);
	return ret;
}

/* A reading of the TSC as reference time ("Reference TSC page"); 0 if that cannot be told. */
static u64 ts_by_page(u64 tsc)
{
	const struct ms_hyperv_tsc_page *page = hv_get_tsc_page();
	u64 scale, offset;
	u32 sequence;

	if (!page)
		return 0;
	sequence = READ_ONCE(page->tsc_sequence);
	smp_rmb();	/* pairs with the host's barrier: it writes between two changes of that */
	scale = READ_ONCE(page->tsc_scale);
	offset = READ_ONCE(page->tsc_offset);
	smp_rmb();	/* as above */
	if (!sequence || READ_ONCE(page->tsc_sequence) != sequence)
		return 0;
	return mul_u64_u64_shr(tsc, scale, 64) + offset;
}

/*
 * Both clocks out of one reading of one counter, so that nothing comes between them.  While the
 * system's clock runs on another counter, its reader has ts_ptp_read().
 */
static int ts_ptp_cross(struct ptp_clock_info *info, struct system_device_crosststamp *at)
{
	u64 before, counter, ref;
	struct ts_sample s;
	s64 ns = 0;
	int ret = ts_last(ts_of(info), &s);

	if (ret)
		return ret;
	before = ts_reference();
	if (!hv_get_cross(at, &counter))
		return -EOPNOTSUPP;
	ret = ts_counter_reference(counter, ts_by_page(counter), before, ts_reference(), &ref);
	if (!ret)
		ret = ts_host_now_ns(s.host, s.ref, ref, &ns);
	at->device = ns_to_ktime(ns);
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
	.getcrosststamp = ts_ptp_cross,
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
