// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: what a DVD drive answers beyond the block commands - eject, media
 * events, table of contents and the drive's profile.
 */
#include <string.h>
#include "storage/scsi.h"

static void reply(struct scsi_cmd *c, size_t len, size_t room)
{
	c->data_len = len < room ? len : room;
}

/* LoEj with start: load; without: eject. */
static void start_stop(struct scsi_disk *d, struct scsi_cmd *c)
{
	if ((c->cdb[4] & 3) != 2)
		return;
	if (d->prevent_removal)
		scsi_check(c, 0x055302);
	else
		d->no_medium = true;
}

static void event_status(struct scsi_disk *d, struct scsi_cmd *c)
{
	memset(c->data, 0, 8);
	if (!(c->cdb[1] & 1)) {		/* only polling */
		scsi_check(c, SENSE_CDB);
		return;
	}
	c->data[3] = 0x10;		/* media class supported */
	if (c->cdb[4] & 0x10) {
		put16(c->data, 6);
		c->data[2] = 4;
		c->data[5] = d->no_medium ? 0 : 2;
		reply(c, 8, get16(c->cdb + 7));
	} else {
		put16(c->data, 2);
		c->data[2] = 0x80;
		reply(c, 4, get16(c->cdb + 7));
	}
}

/* One data track and the lead-out. */
static void read_toc(struct scsi_disk *d, struct scsi_cmd *c)
{
	if (d->no_medium) {
		scsi_check(c, SENSE_NOT_READY_NO_MEDIUM);
		return;
	}
	if ((c->cdb[2] & 0x0F) || c->cdb[1] & 2) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	memset(c->data, 0, 20);
	put16(c->data, 18);
	c->data[2] = c->data[3] = 1;
	c->data[5] = 0x14;
	c->data[6] = 1;
	c->data[13] = 0x14;
	c->data[14] = 0xAA;
	put32(c->data + 16, d->blocks);
	reply(c, 20, get16(c->cdb + 7));
}

static void configuration(struct scsi_disk *d, struct scsi_cmd *c)
{
	memset(c->data, 0, 16);
	put32(c->data, 12);
	put16(c->data + 6, d->no_medium ? 0 : 0x10);	/* DVD-ROM */
	c->data[10] = 0x03;
	c->data[11] = 4;
	put16(c->data + 12, 0x10);
	c->data[14] = !d->no_medium;
	reply(c, 16, get16(c->cdb + 7));
}

bool scsi_dvd(struct scsi_disk *d, struct scsi_cmd *c)
{
	switch (c->cdb[0]) {
	case 0x1B:
		start_stop(d, c);
		return true;
	case 0x1E:
		d->prevent_removal = c->cdb[4] & 1;
		return true;
	case 0x4A:
		event_status(d, c);
		return true;
	case 0x43:
		read_toc(d, c);
		return true;
	case 0x46:
		configuration(d, c);
		return true;
	case 0x9E:			/* drives know the short form alone */
		scsi_check(c, SENSE_OPCODE);
		return true;
	default:
		return false;
	}
}
