// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network device's operations.
 */
#include <linux/etherdevice.h>
#include <linux/ipv6.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* ---- receive filter ---- */

u32 nv_wanted_filter(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 f = HV_FILTER_DIRECTED;

	if (!netif_running(ndev))
		return 0;
	if (ndev->flags & IFF_PROMISC)
		return HV_FILTER_PROMISCUOUS;
	if (ndev->flags & IFF_BROADCAST)
		f |= HV_FILTER_BROADCAST;
	if (ndev->flags & IFF_ALLMULTI ||
	    (conn && netdev_mc_count(ndev) > conn->host.multicast_max))
		f |= HV_FILTER_ALL_MULTICAST;
	else if (!netdev_mc_empty(ndev))
		f |= HV_FILTER_MULTICAST;
	return f;
}

/* The exact list; a host that has none for us gets asked for all multicast. */
static bool nv_set_multicast(struct nv_conn *conn, struct net_device *ndev)
{
	u8 list[64 * ETH_ALEN];
	struct netdev_hw_addr *ha;
	u32 n = 0;

	netif_addr_lock_bh(ndev);
	netdev_for_each_mc_addr(ha, ndev)
		if (n < 64)
			memcpy(list + ETH_ALEN * n++, ha->addr, ETH_ALEN);
	netif_addr_unlock_bh(ndev);
	return !nv_rndis_set(conn, HV_OID_MULTICAST_LIST, list, n * ETH_ALEN);
}

static int nv_apply_filter(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 f = nv_wanted_filter(ndev);

	if (!conn)
		return -ENODEV;
	if (f & HV_FILTER_MULTICAST && !nv_set_multicast(conn, ndev))
		f = (f & ~HV_FILTER_MULTICAST) | HV_FILTER_ALL_MULTICAST;
	return nv_rndis_filter(conn, f);
}

void nv_rx_mode_soon(struct nv *nv, unsigned int ms)
{
	if (!READ_ONCE(nv->gone))
		mod_delayed_work(system_wq, &nv->rx_mode_work, msecs_to_jiffies(ms));
}

/* What the host has not taken now is said again: the stack does not ask twice. */
static void nv_filter_failed(struct nv *nv, struct nv_conn *conn, int error)
{
	bool again = error != -EIO && !conn->chan->rescind;

	if (!conn->filter_late)
		netdev_err(nv->ndev, "cannot set the receive filter: %d%s\n", error,
			   again ? ", trying again" : "");
	conn->filter_late = true;
	if (again)
		nv_rx_mode_soon(nv, NV_FILTER_AGAIN_MS);
}

void nv_rx_mode_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, rx_mode_work);
	struct nv_conn *conn;
	int ret;

	rtnl_lock();
	conn = nv_conn_rtnl(nv);
	if (netif_running(nv->ndev) && conn) {
		ret = nv_apply_filter(nv->ndev);
		if (ret)
			nv_filter_failed(nv, conn, ret);
		else
			conn->filter_late = false;
	}
	rtnl_unlock();
}

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

static int nv_open(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	int ret;

	if (!conn)
		return -ENODEV;
	ret = nv_apply_filter(ndev);
	if (ret) {
		netdev_err(ndev, "cannot set the receive filter: %d\n", ret);
		return ret;
	}
	netif_tx_start_all_queues(ndev);
	nv_link_show(nv);
	return 0;
}

static int nv_stop(struct net_device *ndev)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	netif_tx_disable(ndev);
	netif_carrier_off(ndev);
	nv_vf_close(nv);
	if (conn && !conn->dead && !conn->chan->rescind)
		nv_rndis_filter(conn, 0);
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
	ret = nv_reconfigure(nv, &cfg);
	if (ret) {
		WRITE_ONCE(ndev->mtu, old);
		nv_vf_set_mtu(nv, old);
	}
	return ret;
}

static int nv_set_mac(struct net_device *ndev, void *p)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	struct sockaddr *sa = p, old = { .sa_family = ndev->type };
	u8 buf[128];
	u32 len;
	int ret = eth_prepare_mac_addr_change(ndev, p);

	if (ret)
		return ret;
	if (!conn)
		return -ENODEV;
	ret = nv_vf_set_mac(nv, sa);
	if (ret)
		return ret;
	len = nv_mac_config(buf, sa->sa_data);
	ret = nv_rndis_set(conn, HV_OID_CONFIG, buf, len);
	if (!ret) {
		eth_commit_mac_addr_change(ndev, p);
		return 0;
	}
	memcpy(old.sa_data, ndev->dev_addr, ETH_ALEN);
	nv_vf_set_mac(nv, &old);
	if (ret != -ETIMEDOUT)
		return ret;
	/* Whether the host took it is unknown: say what it shall have. */
	len = nv_mac_config(buf, ndev->dev_addr);
	nv_rndis_set(conn, HV_OID_CONFIG, buf, len);
	return ret;
}

static netdev_features_t nv_fix_features(struct net_device *ndev, netdev_features_t f)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	if (conn)
		f &= nv_offload_possible(conn) | ~(NETIF_F_LRO | NETIF_F_TSO |
			NETIF_F_TSO6 | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM |
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
	struct nv_conn *conn = nv_conn_rtnl(nv);
	int ret;

	nv_vf_set_features(nv, f);
	if (!((f ^ ndev->features) & NETIF_F_LRO) || !conn)
		return 0;
	ret = nv_offload_set(conn, f);
	if (ret)
		netdev_err(ndev, "cannot turn LRO %s: %d\n",
			   f & NETIF_F_LRO ? "on" : "off", ret);
	return ret;
}

/* Extension headers in front of TCP, in a large frame, on a host that cannot do those. */
static bool nv_lso_refused(const struct net_device *ndev, const struct sk_buff *skb)
{
	const struct nv *nv = netdev_priv(ndev);
	const struct nv_conn *conn;
	bool refused;

	if (!(skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6) || skb_transport_offset(skb) ==
	    skb_network_offset(skb) + (int)sizeof(struct ipv6hdr))
		return false;
	rcu_read_lock();
	conn = rcu_dereference(nv->conn);
	refused = !conn || !(conn->host.offload.lso_v6_options & cpu_to_le32(HV_LSO6_EXTENSIONS));
	rcu_read_unlock();
	return refused;
}

static netdev_features_t nv_features_check(struct sk_buff *skb, struct net_device *ndev,
					   netdev_features_t f)
{
	/* the host finds the TCP header by a field of ten bits */
	if (skb_is_gso(skb) && (skb_transport_offset(skb) >= 1024 || nv_lso_refused(ndev, skb)))
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

static void nv_dump_ring(struct nv_queue *q)
{
	const struct hv_ring_buffer *out = q->chan->outbound.ring_buffer;
	const struct hv_ring_buffer *in = q->chan->inbound.ring_buffer;

	netdev_err(q->conn->nv->ndev,
		   "queue %u (channel %u) stuck: out write=%u read=%u mask=%u pending=%u, in write=%u read=%u mask=%u, slots with=%u without=%u blocked=%d\n",
		   q->index, q->chan->offermsg.child_relid, out->write_index,
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
