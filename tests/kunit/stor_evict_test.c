// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who takes a command, whatever happens between any two of his looks at its slot: another copy
 * of slot.c, in which somebody else comes in before the n-th look.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/module.h>

/* this copy's functions have names of their own */
#define stor_slot_next		seen_slot_next
#define stor_slot_arm		seen_slot_arm
#define stor_slot_claim		seen_slot_claim
#define stor_slot_evict		seen_slot_evict
#define stor_slot_peek		seen_slot_peek
#define stor_slot_overdue	seen_slot_overdue
#include "slot.h"

#define CMD(n)	((struct scsi_cmnd *)(0x1000UL * (n)))
#define CHAN	((struct stor_chan *)0x100000UL)
#define CHAN_B	((struct stor_chan *)0x200000UL)

#include "looks.h"
#include "../../storvsc/slot.c"

static struct stor_slot slot;
static unsigned int looks, at;		/* so far; before which one somebody comes in */
static u32 first;			/* generation of the first command */
static bool answered;
static struct stor_chan *next;		/* channel of the second */

/* The host answers the first command, and the tag goes out again, on whatever channel. */
static void look(void)
{
	struct scsi_cmnd *cmd;

	if (++looks != at)
		return;
	answered = stor_slot_claim(&slot, first, CHAN, &cmd) == STOR_CLAIMED;
	if (!stor_slot_busy(&slot))
		stor_slot_arm(&slot, stor_slot_next(&slot), CMD(2), next);
}

static void begin(unsigned int n)
{
	memset(&slot, 0, sizeof(slot));
	answered = false;
	looks = 0;
	at = 0;
	first = stor_slot_next(&slot);
	stor_slot_arm(&slot, first, CMD(1), CHAN);
	looks = 0;
	at = n;
}

/*
 * Each use of the tag has one end: the first was taken or answered, the second was taken, or is
 * with its host. @taken is what somebody got.
 */
static void check(struct kunit *test, const struct scsi_cmnd *taken)
{
	bool second = looks >= at && answered;
	struct scsi_cmnd *cmd;

	KUNIT_EXPECT_EQ_MSG(test, 1, (taken == CMD(1)) + answered, "before look %u", at);
	if (taken && taken != CMD(1)) {
		KUNIT_EXPECT_PTR_EQ(test, taken, CMD(2));
		KUNIT_EXPECT_FALSE(test, stor_slot_busy(&slot));
	} else if (second) {
		KUNIT_EXPECT_EQ_MSG(test, STOR_CLAIMED,
				    stor_slot_claim(&slot, slot.word >> 1, next, &cmd),
				    "before look %u", at);
		KUNIT_EXPECT_PTR_EQ(test, cmd, CMD(2));
	}
}

/* Somebody evicts, and before each of his looks the tag goes out again. */
static void evict_between_looks(struct kunit *test, const struct stor_chan *only)
{
	unsigned int n, most = 1;

	for (n = 1; n <= most; n++) {
		const struct scsi_cmnd *cmd;

		begin(n);
		cmd = stor_slot_evict(&slot, only);
		most = looks > most ? looks : most;
		check(test, cmd);
	}
	KUNIT_EXPECT_GE(test, most, 3u);
}

static void stor_evict_test_between_looks(struct kunit *test)
{
	next = CHAN_B;
	evict_between_looks(test, CHAN);
}

/* Nothing but the word tells the two commands apart. */
static void stor_evict_test_same_channel(struct kunit *test)
{
	next = CHAN;
	evict_between_looks(test, CHAN);
	evict_between_looks(test, NULL);
}

static void claim_between_looks(struct kunit *test, struct stor_chan *second)
{
	unsigned int n, most = 1;

	next = second;
	for (n = 1; n <= most; n++) {
		struct scsi_cmnd *cmd = NULL;
		bool taken;

		begin(n);
		taken = stor_slot_claim(&slot, first, CHAN, &cmd) == STOR_CLAIMED;
		most = looks > most ? looks : most;
		check(test, taken ? cmd : NULL);
	}
	KUNIT_EXPECT_GE(test, most, 3u);
}

static void stor_evict_test_claim_between_looks(struct kunit *test)
{
	claim_between_looks(test, CHAN_B);
	claim_between_looks(test, CHAN);
}

static struct kunit_case stor_evict_cases[] = {
	KUNIT_CASE(stor_evict_test_between_looks),
	KUNIT_CASE(stor_evict_test_same_channel),
	KUNIT_CASE(stor_evict_test_claim_between_looks),
	{}
};

static struct kunit_suite stor_evict_suite = {
	.name = "storvsc_evict",
	.test_cases = stor_evict_cases,
};
kunit_test_suite(stor_evict_suite);
MODULE_LICENSE("GPL");
