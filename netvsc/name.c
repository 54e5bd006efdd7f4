// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name that the host's administrator gave the NIC, as UTF-8.  Pure.
 */
#include <linux/string.h>
#include "name.h"

#define REPLACEMENT	0xfffd	/* half of a pair without the other half */

/* What hosts call a NIC that nobody has named: it says nothing. */
static const char default_name[] = "Network Adapter";

static u32 unit(const u8 *p)
{
	return p[0] | p[1] << 8;
}

/* The character at @p, of which @left bytes are there; returns the bytes that it took. */
static u32 get_char(const u8 *p, u32 left, u32 *c)
{
	u32 low;

	*c = unit(p);
	if ((*c & 0xf800) != 0xd800)
		return 2;
	low = left >= 4 ? unit(p + 2) : 0;
	if ((*c & 0x400) || (low & 0xfc00) != 0xdc00) {
		*c = REPLACEMENT;
		return 2;
	}
	*c = 0x10000 + ((*c & 0x3ff) << 10 | (low & 0x3ff));
	return 4;
}

/* Length of the character in UTF-8, which is written if it fits into @cap; else 0. */
static u32 put_char(char *to, u32 cap, u32 c)
{
	u32 len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4, i;

	if (len > cap)
		return 0;
	for (i = len - 1; i; i--, c >>= 6)
		to[i] = 0x80 | (c & 0x3f);
	to[0] = len == 1 ? c : 0xf00 >> len | c;
	return len;
}

/**
 * nv_friendly_name() - read the answer to a query of the friendly name
 * @text: UTF-16, little-endian, up to a zero or the end
 * @len: its length
 * @name: gets it in UTF-8, not terminated; cut between characters if it is too long
 * @cap: room there
 *
 * Control characters become question marks: the name is shown to users.
 * Return: length of the name; 0 if there is none worth showing.
 */
u32 nv_friendly_name(const u8 *text, u32 len, char *name, u32 cap)
{
	u32 at = 0, out = 0, n, c;

	while (at + 2 <= len) {
		at += get_char(text + at, len - at, &c);
		if (!c)
			break;
		if (c < ' ' || (c >= 0x7f && c < 0xa0))
			c = '?';
		n = put_char(name + out, cap - out, c);
		if (!n)
			break;
		out += n;
	}
	if (out == sizeof(default_name) - 1 && !memcmp(name, default_name, out))
		return 0;
	return out;
}
