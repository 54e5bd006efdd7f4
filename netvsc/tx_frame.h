/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said about a frame that we send. */
#ifndef _NETVSC_TX_FRAME_H
#define _NETVSC_TX_FRAME_H

#include "netvsc.h"

int nv_take_tag(struct sk_buff *skb);
void nv_take_frame_tag(struct xdp_frame *f, struct nv_tx_meta *m);
int nv_describe(const struct nv_conn *conn, struct sk_buff *skb, struct nv_tx_meta *m);
u8 nv_l4_protocol(const struct sk_buff *skb, bool *v6);

#endif
