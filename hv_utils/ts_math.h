/* SPDX-License-Identifier: GPL-2.0-only */
/* Time arithmetic and policy of the time service.  Pure. */
#ifndef _HVU_TS_MATH_H
#define _HVU_TS_MATH_H

#include <hv/ic_wire.h>

#define TS_UNITS_PER_SEC	10000000ULL	/* of the host: 100 ns */
#define TS_STALE		(600 * TS_UNITS_PER_SEC)
#define TS_AHEAD		TS_UNITS_PER_SEC	/* each side has its own reading */
#define TS_NS_PER_MS		1000000LL

/**
 * struct ts_sample - what a message says
 * @host: the host's time
 * @ref: reference time when it was that time; both in 100 ns
 * @flags: HV_TIME_SYNC, HV_TIME_SAMPLE
 * @leap: leap indicator, 0 before version 4
 * @stratum: stratum, 0 before version 4
 */
struct ts_sample {
	u64 host;
	u64 ref;
	u8 flags;
	u8 leap;
	u8 stratum;
};

/**
 * struct ts_policy - what may be done with samples
 * @implicit: set the clock by samples as well
 * @ignore_sync: take a sync for a sample
 * @step_ns: behind by this much, step at the first sample
 */
struct ts_policy {
	bool implicit;
	bool ignore_sync;
	s64 step_ns;
};

/**
 * struct ts_track - what is known from earlier messages
 * @seen: there were some
 * @slewing: on the way to small errors
 * @offset_ns: host's clock minus the guest's, after what was done about it
 */
struct ts_track {
	bool seen;
	bool slewing;
	s64 offset_ns;
};

/**
 * struct ts_moment - the system's clock and reference time at about one moment
 * @ref: reference time, just before @real
 * @span: until after @real, in 100 ns; U64_MAX: nothing was read yet
 * @real: the system's clock, in ns
 */
struct ts_moment {
	u64 ref;
	u64 span;
	s64 real;
};

int ts_parse(const void *data, u32 len, int version, u64 ref_now, struct ts_sample *s);
int ts_host_now_ns(u64 host, u64 ref, u64 ref_now, s64 *unix_ns);
bool ts_closer(struct ts_moment *best, u64 before, s64 real, u64 after);
int ts_counter_reference(u64 counter, u64 by_page, u64 before, u64 after, u64 *ref);
s64 ts_correction(struct ts_track *t, const struct ts_policy *p, u8 flags, s64 offset_ns,
		  u64 elapsed_ns, bool disciplined);
bool ts_disciplined(s64 real_ns, s64 raw_ns);

#endif
