// SPDX-License-Identifier: GPL-2.0-only
/* iobus.c - port I/O: devices claim ranges, vCPU threads dispatch. */
#include <stdlib.h>
#include <string.h>

#include "loop/log.h"
#include "machine/kvm/iobus.h"

#define CLAIMS_MAX	16

struct claim {
	uint16_t base, len;
	iobus_fn fn;
	void *ctx;
};

static struct claim claims[CLAIMS_MAX];
static unsigned int nclaims;

void iobus_claim(uint16_t base, uint16_t len, iobus_fn fn, void *ctx)
{
	if (nclaims == CLAIMS_MAX)
		abort();	/* a fixed number of devices, all ours */
	claims[nclaims++] = (struct claim){ base, len, fn, ctx };
}

static const struct claim *find_claim(uint16_t port)
{
	for (unsigned int i = 0; i < nclaims; i++)
		if (port >= claims[i].base && port - claims[i].base < claims[i].len)
			return &claims[i];
	return NULL;
}

void iobus_io(uint16_t port, bool write, unsigned int size, unsigned int count, void *data)
{
	const struct claim *c = find_claim(port);
	uint8_t *p = data;

	if (!c && trace_verbose())
		trace("PORT", "%s %#x, nobody there", write ? "out" : "in", port);
	for (; count; count--, p += size) {
		uint32_t value = write ? 0 : ~0u;

		if (write)
			memcpy(&value, p, size);
		if (c)
			value = c->fn(c->ctx, port, write, size, value);
		if (!write)
			memcpy(p, &value, size);
	}
}
