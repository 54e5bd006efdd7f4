// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ownership of a command: the right id finishes it once, every other id
 * (unknown, repeated, late, invented, at the same time) finds nothing.
 */
#include <kunit/test.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>

#include "slot.h"

#define CMD(n)	((struct scsi_cmnd *)(0x1000UL * (n)))
#define CHAN	((struct stor_chan *)0x100000UL)

static void stor_id_test_round_trip(struct kunit *test)
{
	struct stor_id id = stor_id_unpack(stor_id_pack(0x12345678, 0xabcd, 0x4321));

	KUNIT_EXPECT_EQ(test, id.gen, 0x12345678U);
	KUNIT_EXPECT_EQ(test, id.queue, (u16)0xabcd);
	KUNIT_EXPECT_EQ(test, id.index, (u16)0x4321);
}

static void stor_id_test_answered_once(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen = stor_slot_arm(&slot, CMD(1), CHAN);

	KUNIT_ASSERT_NE(test, gen, 0U);
	KUNIT_EXPECT_TRUE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_PTR_EQ(test, slot.chan, CHAN);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(1));
	KUNIT_EXPECT_FALSE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, stor_slot_claim(&slot, gen));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, stor_slot_claim(&slot, gen));
}

/* An answer to the tag's last command must not finish its next one. */
static void stor_id_test_late_answer(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 first = stor_slot_arm(&slot, CMD(1), CHAN);
	u32 second;

	stor_slot_claim(&slot, first);
	second = stor_slot_arm(&slot, CMD(2), CHAN);
	KUNIT_EXPECT_NE(test, first, second);
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, first));
	KUNIT_EXPECT_TRUE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, second));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(2));
}

static void stor_id_test_invented(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen;

	KUNIT_EXPECT_NE(test, STOR_CLAIMED, stor_slot_claim(&slot, 0));
	KUNIT_EXPECT_NE(test, STOR_CLAIMED, stor_slot_claim(&slot, 1));
	gen = stor_slot_arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, 0));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, gen + 1));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE,
			stor_slot_claim(&slot, gen | 0x80000000));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, ~0U));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen));
}

/* A tag that the host still owns is not handed out again. */
static void stor_id_test_tag_still_out(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen = stor_slot_arm(&slot, CMD(1), CHAN);

	KUNIT_EXPECT_EQ(test, 0U, stor_slot_arm(&slot, CMD(2), CHAN));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(1));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen));
	KUNIT_EXPECT_NE(test, 0U, stor_slot_arm(&slot, CMD(2), CHAN));
}

/* Generations wrap around without ever being 0, which is no generation. */
static void stor_id_test_wrap(struct kunit *test)
{
	struct stor_slot slot = { .word = 0x7ffffffeU << 1 };
	u32 gen;

	gen = stor_slot_arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, gen, 0x7fffffffU);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen));
	gen = stor_slot_arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, gen, 1U);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen));
}

static void stor_id_test_evict(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen;

	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot));
	gen = stor_slot_arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_PTR_EQ(test, stor_slot_evict(&slot), CMD(1));
	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, stor_slot_claim(&slot, gen));
}

#define RACERS	4
#define ROUNDS	20000

struct race {
	struct stor_slot slot;
	atomic_t gen;		/* of the round being raced for */
	atomic_t won;
	atomic_t stop;
};

/* Claims whatever generation is current, as a duplicating host would. */
static int racer(void *data)
{
	struct race *r = data;

	while (!atomic_read(&r->stop)) {
		if (stor_slot_claim(&r->slot, atomic_read(&r->gen)) == STOR_CLAIMED)
			atomic_inc(&r->won);
		cond_resched();
	}
	return 0;
}

/* The same id answered on several channels at once. */
static void stor_id_test_race(struct kunit *test)
{
	struct race *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	struct task_struct *t[RACERS];
	int i, armed = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	for (i = 0; i < RACERS; i++) {
		t[i] = kthread_run(racer, r, "stor_race/%d", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t[i]);
		get_task_struct(t[i]);
	}
	for (i = 0; i < ROUNDS; i++) {
		u32 gen = stor_slot_arm(&r->slot, CMD(1), CHAN);

		if (gen) {
			armed++;
			atomic_set(&r->gen, gen);
		}
		cond_resched();
	}
	while (stor_slot_busy(&r->slot))
		schedule_timeout_uninterruptible(1);
	atomic_set(&r->stop, 1);
	for (i = 0; i < RACERS; i++) {
		kthread_stop(t[i]);
		put_task_struct(t[i]);
	}
	KUNIT_EXPECT_GT(test, armed, 0);
	KUNIT_EXPECT_EQ(test, armed, atomic_read(&r->won));
}

static struct kunit_case stor_id_cases[] = {
	KUNIT_CASE(stor_id_test_round_trip),
	KUNIT_CASE(stor_id_test_answered_once),
	KUNIT_CASE(stor_id_test_late_answer),
	KUNIT_CASE(stor_id_test_invented),
	KUNIT_CASE(stor_id_test_tag_still_out),
	KUNIT_CASE(stor_id_test_wrap),
	KUNIT_CASE(stor_id_test_evict),
	KUNIT_CASE(stor_id_test_race),
	{}
};

static struct kunit_suite stor_id_suite = {
	.name = "storvsc_id",
	.test_cases = stor_id_cases,
};
kunit_test_suite(stor_id_suite);
MODULE_LICENSE("GPL");
