// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets to the guest, spoilt: header, descriptors and what devices say in
 * them, and such as were never due, completions of requests before the
 * host has seen those among them.
 */
#include <stdlib.h>
#include <string.h>
#include "loop/aio.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "hostile/strike.h"

#define SEEDS		96
#define PACKET_MAX	8192	/* the services' longest are 7.5 KiB */
#define IDS		32
#define GUESSES		16
#define GUESS_MS	5	/* the host reads its rings sooner than that */

struct packet {
	char dev[32];
	unsigned int sub;
	size_t len;
	uint8_t bytes[PACKET_MAX];
};

struct late {
	struct late *next;
	struct ptimer *timer;
	struct packet p;
};

static struct {
	unsigned int n, kept;		/* the first of them are a corpus's */
	struct packet seed[SEEDS];
	struct late *late;
	uint64_t id[IDS];		/* seen last */
	unsigned int nids;
	struct {
		uint32_t relid;
		uint64_t id, ms;
	} guess[GUESSES];
	unsigned int nguesses;
} packets;

static struct packet_header header(const uint8_t *p)
{
	struct packet_header h;

	memcpy(&h, p, sizeof(h));
	return h;
}

static struct vsp_chan *channel(const char *dev, unsigned int sub)
{
	struct vsp_dev *d = vsp_find(hostile.bus, dev);

	return d && !hostile_spared(d) ? vsp_channel(d, sub) : NULL;
}

struct vsp_chan *hostile_some_channel(uint32_t n)
{
	struct vsp_chan *ch;
	unsigned int count = 0;

	for (ch = hostile.bus->chans; ch; ch = ch->next)
		count += !hostile_aside(ch->dev);
	if (!count)
		return NULL;
	n %= count;
	for (ch = hostile.bus->chans; ch; ch = ch->next)
		if (!hostile_aside(ch->dev) && !n--)
			return ch;
	return NULL;
}

static bool is_disk(const struct vsp_chan *ch)
{
	return !strncmp(ch->dev->name, "scsi", 4) || !strncmp(ch->dev->name, "ide", 3);
}

/*
 * A completion gives the request's memory back. One that a disk still works at
 * is not forged, and one that is in the ring unread is not looked at any more.
 */
static bool may_forge(struct vsp_chan *ch, const uint8_t *p, size_t len, uint64_t own)
{
	unsigned int at = packets.nguesses++ % GUESSES;
	struct packet_header h;

	if (len < sizeof(h))
		return true;
	h = header(p);
	if (h.type != PKT_COMPLETION || h.id == own || !is_disk(ch))
		return true;
	if (aio_inflight())
		return false;
	packets.guess[at].relid = ch->ctl->offer.relid;
	packets.guess[at].id = h.id;
	packets.guess[at].ms = hostile_ms();
	return true;
}

bool hostile_swallows(struct vsp_chan *ch, uint64_t id)
{
	packets.id[packets.nids++ % IDS] = id;
	for (unsigned int i = 0; i < GUESSES; i++)
		if (packets.guess[i].relid == ch->ctl->offer.relid && packets.guess[i].id == id &&
		    packets.guess[i].ms + GUESS_MS >= hostile_ms() && is_disk(ch)) {
			packets.guess[i].relid = 0;
			return true;
		}
	return false;
}

static void set_seed(struct packet *s, const char *dev, unsigned int sub, const uint8_t *p, size_t len)
{
	snprintf(s->dev, sizeof(s->dev), "%s", dev);
	s->sub = sub;
	s->len = len;
	memcpy(s->bytes, p, len);
}

static void remember(const struct vsp_chan *ch, const uint8_t *p, size_t len)
{
	unsigned int kept = packets.kept;
	unsigned int at = packets.n < SEEDS ? packets.n++ : kept + hostile_random(SEEDS - kept);

	set_seed(&packets.seed[at], ch->dev->name, ch->sub, p, len);
}

/* One of them is enough of those that say the same to different requests. */
static bool kept_already(const char *dev, const uint8_t *p, size_t len)
{
	for (unsigned int i = 0; i < packets.kept; i++) {
		const struct packet *s = &packets.seed[i];

		if (s->len == len && !strcmp(s->dev, dev) && len >= sizeof(struct packet_header) &&
		    !memcmp(s->bytes, p, 8) && !memcmp(s->bytes + sizeof(struct packet_header),
						       p + sizeof(struct packet_header), len - sizeof(struct packet_header)))
			return true;
	}
	return false;
}

void hostile_seed_packet(const char *dev, unsigned int sub, const uint8_t *p, size_t len)
{
	if (packets.kept < SEEDS / 2 && len <= PACKET_MAX && !kept_already(dev, p, len)) {
		set_seed(&packets.seed[packets.kept++], dev, sub, p, len);
		packets.n = packets.kept;
	}
}

static void put(struct vsp_chan *ch, const uint8_t *p, size_t len)
{
	bool was = hostile.honest;

	if (len < sizeof(struct packet_header))
		return;
	hostile.honest = true;
	vsp_send_raw(ch, p, len);
	hostile.honest = was;
}

static void late_over(void *ctx)
{
	struct late *d = ctx, **p = &packets.late;
	struct vsp_chan *ch = channel(d->p.dev, d->p.sub);

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	if (ch)
		put(ch, d->p.bytes, d->p.len);
	free(d);
}

static void later(const struct vsp_chan *ch, const uint8_t *p, size_t len, unsigned int ms)
{
	struct late *d = calloc(1, sizeof(*d));

	if (!d)
		return;
	snprintf(d->p.dev, sizeof(d->p.dev), "%s", ch->dev->name);
	d->p.sub = ch->sub;
	d->p.len = len;
	memcpy(d->p.bytes, p, len);
	d->next = packets.late;
	packets.late = d;
	d->timer = timer_start(ms, late_over, d);
}

/* What it is about: the packet's type, and the first word of what it carries. */
static void name_of(char *name, const struct vsp_chan *ch, const uint8_t *p, size_t len)
{
	struct packet_header h = header(p);
	uint32_t what = 0;

	if (h.offset8 * 8u + sizeof(what) <= len)
		memcpy(&what, p + h.offset8 * 8u, sizeof(what));
	snprintf(name, NAME_MAX_, "%s.%u/%u/%u", ch->dev->name, ch->sub, h.type, what & 0xffff);
}

bool hostile_packet(struct vsp_chan *ch, const void *head, const void *body, size_t len)
{
	struct packet_header h;
	struct vsp_chan *to = ch;
	uint8_t p[PACKET_MAX];
	unsigned int ms = 0, times = 1;
	char name[NAME_MAX_];
	struct strikes s;
	size_t n = sizeof(h) + len;

	if (hostile.honest || n > sizeof(p) || hostile_aside(ch->dev))
		return false;
	memcpy(&h, head, sizeof(h));
	memcpy(p, head, sizeof(h));
	if (len)
		memcpy(p + sizeof(h), body, len);
	remember(ch, p, n);
	name_of(name, ch, p, n);
	if (!hostile_choose(L_PACKET, name, p, n, &s))
		return false;
	for (unsigned int i = 0; i < s.n; i++) {
		if (hostile_spoil(p, &n, sizeof(p), &s.s[i]))
			continue;
		if (s.s[i].op == OP_DROP)
			return true;
		if (s.s[i].op == OP_TWICE)
			times++;
		else if (s.s[i].op == OP_LATE)
			ms = s.s[i].value;
		else if (s.s[i].op == OP_ELSEWHERE)
			to = hostile_some_channel(s.s[i].value);
	}
	if (!to || !may_forge(to, p, n, to == ch ? h.id : ~h.id))
		return false;
	if (ms)
		later(to, p, n, ms);
	else
		while (times--)
			put(to, p, n);
	return true;
}

void hostile_put_packet(const char *dev, unsigned int sub, const uint8_t *p, size_t len)
{
	struct vsp_chan *ch = channel(dev, sub);
	char what[64];

	if (!ch || len < sizeof(struct packet_header) || ch->outq || ch->failed || ch->closing ||
	    !may_forge(ch, p, len, 0))
		return;
	snprintf(what, sizeof(what), "packet %s %u", dev, sub);
	hostile_say_bytes(what, p, len);
	put(ch, p, len);
	hostile.stat.struck[L_PUT]++;
}

static void spoil_seed(uint8_t *p, size_t *n)
{
	uint64_t r = hostile_mix(hostile.random, hostile_random(1u << 30));
	struct strike s;

	if (!hostile_random(16)) {		/* where the payload begins, or how long all of it is */
		s = (struct strike){ .op = OP_SET2, .at = hostile_random(3) ? 2 : 4 };
		s.value = hostile_value(&r, p, *n / 8, *n / 8) & 0xffff;
	} else if (!hostile_random(12)) {
		s = (struct strike){ .op = OP_SET8, .at = 8, .value = packets.id[hostile_random(IDS)] + hostile_random(3) - 1 };
	} else {
		hostile_change(&r, p, *n, 16, &s);
		if (s.at < 8 && hostile_random(16))
			s.at += 16;		/* the header once in a while */
	}
	hostile_spoil(p, n, PACKET_MAX, &s);
}

/* Of the device that it is about for now. */
static struct packet *some_seed(void)
{
	for (unsigned int i = 0; i < 16 && packets.n; i++) {
		struct packet *s = &packets.seed[hostile_random(packets.n)];

		if (!hostile.focus[0] || !strcmp(s->dev, hostile.focus))
			return s;
	}
	return NULL;
}

void hostile_inject_packets(void)
{
	struct packet *seed = some_seed();
	uint8_t p[PACKET_MAX] = { 0 };
	unsigned int spoil = hostile_random(8) ? 1 + hostile_random(3) : 0;
	struct vsp_chan *ch;
	size_t n;

	if (!seed)
		return;
	ch = channel(seed->dev, seed->sub);
	/* not more than half of what the ring holds, so that the rest gets through */
	if (!ch || hring_room(&ch->out) < ch->out.size / 2)
		return;
	n = seed->len;
	memcpy(p, seed->bytes, n);
	while (spoil--)
		spoil_seed(p, &n);
	hostile_put_packet(seed->dev, seed->sub, p, n);
}

void hostile_packet_end(void)
{
	while (packets.late) {
		struct late *d = packets.late;

		packets.late = d->next;
		timer_cancel(d->timer);
		free(d);
	}
	memset(&packets, 0, sizeof(packets));
}
