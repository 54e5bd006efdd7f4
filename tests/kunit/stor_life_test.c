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
			else if (now == STOR_DEAD)
				KUNIT_EXPECT_EQ(test, (int)next, (int)now);
			else if (turn == STOR_TURN_SLEEP)
				KUNIT_EXPECT_EQ(test, (int)next, (int)STOR_ASLEEP);
			else if (turn == STOR_TURN_HELD)
				KUNIT_EXPECT_TRUE(test, stor_life_held(next));
			else if (turn == STOR_TURN_SILENT)
				KUNIT_EXPECT_TRUE(test, stor_life_tries(next) &&
						  !stor_life_held(next));
			else if (stor_life_held(now))
				KUNIT_EXPECT_TRUE(test, stor_life_held(next));
			else if (turn == STOR_TURN_AGREED)
				KUNIT_EXPECT_EQ(test, (int)next, (int)STOR_UP);
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

/* Storage stands still: the close is not confirmed for long, then it is, and the disk is back. */
static void stor_life_test_storage_stands_still(struct kunit *test)
{
	enum stor_life now = stor_life_next(STOR_UP, STOR_TURN_HELD);

	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_WAIT, (int)stor_life_flow(now));
	KUNIT_EXPECT_EQ(test, (int)STOR_LOST, (int)stor_life_next(now, STOR_TURN_SILENT));
	now = stor_life_next(now, STOR_TURN_TOO_LONG);
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_FAIL, (int)stor_life_flow(now));
	now = stor_life_next(now, STOR_TURN_SILENT);
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_WAIT, (int)stor_life_flow(now));
	KUNIT_EXPECT_EQ(test, (int)STOR_UP, (int)stor_life_next(now, STOR_TURN_AGREED));
	/* a host that lets go of one channel and then keeps another is no reason to wait again */
	KUNIT_EXPECT_EQ(test, (int)STOR_FLOW_FAIL,
			(int)stor_life_flow(stor_life_next(STOR_DOWN, STOR_TURN_HELD)));
}

/*
 * All orders in which a controller and its host can go on, as tend.c goes: it agrees only where
 * it tries and no ring is kept; what it closed the host confirms at once, or later, or never.
 */
struct stor_world {
	u8 life, kept, sent;	/* the host has closed rings; it has commands */
};

enum { STOR_WORLDS = STOR_LIVES * 4 };

static unsigned int stor_world_number(struct stor_world w)
{
	return w.life << 2 | w.kept << 1 | w.sent;
}

static struct stor_world stor_turned(struct stor_world w, enum stor_turn turn)
{
	w.life = stor_life_next(w.life, turn);
	return w;
}

/* Where @w may go, at most this many ways. */
#define STOR_WAYS 10

static unsigned int stor_ways(struct stor_world w, struct stor_world *to)
{
	bool open = w.life == STOR_UP;
	bool tries = stor_life_tries(w.life) && !stor_life_held(w.life);
	unsigned int n = 0;

	if (open) {
		to[n++] = (struct stor_world){ w.life, 0, 1 };	/* commands go, come back */
		to[n++] = (struct stor_world){ w.life, 0, 0 };
	}
	if (tries || w.life == STOR_ASLEEP)
		to[n++] = stor_turned(w, STOR_TURN_AGREED);
	if (open || tries || w.life == STOR_ASLEEP) {		/* closed: confirmed or not */
		to[n++] = stor_turned((struct stor_world){ w.life, 0, 0 }, STOR_TURN_SILENT);
		to[n++] = stor_turned((struct stor_world){ w.life, 1, w.sent }, STOR_TURN_HELD);
	}
	if (w.kept)
		to[n++] = (struct stor_world){ w.life, 0, w.sent };	/* the late answer */
	if (stor_life_held(w.life) && !w.kept)
		to[n++] = stor_turned((struct stor_world){ w.life, 0, 0 }, STOR_TURN_SILENT);
	if (w.life == STOR_LOST || w.life == STOR_HELD)
		to[n++] = stor_turned(w, STOR_TURN_TOO_LONG);
	if (!w.sent)						/* the pause of the bus */
		to[n++] = stor_turned((struct stor_world){ w.life, 0, 0 }, STOR_TURN_SLEEP);
	to[n++] = stor_turned((struct stor_world){ w.life, w.kept, 0 }, STOR_TURN_END);
	return n;
}

static void stor_life_test_all_orders(struct kunit *test)
{
	static struct stor_world at[STOR_WORLDS], to[STOR_WAYS];
	bool seen[STOR_WORLDS] = {}, back[STOR_WORLDS] = {}, more = true;
	unsigned int count = 1, i, n;

	at[0] = (struct stor_world){ STOR_NEW };
	seen[stor_world_number(at[0])] = true;
	for (i = 0; i < count; i++) {
		/* no command is sent, nor sent again, while the host has the ring of before */
		if (at[i].life == STOR_UP)
			KUNIT_EXPECT_FALSE(test, at[i].kept);
		if (at[i].sent && at[i].life != STOR_UP)
			KUNIT_EXPECT_TRUE(test, stor_life_held(at[i].life));
		back[i] = at[i].life == STOR_UP;
		n = stor_ways(at[i], to);
		KUNIT_ASSERT_LE(test, n, (unsigned int)STOR_WAYS);
		while (n--) {
			if (seen[stor_world_number(to[n])])
				continue;
			seen[stor_world_number(to[n])] = true;
			at[count++] = to[n];
		}
	}
	for (i = 0; i < STOR_LIVES; i++)
		KUNIT_EXPECT_TRUE(test, seen[i << 2] || seen[i << 2 | 1] || seen[i << 2 | 2] ||
				  seen[i << 2 | 3]);
	/* from everywhere but the end there is a way back to a disk that works */
	while (more) {
		more = false;
		for (i = 0; i < count; i++) {
			unsigned int j;

			n = stor_ways(at[i], to);
			while (n-- && !back[i]) {
				for (j = 0; j < count; j++)
					back[i] |= back[j] && stor_world_number(at[j]) ==
						   stor_world_number(to[n]);
				more |= back[i];
			}
		}
	}
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_EQ(test, (bool)back[i], at[i].life != STOR_DEAD);
}

static struct kunit_case stor_life_cases[] = {
	KUNIT_CASE(stor_life_test_every_pair),
	KUNIT_CASE(stor_life_test_flow),
	KUNIT_CASE(stor_life_test_slow_host),
	KUNIT_CASE(stor_life_test_storage_stands_still),
	KUNIT_CASE(stor_life_test_all_orders),
	{}
};

static struct kunit_suite stor_life_suite = {
	.name = "storvsc_life",
	.test_cases = stor_life_cases,
};
kunit_test_suite(stor_life_suite);
MODULE_LICENSE("GPL");
