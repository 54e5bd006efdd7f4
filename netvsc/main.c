// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv_netvsc: network devices on VMBus.
 *
 * Probe, from the bottom: channel, NVSP, buffers, RNDIS, sub-channels, network
 * device.  A connection (struct nv_conn) is built by nv_attach() and undone by
 * nv_detach() in the opposite order; settings that the host must know are
 * changed by a new connection, and a failure goes back to the old settings.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/vmalloc.h>
#include <hv/isolation.h>
#include <hv/version.h>
#include "name.h"
#include "netvsc.h"

static unsigned int ring_size = 128;
module_param(ring_size, uint, 0444);
MODULE_PARM_DESC(ring_size, "pages of a channel's ring, each way");

static int debug = -1;
module_param(debug, int, 0444);
MODULE_PARM_DESC(debug, "message level, a number of bits (0 none, 16 all)");

unsigned int nv_ring_pages;

#define NV_DEFAULT_QUEUES 16

/* ---- putting a connection to use ---- */

/* From here on the stack and the host's data may use it. */
static void nv_publish(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;
	u32 i;

	nv->cfg = conn->cfg;
	netif_set_real_num_tx_queues(ndev, conn->nqueues);
	netif_set_real_num_rx_queues(ndev, conn->nqueues);
	for (i = 0; i < conn->nqueues; i++) {
		netdev_tx_reset_queue(netdev_get_tx_queue(ndev, i));
		hv_queue_napi(ndev, i, &conn->queue[i]->napi);
	}
	rcu_assign_pointer(nv->conn, conn);
	nv_offload_features(nv, conn);
	/* What a host takes shows when it is asked for: hosts name what is configured. */
	ndev->max_mtu = conn->host.nvsp > HV_NVSP_V1 ? NV_MTU_MAX : ETH_DATA_LEN;
}

static struct nv_conn *nv_unpublish(struct nv *nv)
{
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 i;

	netif_device_detach(nv->ndev);
	netif_tx_disable(nv->ndev);
	RCU_INIT_POINTER(nv->conn, NULL);
	synchronize_net();
	for (i = 0; conn && i < conn->nqueues; i++)
		hv_queue_napi(nv->ndev, i, NULL);
	return conn;
}

static int nv_republish(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;
	int ret = 0;

	nv_publish(nv, conn);
	if (netif_running(ndev)) {
		ret = nv_rndis_filter(conn, nv_wanted_filter(ndev));
		schedule_work(&nv->rx_mode_work);
	}
	netif_device_attach(ndev);
	nv_link_start(nv, conn);
	return ret;
}

/* Without a connection the device stays, but is not present to the stack. */
static void nv_try_later(struct nv *nv, long error)
{
	if (nv->gone || nv->hdev->channel->rescind)
		return;
	nv->retry_s = clamp_t(u32, nv->retry_s * 2, NV_RETRY_MIN_S, NV_RETRY_MAX_S);
	netdev_err(nv->ndev, "no connection to the host (%ld), trying again in %u s\n",
		   error, nv->retry_s);
	mod_delayed_work(system_wq, &nv->reset_work, nv->retry_s * HZ);
}

/**
 * nv_revive - connect again after the connection was lost
 * @nv: the device, which has none
 *
 * Nothing else makes a connection for such a device, so RTNL is not needed.
 * Context: may sleep, for a limited time.
 */
void nv_revive(struct nv *nv)
{
	struct nv_conn *conn = nv_attach(nv, &nv->cfg);

	if (IS_ERR(conn)) {
		nv_try_later(nv, PTR_ERR(conn));
		return;
	}
	nv->retry_s = 0;
	rtnl_lock();
	nv_republish(nv, conn);
	rtnl_unlock();
	netdev_info(nv->ndev, "connected to the host again\n");
}

/**
 * nv_reconfigure - change settings by a new connection
 * @nv: the device
 * @cfg: new settings; if the host refuses, the old ones come back
 *
 * Context: RTNL; may sleep, for a limited time.
 * Return: 0 or a negative error; the device works on unless even the old
 * settings failed or the host is silent: then nv_revive() tries from time to time.
 */
int nv_reconfigure(struct nv *nv, const struct nv_config *cfg)
{
	struct nv_config old = nv->cfg;
	struct nv_conn *conn;
	int ret = 0;

	if (nv->gone || !nv_conn_rtnl(nv))
		return -ENODEV;
	nv_detach(nv, nv_unpublish(nv));
	conn = nv_attach(nv, cfg);
	if (IS_ERR(conn)) {
		ret = PTR_ERR(conn);
		/* no second wait for a silent host while others wait for RTNL */
		if (ret != -ETIMEDOUT && memcmp(cfg, &old, sizeof(old))) {
			netdev_err(nv->ndev, "new settings failed (%d), going back\n", ret);
			conn = nv_attach(nv, &old);
		}
	}
	if (IS_ERR(conn)) {
		nv_try_later(nv, PTR_ERR(conn));
		return ret;
	}
	nv->retry_s = 0;
	nv_republish(nv, conn);
	return ret;
}

/* ---- driver ---- */

static void nv_set_names(struct nv *nv, struct nv_conn *conn)
{
	char name[IFALIASZ - 1];
	u8 text[512];
	int len = nv_rndis_query(conn, HV_OID_FRIENDLY_NAME, NULL, 0, text, sizeof(text));

	len = len > 0 ? nv_friendly_name(text, len, name, sizeof(name)) : 0;
	if (len)
		dev_set_alias(nv->ndev, name, len);
}

static void nv_config_default(struct nv *nv)
{
	u32 queues = min_t(u32, num_online_cpus(), NV_DEFAULT_QUEUES);

	nv->cfg.mtu = ETH_DATA_LEN;
	nv->cfg.queues = queues;
	nv->cfg.recv_bytes = NV_RECV_BYTES;
	nv->cfg.send_bytes = clamp_t(u32, queues * (NV_SEND_BYTES / 4), NV_SEND_BYTES,
				     NV_SEND_BYTES_MAX);
}

static int nv_init(struct nv *nv, struct hv_device *hdev, struct net_device *ndev)
{
	unsigned int i;

	nv->ndev = ndev;
	nv->hdev = hdev;
	nv->msg_enable = netif_msg_init(debug, NETIF_MSG_DRV | NETIF_MSG_PROBE);
	nv->duplex = DUPLEX_FULL;
	nv->hash = HV_HASH_V4 | HV_HASH_TCP4 | HV_HASH_V6 | HV_HASH_TCP6;
	netdev_rss_key_fill(nv->rss_key, sizeof(nv->rss_key));
	ratelimit_state_init(&nv->limit, 5 * HZ, 3);
	ratelimit_set_flags(&nv->limit, RATELIMIT_MSG_ON_RELEASE);
	nv->tx_copybreak = NV_TX_COPYBREAK;
	nv->rx_copybreak = NV_RX_COPYBREAK;
	nv->tx_l4 = HV_HASH_TCP4 | HV_HASH_TCP6 | HV_HASH_UDP4 | HV_HASH_UDP6;
	nv_link_init(nv);
	INIT_WORK(&nv->rx_mode_work, nv_rx_mode_work);
	INIT_WORK(&nv->offload_work, nv_offload_work);
	INIT_DELAYED_WORK(&nv->reset_work, nv_reset_work);
	nv->rx_stats = kvcalloc(NV_QUEUES_MAX, sizeof(*nv->rx_stats), GFP_KERNEL);
	nv->tx_stats = kvcalloc(NV_QUEUES_MAX, sizeof(*nv->tx_stats), GFP_KERNEL);
	if (!nv->rx_stats || !nv->tx_stats || nv_vf_init(nv))
		return -ENOMEM;
	for (i = 0; i < NV_QUEUES_MAX; i++) {
		u64_stats_init(&nv->rx_stats[i].sync);
		u64_stats_init(&nv->tx_stats[i].sync);
		netdev_queue_set_dql_min_limit(netdev_get_tx_queue(ndev, i), NV_BQL_MIN);
	}
	nv_config_default(nv);
	return 0;
}

static void nv_free(struct nv *nv)
{
	kvfree(nv->rx_stats);
	kvfree(nv->tx_stats);
	free_percpu(nv->vf_stats);
	free_netdev(nv->ndev);
}

static void nv_cancel(struct nv *nv)
{
	cancel_delayed_work_sync(&nv->link_work);
	cancel_delayed_work_sync(&nv->announce_work);
	cancel_work_sync(&nv->rx_mode_work);
	cancel_work_sync(&nv->offload_work);
	cancel_delayed_work_sync(&nv->reset_work);
	cancel_delayed_work_sync(&nv->vf_work);
}

static int nv_register(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;
	int ret;

	rtnl_lock();
	nv_publish(nv, conn);
	eth_hw_addr_set(ndev, conn->host.mac);
	ether_addr_copy(ndev->perm_addr, conn->host.mac);
	netif_carrier_off(ndev);
	ret = register_netdevice(ndev);
	rtnl_unlock();
	if (!ret)
		nv_set_names(nv, conn);
	return ret;
}

static int nv_probe(struct hv_device *hdev, const struct hv_vmbus_device_id *id)
{
	struct net_device *ndev = alloc_etherdev_mq(sizeof(struct nv), NV_QUEUES_MAX);
	struct nv_conn *conn;
	struct nv *nv;
	int ret;

	if (!ndev)
		return -ENOMEM;
	nv = netdev_priv(ndev);
	SET_NETDEV_DEV(ndev, &hdev->device);
	netdev_lockdep_set_classes(ndev);	/* the VF has a lock of its own */
	ndev->netdev_ops = &nv_netdev_ops;
	ndev->ethtool_ops = &nv_ethtool_ops;
	ndev->sysfs_groups[0] = &nv_host_group;
	ndev->min_mtu = NV_MTU_MIN;
	ndev->watchdog_timeo = 10 * HZ;
	ndev->priv_flags |= IFF_LIVE_ADDR_CHANGE;
	ndev->priv_flags &= ~IFF_TX_SKB_SHARING;	/* tags are taken out, short ones padded */
	hv_xdp_announce(ndev);
	nv_qstats_init(ndev);
	ret = nv_init(nv, hdev, ndev);
	if (ret)
		goto free;
	hv_set_drvdata(hdev, nv);
	conn = nv_attach(nv, &nv->cfg);
	if (IS_ERR(conn)) {
		ret = PTR_ERR(conn);
		dev_err(&hdev->device, "cannot connect to the network device: %d\n", ret);
		goto cancel;
	}
	ret = nv_register(nv, conn);
	if (!ret)
		return 0;
	RCU_INIT_POINTER(nv->conn, NULL);
	synchronize_net();
	nv->gone = true;
	nv_cancel(nv);
	nv_detach(nv, conn);
cancel:
	nv->gone = true;
	nv_cancel(nv);
	hv_set_drvdata(hdev, NULL);
free:
	nv_free(nv);
	return ret;
}

static hv_net_remove_t nv_remove(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);
	struct nv_conn *conn;

	if (!nv)
		return HV_NET_REMOVED;
	WRITE_ONCE(nv->gone, true);
	nv_cancel(nv);
	nv_vf_exit(nv);
	rtnl_lock();
	conn = nv_conn_rtnl(nv);
	unregister_netdevice(nv->ndev);
	RCU_INIT_POINTER(nv->conn, NULL);
	rtnl_unlock();
	synchronize_net();
	if (conn)
		nv_detach(nv, conn);
	nv_cancel(nv);	/* what the last poll may have scheduled */
	hv_set_drvdata(hdev, NULL);
	nv_free(nv);
	return HV_NET_REMOVED;
}

static int nv_suspend(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);
	struct nv_conn *conn;

	cancel_delayed_work_sync(&nv->reset_work);
	rtnl_lock();
	conn = nv_unpublish(nv);
	rtnl_unlock();
	cancel_delayed_work_sync(&nv->link_work);
	if (conn)
		nv_detach(nv, conn);
	return 0;
}

static int nv_resume(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);
	struct nv_conn *conn = nv_attach(nv, &nv->cfg);

	if (IS_ERR(conn)) {
		nv_try_later(nv, PTR_ERR(conn));
		return PTR_ERR(conn);
	}
	rtnl_lock();
	nv_republish(nv, conn);
	rtnl_unlock();
	return 0;
}

static const struct hv_vmbus_device_id nv_ids[] = {
	{ HV_NIC_GUID, },
	{ },
};
MODULE_DEVICE_TABLE(vmbus, nv_ids);

static struct hv_driver nv_driver = {
	.name = KBUILD_MODNAME,
	.id_table = nv_ids,
	.probe = nv_probe,
	.remove = nv_remove,
	.suspend = nv_suspend,
	.resume = nv_resume,
	.driver.probe_type = PROBE_FORCE_SYNCHRONOUS,
};

static int __init nv_module_init(void)
{
	int ret;

	if (hv_isolated()) {
		pr_err(KBUILD_MODNAME ": " HV_ISOLATED_LINE);
		return -ENODEV;
	}
	nv_ring_pages = clamp(ring_size, 4u, 1024u);
	ret = nv_vf_register();
	if (ret)
		return ret;
	ret = vmbus_driver_register(&nv_driver);
	if (ret)
		nv_vf_unregister();
	return ret;
}

static void __exit nv_module_exit(void)
{
	nv_vf_unregister();
	vmbus_driver_unregister(&nv_driver);
}

module_init(nv_module_init);
module_exit(nv_module_exit);
MODULE_DESCRIPTION("Network devices of Hyper-V");
MODULE_LICENSE("GPL");
MODULE_VERSION(HV_MODULES_VERSION);
