// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a LUN: every state and every event, and all orders in which the host, commands,
 * the scan and an agreement can cause them.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../storvsc/lun_life.h"

/* The table in words: doubt and identity are two questions, but what was out of reach has both. */
static enum stor_lun_life stor_lun_expected(enum stor_lun_life now, enum stor_lun_turn turn)
{
	bool doubted = stor_lun_doubted(now), unsure = stor_lun_unsure(now);

	if (now == STOR_LUN_GONE || turn == STOR_LUN_AWAY)
		return STOR_LUN_GONE;
	switch (turn) {
	case STOR_LUN_NOT_REACHED:
		doubted = true;
		break;
	case STOR_LUN_NOT_BLOCKED:
		doubted = false;
		break;
	case STOR_LUN_REACHED:
		unsure |= doubted;
		doubted = false;
		break;
	case STOR_LUN_AGREED:
		unsure = true;
		break;
	case STOR_LUN_SAME:
		unsure = false;
		break;
	default:
		return STOR_LUN_LIVES;
	}
	return doubted && unsure ? STOR_LUN_BOTH : doubted ? STOR_LUN_DOUBTED :
	       unsure ? STOR_LUN_UNSURE : STOR_LUN_SURE;
}

static void stor_lun_test_every_pair(struct kunit *test)
{
	unsigned int now, turn;

	for (now = 0; now < STOR_LUN_LIVES; now++) {
		for (turn = 0; turn < STOR_LUN_TURNS; turn++)
			KUNIT_EXPECT_EQ_MSG(test, (int)stor_lun_next(now, turn),
					    (int)stor_lun_expected(now, turn),
					    "state %u, event %u", now, turn);
		/* nothing is sent to a LUN that may be another one, or is gone */
		KUNIT_EXPECT_EQ(test, stor_lun_sends(now),
				!stor_lun_unsure(now) && now != STOR_LUN_GONE);
	}
}

/*
 * A host that exchanges the disk when it does not reach it, or was silent; commands on their
 * way; a scan that asks.  Who asks for the identity has asked for a certain agreement.
 */
struct stor_lun_world {
	u8 life;
	u8 blocked;	/* its device: the midlayer sends nothing new */
	u8 doubting;	/* whose command was answered so: 1 is about to block, 2 to look again */
	u8 settling;	/* the scan is about to unblock */
	u8 lost;	/* the host does not reach it: a command or a look may tell */
	u8 other;	/* it is another disk by now */
	u8 asking;	/* the scan which it is: 1 the host said the one, 2 another; 3 and then
			 * it was agreed with anew
			 */
};

enum { STOR_LUN_ASKS = 4, STOR_LUN_PER_LIFE = 2 * 3 * 2 * 2 * 2 * STOR_LUN_ASKS };
enum { STOR_LUN_WORLDS = STOR_LUN_LIVES * STOR_LUN_PER_LIFE, STOR_LUN_WAYS = 10 };

static unsigned int stor_lun_number(struct stor_lun_world w)
{
	unsigned int n = ((w.life * 2 + w.blocked) * 3 + w.doubting) * 2 + w.settling;

	return ((n * 2 + w.lost) * 2 + w.other) * STOR_LUN_ASKS + w.asking;
}

static struct stor_lun_world stor_lun_turned(struct stor_lun_world w, enum stor_lun_turn turn)
{
	w.life = stor_lun_next(w.life, turn);
	return w;
}

static unsigned int stor_lun_ways(struct stor_lun_world w, struct stor_lun_world *to)
{
	struct stor_lun_world y;
	unsigned int n = 0;

	/* the host */
	y = w;
	y.lost = !w.lost;
	to[n++] = y;
	/* exchanges it out of reach; what nobody could notice is no concern of a driver's */
	if (w.lost && w.blocked && stor_lun_doubted(w.life)) {
		y = w;
		y.other = 1;
		to[n++] = y;
	}
	/* silent, and agreed with: with other disks, perhaps */
	y = stor_lun_turned(w, STOR_LUN_AGREED);
	y.asking = w.asking ? 3 : 0;
	to[n++] = y;
	y.other = 1;
	to[n++] = y;
	/* a command finds out, step by step as stor_begin_doubt(); a device may take no doubt */
	y = w;
	if (!w.doubting && w.lost && stor_lun_sends(w.life) && !w.blocked &&
	    !stor_lun_doubted(w.life)) {
		y = stor_lun_turned(w, STOR_LUN_NOT_REACHED);
		y.doubting = 1;
		to[n++] = y;
	} else if (w.doubting == 1) {
		y.blocked = 1;
		y.doubting = 2;
		to[n++] = y;
		y = stor_lun_turned(w, STOR_LUN_NOT_BLOCKED);
		y.doubting = 0;
		to[n++] = y;
	} else if (w.doubting == 2) {
		y.doubting = 0;
		if (!stor_lun_doubted(w.life))
			y.blocked = 0;
		to[n++] = y;
	}
	/* the scan, one question at a time: is it there */
	y = w;
	if (w.settling) {
		y.settling = 0;
		y.blocked = 0;
		to[n++] = y;
		return n;
	}
	if (stor_lun_doubted(w.life) && !w.asking) {
		y = stor_lun_turned(w, w.lost ? STOR_LUN_AWAY : STOR_LUN_REACHED);
		y.settling = 1;
		to[n++] = y;
	}
	/* and which is it; an answer that is older than a new agreement is none */
	y = w;
	if (!w.asking && stor_lun_unsure(w.life) && !w.lost) {
		y.asking = w.other ? 2 : 1;
		to[n++] = y;
	} else if (w.asking) {
		if (w.asking < 3)
			y = stor_lun_turned(w, w.asking == 1 ? STOR_LUN_SAME : STOR_LUN_AWAY);
		y.settling = w.asking == 2;	/* also what was doubted meanwhile */
		y.asking = 0;
		to[n++] = y;
	}
	return n;
}

static void stor_lun_test_all_orders(struct kunit *test)
{
	static struct stor_lun_world at[STOR_LUN_WORLDS], to[STOR_LUN_WAYS];
	static bool seen[STOR_LUN_WORLDS], out[STOR_LUN_WORLDS];
	bool met[STOR_LUN_LIVES] = {}, more = true;
	unsigned int count = 1, i, n;

	memset(seen, 0, sizeof(seen));
	at[0] = (struct stor_lun_world){ STOR_LUN_SURE };
	seen[stor_lun_number(at[0])] = true;
	for (i = 0; i < count; i++) {
		struct stor_lun_world w = at[i];

		met[w.life] = true;
		/* what is meant for one disk reaches no other */
		if (w.other && !w.lost && stor_lun_sends(w.life) && !w.blocked)
			KUNIT_FAIL(test, "state %u: a command goes to another disk", w.life);
		/* a device is not left blocked */
		if (w.blocked && !w.doubting && !w.settling && !stor_lun_doubted(w.life))
			KUNIT_FAIL(test, "state %u: blocked, and nobody asks", w.life);
		n = stor_lun_ways(w, to);
		KUNIT_ASSERT_LE(test, n, (unsigned int)STOR_LUN_WAYS);
		while (n--) {
			if (seen[stor_lun_number(to[n])])
				continue;
			seen[stor_lun_number(to[n])] = true;
			at[count++] = to[n];
		}
	}
	for (i = 0; i < STOR_LUN_LIVES; i++)
		KUNIT_EXPECT_TRUE(test, met[i]);
	/* from everywhere there is a way to a disk that works, or to none */
	for (i = 0; i < STOR_LUN_WORLDS; i++)
		out[i] = i / STOR_LUN_PER_LIFE == STOR_LUN_SURE ||
			 i / STOR_LUN_PER_LIFE == STOR_LUN_GONE;
	while (more) {
		more = false;
		for (i = 0; i < count; i++) {
			unsigned int own = stor_lun_number(at[i]);

			n = stor_lun_ways(at[i], to);
			while (n-- && !out[own]) {
				out[own] = out[stor_lun_number(to[n])];
				more |= out[own];
			}
		}
	}
	for (i = 0; i < count; i++)
		KUNIT_EXPECT_TRUE(test, out[stor_lun_number(at[i])]);
}

static struct kunit_case stor_lun_cases[] = {
	KUNIT_CASE(stor_lun_test_every_pair),
	KUNIT_CASE(stor_lun_test_all_orders),
	{}
};

static struct kunit_suite stor_lun_suite = {
	.name = "storvsc_lun",
	.test_cases = stor_lun_cases,
};

kunit_test_suite(stor_lun_suite);
