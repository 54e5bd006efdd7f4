// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: the channel half of the control plane - memory lists, open, close,
 * modify, rescind and the life of a relid.
 */
#include <stdlib.h>
#include <string.h>
#include "vmbus/ctl.h"

static struct ctl_chan *find(struct ctl *c, uint32_t relid)
{
	return relid < VMBUS_RELIDS ? c->chan[relid] : NULL;
}

struct ctl_chan *ctl_offer(struct ctl *c, const struct msg_offer *offer,
			   uint32_t relid, void *owner)
{
	struct ctl_chan *ch;

	if (!c->version || c->resetting || !c->offers_sent)
		return NULL;
	if (!relid)
		for (relid = 1; relid < VMBUS_RELIDS && c->chan[relid]; relid++)
			;
	if (relid >= VMBUS_RELIDS || c->chan[relid])
		return NULL;
	ch = calloc(1, sizeof(*ch));
	if (!ch)
		return NULL;
	ch->ctl = c;
	ch->owner = owner;
	ch->offer = *offer;
	ch->offer.h.type = MSG_OFFER_CHANNEL;
	ch->offer.relid = relid;
	/* opaque to the guest, and never equal to the relid */
	ch->offer.connection_id = 0x10000 | relid;
	if (c->version < VMBUS_V3_0)
		ch->offer.reserved2 = 0;
	c->chan[relid] = ch;
	c->channels++;
	ctl_send(c, &ch->offer, sizeof(ch->offer));
	return ch;
}

static void torndown(struct ctl *c, uint32_t handle)
{
	struct msg_gpadl_torndown r = {
		.h.type = MSG_GPADL_TORNDOWN, .gpadl = handle,
	};

	ctl_send(c, &r, sizeof(r));
}

/* The device let go of a list of @ch, which may be NULL; some hosts do not say it after a rescind. */
static void let_go(struct ctl *c, const struct ctl_chan *ch, uint32_t handle)
{
	if (!ch || !ch->rescinded || !(c->manners.bits & MANNER_TEARDOWNS_DROPPED))
		torndown(c, handle);
}

static void created(struct ctl *c, uint32_t relid, uint32_t handle,
		    uint32_t status)
{
	struct msg_gpadl_created r = {
		.h.type = MSG_GPADL_CREATED, .relid = relid, .gpadl = handle,
		.status = status,
	};

	ctl_send(c, &r, sizeof(r));
}

/* Takes the relid back; memory lists still on it are dropped with it. */
void ctl_free_chan(struct ctl_chan *ch)
{
	struct ctl *c = ch->ctl;
	uint32_t relid = ch->offer.relid;
	struct gpadl *g, *next;

	for (g = c->gpadls.head; g; g = next) {
		next = g->next;
		if (g->relid == relid && !g->users)
			gpadl_remove(&c->gpadls, g);
	}
	c->chan[relid] = NULL;
	c->channels--;
	c->ops->released(c->ctx, ch);
	free(ch);
}

void ctl_on_gpadl_header(struct ctl *c, const void *msg, size_t len)
{
	struct msg_gpadl_header m;
	struct gpadl *g = NULL;
	struct ctl_chan *ch;
	enum gpadl_result r;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.relid);
	if (!ch) {
		ctl_refuse(c, MSG_GPADL_HEADER, "no such channel");
		created(c, m.relid, m.gpadl, GPADL_FAILED);
		return;
	}
	if (ch->reserved_open) {	/* its lists are known to the kernel that crashed */
		ctl_refuse(c, MSG_GPADL_HEADER, "channel is open as reserved");
		created(c, m.relid, m.gpadl, GPADL_FAILED);
		return;
	}
	if (ch->rescinded) {	/* pretend: the guest is about to see RESCIND */
		ch->cut_short = m.gpadl;
		created(c, m.relid, m.gpadl,
			c->manners.bits & MANNER_LISTS_REFUSED ? GPADL_FAILED : 0);
		return;
	}
	r = gpadl_header(&c->gpadls, msg, len, &g);
	if (r == GPADL_COMPLETE)
		created(c, m.relid, m.gpadl, 0);
	if (r != GPADL_BAD)
		return;
	ctl_refuse(c, MSG_GPADL_HEADER, "bad range, handle or frame");
	created(c, m.relid, m.gpadl, GPADL_FAILED);
}

/* The guest had posted the rest of a list before it saw RESCIND. */
static bool cut_short(const struct ctl *c, uint32_t gpadl)
{
	for (unsigned int relid = 1; relid < VMBUS_RELIDS; relid++)
		if (c->chan[relid] && c->chan[relid]->rescinded &&
		    c->chan[relid]->cut_short == gpadl)
			return true;
	return false;
}

void ctl_on_gpadl_body(struct ctl *c, const void *msg, size_t len)
{
	struct msg_gpadl_body m;
	struct gpadl *g;
	uint32_t relid;

	memcpy(&m, msg, sizeof(m));
	g = gpadl_find(&c->gpadls, m.gpadl);
	relid = g ? g->relid : 0;
	switch (gpadl_body(&c->gpadls, msg, len, &g)) {
	case GPADL_COMPLETE:
		created(c, relid, m.gpadl, 0);
		break;
	case GPADL_BAD:
		ctl_refuse(c, MSG_GPADL_BODY, "bad frame");
		created(c, relid, m.gpadl, GPADL_FAILED);
		break;
	case GPADL_UNKNOWN:
		if (cut_short(c, m.gpadl))
			break;
		ctl_refuse(c, MSG_GPADL_BODY, "unknown or complete list");
		break;
	case GPADL_MORE:
		break;
	}
}

void ctl_on_gpadl_teardown(struct ctl *c, const void *msg, size_t len)
{
	struct msg_gpadl_teardown m;
	struct ctl_chan *ch;
	struct gpadl *g;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.relid);
	g = gpadl_find(&c->gpadls, m.gpadl);
	if (ch && ch->rescinded && !g && c->manners.bits & MANNER_LISTS_REFUSED)
		return;		/* refused, so there is nothing to tear down, nor to answer */
	if (ch && ch->rescinded && (!g || !g->users)) {
		if (g)
			gpadl_remove(&c->gpadls, g);
		let_go(c, ch, m.gpadl);
		return;
	}
	if (!g || g->relid != m.relid || g->have < g->frames || g->teardown) {
		ctl_refuse(c, MSG_GPADL_TEARDOWN, "no such list on this channel");
		return;
	}
	/*
	 * TORNDOWN must not come before the device let go: a ring's, when its channel is closed
	 * (OpenVMM, vmbus_channel/src/gpadl.rs: when the last view of it is dropped)
	 */
	if (g->users) {
		g->teardown = true;
		return;
	}
	gpadl_remove(&c->gpadls, g);
	torndown(c, m.gpadl);
}

static void open_result(struct ctl_chan *ch, uint32_t status)
{
	struct msg_open_result r = {
		.h.type = MSG_OPEN_RESULT, .relid = ch->offer.relid,
		.open_id = ch->open.open_id, .status = status,
	};
	struct ctl *c = ch->ctl;

	if (ch->reserved_open)
		c->ops->send(c->ctx, ch->target_vp, ch->target_sint, &r, sizeof(r));
	else
		ctl_send(c, &r, sizeof(r));
}

/* Checks the ring list of an OPEN and takes it. */
static uint32_t take_ring(struct ctl_chan *ch)
{
	const struct msg_open *m = &ch->open;
	struct ctl *c = ch->ctl;
	struct gpadl *g = gpadl_find(&c->gpadls, m->gpadl);

	if (!g || g->relid != ch->offer.relid || g->have < g->frames || g->users)
		return NTSTATUS_INVALID_PARAMETER;
	/* each ring is one control page and at least one page of data */
	if (g->offset || g->bytes % VMBUS_PAGE || m->page_offset < 2 ||
	    (uint64_t)m->page_offset + 2 > g->frames)
		return NTSTATUS_INVALID_PARAMETER;
	if (m->target_vp != VMBUS_NO_VP && !c->ops->vp_ok(c->ctx, m->target_vp))
		return NTSTATUS_INVALID_PARAMETER;
	ch->target_vp = m->target_vp;
	ch->ring = g;
	g->users++;
	return 0;
}

/* The device does not use the ring any more, or never did. */
static void give_ring(struct ctl_chan *ch)
{
	struct ctl *c = ch->ctl;
	struct gpadl *g = ch->ring;

	ch->state = CHAN_CLOSED;
	ch->ring = NULL;
	g->users--;
	if (g->teardown) {
		uint32_t handle = g->handle;

		gpadl_remove(&c->gpadls, g);
		let_go(c, ch, handle);
	}
}

static void end_open(struct ctl_chan *ch, uint32_t status)
{
	if (status)
		ctl_refuse(ch->ctl, MSG_OPEN_CHANNEL, "bad ring, processor or device state");
	open_result(ch, status);
	if (status)
		ch->reserved_open = false;
}

/* The ring is taken: the device decides. */
static void device_open(struct ctl_chan *ch)
{
	uint32_t status = ch->ctl->ops->open(ch->ctl->ctx, ch);

	if (status)
		give_ring(ch);
	else
		ch->state = CHAN_OPEN;
	end_open(ch, status);
}

static void do_open(struct ctl_chan *ch)
{
	const struct ctl *c = ch->ctl;
	uint32_t status = take_ring(ch);

	ch->reopen = false;
	if (status)
		end_open(ch, status);
	else if (c->ops->open_waits && c->ops->open_waits(c->ctx, ch))
		ch->state = CHAN_OPENING;
	else
		device_open(ch);
}

void ctl_opened(struct ctl_chan *ch)
{
	if (ch->state == CHAN_OPENING)
		device_open(ch);
}

/* Where the guest wants signals and interrupts of this channel. */
static void set_signals(struct ctl_chan *ch, size_t len)
{
	bool variant2 = ch->ctl->features &
		(VMBUS_FEAT_GUEST_SIGNAL | VMBUS_FEAT_REDIRECT);

	ch->connection_id = ch->offer.connection_id;
	ch->event_flag = ch->offer.relid;
	ch->target_sint = VMBUS_SINT;
	if (!variant2 || len < sizeof(struct msg_open))
		return;
	ch->connection_id = ch->open.connection_id;
	ch->event_flag = ch->open.event_flag;
}

static bool may_open(struct ctl_chan *ch, uint32_t type)
{
	if (ch->state == CHAN_OPEN || ch->state == CHAN_OPENING || ch->reopen) {
		ctl_refuse(ch->ctl, type, "channel is open already, or about to be");
		return false;
	}
	return true;
}

void ctl_on_open(struct ctl *c, const void *msg, size_t len)
{
	struct msg_open m = { 0 };
	struct ctl_chan *ch;

	memcpy(&m, msg, len < sizeof(m) ? len : sizeof(m));
	ch = find(c, m.relid);
	if (!ch) {
		ctl_refuse(c, MSG_OPEN_CHANNEL, "no such channel");
		return;
	}
	if (ch->rescinded || !may_open(ch, MSG_OPEN_CHANNEL))
		return;
	ch->open = m;
	set_signals(ch, len);
	if (ch->state == CHAN_CLOSING)
		ch->reopen = true;
	else
		do_open(ch);
}

void ctl_on_open_reserved(struct ctl *c, const void *msg, size_t len)
{
	struct msg_open_reserved m;
	struct ctl_chan *ch;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.channel);
	if (!ch || ch->rescinded) {
		ctl_refuse(c, MSG_OPEN_RESERVED, "no such channel");
		return;
	}
	if (!may_open(ch, MSG_OPEN_RESERVED))
		return;
	if (ch->state == CHAN_CLOSING) {
		ctl_refuse(c, MSG_OPEN_RESERVED, "channel is being closed");
		return;
	}
	memset(&ch->open, 0, sizeof(ch->open));
	ch->open.relid = m.channel;
	ch->open.gpadl = m.gpadl;
	ch->open.target_vp = m.target_vp;
	ch->open.page_offset = m.page_offset;
	set_signals(ch, 0);
	ch->target_vp = m.target_vp;
	ch->target_sint = m.target_sint;
	ch->reserved_open = true;
	do_open(ch);
}

static void begin_close(struct ctl_chan *ch)
{
	ch->state = CHAN_CLOSING;
	ch->ctl->ops->close(ch->ctl->ctx, ch);
}

void ctl_on_close(struct ctl *c, const void *msg, size_t len)
{
	struct msg_relid m;
	struct ctl_chan *ch;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.relid);
	if (!ch || (!ch->rescinded && ch->state != CHAN_OPEN)) {
		ctl_refuse(c, MSG_CLOSE_CHANNEL, "channel is not open");
		return;
	}
	if (ch->reserved_open) {
		ctl_refuse(c, MSG_CLOSE_CHANNEL, "channel is open as reserved");
		return;
	}
	if (!ch->rescinded)
		begin_close(ch);
}

static void close_reserved_response(struct ctl_chan *ch)
{
	struct msg_relid r = {
		.h.type = MSG_CLOSE_RESERVED_RESPONSE, .relid = ch->offer.relid,
	};

	ch->ctl->ops->send(ch->ctl->ctx, ch->target_vp, ch->target_sint, &r,
			   sizeof(r));
	ch->reserved_answer = false;
	ch->reserved_open = false;
}

void ctl_on_close_reserved(struct ctl *c, const void *msg, size_t len)
{
	struct msg_close_reserved m;
	struct ctl_chan *ch;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.channel);
	if (!ch || !ch->reserved_open || ch->state != CHAN_OPEN) {
		ctl_refuse(c, MSG_CLOSE_RESERVED, "channel is not open as reserved");
		return;
	}
	ch->target_vp = m.target_vp;
	ch->target_sint = m.target_sint;
	ch->reserved_answer = true;
	begin_close(ch);
}

void ctl_closed(struct ctl_chan *ch)
{
	struct ctl *c = ch->ctl;

	give_ring(ch);
	if (ch->reserved_answer)
		close_reserved_response(ch);
	if (c->resetting)
		ctl_reset_step(c);
	else if (ch->released)
		ctl_free_chan(ch);
	else if (ch->reopen)
		do_open(ch);
}

void ctl_on_modify_channel(struct ctl *c, const void *msg, size_t len)
{
	struct msg_modify_response r = { .h.type = MSG_MODIFY_CHANNEL_RESPONSE };
	struct msg_modify_channel m;
	struct ctl_chan *ch;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.relid);
	if (ch && ch->rescinded && !(c->manners.bits & MANNER_MODIFY_ANSWERED))
		return;
	if (!ch || ch->rescinded || ch->state != CHAN_OPEN) {
		/* A real host does not answer: a guest that asks after its CLOSE waits in vain. */
		if (!ch || !ch->rescinded)
			ctl_refuse(c, MSG_MODIFY_CHANNEL, "channel not open");
		r.relid = m.relid;
		r.status = NTSTATUS_UNSUCCESSFUL;
		if (c->manners.bits & MANNER_MODIFY_ANSWERED && c->version >= VMBUS_V5_3)
			ctl_send(c, &r, sizeof(r));
		return;
	}
	if (!c->ops->vp_ok(c->ctx, m.target_vp)) {
		ctl_refuse(c, MSG_MODIFY_CHANNEL, "no such processor");
		r.status = NTSTATUS_INVALID_PARAMETER;
	} else {
		ch->target_vp = m.target_vp;
		c->ops->modified(c->ctx, ch);
	}
	r.relid = m.relid;
	if (c->version >= VMBUS_V5_3)
		ctl_send(c, &r, sizeof(r));
}

void ctl_rescind(struct ctl_chan *ch)
{
	struct msg_relid r = {
		.h.type = MSG_RESCIND_CHANNEL, .relid = ch->offer.relid,
	};
	struct ctl *c = ch->ctl;
	struct gpadl *g, *next;

	if (ch->rescinded || c->resetting)
		return;
	for (g = c->gpadls.head; g; g = next) {
		next = g->next;
		if (g->relid != ch->offer.relid || g->have == g->frames)
			continue;
		created(c, g->relid, g->handle, GPADL_FAILED);
		ch->cut_short = g->handle;
		gpadl_remove(&c->gpadls, g);
	}
	ch->rescinded = true;
	ch->reopen = false;
	ctl_send(c, &r, sizeof(r));
	if (ch->state == CHAN_OPEN)
		begin_close(ch);
	else if (ch->state == CHAN_OPENING)
		ctl_closed(ch);
}

void ctl_on_relid_released(struct ctl *c, const void *msg, size_t len)
{
	struct msg_relid m;
	struct ctl_chan *ch;

	memcpy(&m, msg, sizeof(m));
	ch = find(c, m.relid);
	if (!ch || ch->released ||
	    (!ch->rescinded && (ch->state == CHAN_OPEN || ch->state == CHAN_OPENING || ch->reopen))) {
		ctl_refuse(c, MSG_RELID_RELEASED, "channel is open or does not exist");
		return;
	}
	c->releases++;
	if (ch->state == CHAN_CLOSED)
		ctl_free_chan(ch);
	else
		ch->released = true;
}
