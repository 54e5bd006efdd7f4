/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_SRB_H
#define _STOR_SRB_H

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

/* The plain good answer, which needs no judgement: nearly every one. */
static inline bool stor_srb_clean(const struct hv_stor_srb *reply, u32 asked)
{
	return reply->srb_status == HV_SRB_SUCCESS && !reply->scsi_status &&
	       le32_to_cpu(reply->data_len) == asked;
}

void stor_srb_build(struct hv_stor_packet *pkt, const struct stor_request *req);
void stor_srb_judge(const struct hv_stor_srb *reply,
		    const struct stor_asked *asked, struct stor_verdict *v);

#endif
