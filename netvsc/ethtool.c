// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool: who we are, rings, channels, coalescing.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"
#include "ethtool.h"

static void nv_get_drvinfo(struct net_device *ndev, struct ethtool_drvinfo *info)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
	strscpy(info->bus_info, dev_name(&nv->hdev->device), sizeof(info->bus_info));
	if (conn)
		snprintf(info->fw_version, sizeof(info->fw_version), "NVSP %u.%u NDIS 6.%u",
			 conn->host.nvsp >> 16, conn->host.nvsp & 0xffff,
			 conn->host.ndis_minor);
	else
		strscpy(info->fw_version, "N/A", sizeof(info->fw_version));
}

static u32 nv_get_msglevel(struct net_device *ndev)
{
	return ((struct nv *)netdev_priv(ndev))->msg_enable;
}

static void nv_set_msglevel(struct net_device *ndev, u32 level)
{
	((struct nv *)netdev_priv(ndev))->msg_enable = level;
}

static int nv_get_link_ksettings(struct net_device *ndev,
				 struct ethtool_link_ksettings *k)
{
	struct nv *nv = netdev_priv(ndev);
	u64 mbit = READ_ONCE(nv->link_speed) / 10000;

	if (!nv->speed && nv_vf_link_settings(nv, k))
		return 0;
	ethtool_link_ksettings_zero_link_mode(k, supported);
	ethtool_link_ksettings_zero_link_mode(k, advertising);
	k->base.speed = nv->speed ? nv->speed : mbit ? mbit : SPEED_UNKNOWN;
	k->base.duplex = nv->duplex;
	k->base.port = PORT_OTHER;
	k->base.autoneg = AUTONEG_DISABLE;
	return 0;
}

/* Only what is shown changes: the host has no such setting. */
static int nv_set_link_ksettings(struct net_device *ndev,
				 const struct ethtool_link_ksettings *k)
{
	struct nv *nv = netdev_priv(ndev);

	return ethtool_virtdev_set_link_ksettings(ndev, k, &nv->speed, &nv->duplex);
}

/* ---- channels and rings ---- */

static void nv_get_channels(struct net_device *ndev, struct ethtool_channels *c)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	c->max_combined = conn ? conn->host.rss_queues : 1;
	c->combined_count = conn ? conn->nqueues : 0;
}

static int nv_set_channels(struct net_device *ndev, struct ethtool_channels *c)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	struct nv_config cfg = nv->cfg;

	if (!conn)
		return -ENODEV;
	if (!c->combined_count || c->rx_count || c->tx_count || c->other_count ||
	    c->combined_count > conn->host.rss_queues)
		return -EINVAL;
	cfg.queues = c->combined_count;
	return nv_reconfigure(nv, &cfg, NV_EXACTLY);
}

static void nv_get_ringparam(struct net_device *ndev, struct ethtool_ringparam *r,
			     struct kernel_ethtool_ringparam *kr,
			     struct netlink_ext_ack *extack)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	if (!conn)
		return;
	r->rx_pending = conn->recv.sec.count;
	r->tx_pending = conn->send.sec.count;
	r->rx_max_pending = NV_RECV_BYTES_MAX / conn->recv.sec.size;
	if (conn->send.sec.size)	/* else the host takes none */
		r->tx_max_pending = NV_SEND_BYTES_MAX / conn->send.sec.size;
}

static int nv_set_ringparam(struct net_device *ndev, struct ethtool_ringparam *r,
			    struct kernel_ethtool_ringparam *kr,
			    struct netlink_ext_ack *extack)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	struct nv_config cfg = nv->cfg;

	if (!conn)
		return -ENODEV;
	cfg.recv_bytes = clamp_t(u64, (u64)r->rx_pending * conn->recv.sec.size,
				 64 * conn->recv.sec.size, NV_RECV_BYTES_MAX);
	if (conn->send.sec.size)
		cfg.send_bytes = clamp_t(u64, (u64)r->tx_pending * conn->send.sec.size,
					 4 * conn->send.sec.size, NV_SEND_BYTES_MAX);
	if (cfg.recv_bytes == nv->cfg.recv_bytes && cfg.send_bytes == nv->cfg.send_bytes)
		return 0;
	return nv_reconfigure(nv, &cfg, NV_EXACTLY);
}

/* ---- coalescing ---- */

/*
 * How long NAPI may stay off the interrupt once traffic flows: the kernel's
 * deferral does the work, this is its conventional knob.
 */
static int nv_get_coalesce(struct net_device *ndev, struct ethtool_coalesce *c,
			   struct kernel_ethtool_coalesce *kc,
			   struct netlink_ext_ack *extack)
{
	/* the kernel's value, which the user may also write in sysfs */
	c->rx_coalesce_usecs = READ_ONCE(ndev->gro_flush_timeout) / 1000;
	return 0;
}

static int nv_set_coalesce(struct net_device *ndev, struct ethtool_coalesce *c,
			   struct kernel_ethtool_coalesce *kc,
			   struct netlink_ext_ack *extack)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);
	unsigned long ns = c->rx_coalesce_usecs * 1000ul;
	u32 irqs = ns ? 2 : 0, i;

	if (c->rx_coalesce_usecs > 1000) {
		NL_SET_ERR_MSG_MOD(extack, "rx-usecs is at most 1000");
		return -EINVAL;
	}
	WRITE_ONCE(ndev->gro_flush_timeout, ns);
	WRITE_ONCE(ndev->napi_defer_hard_irqs, irqs);
	for (i = 0; conn && i < conn->nqueues; i++)
		hv_napi_defer(&conn->queue[i]->napi, ns, irqs);
	return 0;
}

/* The 16 entries of the host's table, as queue numbers. */
static int nv_get_regs_len(struct net_device *ndev)
{
	return HV_NVSP_SEND_TABLE_LEN * sizeof(u32);
}

static void nv_get_regs(struct net_device *ndev, struct ethtool_regs *regs, void *p)
{
	struct nv *nv = netdev_priv(ndev);
	struct nv_conn *conn = nv_conn_rtnl(nv);

	regs->version = 1;
	if (conn)
		memcpy(p, conn->send_table, HV_NVSP_SEND_TABLE_LEN * sizeof(u32));
}

/* The standard names for what every device counts. */
static void nv_get_eth_mac_stats(struct net_device *ndev, struct ethtool_eth_mac_stats *m)
{
	struct rtnl_link_stats64 t;

	dev_get_stats(ndev, &t);
	m->FramesTransmittedOK = t.tx_packets;
	m->OctetsTransmittedOK = t.tx_bytes;
	m->FramesReceivedOK = t.rx_packets;
	m->OctetsReceivedOK = t.rx_bytes;
	m->MulticastFramesReceivedOK = t.multicast;
}

static int nv_get_tunable(struct net_device *ndev, const struct ethtool_tunable *t,
			  void *data)
{
	struct nv *nv = netdev_priv(ndev);

	switch (t->id) {
	case ETHTOOL_TX_COPYBREAK:
		*(u32 *)data = nv->tx_copybreak;
		return 0;
	case ETHTOOL_RX_COPYBREAK:
		*(u32 *)data = nv->rx_copybreak;
		return 0;
	}
	return -EOPNOTSUPP;
}

static int nv_set_tunable(struct net_device *ndev, const struct ethtool_tunable *t,
			  const void *data)
{
	struct nv *nv = netdev_priv(ndev);
	u32 v = *(const u32 *)data;

	switch (t->id) {
	case ETHTOOL_TX_COPYBREAK:
		if (v > NV_TX_COPYBREAK) {
			netdev_info(ndev, "tx-copybreak is at most %u\n", NV_TX_COPYBREAK);
			return -EINVAL;
		}
		WRITE_ONCE(nv->tx_copybreak, v);
		return 0;
	case ETHTOOL_RX_COPYBREAK:
		/* a linear frame fits into a page with all that is around it */
		if (v < NV_RX_COPYBREAK_MIN || v > NV_RX_COPYBREAK) {
			netdev_info(ndev, "rx-copybreak is %u to %u\n",
				    NV_RX_COPYBREAK_MIN, NV_RX_COPYBREAK);
			return -EINVAL;
		}
		WRITE_ONCE(nv->rx_copybreak, v);
		return 0;
	}
	return -EOPNOTSUPP;
}

const struct ethtool_ops nv_ethtool_ops = {
	.supported_coalesce_params = ETHTOOL_COALESCE_RX_USECS,
	.get_drvinfo = nv_get_drvinfo,
	.get_msglevel = nv_get_msglevel,
	.set_msglevel = nv_set_msglevel,
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = nv_get_link_ksettings,
	.set_link_ksettings = nv_set_link_ksettings,
	.get_sset_count = nv_get_sset_count,
	.get_strings = nv_get_strings,
	.get_ethtool_stats = nv_get_stats,
	.get_channels = nv_get_channels,
	.set_channels = nv_set_channels,
	.get_ringparam = nv_get_ringparam,
	.set_ringparam = nv_set_ringparam,
	.get_eth_mac_stats = nv_get_eth_mac_stats,
	.get_tunable = nv_get_tunable,
	.set_tunable = nv_set_tunable,
	.get_coalesce = nv_get_coalesce,
	.set_coalesce = nv_set_coalesce,
	.get_regs_len = nv_get_regs_len,
	.get_regs = nv_get_regs,
	.get_ts_info = ethtool_op_get_ts_info,
	.get_rxnfc = nv_get_rxnfc,
#ifdef HV_HAVE_RX_RING_COUNT
	.get_rx_ring_count = nv_get_rx_ring_count,
#endif
#ifdef HV_HAVE_RXFH_FIELDS
	.get_rxfh_fields = nv_get_flow_hash,
	.set_rxfh_fields = nv_set_flow_hash,
#else
	.set_rxnfc = nv_set_rxnfc,
#endif
	.get_rxfh_key_size = nv_get_rxfh_key_size,
	.get_rxfh_indir_size = nv_get_rxfh_indir_size,
	.get_rxfh = nv_get_rxfh,
	.set_rxfh = nv_set_rxfh,
	.self_test = nv_self_test,
};
