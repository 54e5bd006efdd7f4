// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VF's data: which path the host is asked for, and frames over the VF, which count
 * as ours.
 */
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

static int nv_vf_request(struct nv_conn *conn, bool vf)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_DATA_PATH) };
	int ret;

	m.data_path.path = cpu_to_le32(vf ? HV_NVSP_PATH_VF : HV_NVSP_PATH_SYNTHETIC);
	ret = nv_nvsp_request(conn, &m, 0, 0);		/* the answer carries nothing */
	return ret < 0 ? ret : 0;
}

/**
 * nv_vf_path_end - no data goes over the VF any more
 * @nv: the device
 *
 * Without a connection the host has forgotten the VF's path, and so have we.
 * Context: any; pairs with nv_vf_path_begin().
 */
void nv_vf_path_end(struct nv *nv)
{
	atomic_inc(&nv->vf_ends);
	/* who begins it sees this, or what it writes is overwritten */
	smp_mb__after_atomic();
	WRITE_ONCE(nv->vf_path, false);
}

/* @ends: how many there were when the host was asked */
static bool nv_vf_path_begin(struct nv *nv, int ends)
{
	WRITE_ONCE(nv->vf_path, true);
	smp_mb();	/* pairs with the barrier in nv_vf_path_end() */
	if (atomic_read(&nv->vf_ends) == ends)
		return true;
	WRITE_ONCE(nv->vf_path, false);
	return false;
}

/**
 * nv_vf_path_ask - ask the host for the VF's path, and take it
 * @nv: the device, whose vf_asked is set
 * @ends: vf_ends of before, under RTNL; one more means that it is not wanted any more, or that
 *	the host has gone back by itself, which may be known before the answer is
 *
 * Context: may sleep, for a limited time; without RTNL.
 * Return: whether it is taken.
 */
bool nv_vf_path_ask(struct nv *nv, int ends)
{
	struct nv_conn *conn = nv_conn_get(nv);
	bool taken = false;
	int ret;

	if (!conn)
		return true;		/* nv_vf_connected() goes on */
	ret = nv_vf_request(conn, true);
	rtnl_lock();
	if (!ret && nv_conn_rtnl(nv) == conn)
		taken = nv_vf_path_begin(nv, ends);
	rtnl_unlock();
	nv_conn_put(conn);
	if (taken)
		netdev_info(nv->ndev, "data path is the VF now\n");
	return taken;
}

/* The host was told: what it has not taken is said again. */
static void nv_vf_path_told(struct nv *nv, int ret)
{
	WRITE_ONCE(nv->vf_asked, nv_again(ret));
	if (nv_again(ret) && !nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(NV_VF_ASK_MS));
	netdev_info(nv->ndev, "data path is synthetic now\n");
}

/**
 * nv_vf_path_leave - the host is told that data goes the synthetic way
 * @nv: the device, whose data goes that way already
 *
 * The VF stays for now, so what comes over it meanwhile comes in.
 * Context: may sleep, for a limited time; without RTNL.
 */
void nv_vf_path_leave(struct nv *nv)
{
	struct nv_conn *conn = nv_conn_get(nv);
	int ret;

	if (!conn)
		return;			/* a new host has given no path */
	ret = nv_vf_request(conn, false);
	rtnl_lock();
	if (nv_conn_rtnl(nv) == conn)
		nv_vf_path_told(nv, ret);
	rtnl_unlock();
	nv_conn_put(conn);
}

/**
 * nv_vf_path_back - data goes the synthetic way, and the host is told
 * @nv: the device
 *
 * It is waited for a moment: the VF is about to go, and what comes over it with it.
 * Context: RTNL; may sleep.
 */
void nv_vf_path_back(struct nv *nv)
{
	struct nv_conn *conn = nv_conn_rtnl(nv);
	int ret = 0;

	if (!nv->vf_path && !nv->vf_asked)
		return;
	nv_vf_path_end(nv);
	if (conn) {
		nv_hurry(nv);
		ret = nv_vf_request(conn, false);
		nv_hurry_end(nv);
	}
	nv_vf_path_told(nv, ret);
}

static void nv_vf_count(struct nv *nv, u32 len, bool tx, bool ok)
{
	struct nv_vf_stats *s = get_cpu_ptr(nv->vf_stats);

	u64_stats_update_begin(&s->syncp);
	if (!ok) {
		u64_stats_inc(&s->value[NV_VF_TX_DROPPED]);
	} else {
		u64_stats_inc(&s->value[tx ? NV_VF_TX_PACKETS : NV_VF_RX_PACKETS]);
		u64_stats_add(&s->value[tx ? NV_VF_TX_BYTES : NV_VF_RX_BYTES], len);
	}
	u64_stats_update_end(&s->syncp);
	put_cpu_ptr(nv->vf_stats);
}

u64 nv_vf_stat_cpu(const struct nv *nv, enum nv_vf_counter which, unsigned int cpu)
{
	const struct nv_vf_stats *s = per_cpu_ptr(nv->vf_stats, cpu);
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		value = u64_stats_read(&s->value[which]);
	} while (u64_stats_fetch_retry(&s->syncp, start));
	return value;
}

/* One counter over all processors. */
u64 nv_vf_stat(const struct nv *nv, enum nv_vf_counter which)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += nv_vf_stat_cpu(nv, which, cpu);
	return sum;
}

rx_handler_result_t nv_vf_rx(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct net_device *ndev = rcu_dereference(skb->dev->rx_handler_data);

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	skb->dev = ndev;
	nv_vf_count(netdev_priv(ndev), skb->len, false, true);
	return RX_HANDLER_ANOTHER;
}

/**
 * nv_vf_xmit - send over the VF if that is the path
 * @nv: the device
 * @skb: the frame
 *
 * Return: whether the VF took it, and it is gone.
 */
bool nv_vf_xmit(struct nv *nv, struct sk_buff *skb)
{
	struct net_device *vf;
	bool taken = false;
	u32 len = skb->len;
	int ret;

	/* netpoll's frames go the synthetic way: its interrupts are off */
	if (!READ_ONCE(nv->vf_path) || netpoll_tx_running(nv->ndev))
		return false;
	rcu_read_lock();
	vf = rcu_dereference(nv->vf);
	if (vf && netif_running(vf) && netif_carrier_ok(vf)) {
		skb->dev = vf;
		skb_set_queue_mapping(skb, 0);	/* ours would pass for a queue that it came on */
		ret = dev_queue_xmit(skb);	/* which chooses among the VF's own */
		nv_vf_count(nv, len, true, ret == NET_XMIT_SUCCESS || ret == NET_XMIT_CN);
		taken = true;
	}
	rcu_read_unlock();
	return taken;
}

/**
 * nv_vf_pick - the queue that the VF would take
 * @nv: the device
 * @skb: the frame
 *
 * So that a socket remembers a queue of the VF, which may have more than we have.
 * Context: RCU.
 * Return: its number, or -1 when data does not go over a VF.
 */
int nv_vf_pick(struct nv *nv, struct sk_buff *skb)
{
	struct net_device *vf = READ_ONCE(nv->vf_path) ? rcu_dereference(nv->vf) : NULL;

	if (!vf)
		return -1;
	if (vf->real_num_tx_queues == 1)
		return 0;
	return vf->netdev_ops->ndo_select_queue ?
	       vf->netdev_ops->ndo_select_queue(vf, skb, NULL) : netdev_pick_tx(vf, skb, NULL);
}

/**
 * nv_vf_xdp_xmit - frames redirected to us, over the VF if that is the path
 * @nv: the device
 * @n: how many
 * @frames: the frames
 * @flags: XDP_XMIT_*
 *
 * Context: RCU.
 * Return: how many were sent, or -EOPNOTSUPP when they have to go the synthetic way.
 */
int nv_vf_xdp_xmit(struct nv *nv, int n, struct xdp_frame **frames, u32 flags)
{
	struct net_device *vf = READ_ONCE(nv->vf_path) ? rcu_dereference_bh(nv->vf) : NULL;

	if (!vf || !netif_running(vf) || !netif_carrier_ok(vf) ||
	    !vf->netdev_ops->ndo_xdp_xmit)
		return -EOPNOTSUPP;
	return vf->netdev_ops->ndo_xdp_xmit(vf, n, frames, flags);
}
