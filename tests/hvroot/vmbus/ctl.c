// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: the connection half of the control plane - contact, offers, unload,
 * pause and the table that checks each message before its handler sees it.
 * Channels and memory lists are in ctl_chan.c.
 */
#include <stdlib.h>
#include <string.h>
#include "vmbus/ctl.h"

struct ctl_held {
	struct ctl_held *next;
	size_t len;
	uint8_t msg[VMBUS_MAX_PAYLOAD];
};

void ctl_refuse(struct ctl *c, uint32_t type, const char *why)
{
	c->refusals++;
	c->ops->refused(c->ctx, type, why);
}

/* Keeps a message for the time after RESUME, in order. */
static void hold(struct ctl *c, const void *msg, size_t len)
{
	struct ctl_held *h = calloc(1, sizeof(*h)), **p = &c->held;

	if (!h)
		return;
	h->len = len;
	memcpy(h->msg, msg, len);
	while (*p)
		p = &(*p)->next;
	*p = h;
}

void ctl_send(struct ctl *c, const void *msg, size_t len)
{
	if (c->paused)
		hold(c, msg, len);
	else
		c->ops->send(c->ctx, c->target_vp, VMBUS_SINT, msg, len);
}

static void drop_held(struct ctl *c, bool send)
{
	while (c->held) {
		struct ctl_held *h = c->held;

		c->held = h->next;
		if (send)
			ctl_send(c, h->msg, h->len);
		free(h);
	}
}

static void send_bare(struct ctl *c, uint32_t type)
{
	struct msg_header h = { .type = type };

	ctl_send(c, &h, sizeof(h));
}

static bool version_known(uint32_t version)
{
	static const uint32_t known[] = {
		VMBUS_V2_4, VMBUS_V3_0, VMBUS_V4_0, VMBUS_V4_1, VMBUS_V5_0,
		VMBUS_V5_1, VMBUS_V5_2, VMBUS_V5_3, VMBUS_V6_0,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == version)
			return true;
	return false;
}

/* Answers the INITIATE_CONTACT that waited for the reset to end. */
static void answer_contact(struct ctl *c)
{
	const struct msg_contact *m = &c->contact;
	struct msg_version_response r = { .h.type = MSG_VERSION_RESPONSE };
	bool pages_ok = !m->monitor_to_guest == !m->monitor_to_host;
	size_t len = MSG_VERSION_RESPONSE_SIZE;

	c->target_vp = c->ops->vp_ok(c->ctx, m->target_vp) ? m->target_vp : 0;
	if (!pages_ok)
		ctl_refuse(c, MSG_INITIATE_CONTACT, "one monitor page without the other");
	if (pages_ok && m->version <= c->version_cap && version_known(m->version)) {
		c->version = m->version;
		c->features = m->version >= VMBUS_V6_0 ?
			m->features & c->feature_cap : 0;
		c->monitor_to_guest = m->monitor_to_guest;
		c->monitor_to_host = m->monitor_to_host;
		r.supported = 1;
		r.version_or_connection = m->version >= VMBUS_V5_0 ?
			c->message_connection : m->version;
		r.features = c->features;
		if (m->version >= VMBUS_V6_0)
			len = MSG_VERSION_RESPONSE_SIZE_6;
		c->ops->connected(c->ctx);
		c->ops->monitor_pages(c->ctx, c->monitor_to_guest, c->monitor_to_host);
	}
	ctl_send(c, &r, len);
}

/*
 * Ends a reset once no device holds a channel any more; called after each
 * step that may have been the last.
 */
void ctl_reset_step(struct ctl *c)
{
	enum ctl_after after = c->after;

	if (!c->resetting)
		return;
	for (uint32_t i = 0; i < VMBUS_RELIDS; i++)
		if (c->chan[i] && c->chan[i]->state != CHAN_CLOSED)
			return;
	for (uint32_t i = 0; i < VMBUS_RELIDS; i++)
		if (c->chan[i])
			ctl_free_chan(c->chan[i]);
	gpadl_clear(&c->gpadls);
	drop_held(c, false);
	c->paused = false;
	c->resetting = false;
	c->offers_sent = false;
	c->version = 0;
	c->features = 0;
	c->after = AFTER_NOTHING;
	c->ops->monitor_pages(c->ctx, 0, 0);
	c->ops->disconnected(c->ctx);
	if (after == AFTER_UNLOAD)
		send_bare(c, MSG_UNLOAD_RESPONSE);
	else if (after == AFTER_CONTACT)
		answer_contact(c);
}

static void reset_begin(struct ctl *c, enum ctl_after after)
{
	c->after = after;
	if (!c->resetting) {
		c->resetting = true;
		for (uint32_t i = 0; i < VMBUS_RELIDS; i++) {
			struct ctl_chan *ch = c->chan[i];

			if (!ch)
				continue;
			ch->reopen = false;
			if (ch->state == CHAN_OPENING)
				ctl_closed(ch);
			if (!c->chan[i] || ch->state != CHAN_OPEN)
				continue;
			ch->state = CHAN_CLOSING;
			c->ops->close(c->ctx, ch);
		}
	}
	ctl_reset_step(c);
}

void ctl_reset(struct ctl *c)
{
	reset_begin(c, AFTER_NOTHING);
}

/*
 * Messages can go to one SINT only, and to one trust level: whoever wants another is told
 * so there, or talks to a server that is not here (OpenVMM, initiate_contact()).
 */
static bool for_us(struct ctl *c, const struct msg_contact *m, size_t len)
{
	struct msg_version_response no = { .h.type = MSG_VERSION_RESPONSE };
	uint32_t vp = c->ops->vp_ok(c->ctx, m->target_vp) ? m->target_vp : 0;

	if (m->version < VMBUS_V5_0)
		return true;
	if (m->vtl) {
		ctl_refuse(c, MSG_INITIATE_CONTACT, "for another trust level");
		return false;
	}
	if (m->version >= VMBUS_V6_0 && m->features & VMBUS_FEAT_CLIENT_ID && len < sizeof(*m)) {
		ctl_refuse(c, MSG_INITIATE_CONTACT, "too short for a client id");
		return false;
	}
	if (m->sint == VMBUS_SINT)
		return true;
	ctl_refuse(c, MSG_INITIATE_CONTACT, "messages go to SINT 2 only");
	c->ops->send(c->ctx, vp, m->sint, &no, MSG_VERSION_RESPONSE_SIZE);
	return false;
}

static void on_contact(struct ctl *c, const void *msg, size_t len)
{
	struct msg_contact m = { 0 };

	memcpy(&m, msg, len < sizeof(m) ? len : sizeof(m));
	if (!for_us(c, &m, len))
		return;
	c->contact = m;
	reset_begin(c, AFTER_CONTACT);
}

static void on_unload(struct ctl *c, const void *msg, size_t len)
{
	reset_begin(c, AFTER_UNLOAD);
}

static void on_request_offers(struct ctl *c, const void *msg, size_t len)
{
	if (c->offers_sent) {
		ctl_refuse(c, MSG_REQUEST_OFFERS, "asked for twice");
		return;
	}
	c->offers_sent = true;
	c->ops->list_devices(c->ctx);
	send_bare(c, MSG_ALL_OFFERS_DELIVERED);
}

void ctl_offer_unasked(struct ctl *c)
{
	if (!c->version || c->resetting || c->offers_sent)
		return;
	c->offers_sent = true;
	c->ops->list_devices(c->ctx);
}

static void on_tl_connect(struct ctl *c, const void *msg, size_t len)
{
	struct msg_tl_result r = { .h.type = MSG_TL_CONNECT_RESULT };
	struct msg_tl_connect m = { 0 };

	memcpy(&m, msg, len < sizeof(m) ? len : sizeof(m));
	if (c->ops->tl_connect(c->ctx, &m.endpoint, &m.service))
		return;
	r.endpoint = m.endpoint;
	r.service = m.service;
	r.status = NTSTATUS_CONNECTION_REFUSED;
	if (c->version >= VMBUS_V4_1)
		ctl_send(c, &r, sizeof(r));
}

static void on_modify_connection(struct ctl *c, const void *msg, size_t len)
{
	struct msg_modify_connection_response r = {
		.h.type = MSG_MODIFY_CONNECTION_RESPONSE,
	};
	struct msg_modify_connection m;

	memcpy(&m, msg, sizeof(m));
	if (!m.monitor_to_guest != !m.monitor_to_host) {
		ctl_refuse(c, MSG_MODIFY_CONNECTION, "one monitor page without the other");
		r.state = 2;
	} else {
		c->monitor_to_guest = m.monitor_to_guest;
		c->monitor_to_host = m.monitor_to_host;
		c->ops->monitor_pages(c->ctx, m.monitor_to_guest, m.monitor_to_host);
	}
	ctl_send(c, &r, sizeof(r));
}

static void on_pause(struct ctl *c, const void *msg, size_t len)
{
	if (c->paused) {
		ctl_refuse(c, MSG_PAUSE, "already paused");
		return;
	}
	send_bare(c, MSG_PAUSE_RESPONSE);
	c->paused = true;
}

static void on_resume(struct ctl *c, const void *msg, size_t len)
{
	c->paused = false;
	drop_held(c, true);
}

/* What a guest may send: the least length, from which version and feature. */
static const struct {
	uint16_t min_len;
	uint32_t since;
	uint32_t feature;
	void (*fn)(struct ctl *c, const void *msg, size_t len);
} rules[MSG_COUNT] = {
	[MSG_REQUEST_OFFERS] = { 8, 0, 0, on_request_offers },
	[MSG_OPEN_CHANNEL] = { MSG_OPEN_V1_SIZE, 0, 0, ctl_on_open },
	[MSG_CLOSE_CHANNEL] = { 12, 0, 0, ctl_on_close },
	[MSG_GPADL_HEADER] = { 20, 0, 0, ctl_on_gpadl_header },
	[MSG_GPADL_BODY] = { 16, 0, 0, ctl_on_gpadl_body },
	[MSG_GPADL_TEARDOWN] = { 16, 0, 0, ctl_on_gpadl_teardown },
	[MSG_RELID_RELEASED] = { 12, 0, 0, ctl_on_relid_released },
	[MSG_INITIATE_CONTACT] = { MSG_CONTACT_SIZE, 0, 0, on_contact },
	[MSG_UNLOAD] = { 8, 0, 0, on_unload },
	[MSG_OPEN_RESERVED] = { 28, VMBUS_V4_0, 0, ctl_on_open_reserved },
	[MSG_CLOSE_RESERVED] = { 20, VMBUS_V4_0, 0, ctl_on_close_reserved },
	[MSG_TL_CONNECT_REQUEST] = { MSG_TL_CONNECT_SIZE, VMBUS_V4_0, 0, on_tl_connect },
	[MSG_MODIFY_CHANNEL] = { 16, VMBUS_V4_1, 0, ctl_on_modify_channel },
	[MSG_MODIFY_CONNECTION] = { 24, VMBUS_V6_0,
		VMBUS_FEAT_MODIFY_CONNECTION, on_modify_connection },
	[MSG_PAUSE] = { 8, VMBUS_V6_0, VMBUS_FEAT_PAUSE, on_pause },
	[MSG_RESUME] = { 8, VMBUS_V6_0, VMBUS_FEAT_PAUSE, on_resume },
};

/* Which connection id a message must come on. */
static bool right_connection(const struct ctl *c, uint32_t conn, uint32_t type,
			     const void *msg)
{
	struct msg_contact m;

	if (type == MSG_INITIATE_CONTACT) {
		memcpy(&m, msg, MSG_CONTACT_SIZE);
		return conn == (m.version >= VMBUS_V5_0 ? VMBUS_CONN_CONTACT :
				VMBUS_CONN_MESSAGE);
	}
	/* whoever gave up waiting for his version knows no other (OpenVMM takes it there) */
	if (type == MSG_UNLOAD && conn == VMBUS_CONN_CONTACT && c->version >= VMBUS_V5_0)
		return true;
	return conn == (c->version >= VMBUS_V5_0 ? c->message_connection :
			VMBUS_CONN_MESSAGE);
}

/* Why a message must not reach its handler; NULL if it may. */
static const char *objection(const struct ctl *c, uint32_t conn, uint32_t type,
			     const void *msg, size_t len)
{
	bool contact = type == MSG_INITIATE_CONTACT;

	if (type >= MSG_COUNT || !rules[type].fn)
		return "unknown type";
	if (len < rules[type].min_len)
		return "too short";
	/* a crashed or unloading guest may say goodbye more than once */
	if (!contact && type != MSG_UNLOAD && !c->version)
		return "not connected";
	if (!contact && c->resetting)
		return "connection is being reset";
	if (rules[type].since > c->version && !contact)
		return "not in this version";
	if ((rules[type].feature & c->features) != rules[type].feature)
		return "feature not negotiated";
	if (c->version || contact)
		return right_connection(c, conn, type, msg) ? NULL :
			"on the wrong connection id";
	return NULL;
}

void ctl_message(struct ctl *c, uint32_t conn, const void *msg, size_t len)
{
	struct msg_header h;
	const char *why;

	if (len < sizeof(h)) {
		ctl_refuse(c, 0, "shorter than a header");
		return;
	}
	memcpy(&h, msg, sizeof(h));
	/* Linux gives its relids back even after its UNLOAD was answered */
	if (h.type == MSG_RELID_RELEASED && !c->version)
		return;
	why = objection(c, conn, h.type, msg, len);
	if (why)
		ctl_refuse(c, h.type, why);
	else
		rules[h.type].fn(c, msg, len);
}

void ctl_init(struct ctl *c, const struct ctl_ops *ops, void *ctx)
{
	memset(c, 0, sizeof(*c));
	c->ops = ops;
	c->ctx = ctx;
	c->version_cap = VMBUS_V6_0;
	c->message_connection = 0x11;	/* guests must use what they are told */
	c->feature_cap = VMBUS_FEAT_GUEST_SIGNAL | VMBUS_FEAT_MODIFY_CONNECTION |
			 VMBUS_FEAT_CLIENT_ID | VMBUS_FEAT_PAUSE;
}

/* Only for channels that no device uses any more. */
void ctl_fini(struct ctl *c)
{
	for (uint32_t i = 0; i < VMBUS_RELIDS; i++)
		free(c->chan[i]);
	gpadl_clear(&c->gpadls);
	drop_held(c, false);
	memset(c, 0, sizeof(*c));
}
