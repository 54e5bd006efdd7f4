// SPDX-License-Identifier: GPL-2.0-only
/*
 * Kinds of controllers: what the bus found says which, and a device of which nothing is said
 * has one too.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include "../../storvsc/kind.h"
#include "../../storvsc/limits.h"

/* Each id of the driver's table, and one that the user gave: there the bus has nothing to say. */
static void stor_kind_test_of(struct kunit *test)
{
	KUNIT_EXPECT_PTR_EQ(test, &stor_scsi, stor_kind_of((unsigned long)&stor_scsi));
	KUNIT_EXPECT_PTR_EQ(test, &stor_ide, stor_kind_of((unsigned long)&stor_ide));
	KUNIT_EXPECT_PTR_EQ(test, &stor_fc, stor_kind_of((unsigned long)&stor_fc));
	KUNIT_EXPECT_PTR_EQ(test, &stor_scsi, stor_kind_of(0));
}

/* What the midlayer and the host are told of each. */
static void stor_kind_test_limits(struct kunit *test)
{
	const struct stor_kind *kinds[] = { &stor_scsi, &stor_ide, &stor_fc };
	unsigned int i;

	for (i = 0; i < 3; i++) {
		const struct stor_kind *k = kinds[i];

		KUNIT_EXPECT_NOT_NULL(test, k->name);
		/* a LUN's address in a packet is a byte for each part */
		KUNIT_EXPECT_LE(test, k->max_path, 255U);
		KUNIT_EXPECT_LE(test, k->max_id, 256U);
		KUNIT_EXPECT_LE(test, k->max_lun, 256U);
		KUNIT_EXPECT_GT(test, k->max_id, 0U);
		KUNIT_EXPECT_LE(test, k->max_transfer, (u32)STOR_MAX_TRANSFER);
		KUNIT_EXPECT_EQ(test, k == &stor_fc, k->fc);
		KUNIT_EXPECT_EQ(test, k == &stor_ide, k->fixed_target);
	}
	KUNIT_EXPECT_EQ(test, 512U * 1024, stor_fc.max_transfer);
}

static struct kunit_case stor_kind_cases[] = {
	KUNIT_CASE(stor_kind_test_of),
	KUNIT_CASE(stor_kind_test_limits),
	{}
};

static struct kunit_suite stor_kind_suite = {
	.name = "storvsc_kind",
	.test_cases = stor_kind_cases,
};

kunit_test_suite(stor_kind_suite);
