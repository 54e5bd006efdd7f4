/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Numbers of free slots: the sender takes them, completions put them back, without a lock
 * between the two.  Pure.
 */
#ifndef _NETVSC_FREE_LIST_H
#define _NETVSC_FREE_LIST_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define NV_TX_SLOTS	256	/* requests without a section, per queue */
/* A list has 16 bits for a number, and those without a section come last. */
#define NV_TX_SECTIONS_MAX (0xffff - NV_TX_SLOTS)

struct nv_free {
	u16 *slot;
	u32 mask;
	u32 put;	/* written by completions alone */
	u32 take;	/* written under the queue's transmit lock */
};

u32 nv_free_room(u32 count);
void nv_free_fill(struct nv_free *f, u16 *slot, u32 first, u32 count);
u32 nv_tx_sections(u32 sections);

static inline u32 nv_free_count(const struct nv_free *f)
{
	return READ_ONCE(f->put) - READ_ONCE(f->take);
}

static inline bool nv_free_peek(const struct nv_free *f, u32 *slot)
{
	/* pairs with the releases in nv_free_put() and nv_free_fill(): the slot is ours */
	if (smp_load_acquire(&f->put) == f->take)
		return false;
	*slot = f->slot[f->take & f->mask];
	return true;
}

static inline void nv_free_put(struct nv_free *f, u32 slot)
{
	f->slot[f->put & f->mask] = slot;
	/* pairs with the acquire in nv_free_peek() */
	smp_store_release(&f->put, f->put + 1);
}

#endif
