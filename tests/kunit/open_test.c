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
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	*f->error = f->value;
	KUNIT_EXPECT_EQ(test, f->want, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, f->opens, fake.opens);
	KUNIT_EXPECT_EQ(test, f->closes, fake.closes);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	KUNIT_EXPECT_TRUE(test, !ch->onchannel_callback);
	fakebus_nothing_held(test);
	*f->error = 0;
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, ch->state);
	vmbus_close(ch);
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

static void open_and_close(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, 1u, fake.rings);
	KUNIT_EXPECT_EQ(test, 1u, fake.gpadls);
	KUNIT_EXPECT_NE(test, 0, fakebus_open(ch));		/* it is open */
	KUNIT_EXPECT_EQ(test, 1u, fake.opens);
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.closes);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	vmbus_close(ch);				/* it is closed */
	KUNIT_EXPECT_EQ(test, 1u, fake.closes);
	KUNIT_EXPECT_EQ(test, -EINVAL, vmbus_disconnect_ring(ch));
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

static void open_is_refused(struct kunit *test)
{
	static u8 data[MAX_USER_DEFINED_BYTES + 1];
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	KUNIT_EXPECT_EQ(test, -EINVAL, vmbus_connect_ring(ch, on_callback, ch));  /* no ring */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			vmbus_open(ch, 8192, 8192, data, sizeof(data), on_callback, ch));
	KUNIT_EXPECT_EQ(test, 0,
			vmbus_open(ch, 8192, 8192, data, sizeof(data) - 1, on_callback, ch));
	vmbus_close(ch);
	bus->phase = VMBUS_PHASE_UNLOAD;
	KUNIT_EXPECT_EQ(test, -ENODEV, fakebus_open(ch));
	bus->phase = VMBUS_PHASE_UP;
	to_chan(ch)->life = LIFE_NEW;
	KUNIT_EXPECT_EQ(test, -EINVAL, fakebus_open(ch));
	to_chan(ch)->life = LIFE_OPENING;		/* another thread is at it */
	KUNIT_EXPECT_EQ(test, -EINVAL, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, ch->state);
	to_chan(ch)->life = LIFE_CLOSED_BACK;
	KUNIT_EXPECT_EQ(test, -ENODEV, fakebus_open(ch));
	to_chan(ch)->life = LIFE_CLOSED_PAUSED;
	KUNIT_EXPECT_EQ(test, -ENODEV, fakebus_open(ch));
	to_chan(ch)->life = LIFE_CLOSED;
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

/* The host does not let go of the ring: its memory is kept, and not used again. */
static void close_without_answer(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	KUNIT_EXPECT_EQ(test, 0, vmbus_alloc_ring(ch, 8192, 8192));
	KUNIT_EXPECT_EQ(test, 0, vmbus_connect_ring(ch, on_callback, ch));
	fake.teardown_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_disconnect_ring(ch));
	KUNIT_EXPECT_EQ(test, -EBUSY, vmbus_connect_ring(ch, on_callback, ch));
	fake.teardown_error = 0;
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.quarantined);
	fakebus_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	vmbus_close(ch);
	fakebus_end(test, bus);
}

/* Sub-channels are closed with their primary; one that was rescinded is let go then. */
static void close_takes_sub_channels_along(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	struct vmbus_channel *sub = fakebus_sub(test, bus, 1);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(fakebus_sub(test, bus, 2)));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fakebus_rescind(bus, 3);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 0u, fake.released[3]);	/* its driver still has it */
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[3]);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, sub->state);
	KUNIT_EXPECT_EQ(test, 2u, fake.closes);		/* not for the rescinded one */
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

/* The host lets go of the device's ring, but not of a sub-channel's: that is not all. */
static void close_without_a_sub_channels_answer(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	struct vmbus_channel *sub = fakebus_sub(test, bus, 1);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fake.silent_relid = 2;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_disconnect_ring(ch));
	fake.silent_relid = 0;
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 1u, fake.quarantined);
	fakebus_nothing_held(test);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	vmbus_close(ch);
	fakebus_end(test, bus);
}

static unsigned long patience[2];

/* Time passes while the first is waited for. */
static void note_patience(struct vmbus_channel *ch)
{
	patience[!!patience[0]] = fake.patience;
	msleep(50);
}

/* A slow host is told of all channels at once, and has the time for one. */
static void close_tells_of_all_first(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);

	memset(patience, 0, sizeof(patience));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(fakebus_sub(test, bus, 1)));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(fakebus_sub(test, bus, 2)));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fake.on_teardown = note_patience;
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 3u, fake.closes);
	KUNIT_EXPECT_EQ(test, 3u, fake.asked_first);
	KUNIT_EXPECT_LT(test, patience[1], patience[0]);
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

static struct vmbus *closed_on;

static void take_sub_back(struct vmbus_channel *ch)
{
	fake.on_teardown = NULL;
	fakebus_rescind(closed_on, 2);
	fakebus_flush(closed_on);
}

/* With its device's CLOSE a host takes a sub-channel back, and says no more of its ring. */
static void close_of_what_is_taken_back_meanwhile(struct kunit *test)
{
	struct vmbus_channel *ch = fakebus_device(test, &closed_on);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(fakebus_sub(test, closed_on, 1)));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	fake.on_teardown = take_sub_back;
	fake.silent_relid = 2;
	KUNIT_EXPECT_EQ(test, 0, vmbus_disconnect_ring(ch));
	KUNIT_EXPECT_EQ(test, 1u, fake.quarantined);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[2]);
	vmbus_free_ring(ch);
	fakebus_nothing_held(test);
	fakebus_end(test, closed_on);
}

/* Only rings in which there may be work are the device's, for who asks what the host keeps. */
static void ring_that_was_used(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	const unsigned long *flags = &to_chan(ch)->flags;

	KUNIT_EXPECT_EQ(test, 0, vmbus_alloc_ring(ch, 8192, 8192));
	fake.answer = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_connect_ring(ch, on_callback, ch));
	KUNIT_EXPECT_FALSE(test, test_bit(CHAN_RING_USED, flags));
	fake.answer = 0;
	KUNIT_EXPECT_EQ(test, 0, vmbus_connect_ring(ch, on_callback, ch));
	KUNIT_EXPECT_TRUE(test, test_bit(CHAN_RING_USED, flags));
	KUNIT_EXPECT_EQ(test, 0, vmbus_disconnect_ring(ch));
	fake.gpadl_error = -ETIMEDOUT;	/* the same memory, but nothing was in it since */
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, vmbus_connect_ring(ch, on_callback, ch));
	KUNIT_EXPECT_FALSE(test, test_bit(CHAN_RING_USED, flags));
	vmbus_free_ring(ch);
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

static void say_opened(struct vmbus *bus, u32 openid, u32 status)
{
	struct vmbus_channel_open_result m = {
		.header.msgtype = CHANNELMSG_OPENCHANNEL_RESULT,
		.child_relid = 1,
		.openid = openid,
		.status = status,
	};

	vmbus_on_open_result(bus, &m, sizeof(m));
	fakebus_flush(bus);
}

/* Neither CLOSE nor the next openings are heard by a host that is still at the first. */
static void open_that_is_done_late(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	u32 openid = atomic_read(&bus->next_open_id) + 1;

	fake.answer = -ETIMEDOUT;
	fake.teardown_error = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, fakebus_open(ch));
	fake.teardown_error = 0;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, fakebus_open(ch));	/* of that it has no ring */
	KUNIT_EXPECT_EQ(test, 2u, fake.closes);
	say_opened(bus, openid, 0x13);		/* refused after all */
	say_opened(bus, openid + 1, 0);
	KUNIT_EXPECT_EQ(test, 2u, fake.closes);
	say_opened(bus, openid, 0);
	KUNIT_EXPECT_EQ(test, 3u, fake.closes);
	say_opened(bus, openid, 0);
	KUNIT_EXPECT_EQ(test, 3u, fake.closes);
	fake.answer = 0;
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 4u, fake.closes);
	fakebus_end(test, bus);
}

static struct vmbus *said_on;

static void say_first_opened(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	say_opened(said_on, req->key - 1, 0);
}

/* It says so while the next opening waits: it is told when that is given up, or not at all. */
static void open_that_is_done_meanwhile(struct kunit *test)
{
	struct vmbus_channel *ch = fakebus_device(test, &said_on);
	unsigned int lucky;

	for (lucky = 0; lucky < 2; lucky++) {
		fake.closes = 0;
		fake.answer = -ETIMEDOUT;
		fake.teardown_error = -ETIMEDOUT;
		KUNIT_EXPECT_EQ(test, -ETIMEDOUT, fakebus_open(ch));
		fake.teardown_error = 0;
		fake.on_wait = say_first_opened;
		fake.answer = lucky ? 0 : -ETIMEDOUT;
		KUNIT_EXPECT_EQ(test, fake.answer, fakebus_open(ch));
		KUNIT_EXPECT_EQ(test, lucky ? 1u : 3u, fake.closes);
	}
	vmbus_close(ch);
	fakebus_end(test, said_on);
}

static void on_sub(struct vmbus_channel *sub)
{
}

static struct vmbus_channel *left_alone;

static void leave_alone(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	vmbus_set_sc_create_callback(left_alone, NULL);
}

/* Its driver goes while the host is at the opening of a sub-channel: nobody waits for that. */
static void open_that_nobody_waits_for(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *sub;

	left_alone = fakebus_device(test, &bus);
	sub = fakebus_sub(test, bus, 1);
	vmbus_set_sc_create_callback(left_alone, on_sub);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(left_alone));
	fake.on_wait = leave_alone;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 1u, fake.closes);			/* it may be open by now */
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, fakebus_open(sub));	/* nor for a later one */
	vmbus_set_sc_create_callback(left_alone, on_sub);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	vmbus_close(left_alone);
	fakebus_nothing_held(test);
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
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	struct closer of_sub, of_device = { .ch = ch };
	struct fake_stop stop;

	of_sub.ch = fakebus_sub(test, bus, 1);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(of_sub.ch));
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
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

/* A driver that maps its ring to user space does so with its sub-channels' rings too. */
static void open_in_one_block(struct kunit *test)
{
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	struct vmbus_channel *sub = fakebus_sub(test, bus, 1);

	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 0u, fake.blocks);
	vmbus_close(sub);
	KUNIT_EXPECT_EQ(test, 0, vmbus_alloc_ring(ch, 8192, 8192));
	KUNIT_EXPECT_EQ(test, 1u, fake.blocks);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 2u, fake.blocks);
	vmbus_close(sub);
	vmbus_free_ring(ch);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 2u, fake.blocks);
	vmbus_close(sub);
	fakebus_nothing_held(test);
	fakebus_end(test, bus);
}

static struct vmbus *taken_back_on;

static void take_back(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	fakebus_rescind(taken_back_on, 2);
	flush_workqueue(taken_back_on->sub_wq);
}

/* Taken back while it is being opened: the failed open is its end, and its relid is given back. */
static void open_of_what_is_taken_back(struct kunit *test)
{
	struct vmbus_channel *sub;

	fakebus_device(test, &taken_back_on);
	sub = fakebus_sub(test, taken_back_on, 1);
	fake.on_wait = take_back;
	KUNIT_EXPECT_EQ(test, -ENODEV, fakebus_open(sub));
	KUNIT_EXPECT_EQ(test, 1u, fake.released[2]);
	KUNIT_EXPECT_EQ(test, 1u, fake.freed);
	fakebus_nothing_held(test);
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
	fakebus_open(moved_channel);
	moved_channel->change_target_cpu_callback = on_move;
}

/* A host ignores MODIFYCHANNEL unless the channel is open; a driver that closed hears nothing. */
static void move_against_close(struct kunit *test)
{
	static void (* const meanwhile[])(struct vmbus_req *req) = { close_it, reopen_it };
	u32 version = vmbus_proto_version;
	struct vmbus *bus;
	struct vmbus_channel *ch = fakebus_device(test, &bus);
	unsigned int i;

	vmbus_proto_version = VERSION_WIN10_V5_3;
	moved_channel = ch;
	told_of_move = 0;
	ch->target_cpu = 1;	/* there need be none */
	KUNIT_EXPECT_EQ(test, -EIO, chan_move(ch, 0));
	KUNIT_EXPECT_EQ(test, 0u, fake.modifies);
	for (i = 0; i < ARRAY_SIZE(meanwhile); i++) {
		if (ch->state != CHANNEL_OPENED_STATE)
			KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
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

static struct kunit_case open_cases[] = {
	KUNIT_CASE_PARAM(open_fails, failures_gen_params),
	KUNIT_CASE(open_and_close),
	KUNIT_CASE(open_is_refused),
	KUNIT_CASE(close_without_answer),
	KUNIT_CASE(close_takes_sub_channels_along),
	KUNIT_CASE(close_without_a_sub_channels_answer),
	KUNIT_CASE(open_that_is_done_late),
	KUNIT_CASE(open_that_is_done_meanwhile),
	KUNIT_CASE(open_that_nobody_waits_for),
	KUNIT_CASE(close_tells_of_all_first),
	KUNIT_CASE(close_of_what_is_taken_back_meanwhile),
	KUNIT_CASE(ring_that_was_used),
	KUNIT_CASE(close_beside_a_sub_channels_close),
	KUNIT_CASE(open_in_one_block),
	KUNIT_CASE(open_of_what_is_taken_back),
	KUNIT_CASE(move_against_close),
	{}
};

static struct kunit_suite open_suite = {
	.name = "vmbus_open",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = open_cases,
};

kunit_test_suite(open_suite);
