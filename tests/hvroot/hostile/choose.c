// SPDX-License-Identifier: GPL-2.0-only
/*
 * What happens to the Nth thing of a name. Things of different names do not
 * disturb each other: the choice is made of the seed, the name and N alone, so
 * that a case goes much the same way again though guest and host race.
 * script.c writes it down.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "hostile/strike.h"

#define BUCKETS	64
#define RARE	16	/* things of a name, the first of which are few */
#define COMMON	32	/* things of a name in two spans of time, of a device that has come up */

struct hostile hostile;
bool hostile_on;

struct line {			/* of a script */
	struct line *next;
	uint32_t n;
	struct strike s;
};

struct name {
	struct name *next;
	char text[NAME_MAX_];
	uint64_t hash;
	uint32_t seen;
	unsigned int span, now, before;		/* how often in this span of time, and in the one before */
	struct line *lines;
};

static struct name *names[BUCKETS];

const char *const hostile_ops[OPS] = {
	"cut", "set1", "set2", "set4", "set8", "drop", "twice", "late", "elsewhere", "word", "race", "size", "type",
};

uint64_t hostile_mix(uint64_t a, uint64_t b)
{
	uint64_t z = a + 0x9e3779b97f4a7c15ull * (b + 1);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

uint64_t hostile_next(uint64_t *r)
{
	*r = hostile_mix(*r, 7);
	return *r >> 16;
}

uint32_t hostile_random(uint32_t below)
{
	return below ? hostile_next(&hostile.random) % below : 0;
}

uint64_t hostile_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000 - hostile.start;
}

static struct name *find_name(const char *text)
{
	uint64_t hash = 1469598103934665603ull;
	struct name *k;

	for (const char *c = text; *c; c++)
		hash = (hash ^ (uint8_t)*c) * 1099511628211ull;
	for (k = names[hash % BUCKETS]; k; k = k->next)
		if (!strcmp(k->text, text))
			return k;
	k = calloc(1, sizeof(*k));
	if (!k)
		return NULL;
	snprintf(k->text, sizeof(k->text), "%s", text);
	k->hash = hash;
	k->next = names[hash % BUCKETS];
	names[hash % BUCKETS] = k;
	return k;
}

static void choose_bytes(uint64_t *r, enum layer l, const uint8_t *p, size_t len, struct strike *s)
{
	unsigned int dice = hostile_next(r) % 32;

	*s = (struct strike){ 0 };
	if (dice == 0) {
		s->op = OP_DROP;
	} else if (dice <= 2) {
		s->op = OP_TWICE;
	} else if (dice <= 4) {
		s->op = OP_LATE;
		s->value = 1 + hostile_next(r) % 40;
	} else if (dice <= 6) {
		s->op = OP_CUT;
		s->at = len ? hostile_next(r) % len : 0;
	} else if (dice == 7 && l == L_PACKET) {
		s->op = OP_ELSEWHERE;
		s->value = hostile_next(r) % 16;
	} else if (dice == 7 && l == L_MESSAGE) {
		s->op = hostile_next(r) % 2 ? OP_SIZE : OP_TYPE;
		s->value = hostile_next(r) % 256;
	} else if (dice <= 12 && l == L_SECTION) {
		s->op = OP_RACE;
		s->at = (hostile_next(r) % (len > 64 ? 64 : len + 1)) & ~3u;
		s->value = (uint32_t)hostile_value(r, p, len, hostile_number(p, len, s->at < len ? s->at : 0));
	} else {
		hostile_change(r, p, len, l == L_PACKET ? 16 : l == L_MESSAGE ? 4 : 0, s);
	}
}

/*
 * Fields that mean something only together, and that chance would hardly ever find so: a
 * disk's command that failed, with as much sense data as the host likes.
 */
static unsigned int choose_sense(uint64_t *r, struct strike *s)
{
	static const uint8_t at[] = { 30, 31, 37, 46 };		/* SRB status, SCSI status, length, sense key */
	static const uint8_t codes[] = { 0x81, 0x84, 0x84, 0x82, 0x86, 0x92 };

	for (unsigned int i = 0; i < sizeof(at); i++)
		s[i] = (struct strike){ .op = OP_SET1, .at = at[i], .value = hostile_next(r) & 255 };
	s[0].value = codes[hostile_next(r) % sizeof(codes)];
	s[1].value = 2;
	s[3].value &= 15;
	return sizeof(at);
}

static bool is_disk_answer(const struct name *k, enum layer l, size_t len)
{
	return l == L_PACKET && len == 80 && (!strncmp(k->text, "scsi", 4) || !strncmp(k->text, "ide", 3));
}

/* @p: where the rings are and how large, as hostile_ring() has it. */
static void choose_word(uint64_t *r, const uint8_t *p, size_t len, struct strike *s)
{
	static const uint32_t words[] = { RING_WRITE, RING_WRITE, RING_READ, RING_MASK, RING_PENDING, RING_FEATURES };

	*s = (struct strike){ .op = hostile_next(r) % 4 ? OP_RACE : OP_WORD };
	s->at = words[hostile_next(r) % (sizeof(words) / sizeof(words[0]))] + (hostile_next(r) % 2 ? 256 : 0);
	s->value = (uint32_t)hostile_value(r, p, len, hostile_number(p, len, 0));
	if (hostile_next(r) % 2)
		s->value &= ~7ull;
}

/* What a packet may be, in the half of its header's first word that does not say where its payload begins. */
uint32_t hostile_head_word(uint64_t *r)
{
	static const uint8_t types[] = { PKT_COMPLETION, PKT_COMPLETION, PKT_INBAND, PKT_TRANSFER_PAGES };

	return types[hostile_next(r) % sizeof(types)];
}

/*
 * The header of a packet that the guest will read, where it lies: its length, or where its payload begins, once
 * or to and fro; and with it, sometimes, a length that holds this payload, or an index that makes room for such a length.
 * One that is not the next is changed to and fro for sure while the guest comes to it.
 */
static unsigned int choose_head(uint64_t *r, const uint8_t *p, size_t len, struct strike *s)
{
	uint64_t length = hostile_value(r, p, len, hostile_number(p, len, 8) / 8) % 65536;
	uint32_t nth = hostile_next(r) % 2 ? 0 : 1 + hostile_next(r) % (HEADS - 1);
	bool offset = hostile_next(r) % 4;	/* the ring dies of a wrong length, and goes on behind a wrong offset */
	unsigned int n = 1;

	s[0] = (struct strike){ .op = hostile_next(r) % 3 ? OP_RACE : OP_WORD, .at = HEAD_OF(nth) + !offset };
	s[0].value = offset ? hostile_head_word(r) | length << 16 : length;
	if (hostile_next(r) % 3)
		return n;
	if (offset)
		s[n++] = (struct strike){ .op = OP_WORD, .at = HEAD_OF(nth) + 1, .value = length + hostile_next(r) % 64 };
	if (offset && hostile_next(r) % 2)
		return n;
	s[n] = (struct strike){ .op = OP_WORD, .at = RING_WRITE };
	s[n++].value = (uint32_t)hostile_value(r, p, len, hostile_number(p, len, 8)) & ~7u;
	return n;
}

bool hostile_add(const char *text, uint32_t n, const struct strike *s)
{
	struct line *line = calloc(1, sizeof(*line)), **p;
	struct name *k = find_name(text);

	if (!line || !k) {
		free(line);
		return false;
	}
	line->n = n;
	line->s = *s;
	for (p = &k->lines; *p; p = &(*p)->next)
		;
	*p = line;
	return true;
}

static bool play(struct name *k, struct strikes *s)
{
	for (struct line *line = k->lines; line && s->n < STRIKES_MAX; line = line->next)
		if (line->n == k->seen)
			s->s[s->n++] = line->s;
	return s->n;
}

/* The ring dies of a header that makes no sense, so most are left alone. */
static bool spares_header(enum layer l, const struct strike *s)
{
	return l == L_PACKET && s->op >= OP_SET1 && s->op <= OP_SET8 && s->at < 8 &&
	       hostile_mix(hostile.seed, s->value) % 8;
}

/* Whether a device that has come up would say this: what is said while it begins is left alone when it is to get far. */
static bool is_common(struct name *k)
{
	if (k->span != hostile.span) {
		k->before = k->span + 1 == hostile.span ? k->now : 0;
		k->now = 0;
		k->span = hostile.span;
	}
	return ++k->now + k->before > COMMON;
}

/* What is said seldom, when a device begins say, is struck as often as what is said all the time. */
static unsigned int rate_of(const struct name *k, enum layer l)
{
	return k->seen <= RARE && l != L_RING && l != L_EVENT ? hostile.rate[l] / RARE + 2 : hostile.rate[l];
}

static void choose(struct name *k, enum layer l, const uint8_t *p, size_t len, struct strikes *s)
{
	uint64_t r = hostile_mix(hostile_mix(hostile.seed, k->hash), k->seen);
	bool common = is_common(k);
	unsigned int want;

	if (!hostile.rate[l] || hostile_next(&r) % rate_of(k, l))
		return;
	if (hostile.grown && !common && (l == L_PACKET || l == L_SECTION))
		return;
	if (is_disk_answer(k, l, len) && !(hostile_next(&r) % 12)) {
		s->n = choose_sense(&r, s->s);
		return;
	}
	if (l == L_RING && !(hostile_next(&r) % 3)) {
		s->n = choose_head(&r, p, len, s->s);
		return;
	}
	want = hostile_next(&r) % 4 ? 1 : 1 + hostile_next(&r) % STRIKES_MAX;
	while (want--) {
		if (l == L_RING)
			choose_word(&r, p, len, &s->s[s->n]);
		else
			choose_bytes(&r, l, p, len, &s->s[s->n]);
		s->n += !spares_header(l, &s->s[s->n]);
	}
}

bool hostile_choose(enum layer l, const char *name, const uint8_t *p, size_t len, struct strikes *s)
{
	struct name *k = find_name(name);

	s->n = 0;
	if (!k)
		return false;
	k->seen++;
	hostile.stat.seen[l]++;
	if (!(hostile.playing && play(k, s)) && (!hostile.playing || hostile.more))
		choose(k, l, p, len, s);
	hostile.stat.struck[l] += s->n;
	for (unsigned int i = 0; i < s->n && hostile.record; i++)
		fprintf(hostile.record, "%s %u %s %u %#llx\n", k->text, k->seen, hostile_ops[s->s[i].op], s->s[i].at,
			(unsigned long long)s->s[i].value);
	return s->n;
}

void hostile_choose_begin(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	hostile.start = t.tv_sec * 1000ull + t.tv_nsec / 1000000;
	hostile.random = hostile_mix(hostile.seed, 99);
	hostile.playing = hostile.more = false;
	memset(&hostile.stat, 0, sizeof(hostile.stat));
	hostile_script_begin();
}

void hostile_choose_end(void)
{
	for (unsigned int i = 0; i < BUCKETS; i++) {
		while (names[i]) {
			struct name *k = names[i];

			names[i] = k->next;
			while (k->lines) {
				struct line *line = k->lines;

				k->lines = line->next;
				free(line);
			}
			free(k);
		}
	}
	hostile_script_end();
}
