// SPDX-License-Identifier: GPL-2.0-only
/*
 * Slots of transmit requests: each queue has its own, the first of them with a
 * section of the send buffer.
 */
#include <linux/gfp.h>
#include "tx_slot.h"

static int nv_free_init(struct nv_free *f, u32 first, u32 count)
{
	u16 *slot = kvmalloc_array(nv_free_room(count), sizeof(*slot), GFP_KERNEL);

	if (!slot)
		return -ENOMEM;
	nv_free_fill(f, slot, first, count);
	return 0;
}

/* Pages whose addresses are told to the host for each frame, so they are not looked up. */
static int nv_heads_init(struct nv_tx *tx)
{
	u32 i;

	for (i = 0; i < NV_TX_HEAD_PAGES; i++) {
		tx->heads[i] = (u8 *)get_zeroed_page(GFP_KERNEL);
		if (!tx->heads[i])
			return -ENOMEM;
	}
	return 0;
}

static void nv_heads_free(struct nv_tx *tx)
{
	u32 i;

	for (i = 0; i < NV_TX_HEAD_PAGES; i++)
		free_page((unsigned long)tx->heads[i]);
}

/**
 * nv_tx_init - make a queue ready to send
 * @q: the queue
 * @first_section: of the send buffer, of those that are this queue's
 * @sections: how many
 *
 * NAPI runs already: until the queue is ready, no completion finds a slot of it, and no
 * program sends by it.  What is more than NV_TX_SECTIONS_MAX sections stays unused.
 *
 * Return: 0 or -ENOMEM; nv_tx_free() cleans up in any case.
 */
int nv_tx_init(struct nv_queue *q, u32 first_section, u32 sections)
{
	struct nv_tx *tx = &q->tx;
	u32 slots;

	sections = nv_tx_sections(sections);
	slots = sections + NV_TX_SLOTS;
	tx->sections = sections;
	tx->first_section = first_section;
	tx->slot = kvcalloc(slots, sizeof(*tx->slot), GFP_KERNEL);
	if (!tx->slot || nv_heads_init(tx) || nv_free_init(&tx->with, 0, sections) ||
	    nv_free_init(&tx->without, sections, NV_TX_SLOTS))
		return -ENOMEM;
	/* pairs with the acquires in nv_tx_completion() and nv_tx_xdp() */
	smp_store_release(&tx->slots, slots);
	return 0;
}

/**
 * nv_tx_abandon - free what the host had on a channel that is closed, and gives back no more
 * @q: the queue
 *
 * Whoever sent it may wait for that: a socket has no room meanwhile, and TCP sends nothing
 * again that it takes for still on its way.  The slots are used no more.
 *
 * Context: NAPI rests; nobody sends by the queue, or the caller has its transmit lock.
 * Return: how many packets that were.
 */
u32 nv_tx_abandon(struct nv_queue *q)
{
	struct nv_tx *tx = &q->tx;
	u32 i, packets = 0;

	nv_tx_later(q);
	for (i = 0; i < tx->slots; i++) {
		if (!nv_owner_take_left(&tx->slot[i].owner))
			continue;
		packets += tx->slot[i].packets;
		nv_slot_data_free(&tx->slot[i], 0);
	}
	return packets;
}

/* The host no longer uses any of it. */
void nv_tx_free(struct nv_queue *q)
{
	struct nv_tx *tx = &q->tx;

	nv_tx_abandon(q);
	kvfree(tx->slot);
	kvfree(tx->with.slot);
	kvfree(tx->without.slot);
	nv_heads_free(tx);
	memset(tx, 0, sizeof(*tx));
}
