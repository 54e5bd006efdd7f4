// SPDX-License-Identifier: GPL-2.0-only
/* random.c - reproducible choices, out of a seed or out of the bytes of a fuzzer. */
#include "fuzz.h"

static uint64_t state;
static const uint8_t *fed;	/* not NULL: choices are these bytes */
static size_t fed_left;

void random_start(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ull + 1;
	fed = NULL;
}

void random_feed(const void *data, size_t len)
{
	fed = data;
	fed_left = len;
}

size_t random_left(void)
{
	return fed_left;
}

static uint32_t take(unsigned int bytes)
{
	uint32_t v = 0;

	while (bytes-- && fed_left) {
		v = v << 8 | *fed++;
		fed_left--;
	}
	return v;
}

uint32_t rnd(void)
{
	if (fed)
		return take(4);
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

/* As few bytes as the choice needs, so that a fuzzer sees what a byte does. */
uint32_t below(uint32_t n)
{
	if (fed)
		return take(n <= 256 ? 1 : n <= 65536 ? 2 : 4) % n;
	return rnd() % n;
}

bool one_in(uint32_t n)
{
	return below(n) == 0;
}

uint32_t nasty(void)
{
	static const uint32_t some[] = {
		0, 1, 7, 8, 0x7f, 0x80, 0xff, 0x100, 0xfff, 0x1000, 0x7fff, 0x8000, 0xffff,
		0x10000, 0x7fffffff, 0x80000000, 0xfffffff8, 0xffffffff,
	};

	return one_in(3) ? rnd() : some[below(sizeof(some) / sizeof(some[0]))] + below(3) - 1;
}
