/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * delay.h - messages that are put off, in order. Pure: the caller tells the time, and
 * looks again when delay_next() says.
 */
#ifndef HVROOT_DELAY_H
#define HVROOT_DELAY_H

#include <stdbool.h>
#include <stdint.h>

/* Who must not overtake whom: all that a slow host says, or messages of one type. */
#define DELAY_ALL 0

struct delay {
	struct delay *next;
	int64_t due;		/* in ms */
	uint32_t order;		/* DELAY_ALL, or a message's type */
};

struct delays {
	struct delay *first;
};

/*
 * Put @d off by @ms from @now: never before one of the same order that came before,
 * and after all that are due at the same time.
 */
void delay_add(struct delays *q, struct delay *d, int64_t now, unsigned int ms, uint32_t order);
/* The first whose time has come, out of the queue; NULL: none. */
struct delay *delay_pop(struct delays *q, int64_t now);
/* Milliseconds until delay_pop() has something; -1: the queue is empty. */
int64_t delay_next(const struct delays *q, int64_t now);
/* Does one of this order wait? */
bool delay_waits(const struct delays *q, uint32_t order);

#endif
