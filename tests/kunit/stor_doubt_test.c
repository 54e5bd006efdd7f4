// SPDX-License-Identifier: GPL-2.0-only
/*
 * A LUN that the host says it does not reach: its device is blocked, the host is asked, and
 * whatever it answers, and whenever, no device is left blocked that nobody asks about.
 *
 * Kernel only: it runs lun.c itself; the midlayer and the questions are played.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <scsi/scsi.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <hv/compat_scsi.h>
#include "storvsc.h"

static struct scsi_device *doubt_sdev;
static int doubt_answer;		/* of the host, that is asked whether the LUN is there */
static bool doubt_settled_first;	/* the scan is quicker than who blocks the device */
static bool doubt_refused;		/* the device cannot be blocked */
static bool doubt_leaves;		/* its driver lets go of the controller meanwhile */
static bool doubt_blocked;
static enum scsi_device_state doubt_left;	/* how it was unblocked */
static bool doubt_referenced;		/* its device has a reference yet */
static unsigned int doubt_removed, doubt_kicks, doubt_rescans;
static DECLARE_COMPLETION(doubt_read);	/* its properties may be read */

static int doubt_block(struct scsi_device *sdev);

static int doubt_rescan(void)
{
	wait_for_completion(&doubt_read);
	doubt_rescans++;
	return 0;
}

static int doubt_unblock(struct scsi_device *sdev, enum scsi_device_state state)
{
	if (!doubt_blocked)
		return -EINVAL;
	doubt_blocked = false;
	doubt_left = state;
	return 0;
}

/* this copy's midlayer, and those of our files that it calls */
#define kobject_get_unless_zero(kobj)		((void)(kobj), doubt_referenced)
#define put_device(dev)				((void)(dev))
#define scsi_internal_device_block_nowait(sdev)			doubt_block(sdev)
#define scsi_internal_device_unblock_nowait(sdev, state)	doubt_unblock(sdev, state)
#define scsi_remove_device(sdev)		((void)(sdev), doubt_removed++)
#define scsi_device_get(sdev)			((void)(sdev), -ENXIO)	/* of a module that goes */
#define __scsi_device_lookup(shost, c, i, l)	((void)(c), doubt_sdev)
#define sdev_evt_send_simple(sdev, evt, gfp)	((void)(sdev))
#undef hv_scsi_rescan_device
#define hv_scsi_rescan_device(sdev)		((void)(sdev), doubt_rescan())
#define stor_ask_lun(ctl, sdev)			((void)(ctl), (void)(sdev), doubt_answer)
#define stor_scan_kick(ctl, what)		((void)(ctl), (void)(what), (void)doubt_kicks++)
#define stor_be_unsure_of(ctl, lun)		((void)stor_lun_turn(lun, STOR_LUN_REACHED))
#define stor_life_tries				doubt_life_tries
static bool doubt_life_tries(enum stor_life now)
{
	return false;
}

#include "../../storvsc/lun.c"

static int doubt_block(struct scsi_device *sdev)
{
	if (doubt_settled_first)
		stor_settle_all(shost_priv(sdev->host));
	if (doubt_leaves)
		set_bit(STOR_REMOVING, &((struct stor_ctl *)shost_priv(sdev->host))->state);
	if (doubt_refused)
		return -EINVAL;
	doubt_blocked = true;
	return 0;
}

static enum stor_lun_life doubt_life(void)
{
	return atomic_read(&((struct stor_lun *)doubt_sdev->hostdata)->life);
}

static bool doubt_begin(void)
{
	return stor_doubt_lun(shost_priv(doubt_sdev->host), doubt_sdev);
}

static int doubt_init(struct kunit *test)
{
	struct Scsi_Host *shost = kunit_kzalloc(test, sizeof(*shost) + sizeof(struct stor_ctl),
						GFP_KERNEL);

	doubt_sdev = kunit_kzalloc(test, sizeof(*doubt_sdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, shost);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, doubt_sdev);
	spin_lock_init(&((struct stor_ctl *)shost_priv(shost))->lun_lock);
	((struct stor_ctl *)shost_priv(shost))->shost = shost;
	spin_lock_init(&shost->default_lock);
	shost->host_lock = &shost->default_lock;
	INIT_LIST_HEAD(&shost->__devices);
	list_add_tail(&doubt_sdev->siblings, &shost->__devices);
	mutex_init(&doubt_sdev->state_mutex);
	doubt_sdev->host = shost;
	doubt_sdev->sdev_state = SDEV_RUNNING;
	doubt_answer = 1;
	doubt_settled_first = false;
	doubt_refused = false;
	doubt_leaves = false;
	doubt_blocked = false;
	doubt_left = SDEV_CREATED;
	doubt_removed = 0;
	doubt_referenced = true;
	doubt_rescans = 0;
	reinit_completion(&doubt_read);
	doubt_kicks = 0;
	return stor_lun_alloc(doubt_sdev);
}

static void doubt_exit(struct kunit *test)
{
	if (doubt_sdev)
		stor_lun_free(doubt_sdev);
	doubt_sdev = NULL;
}

/* Not reached, asked in vain, reached again: it may be another one then. */
static void doubt_test_reached(struct kunit *test)
{
	struct stor_ctl *ctl = shost_priv(doubt_sdev->host);

	KUNIT_EXPECT_TRUE(test, doubt_begin());
	KUNIT_EXPECT_TRUE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, 1u, doubt_kicks);
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_DOUBTED, (int)doubt_life());
	/* the next command that is answered so waits for the same */
	doubt_sdev->sdev_state = SDEV_BLOCK;
	KUNIT_EXPECT_TRUE(test, doubt_begin());
	KUNIT_EXPECT_EQ(test, 1u, doubt_kicks);
	doubt_answer = -EAGAIN;
	KUNIT_EXPECT_FALSE(test, stor_settle_all(ctl));
	KUNIT_EXPECT_TRUE(test, doubt_blocked);
	doubt_answer = 1;
	KUNIT_EXPECT_TRUE(test, stor_settle_all(ctl));
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)doubt_left);
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_UNSURE, (int)doubt_life());
	KUNIT_EXPECT_EQ(test, 0u, doubt_removed);
}

static void doubt_test_not_there(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, doubt_begin());
	doubt_answer = 0;
	KUNIT_EXPECT_TRUE(test, stor_settle_all(shost_priv(doubt_sdev->host)));
	KUNIT_EXPECT_EQ(test, 1u, doubt_removed);
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_TRANSPORT_OFFLINE, (int)doubt_left);
	/* and takes no doubt any more */
	doubt_sdev->sdev_state = SDEV_RUNNING;
	KUNIT_EXPECT_FALSE(test, doubt_begin());
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
}

/* One that is only being probed, or on its way out: the command fails. */
static void doubt_test_refused(struct kunit *test)
{
	doubt_refused = true;
	KUNIT_EXPECT_FALSE(test, doubt_begin());
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_SURE, (int)doubt_life());
	doubt_refused = false;
	doubt_sdev->sdev_state = SDEV_CREATED;
	KUNIT_EXPECT_FALSE(test, doubt_begin());
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, 0u, doubt_kicks);
}

/* The scan, at work for another LUN, settles it before its device is blocked. */
static void doubt_test_settled_first(struct kunit *test)
{
	doubt_settled_first = true;
	KUNIT_EXPECT_TRUE(test, doubt_begin());
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_RUNNING, (int)doubt_left);
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_UNSURE, (int)doubt_life());
	doubt_answer = 0;
	KUNIT_EXPECT_TRUE(test, doubt_begin());
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_TRANSPORT_OFFLINE, (int)doubt_left);
	KUNIT_EXPECT_EQ(test, 1u, doubt_removed);
}

/* The driver lets go while nobody has settled it: what waits fails, whoever keeps the module. */
static void doubt_test_removed(struct kunit *test)
{
	struct stor_ctl *ctl = shost_priv(doubt_sdev->host);

	KUNIT_EXPECT_TRUE(test, doubt_begin());
	set_bit(STOR_REMOVING, &ctl->state);
	stor_end_doubts(ctl);
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_TRANSPORT_OFFLINE, (int)doubt_left);
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_GONE, (int)doubt_life());
	KUNIT_EXPECT_FALSE(test, doubt_begin());
}

/* It has looked for doubts before this one began. */
static void doubt_test_removed_meanwhile(struct kunit *test)
{
	doubt_leaves = true;
	doubt_begin();
	KUNIT_EXPECT_FALSE(test, doubt_blocked);
	KUNIT_EXPECT_EQ(test, (int)SDEV_TRANSPORT_OFFLINE, (int)doubt_left);
	KUNIT_EXPECT_EQ(test, (int)STOR_LUN_GONE, (int)doubt_life());
}

static void doubt_free(struct work_struct *work)
{
	stor_lun_free(doubt_sdev);
}

/*
 * A device goes, and with it the module perhaps, while its properties are read: that is waited for,
 * and nobody begins to read them any more.
 */
static void doubt_test_read_late(struct kunit *test)
{
	struct work_struct work;

	INIT_WORK_ONSTACK(&work, doubt_free);
	stor_rescan_lun(doubt_sdev);
	while (!work_busy(&((struct stor_lun *)doubt_sdev->hostdata)->rescan.work) ||
	       delayed_work_pending(&((struct stor_lun *)doubt_sdev->hostdata)->rescan))
		usleep_range(500, 1000);
	/* once more, while it runs */
	stor_rescan_lun(doubt_sdev);
	schedule_work(&work);
	while (READ_ONCE(doubt_sdev->hostdata))
		usleep_range(500, 1000);
	stor_rescan_lun(doubt_sdev);
	msleep(20);
	KUNIT_EXPECT_NE(test, 0u, work_busy(&work));
	complete_all(&doubt_read);
	flush_work(&work);
	destroy_work_on_stack(&work);
	KUNIT_EXPECT_EQ(test, 1u, doubt_rescans);
}

/* Its last reference is gone, but it stands in the host's list for a moment yet. */
static void doubt_test_unreferenced(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, doubt_begin());
	doubt_referenced = false;
	KUNIT_EXPECT_TRUE(test, stor_settle_all(shost_priv(doubt_sdev->host)));
	KUNIT_EXPECT_TRUE(test, doubt_blocked);
}

static struct kunit_case doubt_cases[] = {
	KUNIT_CASE(doubt_test_read_late),
	KUNIT_CASE(doubt_test_unreferenced),
	KUNIT_CASE(doubt_test_reached),
	KUNIT_CASE(doubt_test_not_there),
	KUNIT_CASE(doubt_test_refused),
	KUNIT_CASE(doubt_test_settled_first),
	KUNIT_CASE(doubt_test_removed),
	KUNIT_CASE(doubt_test_removed_meanwhile),
	{}
};

static struct kunit_suite doubt_suite = {
	.name = "storvsc_doubt",
	.init = doubt_init,
	.exit = doubt_exit,
	.test_cases = doubt_cases,
};

kunit_test_suite(doubt_suite);
