// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of free slots: every number once, round and round, and as many sections as a host
 * can make of the largest buffer.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "../../netvsc/free_list.h"

#define MOST	103477		/* sections of 152 bytes in 15 MiB */

static void make(struct kunit *test, struct nv_free *f, u32 first, u32 count)
{
	u16 *slot = kunit_kzalloc(test, nv_free_room(count) * sizeof(*slot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, slot);
	memset(f, 0, sizeof(*f));
	nv_free_fill(f, slot, first, count);
}

/* Takes what is free and expects FIRST and the following, to the last. */
static void expect_all(struct kunit *test, struct nv_free *f, u32 first, u32 count)
{
	u32 i, slot;

	KUNIT_EXPECT_EQ(test, nv_free_count(f), count);
	for (i = 0; i < count && nv_free_peek(f, &slot); i++, f->take++)
		if (slot != first + i)
			break;
	KUNIT_EXPECT_EQ(test, i, count);
	KUNIT_EXPECT_FALSE(test, nv_free_peek(f, &slot));
}

static void net_free_test_nothing(struct kunit *test)
{
	struct nv_free f = {};
	u32 slot;

	/* before it is made, and when it is made of nothing */
	KUNIT_EXPECT_FALSE(test, nv_free_peek(&f, &slot));
	KUNIT_EXPECT_EQ(test, nv_free_count(&f), 0U);
	make(test, &f, 5, 0);
	KUNIT_EXPECT_FALSE(test, nv_free_peek(&f, &slot));
}

static void net_free_test_room(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, nv_free_room(0), 1U);
	KUNIT_EXPECT_EQ(test, nv_free_room(1), 2U);
	KUNIT_EXPECT_EQ(test, nv_free_room(255), 256U);
	KUNIT_EXPECT_EQ(test, nv_free_room(256), 512U);
	KUNIT_EXPECT_EQ(test, nv_free_room(0xffff), 0x10000U);
}

static void net_free_test_round(struct kunit *test)
{
	struct nv_free f;
	u32 i, slot;

	make(test, &f, 100, 7);
	for (i = 0; i < 50; i++) {
		KUNIT_ASSERT_TRUE(test, nv_free_peek(&f, &slot));
		KUNIT_ASSERT_EQ(test, slot, 100 + i % 7);
		f.take++;
		KUNIT_ASSERT_EQ(test, nv_free_count(&f), 6U);
		nv_free_put(&f, slot);
	}
}

/* However small a host makes its sections, no number is another one's. */
static void net_free_test_most(struct kunit *test)
{
	struct nv_free with, without;
	u32 n = nv_tx_sections(MOST);

	KUNIT_EXPECT_EQ(test, nv_tx_sections(170), 170U);
	KUNIT_EXPECT_EQ(test, nv_tx_sections(0), 0U);
	KUNIT_EXPECT_EQ(test, nv_tx_sections(~0U), n);
	make(test, &with, 0, n);
	make(test, &without, n, NV_TX_SLOTS);
	expect_all(test, &with, 0, n);
	expect_all(test, &without, n, NV_TX_SLOTS);
}

static struct kunit_case net_free_cases[] = {
	KUNIT_CASE(net_free_test_nothing),
	KUNIT_CASE(net_free_test_room),
	KUNIT_CASE(net_free_test_round),
	KUNIT_CASE(net_free_test_most),
	{}
};

static struct kunit_suite net_free_suite = {
	.name = "netvsc_free_list",
	.test_cases = net_free_cases,
};

kunit_test_suite(net_free_suite);
MODULE_LICENSE("GPL");
