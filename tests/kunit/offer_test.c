// SPDX-License-Identifier: GPL-2.0-only
/*
 * Offers and rescinds in every order, with a driver and without, at leisure and in a
 * rush: whatever the order, each relid that was taken back is released once, devices and
 * channels come and go in pairs, and nothing is left at the end.
 *
 * Kernel only: it runs offer.c and channel.c themselves.
 */
#include <linux/delay.h>
#include <linux/string.h>
#include "fakebus.h"
#include "params.h"

/*
 * Device 1 with relid 1, its sub-channels with relids 2 and 3, and the same device
 * offered again with relid 4.
 */
static const struct {
	u8 relid, sub;
} offers[] = { { 1, 0 }, { 2, 1 }, { 3, 2 }, { 4, 0 } };

/* Upper case: the offer; lower case: the rescind. */
#define EVENTS_MOST	6

static void happen(struct vmbus *bus, char event)
{
	unsigned int i = (event | 0x20) - 'a';

	if (event & 0x20)
		fakebus_rescind(bus, offers[i].relid);
	else
		fakebus_offer(bus, offers[i].relid, 1, offers[i].sub);
}

/* A relid is given back if its rescind came after its offer, taken or refused. */
static bool to_be_released(const char *order, unsigned int i)
{
	const char *offer = strchr(order, 'A' + i), *rescind = strchr(order, 'a' + i);

	return offer && rescind && offer < rescind;
}

static void check_relids(struct kunit *test, const char *order)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(offers); i++) {
		if (fake.released[offers[i].relid] != to_be_released(order, i))
			KUNIT_FAIL(test, "%s: relid %u released %u times", order,
				   offers[i].relid, fake.released[offers[i].relid]);
	}
}

static void check_nothing_left(struct kunit *test, const char *order)
{
	if (fake.allocated != fake.freed || fake.devices != fake.removed ||
	    fake.shown != fake.hidden || fake.rings || fake.maps || fake.ids || fake.gpadls)
		KUNIT_FAIL(test, "%s: channels %u/%u devices %u/%u shown %u/%u rings %u %u %u %u",
			   order, fake.allocated, fake.freed, fake.devices, fake.removed,
			   fake.shown, fake.hidden, fake.rings, fake.maps, fake.ids, fake.gpadls);
}

static void run(struct kunit *test, const char *order, bool driver, bool rush)
{
	struct vmbus *bus = fakebus_new(test);
	const char *event;

	fake.driver = driver;
	fake.dawdle = rush;
	for (event = order; *event; event++) {
		happen(bus, *event);
		if (!rush)
			fakebus_flush(bus);
	}
	fakebus_flush(bus);
	check_relids(test, order);
	fakebus_end(test, bus);
	check_nothing_left(test, order);
}

/* The next order of the letters, 0 after the last. */
static bool permute(char *s, int n)
{
	int i = n - 2, j = n - 1;

	while (i >= 0 && s[i] >= s[i + 1])
		i--;
	if (i < 0)
		return false;
	while (s[j] <= s[i])
		j--;
	swap(s[i], s[j]);
	for (i++, j = n - 1; i < j; i++, j--)
		swap(s[i], s[j]);
	return true;
}

struct crowd {
	const char *name;
	const char *events;	/* in the order of their codes */
	bool driver, rush;
};

static const struct crowd crowds[] = {
	{ "two sub-channels, a driver, in a rush", "ABCab", true, true },
	{ "offered again, a driver, in a rush", "ABDabd", true, true },
	{ "a sub-channel, a driver, at leisure", "ABab", true, false },
	{ "offered again, a driver, at leisure", "ABDab", true, false },
	{ "a sub-channel, nobody, at leisure", "ABab", false, false },
	{ "offered again, nobody, in a rush", "ABDab", false, true },
};

KUNIT_ARRAY_PARAM_DESC(crowds, crowds, name);

static void offer_every_order(struct kunit *test)
{
	const struct crowd *c = test->param_value;
	char order[EVENTS_MOST + 1];

	strscpy(order, c->events, sizeof(order));
	do {
		run(test, order, c->driver, c->rush);
		cond_resched();
	} while (permute(order, strlen(order)));
}

struct refusal {
	const char *name;
	u32 relid;
	u8 instance;
	u16 sub;
	enum vmbus_err want;
	enum vmbus_device_type type;	/* 0: as the others */
};

/* Device 1 is there as relid 1, its sub-channel 1 as relid 2. */
static const struct refusal refusals[] = {
	{ "relid 0", 0, 2, 0, VERR_RELID },
	{ "relid 2048", 2048, 2, 0, VERR_RELID },
	{ "relid all ones", 0xffffffff, 2, 0, VERR_RELID },
	{ "relid in use", 1, 2, 0, VERR_RELID },
	{ "the same device again", 5, 1, 0, VERR_OFFER },
	{ "a living device's name in another class", 5, 1, 0, VERR_OFFER, HV_NIC },
	{ "the same sub-channel again", 5, 1, 1, VERR_OFFER },
	{ "sub-channel of a device that is not there", 5, 2, 1, VERR_OFFER },
	{ "another device", 5, 2, 0, VERR_COUNT },
	{ "another sub-channel", 5, 1, 2, VERR_COUNT },
	{ "the last relid", 2047, 2, 0, VERR_COUNT },
};

KUNIT_ARRAY_PARAM_DESC(refusals, refusals, name);

static void offer_refused(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct vmbus *bus = fakebus_new(test);
	unsigned int i;

	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 1, 1);
	fakebus_offer_of(bus, r->relid, r->type ?: HV_SCSI, r->instance, r->sub);
	fakebus_flush(bus);
	for (i = 0; i < VERR_COUNT; i++)
		KUNIT_EXPECT_EQ(test, i == r->want, (int)atomic64_read(&bus->err[i]));
	KUNIT_EXPECT_EQ(test, 2 + (r->want == VERR_COUNT), bus->nr_chans);
	/* a relid of its own is given back after the rescind, even of a refused offer */
	if (r->relid == 5) {
		fakebus_rescind(bus, 5);
		fakebus_flush(bus);
		KUNIT_EXPECT_EQ(test, 1u, fake.released[5]);
		fakebus_rescind(bus, 5);
		KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_RELID]));
	}
	fakebus_end(test, bus);
	check_nothing_left(test, r->name);
}

static void offer_without_memory(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);

	fake.alloc_error = -ENOMEM;
	fakebus_offer(bus, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_NOMEM]));
	fake.alloc_error = 0;
	fakebus_rescind(bus, 1);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[1]);
	fakebus_end(test, bus);
	check_nothing_left(test, "no memory");
}

/*
 * Its device cannot be registered: nobody knows of it, it can be tried again, and goes as
 * others do.
 */
static void offer_without_device(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct vmbus_channel *ch;

	fake.add_error = -ENOMEM;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	ch = fakebus_channel(bus, 1);
	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, ch->state);
	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, fakebus_channel(bus, 2)->state);
	KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_NOMEM]));
	KUNIT_EXPECT_EQ(test, 0u, fake.devices);
	fake.add_error = 0;
	fakebus_pause(bus, false);
	bus->ignore_offers = false;
	fakebus_offer(bus, 3, 1, 0);		/* the same device, after the pause */
	KUNIT_EXPECT_EQ(test, 3u, chan_relid(ch));
	fakebus_pause(bus, true);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 0u, fake.devices);	/* not before the system is awake */
	fakebus_rescind(bus, 3);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[3]);
	fakebus_end(test, bus);
	check_nothing_left(test, "no device");
}

/* The host does not wait for that: it takes the channel back, or the bus ends. */
static void rescind_without_device(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);

	fake.add_error = -EEXIST;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 2, 0);
	fakebus_flush(bus);
	fakebus_rescind(bus, 1);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[1]);
	fake.add_error = 0;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.devices);
	fakebus_end(test, bus);
	check_nothing_left(test, "no device, taken back");
}

static void offer_ignored(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);

	bus->ignore_offers = true;
	fakebus_offer(bus, 1, 1, 0);
	KUNIT_EXPECT_EQ(test, 0u, fake.allocated);
	fakebus_end(test, bus);
}

static void rescind_refused(struct kunit *test)
{
	static const u32 unknown[] = { 0, 1, 2047, 2048, 0xffffffff };
	struct vmbus *bus = fakebus_new(test);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(unknown); i++) {
		fakebus_rescind(bus, unknown[i]);
		KUNIT_EXPECT_EQ(test, i + 1, (u32)atomic64_read(&bus->err[VERR_RELID]));
	}
	KUNIT_EXPECT_EQ(test, 0u, fake.released[1]);
	fakebus_end(test, bus);
}

/* The second rescind of one offer is counted and does nothing. */
static void rescind_twice(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct vmbus_chan *chan;

	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	chan = to_chan(fakebus_channel(bus, 1));
	mutex_lock(&chan->reg);	/* the first one has to wait */
	fakebus_rescind(bus, 1);
	fakebus_rescind(bus, 1);
	KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_MSG_STATE]));
	mutex_unlock(&chan->reg);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[1]);
	fakebus_end(test, bus);
	check_nothing_left(test, "twice");
}

/* Removal waits, but nothing is called any more from the moment the rescind is seen. */
static void rescind_mutes(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct vmbus_channel *ch;

	fake.driver = true;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	ch = fakebus_channel(bus, 1);
	KUNIT_ASSERT_EQ(test, CHANNEL_OPENED_STATE, ch->state);
	KUNIT_EXPECT_TRUE(test, ch->onchannel_callback);
	mutex_lock(&to_chan(ch)->reg);
	fakebus_rescind(bus, 1);
	KUNIT_EXPECT_TRUE(test, ch->rescind);
	KUNIT_EXPECT_TRUE(test, !ch->onchannel_callback);
	mutex_unlock(&to_chan(ch)->reg);
	fakebus_end(test, bus);
	check_nothing_left(test, "mute");
}

/* Somebody who looks whenever a channel's state changes: a driver that polls by itself */
struct onlooker {
	struct wait_queue_entry wait;
	struct vmbus_channel *ch;
	unsigned int taken_back, with_callback;
};

static int look_at_it(struct wait_queue_entry *wait, unsigned int mode, int flags, void *key)
{
	struct onlooker *o = container_of(wait, struct onlooker, wait);

	o->taken_back += READ_ONCE(o->ch->rescind);
	o->with_callback += READ_ONCE(o->ch->rescind) && READ_ONCE(o->ch->onchannel_callback);
	return 0;
}

/* Nobody sees a channel that is taken back and still has a callback. */
static void rescind_mutes_first(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct onlooker o = {};

	fake.driver = true;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	o.ch = fakebus_channel(bus, 1);
	KUNIT_ASSERT_TRUE(test, o.ch->onchannel_callback);
	mutex_lock(&to_chan(o.ch)->reg);
	init_waitqueue_func_entry(&o.wait, look_at_it);
	add_wait_queue(&bus->chan_wait, &o.wait);
	fakebus_rescind(bus, 1);
	remove_wait_queue(&bus->chan_wait, &o.wait);
	mutex_unlock(&to_chan(o.ch)->reg);
	KUNIT_EXPECT_NE(test, 0u, o.taken_back);
	KUNIT_EXPECT_EQ(test, 0u, o.with_callback);
	fakebus_end(test, bus);
	check_nothing_left(test, "mute first");
}

static struct {
	struct completion begun;
	bool over;
} slow;

static void slow_to_hear(struct vmbus_channel *ch)
{
	complete(&slow.begun);
	msleep(200);
	slow.over = true;
}

/* A driver that is gone is not called any more: a call that has begun ends first. */
static void rescind_beside_the_drivers_end(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct vmbus_channel *sub;

	init_completion(&slow.begun);
	slow.over = false;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	sub = fakebus_channel(bus, 2);
	vmbus_set_chn_rescind_callback(sub, slow_to_hear);
	fakebus_rescind(bus, 2);
	wait_for_completion(&slow.begun);
	vmbus_device_unregister(fakebus_channel(bus, 1)->device_obj);
	KUNIT_EXPECT_TRUE(test, slow.over);
	fakebus_end(test, bus);
	check_nothing_left(test, "driver's end");
}

/*
 * A device's removal waits for its sub-channel's, which needs no place among removals of
 * devices: with room for one, both end.
 */
static void rescind_with_a_full_queue(struct kunit *test)
{
	struct workqueue_struct *narrow = alloc_workqueue("fake_narrow", WQ_UNBOUND, 1);
	struct vmbus *bus = fakebus_new(test);
	struct workqueue_struct *wide = bus->rescind_wq;
	struct fake_stop stop;
	unsigned int tries;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, narrow);
	init_completion(&stop.reached);
	init_completion(&stop.go);
	bus->rescind_wq = narrow;
	fake.driver = true;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 1, 1);
	fakebus_flush(bus);
	fake.stop = &stop;
	fakebus_rescind(bus, 1);
	wait_for_completion(&stop.reached);
	fakebus_rescind(bus, 2);
	complete(&stop.go);
	for (tries = 0; tries < 1000 && !READ_ONCE(fake.released[1]); tries++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[1]);
	workqueue_set_max_active(narrow, 2);	/* so that all ends if it did not */
	fakebus_flush(bus);
	bus->rescind_wq = wide;
	destroy_workqueue(narrow);
	fakebus_end(test, bus);
	check_nothing_left(test, "full");
}

/* It ends waits before its turn in the queue comes, and a CPU is free of what it is about. */
static void rescind_ahead_of_the_queue(struct kunit *test)
{
	struct vmbus_channel_rescind_offer m = {
		.header.msgtype = CHANNELMSG_RESCIND_CHANNELOFFER,
		.child_relid = 1,
	};
	struct vmbus *bus = fakebus_new_on(test, 4, 1);
	u32 version = vmbus_proto_version;
	struct vmbus_channel *ch;

	fake.driver = true;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	ch = fakebus_channel(bus, 1);
	vmbus_proto_version = VERSION_WIN10_V5_3;
	fake.answer = -ENODEV;			/* to MODIFYCHANNEL: the wait was ended */
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(bus, ch->target_cpu));
	KUNIT_EXPECT_EQ(test, 1u, fake.modifies);
	vmbus_rescind_came(bus, &m);
	KUNIT_EXPECT_EQ(test, 1u, fake.woken);
	KUNIT_EXPECT_TRUE(test, chan_leaving(ch));
	KUNIT_EXPECT_FALSE(test, ch->rescind);
	KUNIT_EXPECT_EQ(test, 0, chan_vacate_cpu(bus, ch->target_cpu));
	KUNIT_EXPECT_EQ(test, 1u, fake.modifies);	/* not asked */
	m.child_relid = 5;
	vmbus_rescind_came(bus, &m);		/* of nothing, and of no number */
	m.child_relid = 0xffffffff;
	vmbus_rescind_came(bus, &m);
	KUNIT_EXPECT_EQ(test, 1u, fake.woken);
	fake.answer = 0;
	fakebus_rescind(bus, 1);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, 1u, fake.released[1]);
	fakebus_end(test, bus);
	check_nothing_left(test, "ahead");
	vmbus_proto_version = version;
}

static DECLARE_COMPLETION(silence);

/* The host does not answer the device with relid 1. */
static void silent(struct vmbus_req *req)
{
	if (chan_relid(&req->chan->ch) == 1)
		wait_for_completion(&silence);
}

/* A device whose host is silent delays itself only: neither devices nor sub-channels of others. */
static void offer_beside_a_silent_one(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	unsigned int tries;

	reinit_completion(&silence);
	fake.driver = true;
	fake.on_wait = silent;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_offer(bus, 2, 2, 0);
	for (tries = 0; tries < 1000 && READ_ONCE(fake.opens) < 2; tries++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENING_STATE, fakebus_channel(bus, 1)->state);
	fakebus_offer(bus, 3, 1, 1);
	fakebus_offer(bus, 4, 2, 1);
	for (tries = 0; tries < 1000 &&
	     READ_ONCE(fakebus_channel(bus, 4)->state) != CHANNEL_OPENED_STATE; tries++)
		msleep(20);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, fakebus_channel(bus, 2)->state);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, fakebus_channel(bus, 4)->state);
	complete_all(&silence);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, fakebus_channel(bus, 1)->state);
	fakebus_end(test, bus);
	check_nothing_left(test, "silent");
}

/*
 * Its former self is taken back and stays, since its host does not answer: the new one is
 * not put beside it, and comes by itself when it is gone.
 */
static void offer_before_the_former_self_is_gone(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	struct fake_stop stop;

	init_completion(&stop.reached);
	init_completion(&stop.go);
	fake.driver = true;
	fakebus_offer(bus, 1, 1, 0);
	fakebus_flush(bus);
	fake.stop = &stop;
	fakebus_rescind(bus, 1);
	wait_for_completion(&stop.reached);
	fakebus_offer(bus, 2, 1, 0);
	fakebus_offer(bus, 3, 2, 0);			/* another one is not kept waiting */
	flush_workqueue(bus->primary_wq);
	flush_workqueue(bus->probe_wq);
	KUNIT_EXPECT_EQ(test, CHANNEL_OFFER_STATE, fakebus_channel(bus, 2)->state);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, fakebus_channel(bus, 3)->state);
	complete(&stop.go);
	fakebus_flush(bus);
	KUNIT_EXPECT_EQ(test, CHANNEL_OPENED_STATE, fakebus_channel(bus, 2)->state);
	KUNIT_EXPECT_EQ(test, 3u, fake.devices);
	fakebus_end(test, bus);
	check_nothing_left(test, "former self");
}

/* Offered and taken back over and over without being opened: put off, then counted. */
static void offer_storm(struct kunit *test)
{
	struct vmbus *bus = fakebus_new(test);
	unsigned int i;

	for (i = 0; i < 6; i++) {
		fakebus_offer(bus, 1, 1, 0);
		fakebus_rescind(bus, 1);
		fakebus_flush(bus);
	}
	KUNIT_EXPECT_EQ(test, 6u, fake.released[1]);
	KUNIT_EXPECT_EQ(test, 1, (int)atomic64_read(&bus->err[VERR_STORM]));
	fakebus_end(test, bus);
	check_nothing_left(test, "storm");
	KUNIT_EXPECT_EQ(test, 0u, bus->nr_storms);
}

static struct kunit_case offer_cases[] = {
	KUNIT_CASE_PARAM(offer_every_order, crowds_gen_params),
	KUNIT_CASE_PARAM(offer_refused, refusals_gen_params),
	KUNIT_CASE(offer_without_memory),
	KUNIT_CASE(offer_without_device),
	KUNIT_CASE(rescind_without_device),
	KUNIT_CASE(offer_ignored),
	KUNIT_CASE(rescind_refused),
	KUNIT_CASE(rescind_twice),
	KUNIT_CASE(rescind_mutes),
	KUNIT_CASE(rescind_mutes_first),
	KUNIT_CASE(rescind_beside_the_drivers_end),
	KUNIT_CASE(rescind_with_a_full_queue),
	KUNIT_CASE(rescind_ahead_of_the_queue),
	KUNIT_CASE(offer_beside_a_silent_one),
	KUNIT_CASE(offer_before_the_former_self_is_gone),
	KUNIT_CASE(offer_storm),
	{}
};

static struct kunit_suite offer_suite = {
	.name = "vmbus_offers",
	.suite_init = fakebus_suite_init,
	.suite_exit = fakebus_suite_exit,
	.test_cases = offer_cases,
};

kunit_test_suite(offer_suite);
