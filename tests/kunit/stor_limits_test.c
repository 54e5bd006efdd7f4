// SPDX-License-Identifier: GPL-2.0-only
/*
 * Limits: as many commands as all rings hold, and transfers that fit, whatever
 * the host claims.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../../storvsc/limits.h"

#define RING	(128 * 1024)

static void stor_limits_test_depth(struct kunit *test)
{
	unsigned int one = stor_depth(RING, 1);

	KUNIT_EXPECT_GT(test, one, 300U);
	/* a disk may use all rings, not one of them */
	KUNIT_EXPECT_EQ(test, 4 * one, stor_depth(RING, 4));
	KUNIT_EXPECT_EQ(test, (unsigned int)STOR_MAX_DEPTH, stor_depth(RING, 16));
	KUNIT_EXPECT_EQ(test, (unsigned int)STOR_MAX_DEPTH, stor_depth(~0U, 0xffff));
	KUNIT_EXPECT_EQ(test, (unsigned int)STOR_MIN_DEPTH, stor_depth(8192, 1));
}

static void stor_limits_test_transfer(struct kunit *test)
{
	u32 claim;

	KUNIT_EXPECT_EQ(test, 65536U, stor_clamp_transfer(0, RING, STOR_MAX_TRANSFER));
	KUNIT_EXPECT_EQ(test, 262144U, stor_clamp_transfer(262144, RING, STOR_MAX_TRANSFER));
	KUNIT_EXPECT_EQ(test, 4096U, stor_clamp_transfer(1, RING, STOR_MAX_TRANSFER));
	KUNIT_EXPECT_EQ(test, (u32)STOR_MAX_TRANSFER,
			stor_clamp_transfer(~0U, RING, STOR_MAX_TRANSFER));
	KUNIT_EXPECT_EQ(test, 512U * 1024, stor_clamp_transfer(~0U, RING, 512 * 1024));
	/* the page list of the largest command fits the smallest ring */
	for (claim = 0; claim < 0xff000000; claim += 0xfffff) {
		u32 used = stor_clamp_transfer(claim, 16384, STOR_MAX_TRANSFER);

		if (STOR_MPB_LEN(used / 4096 + 1) + 128 > 12288 || used % 512 || !used)
			KUNIT_FAIL(test, "claim %u: %u", claim, used);
	}
}

static struct kunit_case stor_limits_cases[] = {
	KUNIT_CASE(stor_limits_test_depth),
	KUNIT_CASE(stor_limits_test_transfer),
	{}
};

static struct kunit_suite stor_limits_suite = {
	.name = "storvsc_limits",
	.test_cases = stor_limits_cases,
};
kunit_test_suite(stor_limits_suite);
MODULE_LICENSE("GPL");
