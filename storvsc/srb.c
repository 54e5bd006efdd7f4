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
#include <scsi/scsi_eh.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_status.h>

#include "srb.h"

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

#define STOR_ANY	(-1)

/*
 * What sense data means for the command that it came with; the first row that
 * fits counts.  In a row with "done" the device did what it was told, so the
 * host's count of bytes stands; in all others nothing of it is believed, and
 * what the midlayer makes of the key is right: it fails, waits or sends again,
 * a limited number of times.
 */
static const struct stor_sense_row {
	u8 key;
	s16 asc;
	s16 ascq;
	bool done;
	u8 host_byte;
	u8 action;
} stor_sense_rows[] = {
	{ NO_SENSE,		STOR_ANY, STOR_ANY, .done = true },
	{ RECOVERED_ERROR,	STOR_ANY, STOR_ANY, .done = true },
	{ NOT_READY,		STOR_ANY, STOR_ANY },
	{ MEDIUM_ERROR,		STOR_ANY, STOR_ANY },
	{ HARDWARE_ERROR,	STOR_ANY, STOR_ANY },
	{ ILLEGAL_REQUEST,	STOR_ANY, STOR_ANY },
	/* the capacity changed; the command goes again after the rescan */
	{ UNIT_ATTENTION,	0x2a, 0x09, false, DID_REQUEUE, STOR_ACT_RESCAN_LUN },
	/* the inquiry data changed, which is for the midlayer */
	{ UNIT_ATTENTION,	0x3f, 0x03 },
	/* the list of LUNs changed */
	{ UNIT_ATTENTION,	0x3f, 0x0e, false, DID_OK, STOR_ACT_RESCAN_BUS },
	/* something else of the target's parameters did */
	{ UNIT_ATTENTION,	0x3f, STOR_ANY, false, DID_REQUEUE, STOR_ACT_RESCAN_LUN },
	{ UNIT_ATTENTION,	STOR_ANY, STOR_ANY },
	{ DATA_PROTECT,		STOR_ANY, STOR_ANY },
	{ BLANK_CHECK,		STOR_ANY, STOR_ANY },
	{ 0x09,			STOR_ANY, STOR_ANY },	/* vendor specific */
	{ COPY_ABORTED,		STOR_ANY, STOR_ANY },
	{ ABORTED_COMMAND,	STOR_ANY, STOR_ANY },
	{ 0x0c,			STOR_ANY, STOR_ANY },	/* obsolete */
	{ VOLUME_OVERFLOW,	STOR_ANY, STOR_ANY },
	{ MISCOMPARE,		STOR_ANY, STOR_ANY },
	{ 0x0f,			STOR_ANY, STOR_ANY },	/* completed */
};

static const struct stor_sense_row *
stor_find_sense(const struct scsi_sense_hdr *hdr)
{
	const struct stor_sense_row *row = stor_sense_rows;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stor_sense_rows); i++, row++) {
		if (row->key == hdr->sense_key &&
		    (row->asc == STOR_ANY || row->asc == hdr->asc) &&
		    (row->ascq == STOR_ANY || row->ascq == hdr->ascq))
			return row;
	}
	return NULL;
}

/* Sense data of a command that a good status describes better. */
static void stor_drop_sense(struct stor_verdict *v)
{
	v->sense_len = 0;
	v->scsi_status = SAM_STAT_GOOD;
}

/*
 * Apply the table.  Deferred sense is about an earlier command and says that
 * this one was not done.  Returns whether the command was.
 */
static bool stor_judge_sense(const struct hv_stor_srb *reply,
			     const struct stor_asked *asked,
			     struct stor_verdict *v)
{
	const struct stor_sense_row *row = NULL;
	struct scsi_sense_hdr hdr;

	if (scsi_normalize_sense(reply->sense, v->sense_len, &hdr) &&
	    !scsi_sense_is_deferred(&hdr))
		row = stor_find_sense(&hdr);

	/* the SRB failed: next to "done" the midlayer would overlook that */
	if (v->host_byte != DID_OK) {
		if (row && row->done)
			stor_drop_sense(v);
		return false;
	}
	v->moved = 0;
	if (!row)
		return false;
	v->host_byte = row->host_byte;
	v->action = row->action;
	if (!row->done)
		return false;
	v->moved = min(le32_to_cpu(reply->data_len), asked->bytes);
	/* the midlayer counts no byte of it, and never stops sending again */
	if (hdr.sense_key == NO_SENSE && asked->unit)
		stor_drop_sense(v);
	return true;
}

/* SCSI statuses with which the midlayer takes a command for done. */
static bool stor_status_good(u8 status)
{
	switch (status & 0xfe) {
	case SAM_STAT_GOOD:
	case SAM_STAT_CONDITION_MET:
	case SAM_STAT_INTERMEDIATE:
	case SAM_STAT_INTERMEDIATE_CONDITION_MET:
	case SAM_STAT_COMMAND_TERMINATED:
		return true;
	default:
		return false;
	}
}

/*
 * Said to be done, but not even one block was moved: sent again for the rest,
 * the command would come back like this for ever.  An error has a few tries.
 */
static void stor_judge_stalled(const struct stor_asked *asked,
			       struct stor_verdict *v)
{
	if (v->moved >= min(asked->unit, asked->bytes))
		return;
	stor_drop_sense(v);
	v->host_byte = DID_ERROR;
	v->moved = 0;
}

/*
 * Hosts fail a few informational commands with a bare SRB error.  Taken at
 * its word that would send the device into error recovery, so say what a
 * SCSI device says that does not know the page.
 */
static bool stor_judge_excused(const struct hv_stor_srb *reply,
			       const struct stor_asked *asked,
			       struct stor_verdict *v)
{
	const u8 *cdb = asked->cdb;
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
		else if (moved && moved <= asked->bytes)
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
static void stor_judge_bare_error(const struct stor_asked *asked,
				  struct stor_verdict *v)
{
	/* BUSY, TASK SET FULL, RESERVATION CONFLICT speak for themselves */
	if (!stor_status_good(v->scsi_status) &&
	    v->scsi_status != SAM_STAT_CHECK_CONDITION)
		return;

	switch (asked->cdb[0]) {
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
 * @asked: what the command that it answers wanted
 * @v: out: verdict; every field is written
 *
 * No verdict lets the midlayer send a command again without end: what is said to
 * be done has moved at least a block, everything else is an error or a delay that
 * the midlayer counts.
 */
void stor_srb_judge(const struct hv_stor_srb *reply,
		    const struct stor_asked *asked, struct stor_verdict *v)
{
	u8 code = reply->srb_status & HV_SRB_CODE_MASK;
	bool done = false;

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
		v->moved = min(le32_to_cpu(reply->data_len), asked->bytes);
		done = stor_status_good(v->scsi_status);
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
		if (!stor_judge_excused(reply, asked, v))
			stor_judge_bare_error(asked, v);
		break;
	case HV_SRB_INVALID_LUN:
	case HV_SRB_BAD_FUNCTION:
		if (stor_judge_excused(reply, asked, v))
			break;
		fallthrough;
	default:
		stor_judge_code(code, v);
	}

	if (v->sense_len)
		done = stor_judge_sense(reply, asked, v);
	if (done)
		stor_judge_stalled(asked, v);
	/* CONDITION MET and the like would hide the error */
	if (v->host_byte != DID_OK && stor_status_good(v->scsi_status))
		v->scsi_status = SAM_STAT_GOOD;
}
