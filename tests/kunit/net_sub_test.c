// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sub-channels that are offered when the connection is about to go, when it has enough, and
 * when it wants them: who opens one keeps the connection meanwhile.
 *
 * Kernel only: it runs subchan.c itself, with queues that count.
 */
#include <kunit/test.h>
#include <linux/slab.h>

#define vmbus_close			sub_test_close
#define vmbus_set_sc_create_callback	sub_test_set_create
#include "netvsc.h"

#define SUBS	2

static struct {
	unsigned int opened, freed, orphans, kept;
	int openers, openers_at_orphan;
	int open_error;
	bool abandon;		/* nobody waits any more by the time it is open */
} sub_did;

int nv_queue_open(struct nv_queue *q, struct vmbus_channel *chan)
{
	sub_did.opened++;
	/* that of who offers it, and that of who builds the connection */
	sub_did.kept += kref_read(&q->conn->ref) == 2;
	sub_did.openers = atomic_read(&q->conn->nv->openers);
	q->chan = chan;
	q->opened = !sub_did.open_error;
	q->abandoned = sub_did.abandon;
	return sub_did.open_error;
}

void nv_queue_stop(struct nv_queue *q)
{
	q->opened = false;
}

void nv_queue_orphan(struct nv_queue *q)
{
	sub_did.orphans++;
	sub_did.openers_at_orphan = atomic_read(&q->conn->nv->openers);
}

void nv_queue_free(struct nv_queue *q)
{
	sub_did.freed++;
}

void nv_queue_move(struct nv_queue *q, u32 index)
{
	q->index = index;
}

static void sub_release(struct kref *ref)
{
}

void nv_conn_put(struct nv_conn *conn)
{
	kref_put(&conn->ref, sub_release);
}

void nv_conn_lock(struct nv_conn *conn)
{
}

void nv_conn_unlock(struct nv_conn *conn)
{
}

unsigned int nv_wait_limit(const struct nv_conn *conn)
{
	return 1;
}

int nv_nvsp_request(struct nv_conn *conn, struct hv_nvsp *m, u32 want, u32 least)
{
	return -ETIMEDOUT;
}

void nv_send_table_map(struct nv_conn *conn)
{
}

void vmbus_close(struct vmbus_channel *channel)
{
}

void vmbus_set_sc_create_callback(struct vmbus_channel *channel,
				  void (*created)(struct vmbus_channel *sub))
{
}

#include "../../netvsc/subchan.c"

struct sub_test {
	struct nv nv;
	struct net_device ndev;
	struct vmbus_channel primary, sub[SUBS + 1];
	struct nv_queue queue[1 + SUBS];
};

/* A connection with one queue that would have SUBS more. */
static struct nv_conn *sub_conn(struct kunit *test, struct sub_test **to)
{
	struct nv_conn *conn = kunit_kzalloc(test, struct_size(conn, queue, 1 + SUBS), GFP_KERNEL);
	struct sub_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, conn);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	memset(&sub_did, 0, sizeof(sub_did));
	t->nv.ndev = &t->ndev;
	conn->nv = &t->nv;
	kref_init(&conn->ref);
	spin_lock_init(&conn->sub_lock);
	init_waitqueue_head(&conn->sub_wait);
	conn->nqueues = 1;
	conn->nalloc = 1 + SUBS;
	for (i = 0; i <= SUBS; i++) {
		t->queue[i].conn = conn;
		t->queue[i].index = i;
		conn->queue[i] = &t->queue[i];
		t->sub[i].primary_channel = &t->primary;
	}
	set_per_channel_state(&t->primary, conn);
	nv_sub_accept(conn, SUBS);
	*to = t;
	return conn;
}

static void sub_offered(struct kunit *test)
{
	struct sub_test *t;
	struct nv_conn *conn = sub_conn(test, &t);
	unsigned int i;

	for (i = 0; i <= SUBS; i++)		/* one too many */
		nv_subchannel_offered(&t->sub[i]);
	KUNIT_EXPECT_EQ(test, (u32)SUBS, sub_did.opened);
	KUNIT_EXPECT_EQ(test, (u32)SUBS, sub_did.kept);
	KUNIT_EXPECT_EQ(test, 1u + SUBS, conn->nqueues);
	KUNIT_EXPECT_EQ(test, 1u, kref_read(&conn->ref));
}

/* Who gives a late queue to the device's orphans finds the device, which then goes on. */
static void sub_device_waits(struct kunit *test)
{
	struct sub_test *t;

	sub_conn(test, &t);
	sub_did.abandon = true;
	nv_subchannel_offered(&t->sub[0]);
	KUNIT_EXPECT_EQ(test, 1, sub_did.openers);
	KUNIT_EXPECT_EQ(test, 1, sub_did.openers_at_orphan);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&t->nv.openers));
	nv_openers_wait(&t->nv);
}

/* Its memory is there until RCU is not read any more, and nobody may use it. */
static void sub_offered_to_what_goes(struct kunit *test)
{
	struct sub_test *t;
	struct nv_conn *conn = sub_conn(test, &t);

	nv_conn_put(conn);
	nv_subchannel_offered(&t->sub[0]);
	KUNIT_EXPECT_EQ(test, 0u, sub_did.opened);
	KUNIT_EXPECT_EQ(test, 0u, kref_read(&conn->ref));
	set_per_channel_state(&t->primary, NULL);
	nv_subchannel_offered(&t->sub[0]);
	KUNIT_EXPECT_EQ(test, 0u, sub_did.opened);
}

/* Nobody waited until it was open: it is closed again, and whoever has RTNL next frees it. */
static void sub_opened_too_late(struct kunit *test)
{
	struct sub_test *t;
	struct nv_conn *conn = sub_conn(test, &t);

	sub_did.abandon = true;
	nv_subchannel_offered(&t->sub[0]);
	KUNIT_EXPECT_EQ(test, 1u, sub_did.orphans);
	KUNIT_EXPECT_EQ(test, 0u, sub_did.freed);
	KUNIT_EXPECT_FALSE(test, t->queue[1].opened);
	KUNIT_EXPECT_EQ(test, 1u, conn->nqueues);
}

/* The queues that can be used move to the front, the others go. */
static void sub_compacted(struct kunit *test)
{
	struct sub_test *t;
	struct nv_conn *conn = sub_conn(test, &t);

	sub_did.open_error = -EAGAIN;
	nv_subchannel_offered(&t->sub[0]);
	sub_did.open_error = 0;
	nv_subchannel_offered(&t->sub[1]);
	nv_sub_compact(conn);
	KUNIT_EXPECT_EQ(test, 1u, sub_did.freed);
	KUNIT_EXPECT_EQ(test, 2u, conn->nqueues);
	KUNIT_EXPECT_PTR_EQ(test, conn->queue[1], &t->queue[2]);
	KUNIT_EXPECT_EQ(test, 1u, t->queue[2].index);
}

static struct kunit_case sub_cases[] = {
	KUNIT_CASE(sub_offered),
	KUNIT_CASE(sub_offered_to_what_goes),
	KUNIT_CASE(sub_device_waits),
	KUNIT_CASE(sub_opened_too_late),
	KUNIT_CASE(sub_compacted),
	{}
};

static struct kunit_suite sub_suite = {
	.name = "netvsc_sub",
	.test_cases = sub_cases,
};

kunit_test_suite(sub_suite);
