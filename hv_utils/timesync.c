// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time: the host says what time it is, and when it wants the clock set
 * ("Integration components: time sync").  Each message feeds the PTP clock
 * (ptp.c); what it does to the system's clock is ts_math.c's decision.
 *
 * Modules cannot change the rate of the system's clock: working off a small
 * error means small steps forward.  An error ahead is left to an NTP daemon
 * with the PTP clock as its source.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/module.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>
#include <asm/mshyperv.h>
#include <hv/compat_utils.h>
#include "timesync.h"

static bool timesync_implicit = true;
module_param(timesync_implicit, bool, 0644);
MODULE_PARM_DESC(timesync_implicit,
		 "If set, set a clock that is behind by SAMPLE messages too");

static bool timesync_ignore_sync;
module_param(timesync_ignore_sync, bool, 0644);
MODULE_PARM_DESC(timesync_ignore_sync, "Take SYNC messages for SAMPLE messages");

static unsigned int timesync_sample_thresh = 5000;
module_param(timesync_sample_thresh, uint, 0644);
MODULE_PARM_DESC(timesync_sample_thresh,
		 "Milliseconds behind that a SAMPLE steps at once (default 5000)");

static bool timesync_verbose;
module_param(timesync_verbose, bool, 0644);
MODULE_PARM_DESC(timesync_verbose, "Log every correction of the clock");

#define TS_LOG_NS	(100 * TS_NS_PER_MS)	/* corrections that are always worth a line */
#define TS_LOST_US	100	/* this much may be missing afterwards */
#define TS_RETRIES	3
#define TS_LOOKS	5	/* for two clocks at one moment */

static const int ts_versions[] = {
	HV_IC_VERSION(4, 0), HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0),
};

static const int ts_frameworks[] = { HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0) };

/**
 * ts_reference() - the partition's reference time, in 100 ns
 *
 * Context: any.
 */
u64 ts_reference(void)
{
	if (hv_read_reference_counter)
		return hv_read_reference_counter();
	/* no such counter: then only intervals of our own mean anything */
	return ktime_get_raw_ns() / 100;
}

/* What the clock is ahead of the time since boot */
static ktime_t ts_clock(void)
{
	return ktime_mono_to_real(0);
}

/*
 * Move the clock.  Between reading and setting it, time may pass unseen: that
 * is lost and given back.
 */
static void ts_move_clock(s64 by)
{
	ktime_t goal = ktime_add_ns(ts_clock(), by);
	int i;

	for (i = 0; i < TS_RETRIES; i++) {
		struct timespec64 ts = ktime_to_timespec64(ktime_add(ktime_get(), goal));

		if (do_settimeofday64(&ts)) {
			pr_warn_ratelimited("TimeSync: the clock does not take %lld s\n",
					    ts.tv_sec);
			return;
		}
		if (ktime_us_delta(goal, ts_clock()) < TS_LOST_US)
			return;
	}
}

/*
 * The host's clock minus the guest's.  Reference time is that of before: what passes between the
 * two makes the guest look ahead, never behind.
 */
static int ts_offset(const struct ts_sample *s, s64 *offset_ns)
{
	struct ts_moment best = { .span = U64_MAX };
	s64 host_ns;
	int i, ret;

	for (i = 0; i < TS_LOOKS; i++) {
		u64 before = ts_reference();
		s64 real = ktime_to_ns(ktime_get_real());

		if (ts_closer(&best, before, real, ts_reference()))
			break;
	}
	ret = ts_host_now_ns(s->host, s->ref, best.ref, &host_ns);
	*offset_ns = ret ? 0 : host_ns - best.real;
	return ret;
}

/* How far a step still has to go: the clock may have been set since it was decided. */
static s64 ts_remaining(const struct ts_sample *s, s64 by)
{
	s64 left;

	if (ts_offset(s, &left))
		return 0;
	return (left > 0) == (by > 0) ? left : 0;
}

/* Moving the clock is not exact: what it was off by is no one else's steering. */
static void ts_own_move(struct ts *ts)
{
	ktime_t real, raw;

	spin_lock_bh(&ts->lock);
	hv_get_clocks(&real, &raw);
	ts->unseen_raw += ktime_to_ns(ktime_sub(raw, ts->last_raw));
	ts->last_real = real;
	ts->last_raw = raw;
	spin_unlock_bh(&ts->lock);
}

static void ts_adjust_work(struct work_struct *work)
{
	struct ts *ts = container_of(work, struct ts, adjust);
	struct ts_sample s;
	bool step;
	s64 by;

	spin_lock_bh(&ts->lock);
	by = ts->by_ns;
	step = ts->step;
	s = ts->sample;
	ts->by_ns = 0;
	spin_unlock_bh(&ts->lock);
	if (step && by)
		by = ts_remaining(&s, by);
	if (!by)
		return;
	ts_move_clock(by);
	ts_own_move(ts);
	if (timesync_verbose || by >= TS_LOG_NS || by <= -TS_LOG_NS)
		pr_info_ratelimited("TimeSync: clock moved by %lld us\n",
				    div_s64(by, NSEC_PER_USEC));
}

/* Time since the last message, and whether someone steered the clock meanwhile. */
static u64 ts_elapsed(struct ts *ts, bool *disciplined)
{
	ktime_t now_real, now_raw;
	s64 real, raw;

	hv_get_clocks(&now_real, &now_raw);
	real = ktime_to_ns(ktime_sub(now_real, ts->last_real));
	raw = ktime_to_ns(ktime_sub(now_raw, ts->last_raw));
	*disciplined = ts->track.seen && ts_disciplined(real, raw);
	ts->last_real = now_real;
	ts->last_raw = now_raw;
	raw += ts->unseen_raw;
	ts->unseen_raw = 0;
	return ts->track.seen ? raw : 0;
}

/* What a sample means for the system's clock.  Called with ts->lock. */
static void ts_consider(struct ts *ts, const struct ts_sample *s)
{
	struct ts_policy policy = {
		.implicit = timesync_implicit,
		.ignore_sync = timesync_ignore_sync,
		.step_ns = timesync_sample_thresh * TS_NS_PER_MS,
	};
	bool disciplined;
	u64 elapsed;
	s64 by;

	if (ts_offset(s, &ts->offset_ns))
		return;
	elapsed = ts_elapsed(ts, &disciplined);
	by = ts_correction(&ts->track, &policy, s->flags, ts->offset_ns, elapsed, disciplined);
	if (!by)
		return;
	ts->by_ns = by;
	ts->step = by == ts->offset_ns;
	queue_work(ts->wq, &ts->adjust);
}

static u64 ts_request(struct ic *ic, void *data, u32 len)
{
	struct ts *ts = ic->priv;
	struct ts_sample s;
	int ret;

	ret = ts_parse(data, len, ic->version, ts_reference(), &s);
	if (ret) {
		ic_bad(ic, "a time message of %u bytes that is %s", len,
		       ret == -ESTALE ? "stale" : "malformed");
		return ret == -ESTALE ? HV_IC_OK : HV_IC_BAD_ARGUMENT;
	}
	spin_lock_bh(&ts->lock);
	ts->sample = s;
	ts->valid = true;
	ts_consider(ts, &s);
	spin_unlock_bh(&ts->lock);
	return HV_IC_OK;
}

static int ts_start(struct ic *ic)
{
	struct ts *ts = kzalloc(sizeof(*ts), GFP_KERNEL);

	if (!ts)
		return -ENOMEM;
	spin_lock_init(&ts->lock);
	INIT_WORK(&ts->adjust, ts_adjust_work);
	ts->wq = ic->wq;
	ts_ptp_start(ts, &ic->dev->device);
	ic->priv = ts;
	return 0;
}

static void ts_stop(struct ic *ic)
{
	struct ts *ts = ic->priv;

	ts_ptp_stop(ts);
	cancel_work_sync(&ts->adjust);
	ic->priv = NULL;
	kfree(ts);
}

/* Reference time may have begun anew. */
static void ts_resumed(struct ic *ic)
{
	struct ts *ts = ic->priv;

	spin_lock_bh(&ts->lock);
	ts->valid = false;
	ts->track = (struct ts_track) { };
	spin_unlock_bh(&ts->lock);
}

const struct ic_service ic_timesync = {
	.name = "TimeSync",
	.type = HV_IC_TIMESYNC,
	.direct = true,
	.told = true,	/* OpenVMM's are: nobody there would read an answer */
	.versions = ts_versions,
	.nr_versions = ARRAY_SIZE(ts_versions),
	.frameworks = ts_frameworks,
	.nr_frameworks = ARRAY_SIZE(ts_frameworks),
	.start = ts_start,
	.stop = ts_stop,
	.request = ts_request,
	.resumed = ts_resumed,
};

/* ---- time_offset_ns and its like, of the device ---- */

static int ts_get(struct device *dev, struct ts *copy)
{
	struct ic *ic = dev_get_drvdata(dev);
	struct ts *ts = ic->priv;

	spin_lock_bh(&ts->lock);
	copy->valid = ts->valid;
	copy->sample = ts->sample;
	copy->offset_ns = ts->offset_ns;
	spin_unlock_bh(&ts->lock);
	return copy->valid ? 0 : -ENODATA;
}

#define TS_ATTR(name, format, value)						\
static ssize_t name##_show(struct device *dev, struct device_attribute *a, char *buf) \
{										\
	struct ts now;								\
	int ret = ts_get(dev, &now);						\
										\
	return ret ? ret : sysfs_emit(buf, format "\n", now.value);		\
}										\
static DEVICE_ATTR_RO(name)

/* Host's clock minus the system's, at the last message */
TS_ATTR(time_offset_ns, "%lld", offset_ns);
TS_ATTR(time_leap, "%u", sample.leap);
TS_ATTR(time_stratum, "%u", sample.stratum);

static struct attribute *ts_attrs[] = {
	&dev_attr_time_offset_ns.attr,
	&dev_attr_time_leap.attr,
	&dev_attr_time_stratum.attr,
	NULL
};

static umode_t ts_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	struct ic *ic = dev_get_drvdata(kobj_to_dev(kobj));

	return ic && ic->svc == &ic_timesync ? attr->mode : 0;
}

static const struct attribute_group ts_group = {
	.attrs = ts_attrs,
	.is_visible = ts_visible,
};

const struct attribute_group *ts_groups[] = { &ts_group, NULL };
