// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a controller: every state and every event.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../storvsc/life.h"

/* Every pair: its outcome is a state, and only the end leads out of nowhere. */
static void stor_life_test_every_pair(struct kunit *test)
{
	unsigned int now, turn;

	for (now = 0; now < STOR_LIVES; now++) {
		KUNIT_EXPECT_NOT_NULL(test, stor_life_name(now));
		for (turn = 0; turn < STOR_TURNS; turn++) {
			enum stor_life next = stor_life_next(now, turn);

			KUNIT_EXPECT_LT(test, (int)next, (int)STOR_LIVES);
			if (turn == STOR_TURN_END)
				KUNIT_EXPECT_EQ(test, (int)next, (int)STOR_DEAD);
			else if (now == STOR_DEAD || now == STOR_STUCK)
				KUNIT_EXPECT_EQ(test, (int)next, (int)now);
			else if (turn == STOR_TURN_AGREED)
				KUNIT_EXPECT_EQ(test, (int)next, (int)STOR_UP);
			else if (turn == STOR_TURN_HELD)
				KUNIT_EXPECT_EQ(test, (int)next, (int)STOR_STUCK);
		}
	}
}

/* Commands are sent in one state only, and where they wait something goes on. */
static void stor_life_test_flow(struct kunit *test)
{
	unsigned int now;

	for (now = 0; now < STOR_LIVES; now++) {
		enum stor_flow flow = stor_life_flow(now);

		KUNIT_EXPECT_EQ(test, flow == STOR_FLOW_SEND, now == STOR_UP);
		if (flow == STOR_FLOW_WAIT && now != STOR_ASLEEP)
			KUNIT_EXPECT_TRUE(test, stor_life_tries(now));
	}
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_FAIL, (int)stor_life_flow(STOR_DEAD));
	KUNIT_EXPECT_FALSE(test, stor_life_tries(STOR_DEAD));
}

/* Silent, too long, and back: the disk is there again. */
static void stor_life_test_slow_host(struct kunit *test)
{
	enum stor_life now = STOR_NEW;

	now = stor_life_next(now, STOR_TURN_SILENT);
	KUNIT_EXPECT_TRUE(test, stor_life_tries(now));
	now = stor_life_next(now, STOR_TURN_AGREED);
	now = stor_life_next(now, STOR_TURN_SILENT);
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_WAIT, (int)stor_life_flow(now));
	now = stor_life_next(now, STOR_TURN_TOO_LONG);
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_FAIL, (int)stor_life_flow(now));
	KUNIT_EXPECT_TRUE(test, stor_life_tries(now));
	now = stor_life_next(now, STOR_TURN_AGREED);
	KUNIT_EXPECT_EQ(test, (int)STOR_UP, (int)now);
}

static struct kunit_case stor_life_cases[] = {
	KUNIT_CASE(stor_life_test_every_pair),
	KUNIT_CASE(stor_life_test_flow),
	KUNIT_CASE(stor_life_test_slow_host),
	{}
};

static struct kunit_suite stor_life_suite = {
	.name = "storvsc_life",
	.test_cases = stor_life_cases,
};
kunit_test_suite(stor_life_suite);
MODULE_LICENSE("GPL");
