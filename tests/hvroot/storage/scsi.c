// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: block commands, capacity, REPORT LUNS and the dispatch. What a disk
 * says about itself is in scsi_pages.c, reservations in scsi_pr.c.
 */
#include <string.h>
#include "storage/scsi.h"

#define UNMAP_DESCRIPTOR 16

void scsi_check(struct scsi_cmd *c, uint32_t sense)
{
	c->action = SCSI_REPLY;
	c->status = SCSI_CHECK_CONDITION;
	c->sense = sense;
	c->data_len = 0;
}

void scsi_sense(uint32_t sense, uint8_t to[SCSI_SENSE_BYTES])
{
	memset(to, 0, SCSI_SENSE_BYTES);
	to[0] = 0x70;
	to[2] = sense >> 16;
	to[7] = SCSI_SENSE_BYTES - 8;
	to[12] = sense >> 8;
	to[13] = sense;
}

/* Where a read, write or verify starts and how long it is, by CDB size. */
static void block_range(const uint8_t *cdb, uint64_t *lba, uint64_t *blocks)
{
	switch (cdb[0] >> 5) {
	case 0:
		*lba = get32(cdb) & 0x1FFFFF;
		*blocks = cdb[4] ? cdb[4] : 256;
		break;
	case 5:
		*lba = get32(cdb + 2);
		*blocks = get32(cdb + 6);
		break;
	case 4:
		*lba = get64(cdb + 2);
		*blocks = get32(cdb + 10);
		break;
	default:
		*lba = get32(cdb + 2);
		*blocks = get16(cdb + 7);
		break;
	}
}

static bool in_range(const struct scsi_disk *d, uint64_t lba, uint64_t blocks)
{
	return lba <= d->blocks && blocks <= d->blocks - lba;
}

/* Fills lba and blocks; false and a sense when they leave the disk. */
static bool take_range(struct scsi_disk *d, struct scsi_cmd *c)
{
	block_range(c->cdb, &c->lba, &c->blocks);
	if (!in_range(d, c->lba, c->blocks)) {
		scsi_check(c, SENSE_LBA);
		return false;
	}
	return true;
}

static bool writable(struct scsi_disk *d, struct scsi_cmd *c)
{
	if (d->read_only || d->dvd)
		scsi_check(c, SENSE_WRITE_PROTECTED);
	return !d->read_only && !d->dvd;
}

static void transfer(struct scsi_disk *d, struct scsi_cmd *c, bool write)
{
	if (write && !writable(d, c))
		return;
	if (!take_range(d, c))
		return;
	if (c->blocks > d->max_blocks) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (c->cdb[0] >> 5 && c->cdb[1] & 0xE0) {	/* protection information */
		scsi_check(c, SENSE_CDB);
		return;
	}
	c->fua = c->cdb[0] >> 5 && c->cdb[1] & 0x08;
	if (!c->blocks)
		return;
	c->action = write ? SCSI_WRITE : SCSI_READ;
}

/* BYTCHK 1 compares with data; 0 only asks whether the blocks exist. */
static void verify(struct scsi_disk *d, struct scsi_cmd *c)
{
	unsigned int check = c->cdb[1] >> 1 & 3;

	if (check > 1) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (!take_range(d, c) || !check || !c->blocks)
		return;
	if (c->blocks > d->max_blocks)
		scsi_check(c, SENSE_CDB);
	else
		c->action = SCSI_COMPARE;
}

static void sync_cache(struct scsi_disk *d, struct scsi_cmd *c)
{
	uint64_t lba, blocks;

	block_range(c->cdb, &lba, &blocks);
	if (!in_range(d, lba, blocks))
		scsi_check(c, SENSE_LBA);
	else if (!d->read_only && !d->dvd)
		c->action = SCSI_SYNC;
}

static void capacity10(struct scsi_disk *d, struct scsi_cmd *c)
{
	uint64_t last = d->blocks - 1;

	put32(c->data, last > 0xFFFFFFFE ? 0xFFFFFFFF : last);
	put32(c->data + 4, d->block_size);
	c->data_len = 8;
}

static void capacity16(struct scsi_disk *d, struct scsi_cmd *c)
{
	uint32_t room = get32(c->cdb + 10);

	if ((c->cdb[1] & 0x1F) != 0x10) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	memset(c->data, 0, 32);
	put64(c->data, d->blocks - 1);
	put32(c->data + 8, d->block_size);
	c->data[13] = d->phys_exp;
	if (!d->no_unmap)
		c->data[14] = 0xC0;	/* provisioning managed, reads zeros */
	c->data_len = room < 32 ? room : 32;
}

static void unmap(struct scsi_disk *d, struct scsi_cmd *c)
{
	size_t listed, n;

	if (d->no_unmap) {
		scsi_check(c, SENSE_OPCODE);
		return;
	}
	if (!writable(d, c) || !get16(c->cdb + 7))
		return;
	if (c->cdb[1] & 1 || c->out_len < 8) {
		scsi_check(c, c->cdb[1] & 1 ? SENSE_CDB : SENSE_LENGTH);
		return;
	}
	listed = get16(c->out + 2);
	n = listed / UNMAP_DESCRIPTOR;
	if (listed + 8 > c->out_len) {
		scsi_check(c, SENSE_LENGTH);
		return;
	}
	if (n > SCSI_EXTENTS_MAX) {
		scsi_check(c, SENSE_PARAMETER);
		return;
	}
	for (size_t i = 0; i < n; i++) {
		const uint8_t *p = c->out + 8 + i * UNMAP_DESCRIPTOR;
		struct scsi_extent e = { get64(p), get32(p + 8) };

		if (!in_range(d, e.lba, e.blocks)) {
			scsi_check(c, SENSE_LBA);
			return;
		}
		if (e.blocks)
			c->extent[c->extents++] = e;
	}
	if (c->extents)
		c->action = SCSI_UNMAP;
}

static bool all_zero(const uint8_t *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (p[i])
			return false;
	return true;
}

static void write_same(struct scsi_disk *d, struct scsi_cmd *c)
{
	bool unmapping = c->cdb[1] & 0x08;
	bool nodata = c->cdb[0] == 0x93 && c->cdb[1] & 0x01;

	if (!writable(d, c) || !take_range(d, c))
		return;
	if (c->cdb[1] & 0xF6 || (unmapping && d->no_unmap)) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (!nodata && c->out_len < d->block_size) {
		scsi_check(c, SENSE_LENGTH);
		return;
	}
	if (!c->blocks)
		c->blocks = d->blocks - c->lba;
	c->same_zero = nodata || all_zero(c->out, d->block_size);
	c->extent[0] = (struct scsi_extent){ c->lba, c->blocks };
	c->extents = 1;
	c->action = unmapping && c->same_zero ? SCSI_UNMAP : SCSI_SAME;
}

static void report_luns(struct scsi_cmd *c)
{
	uint32_t room = get32(c->cdb + 6);
	size_t n = 0;

	if (c->cdb[2] > 2 || room < 16) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	memset(c->data, 0, 8);
	for (unsigned int lun = 0; c->cdb[2] != 1 && lun < 256; lun++) {
		if (!(c->lun_map[lun / 8] & 1 << lun % 8))
			continue;
		memset(c->data + 8 + 8 * n, 0, 8);
		c->data[8 + 8 * n++ + 1] = lun;
	}
	put32(c->data, 8 * n);
	c->data_len = 8 + 8 * n < room ? 8 + 8 * n : room;
}

static void request_sense(struct scsi_disk *d, struct scsi_cmd *c)
{
	size_t room = c->cdb[4];

	scsi_sense(d ? d->attention : SENSE_LUN, c->data);
	if (d)
		d->attention = 0;
	c->data_len = room < SCSI_SENSE_BYTES ? room : SCSI_SENSE_BYTES;
}

/* A unit that is not there answers only questions about itself, and has no pages. */
static void absent(struct scsi_cmd *c)
{
	if (c->cdb[0] != 0x12) {
		scsi_check(c, SENSE_LUN);
		return;
	}
	if (c->cdb[1] & 1 || c->cdb[2]) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	memset(c->data, 0, 36);
	c->data[0] = 0x7F;	/* else zeros would look like a disk */
	c->data[2] = 5;
	c->data[4] = 31;
	c->data_len = get16(c->cdb + 3) < 36 ? get16(c->cdb + 3) : 36;
}

size_t scsi_parameter_bytes(const struct scsi_disk *d, const uint8_t *cdb)
{
	switch (cdb[0]) {
	case 0x42:
		return get16(cdb + 7);
	case 0x55:
		return get16(cdb + 7);
	case 0x15:
		return cdb[4];
	case 0x5F:
		return get32(cdb + 5) > 0xFFFF ? 0xFFFF : get32(cdb + 5);
	case 0x93:
		return cdb[1] & 1 ? 0 : d->block_size;
	case 0x41:
		return d->block_size;
	default:
		return 0;
	}
}

static void block_command(struct scsi_disk *d, struct scsi_cmd *c)
{
	switch (c->cdb[0]) {
	case 0x08: case 0x28: case 0xA8: case 0x88:
		transfer(d, c, false);
		break;
	case 0x0A: case 0x2A: case 0xAA: case 0x8A:
		transfer(d, c, true);
		break;
	case 0x2F: case 0xAF: case 0x8F:
		verify(d, c);
		break;
	case 0x35: case 0x91:
		sync_cache(d, c);
		break;
	case 0x25:
		capacity10(d, c);
		break;
	case 0x9E:
		capacity16(d, c);
		break;
	case 0x42:
		unmap(d, c);
		break;
	case 0x41: case 0x93:
		write_same(d, c);
		break;
	default:
		scsi_check(c, SENSE_OPCODE);
		break;
	}
}

/* Commands that need no medium. */
static void unit_command(struct scsi_disk *d, struct scsi_cmd *c)
{
	switch (c->cdb[0]) {
	case 0x12:
		scsi_inquiry(d, c);
		return;
	case 0x03:
		request_sense(d, c);
		return;
	case 0x1A: case 0x5A:
		scsi_mode_sense(d, c);
		return;
	case 0x15: case 0x55:
		scsi_mode_select(d, c);
		return;
	case 0x5E:
		scsi_pr_in(d, c);
		return;
	case 0x5F:
		scsi_pr_out(d, c);
		return;
	}
	if (d->dvd && scsi_dvd(d, c))
		return;
	if (d->no_medium)
		scsi_check(c, SENSE_NOT_READY_NO_MEDIUM);
	else if (c->cdb[0] != 0x00 && c->cdb[0] != 0x1B)	/* ready, start/stop */
		block_command(d, c);
}

void scsi_command(struct scsi_disk *d, struct scsi_cmd *c)
{
	uint8_t op = c->cdb[0];

	c->action = SCSI_REPLY;
	c->status = SCSI_GOOD;
	c->sense = 0;
	c->data_len = 0;
	c->extents = 0;
	c->fua = false;
	c->same_zero = false;
	if (op == SCSI_REPORT_LUNS) {
		report_luns(c);
		return;
	}
	if (!d) {
		absent(c);
		return;
	}
	if (d->attention && op != 0x12 && op != 0x03) {
		scsi_check(c, d->attention);
		d->attention = 0;
		return;
	}
	if (!scsi_pr_allows(d, c->cdb)) {
		c->status = SCSI_RESERVATION_CONFLICT;
		return;
	}
	unit_command(d, c);
}
