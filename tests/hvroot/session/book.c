// SPDX-License-Identifier: GPL-2.0-only
/* What a session's text holds, by name and number, and what of it is said again. */
#include <stdlib.h>
#include <string.h>
#include "session/book.h"
#include "vmbus/wire.h"

struct book_name {
	struct book_name *next;
	uint32_t count;
	char text[];
};

uint32_t book_hash(uint32_t hash, const void *p, size_t len)
{
	const uint8_t *b = p;

	hash ^= 2166136261u;
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ b[i]) * 16777619u;
	return hash;
}

static unsigned int bucket(const char *name, uint32_t n)
{
	return book_hash(n, name, strlen(name)) % BOOK_BUCKETS;
}

void book_init(struct book *b)
{
	memset(b, 0, sizeof(*b));
	b->acts_end = &b->acts;
}

void book_free(struct book *b)
{
	for (unsigned int i = 0; i < BOOK_BUCKETS; i++) {
		for (struct book_line *l = b->lines[i], *next; l; l = next) {
			next = l->next;
			free(l);
		}
		for (struct book_name *k = b->names[i], *next; k; k = next) {
			next = k->next;
			free(k);
		}
	}
	for (struct book_act *a = b->acts, *next; a; a = next) {
		next = a->next;
		free(a);
	}
	book_init(b);
}

uint32_t book_count(struct book *b, const char *name)
{
	struct book_name **p = &b->names[bucket(name, 0)], *k;
	size_t size = strlen(name) + 1;

	while (*p && strcmp((*p)->text, name))
		p = &(*p)->next;
	if (!*p) {
		k = calloc(1, sizeof(*k) + size);
		if (!k)
			return 0;
		memcpy(k->text, name, size);
		*p = k;
	}
	return ++(*p)->count;
}

const struct book_line *book_find(struct book *b, const char *name, uint32_t n)
{
	struct book_line *l = b->lines[bucket(name, n)];

	while (l && (l->n != n || strcmp(l->name, name)))
		l = l->next;
	if (l)
		l->said = true;
	return l;
}

unsigned int book_left(const struct book *b)
{
	unsigned int left = 0;

	for (unsigned int i = 0; i < BOOK_BUCKETS; i++)
		for (const struct book_line *l = b->lines[i]; l; l = l->next)
			left += !l->said;
	return left;
}

struct book_act *book_due(struct book *b, uint32_t said)
{
	struct book_act *a = b->acts;

	if (!a || a->after > said)
		return NULL;
	b->acts = a->next;
	if (!b->acts)
		b->acts_end = &b->acts;
	return a;
}

/* ---- the text ---- */

void book_begin(FILE *f)
{
	fprintf(f, BOOK_FIRST "%d\n", BOOK_VERSION);
}

void book_write(FILE *f, const char *verb, uint64_t ms, const char *name, uint32_t n, const void *p, size_t len)
{
	static const char digit[] = "0123456789abcdef";
	static char hex[2 * BOOK_BYTES + 1];
	const uint8_t *b = p;

	if (len > BOOK_BYTES)
		len = BOOK_BYTES;
	for (size_t i = 0; i < len; i++) {
		hex[2 * i] = digit[b[i] >> 4];
		hex[2 * i + 1] = digit[b[i] & 15];
	}
	hex[2 * len] = 0;
	fprintf(f, "%s %llu %s %u %s\n", verb, (unsigned long long)ms, name, n, len ? hex : "-");
}

void book_command(FILE *f, uint64_t ms, uint32_t said, const char *text)
{
	if (strlen(text) < BOOK_COMMAND && !strpbrk(text, "\n\r"))
		fprintf(f, "command %llu %u %s\n", (unsigned long long)ms, said, text);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* NULL, or what is wrong. */
static const char *take_say(struct book *b, const char *text)
{
	char name[BOOK_NAME], rest;
	unsigned long long ms;
	struct book_line *l, **p;
	unsigned int n;
	int at = 0;
	size_t len;

	if (sscanf(text, "%llu %63s %u %n%c", &ms, name, &n, &at, &rest) != 4 || !n)
		return "want say MS NAME N HEX";
	text += at;
	len = strcmp(text, "-") ? strlen(text) : 0;
	if (len & 1 || len / 2 > BOOK_BYTES)
		return "want an even number of hex digits, 16384 at most";
	l = calloc(1, sizeof(*l) + len / 2);
	if (!l)
		return "out of memory";
	for (size_t i = 0; i < len; i += 2) {
		int high = digit_of(text[i]), low = digit_of(text[i + 1]);

		if (high < 0 || low < 0) {
			free(l);
			return "want hex digits";
		}
		l->bytes[i / 2] = high << 4 | low;
	}
	l->n = n;
	l->len = len / 2;
	strcpy(l->name, name);
	p = &b->lines[bucket(name, n)];
	l->next = *p;
	*p = l;
	b->nlines++;
	return NULL;
}

static const char *take_command(struct book *b, const char *text)
{
	unsigned long long ms;
	unsigned int after;
	struct book_act *a;
	char rest;
	int at = 0;

	if (sscanf(text, "%llu %u %n%c", &ms, &after, &at, &rest) != 3 || strlen(text + at) >= BOOK_COMMAND)
		return "want command MS SAID TEXT";
	a = calloc(1, sizeof(*a) + strlen(text + at) + 1);
	if (!a)
		return "out of memory";
	a->after = after;
	strcpy(a->text, text + at);
	*b->acts_end = a;
	b->acts_end = &a->next;
	return NULL;
}

static const char *take_first(const char *line)
{
	char rest;
	int version;

	if (sscanf(line, BOOK_FIRST "%d%c", &version, &rest) != 1)
		return "no session, which begins with \"" BOOK_FIRST "1\"";
	return version == BOOK_VERSION ? NULL : "of another version than 1, which is the one that this hvroot knows";
}

static const char *take_line(struct book *b, const char *line)
{
	if (!line[0] || line[0] == '#' || !strncmp(line, "ask ", 4))
		return NULL;
	if (!strncmp(line, "say ", 4))
		return take_say(b, line + 4);
	if (!strncmp(line, "command ", 8))
		return take_command(b, line + 8);
	return "want say, ask or command";
}

int book_read(struct book *b, FILE *f, char *why, size_t cap)
{
	const char *problem = "it is empty";
	size_t size = 0;
	char *line = NULL;
	ssize_t len;

	for (unsigned int n = 1; (len = getline(&line, &size, f)) > 0; n++) {
		line[strcspn(line, "\n")] = 0;
		problem = n == 1 ? take_first(line) : take_line(b, line);
		if (!problem)
			continue;
		snprintf(why, cap, "line %u: %s", n, problem);
		break;
	}
	free(line);
	if (problem && !strcmp(problem, "it is empty"))
		snprintf(why, cap, "%s", problem);
	return problem ? -1 : 0;
}

/* ---- in the place of what is due ---- */

void book_message(uint8_t *p, const uint8_t *due, size_t len)
{
	static const struct {
		uint32_t type;
		uint16_t from, to;
	} ours[] = {
		{ MSG_OFFER_CHANNEL, offsetof(struct msg_offer, relid), sizeof(struct msg_offer) },
		{ MSG_RESCIND_CHANNEL, 8, 12 },
		{ MSG_OPEN_RESULT, 8, 16 },
		{ MSG_GPADL_CREATED, 8, 16 },
		{ MSG_GPADL_TORNDOWN, 8, 12 },
		{ MSG_MODIFY_CHANNEL_RESPONSE, 8, 12 },
		{ MSG_VERSION_RESPONSE, offsetof(struct msg_version_response, monitor_to_guest),
			sizeof(struct msg_version_response) },
	};
	uint32_t type = 0;

	memcpy(&type, due, len < sizeof(type) ? len : sizeof(type));
	for (unsigned int i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (ours[i].type == type && ours[i].to <= len)
			memcpy(p + ours[i].from, due + ours[i].from, ours[i].to - ours[i].from);
}

size_t book_packet(uint8_t *p, size_t room, const uint8_t *due, size_t len, const struct book_line *line)
{
	struct packet_header now, then;
	size_t head, from;

	if (len < sizeof(now) || line->len < sizeof(then))
		return 0;
	memcpy(&now, due, sizeof(now));
	memcpy(&then, line->bytes, sizeof(then));
	head = now.offset8 * 8u;
	from = then.offset8 * 8u;
	if (head > len || head < sizeof(now) || from > line->len || from < sizeof(then) ||
	    head + line->len - from > room)
		return 0;
	memcpy(p, due, head);
	memcpy(p + head, line->bytes + from, line->len - from);
	len = head + line->len - from;
	now.len8 = (len + 7) / 8;
	memcpy(p, &now, sizeof(now));
	return len;
}
