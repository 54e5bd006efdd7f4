// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests to the host of a connection that is being built: once the time for all of them is
 * over, none is sent, and the host is not blamed for what it was not asked.
 *
 * Kernel only: it runs wait.c itself.
 */
#include <kunit/test.h>
#include <linux/etherdevice.h>

#define nv_wait_limit	wait_test_limit
#include "netvsc.h"

#include "../../netvsc/wait.c"

struct wait_test {
	struct nv nv;
	struct nv_conn conn;
	struct vmbus_channel chan;
};

static struct wait_test *wait_conn(struct kunit *test, long ms)
{
	struct wait_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->nv.ndev = alloc_etherdev(0);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t->nv.ndev);
	ratelimit_state_init(&t->nv.limit, 5 * HZ, 3);
	t->nv.deadline = jiffies + ms * HZ / 1000;
	t->conn.nv = &t->nv;
	t->conn.chan = &t->chan;
	mutex_init(&t->conn.request_lock);
	nv_wait_init(&t->conn.nvsp);
	return t;
}

static void wait_in_time(struct kunit *test)
{
	struct wait_test *t = wait_conn(test, 60000);

	KUNIT_EXPECT_EQ(test, 0, nv_request_begin(&t->conn));
	KUNIT_EXPECT_TRUE(test, mutex_is_locked(&t->conn.request_lock));
	mutex_unlock(&t->conn.request_lock);
	t->conn.dead = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, nv_request_begin(&t->conn));
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&t->conn.request_lock));
	free_netdev(t->nv.ndev);
}

static void wait_no_time_to_ask(struct kunit *test)
{
	struct wait_test *t = wait_conn(test, -1000);
	int ret = nv_request_begin(&t->conn);

	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, ret);
	if (!ret)
		mutex_unlock(&t->conn.request_lock);
	KUNIT_EXPECT_FALSE(test, mutex_is_locked(&t->conn.request_lock));
	free_netdev(t->nv.ndev);
}

static void wait_no_time_to_answer(struct kunit *test)
{
	struct wait_test *t = wait_conn(test, -1000);
	u32 reply;

	nv_wait_arm(&t->conn.nvsp, 1, 0, &reply, sizeof(reply));
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, nv_wait_for(&t->conn, &t->conn.nvsp, "a question"));
	KUNIT_EXPECT_EQ(test, (s64)0, (s64)atomic64_read(&t->nv.bad[NV_BAD_TIMEOUT]));
	KUNIT_EXPECT_FALSE(test, t->conn.silent);
	free_netdev(t->nv.ndev);
}

static struct kunit_case wait_cases[] = {
	KUNIT_CASE(wait_in_time),
	KUNIT_CASE(wait_no_time_to_ask),
	KUNIT_CASE(wait_no_time_to_answer),
	{}
};

static struct kunit_suite wait_suite = {
	.name = "netvsc_wait",
	.test_cases = wait_cases,
};

kunit_test_suite(wait_suite);
