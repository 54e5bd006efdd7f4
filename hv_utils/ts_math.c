// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time arithmetic of the time service ("Integration components: time sync"),
 * and what to do about an error of the clock.  Pure.
 *
 * Times of the host are in 100 ns since 1601, reference times in 100 ns since
 * the partition began.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "ts_math.h"

#define TS_HOST_MAX	(HV_TIME_UNIX_EPOCH + S64_MAX / 100 / 2)	/* in the year 2116 */

/* A sync that is ahead by less is left to whoever slews the clock. */
#define TS_BACK_MIN	(100 * TS_NS_PER_MS)
#define TS_FORWARD_MIN	(1 * TS_NS_PER_MS)

/* The error grew by this much since the last sample: the guest stood still. */
#define TS_GAP		(100 * TS_NS_PER_MS)

#define TS_SLEW_START	(10 * TS_NS_PER_MS)
#define TS_SLEW_END	(1 * TS_NS_PER_MS)
#define TS_SLEW_PPM	500
#define TS_ELAPSED_MAX	(60 * 1000 * TS_NS_PER_MS)

static void get_v1(const struct hv_time_v1 *m, u64 ref_now, struct ts_sample *s)
{
	s->host = le64_to_cpu(m->host);
	s->ref = ref_now;
	s->flags = m->flags;
	s->leap = 0;
	s->stratum = 0;
}

static void get_v4(const struct hv_time_v4 *m, struct ts_sample *s)
{
	s->host = le64_to_cpu(m->host);
	s->ref = le64_to_cpu(m->reference);
	s->flags = m->flags;
	s->leap = m->leap;
	s->stratum = m->stratum;
}

/*
 * How old a sample is. The host stamps it by a reading of its own: after a migration, or where
 * one side has the TSC page and the other has not, that may be ahead of the guest's by some ticks.
 */
static int age_of(u64 ref, u64 ref_now, s64 *age)
{
	if (ref > ref_now ? ref - ref_now > TS_AHEAD : ref_now - ref > TS_STALE)
		return -ESTALE;
	*age = ref_now - ref;
	return 0;
}

/**
 * ts_parse() - read a message
 * @data: its data
 * @len: bytes there, at least what the version defines
 * @version: agreed message version
 * @ref_now: reference time of its arrival
 * @s: gets what it says
 *
 * Return: 0; -EINVAL if it is too short or the time is before 1970 or absurd;
 * -ESTALE if it was under way for more than ten minutes, or comes from later than now.
 */
int ts_parse(const void *data, u32 len, int version, u64 ref_now, struct ts_sample *s)
{
	s64 age;

	if (version >= HV_IC_VERSION(4, 0)) {
		if (len < sizeof(struct hv_time_v4))
			return -EINVAL;
		get_v4(data, s);
	} else {
		if (len < sizeof(struct hv_time_v1))
			return -EINVAL;
		get_v1(data, ref_now, s);
	}
	if (s->host < HV_TIME_UNIX_EPOCH || s->host > TS_HOST_MAX)
		return -EINVAL;
	if (age_of(s->ref, ref_now, &age))
		return -ESTALE;
	return 0;
}

/**
 * ts_host_now_ns() - the host's time now
 * @host: its time once, of a sample that ts_parse() took
 * @ref: reference time then
 * @ref_now: reference time now
 * @unix_ns: gets the nanoseconds since 1970
 *
 * Return: 0, or -ESTALE if that was too long ago.
 */
int ts_host_now_ns(u64 host, u64 ref, u64 ref_now, s64 *unix_ns)
{
	s64 age;

	if (age_of(ref, ref_now, &age))
		return -ESTALE;
	*unix_ns = (s64)(host - HV_TIME_UNIX_EPOCH + age) * 100;
	return 0;
}

#define TS_CLOSE	1000ULL		/* readings as near as that are of one moment: 100 us */

/**
 * ts_closer() - take a reading of the system's clock, if it is nearer to one of reference time
 * @best: the best so far; gets this one if that is better
 * @before: reference time before it
 * @real: the reading
 * @after: reference time after it
 *
 * Whoever is put off between two readings takes the time that passes for an error of the clock.
 *
 * Return: whether @best needs no other try.
 */
bool ts_closer(struct ts_moment *best, u64 before, s64 real, u64 after)
{
	if (after - before < best->span)
		*best = (struct ts_moment){ .ref = before, .span = after - before, .real = real };
	return best->span < TS_CLOSE;
}

/**
 * ts_counter_reference() - the reference time of a reading of the system's counter
 * @counter: the reading
 * @by_page: what it is by the reference TSC page, if it is the TSC
 * @before: reference time shortly before it
 * @after: reference time shortly after it
 * @ref: gets the reference time at that moment
 *
 * No kernel tells a module which counter the system uses.  Hyper-V's are reference time
 * themselves, and the TSC is by the page ("Reference time"); that of any other counter would
 * not lie between the two but by chance.
 *
 * Return: 0, or -EOPNOTSUPP: it is another one.
 */
int ts_counter_reference(u64 counter, u64 by_page, u64 before, u64 after, u64 *ref)
{
	*ref = counter >= before && counter <= after ? counter : by_page;
	return *ref >= before && *ref <= after ? 0 : -EOPNOTSUPP;
}

static s64 slew(struct ts_track *t, s64 offset_ns, u64 elapsed_ns)
{
	s64 most;

	if (offset_ns < (t->slewing ? TS_SLEW_END : TS_SLEW_START)) {
		t->slewing = false;
		return 0;
	}
	t->slewing = true;
	most = min_t(u64, elapsed_ns, TS_ELAPSED_MAX) / (1000000 / TS_SLEW_PPM);
	return min(offset_ns, most);
}

static s64 on_sync(s64 offset_ns)
{
	if (offset_ns >= TS_FORWARD_MIN || offset_ns <= -TS_BACK_MIN)
		return offset_ns;
	return 0;
}

static s64 on_sample(struct ts_track *t, const struct ts_policy *p, s64 offset_ns,
		     u64 elapsed_ns, bool disciplined)
{
	bool gap = t->seen && offset_ns >= TS_GAP && offset_ns - t->offset_ns >= TS_GAP;

	if (!p->implicit)
		return 0;
	if (offset_ns >= p->step_ns || gap) {
		t->slewing = false;
		return offset_ns;
	}
	/* two who correct one clock would work against each other */
	if (disciplined) {
		t->slewing = false;
		return 0;
	}
	return slew(t, offset_ns, elapsed_ns);
}

/**
 * ts_correction() - what to do about the clock's error
 * @t: kept from message to message
 * @p: what is allowed
 * @flags: HV_TIME_SYNC, HV_TIME_SAMPLE
 * @offset_ns: host's clock minus the guest's
 * @elapsed_ns: since the last message
 * @disciplined: someone else (chrony, ntpd) steers the clock
 *
 * A sync is an order: the guest was booted, restored or moved.  A sample is
 * not, and never moves the clock backwards.  By a sample the clock is stepped
 * if the guest stood still, which shows as an error that is new or large;
 * and small errors are worked off at 500 ppm, unless someone else does that.
 *
 * Return: nanoseconds to move the clock by.
 */
s64 ts_correction(struct ts_track *t, const struct ts_policy *p, u8 flags, s64 offset_ns,
		  u64 elapsed_ns, bool disciplined)
{
	s64 by = 0;

	if ((flags & HV_TIME_SYNC) && !p->ignore_sync)
		by = on_sync(offset_ns);
	else if (flags & (HV_TIME_SYNC | HV_TIME_SAMPLE))
		by = on_sample(t, p, offset_ns, elapsed_ns, disciplined);
	t->seen = true;
	t->offset_ns = offset_ns - by;
	return by;
}

/**
 * ts_disciplined() - does someone steer the clock's frequency?
 * @real_ns: how far the clock went
 * @raw_ns: how far the hardware behind it went
 *
 * Without anyone the two differ by less than a rounding error.
 */
bool ts_disciplined(s64 real_ns, s64 raw_ns)
{
	s64 differ = real_ns - raw_ns;

	if (differ < 0)
		differ = -differ;
	return differ > raw_ns / 5000000 + 100;		/* 0.2 ppm */
}
