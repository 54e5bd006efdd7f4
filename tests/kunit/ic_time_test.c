// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host's time: messages of all versions as bytes, and what is done about
 * an error of the clock.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "params.h"
#include "ts_math.h"

#define MS	1000000LL
#define SEC	1000000000LL
#define V3	HV_IC_VERSION(3, 0)
#define V4	HV_IC_VERSION(4, 0)

/* 2026-11-23 04:08:23 UTC, from a table of calendars: 1795406903 s after 1970 */
static const u8 host_time[8] = { 0x80, 0xd5, 0x0c, 0x48, 0x00, 0x7b, 0xdd, 0x01 };
#define UNIX_TIME	1795406903LL

static void put_time(u8 *b, u64 t)
{
	int i;

	for (i = 0; i < 8; i++)
		b[i] = t >> 8 * i;
}

static u64 get_time(const u8 *b)
{
	u64 t = 0;
	int i;

	for (i = 7; i >= 0; i--)
		t = t << 8 | b[i];
	return t;
}

static void time_v4_fields(struct kunit *test)
{
	u8 b[24] = {};
	struct ts_sample s;

	memcpy(b, host_time, 8);
	put_time(b + 8, 5000);
	b[16] = 2;
	b[17] = 3;
	b[18] = 1;
	KUNIT_ASSERT_EQ(test, ts_parse(b, 22, V4, 6000, &s), 0);
	KUNIT_EXPECT_EQ(test, s.host, get_time(host_time));
	KUNIT_EXPECT_EQ(test, s.ref, 5000ull);
	KUNIT_EXPECT_EQ(test, s.flags, HV_TIME_SAMPLE);
	KUNIT_EXPECT_EQ(test, s.leap, 3);
	KUNIT_EXPECT_EQ(test, s.stratum, 1);
}

/* Of three looks at two clocks the one counts in which least time passed. */
static void time_closest_look(struct kunit *test)
{
	struct ts_moment best = { .span = U64_MAX };

	/* put off for 30 ms */
	KUNIT_EXPECT_FALSE(test, ts_closer(&best, 1000, 5 * MS, 301000));
	KUNIT_EXPECT_EQ(test, best.ref, 1000ull);
	KUNIT_EXPECT_FALSE(test, ts_closer(&best, 302000, 36 * MS, 312000));
	KUNIT_EXPECT_EQ(test, best.ref, 302000ull);
	KUNIT_EXPECT_FALSE(test, ts_closer(&best, 320000, 50 * MS, 600000));
	KUNIT_EXPECT_EQ(test, best.ref, 302000ull);
	KUNIT_EXPECT_EQ(test, best.real, 36 * MS);
	KUNIT_EXPECT_TRUE(test, ts_closer(&best, 600010, 66 * MS, 600020));
	KUNIT_EXPECT_EQ(test, best.ref, 600010ull);
	KUNIT_EXPECT_EQ(test, best.real, 66 * MS);
}

static void time_v3_fields(struct kunit *test)
{
	u8 b[28] = {};
	struct ts_sample s;

	memcpy(b, host_time, 8);
	put_time(b + 8, 5000);	/* the guest's time: not looked at */
	b[24] = 1;
	memset(&s, 0xff, sizeof(s));
	KUNIT_ASSERT_EQ(test, ts_parse(b, 25, V3, 6000, &s), 0);
	KUNIT_EXPECT_EQ(test, s.ref, 6000ull);
	KUNIT_EXPECT_EQ(test, s.flags, HV_TIME_SYNC);
	KUNIT_EXPECT_EQ(test, s.leap | s.stratum, 0);
}

static void time_since_1970(struct kunit *test)
{
	s64 ns;

	KUNIT_ASSERT_EQ(test, ts_host_now_ns(get_time(host_time), 5000, 5000, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, UNIX_TIME * SEC);
	KUNIT_ASSERT_EQ(test, ts_host_now_ns(get_time(host_time), 5000, 5001, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, UNIX_TIME * SEC + 100);
}

struct parse_case {
	const char *name;
	int version;
	u32 len;
	u64 host, ref, ref_now;
	int want;
};

#define EPOCH	116444736000000000ull
#define MINUTES	600000000ull

static const struct parse_case parse_cases[] = {
	{ "v4 short", V4, 18, EPOCH, 0, 0, -EINVAL },
	{ "v4 exact", V4, 19, EPOCH, 0, 0, 0 },
	{ "v3 short", V3, 24, EPOCH, 0, 0, -EINVAL },
	{ "v3 exact", V3, 25, EPOCH, 0, 0, 0 },
	{ "v1 is as v3", HV_IC_VERSION(1, 0), 24, EPOCH, 0, 0, -EINVAL },
	{ "empty", V4, 0, EPOCH, 0, 0, -EINVAL },
	{ "before 1970", V4, 24, EPOCH - 1, 0, 0, -EINVAL },
	{ "zero", V4, 24, 0, 0, 0, -EINVAL },
	{ "far future", V4, 24, EPOCH + (1ull << 56), 0, 0, -EINVAL },
	{ "largest", V4, 24, ~0ull, 0, 0, -EINVAL },
	{ "ahead by a tick", V4, 24, EPOCH, 1001, 1000, 0 },
	{ "ahead by a second", V4, 24, EPOCH, 10001000, 1000, 0 },
	{ "from the future", V4, 24, EPOCH, 10001001, 1000, -ESTALE },
	{ "ten minutes", V4, 24, EPOCH, 1000, 1000 + 10 * MINUTES, 0 },
	{ "longer than ten minutes", V4, 24, EPOCH, 1000, 1001 + 10 * MINUTES, -ESTALE },
	{ "reference of another life", V4, 24, EPOCH, ~0ull, 1000, -ESTALE },
	{ "v3 has no reference", V3, 28, EPOCH, ~0ull, 1000, 0 },
};

KUNIT_ARRAY_PARAM_DESC(parse_cases, parse_cases, name);

static void time_parse(struct kunit *test)
{
	const struct parse_case *c = test->param_value;
	struct ts_sample s;
	u8 b[28] = {};

	put_time(b, c->host);
	put_time(b + 8, c->ref);
	KUNIT_EXPECT_EQ(test, ts_parse(b, c->len, c->version, c->ref_now, &s), c->want);
}

static void time_carried_on_for_ten_minutes(struct kunit *test)
{
	s64 ns;

	KUNIT_EXPECT_EQ(test, ts_host_now_ns(EPOCH, 0, 10 * MINUTES, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, 600 * SEC);
	KUNIT_EXPECT_EQ(test, ts_host_now_ns(EPOCH, 0, 10 * MINUTES + 1, &ns), -ESTALE);
	KUNIT_EXPECT_EQ(test, ts_host_now_ns(EPOCH, 10000001, 0, &ns), -ESTALE);
	KUNIT_EXPECT_EQ(test, ts_host_now_ns(EPOCH, 1, 0, &ns), 0);
	KUNIT_EXPECT_EQ(test, ns, -100);
}

/* ---- the system's counter and reference time ---- */

static void time_counter_of_hyperv(struct kunit *test)
{
	u64 ref = 0;

	KUNIT_EXPECT_EQ(test, 0, ts_counter_reference(1000, 0, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, 1000ull, ref);
	KUNIT_EXPECT_EQ(test, 0, ts_counter_reference(1002, 7, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, 1002ull, ref);
	/* reference time did not move between two looks, and the TSC page agrees */
	KUNIT_EXPECT_EQ(test, 0, ts_counter_reference(1000, 1000, 1000, 1000, &ref));
	KUNIT_EXPECT_EQ(test, 1000ull, ref);
}

static void time_counter_tsc(struct kunit *test)
{
	u64 ref = 0;

	KUNIT_EXPECT_EQ(test, 0, ts_counter_reference(3000000, 1001, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, 1001ull, ref);
	KUNIT_EXPECT_EQ(test, 0, ts_counter_reference(5, 1000, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, 1000ull, ref);
}

static void time_counter_another(struct kunit *test)
{
	u64 ref = 0;

	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ts_counter_reference(999, 0, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ts_counter_reference(1003, 1003, 1000, 1002, &ref));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ts_counter_reference(3000000, 999, 1000, 1002, &ref));
	/* reference time that goes back, as after a move to another host, is that of no reading */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP, ts_counter_reference(1001, 1001, 1002, 1000, &ref));
}

/* ---- what to do about it ---- */

static const struct ts_policy normal = { .implicit = true, .step_ns = 5 * SEC };

struct step_case {
	const char *name;
	u8 flags;
	s64 before;		/* error at the last message */
	s64 offset;		/* error now */
	bool disciplined;
	s64 want;
};

static const struct step_case step_cases[] = {
	{ "sync, behind", HV_TIME_SYNC, 0, 3600 * SEC, false, 3600 * SEC },
	{ "sync, ahead", HV_TIME_SYNC, 0, -SEC, false, -SEC },
	{ "sync, day ahead", HV_TIME_SYNC, 0, -86400 * SEC, false, -86400 * SEC },
	{ "sync, little behind", HV_TIME_SYNC, 0, 2 * MS, false, 2 * MS },
	{ "sync, little ahead", HV_TIME_SYNC, 0, -50 * MS, false, 0 },
	{ "sync, least behind", HV_TIME_SYNC, 0, MS, false, MS },
	{ "sync, least ahead", HV_TIME_SYNC, 0, -100 * MS, false, -100 * MS },
	{ "sync, right", HV_TIME_SYNC, 0, 1000, false, 0 },
	{ "sync beats another steersman", HV_TIME_SYNC, 0, SEC, true, SEC },
	{ "sync and sample", HV_TIME_SYNC | HV_TIME_SAMPLE, 0, SEC, false, SEC },
	{ "sample, far behind", HV_TIME_SAMPLE, 0, 60 * SEC, false, 60 * SEC },
	{ "sample, far behind for long", HV_TIME_SAMPLE, 60 * SEC, 60 * SEC, true, 60 * SEC },
	{ "sample, just as far as steps", HV_TIME_SAMPLE, 5 * SEC, 5 * SEC, true, 5 * SEC },
	{ "sample, shortest pause", HV_TIME_SAMPLE, 0, 100 * MS, true, 100 * MS },
	{ "sample, too short a pause", HV_TIME_SAMPLE, 0, 100 * MS - 1, true, 0 },
	{ "sample, too little more", HV_TIME_SAMPLE, 1, 100 * MS, true, 0 },
	{ "sample, never back", HV_TIME_SAMPLE, 0, -3600 * SEC, false, 0 },
	{ "sample, jumps back", HV_TIME_SAMPLE, 0, -20 * MS, false, 0 },
	{ "sample, short pause", HV_TIME_SAMPLE, 0, 300 * MS, false, 300 * MS },
	{ "sample, short pause, steered", HV_TIME_SAMPLE, 20 * MS, 300 * MS, true, 300 * MS },
	{ "sample, other opinion", HV_TIME_SAMPLE, 290 * MS, 300 * MS, true, 0 },
	{ "sample, slow", HV_TIME_SAMPLE, 290 * MS, 300 * MS, false, 2500000 },
	{ "sample, tiny", HV_TIME_SAMPLE, 0, 9 * MS, false, 0 },
	{ "sample, small", HV_TIME_SAMPLE, 9 * MS, 10 * MS, false, 2500000 },
	{ "probe", 0, 0, 3600 * SEC, false, 0 },
	{ "unknown flag", 0x80, 0, 3600 * SEC, false, 0 },
};

KUNIT_ARRAY_PARAM_DESC(step_cases, step_cases, name);

static void time_correction(struct kunit *test)
{
	const struct step_case *c = test->param_value;
	struct ts_track t = { .seen = true, .offset_ns = c->before };

	KUNIT_EXPECT_EQ(test, ts_correction(&t, &normal, c->flags, c->offset, 5 * SEC,
					    c->disciplined), c->want);
	KUNIT_EXPECT_EQ(test, t.offset_ns, c->offset - c->want);
}

static void time_first_sample_is_no_gap(struct kunit *test)
{
	struct ts_track t = {};

	KUNIT_EXPECT_EQ(test, ts_correction(&t, &normal, HV_TIME_SAMPLE, SEC, 0, false), 0ll);
	KUNIT_EXPECT_TRUE(test, t.seen);
}

static void time_slew_ends(struct kunit *test)
{
	struct ts_track t = { .seen = true };
	s64 offset = 10 * MS, moved = 0, by;
	int i;

	for (i = 0; i < 10; i++) {
		by = ts_correction(&t, &normal, HV_TIME_SAMPLE, offset, 5 * SEC, false);
		KUNIT_EXPECT_LE(test, by, 2500000ll);
		offset -= by;
		moved += by;
	}
	KUNIT_EXPECT_EQ(test, moved, 10 * MS);
	KUNIT_EXPECT_FALSE(test, t.slewing);
}

/* Whatever else sets the clock right ends it: what is left is too little to begin anew. */
static void time_slew_is_cut_short(struct kunit *test)
{
	struct ts_track t = { .seen = true };

	ts_correction(&t, &normal, HV_TIME_SAMPLE, 10 * MS, 5 * SEC, false);
	KUNIT_EXPECT_TRUE(test, t.slewing);
	ts_correction(&t, &normal, HV_TIME_SAMPLE, 60 * SEC, 5 * SEC, false);
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &normal, HV_TIME_SAMPLE, 5 * MS, 5 * SEC, false),
			0ll);

	ts_correction(&t, &normal, HV_TIME_SAMPLE, 10 * MS, 5 * SEC, false);
	KUNIT_EXPECT_TRUE(test, t.slewing);
	ts_correction(&t, &normal, HV_TIME_SAMPLE, 10 * MS, 5 * SEC, true);
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &normal, HV_TIME_SAMPLE, 5 * MS, 5 * SEC, false),
			0ll);
}

static void time_slew_is_bounded(struct kunit *test)
{
	struct ts_track t = { .seen = true, .offset_ns = 4 * SEC };

	/* samples a day apart */
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &normal, HV_TIME_SAMPLE, 4 * SEC, 86400 * SEC,
					    false), 30 * MS);
}

static void time_policies(struct kunit *test)
{
	const struct ts_policy off = { .step_ns = 5 * SEC };
	const struct ts_policy no_sync = { .implicit = true, .ignore_sync = true,
					   .step_ns = 100 * MS };
	struct ts_track t = { .seen = true };

	KUNIT_EXPECT_EQ(test, ts_correction(&t, &off, HV_TIME_SAMPLE, 3600 * SEC, SEC, false),
			0ll);
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &off, HV_TIME_SYNC, SEC, SEC, false), SEC);
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &no_sync, HV_TIME_SYNC, -SEC, SEC, false), 0ll);
	t.offset_ns = 150 * MS;
	KUNIT_EXPECT_EQ(test, ts_correction(&t, &no_sync, HV_TIME_SAMPLE, 150 * MS, SEC, true),
			150 * MS);
}

static void time_steered_or_not(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, ts_disciplined(5 * SEC, 5 * SEC));
	KUNIT_EXPECT_FALSE(test, ts_disciplined(5 * SEC + 1000, 5 * SEC));
	KUNIT_EXPECT_TRUE(test, ts_disciplined(5 * SEC + 2000, 5 * SEC));
	KUNIT_EXPECT_TRUE(test, ts_disciplined(5 * SEC - 2000, 5 * SEC));
	KUNIT_EXPECT_FALSE(test, ts_disciplined(0, 0));
}

static struct kunit_case ic_time_cases[] = {
	KUNIT_CASE(time_v4_fields),
	KUNIT_CASE(time_closest_look),
	KUNIT_CASE(time_v3_fields),
	KUNIT_CASE(time_since_1970),
	KUNIT_CASE(time_counter_of_hyperv),
	KUNIT_CASE(time_counter_tsc),
	KUNIT_CASE(time_counter_another),
	KUNIT_CASE_PARAM(time_parse, parse_cases_gen_params),
	KUNIT_CASE(time_carried_on_for_ten_minutes),
	KUNIT_CASE_PARAM(time_correction, step_cases_gen_params),
	KUNIT_CASE(time_first_sample_is_no_gap),
	KUNIT_CASE(time_slew_ends),
	KUNIT_CASE(time_slew_is_cut_short),
	KUNIT_CASE(time_slew_is_bounded),
	KUNIT_CASE(time_policies),
	KUNIT_CASE(time_steered_or_not),
	{}
};

static struct kunit_suite ic_time_suite = {
	.name = "utils_time",
	.test_cases = ic_time_cases,
};
kunit_test_suite(ic_time_suite);
