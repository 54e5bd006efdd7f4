// SPDX-License-Identifier: GPL-2.0-only
/*
 * SCSI request blocks: building one out of a command, and what the host's
 * answer means in the terms of the SCSI midlayer (pure: no device, no locks,
 * no sleeping).
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_status.h>

#include "srb.h"

#define STOR_SRB_TIMEOUT	60	/* seconds, for the host's own use */

/**
 * stor_srb_build() - write an EXECUTE_SRB packet
 * @pkt: all 64 bytes are written
 * @req: the command
 */
void stor_srb_build(struct hv_stor_packet *pkt, const struct stor_request *req)
{
	struct hv_stor_srb *srb = &pkt->srb;
	u32 flags = HV_SRB_FLAG_NO_SYNC_TRANSFER;

	memset(pkt, 0, sizeof(*pkt));
	pkt->operation = cpu_to_le32(HV_STOR_EXECUTE_SRB);
	pkt->flags = cpu_to_le32(HV_STOR_FLAG_COMPLETION);

	srb->length = cpu_to_le16(sizeof(*srb));
	srb->port = req->port;
	srb->path = req->path;
	srb->target = req->target;
	srb->lun = req->lun;
	srb->cdb_len = req->cdb_len;
	srb->sense_len = HV_STOR_SENSE_LEN;
	srb->direction = req->direction;
	srb->data_len = cpu_to_le32(req->data_len);
	memcpy(srb->cdb, req->cdb, min_t(u8, req->cdb_len, HV_STOR_CDB_LEN));
	srb->timeout = cpu_to_le32(STOR_SRB_TIMEOUT);

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
}

/*
 * Codes that mean the same whatever the command and the SCSI status were.
 * What is not listed is DID_ERROR: retried a few times, then reported.
 */
static const struct {
	u8 code;
	u8 host_byte;
	u8 action;
} stor_srb_codes[] = {
	{ HV_SRB_INVALID_PATH,		DID_NO_CONNECT,	STOR_ACT_DOUBT_LUN },
	{ HV_SRB_NO_DEVICE,		DID_NO_CONNECT,	STOR_ACT_DOUBT_LUN },
	{ HV_SRB_SELECTION_TIMEOUT,	DID_NO_CONNECT,	STOR_ACT_DOUBT_LUN },
	{ HV_SRB_INVALID_LUN,		DID_NO_CONNECT,	STOR_ACT_DOUBT_LUN },
	{ HV_SRB_INVALID_TARGET,	DID_NO_CONNECT,	STOR_ACT_DOUBT_LUN },
	/* the host gave up on the command, not on the device: do it again */
	{ HV_SRB_TIMEOUT,		DID_SOFT_ERROR,	STOR_ACT_NONE },
	{ HV_SRB_COMMAND_TIMEOUT,	DID_SOFT_ERROR,	STOR_ACT_NONE },
	{ HV_SRB_BUS_RESET,		DID_RESET,	STOR_ACT_NONE },
	{ HV_SRB_FLUSHED,		DID_RESET,	STOR_ACT_NONE },
};

static void stor_judge_code(u8 code, struct stor_verdict *v)
{
	unsigned int i;

	v->host_byte = DID_ERROR;
	for (i = 0; i < ARRAY_SIZE(stor_srb_codes); i++) {
		if (stor_srb_codes[i].code == code) {
			v->host_byte = stor_srb_codes[i].host_byte;
			v->action = stor_srb_codes[i].action;
			return;
		}
	}
}

/* Unit attentions that somebody has to act on. */
static void stor_judge_sense(const u8 *sense, struct stor_verdict *v)
{
	struct scsi_sense_hdr hdr;

	if (!scsi_normalize_sense(sense, v->sense_len, &hdr) ||
	    hdr.sense_key != UNIT_ATTENTION)
		return;

	if (hdr.asc == 0x2a && hdr.ascq == 0x09)	/* capacity */
		v->action = STOR_ACT_RESCAN_LUN;
	else if (hdr.asc == 0x3f && hdr.ascq == 0x0e)	/* reported LUNs */
		v->action = STOR_ACT_RESCAN_BUS;
	else if (hdr.asc == 0x3f && hdr.ascq != 0x03)
		v->action = STOR_ACT_RESCAN_LUN;

	/* the command itself was not done: it goes again after the rescan */
	if (v->action == STOR_ACT_RESCAN_LUN)
		v->host_byte = DID_REQUEUE;
}

/*
 * Hosts fail a few informational commands with a bare SRB error.  Taken at
 * its word that would send the device into error recovery, so say what a
 * SCSI device says that does not know the page.
 */
static bool stor_judge_excused(const struct hv_stor_srb *reply, const u8 *cdb,
			       u32 asked, struct stor_verdict *v)
{
	bool no_lun = (reply->srb_status & HV_SRB_CODE_MASK) ==
		      HV_SRB_INVALID_LUN;
	u32 moved = le32_to_cpu(reply->data_len);

	if (no_lun && (cdb[0] != INQUIRY || cdb[1] & 1))
		return false;

	switch (cdb[0]) {
	case INQUIRY:
		if (cdb[1] & 1) {
			v->patch = STOR_PATCH_BAD_FIELD;
			break;
		}
		if (no_lun)
			v->patch = STOR_PATCH_NO_LUN;
		else if (moved && moved <= asked)
			v->moved = moved;
		else
			return false;
		v->host_byte = DID_OK;
		v->scsi_status = SAM_STAT_GOOD;
		return true;
	case MODE_SENSE:
	case MODE_SENSE_10:
		v->patch = STOR_PATCH_BAD_FIELD;
		break;
	case MAINTENANCE_IN:
	case PERSISTENT_RESERVE_IN:
		v->patch = STOR_PATCH_BAD_OPCODE;
		break;
	default:
		return false;
	}
	v->host_byte = DID_OK;
	v->scsi_status = SAM_STAT_CHECK_CONDITION;
	return true;
}

/* ABORTED, ERROR and INVALID REQUEST with no sense data to explain them. */
static void stor_judge_bare_error(const struct hv_stor_srb *reply,
				  const u8 *cdb, struct stor_verdict *v)
{
	/* BUSY, TASK SET FULL, RESERVATION CONFLICT speak for themselves */
	if (v->scsi_status && v->scsi_status != SAM_STAT_CHECK_CONDITION)
		return;

	switch (cdb[0]) {
	case TEST_UNIT_READY:
		break;
	case ATA_12:
	case ATA_16:
		v->host_byte = DID_PASSTHROUGH;
		break;
	default:
		v->host_byte = DID_ERROR;
	}
}

/**
 * stor_srb_judge() - what an answer means
 * @reply: the host's SRB; a private copy, nothing in it has been checked
 * @cdb: command that it answers
 * @asked: bytes that the command wanted to transfer
 * @v: out: verdict; every field is written
 */
void stor_srb_judge(const struct hv_stor_srb *reply, const u8 *cdb, u32 asked,
		    struct stor_verdict *v)
{
	u8 code = reply->srb_status & HV_SRB_CODE_MASK;

	*v = (struct stor_verdict) {
		.host_byte = DID_OK,
		.scsi_status = reply->scsi_status,
	};

	if (reply->srb_status & HV_SRB_AUTOSENSE_VALID &&
	    reply->scsi_status == SAM_STAT_CHECK_CONDITION)
		v->sense_len = min_t(u8, reply->sense_len, HV_STOR_SENSE_LEN);

	switch (code) {
	case HV_SRB_SUCCESS:
	case HV_SRB_DATA_OVERRUN:
		v->moved = min(le32_to_cpu(reply->data_len), asked);
		break;
	case HV_SRB_BUSY:
		v->scsi_status = SAM_STAT_BUSY;
		v->sense_len = 0;
		break;
	case HV_SRB_ABORTED:
	case HV_SRB_ERROR:
	case HV_SRB_INVALID_REQUEST:
		if (v->sense_len)
			break;
		if (!stor_judge_excused(reply, cdb, asked, v))
			stor_judge_bare_error(reply, cdb, v);
		break;
	case HV_SRB_INVALID_LUN:
	case HV_SRB_BAD_FUNCTION:
		if (stor_judge_excused(reply, cdb, asked, v))
			break;
		fallthrough;
	default:
		stor_judge_code(code, v);
	}

	if (v->sense_len)
		stor_judge_sense(reply->sense, v);
}
