// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large UDP buffers (UDP_SEGMENT) cut here: their datagrams go straight into sections, several
 * to each, and the stack makes no buffer for any of them.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include "bus.h"
#include "netvsc.h"
#include "tx_frame.h"
#include "tx_slot.h"

/* Ethernet and an IP header without options, or without extension headers, and UDP. */
#define NV_USO_HEAD	(ETH_HLEN + sizeof(struct ipv6hdr) + sizeof(struct udphdr))

struct nv_uso {
	u8 head[NV_USO_HEAD] __aligned(8);
	u32 l3, l4, len;	/* where its parts are, and what it takes */
	u32 size;		/* of the data of each datagram but the last */
	u16 number;		/* of the next datagram, IPv4 */
	bool v6;
};

/* Room in the ring for one section's message, and as much for what others send. */
#define NV_USO_RING	(2 * 64)

/* Headers of ours are in front of each datagram. */
static u32 nv_uso_message(u32 head, u32 data, u32 align)
{
	u32 frame = max_t(u32, head + data, ETH_ZLEN);

	return ALIGN(sizeof(struct hv_rndis_packet) + 2 * 16 + frame, align);
}

/* How many sections a buffer takes, at most; 0: it does not go this way. */
static u32 nv_uso_sections(const struct nv_conn *conn, const struct sk_buff *skb)
{
	u32 head = skb_transport_offset(skb) + sizeof(struct udphdr);
	u32 size = skb_shinfo(skb)->gso_size, message, each;

	message = nv_uso_message(head, size, conn->host.align);
	each = min(conn->send.sec.size / message, conn->host.max_packets);
	return each && skb->len > head ?
	       DIV_ROUND_UP(DIV_ROUND_UP(skb->len - head, size), each) + 1 : 0;
}

/**
 * nv_uso_fits - can the driver cut this buffer
 * @conn: the connection
 * @skb: a large buffer of UDP
 *
 * Else the stack does it; also where the padding of a short one would be taken for data.
 * Under RCU.
 */
bool nv_uso_fits(const struct nv_conn *conn, const struct sk_buff *skb)
{
	u32 l3 = skb_network_offset(skb), l4 = skb_transport_offset(skb);
	u32 index = skb_get_queue_mapping(skb), sections;
	const struct vmbus_channel *chan;
	const struct nv_queue *q;

	if (skb->len < ETH_ZLEN || index >= conn->nqueues || l3 != ETH_HLEN ||
	    l4 - l3 != (skb->protocol == htons(ETH_P_IPV6) ? sizeof(struct ipv6hdr) :
							     sizeof(struct iphdr)) ||
	    l4 + sizeof(struct udphdr) + skb_shinfo(skb)->gso_size >
	    READ_ONCE(conn->nv->tx_copybreak))
		return false;
	sections = nv_uso_sections(conn, skb);
	q = conn->queue[index];
	chan = READ_ONCE(q->chan);	/* nv_queue_gone() may have closed it */
	return chan && sections && sections <= q->tx.sections &&
	       sections * NV_USO_RING <= chan->outbound.ring_datasize / 2;
}

/* The headers as they are in the buffer. */
static int nv_uso_begin(struct nv_uso *u, struct sk_buff *skb)
{
	u->l3 = skb_network_offset(skb);
	u->l4 = skb_transport_offset(skb);
	u->len = u->l4 + sizeof(struct udphdr);
	u->size = skb_shinfo(skb)->gso_size;
	u->v6 = skb->protocol == htons(ETH_P_IPV6);
	if (skb_copy_bits(skb, 0, u->head, u->len))
		return -EFAULT;
	u->number = ntohs(((struct iphdr *)(u->head + u->l3))->id);
	return 0;
}

/* Those of datagrams with @data bytes; UDP's checksum begins as the host wants it. */
static void nv_uso_lengths(struct nv_uso *u, u32 data)
{
	struct udphdr *udp = (void *)(u->head + u->l4);
	u32 len = sizeof(*udp) + data;

	udp->len = htons(len);
	if (u->v6) {
		struct ipv6hdr *ip = (void *)(u->head + u->l3);

		ip->payload_len = htons(len);
		udp->check = ~csum_ipv6_magic(&ip->saddr, &ip->daddr, len, IPPROTO_UDP, 0);
	} else {
		struct iphdr *ip = (void *)(u->head + u->l3);

		ip->tot_len = htons(sizeof(*ip) + len);
		udp->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, len, IPPROTO_UDP, 0);
	}
}

/* Each datagram of IPv4 has a number of its own, and a header checksum that is ours to make. */
static void nv_uso_number(struct nv_uso *u)
{
	struct iphdr *ip = (void *)(u->head + u->l3);

	if (u->v6)
		return;
	ip->id = htons(u->number++);
	ip_send_check(ip);
}

/* One datagram, whose data are at @from of the buffer, into the section that is open. */
static int nv_uso_put(struct nv_queue *q, struct netdev_queue *txq, const struct nv_uso *u,
		      struct nv_tx_meta *m, const struct sk_buff *skb, u32 from, u32 data)
{
	u32 len = u->len + data, head;
	u8 *to;

	m->frame_len = max_t(u32, len, ETH_ZLEN);
	head = nv_rndis_packet_len(m);
	to = nv_train_room(q, txq, head + m->frame_len);
	if (unlikely(!to))
		return -EAGAIN;
	nv_rndis_put_packet(to, m);
	memcpy(to + head, u->head, u->len);
	skb_copy_bits(skb, from, to + head + u->len, data);
	memset(to + head + len, 0, m->frame_len - len);
	nv_count_tx(q, sections);
	return 0;
}

/* All of them; the number of bytes of the buffer for which there was no room. */
static u32 nv_uso_cut(struct nv_queue *q, struct netdev_queue *txq, struct nv_uso *u,
		      struct nv_tx_meta *m, const struct sk_buff *skb)
{
	u32 at = u->len, open = u->len;		/* the first one counts the headers, too */

	nv_uso_lengths(u, min(u->size, skb->len - at));
	while (at < skb->len) {
		u32 data = min(u->size, skb->len - at);

		if (data < u->size)
			nv_uso_lengths(u, data);
		nv_uso_number(u);
		if (nv_uso_put(q, txq, u, m, skb, at, data))
			break;
		q->tx.train.bytes += open + data;
		open = 0;
		at += data;
	}
	return skb->len - at + open;
}

/* Room for all of it, in the ring and of sections, before any of it is gone. */
static bool nv_uso_room(const struct nv_queue *q, u32 sections)
{
	return nv_free_count(&q->tx.with) >= sections &&
	       hv_get_bytes_to_write(&q->chan->outbound) > NV_USO_RING * sections;
}

/**
 * nv_send_uso - send a large buffer of UDP
 * @q: the queue
 * @txq: its network queue, whose transmit lock the caller holds
 * @skb: the buffer; it can go when there was no error
 * @m: what the host has to do with each datagram
 *
 * Return: 0; -EAGAIN when there is no room yet; -EMSGSIZE when there will never be.
 */
int nv_send_uso(struct nv_queue *q, struct netdev_queue *txq, struct sk_buff *skb,
		struct nv_tx_meta *m)
{
	struct nv_uso u;
	u32 left;

	/* a connection or a setting may be another one than when it was asked */
	if (!m->csum || !nv_uso_fits(q->conn, skb) || nv_uso_begin(&u, skb))
		return -EMSGSIZE;
	if (!nv_uso_room(q, nv_uso_sections(q->conn, skb)))
		return -EAGAIN;
	/* before the host has any of it: completions may come on another CPU */
	netdev_tx_sent_queue(txq, skb->len);
	static_call_cond(nv_bus_hold)(q->chan);
	left = nv_uso_cut(q, txq, &u, m, skb);
	nv_tx_flush(q, txq);
	static_call_cond(nv_bus_let_go)(q->chan);
	if (unlikely(left)) {
		nv_count_tx(q, dropped);
		nv_unsent(q, left);
	}
	skb_tx_timestamp(skb);
	return 0;
}
