/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said about a frame that we send. */
#ifndef _NETVSC_TX_FRAME_H
#define _NETVSC_TX_FRAME_H

#include <linux/if_ether.h>
#include <linux/if_vlan.h>
#include "netvsc.h"

int nv_take_tag(struct sk_buff *skb);
void nv_take_frame_tag(struct xdp_frame *f, struct nv_tx_meta *m);
int nv_describe_offloads(const struct nv_conn *conn, struct sk_buff *skb, struct nv_tx_meta *m);
u8 nv_l4_protocol(const struct sk_buff *skb, bool *v6);

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
	if (skb->ip_summed != CHECKSUM_PARTIAL && !skb_is_gso(skb))
		return 0;
	return nv_describe_offloads(conn, skb, m);
}

/* Whether nv_take_tag() may find one. */
static __always_inline bool nv_tag_inside(const struct sk_buff *skb)
{
	return skb_headlen(skb) >= ETH_HLEN &&
	       ((const struct ethhdr *)skb->data)->h_proto == htons(ETH_P_8021Q);
}

#endif
