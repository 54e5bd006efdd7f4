// SPDX-License-Identifier: GPL-2.0-only
/*
 * RNDIS control messages: answers to the guest's and indications of ours.
 */
#include <string.h>
#include "loop/log.h"
#include "network/net.h"
#include "session/session.h"

#define REPLY_MAX 1024

bool net_send_on(struct nic *n, unsigned int queue, const void *msg, size_t len)
{
	struct iovec iov = { (void *)msg, len };

	if (!vsp_channel(&n->dev, queue) || !net_buf_alive(n, &n->recv))
		return false;
	net_train_flush(n, queue);	/* in order behind the frames before it */
	if (!net_train_add(n, queue, &iov, 1, true))
		return false;
	net_train_flush(n, queue);
	return true;
}

bool net_send_control(struct nic *n, const void *msg, size_t len)
{
	return net_send_on(n, 0, msg, len);
}

void net_indicate(struct nic *n, uint32_t status, const void *data, size_t len)
{
	struct {
		struct rndis_indicate h;
		uint8_t data[256];
	} WIRE m = { 0 };

	if (!n->rndis_up || len > sizeof(m.data))
		return;
	m.h.h.type = RNDIS_INDICATE;
	m.h.h.len = sizeof(m.h) + len;
	m.h.status = status;
	m.h.len = len;
	m.h.offset = sizeof(m.h) - 8;
	if (len)
		memcpy(m.data, data, len);
	trace("RNDIS_INDICATE", "%s status=%#x", n->dev.name, status);
	net_send_control(n, &m, m.h.h.len);
}

static void do_initialize(struct nic *n, uint32_t id)
{
	struct rndis_init_reply r = {
		.h = { RNDIS_INITIALIZE | RNDIS_REPLY, sizeof(r) },
		.id = id, .status = RNDIS_OK, .major = 1, .flags = 1,
		.max_packets = n->max_packets, .max_transfer = 0xEFFFFFFFu,
		.alignment = 3,
	};

	n->rndis_up = true;
	net_answer_control(n, "RNDIS_INITIALIZE", 0, &r, sizeof(r));
	if (n->vf_on && n->nvsp >= NVSP_V4)
		net_tell_vf(n);
}

/* The request's data, checked against the message; NULL if it is not inside. */
static const uint8_t *request_data(const uint8_t *msg, size_t len,
				   const struct rndis_request *q)
{
	uint64_t from = (uint64_t)q->offset + 8;

	if (!q->len)
		return msg;
	if (from < sizeof(*q) || from + q->len > len)
		return NULL;
	return msg + from;
}

static void do_query(struct nic *n, const struct rndis_request *q,
		     const uint8_t *data)
{
	struct {
		struct rndis_query_reply h;
		uint8_t data[REPLY_MAX];
	} WIRE r = { 0 };
	uint32_t status = RNDIS_BAD_DATA;
	size_t len = 0;

	if (data)
		len = net_query(n, q->oid, data, q->len, r.data, sizeof(r.data),
				&status);
	r.h.status = status;
	r.h.h.type = RNDIS_QUERY | RNDIS_REPLY;
	r.h.h.len = sizeof(r.h) + len;
	r.h.id = q->id;
	r.h.len = len;
	r.h.offset = len ? sizeof(r.h) - 8 : 0;
	trace("RNDIS_QUERY", "%s oid=%#x status=%#x len=%zu", n->dev.name,
	      q->oid, r.h.status, len);
	net_answer_control(n, "RNDIS_QUERY", q->oid, &r, r.h.h.len);
}

static void do_set(struct nic *n, const struct rndis_request *q,
		   const uint8_t *data)
{
	struct rndis_set_reply r = {
		.h = { RNDIS_SET | RNDIS_REPLY, sizeof(r) }, .id = q->id,
	};

	r.status = data ? net_set(n, q->oid, data, q->len) : RNDIS_BAD_DATA;
	trace("RNDIS_SET", "%s oid=%#x status=%#x", n->dev.name, q->oid, r.status);
	net_answer_control(n, "RNDIS_SET", q->oid, &r, sizeof(r));
	if (q->oid == OID_OFFLOAD_PARAMS && !r.status) {
		struct ndis_offload o;

		net_offload_caps(n, &o);
		net_indicate(n, RNDIS_OFFLOAD_CONFIG, &o, sizeof(o));
	}
}

static void do_halt(struct nic *n)
{
	trace("RNDIS_HALT", "%s", n->dev.name);
	n->rndis_up = false;
	n->filter = 0;
}

static void do_reset(struct nic *n)
{
	struct rndis_set_reply r = {	/* status, addressing reset */
		.h = { RNDIS_RESET | RNDIS_REPLY, sizeof(r) }, .id = RNDIS_OK, .status = 1,
	};

	trace("RNDIS_RESET", "%s", n->dev.name);
	n->filter = 0;
	net_answer_control(n, "RNDIS_RESET", 0, &r, sizeof(r));
}

static void do_keepalive(struct nic *n, uint32_t id)
{
	struct rndis_set_reply r = {
		.h = { RNDIS_KEEPALIVE | RNDIS_REPLY, sizeof(r) }, .id = id,
	};

	net_answer_control(n, "RNDIS_KEEPALIVE", 0, &r, sizeof(r));
}

void net_control(struct nic *n, const uint8_t *msg, size_t len)
{
	struct rndis_request q = { 0 };

	memcpy(&q, msg, len < sizeof(q) ? len : sizeof(q));
	n->stat.control++;
	if (session_on)		/* the request's id counts on */
		session_more_in((const uint8_t *)&q + offsetof(struct rndis_request, oid),
				sizeof(q) - offsetof(struct rndis_request, oid));
	if (len < 12 || q.h.len < 12 || q.h.len > len) {
		n->stat.control_bad++;
		trace("RNDIS_REFUSED", "%s type=%#x len=%u of %zu", n->dev.name,
		      q.h.type, q.h.len, len);
		return;
	}
	switch (q.h.type) {
	case RNDIS_INITIALIZE:
		do_initialize(n, q.id);
		break;
	case RNDIS_HALT:
		do_halt(n);
		break;
	case RNDIS_QUERY:
		do_query(n, &q, request_data(msg, q.h.len, &q));
		break;
	case RNDIS_SET:
		do_set(n, &q, request_data(msg, q.h.len, &q));
		break;
	case RNDIS_RESET:
		do_reset(n);
		break;
	case RNDIS_KEEPALIVE:
		do_keepalive(n, q.id);
		break;
	case RNDIS_KEEPALIVE | RNDIS_REPLY:
		trace("RNDIS_KEEPALIVE_REPLY", "%s id=%u status=%#x",
		      n->dev.name, q.id, q.oid);
		break;
	default:
		n->stat.control_bad++;
		trace("RNDIS_REFUSED", "%s type=%#x", n->dev.name, q.h.type);
	}
}
