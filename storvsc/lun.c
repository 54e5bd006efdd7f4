// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our side of a LUN's device: how long it lives, its size read again, and whether it
 * is there at all.  One that the host says it cannot reach is blocked, so that its commands
 * wait, and asked again every second until it answers, disappears from the list, or has
 * had its time.
 */
#include <linux/slab.h>
#include <scsi/scsi.h>

#include "storvsc.h"

#define STOR_RESCAN_AGAIN	(HZ / 10)

static void stor_lun_release(struct kref *ref)
{
	kfree(container_of(ref, struct stor_lun, ref));
}

void stor_lun_put(struct stor_lun *lun)
{
	kref_put(&lun->ref, stor_lun_release);
}

/**
 * stor_lun_get() - a reference to our side of a device
 * @sdev: device
 *
 * Only code that runs on behalf of one of its commands can do without.
 *
 * Context: any.
 *
 * Return: what stor_lun_put() takes, or NULL if the device is being destroyed.
 */
struct stor_lun *stor_lun_get(struct scsi_device *sdev)
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
	struct stor_lun *lun = container_of(to_delayed_work(work), struct stor_lun, rescan);
	struct scsi_device *sdev = lun->sdev;
	struct stor_ctl *ctl = shost_priv(sdev->host);

	/* later kernels refuse while the device sleeps or wakes up */
	if (hv_scsi_rescan_device(sdev) != -EWOULDBLOCK || !scsi_device_online(sdev))
		return;
	if (!test_bit(STOR_HURRY, &ctl->state))
		queue_delayed_work(system_unbound_wq, &lun->rescan, STOR_RESCAN_AGAIN);
	else
		set_bit(STOR_SCAN_BUS, &ctl->state);	/* when it stays after all */
}

/**
 * stor_rescan_lun() - read a device's capacity and limits again
 * @sdev: device
 *
 * The work keeps neither the device nor our module: stor_lun_free() waits for it, without which
 * no device goes, and no host.
 *
 * Context: any; the work runs on its own, since it waits for the device.
 */
void stor_rescan_lun(struct scsi_device *sdev)
{
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_lun *lun;
	unsigned long flags;

	/* under the lock, so that it is queued before stor_lun_free() looks, or not at all */
	spin_lock_irqsave(&ctl->lun_lock, flags);
	lun = sdev->hostdata;
	if (lun)
		queue_delayed_work(system_unbound_wq, &lun->rescan, 0);
	spin_unlock_irqrestore(&ctl->lun_lock, flags);
}

int stor_lun_alloc(struct scsi_device *sdev)
{
	struct stor_lun *lun = kzalloc(sizeof(*lun), GFP_KERNEL);

	if (!lun)
		return -ENOMEM;
	kref_init(&lun->ref);
	lun->sdev = sdev;
	INIT_DELAYED_WORK(&lun->rescan, stor_rescan_work);
	sdev->hostdata = lun;
	return 0;
}

/**
 * stor_lun_free() - the midlayer is about to give a device up
 * @sdev: device; its queue takes no command any more, and has none
 *
 * Context: process, sleeps; holds the host's scan_mutex, and so comes before the end of
 * scsi_remove_host().
 */
void stor_lun_free(struct scsi_device *sdev)
{
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_lun *lun;
	unsigned long flags;

	spin_lock_irqsave(&ctl->lun_lock, flags);
	lun = sdev->hostdata;
	sdev->hostdata = NULL;
	spin_unlock_irqrestore(&ctl->lun_lock, flags);
	if (!lun)
		return;
	cancel_delayed_work_sync(&lun->rescan);
	stor_lun_put(lun);
}

/**
 * stor_lun_turn() - something happened to a LUN
 * @lun: our side of it
 * @turn: what
 *
 * A full barrier: what the caller wrote before is seen by whoever finds the new state.
 *
 * Context: any; under life_mutex if it makes the LUN unsure, or sure again.
 *
 * Return: the state that it was in until then.
 */
enum stor_lun_life stor_lun_turn(struct stor_lun *lun, enum stor_lun_turn turn)
{
	int life = atomic_read(&lun->life);

	while (!atomic_try_cmpxchg(&lun->life, &life, stor_lun_next(life, turn)))
		;
	return life;
}

/* On its way out, or to be: its last reference goes with that state. */
static bool stor_going(const struct scsi_device *sdev)
{
	return sdev->sdev_state == SDEV_CANCEL || sdev->sdev_state == SDEV_DEL;
}

/*
 * The device behind @sdev, the first for NULL, with a reference; that of @sdev is dropped.
 * Unlike shost_for_each_device() it takes none to our module: while that is unloaded there would
 * be no device, but each has an end then.
 */
static struct scsi_device *stor_next_device(struct Scsi_Host *shost, struct scsi_device *sdev)
{
	struct scsi_device *next = NULL;
	struct list_head *at;

	spin_lock_irq(shost->host_lock);
	at = sdev ? &sdev->siblings : &shost->__devices;
	while (!next && !list_is_last(at, &shost->__devices)) {
		at = at->next;
		next = list_entry(at, struct scsi_device, siblings);
		/* the last reference is dropped before it leaves the list */
		if (stor_going(next) || !kobject_get_unless_zero(&next->sdev_gendev.kobj))
			next = NULL;
	}
	spin_unlock_irq(shost->host_lock);
	if (sdev)
		put_device(&sdev->sdev_gendev);
	return next;
}

/**
 * stor_each_lun() - call a function for each LUN of a controller
 * @ctl: controller
 * @fn: may remove the LUN's device; returns whether it is through with it
 * @arg: for it
 *
 * Context: process.
 *
 * Return: whether it is through with all of them.
 */
bool stor_each_lun(struct stor_ctl *ctl,
		   bool (*fn)(struct stor_ctl *ctl, struct stor_lun *lun, void *arg), void *arg)
{
	struct scsi_device *sdev = NULL;
	bool all = true;

	while ((sdev = stor_next_device(ctl->shost, sdev))) {
		struct stor_lun *lun = stor_lun_get(sdev);

		if (!lun)
			continue;
		all &= fn(ctl, lun, arg);
		stor_lun_put(lun);
	}
	return all;
}

/**
 * stor_remove_lun() - a LUN is gone, and so is its device
 * @ctl: controller
 * @sdev: its device
 *
 * Context: process; holds no lock of a device.
 */
void stor_remove_lun(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	stor_count(ctl, LUN_REMOVED);
	scsi_remove_device(sdev);
}

/**
 * stor_note_medium() - the host says that there is another medium in a device
 * @ctl: controller
 * @event: private copy
 *
 * Each device remembers its own, so that of many events none is lost until the scan comes.
 * That of a device that is not there yet needs no reading again.
 *
 * Context: softirq.
 */
void stor_note_medium(struct stor_ctl *ctl, const struct hv_stor_event *event)
{
	struct scsi_device *sdev;
	struct stor_lun *lun;
	unsigned long flags;

	/* a reference to the device might be the last, which is not dropped here */
	spin_lock_irqsave(ctl->shost->host_lock, flags);
	sdev = __scsi_device_lookup(ctl->shost, event->path, event->target, event->lun);
	if (sdev) {
		spin_lock(&ctl->lun_lock);
		lun = sdev->hostdata;
		if (lun)
			set_bit(0, &lun->medium);
		spin_unlock(&ctl->lun_lock);
	}
	spin_unlock_irqrestore(ctl->shost->host_lock, flags);
}

static bool stor_tell_medium(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	if (test_and_clear_bit(0, &lun->medium)) {
		sdev_evt_send_simple(lun->sdev, SDEV_EVT_MEDIA_CHANGE, GFP_KERNEL);
		stor_rescan_lun(lun->sdev);
	}
	return true;
}

/**
 * stor_medium_changed() - user space learns of new media, their devices read their sizes
 * @ctl: controller
 *
 * Context: process, of the scan.
 */
void stor_medium_changed(struct stor_ctl *ctl)
{
	stor_each_lun(ctl, stor_tell_medium, NULL);
}

/**
 * stor_fail_device() - what waits for a LUN, and what comes, fails
 * @sdev: its device
 * @lun: our side of it
 *
 * A queue that a doubt has stopped is to run for that: it is not stopped any more once the state
 * is this one.
 *
 * Context: process.
 */
void stor_fail_device(struct scsi_device *sdev, struct stor_lun *lun)
{
	stor_lun_turn(lun, STOR_LUN_AWAY);
	mutex_lock(&sdev->state_mutex);
	scsi_device_set_state(sdev, SDEV_TRANSPORT_OFFLINE);
	mutex_unlock(&sdev->state_mutex);
	scsi_internal_device_unblock_nowait(sdev, SDEV_TRANSPORT_OFFLINE);
}

/* Settle a doubt if there is one, and if possible; false to ask again later. */
static bool stor_settle(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	struct scsi_device *sdev = lun->sdev;
	unsigned long limit;
	bool over;
	int there;

	/* pairs with the barrier in stor_begin_doubt(): doubt_since is this doubt's */
	if (!stor_lun_doubted(atomic_read_acquire(&lun->life)))
		return true;
	there = stor_ask_lun(ctl, sdev);
	limit = there == -ENXIO ? STOR_INVALID_LIMIT :
		stor_unanswered(there) && there != -EAGAIN ? STOR_SILENT_LIMIT : STOR_DOUBT_LIMIT;
	over = time_after(jiffies, lun->doubt_since + limit);

	/* nobody was asked: the channel is closed, and comes back or ends all */
	if (there < 0 && (!over || (there == -ENODEV && stor_life_tries(ctl->life))))
		return false;

	if (there > 0) {
		stor_be_unsure_of(ctl, lun);
		scsi_internal_device_unblock_nowait(sdev, SDEV_RUNNING);
		return true;
	}
	stor_lun_turn(lun, STOR_LUN_AWAY);
	dev_info(&sdev->sdev_gendev, "%s, removing the device\n",
		 there ? "not reachable" : "no longer there");
	scsi_internal_device_unblock_nowait(sdev, SDEV_TRANSPORT_OFFLINE);
	stor_remove_lun(ctl, sdev);
	return true;
}

/**
 * stor_settle_all() - ask once more for all LUNs that are doubted
 * @ctl: controller
 *
 * Context: process, of the scan.
 *
 * Return: false if it has to be done again.
 */
bool stor_settle_all(struct stor_ctl *ctl)
{
	return stor_each_lun(ctl, stor_settle, NULL);
}

static bool stor_end_doubt(struct stor_ctl *ctl, struct stor_lun *lun, void *arg)
{
	if (stor_lun_doubted(atomic_read(&lun->life)))
		stor_fail_device(lun->sdev, lun);
	return true;
}

/**
 * stor_end_doubts() - the controller is removed: nothing waits for LUNs that are not reached
 * @ctl: controller that is STOR_REMOVING, whose scan has been cancelled
 *
 * Before any device goes: the block layer waits for what is in the queue of another for that.
 *
 * Context: process.
 */
void stor_end_doubts(struct stor_ctl *ctl)
{
	stor_each_lun(ctl, stor_end_doubt, NULL);
}

static bool stor_begin_doubt(struct stor_ctl *ctl, struct scsi_device *sdev,
			     struct stor_lun *lun)
{
	enum stor_lun_life before = atomic_read(&lun->life);

	if (stor_lun_doubted(before))
		return true;
	if (before == STOR_LUN_GONE || sdev->sdev_state != SDEV_RUNNING)
		return false;
	/* Before the doubt is seen, by stor_settle(): it counts from there. */
	lun->doubt_since = jiffies;
	before = stor_lun_turn(lun, STOR_LUN_NOT_REACHED);
	if (stor_lun_doubted(before))
		return true;
	if (before == STOR_LUN_GONE)
		return false;
	if (scsi_internal_device_block_nowait(sdev)) {
		stor_lun_turn(lun, STOR_LUN_NOT_BLOCKED);
		return false;
	}
	/*
	 * The scan may have asked and settled it already, with nothing to unblock yet.  Pairs with
	 * the barrier of its turn: either we see that, or it sees the device blocked.
	 */
	smp_mb();
	/* and stor_end_doubts() has passed here, or comes */
	if (test_bit(STOR_REMOVING, &ctl->state))
		stor_lun_turn(lun, STOR_LUN_AWAY);
	before = atomic_read(&lun->life);
	if (!stor_lun_doubted(before))
		scsi_internal_device_unblock_nowait(sdev, before == STOR_LUN_GONE ?
						    SDEV_TRANSPORT_OFFLINE : SDEV_RUNNING);
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
