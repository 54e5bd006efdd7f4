/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots of a queue's transmit requests.  Free ones are taken under the queue's
 * transmit lock and put back by its NAPI, without a lock between the two; who may
 * end a request is decided by its owner (owner.h).
 */
#ifndef _NETVSC_TX_SLOT_H
#define _NETVSC_TX_SLOT_H

#include "netvsc.h"

#define NV_LOW_SLOTS	2
#define NV_ASKS_ANSWER	VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED
#define NV_AGAIN_MS	20	/* for hosts that do not signal room */

/* What to send: a buffer of the stack, or the frame of a program. */
struct nv_payload {
	struct sk_buff *skb;
	struct xdp_frame *frame;
};

u8 *nv_train_room(struct nv_queue *q, struct netdev_queue *txq, u32 len);
void nv_unsent(struct nv_queue *q, u32 bytes);
void nv_tx_later(struct nv_queue *q);

/* tx_uso.c */
bool nv_uso_fits(const struct nv_conn *conn, const struct sk_buff *skb);
int nv_send_uso(struct nv_queue *q, struct netdev_queue *txq, struct sk_buff *skb,
		struct nv_tx_meta *m);

void nv_tx_account(struct nv_tx_stats *st, u32 packets, u32 bytes, bool lso);
int nv_send_pages(struct nv_queue *q, const struct nv_payload *p,
		  const u8 *head, u32 head_len);

/* A queue stops when there is less room than this for requests in its ring, of all that it has. */
static inline u32 nv_low_room(const struct hv_ring_buffer_info *ring)
{
	return ring->ring_datasize / 8;
}

/* With so much it goes on. */
static inline u32 nv_high_room(const struct hv_ring_buffer_info *ring)
{
	return ring->ring_datasize / 4;
}

/* The host has it from here on; the id of its packet. */
static inline u64 nv_slot_give(struct nv_slot *s, u32 slot)
{
	u64 id = NV_ID(NV_ID_TX, nv_owner_next(&s->owner), slot);

	nv_owner_give(&s->owner);
	return id;
}

/* What nv_slot_give() gave, if nobody was faster. */
static inline bool nv_slot_take(struct nv_slot *s, u64 id)
{
	return nv_owner_take(&s->owner, NV_ID_GEN(id));
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
