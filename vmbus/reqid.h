/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Transaction ids: numbers handed to the host in place of pointers. Pure.
 */
#ifndef _HV_REQID_H
#define _HV_REQID_H

#include <linux/types.h>

/**
 * struct reqid_table - the requests in flight on one channel
 * @value: what a busy slot stands for; in a free slot the next free one
 * @gen: generation per slot, odd while busy; part of the id, so that an
 *	answer to a request long retired does not hit its successor
 * @size: slots, below 2^32 - 1
 * @free: first free slot, @size if none
 * @used: busy slots
 */
struct reqid_table {
	u64 *value;
	u16 *gen;
	u32 size;
	u32 free;
	u32 used;
};

/* Never an id: 0 marks a message that the host sends of its own accord. */
#define REQID_NONE	0

void reqid_reset(struct reqid_table *t, u64 *value, u16 *gen, u32 size);
u64 reqid_get(struct reqid_table *t, u64 value);
int reqid_peek(const struct reqid_table *t, u64 id, u64 *value);
int reqid_put(struct reqid_table *t, u64 id, u64 *value);

#endif
