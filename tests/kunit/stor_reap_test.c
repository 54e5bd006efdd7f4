// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sub-channel is taken back: its commands go again when the host has let go of them, and not
 * before, whatever becomes of the controller meanwhile.
 *
 * Kernel only: it runs subchan.c and tend.c themselves, with a bus that says what the test wants.
 */
#include <kunit/test.h>
#include <linux/delay.h>
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

/* poll.c is another test's; no queue is polled here */
#define stor_wanted_polled(ctl)		((void)(ctl), 0)
#define stor_polled_mode(channel)	((void)(channel), stor_on_channel)
#define stor_ask_no_interrupts(channel)	((void)(channel))
#define stor_poll_all(ctl)		((void)(ctl))

static unsigned int reap_closed, reap_evicted, reap_failed;
static u32 reap_asked;
static bool reap_kept, reap_ring_kept, reap_guarded, reap_by_tend;
static struct vmbus_channel *reap_lost_next;	/* while commands are waited for */

int reap_open(struct vmbus_channel *channel, u32 send, u32 recv, void *data, u32 len,
	      void (*callback)(void *context), void *context)
{
	struct stor_chan *chan = context;

	/* a rescind now would wait for chan_mutex, or free the channel */
	reap_guarded = chan->waiting == channel && mutex_is_locked(&chan->ctl->chan_mutex);
	reap_by_tend |= current_work() == &chan->ctl->tend.work;
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
	unsigned int tag;

	for (tag = 0; tag < ctl->depth; tag++) {
		if (!stor_slot_evict(&ctl->slots[tag], only))
			continue;
		reap_evicted += host_byte == DID_REQUEUE;
		reap_failed += host_byte == DID_NO_CONNECT;
	}
}

int stor_create_subchans(struct stor_ctl *ctl, u16 count)
{
	return 0;
}

void stor_calls_fail(struct stor_ctl *ctl)
{
}

int stor_negotiate(struct stor_ctl *ctl)
{
	return -ETIMEDOUT;
}

int stor_alloc_queues(struct stor_ctl *ctl)
{
	return 0;
}

void stor_host_limits(struct stor_ctl *ctl)
{
}

void stor_fc_names(struct stor_ctl *ctl)
{
}

void stor_fc_prepare(struct stor_ctl *ctl)
{
}

void stor_fc_arrive(struct stor_ctl *ctl)
{
}

void stor_be_unsure(struct stor_ctl *ctl)
{
}

void stor_scan_kick(struct stor_ctl *ctl, int what)
{
}

void stor_scan_bus(struct stor_ctl *ctl)
{
}

static void reap_take_back(struct vmbus_channel *channel);

bool stor_drain(struct stor_ctl *ctl, const struct scsi_device *sdev, unsigned long timeout)
{
	struct vmbus_channel *lost = reap_lost_next;
	unsigned int tag;

	reap_lost_next = NULL;
	if (lost)
		reap_take_back(lost);
	for (tag = 0; tag < ctl->depth; tag++) {
		if (stor_slot_busy(&ctl->slots[tag])) {
			msleep(50);
			return false;
		}
	}
	return true;
}

void stor_leave(struct stor_ctl *ctl)
{
	atomic_dec(&ctl->draining);
}

int storvsc_vcpus_per_sub_channel;
unsigned int storvsc_max_hw_queues = -1;
int logging_level;
unsigned int storvsc_host_timeout = 180;
unsigned int storvsc_lost_after = 4;
unsigned int storvsc_wait_limit = 600;

#include "../../storvsc/subchan.c"
#include "../../storvsc/tend.c"

static void reap_take_back(struct vmbus_channel *channel)
{
	channel->rescind = true;
	stor_on_sub_rescinded(channel);
}

static bool reap_any_ring_kept(struct vmbus_channel *channel)
{
	return reap_ring_kept;
}

static bool reap_gpadl_kept(struct vmbus_channel *channel, u32 gpadl)
{
	reap_asked = gpadl;
	return reap_kept;
}

/* The host has a command on each of the two channels, for so long that the second is lost. */
static void reap_send(struct kunit *test, struct stor_ctl *ctl)
{
	struct scsi_cmnd *cmd = kunit_kcalloc(test, 2, sizeof(*cmd), GFP_KERNEL);
	unsigned int tag;

	ctl->slots = kunit_kcalloc(test, 2, sizeof(*ctl->slots), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cmd);
	KUNIT_ASSERT_NOT_NULL(test, ctl->slots);
	ctl->depth = 2;
	for (tag = 0; tag < 2; tag++)
		stor_slot_arm(&ctl->slots[tag], 1, &cmd[tag], &ctl->chans[tag]);
	ctl->slots[1].late = storvsc_lost_after;
}

/* A controller whose sub-channel 1 is open, and then taken back with a command. */
static struct stor_ctl *reap_begin(struct kunit *test)
{
	struct stor_ctl *ctl = kunit_kzalloc(test, sizeof(*ctl), GFP_KERNEL);
	struct vmbus_channel *ch = kunit_kcalloc(test, 3, sizeof(*ch), GFP_KERNEL);

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
	ch[0].device_obj = ctl->dev;
	ch[1].primary_channel = &ch[0];
	ch[1].offermsg.offer.sub_channel_index = 1;
	ch[2] = ch[1];		/* what the host offers in its place */
	tasklet_init(&ch[1].callback_event, NULL, 0);
	stor_tend_init(ctl);
	mutex_init(&ctl->chan_mutex);
	INIT_WORK(&ctl->open_waiting, stor_open_waiting_work);
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
	reap_failed = 0;
	reap_by_tend = false;
	reap_ring_kept = false;
	reap_lost_next = NULL;
	reap_asked = 0;
	stor_on_subchan(&ch[1]);
	KUNIT_ASSERT_PTR_EQ(test, ctl->chans[1].channel, &ch[1]);
	reap_send(test, ctl);
	ctl->life = STOR_UP;
	ch[1].rescind = true;
	return ctl;
}

static void reap_end(struct stor_ctl *ctl)
{
	cancel_work_sync(&ctl->open_waiting);
	cancel_delayed_work_sync(&ctl->tend);
	cancel_delayed_work_sync(&ctl->watch);
}

/* As tend does, and then what it has done by others. */
static bool reap_look(struct stor_ctl *ctl)
{
	bool kept = stor_reap_channels(ctl);

	flush_work(&ctl->open_waiting);
	return kept;
}

/* Before the controller is up: it is looked after when it is. */
static void stor_reap_test_while_agreeing(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = false;
	mutex_lock(&ctl->life_mutex);
	ctl->life = STOR_LOST;
	stor_on_sub_rescinded(ctl->chans[1].channel);
	stor_turn(ctl, STOR_TURN_AGREED);
	mutex_unlock(&ctl->life_mutex);
	flush_delayed_work(&ctl->tend);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	reap_end(ctl);
}

static void stor_reap_test_let_go(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = false;
	reap_look(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_EQ(test, 77u, reap_asked);
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
}

static void stor_reap_test_kept(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel + 1;

	reap_kept = true;
	reap_look(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	KUNIT_EXPECT_TRUE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	/* commands of two channels would be taken for one's */
	stor_on_subchan(again);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	KUNIT_EXPECT_TRUE(test, reap_look(ctl));
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	reap_kept = false;
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_EQ(test, 77u, reap_asked);
	/* the bus hands it out once */
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].channel, again);
	KUNIT_EXPECT_TRUE(test, reap_guarded);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].waiting);
	KUNIT_EXPECT_EQ(test, 1u, ctl->nr_open);
	reap_end(ctl);
}

/* Its place is free: tend holds life_mutex, and leaves it to others to wait for the host. */
static void stor_reap_test_opened_by_others(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel + 1;

	reap_kept = true;
	reap_look(ctl);
	stor_on_subchan(again);
	flush_delayed_work(&ctl->tend);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	reap_kept = false;
	stor_tend_kick(ctl, STOR_CHAN_LOST);
	flush_delayed_work(&ctl->tend);
	flush_work(&ctl->open_waiting);
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].channel, again);
	KUNIT_EXPECT_FALSE(test, reap_by_tend);
	reap_end(ctl);
}

/* The host offers it again before we have heard that the one before is taken back. */
static void stor_reap_test_offered_first(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel + 1;

	reap_kept = false;
	/* as for tend itself: its work, which this queues, waits where the kernel preempts, too */
	mutex_lock(&ctl->life_mutex);
	stor_on_subchan(again);
	KUNIT_EXPECT_PTR_NE(test, ctl->chans[1].channel, again);
	KUNIT_EXPECT_TRUE(test, test_bit(STOR_CHAN_LOST, &ctl->state));
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].channel, again);
	mutex_unlock(&ctl->life_mutex);
	reap_end(ctl);
}

/* What waits for its place is taken back, or all is closed: nobody looks at it any more. */
static void stor_reap_test_waits_in_vain(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel + 1;

	reap_kept = true;
	reap_look(ctl);
	stor_on_subchan(again);
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].waiting, again);
	reap_take_back(again);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].waiting);
	reap_kept = false;
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	ctl->chans[1].waiting = again;
	stor_close_channels(ctl);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].waiting);
	reap_end(ctl);
}

/* Nothing is opened for who is about to leave. */
static void stor_reap_test_waits_in_a_hurry(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	struct vmbus_channel *again = ctl->chans[1].channel + 1;

	reap_kept = true;
	reap_look(ctl);
	stor_on_subchan(again);
	reap_kept = false;
	set_bit(STOR_HURRY, &ctl->state);
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].channel);
	clear_bit(STOR_HURRY, &ctl->state);		/* it stays after all */
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_PTR_EQ(test, ctl->chans[1].channel, again);
	reap_end(ctl);
}

/* All is closed, and all was answered: nothing is waited for any more. */
static void stor_reap_test_closed(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = true;
	reap_look(ctl);
	KUNIT_EXPECT_TRUE(test, reap_look(ctl));
	KUNIT_EXPECT_NOT_NULL(test, stor_slot_evict(&ctl->slots[1], NULL));
	KUNIT_EXPECT_EQ(test, 0, stor_close_channels(ctl));
	KUNIT_EXPECT_FALSE(test, stor_rings_kept(ctl));
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
}

/* Closed as @ctl is, it waits, for the channel that was taken back before, too. */
static void reap_wait(struct kunit *test, struct stor_ctl *ctl)
{
	struct scsi_cmnd *cmd = ctl->slots[1].cmd;

	KUNIT_EXPECT_EQ(test, STOR_HELD, ctl->life);
	KUNIT_EXPECT_FALSE(test, stor_let_go(ctl));
	KUNIT_EXPECT_EQ(test, STOR_HELD, ctl->life);
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	reap_kept = false;
	cmd->jiffies_at_alloc = jiffies - 3600 * HZ;
	KUNIT_EXPECT_TRUE(test, stor_let_go(ctl));
	KUNIT_EXPECT_EQ(test, STOR_LOST, ctl->life);
	KUNIT_EXPECT_EQ(test, 2u, reap_evicted);
	/* nor is that time counted */
	KUNIT_EXPECT_TRUE(test, time_after(cmd->jiffies_at_alloc, jiffies - 3600 * HZ));
}

/* The kept command counts as lost one day; the host still has it when all else is closed. */
static void stor_reap_test_start_over(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = true;
	mutex_lock(&ctl->life_mutex);
	set_bit(STOR_CHAN_LOST, &ctl->state);
	stor_tend_up(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, STOR_UP, ctl->life);
	set_bit(STOR_CMD_LOST, &ctl->state);
	stor_tend_up(ctl);
	reap_wait(test, ctl);
	mutex_unlock(&ctl->life_mutex);
	reap_end(ctl);
}

/* One that is taken back and not looked after yet when all is closed. */
static void stor_reap_test_start_over_first(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = true;
	mutex_lock(&ctl->life_mutex);
	stor_lose(ctl);
	reap_wait(test, ctl);
	mutex_unlock(&ctl->life_mutex);
	reap_end(ctl);
}

/*
 * The host need not say that it let go of what it took back.  When it has let go of all else,
 * that is waited for as long as commands wait, and then the controller comes back.
 */
static void stor_reap_test_never_let_go(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	ctl->kept = reap_any_ring_kept;
	reap_kept = true;
	mutex_lock(&ctl->life_mutex);
	stor_lose(ctl);
	KUNIT_EXPECT_EQ(test, STOR_HELD, ctl->life);
	KUNIT_EXPECT_FALSE(test, stor_let_go(ctl));
	ctl->lost_since = jiffies - storvsc_wait_limit * HZ - 1;
	reap_ring_kept = true;			/* but not of what it has not taken back */
	KUNIT_EXPECT_FALSE(test, stor_let_go(ctl));
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	reap_ring_kept = false;
	KUNIT_EXPECT_TRUE(test, stor_let_go(ctl));
	KUNIT_EXPECT_EQ(test, STOR_LOST, ctl->life);
	KUNIT_EXPECT_EQ(test, 2u, reap_evicted);
	KUNIT_EXPECT_FALSE(test, ctl->chans[1].kept);
	mutex_unlock(&ctl->life_mutex);
	reap_end(ctl);
}

/* For who may be suspended: the midlayer's side of the controller, and nothing on channel 0. */
static void reap_add(struct stor_ctl *ctl)
{
	spin_lock_init(&ctl->shost->default_lock);
	ctl->shost->host_lock = &ctl->shost->default_lock;
	INIT_LIST_HEAD(&ctl->shost->__devices);
	ctl->added = true;
	ctl->chans[1].channel->rescind = false;
	stor_slot_evict(&ctl->slots[0], NULL);
}

/* The guest is suspended while the host takes a sub-channel back. */
static void stor_reap_test_sleep(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_add(ctl);
	set_bit(STOR_HURRY, &ctl->state);	/* tend does not run */
	reap_kept = false;
	reap_lost_next = ctl->chans[1].channel;
	KUNIT_EXPECT_EQ(test, 0, stor_sleep(ctl));
	KUNIT_EXPECT_EQ(test, STOR_ASLEEP, ctl->life);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	reap_end(ctl);
}

/* The same with a host that does not let go of it: there is an end to waiting. */
static void stor_reap_test_no_sleep(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	unsigned int before = storvsc_host_timeout;

	reap_add(ctl);
	set_bit(STOR_HURRY, &ctl->state);
	reap_kept = true;
	reap_lost_next = ctl->chans[1].channel;
	storvsc_host_timeout = 1;
	KUNIT_EXPECT_EQ(test, -EBUSY, stor_sleep(ctl));
	storvsc_host_timeout = before;
	KUNIT_EXPECT_EQ(test, STOR_UP, ctl->life);
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	reap_end(ctl);
}

/* The controller is taken back while somebody waits for its commands and holds its device. */
static void stor_reap_test_watch(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	ctl->dev->channel->rescind = true;
	stor_watch(ctl);
	flush_delayed_work(&ctl->watch);
	KUNIT_EXPECT_EQ(test, STOR_DEAD, ctl->life);
	KUNIT_EXPECT_EQ(test, 2u, reap_failed);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&ctl->watch));
	reap_end(ctl);
}

/* Who removes the device has cancelled tend, and waits for the commands. */
static void stor_reap_test_removal(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	reap_kept = true;
	set_bit(STOR_REMOVING, &ctl->state);
	set_bit(STOR_HURRY, &ctl->state);
	stor_on_sub_rescinded(ctl->chans[1].in);
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&ctl->tend));
	stor_watch_work(&ctl->watch.work);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 0u, reap_evicted);
	reap_kept = false;
	stor_watch_work(&ctl->watch.work);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_EQ(test, STOR_UP, ctl->life);
	reap_end(ctl);
}

/* The kernel's own bus says nothing of it; it waits in the close. */
static void stor_reap_test_other_bus(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);

	ctl->gpadl_kept = NULL;
	/* nor of one that was never open, which is refused before its place is free */
	stor_on_subchan(ctl->chans[1].channel + 1);
	KUNIT_EXPECT_NULL(test, ctl->chans[1].waiting);
	reap_look(ctl);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	KUNIT_EXPECT_FALSE(test, reap_look(ctl));
}

/* A sub-channel is being opened, and the host never confirms: who looks after the disks goes on. */
static void stor_reap_test_beside_opening(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	unsigned int i;

	reap_kept = false;
	mutex_lock(&ctl->chan_mutex);
	stor_tend_kick(ctl, STOR_CHAN_MOVED);
	stor_tend_kick(ctl, STOR_CHAN_LOST);
	for (i = 0; i < 500 && work_busy(&ctl->tend.work); i++)
		usleep_range(10000, 11000);
	KUNIT_EXPECT_FALSE(test, work_busy(&ctl->tend.work));
	KUNIT_EXPECT_EQ(test, 0u, reap_closed);
	/* it is through, and what was put off is done */
	stor_chan_unlock(ctl);
	flush_delayed_work(&ctl->tend);
	KUNIT_EXPECT_EQ(test, 1u, reap_closed);
	KUNIT_EXPECT_EQ(test, 1u, reap_evicted);
	/* nobody was late, so nobody comes again */
	KUNIT_EXPECT_FALSE(test, delayed_work_pending(&ctl->tend));
	reap_end(ctl);
}

/* The midlayer's map of queues goes while the channels are looked after. */
static void stor_reap_test_no_map(struct kunit *test)
{
	struct stor_ctl *ctl = reap_begin(test);
	unsigned int *theirs = kunit_kcalloc(test, nr_cpu_ids, sizeof(*theirs), GFP_KERNEL);
	struct stor_queue *queues = kunit_kcalloc(test, 2, sizeof(*queues), GFP_KERNEL);
	u16 *ours = kunit_kcalloc(test, nr_cpu_ids, sizeof(*ours), GFP_KERNEL);
	unsigned int cpu;

	KUNIT_ASSERT_NOT_NULL(test, theirs);
	KUNIT_ASSERT_NOT_NULL(test, queues);
	KUNIT_ASSERT_NOT_NULL(test, ours);
	for (cpu = 0; cpu < nr_cpu_ids; cpu++) {
		theirs[cpu] = 0x2ee;		/* as memory that is others' */
		ours[cpu] = 1;
	}
	ctl->shost->tag_set.map[HCTX_TYPE_DEFAULT].mq_map = theirs;
	ctl->queue_of = ours;
	ctl->queues = queues;
	ctl->added = true;
	ctl->chans[1].channel->rescind = false;
	reap_look(ctl);
	KUNIT_EXPECT_EQ(test, (u16)1, queues[1].home);
	reap_end(ctl);
}

static struct kunit_case stor_reap_cases[] = {
	KUNIT_CASE(stor_reap_test_no_map),
	KUNIT_CASE(stor_reap_test_beside_opening),
	KUNIT_CASE(stor_reap_test_opened_by_others),
	KUNIT_CASE(stor_reap_test_while_agreeing),
	KUNIT_CASE(stor_reap_test_let_go),
	KUNIT_CASE(stor_reap_test_kept),
	KUNIT_CASE(stor_reap_test_offered_first),
	KUNIT_CASE(stor_reap_test_waits_in_vain),
	KUNIT_CASE(stor_reap_test_waits_in_a_hurry),
	KUNIT_CASE(stor_reap_test_never_let_go),
	KUNIT_CASE(stor_reap_test_sleep),
	KUNIT_CASE(stor_reap_test_no_sleep),
	KUNIT_CASE(stor_reap_test_watch),
	KUNIT_CASE(stor_reap_test_closed),
	KUNIT_CASE(stor_reap_test_start_over),
	KUNIT_CASE(stor_reap_test_start_over_first),
	KUNIT_CASE(stor_reap_test_removal),
	KUNIT_CASE(stor_reap_test_other_bus),
	{}
};

static struct kunit_suite stor_reap_suite = {
	.name = "storvsc_reap",
	.test_cases = stor_reap_cases,
};
kunit_test_suite(stor_reap_suite);
MODULE_LICENSE("GPL");
