// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: persistent reservations, for the one initiator that a guest is. Keys
 * of others exist only when a command puts one there.
 */
#include <string.h>
#include "storage/scsi.h"

enum { PR_REGISTER, PR_RESERVE, PR_RELEASE, PR_CLEAR, PR_PREEMPT,
       PR_PREEMPT_ABORT, PR_REGISTER_IGNORE };

static bool type_ok(uint8_t type)
{
	return type == 1 || type == 3 || (type >= 5 && type <= 8);
}

/* Types 5 and 7: registrants only; 6 and 8: for reads too. */
bool scsi_pr_allows(const struct scsi_disk *d, const uint8_t *cdb)
{
	bool reads_stay = d->pr.type == 1 || d->pr.type == 5 || d->pr.type == 7;

	if (!d->pr.held_by_other || !d->pr.type)
		return true;
	if (d->pr.type >= 5 && d->pr.registered)
		return true;
	switch (cdb[0]) {
	case 0x28: case 0x08: case 0x88: case 0xA8: case 0x25: case 0x9E:
		return reads_stay;
	case 0x0A: case 0x2A: case 0x8A: case 0xAA: case 0x41: case 0x93:
	case 0x42: case 0x35: case 0x91: case 0x15: case 0x55:
		return false;
	default:
		return true;
	}
}

static void read_keys(struct scsi_disk *d, struct scsi_cmd *c)
{
	put32(c->data + 4, d->pr.registered ? 8 : 0);
	put64(c->data + 8, d->pr.key);
	c->data_len = d->pr.registered ? 16 : 8;
}

static void read_reservation(struct scsi_disk *d, struct scsi_cmd *c)
{
	put32(c->data + 4, d->pr.type ? 16 : 0);
	put64(c->data + 8, d->pr.held_by_other ? 0 : d->pr.key);
	c->data[21] = d->pr.type;
	c->data_len = d->pr.type ? 24 : 8;
}

static void capabilities(struct scsi_cmd *c)
{
	put32(c->data, 0);
	put16(c->data, 8);
	c->data[3] = 0x80;		/* type mask valid */
	c->data[4] = 0xEA;		/* types 1, 3, 5, 6, 7 ... */
	c->data[5] = 0x01;		/* ... and 8 */
	c->data_len = 8;
}

static void full_status(struct scsi_disk *d, struct scsi_cmd *c)
{
	put32(c->data + 4, d->pr.registered ? 24 : 0);
	put64(c->data + 8, d->pr.key);
	c->data[20] = d->pr.type && !d->pr.held_by_other;
	c->data[21] = d->pr.type;
	c->data_len = d->pr.registered ? 32 : 8;
}

void scsi_pr_in(struct scsi_disk *d, struct scsi_cmd *c)
{
	size_t room = get16(c->cdb + 7);

	memset(c->data, 0, 64);
	put32(c->data, d->pr.generation);
	switch (c->cdb[1] & 0x1F) {
	case 0:
		read_keys(d, c);
		break;
	case 1:
		read_reservation(d, c);
		break;
	case 2:
		capabilities(c);
		break;
	case 3:
		full_status(d, c);
		break;
	default:
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (c->data_len > room)
		c->data_len = room;
}

static void do_register(struct scsi_pr *pr, uint64_t key)
{
	pr->generation++;
	pr->registered = key;
	pr->key = key;
	if (!key && !pr->held_by_other)
		pr->type = 0;
}

static void reserve(struct scsi_pr *pr, struct scsi_cmd *c, uint8_t type)
{
	if (pr->type && (pr->held_by_other || pr->type != type))
		c->status = SCSI_RESERVATION_CONFLICT;
	else
		pr->type = type;
}

static void preempt(struct scsi_pr *pr, uint8_t type)
{
	pr->generation++;
	pr->held_by_other = false;
	pr->type = type;
}

void scsi_pr_out(struct scsi_disk *d, struct scsi_cmd *c)
{
	uint8_t action = c->cdb[1] & 0x1F, type = c->cdb[2] & 0x0F;
	struct scsi_pr *pr = &d->pr;
	uint64_t key, service;

	if (action > PR_REGISTER_IGNORE || c->cdb[2] & 0xF0) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (c->out_len < 24) {
		scsi_check(c, SENSE_LENGTH);
		return;
	}
	key = get64(c->out);
	service = get64(c->out + 8);
	if (action != PR_REGISTER_IGNORE && key != (pr->registered ? pr->key : 0)) {
		c->status = SCSI_RESERVATION_CONFLICT;
		return;
	}
	if (action == PR_REGISTER || action == PR_REGISTER_IGNORE) {
		do_register(pr, service);
		return;
	}
	if (!pr->registered) {
		c->status = SCSI_RESERVATION_CONFLICT;
		return;
	}
	if (action != PR_CLEAR && !type_ok(type)) {
		scsi_check(c, SENSE_CDB);
		return;
	}
	if (action == PR_RESERVE)
		reserve(pr, c, type);
	else if (action == PR_RELEASE && !pr->held_by_other)
		pr->type = 0;
	else if (action == PR_CLEAR)
		*pr = (struct scsi_pr){ .generation = pr->generation + 1 };
	else if (action == PR_PREEMPT || action == PR_PREEMPT_ABORT)
		preempt(pr, type);
}
