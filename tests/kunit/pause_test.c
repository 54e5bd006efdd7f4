// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hibernation: what may be open, what comes back under another number, what does not.
 *
 * Kernel only: it runs pause.c and channel.c themselves.
 */
#include "fakebus.h"

static unsigned int told;

/*
 * In-tree hv_balloon and hv_utils close with the channel's tasklet disabled, for a pause;
 * an event that came meanwhile waits in it, and nobody for that.
 */
static void close_with_the_tasklet_disabled(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	tasklet_disable(&ch->callback_event);
	tasklet_schedule(&ch->callback_event);
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	fakebus_pause(bus, false);
	fakebus_pause(bus, true);	/* missing: a rescind does not wait either */
	KUNIT_EXPECT_TRUE(test, ch->rescind);
	fakebus_end(test, bus);		/* nor its removal, with the tasklet left so */
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

static void socket_gone(struct vmbus_channel *ch)
{
	told++;	/* its holder is frozen and closes it later */
}

/* An open socket does not stop hibernation, and is not a device that is missing afterwards. */
static void pause_with_a_socket(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus), *socket;

	fakebus_offer_of(bus, 2, HV_UNKNOWN, 9, 0);
	fakebus_flush(bus);
	socket = fakebus_channel(bus, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, socket);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(socket));
	vmbus_set_chn_rescind_callback(socket, socket_gone);
	told = 0;
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, fake.unloads);
	KUNIT_EXPECT_EQ(test, 1u, told);
	KUNIT_EXPECT_EQ(test, -ENODEV, fakebus_open(ch));
	bus->suspended = true;
	bus->ignore_offers = false;
	fakebus_offer(bus, 7, 1, 0);			/* again, under a new number */
	KUNIT_EXPECT_EQ(test, 7u, chan_relid(ch));
	KUNIT_EXPECT_EQ(test, 7u, fake.renamed);	/* in sysfs too */
	fakebus_pause(bus, true);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, told);	/* not missing: nobody is told again */
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	vmbus_close(ch);
	vmbus_close(socket);
	vmbus_device_unregister(socket->device_obj);
	fakebus_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 1u, fake.freed);
	KUNIT_EXPECT_EQ(test, 0u, fake.released[2]);	/* the new host does not know it */
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

/* A pause that a channel left open prevents costs the others nothing: their relids go back. */
static void pause_that_cannot_be(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fakebus_sub(test, bus, 1);
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 0u, fake.unloads);
	KUNIT_EXPECT_FALSE(test, bus->suspended);
	fakebus_rescind(bus, 2);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[2]);
	vmbus_close(ch);
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

/* A sub-channel that outlived its device is not there after a pause: another has its relid. */
static void pause_ends_orphans(struct kunit *test)
{
	struct vmbus *bus;

	fakebus_device(test, &bus);
	fakebus_sub(test, bus, 1);
	fakebus_rescind(bus, 1);
	fakebus_flush(bus);
	KUNIT_EXPECT_TRUE(test, fakebus_channel(bus, 2));
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, fake.unloads);
	fakebus_pause(bus, true);
	fakebus_offer(bus, 2, 5, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 0, (int)atomic64_read(&bus->err[VERR_RELID]));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fakebus_channel(bus, 2));
	KUNIT_EXPECT_FALSE(test, is_sub_channel(fakebus_channel(bus, 2)));
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

static struct kunit_case pause_cases[] = {
	KUNIT_CASE(close_with_the_tasklet_disabled),
	KUNIT_CASE(pause_with_a_socket),
	KUNIT_CASE(pause_that_cannot_be),
	KUNIT_CASE(pause_ends_orphans),
	{}
};

static struct kunit_suite pause_suite = {
	.name = "vmbus_pause",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = pause_cases,
};

kunit_test_suite(pause_suite);
