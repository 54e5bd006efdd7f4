/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots of a queue's transmit requests.  Free ones are taken under the queue's
 * transmit lock and put back by its NAPI, without a lock between the two.
 */
#ifndef _NETVSC_TX_SLOT_H
#define _NETVSC_TX_SLOT_H

#include "netvsc.h"

/* What to send: a buffer of the stack, or the frame of a program. */
struct nv_payload {
	struct sk_buff *skb;
	struct xdp_frame *frame;
};

int nv_send_pages(struct nv_queue *q, const struct nv_payload *p,
		  const u8 *head, u32 head_len);

static inline u32 nv_free_count(const struct nv_free *f)
{
	return READ_ONCE(f->put) - READ_ONCE(f->take);
}

static inline bool nv_free_peek(const struct nv_free *f, u32 *slot)
{
	/* pairs with the release in nv_free_put(): the slot is ours entirely */
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

static inline void nv_slot_data_free(struct nv_slot *s, int budget)
{
	if (s->data && s->xdp)
		xdp_return_frame(s->data);
	else if (s->data)
		napi_consume_skb(s->data, budget);
	s->data = NULL;
}

#endif
