// SPDX-License-Identifier: GPL-2.0-only
/*
 * SRBs: what a request looks like on the wire, and what each kind of answer
 * means to the SCSI midlayer, as a table.
 */
#include <kunit/test.h>
#include <linux/module.h>

#include <linux/string.h>
#include <scsi/scsi.h>
#include <scsi/scsi_common.h>
#include <scsi/scsi_proto.h>
#include <scsi/scsi_status.h>
#include "params.h"
#include "srb.h"

struct judge_case {
	const char *name;
	u8 cdb[2];
	u8 srb_status;
	u8 scsi_status;
	u8 sense_len;
	u8 sense[14];
	u32 moved;
	u32 unit;		/* as for a command of the block layer */
	/* expected */
	u8 host_byte;
	u8 status;
	u8 kept_sense;
	u8 action;
	u8 patch;
	u32 counted;
};

#define CHECK		SAM_STAT_CHECK_CONDITION
#define FIXED(key, asc, ascq) \
	{ 0x70, 0, key, 0, 0, 0, 0, 10, 0, 0, 0, 0, asc, ascq }

/* Every command here asks for 4096 bytes. */
static const struct judge_case judge_cases[] = {
	{ .name = "success", .cdb = { READ_10 }, .srb_status = 0x01,
	  .moved = 4096, .counted = 4096 },
	{ .name = "success, short", .cdb = { READ_10 }, .srb_status = 0x01,
	  .moved = 512, .counted = 512 },
	{ .name = "success, claims more than was asked", .cdb = { READ_10 },
	  .srb_status = 0x01, .moved = 0xffffffff, .counted = 4096 },
	{ .name = "success with queue frozen", .cdb = { READ_10 },
	  .srb_status = 0x41, .moved = 4096, .counted = 4096 },
	{ .name = "data overrun", .cdb = { READ_10 }, .srb_status = 0x12,
	  .moved = 100, .counted = 100 },
	{ .name = "check condition with sense", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(MEDIUM_ERROR, 0x11, 0), .moved = 4096,
	  .status = CHECK, .kept_sense = 18 },
	{ .name = "sense length beyond the buffer", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 255,
	  .sense = FIXED(MEDIUM_ERROR, 0x11, 0),
	  .status = CHECK, .kept_sense = 20 },
	{ .name = "check condition, sense length 0", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK,
	  .host_byte = DID_ERROR, .status = CHECK },
	{ .name = "autosense claimed, SCSI status good", .cdb = { READ_10 },
	  .srb_status = 0x84, .sense_len = 18,
	  .sense = FIXED(UNIT_ATTENTION, 0x2a, 9),
	  .host_byte = DID_ERROR },
	{ .name = "check condition, autosense not claimed", .cdb = { READ_10 },
	  .srb_status = 0x04, .scsi_status = CHECK, .sense_len = 18,
	  .host_byte = DID_ERROR, .status = CHECK },
	{ .name = "error, moved bytes not believed", .cdb = { READ_10 },
	  .srb_status = 0x04, .moved = 4096, .host_byte = DID_ERROR },
	{ .name = "aborted", .cdb = { READ_10 }, .srb_status = 0x02,
	  .host_byte = DID_ERROR },
	{ .name = "invalid request", .cdb = { READ_10 }, .srb_status = 0x06,
	  .host_byte = DID_ERROR },
	{ .name = "error on TEST UNIT READY", .cdb = { TEST_UNIT_READY },
	  .srb_status = 0x04, .scsi_status = CHECK, .status = CHECK },
	{ .name = "error on ATA pass-through", .cdb = { ATA_16 },
	  .srb_status = 0x04, .host_byte = DID_PASSTHROUGH },
	{ .name = "error with reservation conflict", .cdb = { READ_10 },
	  .srb_status = 0x04, .scsi_status = SAM_STAT_RESERVATION_CONFLICT,
	  .status = SAM_STAT_RESERVATION_CONFLICT },
	{ .name = "busy", .cdb = { READ_10 }, .srb_status = 0x05,
	  .status = SAM_STAT_BUSY },
	{ .name = "busy, with sense that is not meant", .cdb = { READ_10 }, .srb_status = 0x85,
	  .scsi_status = CHECK, .sense_len = 18, .sense = FIXED(UNIT_ATTENTION, 0x2a, 9),
	  .status = SAM_STAT_BUSY },
	{ .name = "invalid path", .cdb = { READ_10 }, .srb_status = 0x07,
	  .host_byte = DID_NO_CONNECT, .action = STOR_ACT_DOUBT_LUN },
	{ .name = "unit attention: mode parameters", .cdb = { READ_10 }, .srb_status = 0x84,
	  .scsi_status = CHECK, .sense_len = 18, .sense = FIXED(UNIT_ATTENTION, 0x2a, 1),
	  .status = CHECK, .kept_sense = 18 },
	{ .name = "unit attention: another code, same qualifier", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(UNIT_ATTENTION, 0x29, 9), .status = CHECK, .kept_sense = 18 },
	{ .name = "INQUIRY in error, all there", .cdb = { INQUIRY }, .srb_status = 0x04,
	  .moved = 4096, .counted = 4096 },
	{ .name = "INQUIRY in error, claims too much", .cdb = { INQUIRY }, .srb_status = 0x04,
	  .moved = 4097, .host_byte = DID_ERROR },
	{ .name = "no device", .cdb = { READ_10 }, .srb_status = 0x08,
	  .host_byte = DID_NO_CONNECT, .action = STOR_ACT_DOUBT_LUN },
	{ .name = "timeout", .cdb = { READ_10 }, .srb_status = 0x09,
	  .host_byte = DID_SOFT_ERROR },
	{ .name = "command timeout", .cdb = { READ_10 }, .srb_status = 0x0b,
	  .host_byte = DID_SOFT_ERROR },
	{ .name = "selection timeout", .cdb = { READ_10 }, .srb_status = 0x0a,
	  .host_byte = DID_NO_CONNECT, .action = STOR_ACT_DOUBT_LUN },
	{ .name = "bus reset", .cdb = { READ_10 }, .srb_status = 0x0e,
	  .host_byte = DID_RESET },
	{ .name = "flushed", .cdb = { READ_10 }, .srb_status = 0x16,
	  .host_byte = DID_RESET },
	{ .name = "invalid LUN", .cdb = { READ_10 }, .srb_status = 0x20,
	  .host_byte = DID_NO_CONNECT, .action = STOR_ACT_DOUBT_LUN },
	{ .name = "invalid target", .cdb = { READ_10 }, .srb_status = 0x21,
	  .host_byte = DID_NO_CONNECT, .action = STOR_ACT_DOUBT_LUN },
	{ .name = "bad function", .cdb = { READ_10 }, .srb_status = 0x22,
	  .host_byte = DID_ERROR },
	{ .name = "internal error", .cdb = { READ_10 }, .srb_status = 0x30,
	  .host_byte = DID_ERROR },
	{ .name = "pending is no answer", .cdb = { READ_10 },
	  .srb_status = 0x00, .host_byte = DID_ERROR },
	{ .name = "a code nobody knows", .cdb = { READ_10 },
	  .srb_status = 0x3e, .host_byte = DID_ERROR },
	{ .name = "capacity changed", .cdb = { READ_10 }, .srb_status = 0x84,
	  .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(UNIT_ATTENTION, 0x2a, 0x09),
	  .host_byte = DID_REQUEUE, .status = CHECK, .kept_sense = 18,
	  .action = STOR_ACT_RESCAN_LUN },
	{ .name = "target parameters changed", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(UNIT_ATTENTION, 0x3f, 0x00),
	  .host_byte = DID_REQUEUE, .status = CHECK, .kept_sense = 18,
	  .action = STOR_ACT_RESCAN_LUN },
	{ .name = "inquiry data changed is for the midlayer",
	  .cdb = { READ_10 }, .srb_status = 0x84, .scsi_status = CHECK,
	  .sense_len = 18, .sense = FIXED(UNIT_ATTENTION, 0x3f, 0x03),
	  .status = CHECK, .kept_sense = 18 },
	{ .name = "reported LUNs changed", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(UNIT_ATTENTION, 0x3f, 0x0e),
	  .status = CHECK, .kept_sense = 18, .action = STOR_ACT_RESCAN_BUS },
	{ .name = "2A/09 that is no unit attention", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(NOT_READY, 0x2a, 0x09),
	  .status = CHECK, .kept_sense = 18 },
	{ .name = "capacity changed, cut before the code", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 8,
	  .sense = FIXED(UNIT_ATTENTION, 0x2a, 0x09),
	  .status = CHECK, .kept_sense = 8 },
	{ .name = "VPD page the host fails", .cdb = { INQUIRY, 1 },
	  .srb_status = 0x04, .status = CHECK,
	  .patch = STOR_PATCH_BAD_FIELD },
	{ .name = "INQUIRY failed but with data", .cdb = { INQUIRY },
	  .srb_status = 0x04, .scsi_status = CHECK, .moved = 36,
	  .counted = 36 },
	{ .name = "INQUIRY failed without data", .cdb = { INQUIRY },
	  .srb_status = 0x04, .host_byte = DID_ERROR },
	{ .name = "INQUIRY of an absent LUN", .cdb = { INQUIRY },
	  .srb_status = 0x20, .patch = STOR_PATCH_NO_LUN },
	{ .name = "VPD page of an absent LUN", .cdb = { INQUIRY, 1 },
	  .srb_status = 0x20, .host_byte = DID_NO_CONNECT,
	  .action = STOR_ACT_DOUBT_LUN },
	{ .name = "INQUIRY of an absent target", .cdb = { INQUIRY },
	  .srb_status = 0x21, .host_byte = DID_NO_CONNECT,
	  .action = STOR_ACT_DOUBT_LUN },
	{ .name = "MODE SENSE(6)", .cdb = { MODE_SENSE }, .srb_status = 0x04,
	  .status = CHECK, .patch = STOR_PATCH_BAD_FIELD },
	{ .name = "MODE SENSE(10)", .cdb = { MODE_SENSE_10 },
	  .srb_status = 0x06, .status = CHECK, .patch = STOR_PATCH_BAD_FIELD },
	{ .name = "MODE SENSE with its own sense", .cdb = { MODE_SENSE },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(ILLEGAL_REQUEST, 0x20, 0), .status = CHECK,
	  .kept_sense = 18 },
	{ .name = "recovered error, data in", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .moved = 4096,
	  .status = CHECK, .kept_sense = 18, .counted = 4096 },
	{ .name = "recovered error, data out", .cdb = { WRITE_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x0c, 0), .moved = 4096,
	  .status = CHECK, .kept_sense = 18, .counted = 4096 },
	{ .name = "recovered error, part of the data", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .moved = 1024,
	  .status = CHECK, .kept_sense = 18, .counted = 1024 },
	{ .name = "recovered error, claims more than was asked", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .moved = 0xffffffff,
	  .status = CHECK, .kept_sense = 18, .counted = 4096 },
	{ .name = "recovered error, no data: never resent without end", .cdb = { READ_10 },
	  .unit = 512, .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .host_byte = DID_ERROR },
	{ .name = "recovered error, less than a block", .cdb = { READ_10 }, .unit = 4096,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18, .moved = 4095,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .host_byte = DID_ERROR },
	{ .name = "recovered error, pass-through without data", .cdb = { ATA_16 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0, 0x1d), .status = CHECK, .kept_sense = 18 },
	{ .name = "recovered error in descriptor form", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 8,
	  .sense = { 0x72, RECOVERED_ERROR, 0x17, 1 }, .moved = 4096,
	  .status = CHECK, .kept_sense = 8, .counted = 4096 },
	{ .name = "recovered error of an earlier command", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = { 0x71, 0, RECOVERED_ERROR, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x17, 1 },
	  .moved = 4096, .status = CHECK, .kept_sense = 18 },
	{ .name = "recovered error beside a time-out", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x89, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(RECOVERED_ERROR, 0x17, 1), .moved = 4096,
	  .host_byte = DID_SOFT_ERROR },
	{ .name = "no sense, block layer", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(NO_SENSE, 0, 0), .moved = 4096, .counted = 4096 },
	{ .name = "no sense, no data", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(NO_SENSE, 0, 0), .host_byte = DID_ERROR },
	{ .name = "no sense, pass-through", .cdb = { READ_10 },
	  .srb_status = 0x84, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(NO_SENSE, 0, 0), .moved = 512,
	  .status = CHECK, .kept_sense = 18, .counted = 512 },
	{ .name = "success with the sense of an error", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x81, .scsi_status = CHECK, .sense_len = 18,
	  .sense = FIXED(MEDIUM_ERROR, 0x11, 0), .moved = 4096,
	  .status = CHECK, .kept_sense = 18 },
	{ .name = "success of no bytes", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x01, .host_byte = DID_ERROR },
	/* Fibre Channel hosts say so of answers that an adapter's host cut short */
	{ .name = "PERSISTENT RESERVE IN overrun", .cdb = { PERSISTENT_RESERVE_IN },
	  .srb_status = 0x12, .moved = 8, .counted = 8 },
	{ .name = "MAINTENANCE IN overrun", .cdb = { MAINTENANCE_IN }, .srb_status = 0x12 },
	{ .name = "data overrun of no bytes", .cdb = { WRITE_10 }, .unit = 512,
	  .srb_status = 0x12, .host_byte = DID_ERROR },
	{ .name = "success of no bytes, pass-through", .cdb = { READ_10 },
	  .srb_status = 0x01 },
	{ .name = "condition met, no bytes", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x01, .scsi_status = SAM_STAT_CONDITION_MET,
	  .host_byte = DID_ERROR },
	{ .name = "error with condition met", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x04, .scsi_status = SAM_STAT_CONDITION_MET,
	  .host_byte = DID_ERROR },
	{ .name = "time-out with condition met", .cdb = { READ_10 }, .unit = 512,
	  .srb_status = 0x09, .scsi_status = SAM_STAT_CONDITION_MET,
	  .host_byte = DID_SOFT_ERROR },
	{ .name = "MAINTENANCE IN", .cdb = { MAINTENANCE_IN },
	  .srb_status = 0x22, .status = CHECK,
	  .patch = STOR_PATCH_BAD_OPCODE },
};

KUNIT_ARRAY_PARAM_DESC(judge, judge_cases, name);

static void stor_srb_test_judge(struct kunit *test)
{
	const struct judge_case *c = test->param_value;
	struct hv_stor_srb reply = {
		.srb_status = c->srb_status,
		.scsi_status = c->scsi_status,
		.sense_len = c->sense_len,
		.data_len = cpu_to_le32(c->moved),
	};
	struct stor_asked asked = { .cdb = c->cdb, .bytes = 4096, .unit = c->unit };
	struct stor_verdict v;

	memcpy(reply.sense, c->sense, sizeof(c->sense));
	memset(&v, 0xee, sizeof(v));
	stor_srb_judge(&reply, &asked, &v);

	KUNIT_EXPECT_EQ(test, v.host_byte, c->host_byte);
	KUNIT_EXPECT_EQ(test, v.scsi_status, c->status);
	KUNIT_EXPECT_EQ(test, v.sense_len, c->kept_sense);
	KUNIT_EXPECT_EQ(test, v.action, c->action);
	KUNIT_EXPECT_EQ(test, v.patch, c->patch);
	KUNIT_EXPECT_EQ(test, v.moved, c->counted);
}

/* What is left of an answer: nothing but its data; its sense data, and data or none. */
#define PLAIN(bytes)	{ SAM_STAT_GOOD, 0, bytes }
#define SENSE(bytes)	{ CHECK, 18, bytes }
#define FAILED		{ SENSE(0), SENSE(0), SENSE(0) }

/*
 * Sense keys as in SPC-5, 4.4.8 ("Sense key and additional sense code definitions"), with no
 * additional code. The host byte is DID_OK for all of them, so that the midlayer looks at the
 * key: with the first two the command is done (scsi_decide_disposition(), scsi_io_completion():
 * what is counted is finished, of NO SENSE nothing is for the block layer), UNIT ATTENTION,
 * NOT READY and ABORTED COMMAND it sends again a few times, and all others it fails. What is
 * counted then would be taken for data that is there.
 */
static const struct key_case {
	const char *name;
	u8 key;
	struct {
		u8 status, sense;
		u32 counted;
	} left[3];			/* data in, data out, none */
} key_cases[] = {
	{ "NO SENSE", 0x0, { PLAIN(4096), PLAIN(4096), SENSE(0) } },
	{ "RECOVERED ERROR", 0x1, { SENSE(4096), SENSE(4096), SENSE(0) } },
	{ "NOT READY", 0x2, FAILED },
	{ "MEDIUM ERROR", 0x3, FAILED },
	{ "HARDWARE ERROR", 0x4, FAILED },
	{ "ILLEGAL REQUEST", 0x5, FAILED },
	{ "UNIT ATTENTION", 0x6, FAILED },	/* not done, SAM-5 5.14 */
	{ "DATA PROTECT", 0x7, FAILED },
	{ "BLANK CHECK", 0x8, FAILED },
	{ "vendor specific", 0x9, FAILED },
	{ "COPY ABORTED", 0xa, FAILED },
	{ "ABORTED COMMAND", 0xb, FAILED },
	{ "obsolete", 0xc, FAILED },
	{ "VOLUME OVERFLOW", 0xd, FAILED },	/* some of it may be written, not all */
	{ "MISCOMPARE", 0xe, FAILED },
	/* with a reason that may be "data currently unavailable" */
	{ "COMPLETED", 0xf, FAILED },
};

KUNIT_ARRAY_PARAM_DESC(keys, key_cases, name);

/* Each sense key, with a command that reads, one that writes, and one without data. */
static void stor_srb_test_sense_key(struct kunit *test)
{
	static const u8 cdbs[3][2] = { { READ_10 }, { WRITE_10 }, { TEST_UNIT_READY } };
	const struct key_case *c = test->param_value;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cdbs); i++) {
		struct stor_asked asked = { .cdb = cdbs[i] };
		struct hv_stor_srb reply = {
			.srb_status = HV_SRB_ERROR | HV_SRB_AUTOSENSE_VALID,
			.scsi_status = CHECK,
			.sense_len = 18,
			.data_len = cpu_to_le32(4096),	/* whatever was asked */
			.sense = FIXED(c->key, 0, 0),
		};
		struct stor_verdict v;

		if (cdbs[i][0] != TEST_UNIT_READY) {
			asked.bytes = 4096;
			asked.unit = 512;
		}
		memset(&v, 0xee, sizeof(v));
		stor_srb_judge(&reply, &asked, &v);
		KUNIT_EXPECT_EQ_MSG(test, v.host_byte, (u8)DID_OK, "operation %#x", cdbs[i][0]);
		KUNIT_EXPECT_EQ_MSG(test, v.scsi_status, c->left[i].status, "operation %#x",
				    cdbs[i][0]);
		KUNIT_EXPECT_EQ_MSG(test, v.sense_len, c->left[i].sense, "operation %#x",
				    cdbs[i][0]);
		KUNIT_EXPECT_EQ_MSG(test, v.moved, c->left[i].counted, "operation %#x",
				    cdbs[i][0]);
		KUNIT_EXPECT_EQ(test, v.action, (u8)STOR_ACT_NONE);
		KUNIT_EXPECT_EQ(test, v.patch, (u8)STOR_PATCH_NONE);
	}
}

/* Whatever the host says, nothing out of range reaches the midlayer. */
static void stor_srb_test_judge_all(struct kunit *test)
{
	static const u8 ops[] = { READ_10, INQUIRY, MODE_SENSE, ATA_12, 0 };
	unsigned int srb, scsi, op;

	for (op = 0; op < ARRAY_SIZE(ops); op++) {
		for (srb = 0; srb < 256; srb++) {
			for (scsi = 0; scsi < 256; scsi += 2) {
				u8 cdb[2] = { ops[op], srb & 1 };
				struct hv_stor_srb reply = {
					.srb_status = srb,
					.scsi_status = scsi,
					.sense_len = 255,
					.data_len = cpu_to_le32(~0U),
				};
				struct stor_asked asked = { .cdb = cdb, .bytes = 512 };
				struct stor_verdict v;

				stor_srb_judge(&reply, &asked, &v);
				if (v.sense_len > HV_STOR_SENSE_LEN ||
				    v.moved > 512)
					KUNIT_FAIL(test, "srb %#x scsi %#x",
						   srb, scsi);
			}
		}
	}
}

/*
 * The midlayer takes these for done; its result is 0 and what is left of the
 * transfer is sent again at once, without counting.
 */
static bool taken_for_done(const struct stor_verdict *v, u8 key)
{
	u8 status = v->scsi_status & 0xfe;

	if (v->host_byte == DID_REQUEUE || v->host_byte == DID_NO_CONNECT)
		return false;
	if (status == SAM_STAT_CHECK_CONDITION && v->sense_len)
		return key <= RECOVERED_ERROR;
	if (v->host_byte != DID_OK && !status)
		return false;
	return status == 0 || status == 0x04 || status == 0x10 || status == 0x14 ||
	       status == 0x22;
}

/* Every SRB status, SCSI status and sense key: nothing is sent again without end. */
static void stor_srb_test_no_endless_resend(struct kunit *test)
{
	static const u8 cdb[2] = { READ_10 };
	struct stor_asked asked = { .cdb = cdb, .bytes = 4096, .unit = 512 };
	unsigned int srb, scsi, key;

	for (srb = 0; srb < 256; srb++) {
		for (scsi = 0; scsi < 256; scsi += 2) {
			for (key = 0; key < 16; key++) {
				struct hv_stor_srb reply = {
					.srb_status = srb,
					.scsi_status = scsi,
					.sense_len = 18,
					.data_len = cpu_to_le32(key & 1 ? 0 : 511),
					.sense = FIXED(key, 0x17, 1),
				};
				struct stor_verdict v;

				stor_srb_judge(&reply, &asked, &v);
				if (taken_for_done(&v, key) && v.moved < 512)
					KUNIT_FAIL(test, "srb %#x scsi %#x key %#x",
						   srb, scsi, key);
			}
		}
	}
}

static void stor_srb_test_clean(struct kunit *test)
{
	struct hv_stor_srb reply = {
		.srb_status = HV_SRB_SUCCESS, .data_len = cpu_to_le32(512),
	};

	KUNIT_EXPECT_TRUE(test, stor_srb_clean(&reply, 512));
	KUNIT_EXPECT_FALSE(test, stor_srb_clean(&reply, 1024));
	reply.scsi_status = SAM_STAT_BUSY;
	KUNIT_EXPECT_FALSE(test, stor_srb_clean(&reply, 512));
	reply.scsi_status = 0;
	reply.srb_status = HV_SRB_SUCCESS | HV_SRB_AUTOSENSE_VALID;
	KUNIT_EXPECT_FALSE(test, stor_srb_clean(&reply, 512));
}

/* READ(10) of 8 blocks from path 1, target 2, LUN 3, byte by byte. */
static void stor_srb_test_build(struct kunit *test)
{
	static const u8 cdb[10] = { 0x28, 0, 0, 0, 0, 1, 0, 0, 8, 0 };
	static const u8 wire[64] = {
		3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0,
		0x34, 0, 0, 0, 9, 1, 2, 3, 10, 20, 1, 0, 0, 0x10, 0, 0,
		0x28, 0, 0, 0, 0, 1, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0xff, 0x20, 0x4a, 1, 0, 0, 60, 0, 0, 0, 0, 0, 0, 0,
	};
	struct stor_request req = {
		.cdb = cdb, .cdb_len = sizeof(cdb),
		.direction = HV_SRB_DIR_IN, .tagged = true,
		.port = 9, .path = 1, .target = 2, .lun = 3,
		.data_len = 4096,
	};
	struct hv_stor_packet pkt;

	memset(&pkt, 0xee, sizeof(pkt));
	stor_srb_build(&pkt, &req);
	KUNIT_EXPECT_EQ(test, 0, memcmp(&pkt, wire, sizeof(wire)));
}

static void stor_srb_test_build_out(struct kunit *test)
{
	static const u8 cdb[16] = { 0x8a };
	struct stor_request req = {
		.cdb = cdb, .cdb_len = sizeof(cdb),
		.direction = HV_SRB_DIR_OUT, .data_len = 512, .port = 7,
	};
	struct hv_stor_packet pkt;

	stor_srb_build(&pkt, &req);
	KUNIT_EXPECT_EQ(test, pkt.srb.direction, (u8)HV_SRB_DIR_OUT);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(pkt.srb.srb_flags),
			(u32)(HV_SRB_FLAG_DATA_OUT | HV_SRB_FLAG_NO_SYNC_TRANSFER));
	KUNIT_EXPECT_EQ(test, pkt.srb.queue_tag, (u8)0);

	req.direction = HV_SRB_DIR_NONE;
	stor_srb_build(&pkt, &req);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(pkt.srb.srb_flags),
			(u32)HV_SRB_FLAG_NO_SYNC_TRANSFER);
}

static struct kunit_case stor_srb_cases[] = {
	KUNIT_CASE_PARAM(stor_srb_test_judge, judge_gen_params),
	KUNIT_CASE_PARAM(stor_srb_test_sense_key, keys_gen_params),
	KUNIT_CASE(stor_srb_test_judge_all),
	KUNIT_CASE(stor_srb_test_no_endless_resend),
	KUNIT_CASE(stor_srb_test_clean),
	KUNIT_CASE(stor_srb_test_build),
	KUNIT_CASE(stor_srb_test_build_out),
	{}
};

static struct kunit_suite stor_srb_suite = {
	.name = "storvsc_srb",
	.test_cases = stor_srb_cases,
};
kunit_test_suite(stor_srb_suite);
MODULE_LICENSE("GPL");
