// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving interrupts to another CPU: the answer to a move is never taken for that to another,
 * a CPU goes offline only when nothing can come there any more, and while the host is waited
 * for nobody else has to.
 *
 * Kernel only: it runs move.c itself.
 */
#include <linux/delay.h>
#include <linux/string.h>
#include "fakebus.h"
#include "params.h"

#define MOVE_CPUS	4

/* What the driver of the moved channel was told */
static struct {
	unsigned int calls, from, to;
} told;

static void on_moved(struct vmbus_channel *ch, u32 from, u32 to)
{
	told.calls++;
	told.from = from;
	told.to = to;
}

static u32 version_before;
static uint timeout_before;
static struct vmbus *move_bus;

/* Disk @relid is offered and opened. */
static struct vmbus_channel *opened(struct kunit *test, u32 relid)
{
	struct vmbus_channel *ch;

	fakebus_offer(move_bus, relid, relid, 0);
	fakebus_flush(move_bus);
	ch = fakebus_channel(move_bus, relid);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, ch);
	KUNIT_ASSERT_EQ(test, CHANNEL_OPENED_STATE, ch->state);
	ch->change_target_cpu_callback = on_moved;
	return ch;
}

static unsigned int next_cpu(unsigned int cpu, unsigned int by)
{
	return (cpu + by) % MOVE_CPUS;
}

static int move_init(struct kunit *test)
{
	move_bus = fakebus_new_on(test, MOVE_CPUS, 1);
	fake.driver = true;
	memset(&told, 0, sizeof(told));
	version_before = vmbus_proto_version;
	vmbus_proto_version = VERSION_WIN10_V5_3;
	timeout_before = vmbus_host_timeout;
	vmbus_host_timeout = 0;		/* who waits for a late answer gets none */
	return 0;
}

static void move_exit(struct kunit *test)
{
	vmbus_proto_version = version_before;
	vmbus_host_timeout = timeout_before;
}

static void answer(u32 relid, u32 status)
{
	struct vmbus_channel_modifychannel_response m = {
		.header.msgtype = CHANNELMSG_MODIFYCHANNEL_RESPONSE,
		.child_relid = relid,
		.status = status,
	};

	vmbus_on_modify_response(move_bus, &m, sizeof(m));
}

/* A move whose answer did not come in time */
static void lose_answer(struct kunit *test, struct vmbus_channel *ch, unsigned int to)
{
	unsigned int from = ch->target_cpu;

	fake.answer = -ETIMEDOUT;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, chan_move(ch, to));
	KUNIT_EXPECT_EQ(test, from, (unsigned int)ch->target_cpu);
	fake.answer = 0;
}

/* Until the answer comes the channel may be on either CPU, and is not moved again. */
static void move_waits_for_the_late_answer(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	KUNIT_EXPECT_EQ(test, -EBUSY, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, -EBUSY, vmbus_send_modifychannel(ch, other));
	KUNIT_EXPECT_EQ(test, -EBUSY, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, -EBUSY, chan_vacate_cpu(move_bus, asked));
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, other));
	KUNIT_EXPECT_EQ(test, 1u, fake.modifies);
	answer(1, 0);
	KUNIT_EXPECT_EQ(test, 0u, told.calls);		/* the next one will see to it */
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, 2u, fake.modifies);
	KUNIT_EXPECT_EQ(test, 2u, told.calls);
	KUNIT_EXPECT_EQ(test, asked, told.from);
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

/* The host moved it after all, and that CPU goes: the channel goes too. */
static void move_from_where_it_went_late(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1);

	lose_answer(test, ch, asked);
	answer(1, 0);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, asked));
	KUNIT_EXPECT_EQ(test, 2u, fake.modifies);
	KUNIT_EXPECT_NE(test, asked, (unsigned int)ch->target_cpu);
	lose_answer(test, ch, asked);
	answer(1, 0);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);	/* it had gone already */
	KUNIT_EXPECT_EQ(test, asked, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

/* Refused late, closed, taken back: nothing is owed any more. */
static void move_after_the_end_of_a_move(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	answer(1, 0xc0000001);
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	lose_answer(test, ch, asked);
	vmbus_close(ch);
	answer(1, 0);
	answer(5, 0);		/* of no channel, and of no number */
	answer(0xffffffff, 0);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, asked));
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, at));
	KUNIT_EXPECT_EQ(test, at, (unsigned int)ch->target_cpu);
	lose_answer(test, ch, asked);
	fakebus_rescind(move_bus, 1);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, 5u, fake.modifies);
	fakebus_end(test, move_bus);
}

static struct kunit *waiting_test;
static unsigned long last_patience;
static unsigned int waits;

static void reopen(struct kunit *test, struct vmbus_channel *ch)
{
	vmbus_close(ch);
	KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
}

/* The first move of a new opening gets an answer, and after that no more. */
static void on_wait_for_one(struct vmbus_req *req)
{
	fake.answer = waits++ ? -ETIMEDOUT : 0;
}

/* That answer was to a move of the opening before: the channel has not moved yet. */
static void move_gets_a_stale_answer(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	reopen(test, ch);
	waits = 0;
	fake.on_wait = on_wait_for_one;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, chan_move(ch, other));
	fake.on_wait = NULL;
	fake.answer = 0;
	KUNIT_EXPECT_EQ(test, at, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 0u, told.calls);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	KUNIT_EXPECT_EQ(test, -EBUSY, chan_vacate_cpu(move_bus, at));
	answer(1, 0);			/* of two answers one is to this move, told twice */
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	answer(1, 0);			/* which moves nothing any more */
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, asked));
	KUNIT_EXPECT_EQ(test, 4u, fake.modifies);
	KUNIT_EXPECT_EQ(test, asked, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

static void answer_at_once(u32 relid)
{
	answer(relid, 0);
}

/* A host that dropped the stale answer, and was slow with this: asked again, it says so. */
static void move_with_one_late_answer(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	reopen(test, ch);
	lose_answer(test, ch, other);
	answer(1, 0);			/* is it to that, or to the one before? */
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, chan_move(ch, asked));
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	KUNIT_EXPECT_EQ(test, at, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, -EBUSY, chan_vacate_cpu(move_bus, at));
	answer(1, 0);			/* to that */
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	fakebus_end(test, move_bus);
}

/* The same while the CPU goes, or another is wished for. */
static void move_after_one_late_answer(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	reopen(test, ch);
	lose_answer(test, ch, other);
	answer(1, 0);
	fake.on_modify = answer_at_once;
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	fake.on_modify = NULL;
	lose_answer(test, ch, asked);
	answer(1, 0);
	fake.on_modify = answer_at_once;
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, at));
	KUNIT_EXPECT_EQ(test, at, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

static void refuse_next_post(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	fake.modify_error = -EAGAIN;
}

/* The host cannot be told again just now: it is later. */
static void move_cannot_ask_again(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2);

	lose_answer(test, ch, asked);
	reopen(test, ch);
	fake.on_wait = refuse_next_post;
	KUNIT_EXPECT_EQ(test, -ETIMEDOUT, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, -EAGAIN, chan_move(ch, other));
	fake.modify_error = 0;
	fake.on_modify = answer_at_once;
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

/* A host that drops the answer when the channel is closed answers what it is asked again. */
static void move_after_a_dropped_answer(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), other = next_cpu(at, 2), i;

	lose_answer(test, ch, asked);
	reopen(test, ch);
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, other, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	answer(1, 0);			/* it came after all */
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, at));
	KUNIT_EXPECT_EQ(test, 4u, fake.modifies);
	for (i = 0; i < 3; i++) {
		lose_answer(test, ch, asked);
		reopen(test, ch);
		answer(1, 0);
	}
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, other));
	KUNIT_EXPECT_EQ(test, 8u, fake.modifies);
	fakebus_end(test, move_bus);
}

static void close_while_asked(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	vmbus_close(fakebus_channel(move_bus, 1));
}

/* Only an answer that has not come yet can be stale. */
static void move_is_closed_meanwhile(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu, asked = next_cpu(at, 1), open;

	for (open = 0; open < 2; open++) {
		fake.answered = !open;
		fake.on_wait = close_while_asked;
		KUNIT_EXPECT_EQ(test, -EIO, chan_move(ch, asked));
		KUNIT_EXPECT_EQ(test, 0, fakebus_open(ch));
		fake.modifies = 0;
		KUNIT_EXPECT_EQ(test, 0, chan_move(ch, asked));
		KUNIT_EXPECT_EQ(test, 1 + open, fake.modifies);
		KUNIT_EXPECT_EQ(test, 0, chan_move(ch, at));
		KUNIT_EXPECT_EQ(test, 2 * (1 + open), fake.modifies);
	}
	fakebus_end(test, move_bus);
}

static void on_wait_for_move(struct vmbus_req *req)
{
	KUNIT_EXPECT_EQ(waiting_test, 3u, fake.modifies);
	KUNIT_EXPECT_FALSE(waiting_test, mutex_is_locked(&move_bus->chan_mutex));
	KUNIT_EXPECT_LT(waiting_test, fake.patience, last_patience);
	last_patience = fake.patience;
	waits++;
	msleep(50);	/* some ticks pass */
}

/* Three channels of a CPU that goes: all are asked for before one is waited for. */
static void move_all_at_once(struct kunit *test)
{
	struct vmbus_channel *ch[3];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ch); i++) {
		ch[i] = opened(test, i + 1);
		affinity_place(ch[i], 3);
	}
	waiting_test = test;
	last_patience = 20 * HZ + 1;
	waits = 0;
	vmbus_host_timeout = 20;
	fake.on_wait = on_wait_for_move;
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, 3));
	fake.on_wait = NULL;
	KUNIT_EXPECT_EQ(test, 3u, waits);
	/* each chosen with regard to the ones before, which were still on their way */
	for (i = 0; i < ARRAY_SIZE(ch); i++)
		KUNIT_EXPECT_EQ(test, i, (unsigned int)ch[i]->target_cpu);
	for (i = 0; i < MOVE_CPUS; i++)
		KUNIT_EXPECT_EQ(test, i < 3 ? 1u : 0u, move_bus->spread.cpus[i].channels);
	fakebus_end(test, move_bus);
}

static void on_wait_for_user(struct vmbus_req *req)
{
	KUNIT_EXPECT_EQ(waiting_test, 0u, fake.cpus_locked);
	waits++;
}

/* A user's move keeps no CPU from coming or going while the host is waited for. */
static void move_without_hotplug_lock(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);

	waiting_test = test;
	waits = 0;
	fake.on_wait = on_wait_for_user;
	KUNIT_EXPECT_EQ(test, 0, chan_move(ch, next_cpu(ch->target_cpu, 1)));
	KUNIT_EXPECT_EQ(test, 1u, waits);
	fake.on_wait = NULL;
	KUNIT_EXPECT_EQ(test, -EINVAL, chan_move(ch, MOVE_CPUS));
	KUNIT_EXPECT_EQ(test, 1u, fake.modifies);
	fakebus_end(test, move_bus);
}

static DECLARE_COMPLETION(mover_waits);
static DECLARE_COMPLETION(mover_may_go);

static void hold_first(struct vmbus_req *req)
{
	fake.on_wait = NULL;
	complete(&mover_waits);
	wait_for_completion(&mover_may_go);
}

static void move_to_cpu_2(struct work_struct *work)
{
	chan_move(fakebus_channel(move_bus, 1), 2);
}

static void let_mover_go(struct work_struct *work)
{
	complete(&mover_may_go);
}

/* The CPU that a user is moving a channel to goes offline: first that, then this. */
static void move_to_a_cpu_that_goes(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	struct work_struct mover;
	struct delayed_work go;

	reinit_completion(&mover_waits);
	reinit_completion(&mover_may_go);
	vmbus_host_timeout = 20;
	fake.on_wait = hold_first;
	INIT_WORK_ONSTACK(&mover, move_to_cpu_2);
	INIT_DELAYED_WORK_ONSTACK(&go, let_mover_go);
	queue_work(move_bus->sub_wq, &mover);
	wait_for_completion(&mover_waits);
	queue_delayed_work(move_bus->probe_wq, &go, HZ / 10);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, 2));
	flush_work(&mover);
	flush_delayed_work(&go);
	destroy_work_on_stack(&mover);
	destroy_delayed_work_on_stack(&go);
	KUNIT_EXPECT_EQ(test, 2u, fake.modifies);
	KUNIT_EXPECT_EQ(test, 2u, told.calls);
	KUNIT_EXPECT_NE(test, 2u, (unsigned int)ch->target_cpu);
	fakebus_end(test, move_bus);
}

static void close_first(struct work_struct *work)
{
	vmbus_close(fakebus_channel(move_bus, 1));
}

/* While the host is slow to let go of a channel's ring nothing comes from it any more. */
static void move_of_what_is_being_closed(struct kunit *test)
{
	struct vmbus_channel *ch = opened(test, 1);
	unsigned int at = ch->target_cpu;
	struct work_struct closer;
	struct fake_stop stop;

	init_completion(&stop.reached);
	init_completion(&stop.go);
	fake.stop = &stop;
	INIT_WORK_ONSTACK(&closer, close_first);
	queue_work(move_bus->sub_wq, &closer);
	wait_for_completion(&stop.reached);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, at));
	KUNIT_EXPECT_NE(test, at, (unsigned int)ch->target_cpu);
	KUNIT_EXPECT_EQ(test, 0u, fake.modifies);
	complete(&stop.go);
	flush_work(&closer);
	destroy_work_on_stack(&closer);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPEN_STATE, ch->state);
	fakebus_end(test, move_bus);
}

static unsigned int asked_meanwhile;

static void look_what_is_asked(struct work_struct *work)
{
	asked_meanwhile = fake.modifies;
	answer(1, 0xc0000001);
}

/* One whose answer is owed keeps none of the others from being asked for. */
static void move_others_meanwhile(struct kunit *test)
{
	struct vmbus_channel *ch[2] = { opened(test, 1), opened(test, 2) };
	struct delayed_work look;

	affinity_place(ch[0], 3);
	affinity_place(ch[1], 3);
	lose_answer(test, ch[0], 1);
	vmbus_host_timeout = 20;
	INIT_DELAYED_WORK_ONSTACK(&look, look_what_is_asked);
	queue_delayed_work(move_bus->probe_wq, &look, HZ / 10);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(move_bus, 3));
	flush_delayed_work(&look);
	destroy_delayed_work_on_stack(&look);
	KUNIT_EXPECT_EQ(test, 2u, asked_meanwhile);
	KUNIT_EXPECT_EQ(test, 3u, fake.modifies);
	KUNIT_EXPECT_NE(test, 3u, (unsigned int)ch[0]->target_cpu);
	KUNIT_EXPECT_NE(test, 3u, (unsigned int)ch[1]->target_cpu);
	fakebus_end(test, move_bus);
}

static struct kunit_case move_cases[] = {
	KUNIT_CASE(move_waits_for_the_late_answer),
	KUNIT_CASE(move_from_where_it_went_late),
	KUNIT_CASE(move_after_the_end_of_a_move),
	KUNIT_CASE(move_gets_a_stale_answer),
	KUNIT_CASE(move_with_one_late_answer),
	KUNIT_CASE(move_after_one_late_answer),
	KUNIT_CASE(move_cannot_ask_again),
	KUNIT_CASE(move_after_a_dropped_answer),
	KUNIT_CASE(move_is_closed_meanwhile),
	KUNIT_CASE(move_of_what_is_being_closed),
	KUNIT_CASE(move_others_meanwhile),
	KUNIT_CASE(move_all_at_once),
	KUNIT_CASE(move_without_hotplug_lock),
	KUNIT_CASE(move_to_a_cpu_that_goes),
	{}
};

static struct kunit_suite move_suite = {
	.name = "vmbus_moves",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.init = move_init,
	.exit = move_exit,
	.test_cases = move_cases,
};

kunit_test_suite(move_suite);
