// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues that are polled: how many, and that nobody reads a ring that somebody else reads, or that
 * is about to be closed.
 *
 * Kernel only: it runs poll.c itself, with a ring that the test fills.
 */
#include <kunit/test.h>
#include <linux/crash_dump.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "storvsc.h"

static unsigned int poll_wanted;	/* the module parameter */
static unsigned int poll_cpus;
static bool poll_crashed;
static u32 poll_bytes;			/* in the ring */
static unsigned int poll_read;
static bool poll_alone;			/* whoever read it */

#define storvsc_poll_queues		poll_wanted
#undef num_possible_cpus
#define num_possible_cpus()		poll_cpus
#define is_kdump_kernel()		poll_crashed
#define hv_get_bytes_to_read(ring)	((void)(ring), poll_bytes)
#define stor_read_ring(chan, channel)	((void)(channel), poll_ring(chan))
#define set_channel_read_mode(ch, mode)	((void)(ch), (void)(mode))

static int poll_ring(struct stor_chan *chan);

#include "../../storvsc/poll.c"

static int poll_ring(struct stor_chan *chan)
{
	/* who comes meanwhile finds it taken */
	poll_alone = !stor_poll(chan->ctl->shost, chan->index);
	poll_read++;
	poll_bytes = 0;
	return 3;
}

static struct stor_ctl *poll_ctl(struct kunit *test)
{
	struct Scsi_Host *shost = kunit_kzalloc(test, sizeof(*shost) + sizeof(struct stor_ctl),
						GFP_KERNEL);
	struct stor_ctl *ctl;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, shost);
	ctl = shost_priv(shost);
	ctl->shost = shost;
	ctl->max_subchans = 8;
	ctl->nr_queues = 3;
	ctl->nr_polled = 2;
	ctl->chans = kunit_kcalloc(test, 3, sizeof(*ctl->chans), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctl->chans);
	for (i = 0; i < 3; i++) {
		struct vmbus_channel *channel = kunit_kzalloc(test, sizeof(*channel), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, channel);
		ctl->chans[i].ctl = ctl;
		ctl->chans[i].index = i;
		RCU_INIT_POINTER(ctl->chans[i].channel, channel);
	}
	poll_wanted = 0;
	poll_cpus = 4;
	poll_crashed = false;
	poll_bytes = 0;
	poll_read = 0;
	poll_alone = false;
	return ctl;
}

static void stor_poll_test_how_many(struct kunit *test)
{
	struct stor_ctl *ctl = poll_ctl(test);

	KUNIT_EXPECT_EQ(test, 0u, stor_wanted_polled(ctl));
	poll_wanted = 2;
	KUNIT_EXPECT_EQ(test, 2u, stor_wanted_polled(ctl));
	poll_wanted = 100;
	KUNIT_EXPECT_EQ(test, 4u, stor_wanted_polled(ctl));
	ctl->max_subchans = 1;
	KUNIT_EXPECT_EQ(test, 1u, stor_wanted_polled(ctl));
	ctl->max_subchans = 0;
	KUNIT_EXPECT_EQ(test, 0u, stor_wanted_polled(ctl));
	ctl->max_subchans = 8;
	poll_crashed = true;
	KUNIT_EXPECT_EQ(test, 0u, stor_wanted_polled(ctl));
}

static void stor_poll_test_one_reader(struct kunit *test)
{
	struct stor_ctl *ctl = poll_ctl(test);

	KUNIT_EXPECT_EQ(test, 0, stor_poll(ctl->shost, 1));
	KUNIT_EXPECT_EQ(test, 0u, poll_read);
	poll_bytes = 64;
	KUNIT_EXPECT_EQ(test, 3, stor_poll(ctl->shost, 1));
	KUNIT_EXPECT_TRUE(test, poll_alone);
	KUNIT_EXPECT_EQ(test, 1u, poll_read);
}

/* Closed ones are not looked at, and those that interrupt neither. */
static void stor_poll_test_which(struct kunit *test)
{
	struct stor_ctl *ctl = poll_ctl(test);

	poll_bytes = 64;
	stor_poll_all(ctl);
	KUNIT_EXPECT_EQ(test, 1u, poll_read);	/* the other finds the ring empty */
	poll_bytes = 64;
	RCU_INIT_POINTER(ctl->chans[1].channel, NULL);
	RCU_INIT_POINTER(ctl->chans[2].channel, NULL);
	stor_poll_all(ctl);
	KUNIT_EXPECT_EQ(test, 1u, poll_read);
	RCU_INIT_POINTER(ctl->chans[2].channel, rcu_access_pointer(ctl->chans[0].channel));
	set_bit(STOR_GONE, &ctl->state);
	stor_poll_all(ctl);
	KUNIT_EXPECT_EQ(test, 1u, poll_read);
	clear_bit(STOR_GONE, &ctl->state);
	stor_poll_all(ctl);
	KUNIT_EXPECT_EQ(test, 2u, poll_read);
}

static struct kunit_case stor_poll_cases[] = {
	KUNIT_CASE(stor_poll_test_how_many),
	KUNIT_CASE(stor_poll_test_one_reader),
	KUNIT_CASE(stor_poll_test_which),
	{}
};

static struct kunit_suite stor_poll_suite = {
	.name = "storvsc_poll",
	.test_cases = stor_poll_cases,
};
kunit_test_suite(stor_poll_suite);
MODULE_LICENSE("GPL");
