/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said about a frame that we send. */
#ifndef _NETVSC_TX_FRAME_H
#define _NETVSC_TX_FRAME_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include "netvsc.h"

int nv_take_tag(struct sk_buff *skb);
void nv_take_frame_tag(struct xdp_frame *f, struct nv_tx_meta *m);
int nv_describe_large(const struct nv_conn *conn, struct sk_buff *skb, struct nv_tx_meta *m);
u8 nv_l4_other(const struct sk_buff *skb, bool *v6);

/* TCP or UDP right behind the network header, or another protocol. */
static __always_inline u8 nv_l4_protocol(const struct sk_buff *skb, bool *v6)
{
	if (unlikely(skb->protocol != htons(ETH_P_IP)))
		return nv_l4_other(skb, v6);
	*v6 = false;
	return ip_hdr(skb)->protocol;
}

/* Whether the host fills in this checksum; else it is done here. */
static __always_inline bool nv_describe_csum(const struct nv_conn *conn, struct sk_buff *skb,
					     struct nv_tx_meta *m)
{
	const struct hv_ndis_offload *o = &conn->host.offload;
	bool v6;
	u8 proto = nv_l4_protocol(skb, &v6);
	u32 caps = le32_to_cpu(v6 ? o->v6.tx : o->v4.tx);

	if (proto == IPPROTO_TCP && caps & HV_CAP_TCP)
		m->csum = HV_CSUM_TX_TCP;
	else if (proto == IPPROTO_UDP && caps & HV_CAP_UDP)
		m->csum = HV_CSUM_TX_UDP;
	else
		return false;
	m->csum |= (v6 ? HV_CSUM_TX_IPV6 : HV_CSUM_TX_IPV4) |
		   (u32)skb_transport_offset(skb) << HV_CSUM_TX_L4_SHIFT;
	return true;
}

/**
 * nv_describe - say what the host has to know of a frame, and to do with it
 * @conn: the connection
 * @skb: the frame, whose headers are made what the host expects
 * @m: gets it
 *
 * Return: 0, or an error for a frame that cannot be sent.
 */
static __always_inline int nv_describe(const struct nv_conn *conn, struct sk_buff *skb,
				       struct nv_tx_meta *m)
{
	*m = (struct nv_tx_meta){ .frame_len = skb->len };
	if (skb_vlan_tag_present(skb)) {
		m->has_vlan = true;
		m->vlan = nv_vlan_from_tci(skb_vlan_tag_get(skb));
	}
	if (unlikely(skb_is_gso(skb)))
		return nv_describe_large(conn, skb, m);
	if (skb->ip_summed != CHECKSUM_PARTIAL || likely(nv_describe_csum(conn, skb, m)))
		return 0;
	return skb_checksum_help(skb) ? -EINVAL : 0;
}

/* Whether nv_take_tag() may find one. */
static __always_inline bool nv_tag_inside(const struct sk_buff *skb)
{
	return skb_headlen(skb) >= ETH_HLEN &&
	       ((const struct ethhdr *)skb->data)->h_proto == htons(ETH_P_8021Q);
}

#endif
