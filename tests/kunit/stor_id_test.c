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

#define CHAN_B	((struct stor_chan *)0x200000UL)

/* What a submitter does around building his packet. */
static u32 arm(struct stor_slot *slot, struct scsi_cmnd *cmd, struct stor_chan *chan)
{
	u32 gen = stor_slot_next(slot);

	if (gen)
		stor_slot_arm(slot, gen, cmd, chan);
	return gen;
}

static enum stor_claim claim(struct stor_slot *slot, u32 gen)
{
	struct scsi_cmnd *cmd;

	return stor_slot_claim(slot, gen, CHAN, &cmd);
}

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
	u32 gen = arm(&slot, CMD(1), CHAN);

	KUNIT_ASSERT_NE(test, gen, 0U);
	KUNIT_EXPECT_TRUE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_PTR_EQ(test, slot.chan, CHAN);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, gen));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(1));
	KUNIT_EXPECT_FALSE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, claim(&slot, gen));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, claim(&slot, gen));
}

/* An answer to the tag's last command must not finish its next one. */
static void stor_id_test_late_answer(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 first = arm(&slot, CMD(1), CHAN);
	u32 second;

	claim(&slot, first);
	second = arm(&slot, CMD(2), CHAN);
	KUNIT_EXPECT_NE(test, first, second);
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, claim(&slot, first));
	KUNIT_EXPECT_TRUE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, second));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(2));
}

static void stor_id_test_invented(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen;

	KUNIT_EXPECT_NE(test, STOR_CLAIMED, claim(&slot, 0));
	KUNIT_EXPECT_NE(test, STOR_CLAIMED, claim(&slot, 1));
	gen = arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, claim(&slot, 0));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, claim(&slot, gen + 1));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE,
			claim(&slot, gen | 0x80000000));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, claim(&slot, ~0U));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, gen));
}

/* A tag that the host still owns is not handed out again. */
static void stor_id_test_tag_still_out(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen = arm(&slot, CMD(1), CHAN);

	KUNIT_EXPECT_EQ(test, 0U, arm(&slot, CMD(2), CHAN));
	KUNIT_EXPECT_PTR_EQ(test, slot.cmd, CMD(1));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, gen));
	KUNIT_EXPECT_NE(test, 0U, arm(&slot, CMD(2), CHAN));
}

/* Generations wrap around without ever being 0, which is no generation. */
static void stor_id_test_wrap(struct kunit *test)
{
	struct stor_slot slot = { .word = 0x7ffffffeU << 1 };
	u32 gen;

	gen = arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, gen, 0x7fffffffU);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, gen));
	gen = arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_EQ(test, gen, 1U);
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, claim(&slot, gen));
}

static void stor_id_test_evict(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen;

	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot, NULL));
	gen = arm(&slot, CMD(1), CHAN);
	KUNIT_EXPECT_PTR_EQ(test, stor_slot_evict(&slot, NULL), CMD(1));
	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot, NULL));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, claim(&slot, gen));
}

/* What the packet needs is known before the host can own the command. */
static void stor_id_test_built_before_armed(struct kunit *test)
{
	struct stor_slot slot = {};
	struct scsi_cmnd *cmd;
	u32 gen = stor_slot_next(&slot);

	KUNIT_EXPECT_EQ(test, gen, stor_slot_next(&slot));
	KUNIT_EXPECT_FALSE(test, stor_slot_busy(&slot));
	/* a host that guesses the id before that finds nothing */
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, gen, CHAN, &cmd));
	KUNIT_EXPECT_NULL(test, stor_slot_peek(&slot));
	stor_slot_arm(&slot, gen, CMD(1), CHAN);
	KUNIT_EXPECT_PTR_EQ(test, stor_slot_peek(&slot), CMD(1));
	KUNIT_EXPECT_EQ(test, 0U, stor_slot_next(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen, CHAN, &cmd));
	KUNIT_EXPECT_PTR_EQ(test, cmd, CMD(1));
}

/* An answer counts on the channel that the command went out on, and only there. */
static void stor_id_test_foreign_channel(struct kunit *test)
{
	struct stor_slot slot = {};
	struct scsi_cmnd *cmd;
	u32 gen = arm(&slot, CMD(1), CHAN);

	KUNIT_EXPECT_EQ(test, STOR_CLAIM_FOREIGN, stor_slot_claim(&slot, gen, CHAN_B, &cmd));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_STALE, stor_slot_claim(&slot, gen + 1, CHAN_B, &cmd));
	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot, CHAN_B));
	KUNIT_EXPECT_TRUE(test, stor_slot_busy(&slot));
	KUNIT_EXPECT_EQ(test, STOR_CLAIMED, stor_slot_claim(&slot, gen, CHAN, &cmd));
	KUNIT_EXPECT_EQ(test, STOR_CLAIM_REPEATED, stor_slot_claim(&slot, gen, CHAN_B, &cmd));
	gen = arm(&slot, CMD(2), CHAN_B);
	KUNIT_EXPECT_NULL(test, stor_slot_evict(&slot, CHAN));
	KUNIT_EXPECT_PTR_EQ(test, stor_slot_evict(&slot, CHAN_B), CMD(2));
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
		if (claim(&r->slot, atomic_read(&r->gen)) == STOR_CLAIMED)
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
		u32 gen = arm(&r->slot, CMD(1), CHAN);

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

/*
 * One channel's commands are evicted while the tag goes from channel to channel:
 * no command of the other channel is ever taken.
 */
struct eviction {
	struct stor_slot slot;
	atomic_t wrong;
	atomic_t taken;
	atomic_t stop;
};

static int evictor(void *data)
{
	struct eviction *e = data;

	while (!atomic_read(&e->stop)) {
		struct scsi_cmnd *cmd = stor_slot_evict(&e->slot, CHAN);

		if (cmd)
			atomic_inc(&e->taken);
		if (cmd && cmd != CMD(1))
			atomic_inc(&e->wrong);
		cond_resched();
	}
	return 0;
}

static void stor_id_test_evict_race(struct kunit *test)
{
	struct eviction *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);
	struct scsi_cmnd *cmd;
	struct task_struct *t;
	int i, kept = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, e);
	t = kthread_run(evictor, e, "stor_evict");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	get_task_struct(t);
	for (i = 0; i < 10 * ROUNDS; i++) {
		struct stor_chan *chan = i & 1 ? CHAN_B : CHAN;
		u32 gen = arm(&e->slot, i & 1 ? CMD(2) : CMD(1), chan);

		if (stor_slot_claim(&e->slot, gen, chan, &cmd) == STOR_CLAIMED)
			kept++;
		if (!(i % 64))
			cond_resched();
	}
	atomic_set(&e->stop, 1);
	kthread_stop(t);
	put_task_struct(t);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&e->wrong));
	KUNIT_EXPECT_EQ(test, 10 * ROUNDS, kept + atomic_read(&e->taken));
}

/* A period is the disk's, however short the command's own timer; each use begins anew. */
static void stor_id_test_overdue(struct kunit *test)
{
	struct stor_slot slot = {};
	u32 gen = arm(&slot, CMD(1), CHAN);
	unsigned int i;

	for (i = 1; i < 100; i++)
		KUNIT_EXPECT_EQ(test, i / 10, stor_slot_overdue(&slot, CMD(1), 10));
	KUNIT_EXPECT_EQ(test, 0u, stor_slot_overdue(&slot, CMD(2), 1));
	claim(&slot, gen);
	KUNIT_EXPECT_EQ(test, 0u, stor_slot_overdue(&slot, CMD(1), 1));
	gen = arm(&slot, CMD(1), CHAN);
	for (i = 1; i < 10; i++)
		KUNIT_EXPECT_EQ(test, i, stor_slot_overdue(&slot, CMD(1), 1));
	claim(&slot, gen);
}

static struct kunit_case stor_id_cases[] = {
	KUNIT_CASE(stor_id_test_round_trip),
	KUNIT_CASE(stor_id_test_answered_once),
	KUNIT_CASE(stor_id_test_late_answer),
	KUNIT_CASE(stor_id_test_invented),
	KUNIT_CASE(stor_id_test_tag_still_out),
	KUNIT_CASE(stor_id_test_wrap),
	KUNIT_CASE(stor_id_test_evict),
	KUNIT_CASE(stor_id_test_built_before_armed),
	KUNIT_CASE(stor_id_test_foreign_channel),
	KUNIT_CASE(stor_id_test_overdue),
	KUNIT_CASE(stor_id_test_race),
	KUNIT_CASE(stor_id_test_evict_race),
	{}
};

static struct kunit_suite stor_id_suite = {
	.name = "storvsc_id",
	.test_cases = stor_id_cases,
};
kunit_test_suite(stor_id_suite);
MODULE_LICENSE("GPL");
