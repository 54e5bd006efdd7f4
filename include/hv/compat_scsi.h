/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ in what hv_storvsc uses; see compat.h.  What a type is comes from
 * the headers themselves.
 */
#ifndef _HV_COMPAT_SCSI_H
#define _HV_COMPAT_SCSI_H

#include <linux/blkdev.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <hv/uninit.h>

/* The answer of a timeout handler that lets the command run on. */
#ifdef HV_HAVE_SCSI_TIMEOUT_ACTION
#define hv_scsi_timeout_t	enum scsi_timeout_action
#define HV_SCSI_TIMEOUT_REARM	SCSI_EH_RESET_TIMER
#else
#define hv_scsi_timeout_t	enum blk_eh_timer_return
#define HV_SCSI_TIMEOUT_REARM	BLK_EH_RESET_TIMER
#endif

/* Hooks of a device's life were renamed. */
#ifdef HV_HAVE_SDEV_INIT
#define HV_SDEV_ALLOC		sdev_init
#define HV_SDEV_CONFIGURE	sdev_configure
#define HV_SDEV_DESTROY		sdev_destroy
#define hv_sdev_configure_args	struct scsi_device *sdev, struct queue_limits *limits
#else
#define HV_SDEV_ALLOC		slave_alloc
#define HV_SDEV_CONFIGURE	slave_configure
#define HV_SDEV_DESTROY		slave_destroy
#define hv_sdev_configure_args	struct scsi_device *sdev
#endif

/* Geometry is asked for a disk, not for a block device, from 7.x on. */
#ifdef HV_HAVE_BIOS_PARAM_GENDISK
#define hv_bios_disk	gendisk
#else
#define hv_bios_disk	block_device
#endif

/* What queuecommand() returns. */
#define hv_queue_status_t \
	typeof(((struct scsi_host_template *)0)->queuecommand(NULL, NULL))

/* Rescanning took a struct device once, and said nothing of what came of it. */
#ifdef HV_HAVE_RESCAN_DEVICE_DEV
#define hv_scsi_rescan_device(sdev)	(scsi_rescan_device(&(sdev)->sdev_gendev), 0)
#else
#define hv_scsi_rescan_device(sdev)	scsi_rescan_device(sdev)
#endif

/* The largest request of a queue that exists; limits were set one by one once. */
static inline int hv_queue_max_sectors(struct request_queue *q, unsigned int sectors)
{
#ifdef HV_HAVE_BLK_QUEUE_MAX_HW_SECTORS
	blk_queue_max_hw_sectors(q, sectors);
	return 0;
#else
	struct queue_limits limits = queue_limits_start_update(q);

	limits.max_hw_sectors = sectors;
	return queue_limits_commit_update(q, &limits);
#endif
}

/* get_unaligned and friends moved. */
#ifdef HV_HAVE_LINUX_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif
