// SPDX-License-Identifier: GPL-2.0-only
/*
 * The SCSI host as the midlayer sees it: limits taken from what this
 * controller negotiated, and per-device set-up.
 */
#include <linux/dma-mapping.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_devinfo.h>

#include "storvsc.h"

/*
 * The host may still read or write the buffer of a command that is late, so
 * the command cannot be given up.  Say so, once per period, and wait on.
 */
static hv_scsi_timeout_t stor_timed_out(struct scsi_cmnd *cmd)
{
	stor_note_timeout(cmd);
	return HV_SCSI_TIMEOUT_REARM;
}

static int stor_sdev_alloc(struct scsi_device *sdev)
{
	/* hosts announce themselves as SPC-2 but know both of these */
	sdev->sdev_bflags = BLIST_REPORTLUN2 | BLIST_TRY_VPD_PAGES;
	return stor_lun_alloc(sdev);
}

/* Hosts older than 2016 say SPC-2 for disks that are SPC-3. */
static void stor_fix_level(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	if (strncmp(sdev->vendor, "Msft", 4))
		return;
	if (ctl->version <= HV_STOR_V6_0)
		sdev->scsi_level = SCSI_SPC_3;
	else
		sdev->no_write_same = 0;
}

static int stor_sdev_configure(hv_sdev_configure_args)
{
	struct stor_ctl *ctl = shost_priv(sdev->host);

	blk_queue_rq_timeout(sdev->request_queue, STOR_RQ_TIMEOUT);
	sdev->no_report_opcodes = 1;
	sdev->no_write_same = 1;
	stor_fix_level(ctl, sdev);
	return 0;
}

/* Geometry for partitioning tools; the disks have none. */
static int stor_bios_param(struct scsi_device *sdev, struct hv_bios_disk *disk,
			   sector_t capacity, int geometry[])
{
	sector_t cylinders = capacity;

	sector_div(cylinders, 255 * 63);
	geometry[0] = 255;
	geometry[1] = 63;
	geometry[2] = (int)cylinders;
	return 0;
}

/* What does not depend on the controller; not const before Linux 6.4. */
static struct scsi_host_template stor_template = {
	.module				= THIS_MODULE,
	.name				= "storvsc_host_t",
	.proc_name			= "storvsc_host",
	.queuecommand			= stor_queuecommand,
	.commit_rqs			= stor_commit_rqs,
	.map_queues			= stor_map_queues,
	.mq_poll			= stor_poll,
	.eh_timed_out			= stor_timed_out,
	.eh_device_reset_handler	= stor_eh_device_reset,
	.eh_bus_reset_handler		= stor_eh_bus_reset,
	.eh_host_reset_handler		= stor_eh_host_reset,
	.HV_SDEV_ALLOC			= stor_sdev_alloc,
	.HV_SDEV_CONFIGURE		= stor_sdev_configure,
	.HV_SDEV_DESTROY		= stor_lun_free,
	.bios_param			= stor_bios_param,
	.change_queue_depth		= scsi_change_queue_depth,
	.track_queue_depth		= 1,
	.shost_groups			= stor_host_groups,
	.sdev_groups			= stor_lun_groups,
	.this_id			= -1,
	.skip_settle_delay		= 1,
	.no_write_same			= 1,
};

/**
 * stor_host_alloc() - a SCSI host with room for a controller
 *
 * Return: a host to be given back with scsi_host_put(), or NULL.
 */
struct Scsi_Host *stor_host_alloc(void)
{
	return scsi_host_alloc(&stor_template, sizeof(struct stor_ctl));
}

/**
 * stor_host_limits() - put what was negotiated into the SCSI host
 * @ctl: controller with its queues allocated; not yet added
 */
void stor_host_limits(struct stor_ctl *ctl)
{
	struct Scsi_Host *shost = ctl->shost;
	size_t mappable = dma_max_mapping_size(&ctl->dev->device);
	u32 max_transfer = min_t(size_t, ctl->max_transfer, mappable);

	shost->max_channel = ctl->kind->max_path;
	shost->max_id = ctl->kind->max_id;
	shost->max_lun = ctl->kind->max_lun;
	shost->max_cmd_len = HV_STOR_CDB_LEN;

	shost->nr_hw_queues = ctl->nr_queues;
	shost->nr_maps = ctl->nr_polled ? HCTX_MAX_TYPES : 1;
	/*
	 * Commands go to whichever ring has room, so one disk may use all of them
	 * and the queues share their tags; the user can lower queue_depth.
	 */
	shost->can_queue = ctl->depth;
	shost->cmd_per_lun = ctl->depth;
	shost->host_tagset = 1;

	shost->max_sectors = max_transfer >> SECTOR_SHIFT;
	shost->sg_tablesize = min_t(unsigned int, ctl->max_frames,
				    SG_MAX_SEGMENTS);
	/* one range per packet, full pages but at both ends */
	shost->virt_boundary_mask = HV_HYP_PAGE_SIZE - 1;
}

/**
 * stor_follow_limits() - the host has agreed anew and may take less than before
 * @ctl: controller
 *
 * More than the page lists were made for is of no use.  Requests that were made
 * before keep their size; the host has the say.
 *
 * Context: process.
 */
void stor_follow_limits(struct stor_ctl *ctl)
{
	u32 made_for = (ctl->max_frames - 1) * HV_HYP_PAGE_SIZE;
	struct Scsi_Host *shost = ctl->shost;
	struct scsi_device *sdev;
	unsigned int sectors;

	sectors = min_t(size_t, min(ctl->max_transfer, made_for),
			dma_max_mapping_size(&ctl->dev->device)) >> SECTOR_SHIFT;
	if (!ctl->added || sectors == shost->max_sectors)
		return;
	dev_info(&ctl->dev->device, "host now takes %u bytes per transfer\n",
		 sectors << SECTOR_SHIFT);
	shost->max_sectors = sectors;
	shost_for_each_device(sdev, shost) {
		if (hv_queue_max_sectors(sdev->request_queue, sectors))
			sdev_printk(KERN_WARNING, sdev, "limit not changed\n");
	}
}
