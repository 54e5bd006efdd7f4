// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: what a simulated disk says about itself - INQUIRY with its VPD pages
 * and the mode pages.
 */
#include <stdio.h>
#include <string.h>
#include "storage/scsi.h"

static void standard(const struct scsi_disk *d, uint8_t *p)
{
	memset(p, 0, 96);
	p[0] = d->dvd ? 0x05 : 0x00;
	p[1] = d->dvd ? 0x80 : 0x00;	/* removable */
	p[2] = 0x05;			/* SPC-3 */
	p[3] = 0x02;
	p[4] = 96 - 5;
	p[7] = 0x02;			/* command queueing */
	memcpy(p + 8, d->vendor, 8);
	memcpy(p + 16, d->product, 16);
	memcpy(p + 32, "1.0 ", 4);
	put16(p + 58, 0x0460);		/* SPC-4, SBC-3 */
	put16(p + 60, d->dvd ? 0x0000 : 0x04C0);
}

static size_t page_list(const struct scsi_disk *d, uint8_t *p)
{
	static const uint8_t disk[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };
	size_t n = d->dvd ? 3 : sizeof(disk);

	memcpy(p, disk, n);
	return n;
}

static size_t identification(const struct scsi_disk *d, uint8_t *p)
{
	p[0] = 0x02;			/* ASCII, T10 vendor identification */
	p[1] = 0x01;
	p[3] = 8 + 20;
	memcpy(p + 4, d->vendor, 8);
	memcpy(p + 12, d->serial, 20);
	p += 32;
	p[0] = 0x01;			/* binary, NAA */
	p[1] = 0x03;
	p[3] = 16;
	memcpy(p + 4, d->naa, 16);
	return 32 + 20;
}

static size_t block_limits(const struct scsi_disk *d, uint8_t *p)
{
	put16(p + 2, 1u << d->phys_exp);
	put32(p + 4, d->max_blocks);
	put32(p + 8, d->max_blocks);
	if (!d->no_unmap) {
		put32(p + 16, 0xFFFFFFFF);
		put32(p + 20, SCSI_EXTENTS_MAX);
		put32(p + 24, 1u << d->phys_exp);
		put64(p + 32, 0x400000);
	}
	return 0x3C;
}

static size_t characteristics(uint8_t *p)
{
	put16(p, 1);			/* does not rotate */
	return 0x3C;
}

static size_t provisioning(const struct scsi_disk *d, uint8_t *p)
{
	if (!d->no_unmap) {
		p[1] = 0xE4;		/* UNMAP, WRITE SAME 16 and 10; reads zeros */
		p[2] = 0x02;		/* thin */
	}
	return 4;
}

/* The page's content behind its four header bytes, or -1. */
static long vpd_page(const struct scsi_disk *d, uint8_t code, uint8_t *p)
{
	switch (code) {
	case 0x00:
		return page_list(d, p);
	case 0x80:
		memcpy(p, d->serial, 20);
		return 20;
	case 0x83:
		return identification(d, p);
	}
	if (d->dvd)
		return -1;
	switch (code) {
	case 0xB0:
		return block_limits(d, p);
	case 0xB1:
		return characteristics(p);
	case 0xB2:
		return provisioning(d, p);
	}
	return -1;
}

void scsi_inquiry(struct scsi_disk *d, struct scsi_cmd *c)
{
	size_t room = get16(c->cdb + 3), len = 96;
	long page;

	memset(c->data, 0, 256);
	if (!(c->cdb[1] & 1) && !c->cdb[2]) {
		standard(d, c->data);
	} else {
		page = c->cdb[1] & 1 ? vpd_page(d, c->cdb[2], c->data + 4) : -1;
		if (page < 0) {
			scsi_check(c, SENSE_CDB);
			return;
		}
		c->data[0] = d->dvd ? 0x05 : 0x00;
		c->data[1] = c->cdb[2];
		put16(c->data + 2, page);
		len = page + 4;
	}
	c->data_len = len < room ? len : room;
}

static size_t caching_page(const struct scsi_disk *d, unsigned int control,
			   uint8_t *p)
{
	memset(p, 0, 20);
	p[0] = 0x08;
	p[1] = 18;
	if (control == 1 || d->write_cache)	/* 1 = what can be changed */
		p[2] = 0x04;
	return 20;
}

static size_t control_page(unsigned int control, uint8_t *p)
{
	memset(p, 0, 12);
	p[0] = 0x0A;
	p[1] = 10;
	if (control != 1)
		p[3] = 0x10;		/* unrestricted reordering */
	return 12;
}

void scsi_mode_sense(struct scsi_disk *d, struct scsi_cmd *c)
{
	bool ten = c->cdb[0] == 0x5A;
	unsigned int head = ten ? 8 : 4, code = c->cdb[2] & 0x3F;
	unsigned int control = c->cdb[2] >> 6;
	size_t room = ten ? get16(c->cdb + 7) : c->cdb[4], len = head;
	uint8_t specific = d->read_only || d->dvd ? 0x80 : 0;

	if (control == 3 || (code != 0x3F && code != 0x08 && code != 0x0A)) {
		scsi_check(c, control == 3 ? 0x053900 : SENSE_CDB);
		return;
	}
	memset(c->data, 0, head);
	if (code != 0x0A)
		len += caching_page(d, control, c->data + len);
	if (code != 0x08)
		len += control_page(control, c->data + len);
	if (!d->dvd)
		specific |= 0x10;	/* FUA understood */
	if (ten) {
		put16(c->data, len - 2);
		c->data[3] = specific;
	} else {
		c->data[0] = len - 1;
		c->data[2] = specific;
	}
	c->data_len = len < room ? len : room;
}

/* Only the write cache can be switched. */
void scsi_mode_select(struct scsi_disk *d, struct scsi_cmd *c)
{
	bool ten = c->cdb[0] == 0x55;
	size_t head = ten ? 8 : 4, skip;
	const uint8_t *p;

	if (!(c->cdb[1] & 0x10) || c->cdb[1] & 1) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (!c->out_len)
		return;
	skip = c->out_len < head ? head : head + (ten ? get16(c->out + 6) : c->out[3]);
	if (c->out_len < skip) {
		scsi_check(c, SENSE_LENGTH);
		return;
	}
	if (c->out_len == skip)
		return;
	p = c->out + skip;
	if (c->out_len - skip < 20 || (p[0] & 0x3F) != 0x08 || p[1] != 18)
		scsi_check(c, SENSE_PARAMETER);
	else
		d->write_cache = p[2] & 0x04;
}
