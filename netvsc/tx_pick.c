// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which queue a frame is sent by: that of the table which the host has sent, for the flow's hash.
 */
#include <linux/jiffies.h>
#include <net/flow_dissector.h>
#include <net/sock.h>
#include "netvsc.h"
#include "tx_frame.h"

/* What a socket's last frame was sent by is looked up anew for so long after a change. */
#define NV_PICK_ANEW	(10 * HZ)

/**
 * nv_pick_anew - what spreads flows has changed
 * @nv: the device
 *
 * Those that send meanwhile follow at once; any other keeps its queue, which is as good as another.
 *
 * Context: any.
 */
void nv_pick_anew(struct nv *nv)
{
	unsigned long until = jiffies + NV_PICK_ANEW;

	WRITE_ONCE(nv->pick_until, until ?: 1);
}

/* Within that time; a time that is over is forgotten, so that it never seems to come. */
static bool nv_picks_anew(struct nv *nv)
{
	unsigned long until = READ_ONCE(nv->pick_until);

	if (likely(!until))
		return false;
	if (time_before(jiffies, until))
		return true;
	cmpxchg(&nv->pick_until, until, 0);
	return false;
}

/* Spreads by addresses alone where the user does not want ports to count. */
static u32 nv_tx_hash(const struct nv *nv, struct sk_buff *skb)
{
	bool v6;
	u8 proto = skb_transport_header_was_set(skb) ? nv_l4_protocol(skb, &v6) : 0;
	struct flow_keys keys;
	u32 bit = 0;

	if (proto == IPPROTO_TCP)
		bit = v6 ? HV_HASH_TCP6 : HV_HASH_TCP4;
	else if (proto == IPPROTO_UDP)
		bit = v6 ? HV_HASH_UDP6 : HV_HASH_UDP4;
	if (!bit || READ_ONCE(nv->tx_l4) & bit ||
	    !skb_flow_dissect_flow_keys(skb, &keys, 0))
		return skb_get_hash(skb);
	keys.ports.ports = 0;
	return flow_hash_from_keys(&keys);
}

/*
 * A socket with a route remembers, so that not each of its frames is taken apart for a hash.
 * TCP says when it may move without frames overtaking each other.
 */
static u16 nv_pick(struct nv *nv, const struct nv_conn *conn, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	int last = sk_tx_queue_get(sk);
	u16 q;

	if (last >= 0 && last < conn->nqueues && !skb->ooo_okay && !nv_picks_anew(nv))
		return last;
	q = READ_ONCE(conn->send_table[nv_tx_hash(nv, skb) % HV_NVSP_SEND_TABLE_LEN]);
	if (sk && q != last && sk_fullsock(sk) && rcu_access_pointer(sk->sk_dst_cache))
		sk_tx_queue_set(sk, q);
	return q;
}

/*
 * The table that the host sent decides; without one the stack's choice, which
 * knows about XPS.
 */
u16 nv_select_queue(struct net_device *ndev, struct sk_buff *skb,
		    struct net_device *sb_dev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn;
	int vf;
	u16 q;

	rcu_read_lock();
	conn = rcu_dereference(nv->conn);
	vf = nv_vf_pick(nv, skb);
	if (vf >= 0)
		q = vf % ndev->real_num_tx_queues;
	else if (conn && READ_ONCE(conn->has_send_table) && conn->nqueues > 1)
		q = nv_pick(nv, conn, skb);
	else
		q = netdev_pick_tx(ndev, skb, NULL);
	if (conn && q < conn->nqueues && READ_ONCE(conn->queue[q]->dead))
		q = 0;
	rcu_read_unlock();
	return q < ndev->real_num_tx_queues ? q : 0;
}
