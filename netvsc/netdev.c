// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network device's operations.
 */
#include <linux/etherdevice.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"
#include "tx_slot.h"

/* ---- receive filter ---- */

static void nv_set_rx_mode(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);

	nv_vf_rx_mode(nv);
	nv_rx_mode_soon(nv, 0);
}

static void nv_change_rx_flags(struct net_device *ndev, int changed)
{
	struct nv *nv = netdev_priv(ndev);
	struct net_device *vf = rtnl_dereference(nv->vf);
	unsigned int set = changed & ndev->flags, cleared = changed & ~ndev->flags;

	if (!vf || !nv->vf_mirrored)
		return;
	nv_vf_flags(vf, set, 1);
	nv_vf_flags(vf, cleared, -1);
}

/* ---- up and down ---- */

/* The carrier comes when the host has the filter: nothing would be received before. */
static int nv_open(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);

	if (!nv_conn_rtnl(nv))
		return -ENODEV;
	netif_tx_start_all_queues(ndev);
	nv_link_show(nv);
	nv_rx_mode_soon(nv, 0);
	return 0;
}

/*
 * What the host sends until it knows is dropped: each poll looks at netif_running(), and
 * those that saw it set are over, as the core has waited for readers of RCU.
 */
static int nv_stop(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);

	netif_tx_disable(ndev);
	netif_carrier_off(ndev);
	nv_vf_close(nv);
	nv_rx_mode_soon(nv, 0);
	return 0;
}

/* ---- settings ---- */

static int nv_change_mtu(struct net_device *ndev, int mtu)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_config cfg = nv->cfg;
	int old = ndev->mtu, ret;

	if (!nv_xdp_mtu_ok(rtnl_dereference(nv->prog), mtu)) {
		netdev_info(ndev, "MTU %d is too large for XDP without fragments\n", mtu);
		return -EINVAL;
	}
	ret = nv_vf_set_mtu(nv, mtu);
	if (ret)
		return ret;
	if (nv_conn_rtnl(nv) && nv->cfg.mtu == mtu) {	/* nv_republish(): the connection has it */
		WRITE_ONCE(ndev->mtu, mtu);
		return 0;
	}
	cfg.mtu = mtu;
	WRITE_ONCE(ndev->mtu, mtu);
	ret = nv_reconfigure(nv, &cfg, NV_UNDER_RTNL);
	if (ret) {
		WRITE_ONCE(ndev->mtu, old);
		nv_vf_set_mtu(nv, old);
	}
	return ret;
}

/* The user is to hear whether the host takes it. */
static int nv_tell_new_mac(struct nv_conn *conn, const u8 *mac)
{
	u8 buf[128];
	int ret;

	WRITE_ONCE(conn->nv->changes, conn->nv->changes + 1);
	nv_hurry(conn->nv);
	ret = nv_rndis_set(conn, HV_OID_CONFIG, buf, nv_mac_config(buf, mac));
	nv_hurry_end(conn->nv);
	if (nv_again(ret))	/* whether the host took it is unknown: it hears of the old one */
		nv_tell_again(conn, &conn->mac_late);
	return ret;
}

static int nv_set_mac(struct net_device *ndev, void *p)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	struct sockaddr *sa = p, old = { .sa_family = ndev->type };
	int ret = eth_prepare_mac_addr_change(ndev, p);

	if (ret)
		return ret;
	if (!conn)
		return -ENODEV;
	ret = nv_vf_set_mac(nv, sa);
	if (ret)
		return ret;
	ret = nv_tell_new_mac(conn, sa->sa_data);
	if (!ret) {
		eth_commit_mac_addr_change(ndev, p);
		return 0;
	}
	memcpy(old.sa_data, ndev->dev_addr, ETH_ALEN);
	nv_vf_set_mac(nv, &old);
	return ret;
}

static netdev_features_t nv_fix_features(struct net_device *ndev, netdev_features_t f)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	if (conn)
		f &= nv_offload_possible(conn) | ~(NETIF_F_LRO | NETIF_F_TSO |
			NETIF_F_TSO6 | NETIF_F_GSO_UDP_L4 | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
			NETIF_F_RXCSUM | NETIF_F_RXHASH);
	if (f & NETIF_F_LRO && rtnl_dereference(nv->prog)) {
		netdev_info(ndev, "no LRO while an XDP program is loaded\n");
		f &= ~NETIF_F_LRO;
	}
	return f;
}

static int nv_set_features(struct net_device *ndev, netdev_features_t f)
{
	struct nv *nv = netdev_priv(ndev);

	nv_vf_set_features(nv, f);
	WRITE_ONCE(nv->rsc, f & NETIF_F_LRO);
	nv_offload_soon(nv, 0);
	return 0;
}

/*
 * Extension headers in front of TCP, in a large frame, on a host that cannot do those; or UDP that
 * the driver cannot cut.
 */
static bool nv_large_refused(const struct net_device *ndev, const struct sk_buff *skb)
{
	const struct nv *nv = netdev_priv(ndev);
	const struct nv_conn *conn;
	bool udp = skb_shinfo(skb)->gso_type & SKB_GSO_UDP_L4, refused;

	if (!udp && (!(skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6) || skb_transport_offset(skb) ==
	    skb_network_offset(skb) + (int)sizeof(struct ipv6hdr)))
		return false;
	rcu_read_lock();
	conn = rcu_dereference(nv->conn);
	if (!conn)
		refused = true;
	else if (udp)
		refused = !nv_uso_fits(conn, skb);
	else
		refused = !(conn->host.offload.lso_v6_options & cpu_to_le32(HV_LSO6_EXTENSIONS));
	rcu_read_unlock();
	return refused;
}

static netdev_features_t nv_features_check(struct sk_buff *skb, struct net_device *ndev,
					   netdev_features_t f)
{
	/* the host finds the TCP header by a field of ten bits */
	if (skb_is_gso(skb) && (skb_transport_offset(skb) >= 1024 || nv_large_refused(ndev, skb)))
		f &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, f);
}

/* ---- statistics ---- */

static void nv_get_stats64(struct net_device *ndev, struct rtnl_link_stats64 *t)
{
	struct nv *nv = netdev_priv(ndev);
	unsigned int i, start;

	for (i = 0; i < NV_QUEUES_MAX; i++) {
		const struct nv_rx_stats *r = &nv->rx_stats[i];
		const struct nv_tx_stats *x = &nv->tx_stats[i];
		u64 p, b, m, d;

		do {
			start = u64_stats_fetch_begin(&r->sync);
			p = u64_stats_read(&r->packets);
			b = u64_stats_read(&r->bytes);
			m = u64_stats_read(&r->multicast);
			d = u64_stats_read(&r->no_memory);
		} while (u64_stats_fetch_retry(&r->sync, start));
		t->rx_packets += p;
		t->rx_bytes += b;
		t->multicast += m;
		t->rx_dropped += d;
		do {
			start = u64_stats_fetch_begin(&x->sync);
			p = u64_stats_read(&x->packets);
			b = u64_stats_read(&x->bytes);
			d = u64_stats_read(&x->dropped);
			m = u64_stats_read(&x->refused);
		} while (u64_stats_fetch_retry(&x->sync, start));
		t->tx_packets += p;
		t->tx_bytes += b;
		t->tx_dropped += d;
		t->tx_errors += m;
	}
	for (i = 0; i < NV_BAD_COUNT; i++)
		t->rx_errors += atomic64_read(&nv->bad[i]);
	t->rx_packets += nv_vf_stat(nv, NV_VF_RX_PACKETS);
	t->rx_bytes += nv_vf_stat(nv, NV_VF_RX_BYTES);
	t->tx_packets += nv_vf_stat(nv, NV_VF_TX_PACKETS);
	t->tx_bytes += nv_vf_stat(nv, NV_VF_TX_BYTES);
	t->tx_dropped += nv_vf_stat(nv, NV_VF_TX_DROPPED);
}

/* ---- a queue that does not move ---- */

/* Context: RCU is read, as nv_queue_gone() may close the channel. */
static void nv_dump_ring(struct nv_queue *q)
{
	const struct vmbus_channel *chan = READ_ONCE(q->chan);
	const struct hv_ring_buffer *out, *in;

	if (!chan)
		return;
	out = chan->outbound.ring_buffer;
	in = chan->inbound.ring_buffer;
	netdev_err(q->conn->nv->ndev,
		   "queue %u (channel %u) stuck: out write=%u read=%u mask=%u pending=%u, in write=%u read=%u mask=%u, slots with=%u without=%u blocked=%d\n",
		   q->index, chan->offermsg.child_relid, out->write_index,
		   out->read_index, out->interrupt_mask, out->pending_send_sz,
		   in->write_index, in->read_index, in->interrupt_mask,
		   q->tx.with.put - q->tx.with.take,
		   q->tx.without.put - q->tx.without.take, q->tx.blocked);
}

static void nv_tx_timeout(struct net_device *ndev, unsigned int index)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn;

	rcu_read_lock();
	conn = rcu_dereference(nv->conn);
	if (conn && index < conn->nqueues)
		nv_dump_ring(conn->queue[index]);
	if (conn)
		nv_reset_wanted(conn);
	rcu_read_unlock();
}

const struct net_device_ops nv_netdev_ops = {
	.ndo_open = nv_open,
	.ndo_stop = nv_stop,
	.ndo_start_xmit = nv_start_xmit,
	.ndo_select_queue = nv_select_queue,
	.ndo_features_check = nv_features_check,
	.ndo_set_rx_mode = nv_set_rx_mode,
	.ndo_change_rx_flags = nv_change_rx_flags,
	.ndo_change_mtu = nv_change_mtu,
	.ndo_set_mac_address = nv_set_mac,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_fix_features = nv_fix_features,
	.ndo_set_features = nv_set_features,
	.ndo_get_stats64 = nv_get_stats64,
	.ndo_tx_timeout = nv_tx_timeout,
	.ndo_bpf = nv_bpf,
	.ndo_xdp_xmit = nv_xdp_xmit,
};
