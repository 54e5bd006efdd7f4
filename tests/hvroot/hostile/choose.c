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

/*
 * The header of the packet that the guest reads next, where it lies: its length, or where its payload begins, once
 * or to and fro; and with it, sometimes, an index that makes room for such a length.
 */
static unsigned int choose_head(uint64_t *r, const uint8_t *p, size_t len, struct strike *s)
{
	uint64_t lengths = hostile_value(r, p, len, hostile_number(p, len, 8) / 8) % 65536;
	bool offset = hostile_next(r) % 3 == 0;

	s[0] = (struct strike){ .op = hostile_next(r) % 3 ? OP_RACE : OP_WORD, .at = offset ? 512 : 513 };
	s[0].value = offset ? PKT_COMPLETION | lengths << 16 : lengths;
	if (hostile_next(r) % 4)
		return 1;
	s[1] = (struct strike){ .op = OP_WORD, .at = RING_WRITE };
	s[1].value = (uint32_t)hostile_value(r, p, len, hostile_number(p, len, 8)) & ~7u;
	return 2;
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

/* What is said seldom, when a device begins say, is struck as often as what is said all the time. */
static unsigned int rate_of(const struct name *k, enum layer l)
{
	return k->seen <= RARE && l != L_RING && l != L_EVENT ? hostile.rate[l] / RARE + 2 : hostile.rate[l];
}

static void choose(struct name *k, enum layer l, const uint8_t *p, size_t len, struct strikes *s)
{
	uint64_t r = hostile_mix(hostile_mix(hostile.seed, k->hash), k->seen);
	unsigned int want;

	if (!hostile.rate[l] || hostile_next(&r) % rate_of(k, l))
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
	if (hostile.playing)
		play(k, s);
	else
		choose(k, l, p, len, s);
	hostile.stat.struck[l] += s->n;
	for (unsigned int i = 0; i < s->n && hostile.record; i++)
		fprintf(hostile.record, "%s %u %s %u %#llx\n", k->text, k->seen, hostile_ops[s->s[i].op], s->s[i].at,
			(unsigned long long)s->s[i].value);
	return s->n;
}

/* How much of each layer: some spans of time let the guest get far, where one layer alone lies; some are rough. */
void hostile_set_mood(unsigned int span)
{
	static const uint16_t spoil[] = { 0, 0, 0, 1024, 256, 64, 16, 4 };
	static const uint16_t ring[] = { 0, 0, 0, 256, 64, 32, 16, 8 };
	static const uint16_t often[] = { 0, 0, 0, 0, 2000, 500, 100, 30 };
	static const uint8_t many[] = { 0, 0, 0, 1, 2, 4, 8, 16 };
	static const uint8_t few[] = { 1, 1, 2, 2, 4, 4, LAYERS, LAYERS };
	uint64_t mood = hostile_mix(hostile.seed, 5000 + span);
	unsigned int part = few[hostile_mix(mood, 100) % 8];	/* of the layers, about */

	hostile.span = span;
	for (unsigned int l = 0; l < LAYERS; l++) {
		unsigned int dice = hostile_mix(mood, l) % 8;

		if (hostile.fixed[l])
			continue;
		if (part < LAYERS)	/* those that lie then do so for sure */
			dice = hostile_mix(mood, 50 + l) % LAYERS < part ? 3 + dice % 5 : 0;
		if (l == L_SAY || l == L_PUT)
			hostile.rate[l] = many[dice];
		else if (l == L_POST || l == L_LIFE || l == L_RACE)
			hostile.rate[l] = often[dice];
		else
			hostile.rate[l] = l == L_RING ? ring[dice] : spoil[dice];
	}
}

void hostile_choose_begin(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	hostile.start = t.tv_sec * 1000ull + t.tv_nsec / 1000000;
	hostile.random = hostile_mix(hostile.seed, 99);
	hostile.playing = false;
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
