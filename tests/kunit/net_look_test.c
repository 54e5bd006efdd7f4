// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a slot, whatever happens between any two of his looks at it, and when a list of
 * free slots can be seen: other copies of owner.h and free_list.c, in which somebody else comes
 * in before the n-th look.
 */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/module.h>

/* these copies' functions have names of their own */
#define nv_owner_hold		look_owner_hold
#define nv_owner_next		look_owner_next
#define nv_owner_give		look_owner_give
#define nv_owner_take		look_owner_take
#define nv_owner_take_left	look_owner_take_left
#define nv_owner_release	look_owner_release
#define nv_free_room		look_free_room
#define nv_free_fill		look_free_fill
#define nv_tx_sections		look_tx_sections
#include "../../netvsc/free_list.h"

#include "looks.h"
#include "../../netvsc/owner.h"
#include "../../netvsc/free_list.c"

static struct nv_owner owner;
static struct nv_free list;
static unsigned int looks, at;		/* so far; before which one somebody comes in */
static u32 gen;				/* of what is out */
static bool sends, theirs;		/* he holds the slot, or takes what is out; he got it */
static u32 seen;			/* slots of the list before the last look */

static void look(void)
{
	seen = list.put;
	if (++looks != at)
		return;
	theirs = sends ? nv_owner_hold(&owner) : nv_owner_take(&owner, gen);
	/* and the slot goes out again */
	if (theirs && !sends) {
		nv_owner_release(&owner);
		nv_owner_hold(&owner);
		nv_owner_give(&owner);
	}
}

static void begin(unsigned int n, bool sender)
{
	memset(&owner, 0, sizeof(owner));
	at = 0;
	if (!sender) {
		nv_owner_hold(&owner);
		gen = nv_owner_next(&owner);
		nv_owner_give(&owner);
	}
	sends = sender;
	theirs = false;
	looks = 0;
	at = n;
}

/* One of two has it, and there is a moment for the other to come in, or it is no one step. */
static void one_has_it(struct kunit *test, bool sender)
{
	unsigned int n, most = 1;
	bool came = false;

	for (n = 1; n <= most; n++) {
		bool ours;

		begin(n, sender);
		ours = sender ? nv_owner_hold(&owner) : nv_owner_take(&owner, gen);
		most = looks > most && !theirs ? looks : most;
		came |= theirs;
		KUNIT_EXPECT_EQ_MSG(test, 1, ours + theirs, "before look %u", n);
	}
	KUNIT_EXPECT_TRUE(test, came);
}

static void net_look_hold(struct kunit *test)
{
	one_has_it(test, true);
}

static void net_look_take(struct kunit *test)
{
	one_has_it(test, false);
}

/* Until the last step of its making a list has no slot that somebody could take. */
static void net_look_list(struct kunit *test)
{
	u16 slot[16];

	memset(&list, 0, sizeof(list));
	at = 0;
	seen = ~0U;
	nv_free_fill(&list, slot, 3, 9);
	KUNIT_EXPECT_EQ(test, 0U, seen);
	KUNIT_EXPECT_EQ(test, 9U, list.put);
}

static struct kunit_case net_look_cases[] = {
	KUNIT_CASE(net_look_hold),
	KUNIT_CASE(net_look_take),
	KUNIT_CASE(net_look_list),
	{}
};

static struct kunit_suite net_look_suite = {
	.name = "netvsc_look",
	.test_cases = net_look_cases,
};
kunit_test_suite(net_look_suite);
MODULE_LICENSE("GPL");
