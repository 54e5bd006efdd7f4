// SPDX-License-Identifier: GPL-2.0-only
/*
 * XDP: programs run on pages of their own, one, or several for a program that
 * understands fragments.  What they send is copied into a section like every
 * small frame, or goes as its pages.
 */
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

#define NV_XDP_MTU	((int)NV_XDP_FRAME - ETH_HLEN)

/* Gives the pages back to the queue's pool. */
void nv_xdp_release(struct nv_queue *q, struct xdp_buff *xdp)
{
	struct skb_shared_info *s = xdp_get_shared_info_from_buff(xdp);
	unsigned int i;

	for (i = 0; xdp_buff_has_frags(xdp) && i < s->nr_frags; i++)
		page_pool_recycle_direct(q->rx.pool, skb_frag_page(&s->frags[i]));
	page_pool_recycle_direct(q->rx.pool, virt_to_page(xdp->data_hard_start));
}

static bool nv_xdp_tx(struct nv_queue *q, struct xdp_buff *xdp)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
	struct xdp_frame *f = xdp_convert_buff_to_frame(xdp);
	int ret;

	if (!f)
		return false;
	__netif_tx_lock(txq, smp_processor_id());
	ret = nv_tx_xdp(q, f);
	__netif_tx_unlock(txq);
	q->rx.flush_tx |= ret >= 0;	/* all of this poll go out together */
	if (!ret)
		nv_xdp_release(q, xdp);
	return ret >= 0;
}

/* What a poll's programs have sent goes out. */
void nv_xdp_flush(struct nv_queue *q)
{
	struct netdev_queue *txq;

	if (q->rx.flush_tx) {
		q->rx.flush_tx = false;
		txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
		__netif_tx_lock(txq, smp_processor_id());
		nv_tx_flush(q, txq);
		__netif_tx_unlock(txq);
	}
	if (q->rx.flush_xdp) {
		q->rx.flush_xdp = false;
		xdp_do_flush();
	}
}

static void nv_xdp_drop(struct nv_queue *q, struct xdp_buff *xdp)
{
	nv_count_rx(q, xdp_drop);
	nv_xdp_release(q, xdp);
}

/* Runs the program on pages of the pool; true: they go to the stack. */
bool nv_xdp_run(struct nv_queue *q, struct bpf_prog *prog, struct xdp_buff *xdp)
{
	struct net_device *ndev = q->conn->nv->ndev;
	u32 act = bpf_prog_run_xdp(prog, xdp);

	switch (act) {
	case XDP_PASS:
		return true;
	case XDP_TX:
		if (!nv_xdp_tx(q, xdp)) {
			trace_xdp_exception(ndev, prog, act);
			nv_xdp_drop(q, xdp);
			return false;
		}
		nv_count_rx(q, xdp_tx);
		return false;
	case XDP_REDIRECT:
		if (xdp_do_redirect(ndev, xdp, prog)) {
			trace_xdp_exception(ndev, prog, act);
			nv_xdp_drop(q, xdp);
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
		nv_xdp_drop(q, xdp);
		return false;
	}
}

/**
 * nv_xdp_xmit - ndo_xdp_xmit: frames redirected to this device
 * @ndev: network device
 * @n: how many
 * @frames: frames; those sent are given back here or when the host is done
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
	int i, ret;

	if (flags & ~XDP_XMIT_FLAGS_MASK)
		return -EINVAL;
	ret = nv_vf_xdp_xmit(nv, n, frames, flags);
	if (ret != -EOPNOTSUPP)
		return ret;
	conn = rcu_dereference_bh(nv->conn);
	if (!conn || !netif_running(ndev) || !netif_carrier_ok(ndev))
		return -ENETDOWN;
	q = conn->queue[smp_processor_id() % conn->nqueues];
	txq = netdev_get_tx_queue(ndev, q->index);
	__netif_tx_lock(txq, smp_processor_id());
	for (i = 0; i < n; i++) {
		ret = nv_tx_xdp(q, frames[i]);
		if (ret < 0)
			break;
		if (!ret)
			xdp_return_frame_rx_napi(frames[i]);
	}
	if (flags & XDP_XMIT_FLUSH || i < n)
		nv_tx_flush(q, txq);
	__netif_tx_unlock(txq);
	return i;
}

/* Whether the program, if any, takes frames of this MTU. */
bool nv_xdp_mtu_ok(const struct bpf_prog *prog, int mtu)
{
	return !prog || mtu <= NV_XDP_MTU || prog->aux->xdp_has_frags;
}

static int nv_xdp_set(struct nv *nv, struct bpf_prog *prog,
		      struct netlink_ext_ack *extack)
{
	struct bpf_prog *old;
	int ret;

	if (!nv_xdp_mtu_ok(prog, nv->ndev->mtu)) {
		NL_SET_ERR_MSG_MOD(extack, "MTU too large for XDP without fragments");
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
