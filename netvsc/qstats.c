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

/* Nothing is counted outside of a queue. */
static void nv_qstats_base(struct net_device *ndev, struct netdev_queue_stats_rx *rx,
			   struct netdev_queue_stats_tx *tx)
{
	rx->packets = 0;
	rx->bytes = 0;
	rx->alloc_fail = 0;
	tx->packets = 0;
	tx->bytes = 0;
	tx->stop = 0;
	tx->wake = 0;
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
