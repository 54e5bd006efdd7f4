// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPU placement. A machine is drawn as a string, a digit per CPU: its node; a dot
 * is a CPU that may not be used (and lies on node 0).
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "params.h"
#include "spread.h"

#define MOST	16

static unsigned int machine(struct spread_cpu *cpus, const char *text)
{
	unsigned int nr = strlen(text), i;

	memset(cpus, 0, MOST * sizeof(*cpus));
	for (i = 0; i < nr; i++) {
		cpus[i].usable = text[i] != '.';
		cpus[i].node = cpus[i].usable ? text[i] - '0' : 0;
	}
	return nr;
}

struct placing {
	const char *name;
	const char *machine;
	unsigned int own;	/* channels of the device itself that have to be placed */
	unsigned int other;	/* one CPU + 1 with a channel of another device, 0 = none */
	const char *want;	/* CPUs in order, a hex digit each, '-' = none will do */
};

static const struct placing placings[] = {
	{ "one CPU takes all", "0", 3, 0, "000" },
	{ "one CPU each, then again", "0000", 6, 0, "012301" },
	{ "nodes in turn", "0011", 4, 0, "0213" },
	{ "nodes in turn, interleaved", "0101", 4, 0, "0123" },
	{ "nodes of unequal size", "0001", 4, 0, "0312" },
	{ "away from the node of another device", "0011", 4, 1, "2130" },
	{ "away from the CPU of another device, same node", "00", 2, 1, "10" },
	{ "isolated ones left out", ".00.", 3, 0, "121" },
	{ "what is left", "...0", 2, 0, "33" },
	{ "none", "....", 1, 0, "-" },
	{ "no CPUs", "", 1, 0, "-" },
	{ "sixteen", "0123012301230123", 16, 0, "0123456789abcdef" },
};

KUNIT_ARRAY_PARAM_DESC(placings, placings, name);

static void spread_places(struct kunit *test)
{
	const struct placing *p = test->param_value;
	struct spread_cpu cpus[MOST];
	unsigned int nr = machine(cpus, p->machine), i, cpu;
	char got[MOST + 1] = "";

	if (p->other)
		spread_count(cpus, nr, p->other - 1, false);
	for (i = 0; i < p->own; i++) {
		cpu = spread_pick(cpus, nr);
		got[i] = cpu < nr ? "0123456789abcdef"[cpu] : '-';
		if (cpu >= nr)
			KUNIT_EXPECT_EQ(test, nr, cpu);
		spread_count(cpus, nr, cpu, true);
	}
	KUNIT_EXPECT_STREQ(test, p->want, got);
}

/* The device's own channels weigh most, then the node, then the CPU. */
static void spread_weighs(struct kunit *test)
{
	struct spread_cpu cpus[MOST];
	unsigned int nr = machine(cpus, "01");

	cpus[0] = (struct spread_cpu){ .usable = true, .same = 1 };
	cpus[1] = (struct spread_cpu){ .usable = true, .on_node = 9, .all = 9 };
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(cpus, nr));
	cpus[0] = (struct spread_cpu){ .usable = true, .on_node = 2, .all = 1 };
	cpus[1] = (struct spread_cpu){ .usable = true, .on_node = 1, .all = 9 };
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(cpus, nr));
	cpus[0] = (struct spread_cpu){ .usable = true, .on_node = 3, .all = 2 };
	cpus[1] = (struct spread_cpu){ .usable = true, .on_node = 3, .all = 1 };
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(cpus, nr));
	cpus[1].all = 2;
	KUNIT_EXPECT_EQ(test, 0u, spread_pick(cpus, nr));
}

static void spread_counts(struct kunit *test)
{
	struct spread_cpu cpus[MOST];
	unsigned int nr = machine(cpus, "001");

	spread_count(cpus, nr, 1, false);
	KUNIT_EXPECT_EQ(test, 0u, cpus[0].all);
	KUNIT_EXPECT_EQ(test, 1u, cpus[0].on_node);
	KUNIT_EXPECT_EQ(test, 1u, cpus[1].all);
	KUNIT_EXPECT_EQ(test, 0u, cpus[1].same);
	KUNIT_EXPECT_EQ(test, 1u, cpus[1].on_node);
	KUNIT_EXPECT_EQ(test, 0u, cpus[2].on_node);
	spread_count(cpus, nr, 1, true);
	KUNIT_EXPECT_EQ(test, 2u, cpus[1].all);
	KUNIT_EXPECT_EQ(test, 1u, cpus[1].same);
}

/* A channel that names a CPU which there is not changes nothing. */
static void spread_refuses_other_cpus(struct kunit *test)
{
	struct spread_cpu cpus[MOST], before[MOST];
	unsigned int nr = machine(cpus, "01");

	memcpy(before, cpus, sizeof(before));
	spread_count(cpus, nr, 2, true);
	spread_count(cpus, nr, 0xffffffff, true);
	KUNIT_EXPECT_EQ(test, 0, memcmp(before, cpus, sizeof(before)));
}

static struct kunit_case spread_cases[] = {
	KUNIT_CASE_PARAM(spread_places, placings_gen_params),
	KUNIT_CASE(spread_weighs),
	KUNIT_CASE(spread_counts),
	KUNIT_CASE(spread_refuses_other_cpus),
	{}
};

static struct kunit_suite spread_suite = {
	.name = "vmbus_spread",
	.test_cases = spread_cases,
};

kunit_test_suite(spread_suite);
