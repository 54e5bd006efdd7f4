// SPDX-License-Identifier: GPL-2.0-only
/* Control messages: which are let through, and what is said of the others. */
#include <kunit/test.h>
#include <linux/string.h>

#include "dispatch.h"
#include "params.h"

static void handler(struct vmbus *bus, const void *msg, size_t len)
{
}

/* A table in the manner of the bus, small enough to see all of it. */
static const struct vmbus_msg_entry table[] = {
	[1] = { .min_size = 196, .phases = VMBUS_PHASE_UP, .handler = handler },
	[2] = { .min_size = 12, .phases = VMBUS_PHASE_UP, .handler = handler },
	/* 3 is not for a guest */
	[4] = { .min_size = 16, .phases = VMBUS_PHASE_CONTACT, .handler = handler },
	[5] = { .min_size = 8, .phases = VMBUS_PHASE_UP | VMBUS_PHASE_UNLOAD,
		.handler = handler },
	[6] = { .min_size = 16, .phases = VMBUS_PHASE_UP,
		.min_version = VERSION_WIN10_V5_3, .handler = handler },
	[7] = { .phases = VMBUS_PHASE_UP, .handler = handler },
};

struct message {
	const char *name;
	u32 type;
	u32 len;
	enum vmbus_phase phase;
	u32 version;
	enum vmbus_err want;
};

static const struct message messages[] = {
	{ "exact length", 1, 196, VMBUS_PHASE_UP, VERSION_WIN10, VERR_COUNT },
	{ "rounded up", 2, 16, VMBUS_PHASE_UP, VERSION_WIN10, VERR_COUNT },
	{ "longest", 2, 240, VMBUS_PHASE_UP, VERSION_WIN10, VERR_COUNT },
	{ "before the version", 4, 16, VMBUS_PHASE_CONTACT, 0, VERR_COUNT },
	{ "one of two phases", 5, 8, VMBUS_PHASE_UP, VERSION_WIN10, VERR_COUNT },
	{ "the other phase", 5, 8, VMBUS_PHASE_UNLOAD, VERSION_WIN10, VERR_COUNT },
	{ "new enough", 6, 16, VMBUS_PHASE_UP, VERSION_WIN10_V5_3, VERR_COUNT },
	{ "nothing", 1, 0, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "half a header", 2, 4, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "a byte short of a header", 5, 7, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "header alone", 2, 8, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "a byte short", 1, 195, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "too long", 2, 241, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "far too long", 2, 0xffffffff, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_SIZE },
	{ "type 0", 0, 240, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_TYPE },
	{ "not for a guest", 3, 240, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_TYPE },
	{ "nothing but a header", 7, 8, VMBUS_PHASE_UP, VERSION_WIN10, VERR_COUNT },
	{ "one past the table", 8, 240, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_TYPE },
	{ "type all ones", 0xffffffff, 240, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_TYPE },
	{ "offer before contact", 1, 196, VMBUS_PHASE_DOWN, 0, VERR_MSG_STATE },
	{ "offer in contact", 1, 196, VMBUS_PHASE_CONTACT, 0, VERR_MSG_STATE },
	{ "contact when up", 4, 16, VMBUS_PHASE_UP, VERSION_WIN10, VERR_MSG_STATE },
	{ "offer in unload", 1, 196, VMBUS_PHASE_UNLOAD, VERSION_WIN10, VERR_MSG_STATE },
	{ "version too old", 6, 16, VMBUS_PHASE_UP, VERSION_WIN10_V5_2, VERR_MSG_STATE },
};

KUNIT_ARRAY_PARAM_DESC(messages, messages, name);

static void dispatch_check_judges(struct kunit *test)
{
	const struct message *m = test->param_value;
	const struct vmbus_msg_entry *found = NULL;
	u32 *msg = kunit_kzalloc(test, 256, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	msg[0] = m->type;
	KUNIT_EXPECT_EQ(test, m->want,
			vmbus_dispatch_check(table, ARRAY_SIZE(table), msg, m->len,
					     m->phase, m->version, &found));
	if (m->want == VERR_COUNT)
		KUNIT_EXPECT_PTR_EQ(test, &table[m->type], found);
	else
		KUNIT_EXPECT_PTR_EQ(test, (const struct vmbus_msg_entry *)NULL, found);
}

/* The header is not read from a message too short to have one. */
static void dispatch_check_reads_no_further(struct kunit *test)
{
	const struct vmbus_msg_entry *found;
	u8 *msg = kunit_kzalloc(test, 4, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	KUNIT_EXPECT_EQ(test, VERR_MSG_SIZE,
			vmbus_dispatch_check(table, ARRAY_SIZE(table), msg, 4,
					     VMBUS_PHASE_UP, VERSION_WIN10, &found));
}

static struct kunit_case dispatch_cases[] = {
	KUNIT_CASE_PARAM(dispatch_check_judges, messages_gen_params),
	KUNIT_CASE(dispatch_check_reads_no_further),
	{}
};

static struct kunit_suite dispatch_suite = {
	.name = "vmbus_dispatch",
	.test_cases = dispatch_cases,
};

kunit_test_suite(dispatch_suite);
