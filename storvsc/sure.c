// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is each disk still the one it was?  A host that is agreed with anew, after the guest has
 * slept or the host was silent, may have other disks by then, or of another size, and tells
 * nobody.  So ordinary commands wait until it was asked: what is meant for one disk is not
 * written to another, and sizes are the new ones.
 *
 * The questions go beside the midlayer, whose own reading of a disk's properties may have to
 * wait for the very commands that wait here.
 */
#include <linux/blk-mq.h>
#include <linux/blkdev.h>
#include <linux/sched/mm.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

#include "storvsc.h"

#define STOR_SANITIZE	0x48	/* which the kernel has no name for */

/* Commands without data only ask, to the block layer, but these write all the same. */
static bool stor_only_asks(struct scsi_cmnd *cmd)
{
	switch (cmd->cmnd[0]) {
	case FORMAT_UNIT:
	case WRITE_SAME:
	case WRITE_SAME_16:
	case STOR_SANITIZE:
		return false;
	default:
		return req_op(scsi_cmd_to_rq(cmd)) == REQ_OP_DRV_IN;
	}
}

/**
 * stor_waits() - whether a command is to wait until its disk was looked at
 * @cmd: command of a controller that is STOR_UNSURE
 *
 * Those that only ask something, and the error handler's, do not.
 */
bool stor_waits(struct scsi_cmnd *cmd)
{
	struct stor_lun *lun = cmd->device->hostdata;

	return lun && !stor_lun_sends(atomic_read(&lun->life)) && !stor_only_asks(cmd) &&
	       cmd->submitter != SUBMITTED_BY_SCSI_ERROR_HANDLER;
}

/* The identification page that the midlayer has is that of the LUN that commands were meant for. */
static void stor_keep_page(struct stor_lun *lun)
{
	const struct scsi_vpd *known;

	rcu_read_lock();
	known = rcu_dereference(lun->sdev->vpd_pg83);
	lun->page_len = known ? min_t(u32, known->len, sizeof(lun->page)) : 0;
	if (known)
		memcpy(lun->page, known->data, lun->page_len);
	rcu_read_unlock();
}

/*
 * Under life_mutex.  One that is unsure already stays so since then, and the one that it was
 * then.
 */
static void stor_doubt_identity(struct stor_lun *lun, enum stor_lun_turn turn)
{
	if (!stor_lun_unsure(atomic_read(&lun->life))) {
		lun->unsure_since = jiffies;
		stor_keep_page(lun);
	}
	stor_lun_turn(lun, turn);
}

static bool stor_agreed_anew(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	stor_doubt_identity(lun, STOR_LUN_AGREED);
	return true;
}

/**
 * stor_be_unsure_of() - a LUN that was not reached is again: it may be another
 * @ctl: controller
 * @lun: our side of it; its commands are blocked, so its page was not read anew
 *
 * Context: process, of the scan; takes life_mutex.
 */
void stor_be_unsure_of(struct stor_ctl *ctl, struct stor_lun *lun)
{
	mutex_lock(&ctl->life_mutex);
	stor_doubt_identity(lun, STOR_LUN_REACHED);
	mutex_unlock(&ctl->life_mutex);
	/* pairs with the barrier in stor_turn_away(): who sees this one sees that */
	smp_mb__before_atomic();
	stor_scan_kick(ctl, STOR_UNSURE);
}

/**
 * stor_be_unsure() - the host was agreed with anew: every disk may be another
 * @ctl: controller; commands are not flowing yet
 *
 * Context: process, holds life_mutex.
 */
void stor_be_unsure(struct stor_ctl *ctl)
{
	lockdep_assert_held(&ctl->life_mutex);
	ctl->agreed++;
	stor_each_lun(ctl, stor_agreed_anew, NULL);
	/* pairs with the barrier in stor_turn_away(): who sees this one sees those */
	smp_mb__before_atomic();
	set_bit(STOR_UNSURE, &ctl->state);
}

static void stor_remove_other(struct stor_ctl *ctl, struct scsi_device *sdev,
			      struct stor_lun *lun, const char *why)
{
	dev_warn(&sdev->sdev_gendev, "%s, removing the device\n", why);
	stor_fail_device(sdev, lun);
	stor_remove_lun(ctl, sdev);
	/* and have what is there now found */
	set_bit(STOR_SCAN_BUS, &ctl->state);
}

/*
 * What comes from now on is measured by the new size.  Memory must not be waited for:
 * this disk may have to give it.
 */
static void stor_follow_size(struct scsi_device *sdev, u64 sectors)
{
	struct gendisk *disk = sdev->request_queue->disk;
	unsigned int flags;

	/* nobody has read a size yet */
	if (!sectors || !disk || !get_capacity(disk) || sectors == get_capacity(disk))
		return;
	flags = memalloc_noio_save();
	set_capacity_and_notify(disk, sectors);
	memalloc_noio_restore(flags);
	/* the rest that depends on it */
	stor_rescan_lun(sdev);
}

/* It was the one, when the host was agreed with for the time @agreed. */
static bool stor_sure(struct stor_ctl *ctl, struct stor_lun *lun, unsigned int agreed)
{
	bool sure;

	mutex_lock(&ctl->life_mutex);
	sure = agreed == ctl->agreed;
	if (sure)
		stor_lun_turn(lun, STOR_LUN_SAME);
	mutex_unlock(&ctl->life_mutex);
	return sure;
}

/* Whether commands have waited for long enough. */
static bool stor_waited(const struct stor_lun *lun)
{
	unsigned long limit = stor_wait_limit();

	return limit && time_after(jiffies, lun->unsure_since + limit);
}

/* False if the host did not answer, and is asked again. */
static bool stor_look_again(struct stor_ctl *ctl, struct scsi_device *sdev, struct stor_lun *lun)
{
	unsigned int agreed = READ_ONCE(ctl->agreed);
	u64 sectors = 0;
	int ret = stor_ask_same(ctl, sdev, lun);

	if (!ret) {
		stor_remove_other(ctl, sdev, lun, "another disk is in its place, or none");
		return true;
	}
	if (ret > 0 && (sdev->type == TYPE_DISK || sdev->type == TYPE_ZBC))
		ret = stor_ask_sectors(ctl, sdev, &sectors);
	if (ret >= 0) {
		stor_follow_size(sdev, sectors);
		return stor_sure(ctl, lun, agreed);
	}
	/* at the removal the next ones need not wait for it, too */
	if (ret == -ETIMEDOUT)
		clear_bit(STOR_LAST_LOOK, &ctl->state);
	/* nobody was asked: the channel is closed, and comes back or ends all */
	if (ret == -ENODEV || ret == -ECANCELED || !stor_waited(lun))
		return false;
	stor_remove_other(ctl, sdev, lun, "the host does not say which disk it is");
	return true;
}

static bool stor_is_sure(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	return !stor_lun_unsure(atomic_read(&lun->life));
}

static bool stor_look(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	return stor_is_sure(ctl, lun, NULL) ||
	       (!test_bit(STOR_HURRY, &ctl->state) && stor_look_again(ctl, lun->sdev, lun));
}

/* As that, but who does not answer fails. */
static bool stor_look_last(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	bool sure = stor_is_sure(ctl, lun, NULL) || stor_look_again(ctl, lun->sdev, lun);

	if (!sure)
		stor_fail_device(lun->sdev, lun);
	return sure;
}

/**
 * stor_make_sure() - ask the host about each disk that may be another
 * @ctl: controller
 *
 * Context: process, of the scan; takes life_mutex, so that no one becomes unsure unseen.
 *
 * Return: false if it has to be done again.
 */
bool stor_make_sure(struct stor_ctl *ctl)
{
	bool all = stor_each_lun(ctl, stor_look, NULL);

	mutex_lock(&ctl->life_mutex);
	all = all && stor_each_lun(ctl, stor_is_sure, NULL);
	if (all)
		clear_bit(STOR_UNSURE, &ctl->state);
	mutex_unlock(&ctl->life_mutex);
	return all;
}

/**
 * stor_end_unsure() - the controller is removed: nothing waits any more
 * @ctl: controller whose scan has been cancelled
 *
 * The last writes of a disk go there if it is the one, and fail if the host does not say: the
 * first disk has its time for that, and after one that used it up no other.
 */
void stor_end_unsure(struct stor_ctl *ctl)
{
	if (!test_bit(STOR_UNSURE, &ctl->state))
		return;
	set_bit(STOR_LAST_LOOK, &ctl->state);
	stor_each_lun(ctl, stor_look_last, NULL);
	clear_bit(STOR_LAST_LOOK, &ctl->state);
}
