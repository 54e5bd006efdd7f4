// SPDX-License-Identifier: GPL-2.0-only
/*
 * Disks that come, go, grow or cannot be reached for a while.
 *
 * When the host says that something changed, ask each target for its list of
 * LUNs and compare with the devices there are: new ones are added, missing
 * ones removed, the others are left in peace.  A LUN that the host says it
 * cannot reach is blocked, so that its commands wait, and asked again every
 * second until it answers, disappears from the list, or has had its time.
 *
 * A host that does not answer is asked again, after longer and longer whiles, with
 * more and more time to answer: it is slow, and its disks are there all the same.
 */
#include <linux/bitmap.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_proto.h>

#include "srb.h"
#include "storvsc.h"

#define STOR_LUNS	256
#define STOR_LIST_LEN	(8 + 8 * STOR_LUNS)

#define STOR_SCAN_LAST	(60 * HZ)	/* from one try to the next, at most */

/* Address of something on the controller, for a command of our own. */
struct stor_where {
	u8 path;
	u8 target;
	u8 lun;
};

static unsigned long stor_probe_timeout(void)
{
	return min_t(unsigned long, stor_step_timeout(), STOR_PROBE_TIMEOUT);
}

/* The host did not say anything, which may be otherwise another time. */
static bool stor_unanswered(int error)
{
	return error == -ETIMEDOUT || error == -EBUSY || error == -EAGAIN ||
	       error == -ENOMEM;
}

/*
 * Run a short command outside the midlayer.  Returns 0 with the answer's
 * verdict in *v and the data in *call, which the caller puts.
 */
static int stor_run_cdb(struct stor_ctl *ctl, struct stor_where at,
			const u8 *cdb, u8 cdb_len, u32 data_len,
			struct stor_verdict *v, struct stor_call **out)
{
	struct stor_request req = {
		.cdb = cdb, .cdb_len = cdb_len,
		.direction = data_len ? HV_SRB_DIR_IN : HV_SRB_DIR_NONE,
		.port = ctl->shost->host_no,
		.path = at.path, .target = at.target, .lun = at.lun,
		.data_len = data_len,
	};
	struct stor_asked asked = { .cdb = cdb, .bytes = data_len };
	struct stor_call *call;
	int ret;

	call = stor_call_new(ctl, HV_STOR_EXECUTE_SRB, data_len);
	if (!call)
		return -ENOMEM;
	stor_srb_build(&call->pkt, &req);
	ret = stor_call_run(call, ctl->probe_timeout);
	if (ret) {
		stor_call_put(call);
		if (ret == -ETIMEDOUT)
			ctl->probe_timeout = min(2 * ctl->probe_timeout,
						 stor_step_timeout());
		return ret;
	}
	ctl->probe_timeout = stor_probe_timeout();
	stor_srb_judge(&call->pkt.srb, &asked, v);
	*out = call;
	return 0;
}

/* Turn a REPORT LUNS answer of @len bytes into a bitmap. */
static void stor_parse_luns(const u8 *data, u32 len, unsigned long *luns)
{
	u32 listed, i;

	if (len < 8)
		return;
	listed = min(get_unaligned_be32(data), len - 8) / 8;
	for (i = 0; i < listed; i++) {
		u64 lun = scsilun_to_int((struct scsi_lun *)(data + 8 + 8 * i));

		if (lun < STOR_LUNS)
			set_bit(lun, luns);
	}
}

/* Only these say that a target is not there; others say "not just now". */
static bool stor_no_target(const struct hv_stor_srb *reply)
{
	u8 code = reply->srb_status & HV_SRB_CODE_MASK;

	return code == HV_SRB_INVALID_TARGET || code == HV_SRB_INVALID_PATH;
}

/*
 * The LUNs of a target.  0 with an empty bitmap if there is no such target;
 * an error if the host does not say: -EIO if it answered, but not with that.
 */
static int stor_report_luns(struct stor_ctl *ctl, struct stor_where at,
			    unsigned long *luns)
{
	u8 cdb[12] = { REPORT_LUNS };
	struct stor_call *call;
	struct stor_verdict v;
	int ret;

	bitmap_zero(luns, STOR_LUNS);
	put_unaligned_be32(STOR_LIST_LEN, cdb + 6);
	ret = stor_run_cdb(ctl, at, cdb, sizeof(cdb), STOR_LIST_LEN, &v, &call);
	if (ret)
		return ret;
	if (v.host_byte == DID_OK && v.scsi_status == SAM_STAT_GOOD) {
		dma_sync_single_for_cpu(&ctl->dev->device, call->dma,
					call->data_len, DMA_FROM_DEVICE);
		stor_parse_luns(call->data, v.moved, luns);
	} else if (!stor_no_target(&call->pkt.srb)) {
		ret = -EIO;
	}
	stor_call_put(call);
	return ret;
}

static void stor_remove_lun(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	stor_count(ctl, LUN_REMOVED);
	scsi_remove_device(sdev);
}

/* Make the devices of one target match its list; says whether any changed. */
static bool stor_compare_target(struct stor_ctl *ctl, struct stor_where at,
				unsigned long *luns)
{
	struct scsi_device *sdev;
	bool changed = false;
	unsigned int lun;

	shost_for_each_device(sdev, ctl->shost) {
		if (sdev->channel != at.path || sdev->id != at.target ||
		    sdev->lun >= STOR_LUNS)
			continue;
		if (test_and_clear_bit(sdev->lun, luns))
			continue;
		stor_remove_lun(ctl, sdev);
		changed = true;
	}
	for_each_set_bit(lun, luns, STOR_LUNS) {
		if (scsi_add_device(ctl->shost, at.path, at.target, lun))
			continue;
		stor_count(ctl, LUN_ADDED);
		changed = true;
	}
	return changed;
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

static void stor_lun_release(struct kref *ref)
{
	kfree(container_of(ref, struct stor_lun, ref));
}

static void stor_lun_put(struct stor_lun *lun)
{
	kref_put(&lun->ref, stor_lun_release);
}

/*
 * A reference to our side of a device, or NULL if it is being destroyed.  Only
 * code that runs on behalf of one of its commands can do without.
 */
static struct stor_lun *stor_lun_get(struct scsi_device *sdev)
{
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_lun *lun;
	unsigned long flags;

	spin_lock_irqsave(&ctl->lun_lock, flags);
	lun = sdev->hostdata;
	if (lun)
		kref_get(&lun->ref);
	spin_unlock_irqrestore(&ctl->lun_lock, flags);
	return lun;
}

static void stor_rescan_work(struct work_struct *work)
{
	struct stor_lun *lun = container_of(work, struct stor_lun, rescan);
	struct scsi_device *sdev = lun->sdev;

	hv_scsi_rescan_device(sdev);
	stor_lun_put(lun);
	scsi_device_put(sdev);
}

/**
 * stor_rescan_lun() - read a device's capacity and limits again
 * @sdev: device
 *
 * Context: any; the work runs on its own, since it waits for the device.
 */
void stor_rescan_lun(struct scsi_device *sdev)
{
	struct stor_lun *lun;

	if (scsi_device_get(sdev))
		return;
	lun = stor_lun_get(sdev);
	if (lun && queue_work(system_unbound_wq, &lun->rescan))
		return;
	if (lun)
		stor_lun_put(lun);
	scsi_device_put(sdev);
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
		scsi_scan_host(ctl->shost);
		return ret;
	}
	if (!ctl->kind->fixed_target)
		ret = stor_compare_all(ctl);
	if (ret)
		return ret;
	shost_for_each_device(sdev, ctl->shost)
		stor_rescan_lun(sdev);
	return 0;
}

/*
 * Is a doubted LUN there?  1 yes, 0 no, -ENXIO if the host calls it invalid
 * and yet does not leave it out of its list, another error if it is just not
 * reached.
 */
static int stor_ask_lun(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	struct stor_where at = {
		.path = sdev->channel, .target = sdev->id, .lun = sdev->lun,
	};
	u8 cdb[6] = { TEST_UNIT_READY };
	DECLARE_BITMAP(luns, STOR_LUNS);
	struct stor_call *call;
	struct stor_verdict v;
	bool invalid;
	int ret;

	ret = stor_run_cdb(ctl, at, cdb, sizeof(cdb), 0, &v, &call);
	if (ret)
		return ret;
	invalid = (call->pkt.srb.srb_status & HV_SRB_CODE_MASK) ==
		  HV_SRB_INVALID_LUN;
	stor_call_put(call);
	if (v.host_byte != DID_NO_CONNECT)
		return 1;

	ret = stor_report_luns(ctl, at, luns);
	if (!ret && !test_bit(sdev->lun, luns))
		return 0;
	return invalid ? -ENXIO : -EAGAIN;
}

/* Settle a doubt if possible; false to ask again later. */
static bool stor_settle(struct stor_ctl *ctl, struct scsi_device *sdev,
			struct stor_lun *lun)
{
	int there = stor_ask_lun(ctl, sdev);
	unsigned long limit = there == -ENXIO ? STOR_INVALID_LIMIT :
			      stor_unanswered(there) && there != -EAGAIN ?
			      STOR_SILENT_LIMIT : STOR_DOUBT_LIMIT;
	bool over = time_after(jiffies, lun->doubt_since + limit);

	if (there < 0 && !over)
		return false;

	clear_bit(0, &lun->doubted);
	if (there > 0) {
		scsi_internal_device_unblock_nowait(sdev, SDEV_RUNNING);
		return true;
	}
	dev_info(&sdev->sdev_gendev, "%s, removing the device\n",
		 there ? "not reachable" : "no longer there");
	scsi_internal_device_unblock_nowait(sdev, SDEV_TRANSPORT_OFFLINE);
	stor_remove_lun(ctl, sdev);
	return true;
}

static bool stor_settle_all(struct stor_ctl *ctl)
{
	struct scsi_device *sdev;
	bool all = true;

	shost_for_each_device(sdev, ctl->shost) {
		struct stor_lun *lun = stor_lun_get(sdev);

		if (!lun)
			continue;
		if (test_bit(0, &lun->doubted))
			all &= stor_settle(ctl, sdev, lun);
		stor_lun_put(lun);
	}
	return all;
}

/* User space learns of the new medium, the device reads its size. */
static void stor_medium_changed(struct stor_ctl *ctl)
{
	u32 at = READ_ONCE(ctl->event_at);
	struct scsi_device *sdev = scsi_device_lookup(ctl->shost, at >> 16,
						      at >> 8 & 0xff, at & 0xff);

	if (!sdev)
		return;
	sdev_evt_send_simple(sdev, SDEV_EVT_MEDIA_CHANGE, GFP_KERNEL);
	stor_rescan_lun(sdev);
	scsi_device_put(sdev);
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

static void stor_scan_work(struct work_struct *work)
{
	struct stor_ctl *ctl = container_of(to_delayed_work(work),
					    struct stor_ctl, scan);
	unsigned long again = 0;

	/* the host may say that disks came before there is anything to add them to */
	if (test_bit(STOR_HURRY, &ctl->state) || !READ_ONCE(ctl->added))
		return;
	if (test_and_clear_bit(STOR_LIMITS, &ctl->state))
		stor_follow_limits(ctl);
	if (test_and_clear_bit(STOR_SCAN_FIRST, &ctl->state))
		stor_scan_first(ctl);
	if (test_and_clear_bit(STOR_SCAN_BUS, &ctl->state))
		again = stor_scan_lists(ctl);
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
	ctl->probe_timeout = stor_probe_timeout();
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

static bool stor_begin_doubt(struct stor_ctl *ctl, struct scsi_device *sdev,
			     struct stor_lun *lun)
{
	if (test_bit(0, &lun->doubted))
		return true;
	if (sdev->sdev_state != SDEV_RUNNING)
		return false;
	if (test_and_set_bit(0, &lun->doubted))
		return true;
	if (scsi_internal_device_block_nowait(sdev)) {
		clear_bit(0, &lun->doubted);
		return false;
	}
	lun->doubt_since = jiffies;
	stor_count(ctl, LUN_DOUBTED);
	stor_scan_kick(ctl, STOR_DOUBTS);
	return true;
}

/**
 * stor_doubt_lun() - the host says that it does not reach a LUN
 * @ctl: controller
 * @sdev: device
 *
 * Context: softirq.
 *
 * Return: true if the command is to wait for the outcome; false for a device
 * that is only being probed, or on its way out.
 */
bool stor_doubt_lun(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	struct stor_lun *lun;
	bool doubted;

	if (test_bit(STOR_REMOVING, &ctl->state))
		return false;
	lun = stor_lun_get(sdev);
	if (!lun)
		return false;
	doubted = stor_begin_doubt(ctl, sdev, lun);
	stor_lun_put(lun);
	return doubted;
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
	WRITE_ONCE(ctl->event_at, event->path << 16 | event->target << 8 |
				  event->lun);
	stor_scan_kick(ctl, STOR_MEDIUM);
}

int stor_lun_alloc(struct scsi_device *sdev)
{
	struct stor_lun *lun = kzalloc(sizeof(*lun), GFP_KERNEL);

	if (!lun)
		return -ENOMEM;
	kref_init(&lun->ref);
	lun->sdev = sdev;
	INIT_WORK(&lun->rescan, stor_rescan_work);
	sdev->hostdata = lun;
	return 0;
}

void stor_lun_free(struct scsi_device *sdev)
{
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_lun *lun;
	unsigned long flags;

	spin_lock_irqsave(&ctl->lun_lock, flags);
	lun = sdev->hostdata;
	sdev->hostdata = NULL;
	spin_unlock_irqrestore(&ctl->lun_lock, flags);
	if (lun)
		stor_lun_put(lun);
}
