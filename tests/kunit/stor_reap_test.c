// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sub-channel is taken back: its commands go again when the host has let go of them, and not
 * before.
 *
 * Kernel only: it runs subchan.c itself, with a bus that says what the test wants.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/slab.h>

/* this copy's bus, and those of our files that it calls */
#define vmbus_open			reap_open
#define vmbus_close			reap_close
#define vmbus_disconnect_ring		reap_disconnect
#define vmbus_free_ring			reap_free_ring
#define vmbus_teardown_gpadl		reap_teardown
#define vmbus_set_sc_create_callback	reap_set_create
#define vmbus_set_chn_rescind_callback	reap_set_rescind
#include "storvsc.h"

static unsigned int reap_closed, reap_evicted;
static u32 reap_asked;
static bool reap_kept;

int reap_open(struct vmbus_channel *channel, u32 send, u32 recv, void *data, u32 len,
	      void (*callback)(void *context), void *context)
{
	channel->ringbuffer_gpadlhandle.gpadl_handle = 77;
	return 0;
}

void reap_close(struct vmbus_channel *channel)
{
	reap_closed++;
	channel->ringbuffer_gpadlhandle.gpadl_handle = 0;
}

int reap_disconnect(struct vmbus_channel *channel)
{
	return 0;
}

void reap_free_ring(struct vmbus_channel *channel)
{
}

int reap_teardown(struct vmbus_channel *channel, struct vmbus_gpadl *gpadl)
{
	return 0;
}

void reap_set_create(struct vmbus_channel *channel, void (*callback)(struct vmbus_channel *sub))
{
}

void reap_set_rescind(struct vmbus_channel *channel, void (*callback)(struct vmbus_channel *sub))
{
}

void stor_on_channel(void *context)
{
}

void stor_evict_all(struct stor_ctl *ctl, struct stor_chan *only, int host_byte)
{
	reap_evicted += only == &ctl->chans[1] && host_byte == DID_REQUEUE;
}

void stor_tend_kick(struct stor_ctl *ctl, int what)
{
}

int stor_create_subchans(struct stor_ctl *ctl, u16 count)
{
	return 0;
}

void stor_leave(struct stor_ctl *ctl)
{
	atomic_dec(&ctl->draining);
}

int storvsc_vcpus_per_sub_channel;
unsigned int storvsc_max_hw_queues = -1;
int logging_level;

#include "../../storvsc/subchan.c"

static bool reap_gpadl_kept(struct vmbus_channel *channel, u32 gpadl)
{
	reap_asked = gpadl;
	return reap_kept;
}

/* A controller whose sub-channel 1 is open, and then taken back. */
static struct stor_ctl *reap_begin(struct kunit *test)
{
	struct stor_ctl *ctl = kunit_kzalloc(test, sizeof(*ctl), GFP_KERNEL);
	struct vmbus_channel *ch = kunit_kcalloc(test, 2, sizeof(*ch), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctl);
	KUNIT_ASSERT_NOT_NULL(test, ch);
	ctl->dev = kunit_kzalloc(test, sizeof(*ctl->dev), GFP_KERNEL);
	ctl->chans = kunit_kcalloc(test, 2, sizeof(*ctl->chans), GFP_KERNEL);
	ctl->shost = kunit_kzalloc(test, sizeof(*ctl->shost), GFP_KERNEL);
	ch[1].inbound.ring_buffer = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);	/* empty */
	KUNIT_ASSERT_NOT_NULL(test, ctl->dev);
	KUNIT_ASSERT_NOT_NULL(test, ctl->chans);
	KUNIT_ASSERT_NOT_NULL(test, ctl->shost);
	KUNIT_ASSERT_NOT_NULL(test, ch[1].inbound.ring_buffer);
	ctl->dev->channel = &ch[0];
	dev_set_drvdata(&ctl->dev->device, ctl);
	ch[1].primary_channel = &ch[0];
	ch[0].device_obj = ctl->dev;
	ch[1].offermsg.offer.sub_channel_index = 1;
	tasklet_init(&ch[1].callback_event, NULL, 0);
	mutex_init(&ctl->chan_mutex);
	init_waitqueue_head(&ctl->subchan_wait);
	ratelimit_state_init(&ctl->limit, 5 * HZ, 10);
	ctl->nr_queues = 2;
	ctl->chans[0].ctl = ctl;
	ctl->chans[1].ctl = ctl;
	ctl->chans[1].index = 1;
	ctl->open = true;
	ctl->gpadl_kept = reap_gpadl_kept;
	set_bit(STOR_SUBS_WANTED, &ctl->state);
	reap_closed = 0;
	reap_evicted = 0;
	reap_asked = 0;
	stor_on_subchan(&ch[1]);
	KUNIT_ASSERT_PTR_EQ(test, ctl->chans[1].channel, &ch[1]);
	ch[1].rescind = true;
	return ctl;
}

static void stor_reap_test_let_go(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = false;
	stor_reap_channels(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_EQ(test, 77u, reap_asked);
	KUNIT_EXPECT_FALSE(test, stor_kept_channels(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
}

static void stor_reap_test_kept(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel;

	reap_kept = true;
	stor_reap_channels(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	KUNIT_EXPECT_TRUE(test, stor_kept_channels(ctl));
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	/* commands of two channels would be taken for one's */
	stor_on_subchan(again);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	reap_kept = false;
	KUNIT_EXPECT_FALSE(test, stor_kept_channels(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_EQ(test, 77u, reap_asked);
	again->rescind = false;
	stor_on_subchan(again);
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].channel, again);
}

/* All is closed, by the host's word: nothing is waited for any more. */
static void stor_reap_test_closed(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = true;
	stor_reap_channels(ctl);
	stor_close_channels(ctl);
	KUNIT_EXPECT_FALSE(test, stor_kept_channels(ctl));
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
}

/* The kernel's own bus says nothing of it; it waits in the close. */
static void stor_reap_test_other_bus(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	ctl->gpadl_kept = NULL;
	stor_reap_channels(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_FALSE(test, stor_kept_channels(ctl));
}

static struct kunit_case stor_reap_cases[] = {
	KUNIT_CASE(stor_reap_test_let_go),
	KUNIT_CASE(stor_reap_test_kept),
	KUNIT_CASE(stor_reap_test_closed),
	KUNIT_CASE(stor_reap_test_other_bus),
	{}
};

static struct kunit_suite stor_reap_suite = {
	.name = "storvsc_reap",
	.test_cases = stor_reap_cases,
};
kunit_test_suite(stor_reap_suite);
MODULE_LICENSE("GPL");
