// SPDX-License-Identifier: GPL-2.0-only
/*
 * Daemons of two services and of a service that is there twice: a message of the connector
 * reaches the first of its service, which cannot go while it is at work, and no other.
 *
 * Kernel only: it runs node.c itself.
 */
#include <kunit/test.h>
#include "daemon.h"
#include "../../hv_utils/node.c"

static struct {
	struct dmn *to;
	unsigned int times, kept, alone;
} node_got;

int dmn_input(struct dmn *dmn, enum dmn_way way, const void *msg, u32 len)
{
	node_got.to = dmn;
	node_got.times++;
	/* who removes the service waits for the list's lock first */
	node_got.kept += mutex_is_locked(&node_lock);
	node_got.alone += mutex_is_locked(&dmn->ic->lock);
	return 0;
}

static const struct dmn_ops node_kvp = { .node = "hv_kvp", .connector = { 9, 1 } };
static const struct dmn_ops node_vss = { .node = "hv_vss", .connector = { 10, 1 } };

static struct dmn *node_new(struct kunit *test, const struct dmn_ops *ops)
{
	struct dmn *dmn = kunit_kzalloc(test, sizeof(*dmn), GFP_KERNEL);
	struct ic *ic = kunit_kzalloc(test, sizeof(*ic), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dmn);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ic);
	mutex_init(&ic->lock);
	dmn->ic = ic;
	dmn->ops = ops;
	node_claim(dmn);
	return dmn;
}

static void node_names(struct kunit *test)
{
	struct dmn *first = node_new(test, &node_kvp), *second = node_new(test, &node_kvp);
	struct dmn *other = node_new(test, &node_vss), *again;

	KUNIT_EXPECT_STREQ(test, first->node, "vmbus/hv_kvp");
	KUNIT_EXPECT_STREQ(test, second->node, "vmbus/hv_kvp1");
	KUNIT_EXPECT_STREQ(test, other->node, "vmbus/hv_vss");
	node_release(first);
	again = node_new(test, &node_kvp);
	KUNIT_EXPECT_STREQ(test, again->node, "vmbus/hv_kvp");
	node_release(again);
	node_release(second);
	node_release(other);
}

static void node_messages(struct kunit *test)
{
	struct dmn *first = node_new(test, &node_kvp), *second = node_new(test, &node_kvp);
	struct dmn *other = node_new(test, &node_vss);
	const struct cb_id unknown = { 11, 1 };

	memset(&node_got, 0, sizeof(node_got));
	node_input(&node_kvp.connector, "x", 1);
	KUNIT_EXPECT_PTR_EQ(test, node_got.to, first);
	node_input(&node_vss.connector, "x", 1);
	KUNIT_EXPECT_PTR_EQ(test, node_got.to, other);
	KUNIT_EXPECT_EQ(test, 2u, node_got.times);
	KUNIT_EXPECT_EQ(test, 2u, node_got.kept);
	KUNIT_EXPECT_EQ(test, 2u, node_got.alone);
	node_input(&unknown, "x", 1);
	node_release(first);
	node_input(&node_kvp.connector, "x", 1);	/* the second one does not listen */
	KUNIT_EXPECT_EQ(test, 2u, node_got.times);
	node_release(second);
	node_release(other);
}

static struct kunit_case node_cases[] = {
	KUNIT_CASE(node_names),
	KUNIT_CASE(node_messages),
	{}
};

static struct kunit_suite node_suite = {
	.name = "utils_node",
	.test_cases = node_cases,
};

kunit_test_suite(node_suite);
