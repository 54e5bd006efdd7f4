// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of each queue for netlink, in kernels that ask for them.
 */
#include "netvsc.h"

#ifdef HV_HAVE_STAT_OPS
#include <net/netdev_queues.h>

static void nv_qstats_rx(struct net_device *ndev, int i,
			 struct netdev_queue_stats_rx *s)
{
	struct nv *nv = netdev_priv(ndev);
	const struct nv_rx_stats *r = &nv->rx_stats[i];
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&r->sync);
		s->packets = u64_stats_read(&r->packets);
		s->bytes = u64_stats_read(&r->bytes);
		s->alloc_fail = u64_stats_read(&r->no_memory);
	} while (u64_stats_fetch_retry(&r->sync, start));
}

static void nv_qstats_tx(struct net_device *ndev, int i,
			 struct netdev_queue_stats_tx *s)
{
	struct nv *nv = netdev_priv(ndev);
	const struct nv_tx_stats *t = &nv->tx_stats[i];
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&t->sync);
		s->packets = u64_stats_read(&t->packets);
		s->bytes = u64_stats_read(&t->bytes);
		s->stop = u64_stats_read(&t->stop);
		s->wake = u64_stats_read(&t->wake);
	} while (u64_stats_fetch_retry(&t->sync, start));
}

/* What the VF has carried, and queues that there are no more: sums do not go back. */
static void nv_qstats_base(struct net_device *ndev, struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	struct nv *nv = netdev_priv(ndev);
	struct netdev_queue_stats_rx r;
	struct netdev_queue_stats_tx t;
	int i;

	rx->packets = nv_vf_stat(nv, NV_VF_RX_PACKETS);
	rx->bytes = nv_vf_stat(nv, NV_VF_RX_BYTES);
	rx->alloc_fail = 0;
	for (i = ndev->real_num_rx_queues; i < NV_QUEUES_MAX; i++) {
		nv_qstats_rx(ndev, i, &r);
		rx->packets += r.packets;
		rx->bytes += r.bytes;
		rx->alloc_fail += r.alloc_fail;
	}
	tx->packets = nv_vf_stat(nv, NV_VF_TX_PACKETS);
	tx->bytes = nv_vf_stat(nv, NV_VF_TX_BYTES);
	tx->stop = 0;
	tx->wake = 0;
	for (i = ndev->real_num_tx_queues; i < NV_QUEUES_MAX; i++) {
		nv_qstats_tx(ndev, i, &t);
		tx->packets += t.packets;
		tx->bytes += t.bytes;
		tx->stop += t.stop;
		tx->wake += t.wake;
	}
}

static const struct netdev_stat_ops nv_stat_ops = {
	.get_queue_stats_rx = nv_qstats_rx,
	.get_queue_stats_tx = nv_qstats_tx,
	.get_base_stats = nv_qstats_base,
};

void nv_qstats_init(struct net_device *ndev)
{
	ndev->stat_ops = &nv_stat_ops;
}
#else
void nv_qstats_init(struct net_device *ndev)
{
}
#endif
