// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is said about a frame that we send: its tag, checksums and size of segments
 * travel beside it ("Per-packet info" in the protocol).
 */
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>
#include "netvsc.h"
#include "tx_frame.h"

/**
 * nv_take_tag - take a VLAN tag out of the frame
 * @skb: a frame as the stack sends it
 *
 * The host wants the tag beside the frame, and drops others; packet sockets and some
 * tunnels send it inside.
 * Return: 0 or a negative error.
 */
int nv_take_tag(struct sk_buff *skb)
{
	const struct ethhdr *eth = (const struct ethhdr *)skb->data;
	u16 tci;
	int ret;

	if (skb_headlen(skb) < ETH_HLEN || eth->h_proto != htons(ETH_P_8021Q) ||
	    skb->len < VLAN_ETH_HLEN || skb_vlan_tag_present(skb))
		return 0;
	skb_reset_mac_header(skb);
	ret = __skb_vlan_pop(skb, &tci);
	if (!ret)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), tci);
	return ret;
}

/**
 * nv_take_frame_tag - the same with the frame of a program
 * @f: the frame, which is ours to change
 * @m: gets the tag, if there is one
 */
void nv_take_frame_tag(struct xdp_frame *f, struct nv_tx_meta *m)
{
	const struct vlan_ethhdr *v = f->data;

	if (f->len < VLAN_ETH_HLEN || v->h_vlan_proto != htons(ETH_P_8021Q))
		return;
	m->has_vlan = true;
	m->vlan = nv_vlan_from_tci(ntohs(v->h_vlan_TCI));
	memmove(f->data + VLAN_HLEN, f->data, 2 * ETH_ALEN);
	f->data += VLAN_HLEN;
	f->headroom += VLAN_HLEN;
	f->len -= VLAN_HLEN;
}

static void nv_describe_lso(struct sk_buff *skb, struct nv_tx_meta *m)
{
	m->lso = (skb_shinfo(skb)->gso_size & HV_LSO_MSS_MASK) | HV_LSO_V2 |
		 (u32)skb_transport_offset(skb) << HV_LSO_L4_SHIFT;
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6) {
		m->lso |= HV_LSO_IPV6;
		tcp_v6_gso_csum_prep(skb);
	} else {
		struct iphdr *ip = ip_hdr(skb);

		ip->tot_len = 0;
		ip->check = 0;
		tcp_hdr(skb)->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, 0,
							 IPPROTO_TCP, 0);
	}
}

/* As nv_l4_protocol(), of what is not plainly IPv4. */
u8 nv_l4_other(const struct sk_buff *skb, bool *v6)
{
	__be16 proto = vlan_get_protocol(skb);

	*v6 = proto == htons(ETH_P_IPV6);
	if (*v6 && skb_transport_offset(skb) ==
		   skb_network_offset(skb) + (int)sizeof(struct ipv6hdr))
		return ipv6_hdr(skb)->nexthdr;
	return proto == htons(ETH_P_IP) ? ip_hdr(skb)->protocol : 0;
}

/**
 * nv_describe_large - what the host has to do with a frame that it is to cut, or that we cut
 * @conn: the connection
 * @skb: the frame; its headers are made what the host expects
 * @m: gets it
 *
 * Return: 0 or -ENOMEM.
 */
int nv_describe_large(const struct nv_conn *conn, struct sk_buff *skb, struct nv_tx_meta *m)
{
	if (skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4) {
		nv_describe_csum(conn, skb, m);		/* of each datagram */
		return 0;
	}
	if (skb_cow_head(skb, 0))
		return -ENOMEM;
	nv_describe_lso(skb, m);
	return 0;
}
