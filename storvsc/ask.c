// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host says when it is asked: which LUNs a target has, whether one of them is there.
 *
 * The commands for that go by themselves, beside the midlayer.  A host that does not answer
 * has more and more time to: it is slow, and its disks are there all the same.
 */
#include <linux/bitmap.h>
#include <scsi/scsi.h>
#include <scsi/scsi_proto.h>

#include "ident.h"
#include "srb.h"
#include "storvsc.h"

#define STOR_LIST_LEN	(8 + 8 * STOR_LUNS)
#define STOR_ATTENTIONS	4	/* that a disk may have for us before it answers */

/* For a host that is not known to be slow */
static unsigned long stor_probe_timeout(void)
{
	return min_t(unsigned long, stor_step_timeout(), STOR_PROBE_TIMEOUT);
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

/* Whether the answer is there, as it was asked for; then its data may be read. */
static bool stor_answer_good(const struct stor_call *call, const struct stor_verdict *v)
{
	if (v->host_byte != DID_OK || v->scsi_status != SAM_STAT_GOOD)
		return false;
	dma_sync_single_for_cpu(&call->ctl->dev->device, call->dma, call->data_len,
				DMA_FROM_DEVICE);
	return true;
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

/**
 * stor_report_luns() - the LUNs of a target
 * @ctl: controller
 * @at: the target
 * @luns: bitmap of STOR_LUNS, gets them; empty if there is no such target
 *
 * Context: process; the wait is limited.
 *
 * Return: 0; an error if the host does not say: -EIO if it answered, but not with that.
 */
int stor_report_luns(struct stor_ctl *ctl, struct stor_where at, unsigned long *luns)
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
	if (stor_answer_good(call, &v))
		stor_parse_luns(call->data, v.moved, luns);
	else if (!stor_no_target(&call->pkt.srb))
		ret = -EIO;
	stor_call_put(call);
	return ret;
}

static struct stor_where stor_where(const struct scsi_device *sdev)
{
	return (struct stor_where) {
		.path = sdev->channel, .target = sdev->id, .lun = sdev->lun,
	};
}

/*
 * Whether the host leaves a LUN out of its list: 1 or 0, or an error if it does not say.  That
 * of an IDE channel says nothing: hosts list its disk for the path that it has in the offer
 * (OpenVMM storvsp, execute_scsi()), while its other commands go by whatever path.  The disk
 * is there for as long as the channel is.
 */
static int stor_left_out(struct stor_ctl *ctl, const struct scsi_device *sdev)
{
	DECLARE_BITMAP(luns, STOR_LUNS);
	int ret;

	if (ctl->kind->fixed_target)
		return 0;
	ret = stor_report_luns(ctl, stor_where(sdev), luns);
	return ret ?: !test_bit(sdev->lun, luns);
}

/**
 * stor_ask_lun() - is a doubted LUN there
 * @ctl: controller
 * @sdev: its device
 *
 * Context: process; the wait is limited.
 *
 * Return: 1 yes, 0 no, -ENXIO if the host calls it invalid and yet does not leave it out
 * of its list, another error if it is just not reached.
 */
int stor_ask_lun(struct stor_ctl *ctl, struct scsi_device *sdev)
{
	u8 cdb[6] = { TEST_UNIT_READY };
	struct stor_call *call;
	struct stor_verdict v;
	bool invalid;
	int ret;

	ret = stor_run_cdb(ctl, stor_where(sdev), cdb, sizeof(cdb), 0, &v, &call);
	if (ret)
		return ret;
	invalid = (call->pkt.srb.srb_status & HV_SRB_CODE_MASK) ==
		  HV_SRB_INVALID_LUN;
	stor_call_put(call);
	if (v.host_byte != DID_NO_CONNECT)
		return 1;

	if (stor_left_out(ctl, sdev) > 0)
		return 0;
	return invalid && !ctl->kind->fixed_target ? -ENXIO : -EAGAIN;
}

/*
 * What an answer to the question for the identification page says: as stor_ask_same(), or
 * -ENOENT if there is no page.  ILLEGAL REQUEST is what a disk says that has none, and what
 * the host says where no disk is (OpenVMM storvsp, execute_scsi()).
 */
static int stor_judge_same(const struct stor_call *call, const struct stor_verdict *v,
			   const struct stor_lun *lun)
{
	u8 page[STOR_PAGE_LEN];
	u32 len = min_t(u32, v->moved, sizeof(page));

	if (!stor_answer_good(call, v))
		return -ENOENT;
	/* nothing to compare with */
	if (!lun->page_len)
		return 1;
	memcpy(page, call->data, len);	/* out of the host's reach */
	return stor_ident_same(lun->page, lun->page_len, page, len);
}

/**
 * stor_ask_same() - is a LUN the one that commands were meant for
 * @ctl: controller
 * @sdev: its device
 * @lun: our side of it, unsure
 *
 * Context: process; the wait is limited.
 *
 * Return: 1 yes, or nothing tells otherwise; 0 no, it is another one, or gone; an error if
 * the host did not answer: -EAGAIN if it did, but not with that, for a disk forgets no page.
 */
int stor_ask_same(struct stor_ctl *ctl, struct scsi_device *sdev, const struct stor_lun *lun)
{
	u8 cdb[6] = { INQUIRY, 1, 0x83, 0, STOR_PAGE_LEN };
	struct stor_call *call;
	struct stor_verdict v;
	int ret;

	ret = stor_run_cdb(ctl, stor_where(sdev), cdb, sizeof(cdb), STOR_PAGE_LEN, &v, &call);
	if (ret)
		return ret;
	ret = stor_judge_same(call, &v, lun);
	stor_call_put(call);
	if (ret != -ENOENT)
		return ret;
	ret = stor_left_out(ctl, sdev);
	if (ret > 0)
		return 0;
	if (ret < 0 && ret != -EIO)
		return ret;
	/* one that had no page before either is whatever is reached there */
	return lun->page_len || v.host_byte == DID_NO_CONNECT ? -EAGAIN : 1;
}

/* One form of READ CAPACITY; -EAGAIN if the disk had something else to say first. */
static int stor_read_capacity(struct stor_ctl *ctl, struct scsi_device *sdev, bool sixteen,
			      u64 *sectors)
{
	u8 cdb[16] = { READ_CAPACITY };
	struct stor_call *call;
	struct stor_verdict v;
	u8 data[32];
	u32 len;
	int ret;

	if (sixteen) {
		cdb[0] = SERVICE_ACTION_IN_16;
		cdb[1] = SAI_READ_CAPACITY_16;
		cdb[13] = 32;
	}
	ret = stor_run_cdb(ctl, stor_where(sdev), cdb, sixteen ? 16 : 10, sixteen ? 32 : 8,
			   &v, &call);
	if (ret)
		return ret;
	len = min_t(u32, v.moved, sizeof(data));
	if (stor_answer_good(call, &v)) {
		memcpy(data, call->data, len);
		*sectors = stor_ident_sectors(data, len, sixteen);
	} else if (v.scsi_status == SAM_STAT_CHECK_CONDITION && v.sense_len > 2 &&
		 (call->pkt.srb.sense[2] & 0xf) == UNIT_ATTENTION) {
		ret = -EAGAIN;
	}
	stor_call_put(call);
	return ret;
}

/**
 * stor_ask_sectors() - how large is a disk now
 * @ctl: controller
 * @sdev: its device
 * @sectors: gets it, in units of 512 bytes; 0 if the disk does not say
 *
 * Context: process; the wait is limited.
 *
 * Return: 0, or an error if the host did not answer.
 */
int stor_ask_sectors(struct stor_ctl *ctl, struct scsi_device *sdev, u64 *sectors)
{
	unsigned int tries = 0;
	bool sixteen = true;
	int ret;

	*sectors = 0;
	do {
		ret = stor_read_capacity(ctl, sdev, sixteen, sectors);
		/* old hosts know the short form only */
		if (!ret && !*sectors && sixteen) {
			sixteen = false;
			ret = -EAGAIN;
		}
	} while (ret == -EAGAIN && ++tries < STOR_ATTENTIONS);
	return ret == -EAGAIN && tries == STOR_ATTENTIONS ? 0 : ret;
}

void stor_ask_init(struct stor_ctl *ctl)
{
	ctl->probe_timeout = stor_probe_timeout();
}
