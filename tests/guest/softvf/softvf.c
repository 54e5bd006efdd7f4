// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests: a virtual function in software.  A PCI bus of its own has one
 * network function, in a slot with a number, below a device whose driver is
 * called hv_pci, as in a guest of a host with SR-IOV.  Its wire is another
 * network device of the guest: what it sends leaves there, and what comes there
 * it receives.  It can run an XDP program (pass and drop), and takes redirected frames if told to.
 *
 * Newer kernels hold a lock of such a device's own where they tell of its appearance, and
 * take it in dev_set_mtu() and the like.  Whoever calls these from there hangs; here
 * that is a warning, on any kernel.
 *
 *   insmod softvf.ko mac=ADDRESS wire=ADDRESS [slot=NUMBER] [queues=NUMBER] [redirect=1]
 */
#include <linux/bpf_trace.h>
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/filter.h>
#ifdef HV_HAVE_LINUX_HEX
#include <linux/hex.h>	/* mac_pton() */
#endif
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/rtnetlink.h>
#include <linux/workqueue.h>
#include <net/xdp.h>

#define VF_VENDOR	0x1d6b	/* the Linux Foundation's, which has no such device */
#define VF_DEVICE	0xfff0
#define VF_QUEUE_MAX	1000

/* Beside all real buses: a domain of its own, or a high number where there is but one domain. */
#ifdef CONFIG_X86
#define VF_BUS		0
static struct pci_sysdata vf_sysdata = { .domain = 0x5f5f, .node = NUMA_NO_NODE };
#define VF_SYSDATA	(&vf_sysdata)
#else
#define VF_BUS		0x5f
#define VF_SYSDATA	NULL
#endif

static char *mac, *wire;
static unsigned int slot = 7;
module_param(mac, charp, 0444);
MODULE_PARM_DESC(mac, "permanent address of the function");
module_param(wire, charp, 0444);
MODULE_PARM_DESC(wire, "permanent address of the device that carries its frames");
module_param(slot, uint, 0444);
MODULE_PARM_DESC(slot, "number of its slot");

static unsigned int queues = 1;
module_param(queues, uint, 0444);
MODULE_PARM_DESC(queues, "to send on");

static bool redirect;
module_param(redirect, bool, 0444);
MODULE_PARM_DESC(redirect, "whether it takes frames that programs redirect to it");

/* Holds what is the device's own lock on newer kernels; NULL: nobody. */
static struct task_struct *vf_holder;

static u8 vf_mac[ETH_ALEN], vf_wire[ETH_ALEN];

enum { VF_RX, VF_TX, VF_XDP_DROP, VF_XDP_XMIT, VF_COUNTERS };

struct vf {
	struct net_device *ndev;
	struct net_device __rcu *wire;	/* while that is up; changed under RTNL */
	struct bpf_prog __rcu *prog;
	struct xdp_rxq_info rxq;
	struct sk_buff_head queue;
	struct work_struct work;	/* sends: no lock of who sends is held then */
	atomic64_t count[VF_COUNTERS];
	unsigned long used;		/* queues that had a frame to send */
};

static struct net_device *vf_ndev;	/* the one there is; changed under RTNL */

/* ---- the bus: one function, no BAR, no capability ---- */

static u8 vf_config[256];

static int vf_config_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = ~0;
	if (devfn || bus->number != VF_BUS || where + size > (int)sizeof(vf_config))
		return PCIBIOS_DEVICE_NOT_FOUND;
	*value = 0;
	memcpy(value, vf_config + where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int vf_config_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	if (devfn || bus->number != VF_BUS)
		return PCIBIOS_DEVICE_NOT_FOUND;
	if (where == PCI_COMMAND)
		memcpy(vf_config + where, &value, 2);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops vf_pci_ops = { .read = vf_config_read, .write = vf_config_write };
static struct pci_bus *vf_bus;
static struct pci_slot *vf_slot;

static int vf_plug(struct platform_device *parent)
{
	static struct resource numbers = {
		.name = "softvf", .start = VF_BUS, .end = VF_BUS, .flags = IORESOURCE_BUS,
	};
	LIST_HEAD(resources);
	char name[12];

	put_unaligned_le16(VF_VENDOR, vf_config + PCI_VENDOR_ID);
	put_unaligned_le16(VF_DEVICE, vf_config + PCI_DEVICE_ID);
	put_unaligned_le16(PCI_CLASS_NETWORK_ETHERNET, vf_config + PCI_CLASS_DEVICE);
	pci_add_resource(&resources, &numbers);
	pci_lock_rescan_remove();
	vf_bus = pci_create_root_bus(&parent->dev, VF_BUS, &vf_pci_ops, VF_SYSDATA, &resources);
	if (vf_bus) {
		snprintf(name, sizeof(name), "%u", slot);
		vf_slot = pci_create_slot(vf_bus, 0, name, NULL);
		pci_scan_child_bus(vf_bus);
		pci_bus_add_devices(vf_bus);
	} else {
		pci_free_resource_list(&resources);
	}
	pci_unlock_rescan_remove();
	return vf_bus ? 0 : -ENOMEM;
}

static void vf_unplug(void)
{
	struct pci_host_bridge *bridge;

	if (!vf_bus)
		return;
	bridge = to_pci_host_bridge(vf_bus->bridge);
	pci_lock_rescan_remove();
	pci_stop_root_bus(vf_bus);
	if (!IS_ERR_OR_NULL(vf_slot))
		pci_destroy_slot(vf_slot);
	pci_remove_root_bus(vf_bus);
	pci_free_host_bridge(bridge);	/* the one that pci_create_root_bus() took */
	pci_unlock_rescan_remove();
}

/* ---- frames ---- */

static void vf_send(struct work_struct *work)
{
	struct vf *v = container_of(work, struct vf, work);
	struct net_device *to;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&v->queue))) {
		rcu_read_lock_bh();
		to = rcu_dereference_bh(v->wire);
		skb->dev = to;
		if (to)
			dev_queue_xmit(skb);
		else
			kfree_skb(skb);
		rcu_read_unlock_bh();
	}
}

static netdev_tx_t vf_xmit(struct sk_buff *skb, struct net_device *ndev)
{
	struct vf *v = netdev_priv(ndev);

	if (skb_queue_len(&v->queue) >= VF_QUEUE_MAX) {
		dev_kfree_skb_any(skb);
		return NETDEV_TX_OK;
	}
	set_bit(skb_get_queue_mapping(skb) % BITS_PER_LONG, &v->used);
	skb_orphan(skb);
	skb_queue_tail(&v->queue, skb);
	atomic64_inc(&v->count[VF_TX]);
	schedule_work(&v->work);
	return NETDEV_TX_OK;
}

/* A copy of a program's frame goes as any other. */
static bool vf_xdp_send(struct vf *v, const struct xdp_frame *f)
{
	struct sk_buff *skb = netdev_alloc_skb(v->ndev, f->len);

	if (!skb || skb_queue_len(&v->queue) >= VF_QUEUE_MAX) {
		kfree_skb(skb);
		return false;
	}
	skb_put_data(skb, f->data, f->len);
	skb_reset_mac_header(skb);
	skb_queue_tail(&v->queue, skb);
	atomic64_inc(&v->count[VF_XDP_XMIT]);
	return true;
}

static int vf_xdp_xmit(struct net_device *ndev, int n, struct xdp_frame **frames, u32 flags)
{
	struct vf *v = netdev_priv(ndev);
	int i;

	for (i = 0; i < n && vf_xdp_send(v, frames[i]); i++)
		xdp_return_frame(frames[i]);
	schedule_work(&v->work);
	return i;
}

/* Runs the program on a copy; whether the frame goes on. */
static bool vf_xdp_passes(struct vf *v, struct bpf_prog *prog, struct sk_buff *skb)
{
	u32 len = skb->len + ETH_HLEN, act = XDP_DROP;
	struct page *page = alloc_page(GFP_ATOMIC);
	struct xdp_buff xdp;

	if (page && len <= SKB_WITH_OVERHEAD(PAGE_SIZE - XDP_PACKET_HEADROOM)) {
		xdp_init_buff(&xdp, PAGE_SIZE, &v->rxq);
		xdp_prepare_buff(&xdp, page_address(page), XDP_PACKET_HEADROOM, len, false);
		skb_copy_bits(skb, -ETH_HLEN, xdp.data, len);
		act = bpf_prog_run_xdp(prog, &xdp);
	}
	if (page)
		put_page(page);
	return act == XDP_PASS;
}

static rx_handler_result_t vf_receive(struct sk_buff **pskb)
{
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);
	struct bpf_prog *prog;
	struct vf *v;

	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	v = rcu_dereference(skb->dev->rx_handler_data);
	prog = rcu_dereference(v->prog);
	if (!netif_running(v->ndev) || (prog && !vf_xdp_passes(v, prog, skb))) {
		atomic64_inc(&v->count[VF_XDP_DROP]);
		kfree_skb(skb);
		return RX_HANDLER_CONSUMED;
	}
	atomic64_inc(&v->count[VF_RX]);
	skb->dev = v->ndev;
	if (ether_addr_equal(eth_hdr(skb)->h_dest, v->ndev->dev_addr))
		skb->pkt_type = PACKET_HOST;
	return RX_HANDLER_ANOTHER;
}

/* ---- the network device ---- */

static void vf_locks(const char *what)
{
	WARN(READ_ONCE(vf_holder) == current, "softvf: %s while the device's lock is held\n", what);
}

static int vf_open(struct net_device *ndev)
{
	vf_locks("up");
	netif_tx_start_all_queues(ndev);
	return 0;
}

static int vf_stop(struct net_device *ndev)
{
	netif_tx_stop_all_queues(ndev);
	return 0;
}

static int vf_change_mtu(struct net_device *ndev, int mtu)
{
	vf_locks("MTU");
	ndev->mtu = mtu;
	return 0;
}

static int vf_set_mac(struct net_device *ndev, void *address)
{
	vf_locks("address");
	return eth_mac_addr(ndev, address);
}

static void vf_flags(struct net_device *ndev, int changed)
{
	vf_locks("flags");
}

static int vf_bpf(struct net_device *ndev, struct netdev_bpf *b)
{
	struct vf *v = netdev_priv(ndev);
	struct bpf_prog *old;

	vf_locks("XDP program");
	if (b->command != XDP_SETUP_PROG)
		return -EINVAL;
	old = rtnl_dereference(v->prog);
	rcu_assign_pointer(v->prog, b->prog);
	if (old) {
		synchronize_net();
		bpf_prog_put(old);
	}
	return 0;
}

static struct net_device_ops vf_netdev_ops = {
	.ndo_open = vf_open,
	.ndo_stop = vf_stop,
	.ndo_start_xmit = vf_xmit,
	.ndo_set_mac_address = vf_set_mac,
	.ndo_change_mtu = vf_change_mtu,
	.ndo_change_rx_flags = vf_flags,
	.ndo_bpf = vf_bpf,
};

static const char vf_names[][ETH_GSTRING_LEN] = {
	"rx_frames", "tx_frames", "rx_dropped", "xdp_xmit", "xdp_program", "tx_queues"
};

static int vf_sset_count(struct net_device *ndev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(vf_names) : -EOPNOTSUPP;
}

static void vf_strings(struct net_device *ndev, u32 set, u8 *p)
{
	memcpy(p, vf_names, sizeof(vf_names));
}

static void vf_stats(struct net_device *ndev, struct ethtool_stats *s, u64 *d)
{
	struct vf *v = netdev_priv(ndev);
	struct bpf_prog *prog = rtnl_dereference(v->prog);
	unsigned int i;

	for (i = 0; i < VF_COUNTERS; i++)
		d[i] = atomic64_read(&v->count[i]);
	d[VF_COUNTERS] = prog ? prog->aux->id : 0;
	d[VF_COUNTERS + 1] = hweight_long(v->used);
}

static int vf_link_settings(struct net_device *ndev, struct ethtool_link_ksettings *k)
{
	k->base.speed = SPEED_56000;
	k->base.duplex = DUPLEX_FULL;
	return 0;
}

static const struct ethtool_ops vf_ethtool_ops = {
	.get_link = ethtool_op_get_link,
	.get_link_ksettings = vf_link_settings,
	.get_sset_count = vf_sset_count,
	.get_strings = vf_strings,
	.get_ethtool_stats = vf_stats,
};

/* ---- the wire; under RTNL ---- */

static void vf_attach(struct vf *v, struct net_device *to)
{
	if (netdev_rx_handler_register(to, vf_receive, v))
		return;
	dev_hold(to);
	dev_set_promiscuity(to, 1);
	rcu_assign_pointer(v->wire, to);
	netif_carrier_on(v->ndev);
}

static void vf_detach(struct vf *v)
{
	struct net_device *to = rtnl_dereference(v->wire);

	if (!to)
		return;
	netif_carrier_off(v->ndev);
	RCU_INIT_POINTER(v->wire, NULL);
	netdev_rx_handler_unregister(to);
	dev_set_promiscuity(to, -1);
	dev_put(to);
}

static int vf_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct vf *v = vf_ndev ? netdev_priv(vf_ndev) : NULL;

	if (!v || dev == vf_ndev)
		return NOTIFY_DONE;
	if (event == NETDEV_UP && !rtnl_dereference(v->wire) &&
	    ether_addr_equal(dev->perm_addr, vf_wire))
		vf_attach(v, dev);
	else if ((event == NETDEV_GOING_DOWN || event == NETDEV_UNREGISTER) &&
		 rtnl_dereference(v->wire) == dev)
		vf_detach(v);
	return NOTIFY_OK;
}

static struct notifier_block vf_notifier = { .notifier_call = vf_event };

/* ---- the driver of the function ---- */

static int vf_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct net_device *ndev = alloc_netdev_mqs(sizeof(struct vf), "vf%d", NET_NAME_ENUM,
						   ether_setup, clamp(queues, 1u, 16u), 1);
	struct vf *v;
	int ret;

	if (!ndev)
		return -ENOMEM;
	v = netdev_priv(ndev);
	v->ndev = ndev;
	skb_queue_head_init(&v->queue);
	INIT_WORK(&v->work, vf_send);
	SET_NETDEV_DEV(ndev, &pdev->dev);
	ndev->netdev_ops = &vf_netdev_ops;
	ndev->ethtool_ops = &vf_ethtool_ops;
	ndev->max_mtu = ETH_MAX_MTU;
	eth_hw_addr_set(ndev, vf_mac);
	netif_carrier_off(ndev);
	ret = xdp_rxq_info_reg(&v->rxq, ndev, 0, 0);
	if (ret)
		goto free;
	pci_set_drvdata(pdev, v);
	rtnl_lock();
	WRITE_ONCE(vf_holder, current);
	ret = register_netdevice(ndev);
	WRITE_ONCE(vf_holder, NULL);
	if (!ret)
		vf_ndev = ndev;
	rtnl_unlock();
	if (ret)
		goto unreg;
	ret = register_netdevice_notifier(&vf_notifier);	/* tells what is up already */
	if (!ret)
		return 0;
	unregister_netdev(ndev);
unreg:
	xdp_rxq_info_unreg(&v->rxq);
free:
	free_netdev(ndev);
	return ret;
}

static void vf_remove(struct pci_dev *pdev)
{
	struct vf *v = pci_get_drvdata(pdev);

	rtnl_lock();
	vf_detach(v);
	vf_ndev = NULL;
	unregister_netdevice(v->ndev);
	rtnl_unlock();
	unregister_netdevice_notifier(&vf_notifier);
	cancel_work_sync(&v->work);
	skb_queue_purge(&v->queue);
	if (rcu_access_pointer(v->prog))
		pr_err("softvf: an XDP program is left\n");
	xdp_rxq_info_unreg(&v->rxq);
	free_netdev(v->ndev);
}

static const struct pci_device_id vf_ids[] = {
	{ PCI_DEVICE(VF_VENDOR, VF_DEVICE) },
	{ }
};

static struct pci_driver vf_driver = {
	.name = "softvf",
	.id_table = vf_ids,
	.probe = vf_probe,
	.remove = vf_remove,
};

static int vf_host_probe(struct platform_device *pdev)
{
	return vf_plug(pdev);
}

static struct platform_driver vf_host_driver = {
	.driver.name = "hv_pci",
	.driver.suppress_bind_attrs = true,
};

static struct platform_device *vf_host;

static int __init vf_init(void)
{
	int ret;

	if (!mac || !wire || !mac_pton(mac, vf_mac) || !mac_pton(wire, vf_wire)) {
		pr_err("softvf: wants mac= and wire=\n");
		return -EINVAL;
	}
	if (redirect)
		vf_netdev_ops.ndo_xdp_xmit = vf_xdp_xmit;
	ret = pci_register_driver(&vf_driver);
	if (ret)
		return ret;
	vf_host = platform_create_bundle(&vf_host_driver, vf_host_probe, NULL, 0, NULL, 0);
	if (IS_ERR(vf_host)) {
		pci_unregister_driver(&vf_driver);
		return PTR_ERR(vf_host);
	}
	return 0;
}

static void __exit vf_exit(void)
{
	vf_unplug();
	platform_device_unregister(vf_host);
	platform_driver_unregister(&vf_host_driver);
	pci_unregister_driver(&vf_driver);
}

module_init(vf_init);
module_exit(vf_exit);
MODULE_DESCRIPTION("A virtual function in software, for tests");
MODULE_LICENSE("GPL");
