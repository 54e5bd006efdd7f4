// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults of the network device: answers that come late, never, twice or wrong.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/hex.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "network/net.h"
#include "vmbus/fault.h"

static struct net_fault *take(struct nic *n, const char *on, uint32_t oid)
{
	for (struct net_fault *f = n->faults; f; f = f->next) {
		if (!f->count || (f->on[0] && strcmp(f->on, on)) ||
		    (f->oid && f->oid != oid))
			continue;
		if (f->count != FAULT_FOREVER)
			f->count--;
		trace("FAULT", "%s %s oid=%#x kind=%d", n->dev.name, on, oid, f->kind);
		return f;
	}
	return NULL;
}

static void send_now(struct net_held *h)
{
	if (h->control)
		net_send_control(h->nic, h->data, h->len);
	else
		vsp_complete(h->ch, h->id, h->data, h->len);
}

static void unlink_held(struct net_held *h)
{
	struct net_held **p = &h->nic->held;

	while (*p != h)
		p = &(*p)->next;
	*p = h->next;
}

static void delay_over(void *ctx)
{
	struct net_held *h = ctx;

	unlink_held(h);
	send_now(h);
	free(h);
}

static void keep(struct nic *n, const struct net_held *like, unsigned int ms)
{
	struct net_held *h = malloc(sizeof(*h) + like->len), **p = &n->held;

	if (!h)
		return;
	memcpy(h, like, sizeof(*h) + like->len);
	h->next = NULL;
	while (*p)
		p = &(*p)->next;
	*p = h;
	h->timer = ms ? timer_start(ms, delay_over, h) : NULL;
}

void net_release_held(struct nic *n)
{
	struct net_held *h;

	while ((h = n->held)) {
		n->held = h->next;
		timer_cancel(h->timer);
		send_now(h);
		free(h);
	}
}

void net_fault_drop(struct nic *n, struct vsp_chan *ch)
{
	struct net_held **p = &n->held;

	while (*p) {
		struct net_held *h = *p;

		if (h->ch != ch) {
			p = &h->next;
			continue;
		}
		*p = h->next;
		timer_cancel(h->timer);
		free(h);
	}
}

void net_fault_clear(struct nic *n)
{
	while (n->faults) {
		struct net_fault *f = n->faults;

		n->faults = f->next;
		free(f);
	}
}

static void spoil(struct nic *n, struct net_fault *f, struct net_held *h)
{
	uint32_t status = f->value;
	size_t at = h->control ? 12 : 4;

	switch (f->kind) {
	case NETF_DROP:
		return;
	case NETF_DELAY:
		keep(n, h, f->value ? f->value : 1);
		return;
	case NETF_HOLD:
		keep(n, h, 0);
		return;
	case NETF_DUPLICATE:
		send_now(h);
		break;
	case NETF_STATUS:	/* where most answers have it; INIT's is last */
		if (h->len >= 16 && h->data[0] == NVSP_INIT_COMPLETE && !h->control)
			at = 12;
		if (at + 4 <= h->len)
			memcpy(h->data + at, &status, 4);
		break;
	case NETF_SHORT:
		if (f->value < h->len)
			h->len = f->value;
		break;
	case NETF_ID:
		if (h->control && h->len >= 12)
			memcpy(h->data + 8, &status, 4);
		h->id = f->value;
		break;
	case NETF_HEX:
		for (size_t i = 0; i < f->nbytes && f->offset + i < h->len; i++)
			h->data[f->offset + i] = f->bytes[i];
		break;
	}
	send_now(h);
}

static void answer(struct nic *n, const char *on, uint32_t oid,
		   const struct net_held *like, const void *body)
{
	struct net_held *h = malloc(sizeof(*h) + like->len);
	struct net_fault *f = take(n, on, oid);

	if (!h)
		return;
	*h = *like;
	if (h->len)
		memcpy(h->data, body, h->len);
	if (f)
		spoil(n, f, h);
	else
		send_now(h);
	free(h);
}

void net_answer(struct vsp_chan *ch, const char *on, uint64_t id,
		const void *body, size_t len)
{
	struct net_held h = { .nic = nic_of(ch), .ch = ch, .id = id, .len = len };

	answer(h.nic, on, 0, &h, body);
}

void net_answer_control(struct nic *n, const char *on, uint32_t oid,
			void *msg, size_t len)
{
	struct net_held h = {
		.nic = n, .ch = vsp_primary(&n->dev), .control = true, .len = len,
	};

	answer(n, on, oid, &h, msg);
}

static int parse_hex(struct reply *r, struct net_fault *f, const char *text)
{
	char *end;
	long n;

	f->offset = strtoul(text, &end, 0);
	if (*end != ':')
		return reply_error(r, "corrupt=OFFSET:HEX, for example corrupt=8:01000000");
	n = hex_bytes(end + 1, f->bytes, sizeof(f->bytes));
	if (n < 1)
		return reply_error(r, "corrupt needs an even number of hex digits");
	f->nbytes = n;
	return 0;
}

static int parse_kind(struct reply *r, int argc, char **argv, struct net_fault *f)
{
	static const struct {
		const char *word;
		int kind;
	} kinds[] = {
		{ "delay", NETF_DELAY }, { "status", NETF_STATUS },
		{ "short", NETF_SHORT }, { "id", NETF_ID },
		{ "drop", NETF_DROP }, { "hold", NETF_HOLD },
		{ "duplicate", NETF_DUPLICATE }, { "corrupt", NETF_HEX },
	};
	unsigned long long v = 0;

	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!fault_word(argc, argv, kinds[i].word))
			continue;
		f->kind = kinds[i].kind;
		if (f->kind == NETF_HEX)
			return parse_hex(r, f, control_arg(argc, argv, "corrupt"));
		if (control_arg(argc, argv, kinds[i].word) &&
		    control_num(r, argc, argv, kinds[i].word, 0, &v))
			return -1;
		f->value = v;
		return 0;
	}
	return reply_error(r, "say drop, hold, duplicate, delay=MS, status=N, short=LEN, id=N or corrupt=OFF:HEX");
}

int net_fault_command(struct reply *r, int argc, char **argv, struct nic *n)
{
	struct net_fault *f = calloc(1, sizeof(*f)), **p = &n->faults;
	const char *on = control_arg(argc, argv, "on");
	unsigned long long oid = 0;

	if (!f)
		return reply_error(r, "out of memory");
	if (on)
		strncpy(f->on, on, sizeof(f->on) - 1);
	if (control_num(r, argc, argv, "oid", 0, &oid) ||
	    parse_kind(r, argc, argv, f) || fault_count(r, argc, argv, &f->count)) {
		free(f);
		return -1;
	}
	f->oid = oid;
	while (*p)
		p = &(*p)->next;
	*p = f;
	return 0;
}
