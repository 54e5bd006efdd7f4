// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that come, go, grow or cannot be reached for a while.
 *
 * When the host says that something changed, ask each target for its list of
 * LUNs and compare with the devices there are: new ones are added, missing
 * ones removed, the others are left in peace.  Those that the host cannot reach are
 * lun.c's, who asks for the lists is ask.c.
 *
 * A host that does not answer is asked again, after longer and longer whiles.
 */
#include <linux/bitmap.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_proto.h>

#include "srb.h"
#include "storvsc.h"

#define STOR_SCAN_LAST	(60 * HZ)	/* from one try to the next, at most */

struct stor_match {
	struct stor_where at;
	unsigned long *luns;		/* bitmap: listed by the host, and no device yet */
	bool changed;
};

static bool stor_match_lun(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	struct scsi_device *sdev = lun->sdev;
	struct stor_match *match = arg;

	if (sdev->channel != match->at.path || sdev->id != match->at.target ||
	    sdev->lun >= STOR_LUNS || test_and_clear_bit(sdev->lun, match->luns))
		return true;
	stor_remove_lun(ctl, sdev);
	match->changed = true;
	return true;
}

/*
 * Make the devices of one target match its list; says whether any changed.
 *
 * Not by shost_for_each_device(): while the module is unloaded that finds none, and those that
 * are there would be added once more.
 */
static bool stor_compare_target(struct stor_ctl *ctl, struct stor_where at,
				unsigned long *luns)
{
	struct stor_match match = { .at = at, .luns = luns };
	unsigned int lun;

	stor_each_lun(ctl, stor_match_lun, &match);
	for_each_set_bit(lun, luns, STOR_LUNS) {
		if (scsi_add_device(ctl->shost, at.path, at.target, lun))
			continue;
		stor_count(ctl, LUN_ADDED);
		match.changed = true;
	}
	return match.changed;
}

/* No list to go by: ask each device of the target whether it is there. */
static void stor_doubt_target(struct stor_ctl *ctl, struct stor_where at)
{
	struct scsi_device *sdev;

	shost_for_each_device(sdev, ctl->shost) {
		if (sdev->channel == at.path && sdev->id == at.target)
			stor_doubt_lun(ctl, sdev);
	}
}

/* 1 if something changed, 0 if not, an error if the host did not answer. */
static int stor_compare_all(struct stor_ctl *ctl)
{
	DECLARE_BITMAP(luns, STOR_LUNS);
	struct stor_where at = {};
	unsigned int path, target;
	int ret, changed = 0;

	for (path = 0; path <= ctl->kind->max_path; path++) {
		for (target = 0; target < ctl->kind->max_id; target++) {
			at.path = path;
			at.target = target;
			if (test_bit(STOR_HURRY, &ctl->state))
				return changed;
			ret = stor_report_luns(ctl, at, luns);
			if (!ret)
				changed |= stor_compare_target(ctl, at, luns);
			else if (ret == -EIO)
				stor_doubt_target(ctl, at);
			else
				return ret;
		}
	}
	return changed;
}

/* Likewise, for the targets that have devices only. */
static int stor_compare_known(struct stor_ctl *ctl)
{
	unsigned int targets = (ctl->kind->max_path + 1) * ctl->kind->max_id;
	unsigned long *known = bitmap_zalloc(targets, GFP_KERNEL);
	DECLARE_BITMAP(luns, STOR_LUNS);
	struct scsi_device *sdev;
	unsigned int n;
	int ret = 0;

	if (!known)
		return -ENOMEM;
	shost_for_each_device(sdev, ctl->shost)
		__set_bit(sdev->channel * ctl->kind->max_id + sdev->id, known);
	for_each_set_bit(n, known, targets) {
		struct stor_where at = {
			.path = n / ctl->kind->max_id,
			.target = n % ctl->kind->max_id,
		};

		if (test_bit(STOR_HURRY, &ctl->state))
			break;
		ret = stor_report_luns(ctl, at, luns);
		if (!ret)
			stor_compare_target(ctl, at, luns);
		else if (ret == -EIO)
			stor_doubt_target(ctl, at);
		else
			break;
		ret = 0;
	}
	bitmap_free(known);
	return ret;
}

/*
 * The host announced a change and the lists are as they were, so it is about
 * a device that stayed: its size.
 */
static int stor_bus_changed(struct stor_ctl *ctl)
{
	struct scsi_device *sdev;
	int ret = 0;

	stor_count(ctl, RESCAN);
	if (ctl->kind->fc) {
		/* too many targets to ask each, but those that have devices */
		ret = stor_compare_known(ctl);
		/*
		 * The midlayer finds no device of a module that is unloaded, and adds it anew.  It
		 * looks in a thread of its own, as we may be wanted meanwhile: by its own commands,
		 * if the controller starts over.
		 */
		if (try_module_get(THIS_MODULE)) {
			scsi_scan_host(ctl->shost);
			module_put(THIS_MODULE);
		}
		return ret;
	}
	if (!ctl->kind->fixed_target)
		ret = stor_compare_all(ctl);
	if (ret || test_bit(STOR_HURRY, &ctl->state))
		return ret;
	shost_for_each_device(sdev, ctl->shost)
		stor_rescan_lun(sdev);
	return 0;
}

/* Compare the lists; in jiffies, when to do it again, 0 if that was it. */
static unsigned long stor_scan_lists(struct stor_ctl *ctl)
{
	unsigned long after = ctl->scan_after;

	if (!stor_unanswered(stor_bus_changed(ctl))) {
		ctl->scan_after = HZ;
		return 0;
	}
	set_bit(STOR_SCAN_BUS, &ctl->state);
	ctl->scan_after = min_t(unsigned long, 2 * after, STOR_SCAN_LAST);
	return after;
}

/* Of two times to do something again, of which 0 is never. */
static unsigned long stor_sooner(unsigned long a, unsigned long b)
{
	return a && b ? min(a, b) : a + b;
}

static void stor_scan_work(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(to_delayed_work(work),
					    struct stor_ctl, scan);
	unsigned long again = 0;

	/* the host may say that disks came before there is anything to add them to */
	if (test_bit(STOR_HURRY, &ctl->state) || !READ_ONCE(ctl->added))
		return;
	/* first of all: commands wait for that */
	if (test_bit(STOR_UNSURE, &ctl->state) && !stor_make_sure(ctl))
		again = HZ;
	/* whoever has a disk's properties in hand may wait for commands that wait for that */
	if (!test_bit(STOR_UNSURE, &ctl->state) && test_and_clear_bit(STOR_LIMITS, &ctl->state))
		stor_follow_limits(ctl);
	if (test_and_clear_bit(STOR_SCAN_FIRST, &ctl->state))
		stor_scan_first(ctl);
	if (test_and_clear_bit(STOR_SCAN_BUS, &ctl->state))
		again = stor_sooner(again, stor_scan_lists(ctl));
	if (test_and_clear_bit(STOR_MEDIUM, &ctl->state))
		stor_medium_changed(ctl);
	if (test_and_clear_bit(STOR_DOUBTS, &ctl->state) &&
	    !stor_settle_all(ctl)) {
		set_bit(STOR_DOUBTS, &ctl->state);
		again = HZ;
	}
	/* an event that came meanwhile has queued the work for now, and that stays */
	if (again)
		queue_delayed_work(system_long_wq, &ctl->scan, again);
}

void stor_scan_init(struct stor_ctl *ctl)
{
	spin_lock_init(&ctl->lun_lock);
	stor_ask_init(ctl);
	ctl->scan_after = HZ;
	INIT_DELAYED_WORK(&ctl->scan, stor_scan_work);
}

/**
 * stor_scan_kick() - have the scan work look at something, now
 * @ctl: controller
 * @what: bit of stor_ctl.state to set
 *
 * Context: any.
 */
void stor_scan_kick(struct stor_ctl *ctl, int what)
{
	set_bit(what, &ctl->state);
	if (!test_bit(STOR_HURRY, &ctl->state))
		mod_delayed_work(system_long_wq, &ctl->scan, 0);
}

/**
 * stor_scan_bus() - the host says that devices came, went or changed
 * @ctl: controller
 *
 * Context: any.
 */
void stor_scan_bus(struct stor_ctl *ctl)
{
	stor_scan_kick(ctl, STOR_SCAN_BUS);
}

/**
 * stor_on_event() - EVENT_NOTIFICATION: the medium of one device changed
 * @ctl: controller
 * @event: private copy
 *
 * Context: softirq.
 */
void stor_on_event(struct stor_ctl *ctl, const struct hv_stor_event *event)
{
	stor_note_medium(ctl, event);
	stor_scan_kick(ctl, STOR_MEDIUM);
}
