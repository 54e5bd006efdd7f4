// SPDX-License-Identifier: GPL-2.0-only
/*
 * Spoils storage requests on command: another status, sense, a delay, held
 * back, never answered, answered twice or with somebody else's id.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/hex.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "storage/stor.h"
#include "vmbus/fault.h"

#define ANY		(-1)
#define LATE_MS		6000	/* later than a guest waits in the handshake */

enum stor_fault_kind {
	SF_STATUS, SF_COVER, SF_DELAY, SF_HOLD, SF_DROP, SF_DUPLICATE, SF_FORGE, SF_CUT,
};

struct stor_fault {
	struct stor_fault *next;
	int controller, lun, op, packet;	/* ANY or what must match */
	bool ide;				/* only IDE's controllers, which are numbered by themselves */
	unsigned int count;
	enum stor_fault_kind kind;
	unsigned int ms;
	unsigned int cut;
	uint64_t id;
	uint8_t srb, scsi;
	uint32_t status;
	bool has_status;
	uint8_t sense[STOR_SENSE];
	uint8_t sense_len;
};

/* Faults and parked requests are few and the server is one: kept here. */
static struct {
	struct stor_fault *list;
	struct stor_req *parked;
} faults;

static bool matches(const struct stor_fault *f, const struct stor_req *r)
{
	bool srb = r->p.op == STOR_EXECUTE_SRB;

	if (!f->count)
		return false;
	if (f->ide && r->sc->kind != STOR_IDE)
		return false;
	if (f->controller != ANY && f->controller != (int)r->sc->number)
		return false;
	if (f->packet != ANY)
		return f->packet == (int)r->p.op;
	return srb && (f->lun == ANY || f->lun == r->p.srb.lun) &&
		(f->op == ANY || f->op == r->cdb[0]);
}

static void park(struct stor_req *r)
{
	r->parked = true;
	r->next = faults.parked;
	faults.parked = r;
}

static void unpark(struct stor_req *r)
{
	struct stor_req **p = &faults.parked;

	while (*p && *p != r)
		p = &(*p)->next;
	if (*p)
		*p = r->next;
	r->next = NULL;
	r->parked = false;
	timer_cancel(r->timer);
	r->timer = NULL;
}

static void delay_over(void *ctx)
{
	struct stor_req *r = ctx;
	struct bus *b = r->sc->dev.bus;

	r->timer = NULL;
	unpark(r);
	vsp_batch_begin(b);
	stor_resume(r);
	vsp_batch_end(b);
}

static void park_for(struct stor_req *r, unsigned int ms)
{
	park(r);
	r->timer = timer_start(ms, delay_over, r);
}

void stor_fault_sense(struct stor_srb *s, const uint8_t *sense, uint8_t len)
{
	if (!len)
		return;
	memset(s->sense, 0, sizeof(s->sense));
	memcpy(s->sense, sense, len);
	s->sense_len = len;
}

/*
 * The command is carried out, then answered with these statuses: a device that
 * recovered from an error (SPC-4, sense keys: "RECOVERED ERROR: the command
 * completed successfully, with some recovery action performed").
 */
static void cover(const struct stor_fault *f, struct stor_req *r)
{
	r->cover.on = true;
	r->cover.srb = f->srb;
	r->cover.scsi = f->scsi;
	r->cover.sense_len = f->sense_len;
	memcpy(r->cover.sense, f->sense, sizeof(r->cover.sense));
	stor_resume(r);
}

/* Answers with the statuses of the command instead of doing the work. */
static void answer_with(const struct stor_fault *f, struct stor_req *r)
{
	struct stor_srb *s = &r->p.srb;

	if (r->p.op != STOR_EXECUTE_SRB) {
		stor_answer(r, f->status);
		return;
	}
	stor_fault_sense(s, f->sense, f->sense_len);
	if (!f->has_status) {
		stor_srb_done(r, f->srb, f->scsi, 0);
		return;
	}
	s->srb_status = f->srb;
	s->scsi_status = f->scsi;
	s->data_len = 0;
	stor_answer(r, f->status);
}

static void strike(struct stor_fault *f, struct stor_req *r)
{
	switch (f->kind) {
	case SF_STATUS:
		answer_with(f, r);
		break;
	case SF_COVER:
		cover(f, r);
		break;
	case SF_DELAY:
		park_for(r, f->ms);
		break;
	case SF_HOLD:
		r->held = r->p.op == STOR_EXECUTE_SRB;
		park(r);
		break;
	case SF_DROP:
		stor_req_free(r);
		break;
	case SF_DUPLICATE:
		r->duplicate = 1;
		stor_resume(r);
		break;
	case SF_FORGE:
		r->forge = true;
		r->forged_id = f->id;
		stor_resume(r);
		break;
	case SF_CUT:
		r->cut = f->cut;
		stor_resume(r);
		break;
	}
}

/* A slow host: what a guest waits for while a controller comes up. */
static bool slow(struct stor_req *r)
{
	const struct manners *m = &r->sc->dev.bus->ctl.manners;

	if (!(m->bits & MANNER_SLOW) ||
	    (r->p.op == STOR_EXECUTE_SRB && r->cdb[0] != SCSI_REPORT_LUNS))
		return false;
	trace("SLOW", "%s id=%#llx by %u ms", r->sc->dev.name, (unsigned long long)r->id, m->slow);
	park_for(r, m->slow);
	return true;
}

bool stor_fault_takes(struct stor_req *r)
{
	struct stor_fault *f = faults.list;

	while (f && !matches(f, r))
		f = f->next;
	if (!f)
		return slow(r);
	if (f->count != FAULT_FOREVER)
		f->count--;
	trace("FAULT", "storage %s id=%#llx kind=%d", r->sc->dev.name,
	      (unsigned long long)r->id, f->kind);
	strike(f, r);
	return true;
}

/* Answers beyond the proper one. */
void stor_fault_extras(struct stor_req *r, const void *packet, size_t len)
{
	for (unsigned int i = 0; i < r->duplicate; i++)
		vsp_complete(r->ch, r->id, packet, len);
	if (r->forge)
		vsp_complete(r->ch, r->forged_id, packet, len);
}

/* A parked request of @ch or @sc, or any, taken off the list; none that is held if @spare. */
static struct stor_req *next_parked(const struct vsp_chan *ch,
				    const struct stor_ctl *sc, bool spare)
{
	for (struct stor_req *r = faults.parked; r; r = r->next) {
		if ((ch && r->ch != ch) || (sc && r->sc != sc) || (spare && r->held))
			continue;
		unpark(r);
		return r;
	}
	return NULL;
}

void stor_fault_drop(struct vsp_chan *ch)
{
	bool spare = !ch->ctl->rescinded && !ch->ctl->ctl->resetting;
	struct stor_req *r;

	while ((r = next_parked(ch, NULL, spare)))
		stor_req_free(r);
}

void stor_fault_abort(struct stor_ctl *sc)
{
	struct stor_req *r;

	while ((r = next_parked(NULL, sc, false))) {
		if (r->p.op == STOR_EXECUTE_SRB)
			stor_srb_done(r, SRB_BUS_RESET, 0, 0);
		else
			stor_answer(r, NTSTATUS_UNSUCCESSFUL);
	}
}

static int match_key(struct reply *r, int argc, char **argv, const char *key,
		     int *to)
{
	unsigned long long v;

	*to = ANY;
	if (!control_arg(argc, argv, key))
		return 0;
	if (control_num(r, argc, argv, key, 0, &v))
		return -1;
	*to = v & 0x7FFFFFFF;
	return 0;
}

static int parse_status(struct reply *r, int argc, char **argv, struct stor_fault *f)
{
	const char *sense = control_arg(argc, argv, "sense");
	unsigned long long srb, scsi, status;
	long n;

	n = sense ? hex_bytes(sense, f->sense, sizeof(f->sense)) : 0;
	if (n < 0)
		return reply_error(r, "sense is at most 20 bytes in hex");
	f->sense_len = n;
	if (control_num(r, argc, argv, "srb", n ? SRB_ERROR | SRB_SENSE_VALID : SRB_ERROR, &srb) ||
	    control_num(r, argc, argv, "scsi", n ? SCSI_CHECK_CONDITION : 0, &scsi) ||
	    control_num(r, argc, argv, "status", NTSTATUS_UNSUCCESSFUL, &status))
		return -1;
	f->kind = fault_word(argc, argv, "performed") ? SF_COVER : SF_STATUS;
	f->srb = srb;
	f->scsi = scsi;
	f->status = status;
	f->has_status = control_arg(argc, argv, "status");
	return 0;
}

static int parse_number(struct reply *r, int argc, char **argv, const char *key,
			enum stor_fault_kind kind, struct stor_fault *f)
{
	unsigned long long v;

	if (control_num(r, argc, argv, key, 0, &v))
		return -1;
	f->kind = kind;
	f->ms = f->cut = v;
	f->id = v;
	return 0;
}

static int parse_kind(struct reply *r, int argc, char **argv, struct stor_fault *f)
{
	if (control_arg(argc, argv, "delay"))
		return parse_number(r, argc, argv, "delay", SF_DELAY, f);
	if (control_arg(argc, argv, "id"))
		return parse_number(r, argc, argv, "id", SF_FORGE, f);
	if (control_arg(argc, argv, "short"))
		return parse_number(r, argc, argv, "short", SF_CUT, f);
	if (fault_word(argc, argv, "late")) {
		f->kind = SF_DELAY;
		f->ms = LATE_MS;
	} else if (fault_word(argc, argv, "hold")) {
		f->kind = SF_HOLD;
	} else if (fault_word(argc, argv, "drop")) {
		f->kind = SF_DROP;
	} else if (fault_word(argc, argv, "duplicate")) {
		f->kind = SF_DUPLICATE;
	} else if (fault_word(argc, argv, "srb") || fault_word(argc, argv, "scsi") ||
		   fault_word(argc, argv, "sense") || fault_word(argc, argv, "status")) {
		return parse_status(r, argc, argv, f);
	} else {
		return reply_error(r, "fault storage: say what to do (see help)");
	}
	return 0;
}

int stor_fault_command(struct reply *r, int argc, char **argv, struct bus *b)
{
	struct stor_fault *f = calloc(1, sizeof(*f)), **p = &faults.list;

	if (!f)
		return reply_error(r, "out of memory");
	f->ide = fault_word(argc, argv, "ide");
	if (match_key(r, argc, argv, "controller", &f->controller) ||
	    match_key(r, argc, argv, "lun", &f->lun) ||
	    match_key(r, argc, argv, "op", &f->op) ||
	    match_key(r, argc, argv, "packet", &f->packet) ||
	    fault_count(r, argc, argv, &f->count) ||
	    parse_kind(r, argc, argv, f)) {
		free(f);
		return -1;
	}
	while (*p)
		p = &(*p)->next;
	*p = f;
	return 0;
}

void stor_fault_clear(struct bus *b)
{
	while (faults.list) {
		struct stor_fault *f = faults.list;

		faults.list = f->next;
		free(f);
	}
}

static int cmd_release(struct reply *r, int argc, char **argv, void *ctx)
{
	struct stor_req *q;
	struct bus *b = ctx;
	unsigned int n = 0;

	vsp_batch_begin(b);
	for (; (q = next_parked(NULL, NULL, false)); n++)
		stor_resume(q);
	vsp_batch_end(b);
	reply_printf(r, "released=%u\n", n);
	return 0;
}

void stor_fault_init(struct bus *b)
{
	control_register("release", "  carry out held and delayed storage requests now",
			 cmd_release, b);
}
