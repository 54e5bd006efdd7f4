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

/* A machine, and how many channels of the device in question each CPU has */
struct drawn {
	struct spread s;
	struct spread_cpu cpus[MOST];
	unsigned int nodes[10];
	u16 own[MOST];
};

static void draw(struct drawn *d, const char *text)
{
	unsigned int i;

	memset(d, 0, sizeof(*d));
	d->s.nr = strlen(text);
	d->s.nr_nodes = ARRAY_SIZE(d->nodes);
	d->s.cpus = d->cpus;
	d->s.nodes = d->nodes;
	for (i = 0; i < d->s.nr; i++)
		spread_see(&d->s, i, text[i] == '.' ? 0 : text[i] - '0', text[i] != '.');
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
	u16 other[MOST] = {};
	char got[MOST + 1] = "";
	struct drawn d;
	unsigned int i, cpu;

	draw(&d, p->machine);
	if (p->other)
		spread_count(&d.s, other, p->other - 1, 1);
	for (i = 0; i < p->own; i++) {
		cpu = spread_pick(&d.s, d.own);
		got[i] = cpu < d.s.nr ? "0123456789abcdef"[cpu] : '-';
		if (cpu >= d.s.nr)
			KUNIT_EXPECT_EQ(test, d.s.nr, cpu);
		spread_count(&d.s, d.own, cpu, 1);
	}
	KUNIT_EXPECT_STREQ(test, p->want, got);
}

/* The device's own channels weigh most, then the node, then the CPU. */
static void spread_weighs(struct kunit *test)
{
	struct drawn d;

	draw(&d, "01");
	d.own[0] = 1;
	d.nodes[1] = 9;
	d.cpus[1].channels = 9;
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(&d.s, d.own));
	d.own[0] = 0;
	d.nodes[0] = 2;
	d.nodes[1] = 1;
	d.cpus[0].channels = 1;
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(&d.s, d.own));
	d.nodes[0] = 3;
	d.nodes[1] = 3;
	d.cpus[0].channels = 2;
	d.cpus[1].channels = 1;
	KUNIT_EXPECT_EQ(test, 1u, spread_pick(&d.s, d.own));
	d.cpus[1].channels = 2;
	KUNIT_EXPECT_EQ(test, 0u, spread_pick(&d.s, d.own));
}

static void spread_counts(struct kunit *test)
{
	u16 other[MOST] = {};
	struct drawn d;

	draw(&d, "001");
	spread_count(&d.s, other, 1, 1);
	KUNIT_EXPECT_EQ(test, 0u, d.cpus[0].channels);
	KUNIT_EXPECT_EQ(test, 1u, d.cpus[1].channels);
	KUNIT_EXPECT_EQ(test, 1u, d.nodes[0]);
	KUNIT_EXPECT_EQ(test, 0u, d.nodes[1]);
	KUNIT_EXPECT_EQ(test, 1u, (unsigned int)other[1]);
	spread_count(&d.s, d.own, 1, 1);
	KUNIT_EXPECT_EQ(test, 2u, d.cpus[1].channels);
	KUNIT_EXPECT_EQ(test, 1u, (unsigned int)d.own[1]);
	spread_count(&d.s, other, 1, -1);
	spread_count(&d.s, d.own, 1, -1);
	KUNIT_EXPECT_EQ(test, 0u, d.cpus[1].channels);
	KUNIT_EXPECT_EQ(test, 0u, d.nodes[0]);
	KUNIT_EXPECT_EQ(test, 0u, (unsigned int)(d.own[1] + other[1]));
}

/* A channel that names a CPU which there is not changes nothing; nor does a node like that. */
static void spread_refuses_others(struct kunit *test)
{
	struct drawn d, before;

	draw(&d, "01");
	before = d;
	spread_count(&d.s, d.own, 2, 1);
	spread_count(&d.s, d.own, 0xffffffff, 1);
	KUNIT_EXPECT_EQ(test, 0, memcmp(d.own, before.own, sizeof(d.own)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(d.cpus, before.cpus, sizeof(d.cpus)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(d.nodes, before.nodes, sizeof(d.nodes)));
	spread_see(&d.s, 1, -1, true);
	KUNIT_EXPECT_EQ(test, 0u, d.cpus[1].node);
	spread_see(&d.s, 1, ARRAY_SIZE(d.nodes), true);
	KUNIT_EXPECT_EQ(test, 0u, d.cpus[1].node);
}

/* What is counted on a node is taken from that one, even if the CPU has moved. */
static void spread_keeps_the_node(struct kunit *test)
{
	struct drawn d;

	draw(&d, "01");
	spread_count(&d.s, d.own, 0, 1);
	spread_see(&d.s, 0, 1, false);
	KUNIT_EXPECT_FALSE(test, d.cpus[0].usable);
	spread_count(&d.s, d.own, 0, -1);
	KUNIT_EXPECT_EQ(test, 0u, d.nodes[0]);
	KUNIT_EXPECT_EQ(test, 0u, d.nodes[1]);
	spread_see(&d.s, 0, 1, true);
	KUNIT_EXPECT_EQ(test, 1u, d.cpus[0].node);
}

static struct kunit_case spread_cases[] = {
	KUNIT_CASE_PARAM(spread_places, placings_gen_params),
	KUNIT_CASE(spread_weighs),
	KUNIT_CASE(spread_counts),
	KUNIT_CASE(spread_refuses_others),
	KUNIT_CASE(spread_keeps_the_node),
	{}
};

static struct kunit_suite spread_suite = {
	.name = "vmbus_spread",
	.test_cases = spread_cases,
};

kunit_test_suite(spread_suite);
