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
	to_chan(ch)->life = LIFE_NEW;
	KUNIT_EXPECT_EQ(test, -EINVAL, open(ch));
	to_chan(ch)->life = LIFE_OPENING;		/* another thread is at it */
	KUNIT_EXPECT_EQ(test, -EINVAL, open(ch));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, ch->state);
	to_chan(ch)->life = LIFE_CLOSED_BACK;
	KUNIT_EXPECT_EQ(test, -ENODEV, open(ch));
	to_chan(ch)->life = LIFE_CLOSED_PAUSED;
	KUNIT_EXPECT_EQ(test, -ENODEV, open(ch));
	to_chan(ch)->life = LIFE_CLOSED;
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

/* The host lets go of the device's ring, but not of a sub-channel's: that is not all. */
static void close_without_a_sub_channels_answer(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus), *sub;

	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	sub = fakebus_channel(bus, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
	KUNIT_EXPECT_EQ(test, 0, open(sub));
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	fake.silent_relid = 2;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_disconnect_ring(ch));
	fake.silent_relid = 0;
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.quarantined);
	expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	vmbus_close(ch);
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

/* A driver that maps its ring to user space does so with its sub-channels' rings too. */
static void open_in_one_block(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus), *sub;

	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	sub = fakebus_channel(bus, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
	KUNIT_EXPECT_EQ(test, 0, open(sub));
	KUNIT_EXPECT_EQ(test, 0u, fake.blocks);
	vmbus_close(sub);
	KUNIT_EXPECT_EQ(test, 0, vmbus_alloc_ring(ch, 8192, 8192));
	KUNIT_EXPECT_EQ(test, 1u, fake.blocks);
	KUNIT_EXPECT_EQ(test, 0, open(sub));
	KUNIT_EXPECT_EQ(test, 2u, fake.blocks);
	vmbus_close(sub);
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 0, open(sub));
	KUNIT_EXPECT_EQ(test, 2u, fake.blocks);
	vmbus_close(sub);
	expect_nothing_held(test);
	fakebus_end(test, bus);
}

static struct vmbus *taken_back_on;

static void take_back(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	fakebus_rescind(taken_back_on, 2);
	flush_workqueue(taken_back_on->rescind_wq);
}

/* Taken back while it is being opened: the failed open is its end, and its relid is given back. */
static void open_of_what_is_taken_back(struct kunit *test)
{
	struct vmbus_channel *sub;

	channel(test, &taken_back_on);
	fakebus_offer(taken_back_on, 2, 1, 1);
	fakebus_flush(taken_back_on);
	sub = fakebus_channel(taken_back_on, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, sub);
	fake.on_wait = take_back;
	KUNIT_EXPECT_EQ(test, -ENODEV, open(sub));
	KUNIT_EXPECT_EQ(test, 1u, fake.released[2]);
	KUNIT_EXPECT_EQ(test, 1u, fake.freed);
	expect_nothing_held(test);
	fakebus_end(test, taken_back_on);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

static unsigned int told_of_move;
static struct vmbus_channel *moved_channel;

static void on_move(struct vmbus_channel *ch, u32 from, u32 to)
{
	told_of_move++;
}

static void close_it(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	vmbus_close(moved_channel);
}

static void reopen_it(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	vmbus_close(moved_channel);
	open(moved_channel);
	moved_channel->change_target_cpu_callback = on_move;
}

/* A host ignores MODIFYCHANNEL unless the channel is open; a driver that closed hears nothing. */
static void move_against_close(struct kunit *test)
{
	static void (* const meanwhile[])(struct vmbus_req *req) = { close_it, reopen_it };
	u32 version = vmbus_proto_version;
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);
	unsigned int i;

	vmbus_proto_version = VERSION_WIN10_V5_3;
	moved_channel = ch;
	told_of_move = 0;
	ch->target_cpu = 1;	/* there need be none */
	KUNIT_EXPECT_EQ(test, -EIO, chan_move(ch, 0));
	KUNIT_EXPECT_EQ(test, 0u, fake.modifies);
	for (i = 0; i < ARRAY_SIZE(meanwhile); i++) {
		if (ch->state != CHANNEL_OPENED_STATE)
			KUNIT_EXPECT_EQ(test, 0, open(ch));
		ch->change_target_cpu_callback = on_move;
		fake.on_wait = meanwhile[i];
		KUNIT_EXPECT_EQ(test, -EIO, chan_move(ch, 0));
		KUNIT_EXPECT_EQ(test, i + 1, fake.modifies);
		KUNIT_EXPECT_EQ(test, 0u, told_of_move);
		KUNIT_EXPECT_EQ(test, 1u, (unsigned int)ch->target_cpu);
	}
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, 0));
	KUNIT_EXPECT_EQ(test, 1u, told_of_move);
	KUNIT_EXPECT_EQ(test, 0u, (unsigned int)ch->target_cpu);
	vmbus_close(ch);
	vmbus_proto_version = version;
	fakebus_end(test, bus);
}

/*
 * In-tree hv_balloon and hv_utils close with the channel's tasklet disabled, for a pause;
 * an event that came meanwhile waits in it, and nobody for that.
 */
static void close_with_the_tasklet_disabled(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, open(ch));
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
	told_of_move++;	/* its holder is frozen and closes it later */
}

/* An open socket does not stop hibernation, and is not a device that is missing afterwards. */
static void pause_with_a_socket(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus), *socket;

	fakebus_offer_of(bus, 2, HV_UNKNOWN, 9, 0);
	fakebus_flush(bus);
	socket = fakebus_channel(bus, 2);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, socket);
	KUNIT_EXPECT_EQ(test, 0, open(socket));
	vmbus_set_chn_rescind_callback(socket, socket_gone);
	told_of_move = 0;
	fakebus_pause(bus, false);
	KUNIT_EXPECT_EQ(test, 1u, fake.unloads);
	KUNIT_EXPECT_EQ(test, 1u, told_of_move);
	KUNIT_EXPECT_EQ(test, -ENODEV, open(ch));
	bus->suspended = true;
	bus->ignore_offers = false;
	fakebus_offer(bus, 7, 1, 0);			/* again, under a new number */
	KUNIT_EXPECT_EQ(test, 7u, chan_relid(ch));
	KUNIT_EXPECT_EQ(test, 7u, fake.renamed);	/* in sysfs too */
	fakebus_pause(bus, true);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, told_of_move);	/* not missing: nobody is told again */
	KUNIT_EXPECT_EQ(test, 0, open(ch));
	vmbus_close(ch);
	vmbus_close(socket);
	vmbus_device_unregister(socket->device_obj);
	expect_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 1u, fake.freed);
	KUNIT_EXPECT_EQ(test, 0u, fake.released[2]);	/* the new host does not know it */
	fakebus_end(test, bus);
	KUNIT_EXPECT_EQ(test, fake.allocated, fake.freed);
}

/* A pause that a channel left open prevents costs the others nothing: their relids go back. */
static void pause_that_cannot_be(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = channel(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, open(ch));
	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
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

	channel(test, &bus);
	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
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

static struct kunit_case open_cases[] = {
	KUNIT_CASE_PARAM(open_fails, failures_gen_params),
	KUNIT_CASE(open_and_close),
	KUNIT_CASE(open_is_refused),
	KUNIT_CASE(close_without_answer),
	KUNIT_CASE(close_takes_sub_channels_along),
	KUNIT_CASE(close_without_a_sub_channels_answer),
	KUNIT_CASE(close_beside_a_sub_channels_close),
	KUNIT_CASE(open_in_one_block),
	KUNIT_CASE(open_of_what_is_taken_back),
	KUNIT_CASE(move_against_close),
	KUNIT_CASE(close_with_the_tasklet_disabled),
	KUNIT_CASE(pause_with_a_socket),
	KUNIT_CASE(pause_that_cannot_be),
	KUNIT_CASE(pause_ends_orphans),
	{}
};

static struct kunit_suite open_suite = {
	.name = "vmbus_open",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = open_cases,
};

kunit_test_suite(open_suite);
