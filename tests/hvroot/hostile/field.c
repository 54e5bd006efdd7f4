// SPDX-License-Identifier: GPL-2.0-only
/* Where in a message a lie stands, and which number it is. */
#include <endian.h>
#include <string.h>
#include "hostile/strike.h"

#define LENGTH_MAX	0x10000u
#define SHORT		128

uint64_t hostile_number(const uint8_t *p, size_t len, size_t at)
{
	uint32_t v = 0;

	memcpy(&v, p + at, at + 4 <= len ? 4 : len - at);
	return v;
}

uint64_t hostile_value(uint64_t *r, const uint8_t *p, size_t len, uint64_t old)
{
	static const uint32_t odd[] = {
		0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 31, 32, 63, 64, 127, 128, 255, 256, 2047, 2048, 4095, 4096, 4097,
		0x7fff, 0x8000, 0xffff, 0x10000, 0x100000, 0x7fffffff, 0x80000000, 0x80000001, 0xfffffff0, 0xfffffff8,
		0xffffffff,
	};

	switch (hostile_next(r) % 8) {
	case 0:
		return 0;
	case 1: case 2:
		return odd[hostile_next(r) % (sizeof(odd) / sizeof(odd[0]))];
	case 3:
		return len + hostile_next(r) % 33 - 16;
	case 4:
		return old + hostile_next(r) % 17 - 8;
	case 5:
		return old ^ 1ull << hostile_next(r) % 32;
	case 6:
		return len ? hostile_number(p, len, hostile_next(r) % len & ~3ull) : 0;
	default:
		return hostile_next(r);
	}
}

/*
 * A field that holds a length, an offset, a count: a small number that is not 0, of either byte order. Long
 * messages are zeros and text for the most part, where chance would look for ever. Its size, or 0.
 */
static size_t find_length(uint64_t *r, const uint8_t *p, size_t len, size_t head, uint32_t *at)
{
	size_t from = len > head ? hostile_next(r) % len & ~1ull : 0;

	for (size_t n = 0; len > head && n < len; n += 2) {
		size_t i = (from + n) % len & ~1ull;
		uint32_t v = hostile_number(p, len, i);

		*at = i;
		if (i < head || i + 2 > len)
			continue;
		if (!(i & 3) && i + 4 <= len && v && (v <= LENGTH_MAX || be32toh(v) <= LENGTH_MAX))
			return 4;
		if ((v & 0xffff) && (v & 0xffff) < 0x2000)
			return 2;
	}
	return 0;
}

static size_t any_place(uint64_t *r, size_t len, uint32_t *at)
{
	static const uint8_t sizes[8] = { 1, 1, 2, 2, 4, 4, 4, 8 };
	static const uint16_t near[] = { 48, 48, 128, 0xffff };	/* those in front matter most */
	size_t most = near[hostile_next(r) % 4], size = sizes[hostile_next(r) % 8];

	if (most > len)
		most = len;
	*at = most > size ? hostile_next(r) % (most - size + 1) : 0;
	if (hostile_next(r) % 8)	/* fields lie at multiples of their size */
		*at &= ~(size - 1);
	return size;
}

void hostile_change(uint64_t *r, const uint8_t *p, size_t len, size_t head, struct strike *s)
{
	unsigned int often = len <= SHORT ? 4 : 2;	/* of a short one most is zeros that nobody reads */
	size_t size = hostile_next(r) % often ? find_length(r, p, len, head, &s->at) : 0;

	if (!size)
		size = any_place(r, len, &s->at);
	s->op = size == 1 ? OP_SET1 : size == 2 ? OP_SET2 : size == 4 ? OP_SET4 : OP_SET8;
	s->value = hostile_value(r, p, len, s->at < len ? hostile_number(p, len, s->at) : 0);
	if (size < 8)
		s->value &= (1ull << size * 8) - 1;
}
