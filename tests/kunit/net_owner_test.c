// SPDX-License-Identifier: GPL-2.0-only
/*
 * One hand-over of a request between its sender and its completion: two actors, all
 * orders in which their steps can follow one another.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "owner.h"

#define TRIES	3

/* What an actor does, one step at a time. */
struct actor {
	bool sends;		/* else it completes */
	bool fails;		/* its packet never goes out */
	u32 try[TRIES];		/* generations that it completes, in turn */
	unsigned int turns;	/* packets to send, or ids to complete */

	unsigned int at, turn;
	bool holds;
	u32 gen;
};

/* All that changes, so that a copy of it is a point to go on from. */
struct world {
	struct nv_owner owner;
	unsigned int request;	/* what the slot says; 0 = nothing */
	unsigned int made, ended, lost, wrong;
	struct actor actor[2];
};

static bool over(const struct actor *a)
{
	return a->turn == a->turns;
}

static void next_turn(struct actor *a)
{
	a->at = 0;
	a->turn++;
}

/* Whoever holds the slot ends the request that is in it. */
static void end(struct world *w)
{
	w->wrong += !w->request;
	w->request = 0;
	w->ended++;
}

static void send_step(struct world *w, struct actor *a)
{
	switch (a->at++) {
	case 0:
		a->holds = nv_owner_hold(&w->owner);
		if (!a->holds)
			next_turn(a);	/* all in use: the stack would wait */
		break;
	case 1:
		w->wrong += w->request != 0;
		w->request = ++w->made;
		a->gen = nv_owner_next(&w->owner);
		break;
	case 2:
		a->holds = false;
		nv_owner_give(&w->owner);
		if (!a->fails)
			next_turn(a);
		break;
	case 3:			/* the packet did not go out */
		a->holds = nv_owner_take(&w->owner, a->gen);
		if (a->holds)
			break;
		w->lost++;
		next_turn(a);
		break;
	case 4:
		end(w);
		break;
	case 5:
		a->holds = false;
		nv_owner_release(&w->owner);
		next_turn(a);
		break;
	}
}

static void complete_step(struct world *w, struct actor *a)
{
	switch (a->at++) {
	case 0:
		a->holds = nv_owner_take(&w->owner, a->try[a->turn]);
		if (!a->holds)
			next_turn(a);
		break;
	case 1:
		end(w);
		break;
	case 2:
		a->holds = false;
		nv_owner_release(&w->owner);
		next_turn(a);
		break;
	}
}

static void step(struct world *w, struct actor *a)
{
	if (a->sends)
		send_step(w, a);
	else
		complete_step(w, a);
	w->wrong += w->actor[0].holds && w->actor[1].holds;
}

/* At the end each request was ended once, or is with the host, and then it can be had. */
static bool ended_well(struct world *w)
{
	if (w->wrong || w->ended > w->made)
		return false;
	if (w->ended == w->made)
		return !w->request && !nv_owner_take_left(&w->owner) &&
		       nv_owner_hold(&w->owner);
	return w->made == w->ended + 1 && w->request && !nv_owner_hold(&w->owner) &&
	       nv_owner_take_left(&w->owner) && !nv_owner_take_left(&w->owner);
}

struct tally {
	unsigned int orders, bad, lost, left;
};

static void walk(const struct world *w, struct tally *t)
{
	struct world next;
	unsigned int i;

	if (over(&w->actor[0]) && over(&w->actor[1])) {
		next = *w;
		t->orders++;
		t->lost += w->lost;
		t->left += w->made != w->ended;
		t->bad += !ended_well(&next);
		return;
	}
	for (i = 0; i < 2; i++) {
		if (over(&w->actor[i]))
			continue;
		next = *w;
		step(&next, &next.actor[i]);
		walk(&next, t);
	}
}

static struct tally all_orders(struct kunit *test, const struct actor *a,
			       const struct actor *b, u32 word)
{
	struct world w = { .owner.word = word, .actor = { *a, *b } };
	struct tally t = {};

	walk(&w, &t);
	KUNIT_EXPECT_EQ(test, t.bad, 0u);
	KUNIT_EXPECT_GT(test, t.orders, 20u);
	return t;
}

static const struct actor sender = { .sends = true, .turns = 2 };
static const struct actor failing = { .sends = true, .fails = true, .turns = 2 };
/* the ids to come, each of them once, one twice, one never given out */
static const struct actor guesses = { .try = { 1, 2, 1 }, .turns = 3 };
static const struct actor repeats = { .try = { 1, 1, 7 }, .turns = 3 };

/* A host that completes ids before it has the packet, and twice. */
static void owner_send_and_complete(struct kunit *test)
{
	struct tally t = all_orders(test, &sender, &guesses, 0);

	KUNIT_EXPECT_GT(test, t.left, 0u);
	KUNIT_EXPECT_GT(test, t.orders, t.left);
	all_orders(test, &sender, &repeats, 0);
}

/* The packet does not go out, and the host has completed it all the same. */
static void owner_not_sent_but_completed(struct kunit *test)
{
	struct tally t = all_orders(test, &failing, &guesses, 0);

	KUNIT_EXPECT_GT(test, t.lost, 0u);
	KUNIT_EXPECT_EQ(test, t.left, 0u);
	all_orders(test, &failing, &repeats, 0);
}

/* Control messages: two senders want one slot. */
static void owner_two_senders(struct kunit *test)
{
	struct tally t = all_orders(test, &failing, &failing, 0);

	KUNIT_EXPECT_EQ(test, t.lost, 0u);
	all_orders(test, &sender, &failing, 0);
}

/* Two processors complete one id. */
static void owner_two_completions(struct kunit *test)
{
	struct nv_owner o = {};
	struct actor once = { .try = { 1 }, .turns = 1 };
	struct world w = { .request = 1, .made = 1, .actor = { once, once } };
	struct tally t = {};

	KUNIT_ASSERT_TRUE(test, nv_owner_hold(&o));
	nv_owner_give(&o);
	w.owner = o;
	walk(&w, &t);
	KUNIT_EXPECT_EQ(test, t.bad, 0u);
	KUNIT_EXPECT_EQ(test, t.left, 0u);
}

/* Each state refuses what does not belong there, and stays. */
static void owner_refusals(struct kunit *test)
{
	struct nv_owner o = {};
	u32 gen;

	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, 0));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, 1));
	KUNIT_EXPECT_FALSE(test, nv_owner_take_left(&o));
	KUNIT_ASSERT_TRUE(test, nv_owner_hold(&o));
	gen = nv_owner_next(&o);
	KUNIT_EXPECT_EQ(test, gen, 1u);
	KUNIT_EXPECT_FALSE(test, nv_owner_hold(&o));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen - 1));
	KUNIT_EXPECT_FALSE(test, nv_owner_take_left(&o));
	nv_owner_give(&o);
	KUNIT_EXPECT_FALSE(test, nv_owner_hold(&o));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen - 1));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen + 1));
	KUNIT_EXPECT_TRUE(test, nv_owner_take(&o, gen));
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen));
	KUNIT_EXPECT_FALSE(test, nv_owner_hold(&o));
	nv_owner_release(&o);
	KUNIT_EXPECT_FALSE(test, nv_owner_take(&o, gen));
	KUNIT_EXPECT_TRUE(test, nv_owner_hold(&o));
	KUNIT_EXPECT_EQ(test, nv_owner_next(&o), gen + 1);
}

/* The generation has the 24 bits that an id has for it. */
static void owner_wrap(struct kunit *test)
{
	struct nv_owner o = { .word = (NV_OWNER_GENS - 2) << 2 };
	u32 want;

	for (want = NV_OWNER_GENS - 1; want != 2; want = (want + 1) % NV_OWNER_GENS) {
		KUNIT_ASSERT_TRUE(test, nv_owner_hold(&o));
		KUNIT_EXPECT_EQ(test, nv_owner_next(&o), want);
		nv_owner_give(&o);
		KUNIT_EXPECT_TRUE(test, nv_owner_take(&o, want));
		nv_owner_release(&o);
	}
}

#define ROUNDS	20000

struct race {
	struct nv_owner owner;
	atomic_t gen, won, stop;
};

/* Completes whatever is out, as a host does that floods. */
static int racer(void *data)
{
	struct race *r = data;

	while (!atomic_read(&r->stop)) {
		if (nv_owner_take(&r->owner, atomic_read(&r->gen))) {
			atomic_inc(&r->won);
			nv_owner_release(&r->owner);
		}
		cond_resched();
	}
	return 0;
}

/* In earnest: each packet is ended once, by the sender or by one of two others. */
static void owner_race(struct kunit *test)
{
	struct race *r = kunit_kzalloc(test, sizeof(*r), GFP_KERNEL);
	int i, mine = 0, given = 0;
	struct task_struct *t[2];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, r);
	for (i = 0; i < 2; i++) {
		t[i] = kthread_run(racer, r, "completer/%d", i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t[i]);
		get_task_struct(t[i]);
	}
	for (i = 0; i < ROUNDS; i++) {
		u32 gen;

		if (!nv_owner_hold(&r->owner)) {
			cond_resched();
			continue;
		}
		gen = nv_owner_next(&r->owner);
		atomic_set(&r->gen, gen);
		nv_owner_give(&r->owner);
		given++;
		if (i % 64 == 0)
			cond_resched();
		if (nv_owner_take(&r->owner, gen)) {
			mine++;
			nv_owner_release(&r->owner);
		}
	}
	atomic_set(&r->stop, 1);
	for (i = 0; i < 2; i++) {
		kthread_stop(t[i]);
		put_task_struct(t[i]);
	}
	KUNIT_EXPECT_EQ(test, mine + atomic_read(&r->won), given);
	KUNIT_EXPECT_GT(test, given, 0);
	KUNIT_EXPECT_TRUE(test, nv_owner_hold(&r->owner));
}

static struct kunit_case owner_cases[] = {
	KUNIT_CASE(owner_send_and_complete),
	KUNIT_CASE(owner_not_sent_but_completed),
	KUNIT_CASE(owner_two_senders),
	KUNIT_CASE(owner_two_completions),
	KUNIT_CASE(owner_refusals),
	KUNIT_CASE(owner_wrap),
	KUNIT_CASE(owner_race),
	{}
};

static struct kunit_suite owner_suite = {
	.name = "netvsc_owner",
	.test_cases = owner_cases,
};
kunit_test_suite(owner_suite);
MODULE_LICENSE("GPL");
