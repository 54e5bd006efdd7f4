// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sub-channel that the host takes back: it is closed before anything that the host had there
 * is given back, and nobody finds it any more by then.
 *
 * Kernel only: it runs sub_gone.c itself, with a queue whose parts count.
 */
#include <kunit/test.h>
#include <linux/etherdevice.h>
#include <linux/slab.h>

#define vmbus_close	gone_test_close
#include "netvsc.h"

/* What happened, in its order. */
static struct {
	unsigned int now, read, quiet, closed, abandoned;
	bool found;	/* by others, as it is closed */
	bool usable;
	struct nv_queue *q;
} gone_did;

void nv_queue_quiet(struct nv_queue *q)
{
	gone_did.quiet = ++gone_did.now;
}

void vmbus_close(struct vmbus_channel *channel)
{
	gone_did.closed = ++gone_did.now;
	gone_did.found = gone_did.q->chan;
}

u32 nv_tx_abandon(struct nv_queue *q)
{
	gone_did.abandoned = ++gone_did.now;
	return 3;
}

bool nv_tx_usable(const struct nv_queue *q)
{
	return gone_did.usable;
}

#include "../../netvsc/sub_gone.c"

struct gone_test {
	struct nv nv;
	struct nv_conn conn;
	struct net_device *ndev;
	struct vmbus_channel chan;
	struct nv_tx_stats stats;
	struct nv_slot slot[2];
	struct nv_queue q;
	struct delayed_work poll;
};

/* Its NAPI, which reads the last completions. */
static void gone_poll(struct work_struct *work)
{
	struct gone_test *t = container_of(to_delayed_work(work), struct gone_test, poll);

	gone_did.read = ++gone_did.now;
	complete_all(&t->q.drained);
}

static struct gone_test *gone_queue(struct kunit *test)
{
	struct gone_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->ndev = alloc_etherdev(0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->ndev);
	memset(&gone_did, 0, sizeof(gone_did));
	gone_did.q = &t->q;
	t->nv.ndev = t->ndev;
	t->conn.nv = &t->nv;
	t->q.conn = &t->conn;
	t->q.chan = &t->chan;
	t->q.tx_stats = &t->stats;
	t->q.tx.slot = t->slot;
	t->q.opened = true;
	u64_stats_init(&t->stats.sync);
	INIT_WORK(&t->q.gone_work, nv_queue_gone);
	init_completion(&t->q.drained);
	INIT_DELAYED_WORK(&t->poll, gone_poll);
	schedule_delayed_work(&t->poll, 1);
	return t;
}

static void gone_end(struct gone_test *t)
{
	flush_delayed_work(&t->poll);
	free_netdev(t->ndev);
}

static void gone_closed_first(struct kunit *test)
{
	struct gone_test *t = gone_queue(test);

	nv_queue_gone(&t->q.gone_work);
	KUNIT_EXPECT_EQ(test, 1u, gone_did.read);
	KUNIT_EXPECT_EQ(test, 2u, gone_did.quiet);
	KUNIT_EXPECT_EQ(test, 3u, gone_did.closed);
	KUNIT_EXPECT_EQ(test, 4u, gone_did.abandoned);
	KUNIT_EXPECT_FALSE(test, gone_did.found);
	KUNIT_EXPECT_EQ(test, (u64)3, u64_stats_read(&t->stats.abandoned));
	gone_end(t);
}

/* A train that nobody will send any more: its slot is free, and the queue does not wait. */
static void gone_drops_train(struct kunit *test)
{
	struct gone_test *t = gone_queue(test);

	t->q.tx.train.slot = 1;
	t->q.tx.train.open = nv_owner_hold(&t->slot[1].owner);
	t->q.tx.blocked = true;
	nv_queue_gone(&t->q.gone_work);
	KUNIT_EXPECT_FALSE(test, t->q.tx.train.open);
	KUNIT_EXPECT_FALSE(test, t->q.tx.blocked);
	KUNIT_EXPECT_TRUE(test, nv_owner_hold(&t->slot[1].owner));
	gone_end(t);
}

/* Told twice, or of one that was stopped meanwhile. */
static void gone_once(struct kunit *test)
{
	struct gone_test *t = gone_queue(test);

	nv_queue_gone(&t->q.gone_work);
	nv_queue_gone(&t->q.gone_work);
	KUNIT_EXPECT_EQ(test, 4u, gone_did.now);
	gone_end(t);
}

static struct kunit_case gone_cases[] = {
	KUNIT_CASE(gone_closed_first),
	KUNIT_CASE(gone_drops_train),
	KUNIT_CASE(gone_once),
	{}
};

static struct kunit_suite gone_suite = {
	.name = "netvsc_gone",
	.test_cases = gone_cases,
};

kunit_test_suite(gone_suite);
