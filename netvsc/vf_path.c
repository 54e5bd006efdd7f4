// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VF's data: which path the host is asked for, and frames over the VF, which count
 * as ours.
 */
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* Asks the host for a path; without a connection the host has forgotten the VF's. */
int nv_vf_path(struct nv *nv, bool vf)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_DATA_PATH) };
	struct nv_conn *conn = nv_conn_rtnl(nv);
	int ret = 0;

	if (nv->vf_path == vf || (!conn && vf))
		return 0;
	m.data_path.path = cpu_to_le32(vf ? HV_NVSP_PATH_VF : HV_NVSP_PATH_SYNTHETIC);
	if (conn)	/* the answer carries nothing */
		ret = nv_nvsp_request(conn, &m, 0, 0);
	if (ret < 0 && vf)
		return ret;
	WRITE_ONCE(nv->vf_path, vf);
	netdev_info(nv->ndev, "data path is %s now\n", vf ? "the VF" : "synthetic");
	return 0;
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
