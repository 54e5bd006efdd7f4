// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a host waits, and what may wait for a daemon: at the limits, over a
 * clock that wraps around, and for every operation of every service.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "ic_limits.h"
#include "params.h"

static void limits_negotiation_in_time(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(0), 0u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(1), 1u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(55), 55u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(70), 70u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(71), 70u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(~0u), 70u);
	KUNIT_EXPECT_EQ(test, lim_negotiation_wait(LIM_NEGOTIATION_WAIT), 55u);
}

struct left_case {
	const char *name;
	unsigned long began, limit, now, left;
};

static const struct left_case left_cases[] = {
	{ "at once", 1000, 30, 1000, 30 },
	{ "a tick later", 1000, 30, 1001, 29 },
	{ "a tick before the end", 1000, 30, 1029, 1 },
	{ "at the end", 1000, 30, 1030, 0 },
	{ "past the end", 1000, 30, 1031, 0 },
	{ "long past the end", 1000, 30, 1000000, 0 },
	{ "no time at all", 1000, 0, 1000, 0 },
	{ "over the wrap", -10UL, 30, 5, 15 },
	{ "over the wrap, at the end", -10UL, 30, 20, 0 },
	{ "began at 0", 0, 30, 0, 30 },
	{ "the longest limit", 5, -1UL, 5, -1UL },
};
KUNIT_ARRAY_PARAM_DESC(left, left_cases, name);

static void limits_what_is_left(struct kunit *test)
{
	const struct left_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, lim_left(c->began, c->limit, c->now), c->left);
}

struct wait_case {
	const char *name;
	u16 type;
	u32 ops;	/* that may wait, a bit for each from 0 on */
};

static const struct wait_case wait_cases[] = {
	{ "negotiation", HV_IC_NEGOTIATE, 0 },
	{ "heartbeat", HV_IC_HEARTBEAT, 0 },
	{ "KVP: all", HV_IC_KVP, ~0u },
	{ "shutdown", HV_IC_SHUTDOWN, 0 },
	{ "time", HV_IC_TIMESYNC, 0 },
	{ "VSS: not the thaw", HV_IC_VSS, 1 << 2 | 1 << 5 },
	{ "type 6", 6, 0 },
	{ "file copy: the beginning", HV_IC_FCOPY, 1 << 0 },
	{ "no such type", 0xffff, 0 },
};
KUNIT_ARRAY_PARAM_DESC(wait, wait_cases, name);

static void limits_what_may_wait(struct kunit *test)
{
	const struct wait_case *c = test->param_value;
	u32 op;

	for (op = 0; op < 32; op++)
		KUNIT_EXPECT_EQ(test, lim_may_wait(c->type, op), !!(c->ops & 1u << op));
	/* a mark of the services' own, and no operation at all */
	KUNIT_EXPECT_EQ(test, lim_may_wait(c->type, 0x100), c->ops == ~0u);
	KUNIT_EXPECT_EQ(test, lim_may_wait(c->type, ~0u), c->ops == ~0u);
}

static struct kunit_case limits_cases[] = {
	KUNIT_CASE(limits_negotiation_in_time),
	KUNIT_CASE_PARAM(limits_what_is_left, left_gen_params),
	KUNIT_CASE_PARAM(limits_what_may_wait, wait_gen_params),
	{}
};

static struct kunit_suite limits_suite = {
	.name = "ic-limits",
	.test_cases = limits_cases,
};
kunit_test_suite(limits_suite);
