// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a NIC's connection: every state and every turn, and all that they can
 * lead to.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/module.h>
#include <linux/string.h>
#include "../../netvsc/life.h"

/* The table once more, as a picture: a letter for where it leads, or for the refusal. */
static const char * const picture[NV_LIVES] = {
	/*		   probe change reset retry resume connected failed suspend end */
	[NV_DOWN]	= "cnnnniinD",
	[NV_CONNECTING]	= "ibbbbULbD",
	[NV_UP]		= "iccnniiSD",
	[NV_LOST]	= "inncniiSD",
	[NV_SUSPENDED]	= "innnciinD",
};

static int wanted(char c, enum nv_life from, enum nv_life *to)
{
	*to = from;
	switch (c) {
	case 'b':
		return -EBUSY;
	case 'n':
		return -ENODEV;
	case 'i':
		return -EINVAL;
	case 'c':
		*to = NV_CONNECTING;
		break;
	case 'U':
		*to = NV_UP;
		break;
	case 'L':
		*to = NV_LOST;
		break;
	case 'S':
		*to = NV_SUSPENDED;
		break;
	case 'D':
		*to = NV_DOWN;
		break;
	}
	return 0;
}

static void net_life_every_pair(struct kunit *test)
{
	unsigned int from, turn;

	for (from = 0; from < NV_LIVES; from++)
		for (turn = 0; turn < NV_TURNS; turn++) {
			enum nv_life to = NV_LIVES, want;
			int ret = wanted(picture[from][turn], from, &want);

			KUNIT_EXPECT_EQ_MSG(test, nv_life_step(from, turn, &to), ret,
					    "%s, turn %u", nv_life_name(from), turn);
			KUNIT_EXPECT_EQ_MSG(test, (int)to, (int)want, "%s, turn %u",
					    nv_life_name(from), turn);
		}
}

/* One builder at a time: nothing that begins one is possible while one builds. */
static void net_life_one_builder(struct kunit *test)
{
	unsigned int turn;

	for (turn = 0; turn < NV_TURNS; turn++) {
		enum nv_life to;

		if (!nv_life_step(NV_CONNECTING, turn, &to))
			KUNIT_EXPECT_NE(test, (int)to, (int)NV_CONNECTING);
	}
}

/* From every state that is not down, some way leads up again, but not from a removed one. */
static void net_life_every_way(struct kunit *test)
{
	bool up[NV_LIVES] = { [NV_UP] = true };
	unsigned int from, turn, again;

	for (again = 0; again < NV_LIVES; again++)
		for (from = 0; from < NV_LIVES; from++)
			for (turn = 0; turn < NV_TURN_END; turn++) {
				enum nv_life to;

				if (!nv_life_step(from, turn, &to) && up[to])
					up[from] = true;
			}
	for (from = 0; from < NV_LIVES; from++)
		KUNIT_EXPECT_TRUE_MSG(test, up[from], "%s", nv_life_name(from));
	for (turn = NV_TURN_CHANGE; turn < NV_TURN_END; turn++) {
		enum nv_life to;

		KUNIT_EXPECT_NE(test, nv_life_step(NV_DOWN, turn, &to), 0);
	}
}

static void net_life_names(struct kunit *test)
{
	unsigned int a, b;

	for (a = 0; a < NV_LIVES; a++)
		for (b = 0; b < a; b++)
			KUNIT_EXPECT_NE(test, strcmp(nv_life_name(a), nv_life_name(b)), 0);
	KUNIT_EXPECT_EQ(test, strcmp(nv_life_name(NV_UP), "up"), 0);
}

/* What a host may take the next time is said again, a refusal and the end are the last word. */
static void net_life_again(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, nv_again(0));
	KUNIT_EXPECT_FALSE(test, nv_again(24));		/* an answer of that length */
	KUNIT_EXPECT_FALSE(test, nv_again(-EIO));
	KUNIT_EXPECT_FALSE(test, nv_again(-ENODEV));
	KUNIT_EXPECT_TRUE(test, nv_again(-ETIMEDOUT));
	KUNIT_EXPECT_TRUE(test, nv_again(-EAGAIN));	/* the ring is full */
	KUNIT_EXPECT_TRUE(test, nv_again(-ENOMEM));
	KUNIT_EXPECT_TRUE(test, nv_again(-EINVAL));
	KUNIT_EXPECT_TRUE(test, nv_again(-EPERM));	/* -1 */
}

static struct kunit_case net_life_cases[] = {
	KUNIT_CASE(net_life_every_pair),
	KUNIT_CASE(net_life_one_builder),
	KUNIT_CASE(net_life_every_way),
	KUNIT_CASE(net_life_names),
	KUNIT_CASE(net_life_again),
	{}
};

static struct kunit_suite net_life_suite = {
	.name = "netvsc_life",
	.test_cases = net_life_cases,
};
kunit_test_suite(net_life_suite);
MODULE_LICENSE("GPL");
