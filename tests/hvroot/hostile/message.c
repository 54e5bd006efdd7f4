// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control messages to the guest, spoilt, and such as nobody asked for.
 *
 * A message may say that memory is the guest's again. Then the server must be
 * through with it first, or it would write into what the guest has freed, and
 * the guest's checkers would blame whoever got it next.
 */
#include <stdlib.h>
#include <string.h>
#include "control/counters.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/synic.h"
#include "hostile/strike.h"

#define SEEDS		64
#define WINDOW		64	/* messages on their way */

struct late {
	struct late *next;
	struct ptimer *timer;
	uint32_t type;
	unsigned int times;
	size_t len;
	uint8_t msg[VMBUS_MAX_PAYLOAD];
};

static struct {
	unsigned int n, kept;		/* the first of them are a corpus's */
	struct {
		size_t len;
		uint8_t msg[VMBUS_MAX_PAYLOAD];
	} seed[SEEDS];
	struct late *late;
	uint64_t sent, base;
	bool ghost[VMBUS_RELIDS];	/* offers that only the guest knows of */
} messages;

static uint32_t word_at(const uint8_t *m, size_t at)
{
	uint32_t v;

	memcpy(&v, m + at, sizeof(v));
	return v;
}

static struct ctl_chan *channel(uint32_t relid)
{
	return relid < VMBUS_RELIDS ? hostile.bus->ctl.chan[relid] : NULL;
}

static bool relid_spared(uint32_t relid)
{
	struct ctl_chan *ch = channel(relid);

	return ch && hostile_spared(ch->owner);
}

/* An offer of the number or of the instance of a device that is left alone. */
static bool offer_spared(const uint8_t *m)
{
	if (relid_spared(word_at(m, offsetof(struct msg_offer, relid))))
		return true;
	for (struct vsp_dev *d = hostile.bus->devs; d; d = d->next)
		if (hostile_spared(d) && !memcmp(&d->instance, m + offsetof(struct msg_offer, instance), 16))
			return true;
	return false;
}

static void close_channel(struct ctl_chan *ch)
{
	struct msg_relid close = { .h.type = MSG_CLOSE_CHANNEL, .relid = ch->offer.relid };

	if (ch->state == CHAN_OPEN && !ch->rescinded && !ch->reserved_open)
		ctl_on_close(&hostile.bus->ctl, &close, sizeof(close));
}

/* False: a device is still at work there. */
static bool revoke(struct gpadl *g)
{
	struct gpadl_table *t = &hostile.bus->ctl.gpadls;
	struct ctl_chan *ch = channel(g->relid);
	uint32_t handle = g->handle;

	if (ch && ch->ring == g)
		close_channel(ch);
	g = gpadl_find(t, handle);
	if (g && g->users)
		return false;
	hostile_forget();
	if (g)
		gpadl_remove(t, g);
	return true;
}

static bool may_give_back(uint32_t handle)
{
	struct gpadl *g = gpadl_find(&hostile.bus->ctl.gpadls, handle);

	if (!g)
		return true;
	return !relid_spared(g->relid) && revoke(g);
}

static bool may_refuse_open(uint32_t relid)
{
	struct ctl_chan *ch = channel(relid);

	if (ch)
		close_channel(ch);
	return !ch || ch->state != CHAN_OPEN;
}

static bool may_rescind(uint32_t relid)
{
	struct ctl_chan *ch = channel(relid);

	if (ch)
		ctl_rescind(ch);	/* says so too */
	return true;
}

/* Whether the server can stand by it. @m has VMBUS_MAX_PAYLOAD bytes, zeros behind its end. */
static bool stand_by(const uint8_t *m)
{
	uint32_t id = word_at(m, 8);

	switch (word_at(m, 0)) {
	case MSG_OFFER_CHANNEL:
		return !offer_spared(m);
	case MSG_GPADL_TORNDOWN:
		return may_give_back(id);
	case MSG_GPADL_CREATED:
		return !relid_spared(id) && (!word_at(m, 16) || may_give_back(word_at(m, 12)));
	case MSG_OPEN_RESULT:
		return !relid_spared(id) && (!word_at(m, 16) || may_refuse_open(id));
	case MSG_RESCIND_CHANNEL:
		return !relid_spared(id) && may_rescind(id);
	case MSG_MODIFY_CHANNEL_RESPONSE: case MSG_CLOSE_RESERVED_RESPONSE:
		return !relid_spared(id);
	case MSG_UNLOAD_RESPONSE:	/* everything is given back: only when nobody has anything any more */
		return !hostile.bus->ctl.version;
	default:
		return true;
	}
}

static void note_ghost(const uint8_t *m)
{
	uint32_t relid = word_at(m, offsetof(struct msg_offer, relid));

	if (word_at(m, 0) == MSG_OFFER_CHANNEL && relid < VMBUS_RELIDS && !channel(relid))
		messages.ghost[relid] = true;
}

/* Honest again, the server takes back what it never had. */
static void lay_ghosts(void)
{
	struct msg_relid m = { .h.type = MSG_RESCIND_CHANNEL };

	for (m.relid = 1; m.relid < VMBUS_RELIDS; m.relid++)
		if (messages.ghost[m.relid] && !channel(m.relid))
			synic_post(hostile.bus->vm, 0, SYNIC_SINT_VMBUS, VMBUS_MESSAGE_TYPE, &m, sizeof(m));
}

static bool send_it(const uint8_t *msg, size_t len, uint32_t type)
{
	uint8_t m[VMBUS_MAX_PAYLOAD] = { 0 };
	bool was = hostile.honest, ok;

	memcpy(m, msg, len);
	hostile.honest = true;
	ok = stand_by(m);
	hostile.honest = was;
	if (!ok) {
		hostile.stat.refused++;
		return false;
	}
	note_ghost(m);
	trace_message(">", m, len);
	return !synic_post(hostile.bus->vm, 0, SYNIC_SINT_VMBUS, type, m, len);
}

void hostile_send_message(const uint8_t *m, size_t len)
{
	if (len > VMBUS_MAX_PAYLOAD)
		return;
	hostile_say_bytes("message", m, len);
	if (!send_it(m, len, VMBUS_MESSAGE_TYPE))
		return;
	messages.sent++;
	hostile.stat.struck[L_SAY]++;
}

static void late_over(void *ctx)
{
	struct late *d = ctx, **p = &messages.late;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	while (d->times--)
		send_it(d->msg, d->len, d->type);
	free(d);
}

/* Not now in any case: what it says may change what the caller is busy with. */
static void later(const struct late *like, unsigned int ms)
{
	struct late *d = malloc(sizeof(*d));

	if (!d)
		return;
	*d = *like;
	d->next = messages.late;
	messages.late = d;
	d->timer = timer_start(ms, late_over, d);
}

static void remember(const void *msg, size_t len)
{
	unsigned int kept = messages.kept;
	unsigned int at = messages.n < SEEDS ? messages.n++ : kept + hostile_random(SEEDS - kept);

	messages.seed[at].len = len;
	memcpy(messages.seed[at].msg, msg, len);
}

/* Of a device that is left alone, as it stands. */
static bool about_spared(const uint8_t *m)
{
	struct gpadl *g;

	switch (word_at(m, 0)) {
	case MSG_OFFER_CHANNEL:
		return offer_spared(m);
	case MSG_RESCIND_CHANNEL: case MSG_OPEN_RESULT: case MSG_GPADL_CREATED: case MSG_MODIFY_CHANNEL_RESPONSE:
		return relid_spared(word_at(m, 8));
	case MSG_GPADL_TORNDOWN:	/* the list is forgotten already: any may be one of those */
		g = gpadl_find(&hostile.bus->ctl.gpadls, word_at(m, 8));
		return g && relid_spared(g->relid);
	default:
		return false;
	}
}

void hostile_seed_message(const uint8_t *m, size_t len)
{
	if (messages.kept >= SEEDS / 2 || len > VMBUS_MAX_PAYLOAD)
		return;
	for (unsigned int i = 0; i < messages.kept; i++)
		if (messages.seed[i].len == len && !memcmp(messages.seed[i].msg, m, len))
			return;
	messages.seed[messages.kept].len = len;
	memcpy(messages.seed[messages.kept++].msg, m, len);
	messages.n = messages.kept;
}

bool hostile_message(struct bus *b, uint32_t vp, uint32_t sint, const void *msg, size_t len)
{
	struct late d = { .type = VMBUS_MESSAGE_TYPE, .times = 1, .len = len };
	unsigned int ms = 0;
	struct strikes s;

	memcpy(d.msg, msg, len);
	if (hostile.honest || vp || about_spared(d.msg))
		return false;
	remember(msg, len);
	if (!hostile_choose(L_MESSAGE, message_name(word_at(d.msg, 0)), d.msg, len, &s))
		return false;
	for (unsigned int i = 0; i < s.n; i++) {
		if (hostile_spoil(d.msg, &d.len, sizeof(d.msg), &s.s[i]))
			continue;
		if (s.s[i].op == OP_DROP)
			return true;
		if (s.s[i].op == OP_TWICE)
			d.times++;
		else if (s.s[i].op == OP_LATE)
			ms = s.s[i].value;
		else if (s.s[i].op == OP_TYPE && s.s[i].value)
			d.type = s.s[i].value;
		else if (s.s[i].op == OP_SIZE)
			synic_lie(b->vm, s.s[i].value);
	}
	later(&d, ms);
	return true;
}

void hostile_inject_message(void)
{
	uint64_t out = counter_get(&counter_messages_out) - messages.base;
	uint64_t r = hostile_mix(hostile.random, hostile_random(1u << 30));
	uint8_t m[VMBUS_MAX_PAYLOAD] = { 0 };
	unsigned int at = hostile_random(SEEDS), spoil = hostile_random(8) ? 1 + hostile_random(3) : 0;
	size_t n;

	if (!messages.n || messages.sent > out + WINDOW)
		return;
	at %= messages.n;
	n = messages.seed[at].len;
	memcpy(m, messages.seed[at].msg, n);
	while (spoil--) {
		struct strike s = { .op = OP_SET4, .at = hostile_random(n + 1) & ~3u };

		if (!hostile_random(6))
			s = (struct strike){ .op = OP_CUT, .at = hostile_random(n + 1) };
		else if (!hostile_random(8))
			s = (struct strike){ .op = OP_SET4, .value = hostile_random(MSG_COUNT + 2) };
		else
			s.value = hostile_value(&r, m, n, 0);
		hostile_spoil(m, &n, sizeof(m), &s);
	}
	hostile_send_message(m, n);
}

void hostile_message_end(void)
{
	while (messages.late) {
		struct late *d = messages.late;

		messages.late = d->next;
		timer_cancel(d->timer);
		free(d);
	}
	lay_ghosts();
	memset(&messages, 0, sizeof(messages));
	messages.base = counter_get(&counter_messages_out);
}
