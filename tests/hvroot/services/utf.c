// SPDX-License-Identifier: GPL-2.0-only
/* UTF-8 and UTF-16; percent signs in words of commands. Pure. */
#include <stdio.h>
#include <string.h>
#include "services/utf.h"

#define REPLACEMENT 0xFFFDu

/* The next character of UTF-8; its length, 0 when it is none. */
static unsigned int utf8_next(const uint8_t *p, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned int n;

	if (*p < 0x80)
		n = 1;
	else if (*p >= 0xC0 && *p < 0xE0)
		n = 2;
	else if (*p >= 0xE0 && *p < 0xF0)
		n = 3;
	else if (*p >= 0xF0 && *p < 0xF8)
		n = 4;
	else
		return 0;
	*c = n == 1 ? *p : *p & (0x7F >> n);
	for (unsigned int i = 1; i < n; i++) {
		if ((p[i] & 0xC0) != 0x80)
			return 0;
		*c = *c << 6 | (p[i] & 0x3F);
	}
	if (*c < least[n] || *c > 0x10FFFF || (*c >= 0xD800 && *c < 0xE000))
		return 0;
	return n;
}

static void put16(uint8_t *to, uint32_t unit)
{
	to[0] = unit;
	to[1] = unit >> 8;
}

long utf16_put(void *to, size_t cap, const char *text)
{
	const uint8_t *p = (const uint8_t *)text;
	uint8_t *out = to;
	size_t at = 0;

	while (*p) {
		uint32_t c;
		unsigned int n = utf8_next(p, &c), units = 1;

		if (n && c > 0xFFFF)
			units = 2;
		if (!n || at + 2 * units + 2 > cap)
			return -1;
		if (units == 2) {
			put16(out + at, 0xD800 + ((c - 0x10000) >> 10));
			put16(out + at + 2, 0xDC00 + (c & 0x3FF));
		} else {
			put16(out + at, c);
		}
		at += 2 * units;
		p += n;
	}
	if (at + 2 > cap)
		return -1;
	put16(out + at, 0);
	return at + 2;
}

static uint32_t get16(const uint8_t *p)
{
	return p[0] | p[1] << 8;
}

static unsigned int utf8_put(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = 0xC0 | c >> 6;
		to[1] = 0x80 | (c & 0x3F);
		return 2;
	}
	if (c < 0x10000) {
		to[0] = 0xE0 | c >> 12;
		to[1] = 0x80 | (c >> 6 & 0x3F);
		to[2] = 0x80 | (c & 0x3F);
		return 3;
	}
	to[0] = 0xF0 | c >> 18;
	to[1] = 0x80 | (c >> 12 & 0x3F);
	to[2] = 0x80 | (c >> 6 & 0x3F);
	to[3] = 0x80 | (c & 0x3F);
	return 4;
}

size_t utf16_get(char *to, size_t cap, const void *from, size_t bytes)
{
	const uint8_t *p = from;
	size_t at = 0;

	for (size_t i = 0; i + 1 < bytes; i += 2) {
		uint32_t c = get16(p + i), low = i + 3 < bytes ? get16(p + i + 2) : 0;

		if (!c)
			break;
		if (c >= 0xD800 && c < 0xDC00 && low >= 0xDC00 && low < 0xE000) {
			c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
			i += 2;
		} else if (c >= 0xD800 && c < 0xE000) {
			c = REPLACEMENT;
		}
		if (at + 5 > cap)
			break;
		at += utf8_put(to + at, c);
	}
	if (cap)
		to[at] = 0;
	return at;
}

bool utf16_whole(const void *from, size_t bytes)
{
	const uint8_t *p = from;

	if (bytes < 2 || bytes % 2 || get16(p + bytes - 2))
		return false;
	for (size_t i = 0; i < bytes; i += 2) {
		uint32_t c = get16(p + i);

		if (c < 0xD800 || c >= 0xE000)
			continue;
		i += 2;		/* the last unit is 0, so there is one */
		if (c >= 0xDC00 || get16(p + i) < 0xDC00 || get16(p + i) >= 0xE000)
			return false;
	}
	return true;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int percent_decode(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++) {
		if (*p == '%') {
			int high = digit(p[1]), low = high < 0 ? -1 : digit(p[2]);

			if (low < 0)
				return -1;
			*to++ = high << 4 | low;
			p += 2;
		} else {
			*to++ = *p;
		}
	}
	*to = 0;
	return 0;
}

const char *percent_encode(char *to, size_t cap, const char *text, const char *also)
{
	size_t at = 0;

	for (; *text && at + 4 <= cap; text++) {
		unsigned char c = *text;

		if (c < 0x20 || c == 0x7F || c == '%' || strchr(also, c))
			at += snprintf(to + at, cap - at, "%%%02X", c);
		else
			to[at++] = c;
	}
	if (cap)
		to[at] = 0;
	return to;
}
