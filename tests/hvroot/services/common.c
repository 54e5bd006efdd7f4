// SPDX-License-Identifier: GPL-2.0-only
/*
 * What all integration components share: version negotiation at each open,
 * then requests with a transaction number each, and answers matched to them.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "control/control.h"
#include "devices/classes.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "services/ic.h"

struct ic_request {
	struct ic_request *next;
	struct ic *ic;
	ic_done_fn done;
	void *ctx;
	struct ptimer *timer;
	unsigned int limit;
	uint64_t started;
	bool sent;
	uint8_t transaction;
	size_t len;
	uint8_t data[];
};

static const struct ic_service *const services[IC_SERVICES] = {
	[IC_SHUTDOWN] = &ic_shutdown, [IC_TIME] = &ic_time, [IC_HEARTBEAT] = &ic_heartbeat,
	[IC_KVP] = &ic_kvp, [IC_VSS] = &ic_vss, [IC_FCOPY] = &ic_fcopy,
};

static struct ic ics[IC_ALL];

struct ic *ic_get(enum ic_id id)
{
	return &ics[id];
}

struct ic *ic_find(const char *name)
{
	for (unsigned int i = 0; i < IC_ALL; i++)
		if (ics[i].dev && !strcmp(ic_name(&ics[i]), name))
			return &ics[i];
	return NULL;
}

const char *ic_name(const struct ic *ic)
{
	return ic->dev->name;
}

uint64_t ic_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000ull + t.tv_nsec / 1000;
}

const char *ic_not_ready(const struct ic *ic)
{
	switch (ic->state) {
	case IC_CLOSED:
		return ic->dev->plugged ? "the guest has not opened it" : "it is not offered";
	case IC_NEGOTIATING:
		return "the guest has not answered the negotiation";
	case IC_SILENT:
		return "the guest has not answered the negotiation in time, so the host does not use the service (ic negotiate asks again)";
	case IC_REFUSED:
		return "the guest knows none of the versions";
	case IC_READY:
		break;
	}
	return NULL;
}

bool ic_version_from(const struct ic *ic, unsigned int major, unsigned int minor)
{
	return ic->message.major > major ||
		(ic->message.major == major && ic->message.minor >= minor);
}

static void set_state(struct ic *ic, enum ic_state state)
{
	ic->state = state;
	ic->since = ic_now();
	ic_waiters(ic);
}

/* ---- to the guest ---- */

static void trace_sent(const struct ic *ic, const struct ic_header *h, const uint8_t *data,
		       size_t len)
{
	char name[32], text[512] = "";

	if (!trace_on())
		return;
	snprintf(name, sizeof(name), "IC_%s", ic_type_name(h->type));
	if (h->type == ic->service->type)
		ic->service->describe(ic, data, len, false, text, sizeof(text));
	trace(name, "> transaction=%u version=%u.%u %s", h->transaction,
	      h->message.major, h->message.minor, text);
}

void ic_put(struct ic *ic, const void *msg, size_t len, uint32_t pipe)
{
	struct {
		struct pipe_header h;
		uint8_t msg[PIPE_MAX];
	} packet = { .h = { .type = PIPE_DATA, .size = pipe } };

	if (!ic->ch || len > sizeof(packet.msg))
		return;
	memcpy(packet.msg, msg, len);
	vsp_send(ic->ch, PKT_INBAND, 0, 0, &packet, sizeof(packet.h) + len);
}

void ic_send_raw(struct ic *ic, const void *msg, size_t len)
{
	struct ic_header h = { 0 };

	memcpy(&h, msg, len < sizeof(h) ? len : sizeof(h));
	trace("IC_RAW", "> %s type=%u flags=%u transaction=%u size=%u len=%zu", ic_name(ic),
	      h.type, h.flags, h.transaction, h.size, len);
	ic_put(ic, msg, len, len);
}

static void send_message(struct ic *ic, const struct ic_header *h, const void *data, size_t len)
{
	uint8_t msg[IC_MESSAGE_MAX];

	memcpy(msg, h, sizeof(*h));
	memcpy(msg + sizeof(*h), data, len);
	trace_sent(ic, h, data, len);
	ic_fault_send(ic, msg, sizeof(*h) + len);
}

static void stop_clock(struct ic *ic)
{
	timer_cancel(ic->silence);
	ic->silence = NULL;
}

static void on_silence(void *ctx)
{
	struct ic *ic = ctx;

	ic->silence = NULL;
	ic->stat.timeouts++;
	trace("IC_TIMEOUT", "%s negotiation", ic_name(ic));
	set_state(ic, IC_SILENT);
}

void ic_negotiate(struct ic *ic, int frameworks, int messages, unsigned int limit)
{
	struct ic_header h = {
		.framework = { 1, 0 }, .type = IC_TYPE_NEGOTIATE, .message = { 1, 0 },
		.flags = IC_FLAG_TRANSACTION | IC_FLAG_REQUEST,
	};
	struct ic_negotiate m;
	char fw[64], msg[64];

	if (!ic->ch)
		return;
	h.size = ic_negotiate_put(&m, &ic->frameworks, &ic->messages,
				  frameworks < 0 ? (int)ic->frameworks.n : frameworks,
				  messages < 0 ? (int)ic->messages.n : messages);
	stop_clock(ic);
	ic->silence = timer_start(limit, on_silence, ic);
	set_state(ic, IC_NEGOTIATING);
	trace("IC_NEGOTIATE", "> %s frameworks=%u (%s) messages=%u (%s)", ic_name(ic),
	      m.frameworks, ic_versions_text(&ic->frameworks, fw, sizeof(fw)), m.messages,
	      ic_versions_text(&ic->messages, msg, sizeof(msg)));
	send_message(ic, &h, &m, h.size);
}

/* ---- requests ---- */

static void unlink_request(struct ic_request *q)
{
	struct ic_request **p = &q->ic->queue;

	while (*p != q)
		p = &(*p)->next;
	*p = q->next;
}

static void finish(struct ic_request *q, const struct ic_answer *a)
{
	unlink_request(q);
	timer_cancel(q->timer);
	q->done(q->ctx, a);
	free(q);
}

static uint8_t next_transaction(struct ic *ic)
{
	const struct ic_request *q = NULL;

	do {
		if (!++ic->transaction)		/* 0 is the negotiation's */
			ic->transaction++;
		for (q = ic->queue; q; q = q->next)
			if (q->sent && q->transaction == ic->transaction)
				break;
	} while (q);
	return ic->transaction;
}

static void start(struct ic *ic);

static void on_limit(void *ctx)
{
	struct ic_request *q = ctx;
	struct ic *ic = q->ic;
	struct ic_answer a = { .how = IC_TIMED_OUT, .micros = ic_now() - q->started };

	q->timer = NULL;
	ic->stat.timeouts++;
	trace("IC_TIMEOUT", "%s transaction=%u after %u ms", ic_name(ic), q->transaction,
	      q->limit);
	finish(q, &a);
	start(ic);
}

static void send_request(struct ic_request *q)
{
	struct ic *ic = q->ic;
	struct ic_header h = {
		.framework = ic->framework, .type = ic->service->type, .message = ic->message,
		.size = q->len, .flags = IC_FLAG_TRANSACTION | IC_FLAG_REQUEST,
	};

	h.transaction = q->transaction = next_transaction(ic);
	q->sent = true;
	q->started = ic_now();
	q->timer = timer_start(q->limit, on_limit, q);
	ic->stat.sent++;
	send_message(ic, &h, q->data, q->len);
}

bool ic_tell(struct ic *ic, const void *data, size_t len)
{
	struct ic_header h = {
		.framework = ic->framework, .type = ic->service->type, .message = ic->message,
		.size = len,
	};

	if (ic_not_ready(ic))
		return false;
	send_message(ic, &h, data, len);
	return true;
}

/* Lets as many of the queue go as the service allows. */
static void start(struct ic *ic)
{
	unsigned int under_way = 0;

	if (ic->state != IC_READY)
		return;
	for (struct ic_request *q = ic->queue; q && under_way < ic->service->depth; q = q->next) {
		if (!q->sent)
			send_request(q);
		under_way++;
	}
}

bool ic_request(struct ic *ic, const void *data, size_t len, unsigned int limit,
		ic_done_fn done, void *ctx)
{
	struct ic_request *q, **p = &ic->queue;

	if (ic_not_ready(ic) || len > IC_DATA_MAX)
		return false;
	q = calloc(1, sizeof(*q) + len);
	if (!q)
		return false;
	q->ic = ic;
	q->done = done;
	q->ctx = ctx;
	q->limit = limit;
	q->len = len;
	memcpy(q->data, data, len);
	while (*p)
		p = &(*p)->next;
	*p = q;
	start(ic);
	return true;
}

bool ic_take_back(struct ic *ic, const void *ctx)
{
	struct ic_request *q = ic->queue;

	while (q && (q->sent || q->ctx != ctx))
		q = q->next;
	if (!q)
		return false;
	unlink_request(q);
	free(q);
	return true;
}

static void drop_requests(struct ic *ic)
{
	struct ic_answer a = { .how = IC_GONE };

	while (ic->queue)
		finish(ic->queue, &a);
}

/* ---- from the guest ---- */

static void on_negotiated(struct ic *ic, const struct vsp_packet *p, const uint8_t *data, size_t len)
{
	struct ic_version agreed[2] = { { 0, 0 }, { 0, 0 } };
	const char *why;
	enum ic_agreed result;

	if (ic->state == IC_SILENT) {
		ic->stat.late++;
		vsp_reject(ic->ch, p, "the negotiation was given up");
		return;
	}
	if (ic->state != IC_NEGOTIATING) {
		ic->stat.bad++;
		vsp_reject(ic->ch, p, "no negotiation is under way");
		return;
	}
	result = ic_negotiate_get(data, len, &ic->frameworks, &ic->messages, agreed, &why);
	trace("IC_NEGOTIATE", "< %s framework=%u.%u message=%u.%u%s", ic_name(ic),
	      agreed[0].major, agreed[0].minor, agreed[1].major, agreed[1].minor,
	      result == IC_NO_MATCH ? " (no match)" : "");
	if (result == IC_NONSENSE) {
		ic->stat.bad++;
		vsp_reject(ic->ch, p, why);
		return;
	}
	ic->framework = agreed[0];
	ic->message = agreed[1];
	ic->stat.negotiated++;
	stop_clock(ic);
	set_state(ic, result == IC_AGREED ? IC_READY : IC_REFUSED);
	if (result != IC_AGREED)
		return;
	if (ic->service->ready && !ic->second)
		ic->service->ready(ic);
	start(ic);
}

static struct ic_request *find_request(struct ic *ic, uint8_t transaction)
{
	struct ic_request *q = ic->queue;

	while (q && !(q->sent && q->transaction == transaction))
		q = q->next;
	return q;
}

static void trace_answer(const struct ic *ic, const struct ic_header *h,
			 const struct ic_answer *a)
{
	char name[32], text[512] = "";

	if (!trace_on())
		return;
	snprintf(name, sizeof(name), "IC_%s", ic_type_name(h->type));
	ic->service->describe(ic, a->data, a->len, true, text, sizeof(text));
	trace(name, "< transaction=%u status=%#x (%s) us=%llu %s", h->transaction, h->status,
	      ic_status_name(h->status), (unsigned long long)a->micros, text);
}

static void on_answer(struct ic *ic, const struct vsp_packet *p, const uint8_t *msg, size_t len)
{
	struct ic_request *q;
	struct ic_header h;
	struct ic_answer a = { .how = IC_ANSWERED };
	const char *why = ic_answer_check(msg, len, ic->service->type, &h);

	if (why) {
		ic->stat.bad++;
		vsp_reject(ic->ch, p, why);
		return;
	}
	q = find_request(ic, h.transaction);
	if (!q) {
		ic->stat.late++;
		vsp_reject(ic->ch, p, "an answer that nobody waits for");
		return;
	}
	a.status = h.status;
	a.micros = ic_now() - q->started;
	a.data = msg + sizeof(h);
	a.len = h.size;
	trace_answer(ic, &h, &a);
	if (ic_fault_ignores(ic))
		return;
	ic->stat.answered++;
	ic->stat.failed += h.status != IC_OK;
	finish(q, &a);
	start(ic);
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct ic *ic = ch->dev->priv;
	struct ic_header h;
	size_t len;
	const uint8_t *msg = pipe_take(ch, p, &len);

	if (!msg) {
		ic->stat.bad++;
		return;
	}
	if (ic_answer_check(msg, len, IC_TYPE_NEGOTIATE, &h))
		on_answer(ic, p, msg, len);
	else
		on_negotiated(ic, p, msg + sizeof(h), len - sizeof(h));
}

/* ---- life ---- */

static uint32_t on_open(struct vsp_chan *ch)
{
	struct ic *ic = ch->dev->priv;

	ic->ch = ch;
	ic->transaction = 0;
	ic_negotiate(ic, -1, -1, IC_NEGOTIATION_MS);
	return 0;
}

static void on_close(struct vsp_chan *ch)
{
	struct ic *ic = ch->dev->priv;

	ic->ch = NULL;
	stop_clock(ic);
	set_state(ic, IC_CLOSED);
	ic_fault_closed(ic);
	drop_requests(ic);
	if (ic->service->closed && !ic->second)
		ic->service->closed(ic);
	vsp_closed(ch);
}

const struct vsp_ops ic_ops = { .open = on_open, .close = on_close, .packet = on_packet };

static void set_up(struct ic *ic, const struct ic_service *s, struct vsp_dev *dev)
{
	ic->service = s;
	ic->dev = dev;
	dev->priv = ic;
	ic->since = ic_now();
	ic_versions_parse("1.0+3.0", 7, &ic->frameworks);
	ic_versions_parse(s->messages, strlen(s->messages), &ic->messages);
}

bool ic_second(const struct ic *first)
{
	struct ic *ic = &ics[first - ics + IC_SERVICES];
	const struct vsp_dev *like = first->dev;
	struct vsp_dev *d = ic->dev ? ic->dev : calloc(1, sizeof(*d));

	if (!d)
		return false;
	if (!ic->dev) {
		snprintf(d->name, sizeof(d->name), "%.*s2", (int)sizeof(d->name) - 2, like->name);
		d->type = like->type;
		d->instance = like->instance;
		d->instance.b[15] ^= 0xFF;
		d->ops = like->ops;
		d->flags = like->flags;
		memcpy(d->user, like->user, sizeof(d->user));
		ic->second = true;
		set_up(ic, first->service, d);
		vsp_register(like->bus, d);
	}
	vsp_plug(d);
	return true;
}

int ic_init(struct bus *b)
{
	for (unsigned int i = 0; i < IC_SERVICES; i++)
		set_up(&ics[i], services[i], vsp_find(b, services[i]->name));
	if (ic_options(b->opt))
		return -1;
	ic_cmd_init(b);
	return 0;
}

void ic_exit(struct bus *b)
{
	for (unsigned int i = 0; i < IC_ALL; i++) {
		ic_fault_clear(&ics[i]);
		stop_clock(&ics[i]);
		ic_wait_exit(&ics[i]);
		ics[i] = (struct ic){ 0 };
	}
}
