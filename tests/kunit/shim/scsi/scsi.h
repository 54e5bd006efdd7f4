/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User-space stand-in: numbers of the SCSI standards (SPC-4, SAM-5), those of
 * the midlayer's host byte, and fixed and descriptor sense data.
 */
#ifndef _SHIM_SCSI_H
#define _SHIM_SCSI_H

#include <linux/types.h>

enum {
	TEST_UNIT_READY = 0x00, INQUIRY = 0x12, MODE_SENSE = 0x1a, READ_10 = 0x28, WRITE_10 = 0x2a,
	MODE_SENSE_10 = 0x5a, PERSISTENT_RESERVE_IN = 0x5e, ATA_16 = 0x85, REPORT_LUNS = 0xa0,
	ATA_12 = 0xa1, MAINTENANCE_IN = 0xa3,
};

enum {
	SAM_STAT_GOOD = 0x00, SAM_STAT_CHECK_CONDITION = 0x02, SAM_STAT_CONDITION_MET = 0x04,
	SAM_STAT_BUSY = 0x08, SAM_STAT_INTERMEDIATE = 0x10,
	SAM_STAT_INTERMEDIATE_CONDITION_MET = 0x14, SAM_STAT_COMMAND_TERMINATED = 0x22,
	SAM_STAT_RESERVATION_CONFLICT = 0x18, SAM_STAT_TASK_SET_FULL = 0x28,
};

enum {
	NO_SENSE = 0, RECOVERED_ERROR = 1, NOT_READY = 2, MEDIUM_ERROR = 3, HARDWARE_ERROR = 4,
	ILLEGAL_REQUEST = 5, UNIT_ATTENTION = 6, DATA_PROTECT = 7, BLANK_CHECK = 8,
	COPY_ABORTED = 10, ABORTED_COMMAND = 11, VOLUME_OVERFLOW = 13, MISCOMPARE = 14,
};

enum {
	DID_OK = 0x00, DID_NO_CONNECT = 0x01, DID_BUS_BUSY = 0x02, DID_TIME_OUT = 0x03,
	DID_BAD_TARGET = 0x04, DID_ABORT = 0x05, DID_ERROR = 0x07, DID_RESET = 0x08,
	DID_PASSTHROUGH = 0x0a, DID_SOFT_ERROR = 0x0b, DID_IMM_RETRY = 0x0c, DID_REQUEUE = 0x0d,
};

struct scsi_sense_hdr {
	u8 response_code, sense_key, asc, ascq;
};

/* What is there of fixed (0x70, 0x71) or descriptor (0x72, 0x73) sense data. */
static inline bool scsi_normalize_sense(const u8 *sense, int len, struct scsi_sense_hdr *h)
{
	int have;

	memset(h, 0, sizeof(*h));
	if (!sense || !len || (sense[0] & 0x70) != 0x70)
		return false;
	h->response_code = sense[0] & 0x7f;
	if (h->response_code >= 0x72) {
		h->sense_key = len > 1 ? sense[1] & 15 : 0;
		h->asc = len > 2 ? sense[2] : 0;
		h->ascq = len > 3 ? sense[3] : 0;
		return true;
	}
	h->sense_key = len > 2 ? sense[2] & 15 : 0;
	have = len > 7 && len < sense[7] + 8 ? len : len > 7 ? sense[7] + 8 : 0;
	h->asc = have > 12 ? sense[12] : 0;
	h->ascq = have > 13 ? sense[13] : 0;
	return true;
}

static inline bool scsi_sense_is_deferred(const struct scsi_sense_hdr *h)
{
	return h->response_code >= 0x70 && (h->response_code & 1);
}

#endif
