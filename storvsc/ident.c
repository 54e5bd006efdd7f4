// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a LUN says about itself: which one it is, how large it is (pure: no device, no
 * locks, no sleeping).  All of it comes from the host and is checked.
 */
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "ident.h"

#define IDENT_HEADER	4	/* bytes, of the page and of each designator */

/* Names that tell logical units apart, the best first: NAA, EUI-64, SCSI name, T10 vendor. */
static const u8 ident_types[] = { 3, 2, 8, 1 };

/*
 * The next designator of @type that names the logical unit, in a page of @len bytes; *@at is
 * where to look, and is moved behind it.  NULL if there is none.
 */
static const u8 *ident_next(const u8 *page, u32 len, u8 type, u32 *at)
{
	u32 end = len;

	if (len >= IDENT_HEADER)
		end = min(len, IDENT_HEADER + ((u32)page[2] << 8 | page[3]));
	while (*at < end && end - *at > IDENT_HEADER) {
		const u8 *d = page + *at;
		u32 bytes = IDENT_HEADER + d[3];

		if (bytes > end - *at)
			return NULL;
		*at += bytes;
		/* the name of a port is not the unit's, which others lead to as well */
		if (d[3] && !(d[1] >> 4 & 3) && (d[1] & 0xf) == type)
			return d;
	}
	return NULL;
}

/* Both have names of a type: 1 if one is in both pages, 0 if not; -1 if one has no such name. */
static int ident_compare(const u8 *a, u32 a_len, const u8 *b, u32 b_len, u8 type)
{
	u32 i = IDENT_HEADER;
	const u8 *one, *other;
	int found = -1;

	while ((one = ident_next(a, a_len, type, &i))) {
		u32 j = IDENT_HEADER;

		while ((other = ident_next(b, b_len, type, &j))) {
			if ((one[0] & 0xf) == (other[0] & 0xf) && one[3] == other[3] &&
			    !memcmp(one + IDENT_HEADER, other + IDENT_HEADER, one[3]))
				return 1;
			found = 0;
		}
	}
	return found;
}

/**
 * stor_ident_same() - may two identification pages (VPD 83h) be of one logical unit
 * @a: one page, with its header
 * @a_len: bytes of it
 * @b: the other
 * @b_len: bytes of it
 *
 * The best kind of name that both have decides.
 *
 * Return: false only if both name logical units, and different ones.
 */
bool stor_ident_same(const u8 *a, u32 a_len, const u8 *b, u32 b_len)
{
	unsigned int i;
	int same = -1;

	for (i = 0; i < ARRAY_SIZE(ident_types) && same < 0; i++)
		same = ident_compare(a, a_len, b, b_len, ident_types[i]);
	return same;
}

static u64 ident_number(const u8 *at, unsigned int bytes)
{
	u64 n = 0;

	while (bytes--)
		n = n << 8 | *at++;
	return n;
}

/**
 * stor_ident_sectors() - how large a disk is
 * @data: answer to READ CAPACITY
 * @len: bytes of it
 * @sixteen: to the long form
 *
 * Return: sectors of 512 bytes; 0 if the answer does not tell.
 */
u64 stor_ident_sectors(const u8 *data, u32 len, bool sixteen)
{
	unsigned int bytes = sixteen ? 8 : 4;
	u64 last, block;

	if (len < bytes + 4)
		return 0;
	last = ident_number(data, bytes);
	block = ident_number(data + bytes, 4);
	if (block < 512 || block > 4096 || block & (block - 1))
		return 0;
	if (last >= (sixteen ? U64_MAX >> 12 : U32_MAX))
		return 0;
	return (last + 1) * (block / 512);
}
