/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * counters.h - numbers that `counters` prints as name=value lines.
 */
#ifndef HVROOT_COUNTERS_H
#define HVROOT_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct reply;

/* Embed or make static; counted on any thread, (un)registered on the loop thread. */
struct counter {
	const char *name;
	_Atomic uint64_t value;
	struct counter *next;
};

void counter_register(struct counter *c);
void counter_unregister(struct counter *c);

static inline void counter_add(struct counter *c, uint64_t n)
{
	atomic_fetch_add_explicit(&c->value, n, memory_order_relaxed);
}

static inline uint64_t counter_get(struct counter *c)
{
	return atomic_load_explicit(&c->value, memory_order_relaxed);
}

/*
 * For numbers that are not a struct counter (per channel, ratios): @print adds
 * its lines to @r; with @reset it sets them to zero and prints nothing.
 */
void counters_provider(void (*print)(struct reply *r, bool reset, void *ctx), void *ctx);

/* The VMM's own: a ratio may want them. */
extern struct counter counter_messages_in;	/* posts of the guest that were taken */
extern struct counter counter_messages_out;	/* messages written to a slot */
extern struct counter counter_signals;		/* guest signals, merged ones too */
extern struct counter counter_interrupts;	/* SINT raised for an event flag or a message */

void counters_init(void);

#endif
