// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending the frames of XDP programs: copied into a section like every small frame, or
 * as their pages.
 */
#include "netvsc.h"
#include "tx_frame.h"
#include "tx_slot.h"

static void nv_copy_frame(u8 *to, struct xdp_frame *f)
{
	const struct skb_shared_info *s = xdp_get_shared_info_from_frame(f);
	unsigned int i;

	memcpy(to, f->data, f->len);
	to += f->len;
	for (i = 0; xdp_frame_has_frags(f) && i < s->nr_frags; i++) {
		memcpy(to, skb_frag_address(&s->frags[i]), skb_frag_size(&s->frags[i]));
		to += skb_frag_size(&s->frags[i]);
	}
}

/* A frame that no section can hold, behind those that wait in one. */
static int nv_tx_xdp_pages(struct nv_queue *q, struct netdev_queue *txq,
			   struct xdp_frame *f, const u8 *head, u32 len)
{
	const struct nv_payload p = { .frame = f };

	nv_tx_flush(q, txq);
	return q->tx.train.open ? -EAGAIN : nv_send_pages(q, &p, head, len);
}

/**
 * nv_tx_xdp - send a frame of an XDP program
 * @q: the queue, whose transmit lock the caller holds
 * @f: the frame
 *
 * Return: 0 when it was copied and the caller gives it back, 1 when it goes back
 * once the host is done with it, or a negative error.
 */
int nv_tx_xdp(struct nv_queue *q, struct xdp_frame *f)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
	u8 head[NV_TX_HEAD_MAX], *to;
	struct nv_tx_meta m = {};
	u32 bytes, len;
	bool keep;
	int ret;

	/* pairs with the release in nv_tx_init(): slots and lists are there */
	if (!smp_load_acquire(&q->tx.slots) || q->tx.blocked || q->conn->dead ||
	    READ_ONCE(q->dead))
		return -EAGAIN;
	nv_take_frame_tag(f, &m);
	bytes = xdp_get_frame_len(f);
	m.frame_len = bytes;
	len = nv_rndis_put_packet(head, &m);
	keep = len + bytes > q->conn->send.sec.size;
	if (keep) {
		ret = nv_tx_xdp_pages(q, txq, f, head, len);
		if (ret)
			return ret;
	} else {
		to = nv_train_room(q, txq, len + bytes);
		if (!to)
			return -EAGAIN;
		memcpy(to, head, len);
		nv_copy_frame(to + len, f);
	}
	nv_tx_account(q->tx_stats, 1, bytes, false);
	nv_count_tx(q, xdp);
	return keep;
}
