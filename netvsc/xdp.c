// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP: programs run on a page of their own; what they send is copied into a
 * section like every small frame.
 */
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* Frames that a program sees fit into a page with head and tail. */
#define NV_XDP_FRAME	(PAGE_SIZE - XDP_PACKET_HEADROOM - \
			 SKB_DATA_ALIGN(sizeof(struct skb_shared_info)))
#define NV_XDP_MTU	((int)NV_XDP_FRAME - ETH_HLEN)

static bool nv_xdp_tx(struct nv_queue *q, struct xdp_buff *xdp)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
	struct xdp_frame *f = xdp_convert_buff_to_frame(xdp);
	int ret;

	if (!f)
		return false;
	__netif_tx_lock(txq, smp_processor_id());
	ret = nv_tx_xdp(q, f);
	if (!ret)
		nv_tx_flush(q, txq);
	__netif_tx_unlock(txq);
	return !ret;
}

static void nv_xdp_drop(struct nv_queue *q, struct page *page)
{
	nv_count_rx(q, xdp_drop);
	page_pool_recycle_direct(q->rx.pool, page);
}

/* Runs the program on a page of the pool; true: the page goes to the stack. */
bool nv_xdp_run(struct nv_queue *q, struct bpf_prog *prog, struct page *page,
		u32 *offset, u32 *len)
{
	struct net_device *ndev = q->conn->nv->ndev;
	struct xdp_buff xdp;
	u32 act;

	xdp_init_buff(&xdp, PAGE_SIZE, &q->rx.xdp_rxq);
	xdp_prepare_buff(&xdp, page_address(page), *offset, *len, false);
	act = bpf_prog_run_xdp(prog, &xdp);
	switch (act) {
	case XDP_PASS:
		*offset = xdp.data - xdp.data_hard_start;
		*len = xdp.data_end - xdp.data;
		return true;
	case XDP_TX:
		if (!nv_xdp_tx(q, &xdp)) {
			trace_xdp_exception(ndev, prog, act);
			nv_xdp_drop(q, page);
			return false;
		}
		nv_count_rx(q, xdp_tx);
		page_pool_recycle_direct(q->rx.pool, page);
		return false;
	case XDP_REDIRECT:
		if (xdp_do_redirect(ndev, &xdp, prog)) {
			trace_xdp_exception(ndev, prog, act);
			nv_xdp_drop(q, page);
			return false;
		}
		q->rx.flush_xdp = true;
		nv_count_rx(q, xdp_redirect);
		return false;
	default:
		bpf_warn_invalid_xdp_action(ndev, prog, act);
		fallthrough;
	case XDP_ABORTED:
		trace_xdp_exception(ndev, prog, act);
		fallthrough;
	case XDP_DROP:
		nv_xdp_drop(q, page);
		return false;
	}
}

/**
 * nv_xdp_xmit - ndo_xdp_xmit: frames redirected to this device
 * @ndev: network device
 * @n: how many
 * @frames: frames; those sent were copied and are given back here
 * @flags: XDP_XMIT_FLUSH
 *
 * Return: how many were sent, or a negative error.
 */
int nv_xdp_xmit(struct net_device *ndev, int n, struct xdp_frame **frames, u32 flags)
{
	struct nv *nv = netdev_priv(ndev);
	struct netdev_queue *txq;
	struct nv_conn *conn;
	struct nv_queue *q;
	int i = 0;

	if (flags & ~XDP_XMIT_FLAGS_MASK)
		return -EINVAL;
	conn = rcu_dereference_bh(nv->conn);
	if (!conn || !netif_running(ndev) || !netif_carrier_ok(ndev))
		return -ENETDOWN;
	q = conn->queue[smp_processor_id() % conn->nqueues];
	txq = netdev_get_tx_queue(ndev, q->index);
	__netif_tx_lock(txq, smp_processor_id());
	while (i < n && !nv_tx_xdp(q, frames[i]))
		xdp_return_frame_rx_napi(frames[i++]);
	if (flags & XDP_XMIT_FLUSH || i < n)
		nv_tx_flush(q, txq);
	__netif_tx_unlock(txq);
	return i;
}

int nv_xdp_max_mtu(void)
{
	return NV_XDP_MTU;
}

static int nv_xdp_set(struct nv *nv, struct bpf_prog *prog,
		      struct netlink_ext_ack *extack)
{
	struct bpf_prog *old;
	int ret;

	if (prog && nv->ndev->mtu > NV_XDP_MTU) {
		NL_SET_ERR_MSG_MOD(extack, "MTU too large for XDP");
		return -EOPNOTSUPP;
	}
	if (prog && nv->ndev->features & NETIF_F_LRO) {
		NL_SET_ERR_MSG_MOD(extack, "turn LRO off before loading an XDP program");
		return -EOPNOTSUPP;
	}
	ret = nv_vf_set_xdp(rtnl_dereference(nv->vf), prog, extack);
	if (ret)
		return ret;
	old = rtnl_dereference(nv->prog);
	rcu_assign_pointer(nv->prog, prog);
	if (old) {
		synchronize_net();
		bpf_prog_put(old);
	}
	return 0;
}

int nv_bpf(struct net_device *ndev, struct netdev_bpf *bpf)
{
	if (bpf->command != XDP_SETUP_PROG)
		return -EINVAL;
	return nv_xdp_set(netdev_priv(ndev), bpf->prog, bpf->extack);
}
