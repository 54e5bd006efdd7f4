// SPDX-License-Identifier: GPL-2.0-only
/* The life of a channel: every pair of state and event. Their orders are life_walk_test.c's. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "life.h"

/*
 * Written down once more, apart from the table: a row for each state, in each of its columns
 * where an event leads.  "--": refused.
 */
static const char * const names[LIFE_COUNT] = {
	"ne", "cl", "og", "op", "cg",
	"nb", "cb", "ob", "Pb", "gb", "ol", "Pl", "gl",
	"np", "cp", "go",
};

struct row {
	const char *to[EV_COUNT];
	u8 act[EV_COUNT];
};

#define P	ACT_POST_CLOSE
#define R	ACT_REMOVE
#define F	ACT_FORGET
#define A	ACT_ADD

/*	hand  unhand open  opened failed close closed modify rescind release pause again end */
static const struct row rows[LIFE_COUNT] = {
	{ { "cl", "--", "--", "--", "--", "--", "--", "--", "nb", "--", "np", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "ne", "og", "--", "--", "--", "--", "--", "cb", "--", "cp", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "--", "--", "op", "cl", "--", "--", "--", "ob", "--", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "cg", "--", "op", "Pb", "--", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, P, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "cl", "--", "gb", "--", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "--", "--", "--", "go", "nb", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, F, 0, 0, F } },
	{ { "--", "nb", "--", "--", "--", "--", "--", "--", "--", "go", "cb", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, F, 0, 0, F } },
	{ { "--", "--", "--", "Pb", "cb", "--", "--", "--", "--", "ol", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "gb", "--", "--", "--", "Pl", "Pb", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "cb", "--", "--", "gl", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "Pl", "go", "--", "--", "--", "--", "--", "--", "--", "go" },
	  { 0, 0, 0, 0, F, 0, 0, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "gl", "--", "--", "--", "--", "Pl", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "go", "--", "--", "--", "--", "--", "go" },
	  { 0, 0, 0, 0, 0, 0, F, 0, 0, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "--", "--", "nb", "--", "np", "ne", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, A, F } },
	{ { "--", "--", "--", "--", "--", "--", "--", "--", "cb", "--", "cp", "cl", "go" },
	  { 0, 0, 0, 0, 0, 0, 0, 0, R, 0, 0, 0, F } },
	{ { "--", "--", "--", "--", "--", "--", "--", "--", "--", "--", "--", "--", "--" }, },
};

static void life_every_pair(struct kunit *test)
{
	unsigned int from, event;

	for (from = 0; from < LIFE_COUNT; from++) {
		for (event = 0; event < EV_COUNT; event++) {
			const char *want = rows[from].to[event];
			enum life to = LIFE_COUNT;
			int act = life_step(from, event, &to);

			if (strcmp(want, "--")) {
				KUNIT_EXPECT_EQ(test, 0, strcmp(want, names[to]));
				KUNIT_EXPECT_EQ(test, (int)rows[from].act[event], act);
				continue;
			}
			KUNIT_EXPECT_EQ(test, from, (unsigned int)to);
			KUNIT_EXPECT_EQ(test, life_rescinded(from) || life_paused(from) ?
					      -ENODEV : -EINVAL, act);
		}
	}
}

static void life_as_drivers_see_it(struct kunit *test)
{
	enum life at;

	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, life_public(LIFE_NEW));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, life_public(LIFE_CLOSED));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, life_public(LIFE_OPENING));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, life_public(LIFE_OPEN));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, life_public(LIFE_CLOSING));
	KUNIT_EXPECT_TRUE(test, life_in_use(LIFE_CLOSING_LAST));
	KUNIT_EXPECT_FALSE(test, life_in_use(LIFE_CLOSED_BACK));
	KUNIT_EXPECT_FALSE(test, life_in_use(LIFE_GONE));
	for (at = 0; at < LIFE_COUNT; at++)
		KUNIT_EXPECT_EQ(test, at == LIFE_CLOSING || at == LIFE_CLOSING_BACK ||
				at == LIFE_CLOSING_LAST, life_closing(at));
	KUNIT_EXPECT_FALSE(test, life_rescinded(LIFE_CLOSED_PAUSED));
}

static struct kunit_case life_cases[] = {
	KUNIT_CASE(life_every_pair),
	KUNIT_CASE(life_as_drivers_see_it),
	{}
};

static struct kunit_suite life_suite = {
	.name = "vmbus_life",
	.test_cases = life_cases,
};

kunit_test_suite(life_suite);
