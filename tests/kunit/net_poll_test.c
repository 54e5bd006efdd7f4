// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether a queue is polled once more: never given up for what is in the ring, never for
 * ever for what only claims to be.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include "../../netvsc/poll.h"

static void net_poll_busy(struct kunit *test)
{
	u32 empty = 0, i;

	for (i = 0; i < 100 * NV_EMPTY_POLLS; i++)
		KUNIT_ASSERT_FALSE(test, nv_poll_again(&empty, 0, false));
	/* a frame comes between the look at the ring and the interrupt's being allowed */
	KUNIT_EXPECT_TRUE(test, nv_poll_again(&empty, 0, true));
}

static void net_poll_claims(struct kunit *test)
{
	u32 empty = 0, i;

	for (i = 0; i < NV_EMPTY_POLLS; i++)
		KUNIT_ASSERT_TRUE(test, nv_poll_again(&empty, 0, true));
	for (i = 0; i < NV_EMPTY_POLLS; i++)
		KUNIT_ASSERT_FALSE(test, nv_poll_again(&empty, 0, true));
}

static void net_poll_work(struct kunit *test)
{
	u32 empty = 0, i;

	for (i = 0; i < NV_EMPTY_POLLS; i++)
		nv_poll_again(&empty, 0, true);
	KUNIT_EXPECT_FALSE(test, nv_poll_again(&empty, 1, false));
	KUNIT_EXPECT_TRUE(test, nv_poll_again(&empty, 0, true));
	for (i = 0; i < NV_EMPTY_POLLS; i++)
		nv_poll_again(&empty, 0, true);
	KUNIT_EXPECT_TRUE(test, nv_poll_again(&empty, 1, true));
	KUNIT_EXPECT_TRUE(test, nv_poll_again(&empty, 0, true));
}

/* Netpoll stops at the first frame, and any poll at its budget. */
static void net_poll_empty(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, nv_poll_drained(64, 0));
	KUNIT_EXPECT_TRUE(test, nv_poll_drained(64, 63));
	KUNIT_EXPECT_FALSE(test, nv_poll_drained(64, 64));
	KUNIT_EXPECT_FALSE(test, nv_poll_drained(64, 70));	/* a packet may be of many frames */
	KUNIT_EXPECT_FALSE(test, nv_poll_drained(0, 0));
	KUNIT_EXPECT_FALSE(test, nv_poll_drained(0, 3));
}

static struct kunit_case net_poll_cases[] = {
	KUNIT_CASE(net_poll_busy),
	KUNIT_CASE(net_poll_claims),
	KUNIT_CASE(net_poll_work),
	KUNIT_CASE(net_poll_empty),
	{}
};

static struct kunit_suite net_poll_suite = {
	.name = "netvsc_poll",
	.test_cases = net_poll_cases,
};

kunit_test_suite(net_poll_suite);
MODULE_LICENSE("GPL");
