// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual function that stands in for this device: once the host has
 * associated one and a PCI network device with our address is there, it becomes
 * our slave, what it receives is ours, and the host is asked to send over it.
 * The synthetic path stays ready all the time.
 */
#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* How long after its appearance a VF is brought up: udev may rename it first. */
#define NV_VF_UP_MS	100

static const struct net_device_ops *nv_ops(const struct net_device *ndev)
{
	return ndev->netdev_ops;
}

/* The host's answer carries nothing; a silent host is not waited for long. */
static int nv_vf_path(struct nv *nv, struct nv_conn *conn, bool vf)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_DATA_PATH) };
	u32 len;
	int ret;

	if (!conn || nv->vf_path == vf)
		return 0;
	m.data_path.path = cpu_to_le32(vf ? HV_NVSP_PATH_VF : HV_NVSP_PATH_SYNTHETIC);
	ret = nv_nvsp_request(conn, &m, 0, &len);
	if (ret && vf)
		return ret;
	nv->vf_path = vf;
	netdev_info(nv->ndev, "data path is %s now\n", vf ? "the VF" : "synthetic");
	return 0;
}

static rx_handler_result_t nv_vf_rx(struct sk_buff **pskb)
{
	struct sk_buff *skb = *pskb;
	struct net_device *ndev = rcu_dereference(skb->dev->rx_handler_data);

	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	skb->dev = ndev;
	return RX_HANDLER_ANOTHER;
}

/* True when the VF took the frame. */
bool nv_vf_xmit(struct nv *nv, struct sk_buff *skb, netdev_tx_t *ret)
{
	struct net_device *vf;
	bool taken = false;

	if (!READ_ONCE(nv->vf_path))
		return false;
	rcu_read_lock();
	vf = rcu_dereference(nv->vf);
	if (vf && netif_running(vf) && netif_carrier_ok(vf)) {
		skb->dev = vf;
		skb_record_rx_queue(skb, skb_get_queue_mapping(skb));
		*ret = dev_queue_xmit(skb) == NET_XMIT_SUCCESS ? NETDEV_TX_OK : NETDEV_TX_OK;
		taken = true;
	}
	rcu_read_unlock();
	return taken;
}

static bool nv_vf_serial_ok(const struct nv *nv, struct net_device *vf)
{
	struct pci_dev *pdev = to_pci_dev(vf->dev.parent);
	u32 serial;

	if (!pdev->slot || kstrtou32(pci_slot_name(pdev->slot), 10, &serial))
		return true;	/* nothing to compare: the address decides */
	return !nv->vf_assoc || serial == nv->vf_serial;
}

/* The device of ours that this VF stands in for, or NULL. */
static struct nv *nv_vf_owner(struct net_device *vf)
{
	struct net_device *ndev;

	for_each_netdev(&init_net, ndev) {
		struct nv *nv = netdev_priv(ndev);

		if (nv_ops(ndev) != &nv_netdev_ops)
			continue;
		if (ether_addr_equal(vf->perm_addr, ndev->perm_addr) &&
		    nv_vf_serial_ok(nv, vf))
			return nv;
	}
	return NULL;
}

static struct nv *nv_vf_joined(struct net_device *vf)
{
	struct net_device *ndev;

	for_each_netdev(dev_net(vf), ndev) {
		struct nv *nv = netdev_priv(ndev);

		if (nv_ops(ndev) == &nv_netdev_ops && rtnl_dereference(nv->vf) == vf)
			return nv;
	}
	return NULL;
}

static void nv_vf_join(struct nv *nv, struct net_device *vf)
{
	int ret;

	if (rtnl_dereference(nv->vf))
		return;
	if (!net_eq(dev_net(vf), dev_net(nv->ndev)) &&
	    dev_change_net_namespace(vf, dev_net(nv->ndev), "eth%d"))
		return;
	ret = netdev_rx_handler_register(vf, nv_vf_rx, nv->ndev);
	if (ret)
		return;
	ret = netdev_master_upper_dev_link(vf, nv->ndev, NULL, NULL, NULL);
	if (ret) {
		netdev_rx_handler_unregister(vf);
		return;
	}
	vf->flags |= IFF_SLAVE;
	dev_hold(vf);
	rcu_assign_pointer(nv->vf, vf);
	dev_set_mtu(vf, nv->ndev->mtu);
	netdev_info(nv->ndev, "VF %s joins\n", vf->name);
	schedule_delayed_work(&nv->vf_work, msecs_to_jiffies(NV_VF_UP_MS));
}

static void nv_vf_leave(struct nv *nv, struct net_device *vf)
{
	nv_vf_path(nv, nv_conn_rtnl(nv), false);
	RCU_INIT_POINTER(nv->vf, NULL);
	netdev_rx_handler_unregister(vf);
	netdev_upper_dev_unlink(vf, nv->ndev);
	vf->flags &= ~IFF_SLAVE;
	synchronize_net();
	dev_put(vf);
	netdev_info(nv->ndev, "VF %s leaves\n", vf->name);
}

/* Brings the VF up and chooses the path, by what is up and associated. */
static void nv_vf_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, vf_work);
	struct net_device *vf;

	rtnl_lock();
	vf = rtnl_dereference(nv->vf);
	if (vf && !nv->gone) {
		if (netif_running(nv->ndev) && !netif_running(vf))
			dev_open(vf, NULL);
		nv_vf_path(nv, nv_conn_rtnl(nv), READ_ONCE(nv->vf_assoc) &&
			   netif_running(vf) && netif_carrier_ok(vf));
	}
	rtnl_unlock();
}

/* The host says that there is a VF, or no longer.  Context: NAPI. */
void nv_vf_association(struct nv *nv, bool allocated, u32 serial)
{
	WRITE_ONCE(nv->vf_serial, serial);
	WRITE_ONCE(nv->vf_assoc, allocated);
	if (!nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(NV_VF_UP_MS));
}

static bool nv_vf_candidate(const struct net_device *dev)
{
	return dev->type == ARPHRD_ETHER && nv_ops(dev) != &nv_netdev_ops &&
	       !is_vlan_dev(dev) && !netif_is_bond_master(dev) && dev->dev.parent &&
	       dev_is_pci(dev->dev.parent);
}

static int nv_vf_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct nv *nv;

	if (!nv_vf_candidate(dev))
		return NOTIFY_DONE;
	nv = event == NETDEV_REGISTER ? nv_vf_owner(dev) : nv_vf_joined(dev);
	if (!nv)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_REGISTER:
		nv_vf_join(nv, dev);
		break;
	case NETDEV_UNREGISTER:
		nv_vf_leave(nv, dev);
		break;
	case NETDEV_GOING_DOWN:
		nv_vf_path(nv, nv_conn_rtnl(nv), false);
		break;
	case NETDEV_UP:
	case NETDEV_CHANGE:
		mod_delayed_work(system_wq, &nv->vf_work, 0);
		break;
	}
	return NOTIFY_OK;
}

static struct notifier_block nv_vf_notifier = {
	.notifier_call = nv_vf_event,
};

int nv_vf_register(void)
{
	return register_netdevice_notifier(&nv_vf_notifier);
}

void nv_vf_unregister(void)
{
	unregister_netdevice_notifier(&nv_vf_notifier);
}

void nv_vf_init(struct nv *nv)
{
	INIT_DELAYED_WORK(&nv->vf_work, nv_vf_work);
}

/* The device goes; its VF is on its own again. */
void nv_vf_exit(struct nv *nv)
{
	struct net_device *vf;

	cancel_delayed_work_sync(&nv->vf_work);
	rtnl_lock();
	vf = rtnl_dereference(nv->vf);
	if (vf)
		nv_vf_leave(nv, vf);
	rtnl_unlock();
}
