// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool: counters.  Those that the in-tree driver has too have its names,
 * for the sake of what reads them.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"
#include "ethtool.h"

struct nv_stat {
	char name[ETH_GSTRING_LEN];
	u16 offset;
};

#define TX(n, f) { n, offsetof(struct nv_tx_stats, f) }
#define RX(n, f) { n, offsetof(struct nv_rx_stats, f) }

/* Sums over all queues. */
static const struct nv_stat nv_tx_sums[] = {
	TX("tx_no_space", full), TX("tx_send_full", no_section),
	TX("tx_scattered", direct), TX("tx_sections", sections),
	TX("tx_trains", trains), TX("tx_lso", lso), TX("tx_dropped", dropped),
	TX("tx_refused", refused), TX("stop_queue", stop), TX("wake_queue", wake),
	TX("tx_no_memory", no_memory), TX("tx_too_big", too_big), TX("tx_busy", busy),
	TX("tx_abandoned", abandoned),
};

static const struct nv_stat nv_rx_sums[] = {
	RX("rx_comp_busy", comp_busy), RX("rx_no_memory", no_memory),
	RX("rx_coalesced", coalesced), RX("rx_paged", paged), RX("rx_csum_ok", csum_ok),
	RX("rx_csum_bad", csum_bad), RX("vlan_error", vlan_error),
	RX("rx_no_taker", no_taker),
};

static const struct nv_stat nv_tx_each[] = {
	TX("tx_queue_%u_packets", packets), TX("tx_queue_%u_bytes", bytes),
	TX("tx_queue_%u_xdp_xmit", xdp),
};

static const struct nv_stat nv_rx_each[] = {
	RX("rx_queue_%u_packets", packets), RX("rx_queue_%u_bytes", bytes),
	RX("rx_queue_%u_xdp_drop", xdp_drop), RX("rx_queue_%u_xdp_redirect", xdp_redirect),
	RX("rx_queue_%u_xdp_tx", xdp_tx),
};

static const char nv_bad_names[NV_BAD_COUNT][ETH_GSTRING_LEN] = {
	[NV_BAD_PACKET] = "host_bad_packet",
	[NV_BAD_RANGE] = "host_bad_range",
	[NV_BAD_RNDIS] = "host_bad_rndis",
	[NV_BAD_REPLY] = "host_bad_reply",
	[NV_BAD_COMPLETION] = "host_bad_completion",
	[NV_BAD_STATE] = "host_bad_state",
	[NV_BAD_TIMEOUT] = "host_timeout",
};

static const char nv_vf_names[NV_VF_COUNTERS][ETH_GSTRING_LEN] = {
	[NV_VF_RX_PACKETS] = "vf_rx_packets",
	[NV_VF_RX_BYTES] = "vf_rx_bytes",
	[NV_VF_TX_PACKETS] = "vf_tx_packets",
	[NV_VF_TX_BYTES] = "vf_tx_bytes",
	[NV_VF_TX_DROPPED] = "vf_tx_dropped",
};

static const char nv_other_names[][ETH_GSTRING_LEN] = {
	"resets", "keepalives", "late_replies",
};

/* What passed over each processor: by the queues it serves, and over the VF. */
static const char nv_cpu_names[][ETH_GSTRING_LEN] = {
	"cpu%u_rx_packets", "cpu%u_rx_bytes", "cpu%u_tx_packets", "cpu%u_tx_bytes",
	"cpu%u_vf_rx_packets", "cpu%u_vf_rx_bytes", "cpu%u_vf_tx_packets",
	"cpu%u_vf_tx_bytes",
};

static int nv_stats_count(const struct net_device *ndev)
{
	return ARRAY_SIZE(nv_cpu_names) * num_present_cpus() +
	       ARRAY_SIZE(nv_tx_sums) + ARRAY_SIZE(nv_rx_sums) + NV_BAD_COUNT +
	       ARRAY_SIZE(nv_other_names) + NV_VF_COUNTERS + ndev->real_num_rx_queues *
	       (ARRAY_SIZE(nv_tx_each) + ARRAY_SIZE(nv_rx_each));
}

int nv_get_sset_count(struct net_device *ndev, int set)
{
	switch (set) {
	case ETH_SS_STATS:
		return nv_stats_count(ndev);
	case ETH_SS_TEST:
		return NV_TESTS;
	}
	return -EOPNOTSUPP;
}

static void nv_put_names(u8 **p, const struct nv_stat *s, unsigned int n)
{
	while (n--)
		ethtool_sprintf(p, "%s", s++->name);
}

/* @name has one "%u". */
static void nv_put_numbered(u8 **p, const char *name, u32 number)
{
	const char *at = strchr(name, '%');

	ethtool_sprintf(p, "%.*s%u%s", (int)(at - name), name, number, at + 2);
}

static void nv_put_queue_names(u8 **p, const struct nv_stat *s, unsigned int n, u32 q)
{
	for (; n--; s++)
		nv_put_numbered(p, s->name, q);
}

void nv_get_strings(struct net_device *ndev, u32 set, u8 *p)
{
	unsigned int i, cpu;

	if (set == ETH_SS_TEST) {
		nv_test_strings(&p);
		return;
	}
	if (set != ETH_SS_STATS)
		return;
	nv_put_names(&p, nv_tx_sums, ARRAY_SIZE(nv_tx_sums));
	nv_put_names(&p, nv_rx_sums, ARRAY_SIZE(nv_rx_sums));
	for (i = 0; i < NV_BAD_COUNT; i++)
		ethtool_sprintf(&p, "%s", nv_bad_names[i]);
	for (i = 0; i < ARRAY_SIZE(nv_other_names); i++)
		ethtool_sprintf(&p, "%s", nv_other_names[i]);
	for (i = 0; i < NV_VF_COUNTERS; i++)
		ethtool_sprintf(&p, "%s", nv_vf_names[i]);
	for (i = 0; i < ndev->real_num_rx_queues; i++) {
		nv_put_queue_names(&p, nv_tx_each, ARRAY_SIZE(nv_tx_each), i);
		nv_put_queue_names(&p, nv_rx_each, ARRAY_SIZE(nv_rx_each), i);
	}
	for_each_present_cpu(cpu)
		for (i = 0; i < ARRAY_SIZE(nv_cpu_names); i++)
			nv_put_numbered(&p, nv_cpu_names[i], cpu);
}

static u64 nv_read_stat(const struct u64_stats_sync *sync, const void *base, u16 offset)
{
	const u64_stats_t *v = base + offset;
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(sync);
		value = u64_stats_read(v);
	} while (u64_stats_fetch_retry(sync, start));
	return value;
}

static u64 nv_tx_stat(const struct nv *nv, u32 q, const struct nv_stat *s)
{
	return nv_read_stat(&nv->tx_stats[q].sync, &nv->tx_stats[q], s->offset);
}

static u64 nv_rx_stat(const struct nv *nv, u32 q, const struct nv_stat *s)
{
	return nv_read_stat(&nv->rx_stats[q].sync, &nv->rx_stats[q], s->offset);
}

static u64 *nv_put_sums(const struct nv *nv, u64 *d)
{
	unsigned int i, q;

	for (i = 0; i < ARRAY_SIZE(nv_tx_sums); i++)
		for (*d++ = 0, q = 0; q < NV_QUEUES_MAX; q++)
			d[-1] += nv_tx_stat(nv, q, &nv_tx_sums[i]);
	for (i = 0; i < ARRAY_SIZE(nv_rx_sums); i++)
		for (*d++ = 0, q = 0; q < NV_QUEUES_MAX; q++)
			d[-1] += nv_rx_stat(nv, q, &nv_rx_sums[i]);
	for (i = 0; i < NV_BAD_COUNT; i++)
		*d++ = atomic64_read(&nv->bad[i]);
	*d++ = atomic64_read(&nv->resets);
	*d++ = atomic64_read(&nv->keepalives);
	*d++ = atomic64_read(&nv->late_replies);
	for (i = 0; i < NV_VF_COUNTERS; i++)
		*d++ = nv_vf_stat(nv, i);
	return d;
}

/* Eight values of one processor, in the order of nv_cpu_names. */
static u64 *nv_put_cpu(const struct nv *nv, const struct nv_conn *conn, u32 cpu, u64 *d)
{
	const struct nv_stat *rx = nv_rx_each, *tx = nv_tx_each;
	unsigned int i;

	memset(d, 0, 4 * sizeof(*d));
	for (i = 0; conn && i < conn->nqueues; i++) {
		const struct vmbus_channel *chan = READ_ONCE(conn->queue[i]->chan);

		if (!chan || chan->target_cpu != cpu)
			continue;
		d[0] += nv_rx_stat(nv, i, &rx[0]);
		d[1] += nv_rx_stat(nv, i, &rx[1]);
		d[2] += nv_tx_stat(nv, i, &tx[0]);
		d[3] += nv_tx_stat(nv, i, &tx[1]);
	}
	for (i = 0; i < 4; i++)
		d[4 + i] = nv_vf_stat_cpu(nv, i, cpu);
	return d + 8;
}

void nv_get_stats(struct net_device *ndev, struct ethtool_stats *stats, u64 *d)
{
	struct nv *nv = netdev_priv(ndev);
	unsigned int i, q, cpu;

	d = nv_put_sums(nv, d);
	for (q = 0; q < ndev->real_num_rx_queues; q++) {
		for (i = 0; i < ARRAY_SIZE(nv_tx_each); i++)
			*d++ = nv_tx_stat(nv, q, &nv_tx_each[i]);
		for (i = 0; i < ARRAY_SIZE(nv_rx_each); i++)
			*d++ = nv_rx_stat(nv, q, &nv_rx_each[i]);
	}
	rcu_read_lock();	/* nv_queue_gone() may close channels meanwhile */
	for_each_present_cpu(cpu)
		d = nv_put_cpu(nv, nv_conn_rtnl(nv), cpu, d);
	rcu_read_unlock();
}
