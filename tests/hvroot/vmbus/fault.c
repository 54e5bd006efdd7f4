// SPDX-License-Identifier: GPL-2.0-only
/*
 * Faults on control messages to the guest: each rule names a message and
 * delays, drops, doubles, corrupts or cuts the next ones of that name.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "control/control.h"
#include "control/hex.h"
#include "hostile/hostile.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/hcall.h"
#include "machine/synic.h"
#include "services/ic.h"
#include "session/session.h"
#include "vmbus/bus.h"
#include "vmbus/delay.h"
#include "vmbus/fault.h"

enum fault_kind { FAULT_DELAY, FAULT_DROP, FAULT_DUPLICATE, FAULT_CORRUPT, FAULT_TRUNCATE };

struct rule {
	struct rule *next;
	uint32_t type;
	enum fault_kind kind;
	unsigned int count;
	unsigned int value;	/* ms, offset or length */
	uint8_t bytes[VMBUS_MAX_PAYLOAD];
	size_t nbytes;
};

struct delayed {
	struct delay delay;	/* first */
	uint32_t vp, sint;
	size_t len;
	uint8_t msg[VMBUS_MAX_PAYLOAD];
};

struct fault {
	struct rule *rules;
	struct delays delays;
	struct ptimer *timer;	/* for the first of them */
};

long hex_bytes(const char *text, uint8_t *to, size_t cap)
{
	size_t n = 0;

	for (; text[0]; text += 2) {
		char pair[3] = { text[0], text[1], 0 };

		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]) || n == cap)
			return -1;
		to[n++] = strtoul(pair, NULL, 16);
	}
	return n;
}

bool fault_word(int argc, char **argv, const char *word)
{
	size_t len = strlen(word);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], word, len) &&
		    (!argv[i][len] || argv[i][len] == '='))
			return true;
	return false;
}

int fault_count(struct reply *r, int argc, char **argv, unsigned int *count)
{
	const char *text = control_arg(argc, argv, "count");
	unsigned long long n;

	*count = FAULT_FOREVER;
	if (text && !strcmp(text, "all"))
		return 0;
	if (control_num(r, argc, argv, "count", 1, &n))
		return -1;
	*count = n;
	return 0;
}

static void post(struct bus *b, uint32_t vp, uint32_t sint, const void *msg,
		 size_t len)
{
	trace_message(">", msg, len);
	if (synic_post(b->vm, vp, sint, VMBUS_MESSAGE_TYPE, msg, len))
		log_err("cannot post a message of %zu bytes to processor %u", len, vp);
}

/* A message that is not sent would be a fault of ours that looks like one of the guest's. */
static void out_of_memory(void)
{
	log_err("out of memory");
	_exit(1);
}

static void delay_over(void *ctx);

static void wait_for_first(struct bus *b)
{
	struct fault *f = b->faults;
	int64_t ms = delay_next(&f->delays, poll_now());

	timer_cancel(f->timer);
	f->timer = NULL;
	if (ms < 0)
		return;
	f->timer = timer_start(ms, delay_over, b);
	if (!f->timer)
		out_of_memory();
}

static void delay_over(void *ctx)
{
	struct bus *b = ctx;
	struct delay *first;

	b->faults->timer = NULL;
	while ((first = delay_pop(&b->faults->delays, poll_now()))) {
		struct delayed *d = (struct delayed *)first;

		post(b, d->vp, d->sint, d->msg, d->len);
		free(d);
	}
	wait_for_first(b);
}

static void delay(struct bus *b, unsigned int ms, uint32_t order, uint32_t vp, uint32_t sint,
		  const void *msg, size_t len)
{
	struct delayed *d = calloc(1, sizeof(*d));

	if (!d)
		out_of_memory();
	d->vp = vp;
	d->sint = sint;
	d->len = len;
	memcpy(d->msg, msg, len);
	delay_add(&b->faults->delays, &d->delay, poll_now(), ms, order);
	wait_for_first(b);
}

/* A host that is slow, or was, does not say anything before what it had to say already. */
static void say(struct bus *b, uint32_t vp, uint32_t sint, const void *msg, size_t len)
{
	bool slow = b->ctl.manners.bits & MANNER_SLOW;

	if (slow || delay_waits(&b->faults->delays, DELAY_ALL))
		delay(b, slow ? b->ctl.manners.slow : 0, DELAY_ALL, vp, sint, msg, len);
	else
		post(b, vp, sint, msg, len);
}

/* The rule for this message, counted down; removed by the caller when spent. */
static struct rule *take_rule(struct bus *b, uint32_t type)
{
	for (struct rule *r = b->faults->rules; r; r = r->next) {
		if (r->type != type || !r->count)
			continue;
		if (r->count != FAULT_FOREVER)
			r->count--;
		return r;
	}
	return NULL;
}

static void strike(struct bus *b, const struct rule *f, uint32_t vp,
		   uint32_t sint, const void *msg, size_t len)
{
	uint8_t copy[VMBUS_MAX_PAYLOAD];

	memcpy(copy, msg, len);
	switch (f->kind) {
	case FAULT_DROP:
		trace("FAULT", "drop %s", message_name(f->type));
		break;
	case FAULT_DELAY:
		trace("FAULT", "delay %s by %u ms", message_name(f->type), f->value);
		delay(b, f->value, f->type, vp, sint, msg, len);
		break;
	case FAULT_DUPLICATE:
		trace("FAULT", "duplicate %s", message_name(f->type));
		say(b, vp, sint, msg, len);
		say(b, vp, sint, msg, len);
		break;
	case FAULT_CORRUPT:
		trace("FAULT", "corrupt %s at %u", message_name(f->type), f->value);
		for (size_t i = 0; i < f->nbytes && f->value + i < len; i++)
			copy[f->value + i] = f->bytes[i];
		say(b, vp, sint, copy, len);
		break;
	case FAULT_TRUNCATE:
		trace("FAULT", "truncate %s to %u", message_name(f->type), f->value);
		say(b, vp, sint, copy, f->value < len ? f->value : len);
		break;
	}
}

void fault_send(struct bus *b, uint32_t vp, uint32_t sint, const void *msg,
		size_t len)
{
	struct rule *f;
	uint32_t type;

	if (session_on)
		msg = session_message(msg, &len);
	memcpy(&type, msg, sizeof(type));
	f = take_rule(b, type);
	if (hostile_on && hostile_message(b, vp, sint, msg, len))
		return;
	if (f)
		strike(b, f, vp, sint, msg, len);
	else
		say(b, vp, sint, msg, len);
}

void fault_forget_delayed(struct bus *b)
{
	struct delay *d;

	timer_cancel(b->early_timer);
	b->early_timer = NULL;
	timer_cancel(b->faults->timer);
	b->faults->timer = NULL;
	while ((d = delay_pop(&b->faults->delays, INT64_MAX)))
		free(d);
}

static void clear_rules(struct bus *b)
{
	while (b->faults->rules) {
		struct rule *f = b->faults->rules;

		b->faults->rules = f->next;
		free(f);
	}
}

static int parse_corrupt(struct reply *r, struct rule *f, const char *text)
{
	char *end;
	long n;

	f->value = strtoul(text, &end, 0);
	if (*end != ':')
		return reply_error(r, "corrupt=OFFSET:HEX, for example corrupt=16:01000000");
	n = hex_bytes(end + 1, f->bytes, sizeof(f->bytes));
	f->nbytes = n;
	if (n < 1)
		return reply_error(r, "corrupt needs an even number of hex digits");
	return 0;
}

static int parse_kind(struct reply *r, int argc, char **argv, struct rule *f)
{
	const char *corrupt = control_arg(argc, argv, "corrupt");
	unsigned long long v = 0;

	if (corrupt) {
		f->kind = FAULT_CORRUPT;
		return parse_corrupt(r, f, corrupt);
	}
	if (control_arg(argc, argv, "delay"))
		f->kind = FAULT_DELAY;
	else if (control_arg(argc, argv, "truncate"))
		f->kind = FAULT_TRUNCATE;
	else if (fault_word(argc, argv, "drop"))
		f->kind = FAULT_DROP;
	else if (fault_word(argc, argv, "duplicate"))
		f->kind = FAULT_DUPLICATE;
	else
		return reply_error(r, "say delay=MS, drop, duplicate, corrupt=OFF:HEX or truncate=LEN");
	if (f->kind == FAULT_DELAY && control_num(r, argc, argv, "delay", 0, &v))
		return -1;
	if (f->kind == FAULT_TRUNCATE && control_num(r, argc, argv, "truncate", 0, &v))
		return -1;
	f->value = v;
	return 0;
}

static int add_rule(struct reply *r, int argc, char **argv, struct bus *b)
{
	struct rule *f, **p = &b->faults->rules;
	uint32_t type = argc > 2 ? message_type(argv[2]) : 0;

	if (!type)
		return reply_error(r, "fault message NAME ..., for example OPEN_RESULT");
	f = calloc(1, sizeof(*f));
	if (!f)
		return reply_error(r, "out of memory");
	f->type = type;
	if (parse_kind(r, argc, argv, f) || fault_count(r, argc, argv, &f->count)) {
		free(f);
		return -1;
	}
	while (*p)
		p = &(*p)->next;
	*p = f;
	return 0;
}

static int refuse_posts(struct reply *r, int argc, char **argv, struct bus *b)
{
	const char *name = control_arg(argc, argv, "message");
	struct hcall_refusal f = { .word = name ? message_type(name) : 0 };
	unsigned long long status, then;

	if (name && !f.word)
		return reply_error(r, "no message is called %s", name);
	if (control_num(r, argc, argv, "status", HV_STATUS_NO_BUFFERS, &status) ||
	    control_num(r, argc, argv, "then", 0, &then) ||
	    fault_count(r, argc, argv, &f.count))
		return -1;
	f.status = status;
	f.then = then;
	hcall_refuse(b->vm, &f);
	return 0;
}

static int early_offers(struct reply *r, int argc, char **argv, struct bus *b)
{
	unsigned long long ms;

	if (control_num(r, argc, argv, "delay", 0, &ms) ||
	    fault_count(r, argc, argv, &b->early_offers))
		return -1;
	b->early_delay = ms;
	return 0;
}

static void offer_early(void *ctx)
{
	struct bus *b = ctx;

	b->early_timer = NULL;
	ctl_offer_unasked(&b->ctl);
}

/* A guest has just been told its version. */
void fault_connected(struct bus *b)
{
	if (!b->early_offers)
		return;
	if (b->early_offers != FAULT_FOREVER)
		b->early_offers--;
	timer_cancel(b->early_timer);
	b->early_timer = timer_start(b->early_delay, offer_early, b);
}

static int cmd_fault(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct bus *b = ctx;

	if (!strcmp(what, "message"))
		return add_rule(r, argc, argv, b);
	if (!strcmp(what, "post"))
		return refuse_posts(r, argc, argv, b);
	if (!strcmp(what, "early-offers"))
		return early_offers(r, argc, argv, b);
	if (!strcmp(what, "storage"))
		return stor_fault_command(r, argc, argv, b);
	if (!strcmp(what, "ic"))
		return ic_fault_command(r, argc, argv);
	if (strcmp(what, "clear"))
		return reply_error(r, "fault message|post|early-offers|storage|ic|clear");
	clear_rules(b);
	for (unsigned int i = 0; i < IC_ALL; i++)
		ic_fault_clear(ic_get(i));
	stor_fault_clear(b);
	hcall_refuse(b->vm, &(struct hcall_refusal){ 0 });
	b->early_offers = 0;
	return 0;
}

void fault_init(struct bus *b)
{
	b->faults = calloc(1, sizeof(*b->faults));
	control_register("fault",
		"message NAME delay=MS|drop|duplicate|corrupt=OFF:HEX|truncate=LEN [count=N|all]  spoil messages to the guest\n"
		"post [status=0x13] [count=N|all] [then=STATUS] [message=NAME]  refuse messages of the guest, or those of that name; after COUNT with another status\n"
		"early-offers [count=N|all] [delay=MS]  offer everything when a version is agreed, before the guest asks\n"
		"storage [ide] [controller=N] [lun=N] [op=0xNN] [srb=0xNN] [scsi=0xNN] [sense=HEX] [status=0xN] [performed] [delay=MS] [hold] [drop] [duplicate] [id=N] [short=LEN] [count=N|all]  spoil storage requests; performed: after they were carried out; hold: their device has them until `release`, also when the channel is closed\n"
		IC_FAULT_HELP
		"clear  forget all faults",
		cmd_fault, b);
}

void fault_exit(struct bus *b)
{
	fault_forget_delayed(b);
	clear_rules(b);
	free(b->faults);
}
