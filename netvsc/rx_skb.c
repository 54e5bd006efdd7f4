// SPDX-License-Identifier: GPL-2.0-only
/*
 * From a frame in the receive buffer to the stack: one copy, into memory that
 * is never larger than a page at a time.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>
#include "gso.h"
#include "netvsc.h"

/* Of a frame longer than rx-copybreak this much is linear, the rest in pages. */
#define NV_HEAD		NV_RX_COPYBREAK_MIN
/* In front of it, for whoever forwards the frame. */
#define NV_SKB_PAD	(NET_SKB_PAD + NET_IP_ALIGN)

struct nv_reader {
	const struct nv_part *part;
	u32 at;
};

/* Copies the next @len bytes of the frame. */
static noinline void nv_read_parts(struct nv_reader *r, void *to, u32 len)
{
	while (len) {
		u32 n = min(len, r->part->len - r->at);

		memcpy(to, r->part->data + r->at, n);
		to += n;
		len -= n;
		r->at += n;
		if (r->at == r->part->len) {
			r->part++;
			r->at = 0;
		}
	}
}

/* The same; most frames have one part. */
static __always_inline void nv_read(struct nv_reader *r, void *to, u32 len)
{
	if (likely(len <= r->part->len - r->at)) {
		memcpy(to, r->part->data + r->at, len);
		r->at += len;
	} else {
		nv_read_parts(r, to, len);
	}
}

static bool nv_add_pages(struct nv_queue *q, struct sk_buff *skb,
			 struct nv_reader *r, u32 len)
{
	int i = 0;

	while (len) {
		u32 n = min_t(u32, len, PAGE_SIZE);
		struct page *page;

		if (i == MAX_SKB_FRAGS)
			return false;
		page = page_pool_dev_alloc_pages(q->rx.pool);
		if (!page)
			return false;
		nv_read(r, page_address(page), n);
		skb_add_rx_frag(skb, i++, page, 0, n, PAGE_SIZE);
		len -= n;
	}
	return true;
}

/*
 * A buffer with room for @len linear bytes.  It comes out of pages that the queue gets back,
 * which kernels that clear what they allocate need not clear again; each takes what its
 * frame needs, so that a socket's limit holds as many of them as ever.
 */
static __always_inline struct sk_buff *nv_skb(struct nv_queue *q, u32 len)
{
	u32 size = SKB_DATA_ALIGN(NV_SKB_PAD + len) +
		   SKB_DATA_ALIGN(sizeof(struct skb_shared_info));
	struct sk_buff *skb;
	unsigned int offset;
	struct page *page;

	BUILD_BUG_ON(SKB_DATA_ALIGN(NV_SKB_PAD + NV_RX_COPYBREAK) +
		     SKB_DATA_ALIGN(sizeof(struct skb_shared_info)) > PAGE_SIZE);
	page = page_pool_dev_alloc_frag(q->rx.heads, &offset, size);
	if (unlikely(!page))
		return NULL;
	skb = napi_build_skb(page_address(page) + offset, size);
	if (unlikely(!skb)) {
		page_pool_recycle_direct(q->rx.heads, page);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, NV_SKB_PAD);
	return skb;
}

static __always_inline struct sk_buff *nv_build(struct nv_queue *q, u32 len)
{
	struct nv_reader r = { .part = q->rx.part };
	u32 head = len <= READ_ONCE(q->conn->nv->rx_copybreak) ? len : NV_HEAD;
	struct sk_buff *skb = nv_skb(q, head);

	if (unlikely(!skb))
		return NULL;
	nv_read(&r, __skb_put(skb, head), head);
	if (head == len)
		return skb;
	nv_count_rx(q, paged);
	if (nv_add_pages(q, skb, &r, len - head))
		return skb;
	kfree_skb(skb);
	return NULL;
}

/* What is left of the frame, as fragments of the buffer. */
static bool nv_xdp_frags(struct nv_queue *q, struct xdp_buff *xdp,
			 struct nv_reader *r, u32 len)
{
	struct skb_shared_info *s = xdp_get_shared_info_from_buff(xdp);

	s->nr_frags = 0;
	s->xdp_frags_size = len;
	xdp_buff_set_frags_flag(xdp);
	while (len) {
		u32 n = min_t(u32, len, PAGE_SIZE);
		struct page *page;

		if (s->nr_frags == MAX_SKB_FRAGS)
			return false;
		page = page_pool_dev_alloc_pages(q->rx.pool);
		if (!page)
			return false;
		nv_read(r, page_address(page), n);
		hv_frag_fill(&s->frags[s->nr_frags++], page, n);
		len -= n;
	}
	return true;
}

/* The frame in pages of its own. */
static bool nv_xdp_fill(struct nv_queue *q, struct xdp_buff *xdp, u32 len)
{
	u32 head = min_t(u32, len, NV_XDP_FRAME);
	struct nv_reader r = { .part = q->rx.part };
	struct page *page = page_pool_dev_alloc_pages(q->rx.pool);

	if (!page)
		return false;
	xdp_init_buff(xdp, PAGE_SIZE, &q->rx.xdp_rxq);
	xdp_prepare_buff(xdp, page_address(page), XDP_PACKET_HEADROOM, head, false);
	nv_read(&r, xdp->data, head);
	if (head == len || nv_xdp_frags(q, xdp, &r, len - head))
		return true;
	nv_xdp_release(q, xdp);
	return false;
}

static struct sk_buff *nv_xdp_skb(struct nv_queue *q, struct xdp_buff *xdp)
{
	struct skb_shared_info *s = xdp_get_shared_info_from_buff(xdp);
	u32 frags = xdp_buff_has_frags(xdp) ? s->nr_frags : 0;
	u32 bytes = frags ? s->xdp_frags_size : 0;
	struct sk_buff *skb = napi_build_skb(xdp->data_hard_start, PAGE_SIZE);

	if (!skb) {
		nv_xdp_release(q, xdp);
		return NULL;
	}
	skb_mark_for_recycle(skb);
	skb_reserve(skb, xdp->data - xdp->data_hard_start);
	skb_put(skb, xdp->data_end - xdp->data);
	if (frags)	/* they stand where they did, their number was cleared */
		hv_xdp_skb_frags(skb, frags, bytes, frags * PAGE_SIZE);
	return skb;
}

/* The frame through the program; NULL if that took it. */
static struct sk_buff *nv_build_xdp(struct nv_queue *q, struct bpf_prog *prog,
				    u32 len, bool *taken)
{
	struct xdp_buff xdp;

	*taken = false;
	if (!nv_xdp_fill(q, &xdp, len))
		return NULL;
	*taken = !nv_xdp_run(q, prog, &xdp);
	return *taken ? NULL : nv_xdp_skb(q, &xdp);
}

/*
 * The header that a host makes for a coalesced frame has no checksum of its own; it says
 * that those of the parts were right.  The stack looks at every header.
 */
static void nv_renew_header(struct sk_buff *skb, const struct nv_rx_meta *m)
{
	struct iphdr *ip = (struct iphdr *)skb->data;

	if (!(m->csum & HV_CSUM_RX_IP_VALUE) || !(m->csum & HV_CSUM_RX_IP_OK) ||
	    skb->protocol != htons(ETH_P_IP) || skb_headlen(skb) < sizeof(*ip) ||
	    ip->ihl < 5 || skb_headlen(skb) < ip->ihl * 4)
		return;
	ip_send_check(ip);
}

static void nv_set_csum(struct nv_queue *q, struct sk_buff *skb,
			const struct nv_rx_meta *m)
{
	if (!m->has_csum || !(q->conn->nv->ndev->features & NETIF_F_RXCSUM))
		return;
	if (m->csum & (HV_CSUM_RX_TCP_BAD | HV_CSUM_RX_UDP_BAD | HV_CSUM_RX_IP_BAD)) {
		nv_count_rx(q, csum_bad);
	} else if (m->csum & (HV_CSUM_RX_TCP_OK | HV_CSUM_RX_UDP_OK)) {
		skb->ip_summed = CHECKSUM_UNNECESSARY;
		nv_count_rx(q, csum_ok);
	}
}

/* Whether the hash covers the ports: only for what the host was asked for. */
static enum pkt_hash_types nv_hash_type(const struct nv *nv, const struct sk_buff *skb)
{
	u32 tcp = HV_HASH_TCP4, udp = HV_HASH_UDP4, l4 = 0;
	u8 proto = 0;

	if (skb->protocol == htons(ETH_P_IP) && skb_headlen(skb) >= sizeof(struct iphdr)) {
		const struct iphdr *ip = (const struct iphdr *)skb->data;

		if (!(ip->frag_off & htons(0x3fff)))
			proto = ip->protocol;
	} else if (skb->protocol == htons(ETH_P_IPV6) &&
		   skb_headlen(skb) >= sizeof(struct ipv6hdr)) {
		proto = ((const struct ipv6hdr *)skb->data)->nexthdr;
		tcp = HV_HASH_TCP6;
		udp = HV_HASH_UDP6;
	}
	if (proto == IPPROTO_TCP)
		l4 = nv->hash & tcp;
	else if (proto == IPPROTO_UDP)
		l4 = nv->hash & udp;
	return l4 ? PKT_HASH_TYPE_L4 : PKT_HASH_TYPE_L3;
}

/*
 * A coalesced packet stands for several of at most the MTU: TCP estimates its peer's
 * segments from that, and who forwards it can cut it again.  Only one whose checksums were
 * right: the pieces get new ones.  The headers are the host's, so who cuts looks at them, too.
 */
static void nv_set_gso(const struct net_device *ndev, struct sk_buff *skb)
{
	bool v6 = skb->protocol == htons(ETH_P_IPV6);
	u32 mtu = READ_ONCE(ndev->mtu), n;
	struct nv_gso g;
	struct tcphdr *th;

	if ((!v6 && skb->protocol != htons(ETH_P_IP)) || skb->len <= mtu ||
	    skb->ip_summed != CHECKSUM_UNNECESSARY ||
	    !nv_gso_parse(skb->data, skb_headlen(skb), skb->len, v6, &g) || g.head >= mtu ||
	    !skb_partial_csum_set(skb, g.l4, offsetof(struct tcphdr, check)))
		return;
	th = (struct tcphdr *)(skb->data + g.l4);
	n = skb->len - g.l4;
	if (v6) {
		const struct ipv6hdr *ip = (const struct ipv6hdr *)skb->data;

		th->check = ~tcp_v6_check(n, &ip->saddr, &ip->daddr, 0);
	} else {
		const struct iphdr *ip = (const struct iphdr *)skb->data;

		th->check = ~tcp_v4_check(n, ip->saddr, ip->daddr, 0);
	}
	skb_shinfo(skb)->gso_size = mtu - g.head;
	skb_shinfo(skb)->gso_segs = DIV_ROUND_UP(skb->len - g.head, mtu - g.head);
	skb_shinfo(skb)->gso_type = (v6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4) | SKB_GSO_DODGY |
				    (g.cwr ? SKB_GSO_TCP_ECN : 0);
}

static void nv_rx_account(struct nv_queue *q, u32 len, bool multicast)
{
	struct nv_rx_stats *st = q->rx_stats;

	u64_stats_update_begin(&st->sync);
	u64_stats_inc(&st->packets);
	u64_stats_add(&st->bytes, len);
	if (multicast)
		u64_stats_inc(&st->multicast);
	if (q->rx.parts > 1)
		u64_stats_inc(&st->coalesced);
	u64_stats_update_end(&st->sync);
}

/*
 * Whether the stack takes frames of this connection: not while it is built or undone, when
 * the queues' numbers and their slots for sending are not what they will be.
 */
static bool nv_rx_usable(const struct nv_queue *q)
{
	const struct nv *nv = q->conn->nv;

	return netif_running(nv->ndev) && rcu_access_pointer(nv->conn) == q->conn;
}

/**
 * nv_rx_deliver - give the frame whose parts are gathered to the stack
 * @q: the queue
 * @m: what the host said of it
 *
 * The parts were checked to lie inside the receive buffer.
 * Context: NAPI.
 */
void nv_rx_deliver(struct nv_queue *q, const struct nv_rx_meta *m)
{
	struct nv *nv = q->conn->nv;
	struct net_device *ndev = nv->ndev;
	struct bpf_prog *prog;
	u32 len = q->rx.parts_len;
	struct sk_buff *skb;
	bool taken = false;

	if (!nv_rx_usable(q)) {
		nv_count_rx(q, no_taker);
		return;
	}
	prog = rcu_dereference_bh(nv->prog);
	if (!prog) {
		skb = nv_build(q, len);
	} else if (len <= NV_XDP_FRAME || prog->aux->xdp_has_frags) {
		skb = nv_build_xdp(q, prog, len, &taken);
	} else {	/* nothing passes the program by */
		nv_count_rx(q, xdp_drop);
		skb = NULL;
		taken = true;
	}
	if (unlikely(!skb)) {
		if (taken)
			nv_rx_account(q, len, false);
		else
			nv_count_rx(q, no_memory);
		return;
	}
	nv_rx_account(q, len, is_multicast_ether_addr(skb->data));
	skb->protocol = eth_type_trans(skb, ndev);
	skb_record_rx_queue(skb, q->index);
	nv_renew_header(skb, m);
	nv_set_csum(q, skb, m);
	if (unlikely(skb->len > READ_ONCE(ndev->mtu)))	/* in one part, too */
		nv_set_gso(ndev, skb);
	if (m->has_hash && ndev->features & NETIF_F_RXHASH)
		skb_set_hash(skb, m->hash, nv_hash_type(nv, skb));
	if (unlikely(m->vlan_short))
		nv_count_rx(q, vlan_error);
	if (m->has_vlan)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), m->vlan_tci);
	napi_gro_receive(&q->napi, skb);
}
