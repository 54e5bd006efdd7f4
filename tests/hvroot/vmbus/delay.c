// SPDX-License-Identifier: GPL-2.0-only
/* Messages that are put off, in order: a host may be slow, but it says things one after the other. */
#include <stddef.h>
#include "vmbus/delay.h"

void delay_add(struct delays *q, struct delay *d, int64_t now, unsigned int ms, uint32_t order)
{
	struct delay **p;

	d->due = now + ms;
	d->order = order;
	for (struct delay *o = q->first; o; o = o->next)
		if (o->order == order && o->due > d->due)
			d->due = o->due;
	for (p = &q->first; *p && (*p)->due <= d->due; p = &(*p)->next)
		;
	d->next = *p;
	*p = d;
}

struct delay *delay_pop(struct delays *q, int64_t now)
{
	struct delay *d = q->first;

	if (!d || d->due > now)
		return NULL;
	q->first = d->next;
	return d;
}

int64_t delay_next(const struct delays *q, int64_t now)
{
	if (!q->first)
		return -1;
	return q->first->due > now ? q->first->due - now : 0;
}

bool delay_waits(const struct delays *q, uint32_t order)
{
	for (const struct delay *d = q->first; d; d = d->next)
		if (d->order == order)
			return true;
	return false;
}
