// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv_netvsc: network devices on VMBus.
 *
 * Probe, from the bottom: channel, NVSP, buffers, RNDIS, sub-channels, network
 * device.  A connection (struct nv_conn) is built by nv_attach() and undone by
 * nv_detach() in the opposite order; when that happens is in rebuild.c.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/module.h>
#include <linux/rtnetlink.h>
#include <linux/vmalloc.h>
#include <hv/isolation.h>
#include <hv/version.h>
#include "bus.h"
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

/* ---- driver ---- */

/* The host's name for it, of @room bytes at most.  Return: length. */
static int nv_ask_name(struct nv_conn *conn, char *name, int room)
{
	u8 text[512];
	int len = nv_rndis_query(conn, HV_OID_FRIENDLY_NAME, NULL, 0, text, sizeof(text));

	return len > 0 ? nv_friendly_name(text, len, name, room) : 0;
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

	mutex_init(&nv->lock);
	nv->ndev = ndev;
	nv->hdev = hdev;
	nv->msg_enable = netif_msg_init(debug, NETIF_MSG_DRV | NETIF_MSG_PROBE);
	nv->duplex = DUPLEX_FULL;
	nv->hash = HV_HASH_V4 | HV_HASH_TCP4 | HV_HASH_V6 | HV_HASH_TCP6;
	netdev_rss_key_fill(nv->rss_key, sizeof(nv->rss_key));
	nv->next_reset = jiffies;
	ratelimit_state_init(&nv->limit, 5 * HZ, 3);
	ratelimit_set_flags(&nv->limit, RATELIMIT_MSG_ON_RELEASE);
	nv->tx_copybreak = NV_TX_COPYBREAK;
	nv->rx_copybreak = NV_RX_COPYBREAK;
	nv->tx_l4 = HV_HASH_TCP4 | HV_HASH_TCP6 | HV_HASH_UDP4 | HV_HASH_UDP6;
	nv_link_init(nv);
	INIT_DELAYED_WORK(&nv->rx_mode_work, nv_rx_mode_work);
	INIT_DELAYED_WORK(&nv->offload_work, nv_offload_work);
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

/* Behind synchronize_net(), if there was a connection. */
static void nv_free(struct nv *nv)
{
	nv_openers_wait(nv);
	rtnl_lock();
	nv_orphans_free(nv);
	rtnl_unlock();
	kvfree(nv->rx_stats);
	kvfree(nv->tx_stats);
	free_percpu(nv->vf_stats);
	free_netdev(nv->ndev);
}

static void nv_cancel(struct nv *nv)
{
	cancel_delayed_work_sync(&nv->start_work);
	cancel_delayed_work_sync(&nv->link_work);
	cancel_delayed_work_sync(&nv->announce_work);
	cancel_delayed_work_sync(&nv->rx_mode_work);
	cancel_delayed_work_sync(&nv->offload_work);
	cancel_delayed_work_sync(&nv->reset_work);
	cancel_delayed_work_sync(&nv->vf_work);
}

static bool nv_registered(const struct nv *nv)
{
	return nv->ndev->reg_state == NETREG_REGISTERED;
}

/* There was no network device so far: who has failed to register it must not try again. */
static bool nv_startable(const struct nv *nv)
{
	return !nv->gone && nv->ndev->reg_state == NETREG_UNINITIALIZED &&
	       !nv->hdev->channel->rescind;
}

static int nv_register(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;
	char name[IFALIASZ - 1];
	int ret, len;

	/* udev's settings come at once, and must not find that the host is still asked */
	len = nv_ask_name(conn, name, sizeof(name));
	nv_take_rtnl(nv);
	nv_publish(nv, conn);
	eth_hw_addr_set(ndev, conn->host.mac);
	ether_addr_copy(ndev->perm_addr, conn->host.mac);
	netif_carrier_off(ndev);
	ret = register_netdevice(ndev);
	if (!ret && len)
		dev_set_alias(ndev, name, len);
	nv_turn(nv, ret ? NV_TURN_END : NV_TURN_CONNECTED);
	rtnl_unlock();
	if (!ret)
		nv_offload_soon(nv, 0);	/* what the host has indicated since it was asked */
	return ret;
}

/* The first connection and the network device on it.  Under nv->lock. */
static int nv_connect_first(struct nv *nv)
{
	struct nv_conn *conn;
	int ret;

	nv_begin(nv, NV_TURN_PROBE);
	conn = nv_attach(nv, &nv->cfg, NV_AS_IT_GOES);
	if (IS_ERR(conn)) {
		ret = PTR_ERR(conn);
		nv_turn(nv, NV_TURN_END);
		return ret;
	}
	ret = nv_register(nv, conn);
	if (!ret)
		return 0;
	RCU_INIT_POINTER(nv->conn, NULL);
	synchronize_net();
	nv_detach(nv, conn, false);
	return ret;
}

static void nv_start_failed(struct nv *nv, int error)
{
	dev_err(&nv->hdev->device, "cannot connect to the network device: %d\n", error);
}

/*
 * A host that is busy while many guests boot answers late, and nobody probes a device twice: it
 * stays bound without a network device until there is a connection.  Under nv->lock.
 */
static void nv_start_later(struct nv *nv, int error)
{
	unsigned int after = nv_retry_after(nv);

	dev_err(&nv->hdev->device,
		"no connection for the network device (%d), trying again in %u s\n",
		error, after);
	schedule_delayed_work(&nv->start_work, after * HZ);
}

/* What a host says that was silent before may have to do with that, so each error passes. */
static void nv_start_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, start_work);
	int ret = -ENODEV;

	mutex_lock(&nv->lock);
	if (nv_startable(nv))
		ret = nv_connect_first(nv);
	if (!ret) {
		nv->retry_s = 0;
		netdev_info(nv->ndev, "the host answers\n");
	} else if (nv_startable(nv)) {
		nv_start_later(nv, ret);
	} else if (ret != -ENODEV) {
		nv_start_failed(nv, ret);
	}
	mutex_unlock(&nv->lock);
}

/* Under nv->lock.  Return: 0, also if it is tried again, or a negative error. */
static int nv_start(struct nv *nv)
{
	int ret = nv_connect_first(nv);

	if (ret == -ETIMEDOUT && nv_startable(nv)) {
		nv_start_later(nv, ret);
		return 0;
	}
	if (ret)
		nv_start_failed(nv, ret);
	return ret;
}

static int nv_probe(struct hv_device *hdev, const struct hv_vmbus_device_id *id)
{
	struct net_device *ndev = alloc_etherdev_mq(sizeof(struct nv), NV_QUEUES_MAX);
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
	INIT_DELAYED_WORK(&nv->start_work, nv_start_work);
	hv_set_drvdata(hdev, nv);
	mutex_lock(&nv->lock);
	ret = nv_start(nv);
	mutex_unlock(&nv->lock);
	if (!ret)
		return 0;
	nv->gone = true;
	nv_cancel(nv);
	hv_set_drvdata(hdev, NULL);
	synchronize_net();	/* nv_sub_rescinded() */
free:
	nv_free(nv);
	return ret;
}

static hv_remove_t nv_remove(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);
	struct nv_conn *conn;

	if (!nv)
		return HV_REMOVED;
	WRITE_ONCE(nv->gone, true);
	nv_cancel(nv);
	nv_vf_exit(nv);
	mutex_lock(&nv->lock);
	nv_turn(nv, NV_TURN_END);
	nv_take_rtnl(nv);
	conn = nv_conn_rtnl(nv);
	if (nv_registered(nv))
		unregister_netdevice(nv->ndev);
	RCU_INIT_POINTER(nv->conn, NULL);
	rtnl_unlock();
	synchronize_net();
	if (conn)
		nv_detach(nv, conn, false);
	mutex_unlock(&nv->lock);
	nv_cancel(nv);	/* what the last poll may have scheduled */
	hv_set_drvdata(hdev, NULL);
	synchronize_net();	/* nv_sub_rescinded() */
	nv_free(nv);
	return HV_REMOVED;
}

static int nv_suspend(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);

	cancel_delayed_work_sync(&nv->start_work);
	cancel_delayed_work_sync(&nv->reset_work);
	nv_sleep(nv);
	cancel_delayed_work_sync(&nv->link_work);
	return 0;
}

static int nv_resume(struct hv_device *hdev)
{
	struct nv *nv = hv_get_drvdata(hdev);

	if (nv_registered(nv))
		return nv_wake(nv);
	schedule_delayed_work(&nv->start_work, 0);	/* which looks whether it may */
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
	if (nv_ring_pages != ring_size)
		pr_info(KBUILD_MODNAME ": ring_size is 4 to 1024 pages, %u are taken\n",
			nv_ring_pages);
	nv_bus_find();
	ret = nv_vf_register();
	if (ret)
		goto put_bus;
	ret = vmbus_driver_register(&nv_driver);
	if (ret)
		goto unregister;
	return 0;

unregister:
	nv_vf_unregister();
put_bus:
	nv_bus_put();
	return ret;
}

static void __exit nv_module_exit(void)
{
	nv_vf_unregister();
	vmbus_driver_unregister(&nv_driver);
	nv_bus_put();
}

module_init(nv_module_init);
module_exit(nv_module_exit);
MODULE_DESCRIPTION("Network devices of Hyper-V");
MODULE_LICENSE("GPL");
MODULE_VERSION(HV_MODULES_VERSION);
