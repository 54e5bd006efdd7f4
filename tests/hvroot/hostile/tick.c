// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens by itself, each millisecond: messages and packets that nobody
 * asked for, words that change, refused hypercalls, devices that go and come.
 */
#include <stdlib.h>
#include <string.h>
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/hcall.h"
#include "hostile/strike.h"

#define STUCK		400	/* ms without progress of the guest in a ring that is not empty */
#define CLOSED		1500	/* ms without an open channel, which a driver has that tries again what timed out */
#define BYTES_MAX	8320
#define SPAN_MS		512	/* of one mood */
#define ROUNDS		200	/* to and fro */

struct back {			/* a device on its way back */
	struct back *next;
	struct ptimer *timer;
	char dev[32];
};

static struct ptimer *timer;
static struct back *backs;

static void plug(void *ctx)
{
	struct back *b = ctx, **p = &backs;
	struct vsp_dev *d = vsp_find(hostile.bus, b->dev);

	while (*p != b)
		p = &(*p)->next;
	*p = b->next;
	if (d)
		vsp_plug(d);
	free(b);
}

static void go_and_come(struct vsp_dev *d, unsigned int ms)
{
	struct back *b = calloc(1, sizeof(*b));

	if (!b)
		return;
	snprintf(b->dev, sizeof(b->dev), "%s", d->name);
	b->next = backs;
	backs = b;
	vsp_unplug(d);
	b->timer = timer_start(ms, plug, b);
}

void hostile_life(const char *what, struct vsp_dev *d, unsigned int ms)
{
	hostile.stat.struck[L_LIFE]++;
	hostile_say("%s %s %02x", what, d->name, ms);
	if (!strcmp(what, "subs"))
		vsp_offer_subs(d, ms % 4);
	else if (!strcmp(what, "nosubs"))
		vsp_revoke_subs(d);
	else
		go_and_come(d, ms);
}

static struct vsp_dev *some_device(uint32_t n)
{
	unsigned int count = 0;

	for (struct vsp_dev *d = hostile.bus->devs; d; d = d->next)
		count += d->plugged && !hostile_aside(d);
	if (!count)
		return NULL;
	n %= count;
	for (struct vsp_dev *d = hostile.bus->devs; d; d = d->next)
		if (d->plugged && !hostile_aside(d) && !n--)
			return d;
	return NULL;
}

static void life(void)
{
	struct vsp_dev *d = some_device(hostile_random(1u << 20));
	unsigned int dice = hostile_random(8);

	if (d)
		hostile_life(dice == 0 ? "subs" : dice == 1 ? "nosubs" : "again", d, hostile_random(60));
}

/* A device that the guest has not opened, as its probe has failed say, is offered anew: nobody else would try it again. */
static struct vsp_dev *never_opened(uint64_t now)
{
	for (struct vsp_dev *d = hostile.bus->devs; d; d = d->next) {
		if (!d->plugged || d->waiting || hostile_spared(d) || (d->offer[0] && d->offer[0]->state == CHAN_OPEN) ||
		    !d->closed_since || d->closed_since > now)
			d->closed_since = now ? now : 1;
		if (now - d->closed_since <= CLOSED)
			continue;
		d->closed_since = 0;
		return d;
	}
	return NULL;
}

/* The guest has given a channel up, as it may: another takes its place. */
static void heal(void)
{
	uint64_t now = hostile_ms();
	struct vsp_dev *dead = never_opened(now);

	for (struct vsp_chan *ch = hostile.bus->chans; ch && !dead; ch = ch->next) {
		uint32_t read = hring_word(&ch->out, RING_READ);

		if (hostile_spared(ch->dev))
			continue;
		if (read != ch->guest_read || read == ch->out.index || !ch->guest_since) {
			ch->guest_read = read;
			ch->guest_since = now;
		}
		if (ch->failed || now - ch->guest_since > STUCK)
			dead = ch->dev;
	}
	if (dead && dead->plugged)
		go_and_come(dead, 5);
}

/* Messages are refused, and @deaf signals of those that are lied about not heard. */
static void refuse_as(const struct hcall_refusal *r, unsigned int deaf)
{
	hostile.deaf = deaf;
	hcall_refuse(hostile.bus->vm, r);
}

bool hostile_unheard(const struct vsp_chan *ch)
{
	return hostile.deaf && !hostile_spared(ch->dev) && hostile.deaf--;
}

static void refuse(void)
{
	static const uint16_t statuses[] = {
		HV_STATUS_NO_BUFFERS, HV_STATUS_NO_BUFFERS, HV_STATUS_NO_MEMORY, HV_STATUS_INVALID_CONNECTION,
		HV_STATUS_INVALID_PARAMETER, HV_STATUS_ACCESS_DENIED, 0x7f,
	};
	unsigned int deaf;
	struct hcall_refusal r = {
		.status = statuses[hostile_random(sizeof(statuses) / sizeof(statuses[0]))],
		.count = hostile_random(4),
	};

	deaf = !r.count || !hostile_random(4) ? 1 + hostile_random(8) : 0;
	hostile.stat.struck[L_POST]++;
	hostile_say("refuse %02x%02x%02x", r.status, r.count, deaf);
	refuse_as(&r, deaf);
}

/* What a line of the record has of it */
struct race {
	uint16_t at;		/* as of hostile_ring_word() */
	uint32_t lie;
} __attribute__((packed));

/* A ring that is about to be the guest's again is left alone. */
static void race_word(struct vsp_chan *ch, const struct race *race)
{
	uint32_t *word = hostile_ring_word(ch, race->at);
	char what[64];

	if (!word || ch->closing)
		return;
	snprintf(what, sizeof(what), "race %s %u", ch->dev->name, ch->sub);
	hostile_say_bytes(what, race, sizeof(*race));
	hostile_race(word, race->lie, race->at >= HEAD_OF(0) ? HEAD_ROUNDS : ROUNDS);
	hostile.stat.struck[L_RACE]++;
}

/* Or where the payload of the next packet begins, or of one behind it. */
static void race_head(struct race *race)
{
	uint64_t r = hostile_mix(hostile.random, hostile_random(1u << 30));
	uint32_t length = hostile_random(2) ? hostile_random(64) : hostile_random(8192);

	race->at = HEAD_OF(hostile_random(2) ? 0 : hostile_random(HEADS));
	race->lie = hostile_head_word(&r) | length << 16;
}

static void race(void)
{
	static const uint8_t words[] = { RING_WRITE, RING_READ, RING_MASK, RING_PENDING };
	struct vsp_chan *ch = hostile_some_channel(hostile_random(1u << 20));
	struct race race = {
		.lie = hostile_random(4) ? hostile_random(ch ? ch->out.size * 2 : 1) & ~7u : hostile_random(~0u),
		.at = hostile_random(2) ? 256 : 0,
	};

	race.at += words[hostile_random(4)];
	if (!hostile_random(2))
		race_head(&race);
	if (ch)
		race_word(ch, &race);
}

static void by_itself(void)
{
	if (hostile.rate[L_LIFE] && !hostile_random(hostile.rate[L_LIFE]))
		life();
	if (hostile.rate[L_POST] && !hostile_random(hostile.rate[L_POST]))
		refuse();
	if (hostile.rate[L_RACE] && !hostile_random(hostile.rate[L_RACE]))
		race();
	for (unsigned int n = hostile.rate[L_SAY]; n; n--)
		hostile_inject_message();
	for (unsigned int n = hostile.rate[L_PUT]; n; n--)
		hostile_inject_packets();
}

/* One line of a script. */
static void act(const char *what, const uint8_t *p, size_t len)
{
	struct hcall_refusal r = { .status = p[0], .count = len > 1 ? p[1] : 1 };
	char verb[16], dev[32] = "";
	struct vsp_chan *ch = NULL;
	unsigned int sub = 0;
	struct vsp_dev *d;

	sscanf(what, "%15s %31s %u", verb, dev, &sub);
	d = vsp_find(hostile.bus, dev);
	if (d && !strcmp(verb, "race"))
		ch = vsp_channel(d, sub);
	if (!strcmp(verb, "message"))
		hostile_send_message(p, len);
	else if (!strcmp(verb, "packet"))
		hostile_put_packet(dev, sub, p, len);
	else if (!strcmp(verb, "refuse"))
		refuse_as(&r, len > 2 ? p[2] : 0);
	else if (!strcmp(verb, "race") && ch && len == sizeof(struct race))
		race_word(ch, (const struct race *)p);
	else if (d && strcmp(verb, "race"))
		hostile_life(verb, d, p[0]);
}

static void tick(void *ctx)
{
	static uint8_t bytes[BYTES_MAX];
	char what[64];
	size_t len;

	timer = timer_start(1, tick, NULL);
	if (hostile_ms() / SPAN_MS != hostile.span)
		hostile_set_mood(hostile_ms() / SPAN_MS);
	vsp_batch_begin(hostile.bus);
	if (hostile.playing)
		while (hostile_due(what, sizeof(what), bytes, &len))
			act(what, bytes, len);
	if (!hostile.playing || hostile.more)
		by_itself();
	vsp_batch_end(hostile.bus);
	heal();
}

void hostile_tick_begin(void)
{
	timer = timer_start(1, tick, NULL);
}

void hostile_tick_end(void)
{
	timer_cancel(timer);
	timer = NULL;
	refuse_as(&(struct hcall_refusal){ 0 }, 0);
	while (backs) {
		timer_cancel(backs->timer);
		plug(backs);
	}
}
