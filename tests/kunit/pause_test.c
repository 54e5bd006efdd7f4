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

/* While the bus looks whether it can sleep, the host offers three, and takes one of them back. */
static void offers_meanwhile(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;

	fakebus_offer(bus, 7, 7, 0);
	fakebus_offer(bus, 8, 8, 0);
	fakebus_offer(bus, 9, 7, 1);
	fakebus_rescind(bus, 8);
	fakebus_rescind(bus, 10);	/* of nothing */
	told++;
}

static struct vmbus *pause_among_offers(struct kunit *test, bool busy)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	if (busy)
		KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fakebus_offer_of(bus, 2, HV_UNKNOWN, 9, 0);
	fakebus_flush(bus);
	vmbus_set_chn_rescind_callback(fakebus_channel(bus, 2), offers_meanwhile);
	told = 0;
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, told);
	KUNIT_EXPECT_EQ(test, !busy, fake.unloads);
	KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_RELID]));
	KUNIT_EXPECT_EQ(test, 1u, fake.released[8]);
	return bus;
}

/* The host would not offer again what came before a pause that could not be: nothing is lost. */
static void offers_before_no_pause(struct kunit *test)
{
	struct vmbus *bus = pause_among_offers(test, true);
	struct vmbus_channel *ch;

	fakebus_offer(bus, 11, 11, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 2u, fake.devices);	/* others are still asleep */
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fakebus_channel(bus, 7));
	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, fakebus_channel(bus, 7)->state);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fakebus_channel(bus, 11));
	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, fakebus_channel(bus, 11)->state);
	fakebus_awake(bus);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 4u, fake.devices);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, fakebus_channel(bus, 7)->state);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, fakebus_channel(bus, 11)->state);
	ch = fakebus_channel(bus, 9);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	KUNIT_EXPECT_PTR_EQ(test, fakebus_channel(bus, 7), ch->primary_channel);
	KUNIT_EXPECT_FALSE(test, fakebus_channel(bus, 8));
	fakebus_offer(bus, 8, 8, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_TRUE(test, fakebus_channel(bus, 8));	/* and offers are taken as ever */
	vmbus_close(fakebus_channel(bus, 1));
	vmbus_device_unregister(fakebus_channel(bus, 2)->device_obj);
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

/* A host that is left has forgotten them, and so have we. */
static void offers_before_a_pause(struct kunit *test)
{
	struct vmbus *bus = pause_among_offers(test, false);

	KUNIT_EXPECT_FALSE(test, fakebus_channel(bus, 7));
	KUNIT_EXPECT_EQ(test, 0u, bus->nr_kept);
	fakebus_pause(bus, true);
	KUNIT_EXPECT_FALSE(test, fakebus_channel(bus, 7));
	fakebus_offer(bus, 7, 3, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_TRUE(test, fakebus_channel(bus, 7));
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

/*
 * A device that is new after the pause is added when all others are awake; one that came just
 * before and one that is taken back meanwhile too, or not at all.
 */
static void offers_while_asleep(struct kunit *test)
{
	struct vmbus *bus;

	fakebus_device(test, &bus);
	bus->asleep = true;
	fakebus_offer(bus, 2, 2, 0);
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, fake.devices);
	bus->ignore_offers = false;
	fakebus_offer(bus, 7, 1, 0);
	fakebus_offer(bus, 8, 2, 0);		/* again, and added for the first time */
	fakebus_offer(bus, 9, 3, 0);
	fakebus_offer(bus, 10, 4, 0);
	fakebus_pause(bus, true);
	fakebus_offer(bus, 11, 5, 0);
	fakebus_flush(bus);
	fakebus_rescind(bus, 9);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[9]);
	KUNIT_EXPECT_EQ(test, 1u, fake.devices);
	fakebus_awake(bus);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 4u, fake.devices);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, fakebus_channel(bus, 8)->state);
	fakebus_offer(bus, 12, 6, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 5u, fake.devices);
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

/* The rescind comes to nothing with the relid; the device that comes back is not leaving. */
static void pause_just_before_a_rescind(struct kunit *test)
{
	struct vmbus_channel_rescind_offer m = {
		.header.msgtype = CHANNELMSG_RESCIND_CHANNELOFFER,
		.child_relid = 1,
	};
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	vmbus_rescind_came(bus, &m);
	KUNIT_EXPECT_TRUE(test, chan_leaving(ch));
	fakebus_pause(bus, false);
	fakebus_rescind(bus, 1);
	bus->suspended = true;
	bus->ignore_offers = false;
	fakebus_offer(bus, 7, 1, 0);
	fakebus_pause(bus, true);
	KUNIT_EXPECT_EQ(test, 7u, chan_relid(ch));
	KUNIT_EXPECT_FALSE(test, chan_leaving(ch));
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

static struct kunit_case pause_cases[] = {
	KUNIT_CASE(pause_just_before_a_rescind),
	KUNIT_CASE(close_with_the_tasklet_disabled),
	KUNIT_CASE(pause_with_a_socket),
	KUNIT_CASE(pause_that_cannot_be),
	KUNIT_CASE(pause_ends_orphans),
	KUNIT_CASE(offers_before_no_pause),
	KUNIT_CASE(offers_before_a_pause),
	KUNIT_CASE(offers_while_asleep),
	{}
};

static struct kunit_suite pause_suite = {
	.name = "vmbus_pause",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = pause_cases,
};

kunit_test_suite(pause_suite);
