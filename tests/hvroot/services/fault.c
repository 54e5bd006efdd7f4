// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on what the integration components send: each rule belongs to one
 * service and spoils its next requests, or its next negotiation.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/hex.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "services/ic.h"
#include "vmbus/fault.h"

#define UNKNOWN_TYPE	99u
#define OVERSIZED	9000u	/* fits the ring of a Linux guest, but no request is so long */

enum kind {
	SHORT, OVERSIZE, UNTERMINATED, UNKNOWN, OPERATION, TYPE, SIZE, PIPE, CORRUPT, DUPLICATE,
	DELAY, DROP, IGNORE, KINDS,
};

static const char *const kind_names[KINDS] = {
	"short", "oversized", "unterminated", "unknown", "operation", "type", "size", "pipe",
	"corrupt", "duplicate", "delay", "drop", "ignore",
};

struct ic_fault {
	struct ic_fault *next;
	enum kind kind;
	bool on_negotiate;
	unsigned int count;
	uint32_t value;
	bool has_value;
	uint8_t bytes[256];
	size_t nbytes;
};

struct ic_held {			/* a delayed message */
	struct ic_held *next;
	struct ic *ic;
	struct ptimer *timer;
	size_t len;
	uint8_t msg[];
};

struct message {
	uint8_t bytes[IC_MESSAGE_MAX];
	size_t len;
	uint32_t pipe;
};

static struct ic_header *header(struct message *m)
{
	return (struct ic_header *)m->bytes;
}

static void delay_over(void *ctx)
{
	struct ic_held *h = ctx, **p = &h->ic->held;

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
	ic_put(h->ic, h->msg, h->len, h->len);
	free(h);
}

static void delay(struct ic *ic, const struct message *m, unsigned int ms)
{
	struct ic_held *h = calloc(1, sizeof(*h) + m->len);

	if (!h)
		return;
	h->ic = ic;
	h->len = m->len;
	memcpy(h->msg, m->bytes, m->len);
	h->next = ic->held;
	ic->held = h;
	h->timer = timer_start(ms, delay_over, h);
}

static void enlarge(struct message *m, size_t len)
{
	if (len > sizeof(m->bytes))
		len = sizeof(m->bytes);
	if (len <= m->len)
		return;
	memset(m->bytes + m->len, 'x', len - m->len);
	header(m)->size = len - sizeof(struct ic_header);
	m->len = m->pipe = len;
}

static void cut(struct message *m, size_t len)
{
	if (len < m->len)
		m->len = m->pipe = len;
	if (m->len >= sizeof(struct ic_header))
		header(m)->size = m->len - sizeof(struct ic_header);
}

/* KVP, VSS and file copy begin with an operation. */
static void set_operation(const struct ic *ic, struct message *m, uint32_t op)
{
	uint8_t *data = m->bytes + sizeof(struct ic_header);

	if (ic->service->type == IC_TYPE_FCOPY)
		memcpy(data, &op, sizeof(op));
	else
		*data = op;
}

/* Changes the message; false when it is not to be sent now. */
static bool strike(struct ic *ic, const struct ic_fault *f, struct message *m)
{
	switch (f->kind) {
	case SHORT:
		cut(m, f->has_value ? f->value : sizeof(struct ic_header) + 2);
		break;
	case OVERSIZE:
		enlarge(m, f->has_value ? f->value : OVERSIZED);
		break;
	case UNTERMINATED:
		/* an earlier fault may have cut it */
		if (ic->service->unterminate && m->len > sizeof(struct ic_header))
			ic->service->unterminate(m->bytes + sizeof(struct ic_header),
						 m->len - sizeof(struct ic_header));
		break;
	case UNKNOWN:
		header(m)->type = UNKNOWN_TYPE;
		break;
	case OPERATION:
		set_operation(ic, m, f->value);
		break;
	case TYPE:
		header(m)->type = f->value;
		break;
	case SIZE:
		header(m)->size = f->value;
		break;
	case PIPE:
		m->pipe = f->value;
		break;
	case CORRUPT:
		for (size_t i = 0; i < f->nbytes && f->value + i < m->len; i++)
			m->bytes[f->value + i] = f->bytes[i];
		break;
	case DUPLICATE:
		ic_put(ic, m->bytes, m->len, m->pipe);
		break;
	case DELAY:
		delay(ic, m, f->value);
		return false;
	case DROP:
		return false;
	case IGNORE:
	case KINDS:
		break;
	}
	return true;
}

/* Counts one strike; the rule goes after its last. */
static void used(struct ic_fault **p)
{
	struct ic_fault *f = *p;

	if (f->count == FAULT_FOREVER || --f->count)
		return;
	*p = f->next;
	free(f);
}

void ic_fault_send(struct ic *ic, const void *msg, size_t len)
{
	struct message m = { .len = len, .pipe = len };
	bool negotiate, go = true;
	struct ic_fault **p = &ic->faults;

	memcpy(m.bytes, msg, len);
	negotiate = header(&m)->type == IC_TYPE_NEGOTIATE;
	while (*p && go) {
		struct ic_fault *f = *p;

		if (f->kind == IGNORE || f->on_negotiate != negotiate) {
			p = &f->next;
			continue;
		}
		trace("FAULT", "%s %s", kind_names[f->kind], ic_name(ic));
		go = strike(ic, f, &m);
		used(p);
		if (*p == f)
			p = &f->next;
	}
	if (go)
		ic_put(ic, m.bytes, m.len, m.pipe);
}

bool ic_fault_ignores(struct ic *ic)
{
	struct ic_fault **p = &ic->faults;

	while (*p && (*p)->kind != IGNORE)
		p = &(*p)->next;
	if (!*p)
		return false;
	trace("FAULT", "ignore %s", ic_name(ic));
	used(p);
	return true;
}

void ic_fault_closed(struct ic *ic)
{
	while (ic->held) {
		struct ic_held *h = ic->held;

		ic->held = h->next;
		timer_cancel(h->timer);
		free(h);
	}
}

void ic_fault_clear(struct ic *ic)
{
	while (ic->faults) {
		struct ic_fault *f = ic->faults;

		ic->faults = f->next;
		free(f);
	}
}

static int parse_value(struct reply *r, struct ic_fault *f, const char *text)
{
	char *end;
	long n;

	f->value = strtoul(text, &end, 0);
	f->has_value = true;
	if (f->kind == CORRUPT && *end == ':') {
		n = hex_bytes(end + 1, f->bytes, sizeof(f->bytes));
		f->nbytes = n;
		if (n > 0)
			return 0;
	} else if (f->kind != CORRUPT && end != text && !*end) {
		return 0;
	}
	return reply_error(r, "%s=%s: want %s", kind_names[f->kind], text,
			   f->kind == CORRUPT ? "OFFSET:HEX" : "a number");
}

static int parse(struct reply *r, int argc, char **argv, struct ic_fault *f)
{
	const char *on = control_arg(argc, argv, "on"), *value;

	f->kind = 0;
	while (f->kind < KINDS && !fault_word(argc, argv, kind_names[f->kind]))
		f->kind++;
	if (f->kind == KINDS)
		return reply_error(r, "what should happen? " IC_FAULT_HELP);
	if (on && strcmp(on, "negotiate") && strcmp(on, "request"))
		return reply_error(r, "on=negotiate or on=request");
	f->on_negotiate = on && !strcmp(on, "negotiate");
	value = control_arg(argc, argv, kind_names[f->kind]);
	if (value && parse_value(r, f, value))
		return -1;
	if (!value && f->kind >= OPERATION && f->kind <= CORRUPT)
		return reply_error(r, "%s needs a value", kind_names[f->kind]);
	return fault_count(r, argc, argv, &f->count);
}

/* fault ic NAME KIND... */
int ic_fault_command(struct reply *r, int argc, char **argv)
{
	struct ic *ic = argc > 2 ? ic_find(argv[2]) : NULL;
	struct ic_fault *f, **p;

	if (!ic)
		return reply_error(r, "fault ic NAME ..., with a name that `ic` lists");
	f = calloc(1, sizeof(*f));
	if (!f)
		return reply_error(r, "out of memory");
	if (parse(r, argc - 2, argv + 2, f)) {
		free(f);
		return -1;
	}
	for (p = &ic->faults; *p; p = &(*p)->next)
		;
	*p = f;
	return 0;
}
