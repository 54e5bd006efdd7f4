// SPDX-License-Identifier: GPL-2.0-only
/*
 * Signals to the host: whatever it said of a channel, and even when the channel has no
 * number any more, no word but the channel's own is written.
 *
 * Kernel only: it runs signal.c itself.
 */
#include <kunit/test.h>
#include "vmbus_priv.h"

/* no tracepoints, and a hypervisor that counts */
#define _HV_VMBUS_TRACE_H
#define trace_vmbus_setevent(ch)	((void)(ch))
static unsigned int hypercalls;
#define hv_signal_event(id)		((void)(id), hypercalls++)

static struct vmbus_connection signal_connection;
static void signal_set_event(struct vmbus_channel *channel);
static void signal_setevent(struct vmbus_channel *channel);
#define vmbus_connection	signal_connection
#define vmbus_set_event		signal_set_event
#define vmbus_setevent		signal_setevent
#include "../../vmbus/signal.c"

static void signal_by_number(struct kunit *test)
{
	/* the first and the last number, and that of a channel from before a pause */
	static const u32 relids[] = { 1, VMBUS_RELIDS - 1, VMBUS_RELIDS, INVALID_RELID };
	struct vmbus_chan *chan = kunit_kzalloc(test, sizeof(*chan), GFP_KERNEL);
	unsigned long *page = kunit_kzalloc(test, VMBUS_RELIDS / 8, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, chan);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, page);
	signal_connection.send_int_page = page;
	hypercalls = 0;
	for (i = 0; i < ARRAY_SIZE(relids); i++) {
		bitmap_zero(page, VMBUS_RELIDS);
		chan->ch.offermsg.child_relid = relids[i];
		signal_setevent(&chan->ch);
		KUNIT_EXPECT_EQ(test, relids[i] < VMBUS_RELIDS,
				bitmap_weight(page, VMBUS_RELIDS) == 1);
		if (relids[i] < VMBUS_RELIDS)
			KUNIT_EXPECT_TRUE(test, test_bit(relids[i], page));
	}
	KUNIT_EXPECT_EQ(test, (unsigned int)ARRAY_SIZE(relids), hypercalls);
	signal_connection.send_int_page = NULL;
}

static struct kunit_case signal_cases[] = {
	KUNIT_CASE(signal_by_number),
	{}
};

static struct kunit_suite signal_suite = {
	.name = "vmbus_signal",
	.test_cases = signal_cases,
};

kunit_test_suite(signal_suite);
