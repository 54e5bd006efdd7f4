// SPDX-License-Identifier: GPL-2.0-only
/* random.c - reproducible choices. */
#include "fuzz.h"

static uint64_t state;

void random_start(uint64_t seed)
{
	state = seed * 0x9e3779b97f4a7c15ull + 1;
}

uint32_t rnd(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state >> 16;
}

uint32_t below(uint32_t n)
{
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
