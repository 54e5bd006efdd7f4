/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_SRB_H
#define _STOR_SRB_H

#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <hv/stor_wire.h>

/* What has to happen beside finishing the command. */
enum stor_action {
	STOR_ACT_NONE,
	STOR_ACT_RESCAN_LUN,	/* capacity or parameters changed */
	STOR_ACT_RESCAN_BUS,	/* the list of LUNs changed */
	STOR_ACT_DOUBT_LUN,	/* the host does not reach the LUN just now */
};

/* How to fill in for an answer that real hosts get wrong. */
enum stor_patch {
	STOR_PATCH_NONE,
	STOR_PATCH_BAD_FIELD,	/* sense: invalid field in CDB */
	STOR_PATCH_BAD_OPCODE,	/* sense: invalid command */
	STOR_PATCH_NO_LUN,	/* INQUIRY data of an absent LUN */
};

/**
 * struct stor_verdict - what an answer of the host means for the midlayer
 * @host_byte: DID_*
 * @scsi_status: SAM status
 * @sense_len: bytes of sense data to copy out of the answer
 * @action: enum stor_action
 * @patch: enum stor_patch
 * @moved: bytes transferred
 */
struct stor_verdict {
	u8 host_byte;
	u8 scsi_status;
	u8 sense_len;
	u8 action;
	u8 patch;
	u32 moved;
};

/**
 * struct stor_request - a command as the builder needs it
 * @cdb: command, @cdb_len bytes of it
 * @cdb_len: at most HV_STOR_CDB_LEN
 * @direction: HV_SRB_DIR_*
 * @tagged: device does command queueing
 * @port: SCSI host number
 * @path: SCSI channel
 * @target: SCSI id
 * @lun: logical unit
 * @data_len: bytes to transfer
 */
struct stor_request {
	const u8 *cdb;
	u8 cdb_len;
	u8 direction;
	bool tagged;
	u8 port;
	u8 path;
	u8 target;
	u8 lun;
	u32 data_len;
};

/**
 * struct stor_asked - what a command wanted, as far as judging its answer goes
 * @cdb: command
 * @bytes: bytes to transfer
 * @unit: the smallest transfer that gets a command of the block layer further,
 *	its logical block; 0 for commands whose sender reads the count himself
 */
struct stor_asked {
	const u8 *cdb;
	u32 bytes;
	u32 unit;
};

#define STOR_SRB_TIMEOUT	60	/* seconds, for the host's own use */

/* Lengths that are known where they are used become a few moves. */
static __always_inline void stor_copy_cdb(u8 *to, const u8 *cdb, u8 len)
{
	switch (len) {
	case 6:
		memcpy(to, cdb, 6);
		break;
	case 10:
		memcpy(to, cdb, 10);
		break;
	case HV_STOR_CDB_LEN:
		memcpy(to, cdb, HV_STOR_CDB_LEN);
		break;
	default:
		memcpy(to, cdb, min_t(u8, len, HV_STOR_CDB_LEN));
	}
}

/**
 * stor_srb_build() - write an EXECUTE_SRB packet
 * @pkt: all 64 bytes are written, none is read: it may be memory of the host's too
 * @req: the command
 */
static __always_inline void stor_srb_build(struct hv_stor_packet *pkt,
					   const struct stor_request *req)
{
	u32 flags = HV_SRB_FLAG_NO_SYNC_TRANSFER;
	struct hv_stor_srb *srb = &pkt->srb;

	pkt->operation = cpu_to_le32(HV_STOR_EXECUTE_SRB);
	pkt->flags = cpu_to_le32(HV_STOR_FLAG_COMPLETION);
	pkt->status = 0;

	srb->length = cpu_to_le16(sizeof(*srb));
	srb->srb_status = 0;
	srb->scsi_status = 0;
	srb->port = req->port;
	srb->path = req->path;
	srb->target = req->target;
	srb->lun = req->lun;
	srb->cdb_len = req->cdb_len;
	srb->sense_len = HV_STOR_SENSE_LEN;
	srb->direction = req->direction;
	srb->reserved = 0;
	srb->data_len = cpu_to_le32(req->data_len);
	memset(srb->sense, 0, HV_STOR_SENSE_LEN);	/* and with it what the CDB does not fill */
	stor_copy_cdb(srb->cdb, req->cdb, req->cdb_len);
	srb->reserved2 = 0;
	srb->queue_tag = 0;
	srb->queue_action = 0;
	if (req->tagged) {
		srb->queue_tag = HV_SRB_UNTAGGED;
		srb->queue_action = HV_SRB_SIMPLE_QUEUE;
		flags |= HV_SRB_FLAG_QUEUE_ACTION | HV_SRB_FLAG_NO_QUEUE_FREEZE;
	}
	if (req->direction == HV_SRB_DIR_IN)
		flags |= HV_SRB_FLAG_DATA_IN;
	else if (req->direction == HV_SRB_DIR_OUT)
		flags |= HV_SRB_FLAG_DATA_OUT;
	srb->srb_flags = cpu_to_le32(flags);
	srb->timeout = cpu_to_le32(STOR_SRB_TIMEOUT);
	srb->sort_key = 0;
}

/* The plain good answer, which needs no judgement: nearly every one. */
static inline bool stor_srb_clean(const struct hv_stor_srb *reply, u32 asked)
{
	return reply->srb_status == HV_SRB_SUCCESS && !reply->scsi_status &&
	       le32_to_cpu(reply->data_len) == asked;
}

void stor_srb_judge(const struct hv_stor_srb *reply,
		    const struct stor_asked *asked, struct stor_verdict *v);

#endif
