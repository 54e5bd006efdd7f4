// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record of a case: its seed, one line for each strike, "NAME N OP AT VALUE", and for
 * what happens by itself "at MS WHAT... HEX". As a script it is done again, and
 * lines may be left out of it.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "hostile/strike.h"

#define LINE	16640	/* of the longest packet, in hex */

struct due {
	struct due *next;
	uint64_t ms;
	size_t len;
	char what[64];
	uint8_t bytes[];
};

static struct due *dues, **dues_end;

int hostile_record(const char *path)
{
	hostile.record = fopen(path, "we");
	if (!hostile.record)
		return -1;
	/* each lie is in the file before the guest, or the server, can die of it */
	setvbuf(hostile.record, NULL, _IOLBF, 0);
	fprintf(hostile.record, "# seed %llu\n", (unsigned long long)hostile.seed);
	return 0;
}

void hostile_say(const char *fmt, ...)
{
	va_list ap;

	if (!hostile.record)
		return;
	fprintf(hostile.record, "at %llu ", (unsigned long long)hostile_ms());
	va_start(ap, fmt);
	vfprintf(hostile.record, fmt, ap);
	va_end(ap);
	fputc('\n', hostile.record);
}

void hostile_say_bytes(const char *what, const void *p, size_t len)
{
	const uint8_t *b = p;

	if (!hostile.record)
		return;
	fprintf(hostile.record, "at %llu %s ", (unsigned long long)hostile_ms(), what);
	for (size_t i = 0; i < len; i++)
		fprintf(hostile.record, "%02x", b[i]);
	fputc('\n', hostile.record);
}

static size_t from_hex(const char *text, uint8_t *p, size_t cap)
{
	unsigned int byte;
	size_t n = 0;

	while (n < cap && sscanf(text + 2 * n, "%2x", &byte) == 1)
		p[n++] = byte;
	return n;
}

/* "at MS WHAT... [HEX]": a word of WHAT has no digits alone but for sub-channels */
static bool take_due(const char *line)
{
	const char *hex = strrchr(line, ' ');
	size_t cap = hex ? strlen(hex) / 2 : 0;
	struct due *d = cap <= LINE / 2 ? calloc(1, sizeof(*d) + cap) : NULL;
	unsigned long long ms;
	int at = 0;

	if (!d || !hex || sscanf(line, "at %llu %n", &ms, &at) != 1 || hex - line <= at ||
	    hex - line - at >= (long)sizeof(d->what)) {
		free(d);
		return false;
	}
	d->ms = ms;
	snprintf(d->what, sizeof(d->what), "%.*s", (int)(hex - line - at), line + at);
	d->len = from_hex(hex + 1, d->bytes, cap);
	*dues_end = d;
	dues_end = &d->next;
	return true;
}

static bool take_strike(const char *text)
{
	char name[NAME_MAX_], op[16];
	unsigned long long value;
	struct strike s = { 0 };
	unsigned int n, i = 0;

	if (sscanf(text, "%47s %u %15s %u %llx", name, &n, op, &s.at, &value) != 5)
		return false;
	while (i < OPS && strcmp(op, hostile_ops[i]))
		i++;
	s.op = i;
	s.value = value;
	return i < OPS && hostile_add(name, n, &s);
}

int hostile_play(const char *path)
{
	FILE *f = fopen(path, "re");
	static char line[LINE + 128];
	int ret = 0;

	if (!f)
		return -1;
	while (!ret && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!line[0] || line[0] == '#')
			continue;
		if (!(strncmp(line, "at ", 3) ? take_strike(line) : take_due(line)))
			ret = -1;
	}
	fclose(f);
	hostile.playing = true;
	return ret;
}

bool hostile_due(char *what, size_t cap, uint8_t *p, size_t *len)
{
	struct due *d = dues;

	if (!d || d->ms > hostile_ms())
		return false;
	snprintf(what, cap, "%s", d->what);
	memcpy(p, d->bytes, d->len);
	*len = d->len;
	dues = d->next;
	if (!dues)
		dues_end = &dues;
	free(d);
	return true;
}

void hostile_script_begin(void)
{
	dues_end = &dues;
}

void hostile_script_end(void)
{
	while (dues) {
		struct due *d = dues;

		dues = d->next;
		free(d);
	}
	if (hostile.record)
		fclose(hostile.record);
	hostile.record = NULL;
}
