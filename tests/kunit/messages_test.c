// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of the host's control messages against the numbers of the protocol, and
 * every message of every length in every phase and version against the table.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include "dispatch.h"

/* What the handlers do is not the matter here; weak, since others may bring the real ones. */
#define HANDLER(name)							\
void __weak name(struct vmbus *bus, const void *msg, size_t len)	\
{									\
}

HANDLER(vmbus_on_offer)
HANDLER(vmbus_on_rescind)
HANDLER(vmbus_on_offers_delivered)
HANDLER(vmbus_on_open_result)
HANDLER(vmbus_on_gpadl_created)
HANDLER(vmbus_on_gpadl_torndown)
HANDLER(vmbus_on_version_response)
HANDLER(vmbus_on_unload_response)
HANDLER(vmbus_on_tl_result)
HANDLER(vmbus_on_modify_response)

#define C	2	/* bits of a phase: down 1, contact 2, up 4, unload 8 */
#define U	4
#define X	8

/* Type, least length, phases, least version, whether it may have to wait. */
static const struct rule {
	u32 type, bytes, phases, version;
	bool may_sleep;
	void (*handler)(struct vmbus *bus, const void *msg, size_t len);
} rules[] = {
	{ 1, 196, U, 0, true, vmbus_on_offer },
	{ 2, 12, U, 0, true, vmbus_on_rescind },
	{ 4, 8, U, 0, true, vmbus_on_offers_delivered },
	{ 6, 20, U, 0, false, vmbus_on_open_result },
	{ 10, 20, U, 0, false, vmbus_on_gpadl_created },
	{ 12, 12, U, 0, false, vmbus_on_gpadl_torndown },
	{ 15, 16, C | U, 0, false, vmbus_on_version_response },
	{ 17, 8, X, 0, false, vmbus_on_unload_response },
	{ 23, 44, U, 0x40001, false, vmbus_on_tl_result },
	{ 24, 16, U, 0x50003, false, vmbus_on_modify_response },
};

static const u32 versions[] = {
	0, 0x20004, 0x30000, 0x40000, 0x40001, 0x50000, 0x50001, 0x50002, 0x50003,
};

static const struct rule *rule_of(u32 type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rules); i++) {
		if (rules[i].type == type)
			return &rules[i];
	}
	return NULL;
}

static enum vmbus_err wanted(u32 type, u32 len, u32 phase, u32 version)
{
	const struct rule *r = rule_of(type);

	if (len < 8 || len > 240)
		return VERR_MSG_SIZE;
	if (!r)
		return VERR_MSG_TYPE;
	if (len < r->bytes)
		return VERR_MSG_SIZE;
	if (!(r->phases & phase) || version < r->version)
		return VERR_MSG_STATE;
	return VERR_COUNT;
}

static enum vmbus_err judged(u32 *msg, u32 type, u32 len, u32 phase, u32 version,
			     const struct vmbus_msg_entry **e)
{
	*e = NULL;
	msg[0] = type;
	return vmbus_dispatch_check(vmbus_messages, CHANNELMSG_COUNT, msg, len, phase, version, e);
}

static void messages_every_one_in_every_state(struct kunit *test)
{
	u32 *msg = kunit_kzalloc(test, 256, GFP_KERNEL);
	const struct vmbus_msg_entry *e;
	u32 type, len, phase, v;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	for (type = 0; type < 40; type++)
		for (len = 0; len <= 241; len++)
			for (phase = 1; phase <= X; phase <<= 1)
				for (v = 0; v < ARRAY_SIZE(versions); v++)
					if (judged(msg, type, len, phase, versions[v], &e) !=
					    wanted(type, len, phase, versions[v]))
						KUNIT_FAIL(test, "type %u, %u bytes, phase %u, %#x",
							   type, len, phase, versions[v]);
}

static void messages_types_far_out(struct kunit *test)
{
	static const u32 types[] = { 40, 255, 256, 65536 + 1, 0x7fffffff, 0x80000001, 0xffffffff };
	u32 *msg = kunit_kzalloc(test, 256, GFP_KERNEL);
	const struct vmbus_msg_entry *e;
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		KUNIT_EXPECT_EQ(test, VERR_MSG_TYPE, judged(msg, types[i], 240, U, 0x50003, &e));
		KUNIT_EXPECT_TRUE(test, !e);
	}
}

static void rule_name(const struct rule *r, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "type %u", r->type);
}

KUNIT_ARRAY_PARAM(rules, rules, rule_name);

/* The right handler, in a context in which it may do what it does. */
static void messages_go_to_their_handler(struct kunit *test)
{
	const struct rule *r = test->param_value;
	u32 *msg = kunit_kzalloc(test, 256, GFP_KERNEL);
	const struct vmbus_msg_entry *e;
	u32 phase = r->phases & U ?: X;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	KUNIT_ASSERT_EQ(test, VERR_COUNT, judged(msg, r->type, r->bytes, phase, 0x50003, &e));
	KUNIT_EXPECT_PTR_EQ(test, r->handler, e->handler);
	KUNIT_EXPECT_EQ(test, r->may_sleep, e->context == MSG_WORK);
}

static struct kunit_case messages_cases[] = {
	KUNIT_CASE(messages_every_one_in_every_state),
	KUNIT_CASE(messages_types_far_out),
	KUNIT_CASE_PARAM(messages_go_to_their_handler, rules_gen_params),
	{}
};

static struct kunit_suite messages_suite = {
	.name = "vmbus_messages",
	.test_cases = messages_cases,
};

kunit_test_suite(messages_suite);
