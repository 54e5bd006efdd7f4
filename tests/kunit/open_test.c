// SPDX-License-Identifier: GPL-2.0-only
/*
 * Opening and closing: each step that can fail undoes the ones before, the channel is
 * as it was, and can be opened afterwards; moves that are not legal do nothing.
 *
 * Kernel only: it runs channel.c itself.
 */
#include <linux/delay.h>
#include <linux/string.h>
#include "fakebus.h"
#include "params.h"

static void on_callback(void *context)
{
}

static int open(struct vmbus_channel *ch)
{
	return vmbus_open(ch, 8192, 8192, NULL, 0, on_callback, ch);
}

/* Device 1 as relid 1, registered, not open. */
static struct vmbus_channel *channel(struct kunit *test, struct vmbus **bus)
{
	struct vmbus_channel *ch;

	*bus = fakebus_new(test);
	fakebus_offer(*bus, 1, 1, 0);
	fakebus_flush(*bus);
	ch = fakebus_channel(*bus, 1);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	KUNIT_ASSERT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	return ch;
}

static void expect_nothing_held(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0u, fake.rings);
	KUNIT_EXPECT_EQ(test, 0u, fake.maps);
	KUNIT_EXPECT_EQ(test, 0u, fake.ids);
	KUNIT_EXPECT_EQ(test, 0u, fake.gpadls);
}

struct failure {
	const char *name;
	int *error;
	int value;
	int want;
	unsigned int opens, closes;	/* messages on the way */
};

static const struct failure failures[] = {
	{ "no request ids", &fake.ids_error, -ENOMEM, -ENOMEM, 0, 0 },
	{ "no mapping", &fake.map_error, -ENOMEM, -ENOMEM, 0, 0 },
	{ "no memory list", &fake.gpadl_error, -EDQUOT, -EDQUOT, 0, 0 },
	{ "host busy", &fake.post_error, -EAGAIN, -EAGAIN, 1, 0 },
	{ "no answer: it may be open by now", &fake.answer, -ETIMEDOUT, -ETIMEDOUT, 1, 1 },
	{ "rescinded meanwhile", &fake.answer, -ENODEV, -ENODEV, 1, 0 },
	{ "refused", (int *)&fake.status, 0x13, -EAGAIN, 1, 0 },
};

KUNIT_ARRAY_PARAM_DESC(failures, failures, name);

static void open_fails(struct kunit *test)
{
	const struct failure *f = test->param_value;
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	*f->error = f->value;
	KUNIT_EXPECT_EQ(test, f->want, open(ch));
	KUNIT_EXPECT_EQ(test, f->opens, fake.opens);
	KUNIT_EXPECT_EQ(test, f->closes, fake.closes);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	KUNIT_EXPECT_TRUE(test, !ch->onchannel_callback);
	expect_nothing_held(test);
	*f->error = 0;
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, ch->state);
	vmbus_close(ch);
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

static void open_and_close(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, open(ch));
	KUNIT_EXPECT_EQ(test, 1u, fake.rings);
	KUNIT_EXPECT_EQ(test, 1u, fake.gpadls);
	KUNIT_EXPECT_NE(test, 0, open(ch));		/* it is open */
	KUNIT_EXPECT_EQ(test, 1u, fake.opens);
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.closes);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	vmbus_close(ch);				/* it is closed */
	KUNIT_EXPECT_EQ(test, 1u, fake.closes);
	KUNIT_EXPECT_EQ(test, -EINVAL, vmbus_disconnect_ring(ch));
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

static void open_is_refused(struct kunit *test)
{
	static u8 data[MAX_USER_DEFINED_BYTES + 1];
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	KUNIT_EXPECT_EQ(test, -EINVAL, vmbus_connect_ring(ch, on_callback, ch));  /* no ring */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vmbus_open(ch, 8192, 8192, data, sizeof(data), on_callback, ch));
	KUNIT_EXPECT_EQ(test, 0,
			vmbus_open(ch, 8192, 8192, data, sizeof(data) - 1, on_callback, ch));
	vmbus_close(ch);
	bus->phase = VMBUS_PHASE_UNLOAD;
	KUNIT_EXPECT_EQ(test, -ENODEV, open(ch));
	bus->phase = VMBUS_PHASE_UP;
	ch->state = CHANNEL_OFFER_STATE;
	KUNIT_EXPECT_EQ(test, -EINVAL, open(ch));
	ch->state = CHANNEL_OPENING_STATE;		/* another thread is at it */
	KUNIT_EXPECT_EQ(test, -EINVAL, open(ch));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, ch->state);
	ch->state = CHANNEL_OPEN_STATE;
	ch->rescind = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, open(ch));
	ch->rescind = false;
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

/* The host does not let go of the ring: its memory is kept, and not used again. */
static void close_without_answer(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, vmbus_alloc_ring(ch, 8192, 8192));
	KUNIT_EXPECT_EQ(test, 0, vmbus_connect_ring(ch, on_callback, ch));
	fake.teardown_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_disconnect_ring(ch));
	KUNIT_EXPECT_EQ(test, -EBUSY, vmbus_connect_ring(ch, on_callback, ch));
	fake.teardown_error = 0;
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.quarantined);
	expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	vmbus_close(ch);
	fakebus_end(test, bus);
}

/* Sub-channels are closed with their primary; one that was rescinded is let go then. */
static void close_takes_sub_channels_along(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus), *sub[2];
	u32 i;

	for (i = 0; i < 2; i++) {
		fakebus_offer(bus, 2 + i, 1, 1 + i);
		fakebus_flush(bus);
		sub[i] = fakebus_channel(bus, 2 + i);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub[i]);
		KUNIT_EXPECT_EQ(test, 0, open(sub[i]));
	}
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	fakebus_rescind(bus, 3);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 0u, fake.released[3]);	/* its driver still has it */
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[3]);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, sub[0]->state);
	KUNIT_EXPECT_EQ(test, 2u, fake.closes);		/* not for the rescinded one */
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

struct closer {
	struct work_struct work;
	struct vmbus_channel *ch;
};

static void close_work(struct work_struct *work)
{
	vmbus_close(container_of(work, struct closer, work)->ch);
}

/*
 * A rescind closes a sub-channel while its device is closed: each ring is freed once, by
 * who closed it, and the device's close returns after both.
 */
static void close_beside_a_sub_channels_close(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);
	struct closer of_sub, of_device = { .ch = ch };
	struct fake_stop stop;

	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	of_sub.ch = fakebus_channel(bus, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, of_sub.ch);
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	KUNIT_EXPECT_EQ(test, 0, open(of_sub.ch));
	init_completion(&stop.reached);
	init_completion(&stop.go);
	fake.stop = &stop;
	INIT_WORK_ONSTACK(&of_sub.work, close_work);
	INIT_WORK_ONSTACK(&of_device.work, close_work);
	queue_work(bus->rescind_wq, &of_sub.work);
	wait_for_completion(&stop.reached);
	queue_work(bus->rescind_wq, &of_device.work);
	msleep(100);
	KUNIT_EXPECT_NE(test, 0u, work_busy(&of_device.work));
	KUNIT_EXPECT_EQ(test, 2u, fake.rings);
	complete(&stop.go);
	flush_work(&of_sub.work);
	flush_work(&of_device.work);
	destroy_work_on_stack(&of_sub.work);
	destroy_work_on_stack(&of_device.work);
	KUNIT_EXPECT_EQ(test, 0u, fake.quarantined);
	KUNIT_EXPECT_EQ(test, 2u, fake.closes);
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

static struct kunit_case open_cases[] = {
	KUNIT_CASE_PARAM(open_fails, failures_gen_params),
	KUNIT_CASE(open_and_close),
	KUNIT_CASE(open_is_refused),
	KUNIT_CASE(close_without_answer),
	KUNIT_CASE(close_takes_sub_channels_along),
	KUNIT_CASE(close_beside_a_sub_channels_close),
	{}
};

static struct kunit_suite open_suite = {
	.name = "vmbus_open",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = open_cases,
};

kunit_test_suite(open_suite);
