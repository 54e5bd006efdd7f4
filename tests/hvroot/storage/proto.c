// SPDX-License-Identifier: GPL-2.0-only
/*
 * The storage packets: handshake with its order, answers, resets, events and
 * sub-channels. SCSI commands go to io.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "loop/log.h"
#include "storage/stor.h"

static const char *const op_names[] = {
	[STOR_COMPLETE_IO] = "COMPLETE_IO",
	[STOR_REMOVE_DEVICE] = "REMOVE_DEVICE",
	[STOR_EXECUTE_SRB] = "EXECUTE_SRB",
	[STOR_RESET_LUN] = "RESET_LUN",
	[STOR_RESET_ADAPTER] = "RESET_ADAPTER",
	[STOR_RESET_BUS] = "RESET_BUS",
	[STOR_BEGIN_INIT] = "BEGIN_INITIALIZATION",
	[STOR_END_INIT] = "END_INITIALIZATION",
	[STOR_QUERY_VERSION] = "QUERY_PROTOCOL_VERSION",
	[STOR_QUERY_PROPERTIES] = "QUERY_PROPERTIES",
	[STOR_ENUMERATE_BUS] = "ENUMERATE_BUS",
	[STOR_FC_HBA_DATA] = "FC_HBA_DATA",
	[STOR_CREATE_SUBS] = "CREATE_SUB_CHANNELS",
	[STOR_EVENT] = "EVENT_NOTIFICATION",
};

static const char *op_name(uint32_t op)
{
	return op < sizeof(op_names) / sizeof(op_names[0]) && op_names[op] ?
		op_names[op] : "UNKNOWN";
}

static struct stor_ctl *controller(struct vsp_chan *ch)
{
	return ch->dev->priv;
}

static size_t packet_size(const struct stor_ctl *sc)
{
	return sc->version && sc->version < STOR_V5_1 ? STOR_PACKET_OLD : STOR_PACKET;
}

static void finish_resets(struct stor_ctl *sc)
{
	while (sc->resets && !sc->active) {
		struct stor_req *r = sc->resets;

		sc->resets = r->next;
		r->next = NULL;
		stor_answer(r, NTSTATUS_OK);
	}
}

void stor_req_free(struct stor_req *r)
{
	struct vsp_chan *ch = r->ch;
	struct stor_chan *c = ch->priv;
	struct stor_ctl *sc = r->sc;

	if (r->p.op == STOR_EXECUTE_SRB)
		sc->active--;
	if (r->lun)
		stor_lun_put(r->lun);
	free(r->iov);
	free(r->buffer);
	free(r);
	c->requests--;
	if (ch->closing && !c->requests) {
		free(c);
		vsp_closed(ch);
	}
	finish_resets(sc);
}

static void trace_answer(const struct stor_req *r, const struct stor_packet *p)
{
	if (r->p.op == STOR_EXECUTE_SRB)
		trace("COMPLETE_IO", "%s relid=%u id=%#llx op=%#x lun=%u srb=%#x scsi=%#x status=%#x bytes=%u",
		      r->sc->dev.name, r->ch->ctl->offer.relid,
		      (unsigned long long)r->id, r->cdb[0],
		      p->srb.lun, p->srb.srb_status, p->srb.scsi_status,
		      p->status, p->srb.data_len);
	else
		trace("COMPLETE_IO", "%s relid=%u id=%#llx of=%s status=%#x",
		      r->sc->dev.name, r->ch->ctl->offer.relid,
		      (unsigned long long)r->id, op_name(r->p.op), p->status);
}

void stor_answer(struct stor_req *r, uint32_t status)
{
	struct stor_packet p = r->p;
	size_t len = r->cut && r->cut < r->len ? r->cut : r->len;

	p.op = STOR_COMPLETE_IO;
	p.status = status;
	if (trace_on())
		trace_answer(r, &p);
	if (r->wants_answer)
		vsp_complete(r->ch, r->id, &p, len);
	stor_fault_extras(r, &p, len);
	stor_req_free(r);
}

void stor_event(struct stor_ctl *sc, enum stor_op op)
{
	struct vsp_chan *ch = vsp_primary(&sc->dev);
	struct stor_packet p = { .op = op };

	if (!ch || sc->state != STOR_READY || sc->version < STOR_V4_2)
		return;
	trace(op_name(op), "> %s", sc->dev.name);
	vsp_send(ch, PKT_INBAND, 0, 0, &p, packet_size(sc));
}

/* Moves on if the handshake stands at @from, else says that it does not. */
static uint32_t step(struct stor_ctl *sc, enum stor_state from, enum stor_state to)
{
	if (sc->state != from)
		return NTSTATUS_INVALID_DEVICE_STATE;
	sc->state = to;
	return NTSTATUS_OK;
}

static uint32_t on_version(struct stor_ctl *sc, const struct stor_packet *p)
{
	static const uint16_t known[] = {
		STOR_V2_0, STOR_V4_2, STOR_V5_1, STOR_V6_0, STOR_V6_2,
	};

	if (sc->state != STOR_BEGUN)
		return NTSTATUS_INVALID_DEVICE_STATE;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (known[i] != p->version.version || known[i] > sc->version_cap)
			continue;
		sc->version = known[i];
		sc->state = STOR_VERSION_KNOWN;
		return NTSTATUS_OK;
	}
	return NTSTATUS_REVISION_MISMATCH;
}

static uint32_t on_properties(struct stor_ctl *sc, struct stor_packet *p)
{
	uint32_t status = step(sc, STOR_VERSION_KNOWN, STOR_PROPERTIES_KNOWN);

	if (status)
		return status;
	memset(&p->properties, 0, sizeof(p->properties));
	p->properties.max_transfer = sc->max_transfer;
	if (sc->version >= STOR_V5_1 && sc->max_subs) {
		p->properties.max_subs = sc->max_subs;
		p->properties.flags = STOR_MULTI_CHANNEL;
	}
	return NTSTATUS_OK;
}

/*
 * World wide names of an adapter. It has two pairs: where the machine moves to, the other one
 * can log in to the fabric while this one is still in use (Microsoft's "Hyper-V Virtual Fibre
 * Channel", address sets A and B).
 */
static void fc_names(const struct stor_ctl *sc, uint8_t pair, uint8_t port[8], uint8_t node[8])
{
	static const uint8_t base[8] = { 0xC0, 0x03, 0xFF, 0x11, 0x22, 0x33, 0, 0 };

	memcpy(port, base, 8);
	memcpy(node, base, 8);
	port[6] = node[6] = sc->number;
	port[7] = pair;
	node[7] = 0xF0 | pair;
}

static uint32_t on_fc(struct stor_ctl *sc, struct stor_packet *p)
{
	if (sc->kind != STOR_FC)
		return NTSTATUS_INVALID_DEVICE_REQUEST;
	if (sc->state != STOR_PROPERTIES_KNOWN)
		return NTSTATUS_INVALID_DEVICE_STATE;
	memset(&p->fc, 0, sizeof(p->fc));
	p->fc.primary_active = !sc->fc_second;
	fc_names(sc, 1, p->fc.primary_port, p->fc.primary_node);
	fc_names(sc, 2, p->fc.secondary_port, p->fc.secondary_node);
	return NTSTATUS_OK;
}

static bool subs_unanswered(const struct stor_req *r)
{
	return r->p.op == STOR_CREATE_SUBS &&
		r->sc->dev.bus->ctl.manners.bits & MANNER_SUBS_UNANSWERED;
}

/* Legal before and after END_INITIALIZATION, once the properties are known. */
static uint32_t on_subs(struct vsp_chan *ch, const struct stor_packet *p)
{
	struct stor_ctl *sc = controller(ch);

	if (sc->state < STOR_PROPERTIES_KNOWN || ch->sub)
		return NTSTATUS_INVALID_DEVICE_STATE;
	if (!p->subs || p->subs > sc->max_subs || sc->version < STOR_V5_1)
		return NTSTATUS_INVALID_PARAMETER;
	vsp_offer_subs(&sc->dev, p->subs);
	return NTSTATUS_OK;
}

/* Sub-channels carry commands and resets; everything else is channel 0's. */
static uint32_t handshake(struct stor_req *r)
{
	struct stor_ctl *sc = r->sc;

	if (r->ch->sub)
		return NTSTATUS_INVALID_DEVICE_STATE;
	switch (r->p.op) {
	case STOR_BEGIN_INIT:
		return step(sc, STOR_OPENED, STOR_BEGUN);
	case STOR_END_INIT:
		return step(sc, STOR_PROPERTIES_KNOWN, STOR_READY);
	case STOR_QUERY_VERSION:
		return on_version(sc, &r->p);
	case STOR_QUERY_PROPERTIES:
		return on_properties(sc, &r->p);
	case STOR_FC_HBA_DATA:
		return on_fc(sc, &r->p);
	case STOR_CREATE_SUBS:
		return on_subs(r->ch, &r->p);
	default:
		return NTSTATUS_INVALID_DEVICE_REQUEST;
	}
}

/* What still waits because of a fault ends now, then the reset is answered. */
static void on_reset(struct stor_req *r)
{
	struct stor_ctl *sc = r->sc;
	struct stor_req **p = &sc->resets;

	if (sc->state != STOR_READY) {
		stor_answer(r, NTSTATUS_INVALID_DEVICE_STATE);
		return;
	}
	if (sc->dev.bus->ctl.manners.bits & MANNER_RESETS_IDLE) {
		stor_answer(r, NTSTATUS_OK);
		return;
	}
	while (*p)
		p = &(*p)->next;
	*p = r;
	stor_fault_abort(sc);
	finish_resets(sc);
}

static void run_request(struct stor_req *r)
{
	switch (r->p.op) {
	case STOR_EXECUTE_SRB:
		if (r->sc->state != STOR_READY)
			stor_answer(r, NTSTATUS_INVALID_DEVICE_STATE);
		else
			stor_execute(r);
		break;
	case STOR_RESET_LUN:
	case STOR_RESET_ADAPTER:
	case STOR_RESET_BUS:
		on_reset(r);
		break;
	default:
		if (subs_unanswered(r))
			stor_req_free(r);
		else
			stor_answer(r, handshake(r));
		break;
	}
}

static void trace_request(const struct stor_req *r)
{
	const struct stor_packet *p = &r->p;

	switch (p->op) {
	case STOR_EXECUTE_SRB:
		trace("EXECUTE_SRB", "%s relid=%u id=%#llx op=%#x lun=%u target=%u path=%u dir=%u len=%u buffer=%zu pieces=%u",
		      r->sc->dev.name, r->ch->ctl->offer.relid,
		      (unsigned long long)r->id, p->srb.cdb[0], p->srb.lun,
		      p->srb.target, p->srb.path, p->srb.direction,
		      p->srb.data_len, r->bytes, r->niov);
		break;
	case STOR_QUERY_VERSION:
		trace("QUERY_PROTOCOL_VERSION", "%s version=%u.%u", r->sc->dev.name,
		      p->version.version >> 8, p->version.version & 0xFF);
		break;
	case STOR_CREATE_SUBS:
		trace("CREATE_SUB_CHANNELS", "%s count=%u", r->sc->dev.name, p->subs);
		break;
	default:
		trace(op_name(p->op), "%s relid=%u id=%#llx op=%u", r->sc->dev.name,
		      r->ch->ctl->offer.relid, (unsigned long long)r->id, p->op);
		break;
	}
}

/* A request for a packet of sane size; NULL when out of memory. */
static struct stor_req *new_request(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct stor_req *r = malloc(sizeof(*r));

	if (!r)
		return NULL;
	memset(r, 0, offsetof(struct stor_req, cmd));
	r->sc = controller(ch);
	r->ch = ch;
	r->id = p->id;
	r->wants_answer = p->flags & PKT_COMPLETION_WANTED;
	r->len = p->len < sizeof(r->p) ? p->len : sizeof(r->p);
	memcpy(&r->p, p->body, r->len);
	memcpy(r->cdb, r->p.srb.cdb, sizeof(r->cdb));
	((struct stor_chan *)ch->priv)->requests++;
	if (r->p.op == STOR_EXECUTE_SRB)
		r->sc->active++;
	return r;
}

/*
 * What ends the conversation: a host that cannot make sense of a packet has no answer to
 * it, and none to what follows (OpenVMM's storvsp, parse_packet()).
 */
static const char *packet_fault(const struct stor_ctl *sc, const struct vsp_packet *p)
{
	uint32_t op;

	if (p->type == PKT_COMPLETION)
		return "a completion, but nothing was asked";
	if (!(p->flags & PKT_COMPLETION_WANTED))
		return "a storage request that wants no answer";
	if (p->len < (sc->version ? packet_size(sc) : STOR_PACKET_OLD))
		return "storage packet too short";
	memcpy(&op, p->body, sizeof(op));
	switch (op) {
	case STOR_FC_HBA_DATA:
	case STOR_EXECUTE_SRB:
	case STOR_RESET_LUN ... STOR_QUERY_PROPERTIES:
	case STOR_CREATE_SUBS:
		return NULL;
	default:
		return "unknown storage operation";
	}
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct stor_ctl *sc = controller(ch);
	const char *why = packet_fault(sc, p);
	struct stor_req *r;
	int pieces;

	if (why) {
		vsp_fail(ch, why);
		return;
	}
	r = new_request(ch, p);
	if (!r) {
		vsp_fail(ch, "out of memory");
		return;
	}
	pieces = vsp_pages(ch, p, &r->iov, &r->bytes);
	r->niov = pieces > 0 ? pieces : 0;
	if (trace_on())
		trace_request(r);
	if (pieces < 0 || (r->p.op == STOR_EXECUTE_SRB && r->p.srb.data_len > r->bytes)) {
		vsp_fail(ch, pieces < 0 ? "bad page range" : "more data than the page range holds");
		stor_req_free(r);
	} else if (!stor_fault_takes(r)) {
		run_request(r);
	}
}

void stor_resume(struct stor_req *r)
{
	/* a device finishes what it has, whether the channel is still open or not */
	if (r->held && r->ch->closing)
		stor_execute(r);
	else
		run_request(r);
}

static uint32_t on_open(struct vsp_chan *ch)
{
	struct stor_ctl *sc = controller(ch);
	struct stor_chan *c;

	if (ch->sub && sc->state == STOR_CLOSED)
		return NTSTATUS_INVALID_DEVICE_STATE;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NTSTATUS_UNSUCCESSFUL;
	ch->priv = c;
	if (!ch->sub) {
		sc->state = STOR_OPENED;
		sc->version = 0;
	}
	return 0;
}

static void on_close(struct vsp_chan *ch)
{
	struct stor_ctl *sc = controller(ch);
	struct stor_chan *c = ch->priv;

	if (!ch->sub) {
		sc->state = STOR_CLOSED;
		vsp_revoke_subs(&sc->dev);
	}
	/*
	 * Keep @ch while parked requests end. Those that the device does not let go of keep the
	 * ring in use: the channel is closed, and its list torn down, when they are through.
	 */
	c->requests++;
	stor_fault_drop(ch);
	for (struct stor_req **p = &sc->resets; *p;) {
		struct stor_req *r = *p;

		if (r->ch != ch) {
			p = &r->next;
			continue;
		}
		*p = r->next;
		stor_req_free(r);
		p = &sc->resets;
	}
	if (--c->requests)
		return;
	free(c);
	vsp_closed(ch);
}

const struct vsp_ops stor_ops = {
	.open = on_open,
	.close = on_close,
	.packet = on_packet,
};
