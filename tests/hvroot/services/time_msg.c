// SPDX-License-Identifier: GPL-2.0-only
/* Time messages: units, both forms. Pure. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "services/time_msg.h"

#define SECONDS_MAX 30000000000ll	/* some 950 years either way */

int time_seconds_parse(const char *text, int64_t *units)
{
	int64_t whole = 0, part = 0, unit = TIME_UNITS;
	const char *p = text;
	int sign = 1, digits = 0;

	if (*p == '-' || *p == '+')
		sign = *p++ == '-' ? -1 : 1;
	for (; *p >= '0' && *p <= '9' && whole <= SECONDS_MAX; p++, digits++)
		whole = whole * 10 + (*p - '0');
	if (*p == '.')
		for (p++; *p >= '0' && *p <= '9' && unit > 1; p++, digits++) {
			unit /= 10;
			part += unit * (*p - '0');
		}
	if (*p || !digits || whole > SECONDS_MAX)
		return -1;
	*units = sign * (whole * TIME_UNITS + part);
	return 0;
}

size_t time_put(void *to, struct ic_version version, const struct time_sample *s)
{
	uint64_t host = s->unix_time + TIME_UNIX_EPOCH;
	struct ic_time old = { .host = host, .flags = s->flags };
	struct ic_time4 new = {
		.host = host, .reference = s->reference, .flags = s->flags, .leap = s->leap,
		.stratum = s->stratum,
	};

	if (version.major < 4) {
		memcpy(to, &old, sizeof(old));
		return sizeof(old);
	}
	memcpy(to, &new, sizeof(new));
	return sizeof(new);
}

const char *time_text(uint64_t host, char *text, size_t size)
{
	int64_t units = host - TIME_UNIX_EPOCH;
	int64_t part = units % TIME_UNITS;
	time_t t = units / TIME_UNITS;
	struct tm tm;

	if (part < 0) {
		part += TIME_UNITS;
		t--;
	}
	if (!gmtime_r(&t, &tm))
		snprintf(text, size, "never");
	else
		snprintf(text, size, "%04d-%02d-%02d %02d:%02d:%02d.%07lld", tm.tm_year + 1900,
			 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
			 (long long)part);
	return text;
}
