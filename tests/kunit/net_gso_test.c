// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headers of coalesced frames: what can be cut into segments again, and each number that
 * can be wrong in one that cannot.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../../netvsc/gso.h"

#define LEN	2900
#define LINEAR	200

static u8 p[LINEAR];

static void put16(u32 at, u32 v)
{
	p[at] = v >> 8;
	p[at + 1] = v;
}

/* TCP with IHL and DOFF words of header. */
static void v4(u32 ihl, u32 doff)
{
	memset(p, 0, sizeof(p));
	p[0] = 0x40 | ihl;
	put16(2, LEN);
	put16(6, 0x4000);	/* not to be fragmented */
	p[9] = 6;
	p[ihl * 4 + 12] = doff << 4;
}

static void v6(u32 doff)
{
	memset(p, 0, sizeof(p));
	p[0] = 0x60;
	put16(4, LEN - 40);
	p[6] = 6;
	p[40 + 12] = doff << 4;
}

static void net_gso_test_good(struct kunit *test)
{
	struct nv_gso g = {};
	u32 ihl, doff;

	for (ihl = 5; ihl < 16; ihl++)
		for (doff = 5; doff < 16; doff++) {
			v4(ihl, doff);
			KUNIT_ASSERT_TRUE(test, nv_gso_parse(p, LINEAR, LEN, false, &g));
			KUNIT_ASSERT_EQ(test, g.l4, ihl * 4);
			KUNIT_ASSERT_EQ(test, g.head, ihl * 4 + doff * 4);
			KUNIT_ASSERT_FALSE(test, g.cwr);
		}
	v6(8);
	p[40 + 13] = 0x80;
	KUNIT_EXPECT_TRUE(test, nv_gso_parse(p, 72, LEN, true, &g));
	KUNIT_EXPECT_EQ(test, g.l4, 40U);
	KUNIT_EXPECT_EQ(test, g.head, 72U);
	KUNIT_EXPECT_TRUE(test, g.cwr);
}

static bool with(bool is_v6, u32 at, u8 value)
{
	struct nv_gso g;

	if (is_v6)
		v6(5);
	else
		v4(5, 5);
	p[at] = value;
	return nv_gso_parse(p, LINEAR, LEN, is_v6, &g);
}

static void net_gso_test_v4_wrong(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, with(false, 1, 0xff));
	KUNIT_EXPECT_FALSE(test, with(false, 0, 0x65));		/* version */
	KUNIT_EXPECT_FALSE(test, with(false, 0, 0x44));		/* header too short */
	KUNIT_EXPECT_FALSE(test, with(false, 3, (LEN & 255) + 1));
	KUNIT_EXPECT_FALSE(test, with(false, 2, (LEN >> 8) - 1));
	KUNIT_EXPECT_FALSE(test, with(false, 6, 0x20));		/* fragments */
	KUNIT_EXPECT_FALSE(test, with(false, 6, 0x10));
	KUNIT_EXPECT_FALSE(test, with(false, 7, 1));
	KUNIT_EXPECT_FALSE(test, with(false, 9, 17));
	KUNIT_EXPECT_FALSE(test, with(false, 20 + 12, 0x4f));	/* TCP header too short */
}

static void net_gso_test_v6_wrong(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, with(true, 1, 0xff));
	KUNIT_EXPECT_FALSE(test, with(true, 0, 0x40));
	KUNIT_EXPECT_FALSE(test, with(true, 5, ((LEN - 40) & 255) + 1));
	KUNIT_EXPECT_FALSE(test, with(true, 6, 0));		/* an extension header */
	KUNIT_EXPECT_FALSE(test, with(true, 40 + 12, 0x40));
}

/* Not one byte behind what is there is looked at, and a frame has data. */
static void net_gso_test_short(struct kunit *test)
{
	struct nv_gso g;
	u32 n;

	for (n = 0; n < 24 + 24; n++) {
		v4(6, 6);
		KUNIT_ASSERT_FALSE(test, nv_gso_parse(p, n, LEN, false, &g));
	}
	KUNIT_EXPECT_TRUE(test, nv_gso_parse(p, n, LEN, false, &g));
	for (n = 0; n < 40 + 20; n++) {
		v6(5);
		KUNIT_ASSERT_FALSE(test, nv_gso_parse(p, n, LEN, true, &g));
	}
	v4(5, 5);
	put16(2, 40);
	KUNIT_EXPECT_FALSE(test, nv_gso_parse(p, 40, 40, false, &g));
	put16(2, 41);
	KUNIT_EXPECT_TRUE(test, nv_gso_parse(p, 41, 41, false, &g));
}

static struct kunit_case net_gso_cases[] = {
	KUNIT_CASE(net_gso_test_good),
	KUNIT_CASE(net_gso_test_v4_wrong),
	KUNIT_CASE(net_gso_test_v6_wrong),
	KUNIT_CASE(net_gso_test_short),
	{}
};

static struct kunit_suite net_gso_suite = {
	.name = "netvsc_gso",
	.test_cases = net_gso_cases,
};
kunit_test_suite(net_gso_suite);
MODULE_LICENSE("GPL");
