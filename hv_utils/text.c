// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text of the host (UTF-16LE, ends with a zero) and of daemons (UTF-8, ends
 * with a zero).  Pure.
 *
 * Names of files and lists of addresses are taken as they are or not at all: a
 * path that is cut is another path.  Facts are taken as well as they can be,
 * since a fact that is cut says more than none, and a host that lists facts
 * ends at the first that fails: a text ends with its field at the latest, what
 * is no character becomes U+FFFD, and what does not fit is cut between two
 * characters.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "text.h"

static bool is_lead(u32 unit)
{
	return (unit & 0xfc00) == 0xd800;
}

static bool is_trail(u32 unit)
{
	return (unit & 0xfc00) == 0xdc00;
}

static u32 get_unit(const u8 *in)
{
	return in[0] | in[1] << 8;
}

static void put_unit(u8 *out, u32 unit)
{
	out[0] = unit;
	out[1] = unit >> 8;
}

/* Next character of UTF-16, which becomes 0 at the end.  Returns the bytes it took. */
static int get_utf16(const u8 *in, u32 size, u32 *c)
{
	u32 trail;

	if (size < 2)
		return -EINVAL;		/* no zero at the end */
	*c = get_unit(in);
	if (is_trail(*c))
		return -EILSEQ;
	if (!is_lead(*c))
		return 2;
	if (size < 4)
		return -EILSEQ;
	trail = get_unit(in + 2);
	if (!is_trail(trail))
		return -EILSEQ;
	*c = 0x10000 + ((*c & 0x3ff) << 10 | (trail & 0x3ff));
	return 4;
}

static u32 put_utf16(u8 *out, u32 c)
{
	if (c < 0x10000) {
		put_unit(out, c);
		return 2;
	}
	c -= 0x10000;
	put_unit(out, 0xd800 | c >> 10);
	put_unit(out + 2, 0xdc00 | (c & 0x3ff));
	return 4;
}

static u32 utf8_len(u32 c)
{
	return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

static void put_utf8(u8 *out, u32 c, u32 len)
{
	static const u8 first[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	u32 i;

	for (i = len - 1; i; i--, c >>= 6)
		out[i] = 0x80 | (c & 0x3f);
	out[0] = first[len] | c;
}

/* How many bytes a character has by its first; 0 if it cannot be a first byte. */
static u32 utf8_len_of(u8 first)
{
	if (first < 0x80)
		return 1;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

/* Next character of UTF-8, of which there is at least the zero.  Returns the bytes it took. */
static int get_utf8(const u8 *in, u32 size, u32 *c)
{
	u32 len = utf8_len_of(in[0]), i;

	if (!len || len > size)
		return -EILSEQ;
	*c = len == 1 ? in[0] : in[0] & (0x7f >> len);
	for (i = 1; i < len; i++) {
		if ((in[i] & 0xc0) != 0x80)
			return -EILSEQ;
		*c = *c << 6 | (in[i] & 0x3f);
	}
	/* longer than need be, past the last one, or half of a UTF-16 pair */
	if (utf8_len(*c) != len || *c > 0x10ffff || (*c & 0x1ff800) == 0xd800)
		return -EILSEQ;
	return len;
}

/**
 * text_from_host() - UTF-16LE to UTF-8
 * @in: text that ends with a zero
 * @size: bytes there
 * @out: gets the text and its zero
 * @room: bytes there
 *
 * Return: bytes written, with the zero; -EINVAL if there is no zero; -EILSEQ
 * if it is not UTF-16; -EMSGSIZE if there is no room for it.
 */
int text_from_host(const u8 *in, u32 size, u8 *out, u32 room)
{
	u32 at = 0, len, c;
	int took;

	do {
		took = get_utf16(in, size, &c);
		if (took < 0)
			return took;
		len = utf8_len(c);
		if (len > room - at)
			return -EMSGSIZE;
		put_utf8(out + at, c, len);
		at += len;
		in += took;
		size -= took;
	} while (c);
	return at;
}

#define NO_CHARACTER	0xfffd	/* in the place of what is none */

/**
 * text_fit_from_host() - as much as can be had of UTF-16LE as UTF-8
 * @in: text that ends with a zero, or with @size
 * @size: bytes there
 * @out: gets as much of the text as there is room for, and a zero
 * @room: bytes there, at least one
 *
 * Return: bytes written, with the zero.
 */
u32 text_fit_from_host(const u8 *in, u32 size, u8 *out, u32 room)
{
	u32 at = 0, len, c;
	int took;

	while (size >= 2) {
		took = get_utf16(in, size, &c);
		if (took < 0) {
			took = 2;
			c = NO_CHARACTER;
		}
		len = utf8_len(c);
		/* the zero needs room as well */
		if (!c || len + 1 > room - at)
			break;
		put_utf8(out + at, c, len);
		at += len;
		in += took;
		size -= took;
	}
	out[at] = 0;
	return at + 1;
}

/**
 * text_fit_to_host() - as much as can be had of UTF-8 as UTF-16LE
 * @in: text that ends with a zero, or with @size
 * @size: bytes there
 * @out: gets as much of the text as there is room for, and a zero
 * @room: bytes there, at least two
 *
 * Return: bytes written, with the zero.
 */
u32 text_fit_to_host(const u8 *in, u32 size, u8 *out, u32 room)
{
	u32 at = 0, c;
	int took;

	while (size) {
		took = get_utf8(in, size, &c);
		if (took < 0) {
			took = 1;
			c = NO_CHARACTER;
		}
		if (!c || (c < 0x10000 ? 4 : 6) > room - at)
			break;
		at += put_utf16(out + at, c);
		in += took;
		size -= took;
	}
	put_unit(out + at, 0);
	return at + 2;
}
