// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one who turns a controller's life (life.c): agrees with the host, closes
 * everything when the host is silent and agrees anew, clears away channels that
 * the host took back, ends it.
 *
 * Starting over is how lost commands come back.  The confirmed teardown of the
 * rings is the host's word that it is through with all of them, so they may go
 * again without being done twice.  Without that word they stay the host's, until it comes:
 * a host whose storage stands still says it when the storage is back.
 */
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

#include "storvsc.h"

#define STOR_TRY_FIRST		HZ		/* from one try to the next */
#define STOR_TRY_LAST		(60 * HZ)
#define STOR_BACK_LIMIT		(600 * HZ)	/* if commands wait for ever */

/* Move on in the table, and let the midlayer's commands flow as the state says. */
static void stor_turn(struct stor_ctl *ctl, enum stor_turn turn)
{
	enum stor_life next = stor_life_next(ctl->life, turn);
	enum stor_flow was = stor_life_flow(ctl->life);
	enum stor_flow flow = stor_life_flow(next);

	lockdep_assert_held(&ctl->life_mutex);
	/* a failed try to come back does not make the wait begin anew, but a host's word does */
	if ((next == STOR_LOST || next == STOR_HELD) && next != ctl->life &&
	    ctl->life != STOR_LOST)
		ctl->lost_since = jiffies;
	WRITE_ONCE(ctl->life, next);

	if (flow == STOR_FLOW_SEND) {
		WRITE_ONCE(ctl->up_since, jiffies);
		/*
		 * Channels and limits come first.  Who sees the bit clear and yet an
		 * old channel pointer finds none, and the command comes again.
		 */
		smp_mb__before_atomic();
		clear_bit(STOR_HALTED, &ctl->state);
	}
	if (!ctl->added)
		return;
	if (flow == STOR_FLOW_WAIT && was != STOR_FLOW_WAIT)
		scsi_block_requests(ctl->shost);
	else if (flow != STOR_FLOW_WAIT && was == STOR_FLOW_WAIT)
		scsi_unblock_requests(ctl->shost);
}

/* The host has let go of all rings: what it had goes again once there is a channel. */
static void stor_take_back(struct stor_ctl *ctl)
{
	stor_calls_fail(ctl);
	stor_turn(ctl, STOR_TURN_SILENT);
	stor_evict_all(ctl, NULL, DID_REQUEUE);
	stor_kept_channels(ctl);	/* none any more: the places are free */
}

/*
 * Close all, and have what the host had go again once there is a channel; or fail,
 * if there will be none.
 */
static void stor_lose(struct stor_ctl *ctl)
{
	bool gone = test_bit(STOR_REMOVING, &ctl->state) ||
		    ctl->dev->channel->rescind;
	int ret = stor_close_channels(ctl);

	if (ret && !gone) {
		dev_err(&ctl->dev->device,
			"host does not confirm the close (error %d), it keeps its commands: waiting until it lets go\n",
			ret);
		stor_turn(ctl, STOR_TURN_HELD);
		return;
	}
	if (!gone) {
		stor_take_back(ctl);
		return;
	}
	stor_calls_fail(ctl);
	stor_turn(ctl, STOR_TURN_END);
	stor_evict_all(ctl, NULL, DID_NO_CONNECT);
}

/*
 * The time that the host kept commands for is not counted against them: after six periods of
 * their timers the midlayer would fail what is to go again.
 */
static void stor_count_anew(struct stor_ctl *ctl)
{
	unsigned int tag;

	for (tag = 0; tag < ctl->depth; tag++) {
		/* all is closed, so no answer races; requests of a tag are never freed */
		struct scsi_cmnd *cmd = stor_slot_peek(&ctl->slots[tag]);

		if (cmd)
			cmd->jiffies_at_alloc = jiffies;
	}
}

/*
 * It has let go of all that it had not taken back.  What else it had of the device it need not
 * say, so that is not waited for without an end.
 */
static bool stor_back_too_long(struct stor_ctl *ctl)
{
	unsigned long limit = stor_wait_limit() ?: STOR_BACK_LIMIT;

	if (!time_after(jiffies, ctl->lost_since + limit))
		return false;
	dev_warn(&ctl->dev->device,
		 "host does not say that it let go of sub-channels that it took back, it is not asked any more\n");
	return true;
}

/* Has the host let go by now?  Then its commands come back to us, and it is tried again. */
static bool stor_let_go(struct stor_ctl *ctl)
{
	if (stor_rings_kept(ctl))
		return false;
	/* Nobody gets those of one channel back but with all others. */
	if (stor_kept_channels(ctl) && !stor_back_too_long(ctl))
		return false;
	dev_info(&ctl->dev->device, "host has let go of the closed channels, starting over\n");
	stor_count_anew(ctl);
	stor_take_back(ctl);
	ctl->try_after = STOR_TRY_FIRST;
	return true;
}

/* What depends on the first handshake only. */
static int stor_set_up(struct stor_ctl *ctl)
{
	/*
	 * The disks' limits follow in the scan, and not before their commands flow: in
	 * some kernels whoever reads or sets a disk's properties holds their lock, and
	 * waits for its commands.
	 */
	if (ctl->slots) {
		set_bit(STOR_LIMITS, &ctl->state);
		return 0;
	}
	ctl->nr_polled = stor_wanted_polled(ctl);
	ctl->nr_queues = 1 + stor_wanted_subchans(ctl) + ctl->nr_polled;
	return stor_alloc_queues(ctl);
}

static int stor_add_host(struct stor_ctl *ctl)
{
	int ret;

	if (ctl->added) {
		stor_fc_names(ctl);
		return 0;
	}
	stor_host_limits(ctl);
	stor_fc_prepare(ctl);
	ret = scsi_add_host(ctl->shost, &ctl->dev->device);
	if (ret)
		return ret;
	stor_fc_arrive(ctl);
	/*
	 * The host sorts and merges by itself; a scheduler here costs a hop over a
	 * work queue for each command.  Before the first disk is there, so that it
	 * starts without; the user may choose one.
	 */
	ctl->shost->tag_set.flags |= BLK_MQ_F_NO_SCHED_BY_DEFAULT;
	WRITE_ONCE(ctl->added, true);
	dev_info(&ctl->dev->device,
		 "%s controller, protocol %u.%u, %u byte transfers, %u queues, %u commands\n",
		 ctl->kind->name, ctl->version >> 8, ctl->version & 0xff,
		 ctl->max_transfer, ctl->nr_queues, ctl->shost->can_queue);
	return 0;
}

/**
 * stor_agree() - open the channels and agree with the host
 * @ctl: controller that is not STOR_UP
 *
 * Context: process, holds life_mutex; every wait is limited.
 *
 * Return: 0 and the controller is STOR_UP, with its SCSI host added; or an error
 * and all is closed.
 */
int stor_agree(struct stor_ctl *ctl)
{
	int ret;

	lockdep_assert_held(&ctl->life_mutex);
	/*
	 * Whatever was to be done about channels was about those before, and in the way of the
	 * next kick.  Not later: a sub-channel may be taken back as soon as it is there.
	 */
	clear_bit(STOR_CHAN_LOST, &ctl->state);
	clear_bit(STOR_CHAN_MOVED, &ctl->state);
	clear_bit(STOR_CMD_LOST, &ctl->state);
	ret = stor_open_primary(ctl);
	if (!ret) {
		/* not before there are rings: the scan and resets come by themselves */
		smp_mb__before_atomic();
		clear_bit(STOR_GONE, &ctl->state);
		ret = stor_negotiate(ctl);
	}
	if (!ret)
		ret = stor_set_up(ctl);
	if (ret) {
		stor_lose(ctl);
		return ret;
	}
	stor_open_subchans(ctl);
	stor_find_homes(ctl);
	if (ctl->added)
		stor_be_unsure(ctl);
	stor_turn(ctl, STOR_TURN_AGREED);
	ret = stor_add_host(ctl);
	if (ret) {
		/* nothing that the host could mend */
		stor_turn(ctl, STOR_TURN_END);
		stor_close_channels(ctl);
		stor_calls_fail(ctl);
	}
	return ret;
}

/* Nothing more to be tried for a device that is on its way out. */
static bool stor_leaving(const struct stor_ctl *ctl)
{
	return test_bit(STOR_HURRY, &ctl->state) || ctl->dev->channel->rescind;
}

/**
 * stor_try_later() - try again to agree, after a while that grows
 * @ctl: controller
 */
void stor_try_later(struct stor_ctl *ctl)
{
	if (!stor_life_tries(READ_ONCE(ctl->life)) || stor_leaving(ctl))
		return;
	if (stor_life_held(READ_ONCE(ctl->life))) {
		/* nothing is asked of the host, who says it by itself */
		queue_delayed_work(system_long_wq, &ctl->tend, STOR_TRY_FIRST);
		return;
	}
	queue_delayed_work(system_long_wq, &ctl->tend, ctl->try_after);
	ctl->try_after = min_t(unsigned long, 2 * ctl->try_after, STOR_TRY_LAST);
}

/* Commands wait for a host that is silent, or keeps others, for so long; then they fail. */
static void stor_limit_wait(struct stor_ctl *ctl)
{
	unsigned long limit = stor_wait_limit();

	if ((ctl->life != STOR_LOST && ctl->life != STOR_HELD) || !limit ||
	    !time_after(jiffies, ctl->lost_since + limit))
		return;
	dev_err(&ctl->dev->device, "host is silent, commands fail until it %s\n",
		ctl->life == STOR_HELD ? "lets go of the closed channels" : "answers");
	stor_turn(ctl, STOR_TURN_TOO_LONG);
}

static bool stor_try(struct stor_ctl *ctl)
{
	if (stor_leaving(ctl))
		return false;
	if ((!stor_life_held(ctl->life) || stor_let_go(ctl)) && !stor_agree(ctl)) {
		ctl->try_after = STOR_TRY_FIRST;
		dev_info(&ctl->dev->device, "host answers, controller usable\n");
		return true;
	}
	stor_limit_wait(ctl);
	stor_try_later(ctl);
	return false;
}

static bool stor_any_lost(const struct stor_ctl *ctl)
{
	unsigned int periods = stor_lost_after(), tag;

	for (tag = 0; periods && tag < ctl->depth; tag++) {
		if (stor_slot_peek(&ctl->slots[tag]) &&
		    READ_ONCE(ctl->slots[tag].late) >= periods)
			return true;
	}
	return false;
}

static void stor_tend_up(struct stor_ctl *ctl)
{
	if (stor_reap_channels(ctl))
		queue_delayed_work(system_long_wq, &ctl->tend, STOR_TRY_FIRST);
	if (test_and_clear_bit(STOR_CHAN_MOVED, &ctl->state))
		stor_find_homes(ctl);
	if (!test_and_clear_bit(STOR_CMD_LOST, &ctl->state) ||
	    !stor_any_lost(ctl))
		return;
	stor_count(ctl, START_OVER);
	dev_warn(&ctl->dev->device,
		 "host does not give commands back, closing the channels and starting over\n");
	stor_lose(ctl);
}

static void stor_tend_work(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(to_delayed_work(work),
					    struct stor_ctl, tend);
	bool first = false, back = false;

	mutex_lock(&ctl->life_mutex);
	if (!stor_leaving(ctl)) {
		if (ctl->life == STOR_UP)
			stor_tend_up(ctl);
		first = !ctl->added;
		if (stor_life_tries(ctl->life))
			back = stor_try(ctl);
	}
	mutex_unlock(&ctl->life_mutex);
	if (back)
		stor_scan_kick(ctl, first ? STOR_SCAN_FIRST : STOR_SCAN_BUS);
}

/**
 * stor_tend_kick() - have the controller looked after, now
 * @ctl: controller
 * @what: bit of stor_ctl.state to set
 *
 * Context: any.  Only the first of many calls queues the work.
 */
void stor_tend_kick(struct stor_ctl *ctl, int what)
{
	if (!test_and_set_bit(what, &ctl->state) &&
	    !test_bit(STOR_HURRY, &ctl->state))
		mod_delayed_work(system_long_wq, &ctl->tend, 0);
}

/*
 * The host keeps its commands, but the midlayer takes those of the error handler back
 * all the same, and their memory is others' then: nobody may finish them any more.
 */
static void stor_abandon_probes(struct stor_ctl *ctl)
{
	unsigned int tag;

	for (tag = 0; tag < ctl->depth; tag++) {
		struct stor_slot *slot = &ctl->slots[tag];
		struct scsi_cmnd *cmd = stor_slot_peek(slot);

		/* requests of a tag are never freed; no answer races, all is closed */
		if (cmd && cmd->submitter == SUBMITTED_BY_SCSI_ERROR_HANDLER)
			stor_slot_evict(slot, NULL);
	}
}

/**
 * stor_start_over() - give up on the host's answers: close, agree anew
 * @ctl: controller
 *
 * Afterwards the host owns no command, of the error handler least of all, unless it
 * did not confirm the close.
 *
 * Context: error handler.
 *
 * Return: SUCCESS; FAST_IO_FAIL if commands have to wait for the host; FAILED.
 */
int stor_start_over(struct stor_ctl *ctl)
{
	enum stor_life life;

	mutex_lock(&ctl->life_mutex);
	if (ctl->life == STOR_UP) {
		stor_count(ctl, START_OVER);
		dev_warn(&ctl->dev->device,
			 "host does not answer a reset, or keeps commands after it: closing the channels and starting over\n");
		stor_lose(ctl);
		if (stor_life_tries(ctl->life))
			stor_try(ctl);
	}
	life = ctl->life;
	if (stor_life_held(life))
		stor_abandon_probes(ctl);
	mutex_unlock(&ctl->life_mutex);

	if (life == STOR_UP) {
		stor_scan_bus(ctl);
		return SUCCESS;
	}
	return stor_life_flow(life) == STOR_FLOW_WAIT ? FAST_IO_FAIL : FAILED;
}

/**
 * stor_end() - close every channel for good; what the host still had fails
 * @ctl: controller; may be called more than once
 *
 * Afterwards the host has no claim on any memory of ours that it would confirm.
 *
 * Context: process, sleeps.
 */
void stor_end(struct stor_ctl *ctl)
{
	mutex_lock(&ctl->life_mutex);
	/* the state comes first: what is turned away from here on fails */
	stor_turn(ctl, STOR_TURN_END);
	stor_close_channels(ctl);
	stor_calls_fail(ctl);
	stor_evict_all(ctl, NULL, DID_NO_CONNECT);
	mutex_unlock(&ctl->life_mutex);
}

static void stor_watch_work(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(to_delayed_work(work),
					    struct stor_ctl, watch);

	if (ctl->dev->channel->rescind) {
		stor_end(ctl);
		return;
	}
	/* who polled for a command may do so no more */
	stor_poll_all(ctl);
	/* who removes the device has cancelled tend */
	if (READ_ONCE(ctl->life) == STOR_UP)
		stor_reap_channels(ctl);
	queue_delayed_work(system_long_wq, &ctl->watch, STOR_WATCH);
}

/**
 * stor_watch() - look after rescinds until stor_unwatch()
 * @ctl: controller
 *
 * For probe and remove, while they wait for commands: the bus tells of a rescind by
 * removing the device, for which it waits until we are through.  Without this the
 * commands would wait for their timers, six minutes for the last flush of a disk; so would
 * those of a sub-channel that the host takes back, or has not let go of yet.
 */
void stor_watch(struct stor_ctl *ctl)
{
	queue_delayed_work(system_long_wq, &ctl->watch, STOR_WATCH);
}

void stor_unwatch(struct stor_ctl *ctl)
{
	cancel_delayed_work_sync(&ctl->watch);
}

/*
 * Wait until the host has nothing any more, but not for long.  Tend does not run, and who is on
 * a sub-channel that the host takes back just now gets no answer.
 */
static bool stor_drain_all(struct stor_ctl *ctl)
{
	unsigned long end = jiffies + stor_reset_timeout();

	do {
		if (ctl->life == STOR_UP)
			stor_reap_channels(ctl);
		if (stor_drain(ctl, NULL, min_t(unsigned long, STOR_WATCH, stor_reset_timeout())))
			return true;
	} while (time_before(jiffies, end));
	return false;
}

/**
 * stor_sleep() - close everything, with nothing at the host
 * @ctl: controller
 *
 * Return: 0 or -EBUSY, and then nothing has changed.
 */
int stor_sleep(struct stor_ctl *ctl)
{
	bool blocked;
	int ret = 0;

	mutex_lock(&ctl->life_mutex);
	blocked = !ctl->added || stor_life_flow(ctl->life) == STOR_FLOW_WAIT;
	if (!blocked)
		scsi_block_requests(ctl->shost);
	if (ctl->added && !stor_drain_all(ctl)) {
		if (!blocked)
			scsi_unblock_requests(ctl->shost);
		ret = -EBUSY;
	} else {
		stor_close_channels(ctl);
		stor_calls_fail(ctl);
		stor_turn(ctl, STOR_TURN_SLEEP);
		/* there are states that sleep does not change */
		if (!blocked && stor_life_flow(ctl->life) != STOR_FLOW_WAIT)
			scsi_unblock_requests(ctl->shost);
	}
	mutex_unlock(&ctl->life_mutex);
	return ret;
}

/**
 * stor_wake() - the opposite of stor_sleep()
 * @ctl: controller
 *
 * A host that is slow just after waking up is tried again later.
 *
 * Return: 0 or an error that trying again does not mend.
 */
int stor_wake(struct stor_ctl *ctl)
{
	int ret = 0;

	mutex_lock(&ctl->life_mutex);
	if (ctl->life == STOR_ASLEEP) {
		/* if the bus slept too, the host has forgotten all of before */
		if (ctl->kept && ctl->kept(ctl->dev->channel)) {
			stor_turn(ctl, STOR_TURN_HELD);
			ret = -EBUSY;
		} else {
			ret = stor_agree(ctl);
		}
		if (ret && stor_life_tries(ctl->life)) {
			dev_warn(&ctl->dev->device,
				 "not usable after resume (error %d), trying again\n", ret);
			stor_try_later(ctl);
			ret = 0;
		}
	}
	mutex_unlock(&ctl->life_mutex);
	return ret;
}

void stor_tend_init(struct stor_ctl *ctl)
{
	mutex_init(&ctl->life_mutex);
	ctl->life = STOR_NEW;
	ctl->try_after = STOR_TRY_FIRST;
	set_bit(STOR_HALTED, &ctl->state);
	INIT_DELAYED_WORK(&ctl->tend, stor_tend_work);
	INIT_DELAYED_WORK(&ctl->watch, stor_watch_work);
}
