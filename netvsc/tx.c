// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending: small frames are copied into sections of the send buffer, several
 * to a section while the stack says that more come; large ones go as ranges of
 * pages (tx_pages.c).  Completions come back through the queue's NAPI.
 */
#include <linux/if_ether.h>
#include <hv/uninit.h>
#include "bus.h"
#include "netvsc.h"
#include "trace.h"
#include "tx_frame.h"
#include "tx_slot.h"

/* ---- sending what is in a section ---- */

static u8 *nv_section(struct nv_queue *q, u32 slot)
{
	return (u8 *)q->conn->send.mem +
	       (size_t)(q->tx.first_section + slot) * q->conn->send.sec.size;
}

/* The host signals once there is more than the room that nv_tx_poll() wants. */
static void nv_want_room(struct nv_queue *q)
{
	set_channel_pending_send_size(q->chan, nv_high_room(&q->chan->outbound));
	mod_delayed_work(system_wq, &q->retry, msecs_to_jiffies(NV_AGAIN_MS));
}

static void nv_block(struct nv_queue *q, struct netdev_queue *txq)
{
	nv_count_tx(q, full);
	q->tx.blocked = true;
	netif_tx_stop_queue(txq);
	nv_want_room(q);
}

/* Byte queue limits have them for sent, and no completion gives them back: a poll does. */
void nv_unsent(struct nv_queue *q, u32 bytes)
{
	atomic_add(bytes, &q->tx.unsent);
	mod_delayed_work(system_wq, &q->retry, 0);
}

/* The channel is gone. */
static void nv_train_drop(struct nv_queue *q)
{
	nv_count_tx(q, dropped);
	nv_owner_release(&q->tx.slot[q->tx.train.slot].owner);
	q->tx.train.open = false;
	q->tx.blocked = false;
	nv_unsent(q, q->tx.train.bytes);
}

/* What tells the host of the open section. */
static struct hv_nvsp nv_train_says(const struct nv_tx *tx)
{
	return (struct hv_nvsp){
		.type = cpu_to_le32(HV_NVSP_RNDIS),
		.rndis.channel = cpu_to_le32(HV_NVSP_CHANNEL_DATA),
		.rndis.section = cpu_to_le32(tx->first_section + tx->train.slot),
		.rndis.section_bytes = cpu_to_le32(tx->train.used),
	};
}

/* That written where it will lie in the ring; false: not this way. */
static __always_inline bool nv_train_place(struct nv_queue *q, struct nv_slot *s)
{
	const u32 header = sizeof(struct vmpacket_descriptor);
	const u32 len = header + sizeof(struct hv_nvsp);
	void *at = static_call(nv_bus_place)(q->chan, len);

	if (unlikely(!at))
		return false;
	*(struct hv_nvsp *)(at + header) = nv_train_says(&q->tx);
	static_call(nv_bus_placed)(q->chan, packet_head(VM_PKT_DATA_INBAND, header, len,
							NV_ASKS_ANSWER),
				   len, nv_slot_give(s, q->tx.train.slot));
	return true;
}

/* The same, copied: a bus that knows no other way, the ring's end, or there is no room. */
static noinline int nv_train_copy(struct nv_queue *q, struct nv_slot *s)
{
	struct hv_nvsp m = nv_train_says(&q->tx);
	u64 id = nv_slot_give(s, q->tx.train.slot);
	int ret = vmbus_sendpacket(q->chan, &m, sizeof(m), id, VM_PKT_DATA_INBAND,
				   VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);

	/* else it went out, or the host has "completed" it before: it is over for us */
	return ret && nv_slot_take(s, id) ? ret : 0;
}

/* It went out. */
static __always_inline void nv_train_gone(struct nv_queue *q)
{
	struct nv_tx *tx = &q->tx;

	trace_nvsp_send_pkt(q->conn->nv->ndev, q->index, tx->first_section + tx->train.slot,
			    tx->train.used, tx->train.packets);
	if (tx->train.packets > 1)
		nv_count_tx(q, trains);
	WRITE_ONCE(tx->with.take, tx->with.take + 1);
	tx->train.open = false;
	tx->blocked = false;
}

/**
 * nv_tx_flush - send the section that is being filled, if any
 * @q: the queue
 * @txq: its network queue, whose transmit lock the caller holds
 */
void nv_tx_flush(struct nv_queue *q, struct netdev_queue *txq)
{
	struct nv_tx *tx = &q->tx;
	struct nv_slot *s;
	int ret;

	if (!tx->train.open)
		return;
	s = &tx->slot[tx->train.slot];
	s->packets = tx->train.packets;
	s->bytes = tx->train.bytes;
	s->data = NULL;
	if (unlikely(!nv_train_place(q, s))) {
		ret = nv_train_copy(q, s);
		if (ret == -EAGAIN)
			nv_block(q, txq);
		else if (ret)
			nv_train_drop(q);
		if (ret)
			return;
	}
	nv_train_gone(q);
}

/* Pads the last message of the train so that the next one is aligned. */
static u32 nv_train_align(struct nv_queue *q)
{
	u32 pad = -q->tx.train.used & (q->conn->host.align - 1);
	struct hv_rndis_head *h;

	if (!pad)
		return 0;
	h = (void *)(nv_section(q, q->tx.train.slot) + q->tx.train.last);
	h->len = cpu_to_le32(le32_to_cpu(h->len) + pad);
	return pad;
}

/* Whether @len more bytes fit into the open section. */
static bool nv_train_fits(struct nv_queue *q, u32 len)
{
	u32 pad = -q->tx.train.used & (q->conn->host.align - 1);

	return q->tx.train.packets < q->conn->host.max_packets &&
	       q->tx.train.used + pad + len <= q->conn->send.sec.size;
}

/* The first message of a section, of @len bytes; NULL if no section is free. */
static __always_inline u8 *nv_train_begin(struct nv_queue *q, u32 len)
{
	struct nv_tx *tx = &q->tx;
	u32 slot;

	if (!nv_free_peek(&tx->with, &slot) || !nv_owner_hold(&tx->slot[slot].owner)) {
		nv_count_tx(q, no_section);
		return NULL;
	}
	tx->train.open = true;
	tx->train.slot = slot;
	tx->train.used = len;
	tx->train.packets = 1;
	tx->train.bytes = 0;
	tx->train.last = 0;
	return nv_section(q, slot);
}

/* One more for the section that is open, or the first of the next. */
static noinline u8 *nv_train_add(struct nv_queue *q, struct netdev_queue *txq, u32 len)
{
	struct nv_tx *tx = &q->tx;

	if (!nv_train_fits(q, len)) {
		nv_tx_flush(q, txq);
		return tx->train.open ? NULL : nv_train_begin(q, len);	/* NULL: the ring is full */
	}
	tx->train.used += nv_train_align(q);
	tx->train.last = tx->train.used;
	tx->train.used += len;
	tx->train.packets++;
	return nv_section(q, tx->train.slot) + tx->train.last;
}

/* Space for a message of @len bytes in a section, or NULL. */
static __always_inline u8 *nv_train_take(struct nv_queue *q, struct netdev_queue *txq, u32 len)
{
	if (unlikely(len > q->conn->send.sec.size))
		return NULL;
	return q->tx.train.open ? nv_train_add(q, txq, len) : nv_train_begin(q, len);
}

/* The same for frames of programs. */
u8 *nv_train_room(struct nv_queue *q, struct netdev_queue *txq, u32 len)
{
	return nv_train_take(q, txq, len);
}

/* ---- the stack's side ---- */

static __always_inline bool nv_has_room(const struct nv_queue *q)
{
	const struct hv_ring_buffer_info *ring = &q->chan->outbound;

	return likely(nv_free_count(&q->tx.without) > NV_LOW_SLOTS &&
		      hv_get_bytes_to_write(ring) > nv_low_room(ring));
}

/* Little room is left; if completions came meanwhile, it is more. */
static noinline void nv_stop_queue(struct nv_queue *q, struct netdev_queue *txq)
{
	netif_tx_stop_queue(txq);
	nv_count_tx(q, stop);
	/* completions that came meanwhile saw a running queue */
	smp_mb();
	if (nv_has_room(q))
		netif_tx_start_queue(txq);
	else
		nv_want_room(q);
}

/* Time stamps are for those who ask; no other device below this one takes any. */
static bool nv_stamped(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->tx_flags & SKBTX_SW_TSTAMP;
}

/* A frame in pieces, each of which has an address. */
static noinline void nv_copy_pieces(u8 *to, const struct sk_buff *skb)
{
	const struct skb_shared_info *s = skb_shinfo(skb);
	unsigned int i;

	if (IS_ENABLED(CONFIG_HIGHMEM) || unlikely(s->frag_list)) {
		skb_copy_bits(skb, 0, to, skb->len);
		return;
	}
	memcpy(to, skb->data, skb_headlen(skb));
	to += skb_headlen(skb);
	for (i = 0; i < s->nr_frags; i++) {
		memcpy(to, skb_frag_address(&s->frags[i]), skb_frag_size(&s->frags[i]));
		to += skb_frag_size(&s->frags[i]);
	}
}

/* 0 when the frame is in a section and the buffer can go. */
static __always_inline int nv_send_copy(struct nv_queue *q, struct netdev_queue *txq,
					struct sk_buff *skb, const struct nv_tx_meta *m)
{
	u32 head = nv_rndis_packet_len(m);
	u8 *to = nv_train_take(q, txq, head + skb->len);

	if (unlikely(!to))
		return -EAGAIN;
	nv_rndis_put_packet(to, m);
	if (skb_is_nonlinear(skb))
		nv_copy_pieces(to + head, skb);
	else
		memcpy(to + head, skb->data, skb->len);
	if (unlikely(nv_stamped(skb)))
		skb_tx_timestamp(skb);
	q->tx.train.bytes += skb->len;
	nv_count_tx(q, sections);
	return 0;
}

/* Only what went out gets a time stamp, and by then the host may be done with it. */
static int nv_send_stamped(struct nv_queue *q, struct sk_buff *skb, const u8 *head, u32 len)
{
	const struct nv_payload p = { .skb = skb };
	int ret;

	if (!nv_stamped(skb))
		return nv_send_pages(q, &p, head, len);
	skb_get(skb);
	ret = nv_send_pages(q, &p, head, len);
	if (!ret)
		skb_tx_timestamp(skb);
	dev_consume_skb_any(skb);
	return ret;
}

/* As its pages; a frame in too many pieces is made one piece. */
static int nv_send_skb(struct nv_queue *q, struct sk_buff *skb, const u8 *head, u32 len)
{
	int ret = nv_send_stamped(q, skb, head, len);

	if (ret == -EMSGSIZE && !skb_linearize(skb))
		ret = nv_send_stamped(q, skb, head, len);
	return ret;
}

/* Not copied, or no section is free. */
static noinline int nv_send_direct(struct nv_queue *q, struct netdev_queue *txq,
				   struct sk_buff *skb, const struct nv_tx_meta *m)
{
	u8 head[NV_TX_HEAD_MAX] HV_UNINITIALIZED;
	u32 len, size = skb->len;
	int ret;

	nv_tx_flush(q, txq);	/* frames stay in order */
	if (q->tx.train.open)
		return -EAGAIN;
	/* before the host has it: the completion may come on another CPU */
	netdev_tx_sent_queue(txq, size);
	len = nv_rndis_put_packet(head, m);
	ret = nv_send_skb(q, skb, head, len);
	if (ret)
		nv_unsent(q, size);
	return ret;
}

/* Netpoll comes with interrupts off; all others may use the cache of this CPU's NAPIs. */
static __always_inline void nv_skb_done(struct sk_buff *skb)
{
	napi_consume_skb(skb, !irqs_disabled());
}

static __always_inline int nv_send(struct nv_queue *q, struct netdev_queue *txq,
				   struct sk_buff *skb, const struct nv_tx_meta *m)
{
	u32 size = skb->len;

	if (size > READ_ONCE(q->conn->nv->tx_copybreak) || nv_send_copy(q, txq, skb, m))
		return nv_send_direct(q, txq, skb, m);
	nv_skb_done(skb);
	netdev_tx_sent_queue(txq, size);
	return 0;
}

/* To be cut, by the host or here. */
static noinline int nv_send_large(struct nv_queue *q, struct netdev_queue *txq,
				  struct sk_buff *skb, struct nv_tx_meta *m)
{
	int ret;

	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4))
		return nv_send(q, txq, skb, m);
	ret = nv_send_uso(q, txq, skb, m);
	if (!ret)
		nv_skb_done(skb);
	return ret;
}

void nv_tx_account(struct nv_tx_stats *st, u32 packets, u32 bytes, bool lso)
{
	u64_stats_update_begin(&st->sync);
	u64_stats_add(&st->packets, packets);
	u64_stats_add(&st->bytes, bytes);
	if (lso)
		u64_stats_inc(&st->lso);
	u64_stats_update_end(&st->sync);
}

/* The frame is dropped; why? */
static void nv_tx_failed(struct nv_queue *q, int error)
{
	nv_count_tx(q, dropped);
	if (error == -ENOMEM)
		nv_count_tx(q, no_memory);
	else if (error == -EMSGSIZE)
		nv_count_tx(q, too_big);
}

static netdev_tx_t nv_xmit(struct nv_queue *q, struct sk_buff *skb,
			   struct netdev_queue *txq)
{
	bool more = netdev_xmit_more(), lso = skb_is_gso(skb);
	u32 packets = lso ? max_t(u32, skb_shinfo(skb)->gso_segs, 1) : 1;
	u32 bytes = skb->len;
	struct nv_tx_meta m HV_UNINITIALIZED;
	int ret;

	if (READ_ONCE(q->dead)) {
		nv_tx_failed(q, -ENODEV);
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	if (q->tx.blocked) {	/* and started meanwhile, by up or a new connection */
		netif_tx_stop_queue(txq);
		nv_count_tx(q, busy);
		return NETDEV_TX_BUSY;
	}
	ret = nv_describe(q->conn, skb, &m);
	if (!ret)
		ret = lso ? nv_send_large(q, txq, skb, &m) : nv_send(q, txq, skb, &m);
	if (ret == -EAGAIN) {
		nv_block(q, txq);
		nv_count_tx(q, busy);
		return NETDEV_TX_BUSY;
	}
	if (ret) {
		nv_tx_failed(q, ret);
		dev_kfree_skb_any(skb);
	} else {
		nv_tx_account(q->tx_stats, packets, bytes, lso);
	}
	if (!nv_has_room(q))
		nv_stop_queue(q, txq);
	if (!more || netif_xmit_stopped(txq))
		nv_tx_flush(q, txq);
	return NETDEV_TX_OK;
}

/* True when the frame is gone: the VF has it, or it cannot be sent. */
static __always_inline bool nv_gone_before(struct nv *nv, struct nv_queue *q,
					   struct sk_buff *skb, u16 index)
{
	if (unlikely(READ_ONCE(nv->vf_path)) && nv_vf_xmit(nv, skb))
		return true;
	if (unlikely(!q || (nv_tag_inside(skb) && nv_take_tag(skb))))
		dev_kfree_skb_any(skb);
	else if (!skb_put_padto(skb, ETH_ZLEN))		/* else it has freed it */
		return false;
	if (index < NV_QUEUES_MAX)
		nv_add_one(&nv->tx_stats[index].sync, &nv->tx_stats[index].dropped);
	return true;
}

/**
 * nv_start_xmit - ndo_start_xmit
 * @skb: frame
 * @ndev: network device
 *
 * Return: NETDEV_TX_BUSY when ring or slots are full; the queue is stopped then.
 */
netdev_tx_t nv_start_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	u16 index = skb_get_queue_mapping(skb);
	bool more = netdev_xmit_more();		/* the VF's sending changes it */
	struct nv *nv = netdev_priv(ndev);
	netdev_tx_t ret = NETDEV_TX_OK;
	struct nv_queue *q = NULL;
	struct nv_conn *conn;

	/* softirqs are off, or interrupts, as netpoll comes: RCU waits for either */
	conn = rcu_dereference_bh(nv->conn);
	/* @index: the caller has that queue's lock, and no other's */
	if (conn && !conn->dead && index < conn->nqueues)
		q = conn->queue[index];
	if (!nv_gone_before(nv, q, skb, index))
		ret = nv_xmit(q, skb, netdev_get_tx_queue(ndev, index));
	else if (q && !more)	/* those before it in the burst wait for its end */
		nv_tx_flush(q, netdev_get_tx_queue(ndev, index));
	return ret;
}
