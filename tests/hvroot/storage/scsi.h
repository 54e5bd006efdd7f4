/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * SCSI commands of a simulated disk. Pure: a command is checked and either
 * answered at once (data, status, sense) or turned into an action on the
 * backing file that the caller carries out.
 */
#ifndef HVROOT_SCSI_H
#define HVROOT_SCSI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCSI_REPORT_LUNS		0xA0

#define SCSI_GOOD			0x00
#define SCSI_CHECK_CONDITION		0x02
#define SCSI_RESERVATION_CONFLICT	0x18
#define SCSI_SENSE_BYTES		18
#define SCSI_REPLY_MAX			4096
#define SCSI_EXTENTS_MAX		64

/* key << 16 | code << 8 | qualifier */
#define SENSE_NOT_READY_NO_MEDIUM	0x023A00u
#define SENSE_MEDIUM_READ		0x031100u
#define SENSE_MEDIUM_WRITE		0x030C00u
#define SENSE_HARDWARE			0x044400u
#define SENSE_LENGTH			0x051A00u
#define SENSE_OPCODE			0x052000u
#define SENSE_LBA			0x052100u
#define SENSE_CDB			0x052400u
#define SENSE_LUN			0x052500u
#define SENSE_PARAMETER			0x052600u
#define SENSE_CAPACITY_CHANGED		0x062A09u
#define SENSE_MEDIUM_CHANGED		0x062800u
#define SENSE_WRITE_PROTECTED		0x072700u
#define SENSE_MISCOMPARE		0x0E1D00u

struct scsi_pr {		/* persistent reservations of the one nexus */
	uint32_t generation;
	bool registered;
	uint64_t key;
	uint8_t type;		/* 0: not reserved */
	bool held_by_other;	/* a key that is not ours holds it (by command) */
};

struct scsi_disk {
	uint64_t blocks;
	uint32_t block_size;
	unsigned int phys_exp;	/* physical block = block_size << phys_exp */
	bool read_only;
	bool dvd;
	bool no_medium;
	bool no_unmap;		/* thin provisioning not announced */
	bool write_cache;
	bool prevent_removal;
	uint32_t max_blocks;	/* per transfer */
	char serial[21];
	uint8_t naa[16];
	char vendor[9], product[17];
	uint32_t attention;	/* sense of a pending unit attention */
	struct scsi_pr pr;
};

enum scsi_action {
	SCSI_REPLY,		/* done: status, sense, data */
	SCSI_READ, SCSI_WRITE,	/* blocks at lba <-> the data buffer */
	SCSI_COMPARE,		/* VERIFY with bytes to compare */
	SCSI_SYNC,
	SCSI_UNMAP,		/* the extents */
	SCSI_SAME,		/* one block over and over; zeros if no block */
};

struct scsi_extent {
	uint64_t lba;
	uint64_t blocks;
};

struct scsi_cmd {
	/* in */
	const uint8_t *cdb;	/* 16 bytes */
	const uint8_t *out;	/* parameter data, scsi_parameter_bytes() of it */
	size_t out_len;
	const uint8_t *lun_map;	/* 256 bits, for REPORT LUNS */
	/* out */
	enum scsi_action action;
	uint8_t status;
	uint32_t sense;
	uint64_t lba, blocks;
	bool fua;
	bool same_zero;		/* SCSI_SAME writes zeros and may punch a hole */
	struct scsi_extent extent[SCSI_EXTENTS_MAX];
	unsigned int extents;
	size_t data_len;
	uint8_t data[SCSI_REPLY_MAX];
};

/*
 * How much of the data buffer a command needs to see before it runs: its
 * parameter list, never more than 64 KiB. 0 for commands without one.
 */
size_t scsi_parameter_bytes(const struct scsi_disk *d, const uint8_t *cdb);
/* @d NULL: the addressed unit does not exist. */
void scsi_command(struct scsi_disk *d, struct scsi_cmd *c);
/* Makes the 18 bytes of fixed-format sense data. */
void scsi_sense(uint32_t sense, uint8_t to[SCSI_SENSE_BYTES]);
/* Ends a command in error. */
void scsi_check(struct scsi_cmd *c, uint32_t sense);

/* Parts of the command set, one file each. */
void scsi_inquiry(struct scsi_disk *d, struct scsi_cmd *c);
void scsi_mode_sense(struct scsi_disk *d, struct scsi_cmd *c);
void scsi_mode_select(struct scsi_disk *d, struct scsi_cmd *c);
void scsi_pr_in(struct scsi_disk *d, struct scsi_cmd *c);
void scsi_pr_out(struct scsi_disk *d, struct scsi_cmd *c);
/* False: the reservation of someone else forbids this command. */
bool scsi_pr_allows(const struct scsi_disk *d, const uint8_t *cdb);
/* True when it was a command of removable media and has been dealt with. */
bool scsi_dvd(struct scsi_disk *d, struct scsi_cmd *c);

static inline uint16_t get16(const uint8_t *p)
{
	return p[0] << 8 | p[1];
}

static inline uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline uint64_t get64(const uint8_t *p)
{
	return (uint64_t)get32(p) << 32 | get32(p + 4);
}

static inline void put16(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
	put16(p, v >> 16);
	put16(p + 2, v);
}

static inline void put64(uint8_t *p, uint64_t v)
{
	put32(p, v >> 32);
	put32(p + 4, v);
}

#endif
