// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a queue's poll does for sending: frames of programs whose completions netpoll has read go
 * back in a real poll, and a queue that waits for room has asked the host for it.
 *
 * Kernel only: it runs tx_done.c itself, with a queue whose ring is memory.
 */
#include <kunit/test.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define xdp_return_frame	done_test_return_frame
#define nv_tx_usable		done_test_usable
#include "netvsc.h"

static unsigned int done_returned;

void xdp_return_frame(struct xdp_frame *f)
{
	done_returned++;
}

#include "../../netvsc/tx_done.c"

#define DONE_SLOTS	4	/* one with a section */

struct done_test {
	struct nv nv;
	struct nv_conn conn;
	struct net_device *ndev;
	struct vmbus_channel chan;
	struct hv_ring_buffer *ring;
	struct nv_queue q;
	struct nv_tx_stats stats;
	struct nv_slot slot[DONE_SLOTS];
	u16 with[4], without[4];
};

static void done_retry(struct work_struct *work)
{
}

static int done_poll(struct napi_struct *napi, int budget)
{
	return 0;
}

static void done_channel(struct kunit *test, struct done_test *t)
{
	t->ring = kunit_kzalloc(test, sizeof(*t->ring) + PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->ring);
	t->chan.outbound.ring_buffer = t->ring;
	t->chan.outbound.ring_datasize = PAGE_SIZE;
	t->ring->feature_bits.feat_pending_send_sz = 1;
	t->q.chan = &t->chan;
}

static struct done_test *done_queue(struct kunit *test)
{
	struct done_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->ndev = alloc_etherdev(0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->ndev);
	done_returned = 0;
	t->nv.ndev = t->ndev;
	t->conn.nv = &t->nv;
	t->q.conn = &t->conn;
	t->q.tx_stats = &t->stats;
	u64_stats_init(&t->stats.sync);
	INIT_DELAYED_WORK(&t->q.retry, done_retry);
	/* not enabled, so nobody schedules it */
	netif_napi_add(t->ndev, &t->q.napi, done_poll);
	done_channel(test, t);
	t->q.tx.slot = t->slot;
	t->q.tx.slots = DONE_SLOTS;
	t->q.tx.sections = 1;
	t->q.tx.with = (struct nv_free){ .slot = t->with, .mask = 3 };
	t->q.tx.without = (struct nv_free){ .slot = t->without, .mask = 3 };
	return t;
}

static void done_end(struct done_test *t)
{
	cancel_delayed_work_sync(&t->q.retry);
	netif_napi_del(&t->q.napi);
	free_netdev(t->ndev);
}

/* The host has a program's frame by this slot, and completes it in a poll with that budget. */
static void done_frame(struct done_test *t, u32 slot, int budget)
{
	t->slot[slot].xdp = true;
	t->slot[slot].data = t;
	nv_owner_hold(&t->slot[slot].owner);
	t->q.budget = budget;
	nv_tx_completion(&t->q, nv_slot_give(&t->slot[slot], slot), NULL, 0);
	nv_tx_poll(&t->q);
}

static void done_in_a_poll(struct kunit *test)
{
	struct done_test *t = done_queue(test);

	done_frame(t, 1, 64);
	KUNIT_EXPECT_EQ(test, 1u, done_returned);
	KUNIT_EXPECT_EQ(test, 1u, nv_free_count(&t->q.tx.without));
	done_end(t);
}

/* Interrupts are off then, and whoever was interrupted may have the page pool's lock. */
static void done_in_netpoll(struct kunit *test)
{
	struct done_test *t = done_queue(test);
	u32 i;

	for (i = 0; i < 3; i++)
		done_frame(t, i, 0);
	KUNIT_EXPECT_EQ(test, 0u, done_returned);
	KUNIT_EXPECT_FALSE(test, nv_owner_hold(&t->slot[1].owner));
	t->q.budget = 64;
	nv_tx_poll(&t->q);
	KUNIT_EXPECT_EQ(test, 3u, done_returned);
	KUNIT_EXPECT_EQ(test, 1u, nv_free_count(&t->q.tx.with));
	KUNIT_EXPECT_EQ(test, 2u, nv_free_count(&t->q.tx.without));
	KUNIT_EXPECT_TRUE(test, nv_owner_hold(&t->slot[1].owner));
	nv_tx_poll(&t->q);
	KUNIT_EXPECT_EQ(test, 3u, done_returned);
	done_end(t);
}

/* Whatever else asks for room at the same ring has asked for less. */
static void done_asks_again(struct kunit *test)
{
	struct done_test *t = done_queue(test);

	t->q.budget = 64;
	t->q.tx.blocked = true;
	t->ring->write_index = PAGE_SIZE - 256;
	t->ring->pending_send_sz = 64;
	nv_tx_poll(&t->q);
	KUNIT_EXPECT_EQ(test, (u32)PAGE_SIZE / 4, t->ring->pending_send_sz);
	KUNIT_EXPECT_TRUE(test, delayed_work_pending(&t->q.retry));
	t->ring->pending_send_sz = 2 * PAGE_SIZE;
	nv_tx_poll(&t->q);
	KUNIT_EXPECT_EQ(test, 2 * (u32)PAGE_SIZE, t->ring->pending_send_sz);
	done_end(t);
}

static struct kunit_case done_cases[] = {
	KUNIT_CASE(done_in_a_poll),
	KUNIT_CASE(done_in_netpoll),
	KUNIT_CASE(done_asks_again),
	{}
};

static struct kunit_suite done_suite = {
	.name = "netvsc_done",
	.test_cases = done_cases,
};

kunit_test_suite(done_suite);
