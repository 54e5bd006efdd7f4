// SPDX-License-Identifier: GPL-2.0-only
/* Bytes that a strike changes. */
#include <string.h>
#include "hostile/strike.h"

bool hostile_spoil(uint8_t *p, size_t *len, size_t cap, const struct strike *s)
{
	size_t size;

	switch (s->op) {
	case OP_CUT:
		if (s->at < *len)
			*len = s->at;
		return true;
	case OP_SET1: case OP_SET2: case OP_SET4: case OP_SET8:
		size = 1u << (s->op - OP_SET1);
		if (s->at + size <= cap && s->at < *len)
			memcpy(p + s->at, &s->value, size);
		return true;
	default:
		return false;
	}
}
