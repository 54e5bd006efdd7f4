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
#include <net/net_namespace.h>
#include "netvsc.h"
#include "vf_state.h"

/* How long after its appearance a VF is brought up: udev may rename it first. */
#define NV_VF_UP_MS	100
/* A host that has a VF come and go is not followed faster than that. */
#define NV_VF_AGAIN_MS	500

/* ---- data ---- */

/* Asks the host for a path; without a connection the host has forgotten the VF's. */
static int nv_vf_path(struct nv *nv, bool vf)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_DATA_PATH) };
	struct nv_conn *conn = nv_conn_rtnl(nv);
	int ret = 0;

	if (nv->vf_path == vf || (!conn && vf))
		return 0;
	m.data_path.path = cpu_to_le32(vf ? HV_NVSP_PATH_VF : HV_NVSP_PATH_SYNTHETIC);
	if (conn)	/* the answer carries nothing */
		ret = nv_nvsp_request(conn, &m, 0, 0);
	if (ret < 0 && vf)
		return ret;
	WRITE_ONCE(nv->vf_path, vf);
	netdev_info(nv->ndev, "data path is %s now\n", vf ? "the VF" : "synthetic");
	return 0;
}

static void nv_vf_count(struct nv *nv, u32 len, bool tx, bool ok)
{
	struct nv_vf_stats *s = get_cpu_ptr(nv->vf_stats);

	u64_stats_update_begin(&s->syncp);
	if (!ok) {
		u64_stats_inc(&s->value[NV_VF_TX_DROPPED]);
	} else {
		u64_stats_inc(&s->value[tx ? NV_VF_TX_PACKETS : NV_VF_RX_PACKETS]);
		u64_stats_add(&s->value[tx ? NV_VF_TX_BYTES : NV_VF_RX_BYTES], len);
	}
	u64_stats_update_end(&s->syncp);
	put_cpu_ptr(nv->vf_stats);
}

u64 nv_vf_stat_cpu(const struct nv *nv, enum nv_vf_counter which, unsigned int cpu)
{
	const struct nv_vf_stats *s = per_cpu_ptr(nv->vf_stats, cpu);
	unsigned int start;
	u64 value;

	do {
		start = u64_stats_fetch_begin(&s->syncp);
		value = u64_stats_read(&s->value[which]);
	} while (u64_stats_fetch_retry(&s->syncp, start));
	return value;
}

/* One counter over all processors. */
u64 nv_vf_stat(const struct nv *nv, enum nv_vf_counter which)
{
	unsigned int cpu;
	u64 sum = 0;

	for_each_possible_cpu(cpu)
		sum += nv_vf_stat_cpu(nv, which, cpu);
	return sum;
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
	nv_vf_count(netdev_priv(ndev), skb->len, false, true);
	return RX_HANDLER_ANOTHER;
}

/**
 * nv_vf_xmit - send over the VF if that is the path
 * @nv: the device
 * @skb: the frame
 *
 * Return: whether the VF took it, and it is gone.
 */
bool nv_vf_xmit(struct nv *nv, struct sk_buff *skb)
{
	struct net_device *vf;
	bool taken = false;
	u32 len = skb->len;
	int ret;

	if (!READ_ONCE(nv->vf_path))
		return false;
	rcu_read_lock();
	vf = rcu_dereference(nv->vf);
	if (vf && netif_running(vf) && netif_carrier_ok(vf)) {
		skb->dev = vf;
		skb_record_rx_queue(skb, skb_get_queue_mapping(skb));
		ret = dev_queue_xmit(skb);
		nv_vf_count(nv, len, true, ret == NET_XMIT_SUCCESS || ret == NET_XMIT_CN);
		taken = true;
	}
	rcu_read_unlock();
	return taken;
}

/* ---- what the VF has to have as we have it; all under RTNL ---- */

int nv_vf_set_mtu(struct nv *nv, int mtu)
{
	struct net_device *vf = rtnl_dereference(nv->vf);

	return vf ? dev_set_mtu(vf, mtu) : 0;
}

int nv_vf_set_mac(struct nv *nv, struct sockaddr *address)
{
	struct net_device *vf = rtnl_dereference(nv->vf);

	return vf ? hv_set_mac(vf, address) : 0;
}

/* Called with our address list locked. */
void nv_vf_rx_mode(struct nv *nv)
{
	struct net_device *vf;

	rcu_read_lock();
	vf = rcu_dereference(nv->vf);
	if (vf) {
		dev_uc_sync(vf, nv->ndev);
		dev_mc_sync(vf, nv->ndev);
	}
	rcu_read_unlock();
}

/* @add: 1 when the flags of @flags were set on us, -1 when they were cleared */
void nv_vf_flags(struct net_device *vf, unsigned int flags, int add)
{
	if (flags & IFF_PROMISC)
		dev_set_promiscuity(vf, add);
	if (flags & IFF_ALLMULTI)
		dev_set_allmulti(vf, add);
}

/* The VF runs the program too: frames come over it as well. */
int nv_vf_set_xdp(struct net_device *vf, struct bpf_prog *prog,
		  struct netlink_ext_ack *extack)
{
	struct netdev_bpf b = {
		.command = XDP_SETUP_PROG, .prog = prog, .extack = extack,
	};
	int ret;

	if (!vf || !vf->netdev_ops->ndo_bpf)
		return prog && vf ? -EOPNOTSUPP : 0;
	if (prog)
		bpf_prog_inc(prog);	/* the VF's own reference */
	ret = vf->netdev_ops->ndo_bpf(vf, &b);
	if (ret && prog)
		bpf_prog_put(prog);
	return ret;
}

static void nv_vf_mirror(struct nv *nv, struct net_device *vf)
{
	struct net_device *ndev = nv->ndev;

	if (dev_set_mtu(vf, ndev->mtu))
		netdev_warn(ndev, "VF %s cannot have our MTU of %u\n", vf->name, ndev->mtu);
	nv_vf_flags(vf, ndev->flags, 1);
	netif_addr_lock_bh(ndev);
	dev_uc_sync(vf, ndev);
	dev_mc_sync(vf, ndev);
	netif_addr_unlock_bh(ndev);
	if (nv_vf_set_xdp(vf, rtnl_dereference(nv->prog), NULL))
		netdev_warn(ndev, "VF %s does not run our XDP program\n", vf->name);
}

static void nv_vf_unmirror(struct nv *nv, struct net_device *vf)
{
	struct net_device *ndev = nv->ndev;

	if (rtnl_dereference(nv->prog))
		nv_vf_set_xdp(vf, NULL, NULL);
	dev_uc_unsync(vf, ndev);	/* these lock both lists, other than those that sync */
	dev_mc_unsync(vf, ndev);
	nv_vf_flags(vf, ndev->flags, -1);
}

/* ---- joining and leaving ---- */

static bool nv_is_ours(const struct net_device *ndev)
{
	return ndev->netdev_ops == &nv_netdev_ops;
}

static enum nv_vf_fit nv_vf_fits(const struct nv *nv, const struct net_device *vf)
{
	struct pci_dev *pdev = to_pci_dev(vf->dev.parent);
	/* the permanent address of one that is being registered is not copied yet */
	const u8 *mac = is_zero_ether_addr(vf->perm_addr) ? vf->dev_addr : vf->perm_addr;

	return nv_vf_match(nv->ndev->perm_addr, mac,
			   pdev->slot ? pci_slot_name(pdev->slot) : NULL,
			   READ_ONCE(nv->vf_assoc), READ_ONCE(nv->vf_serial));
}

static bool nv_vf_candidate(const struct net_device *dev)
{
	return dev->type == ARPHRD_ETHER && !nv_is_ours(dev) &&
	       !is_vlan_dev(dev) && !netif_is_bond_master(dev) && dev->dev.parent &&
	       dev_is_pci(dev->dev.parent);
}

/* The device of ours that fits this VF best, or NULL.  Under net_rwsem. */
static struct nv *nv_vf_best(struct net_device *vf)
{
	enum nv_vf_fit best = NV_VF_NOT_OURS;
	struct net_device *ndev;
	struct nv *found = NULL;
	struct net *net;

	for_each_net(net)
		for_each_netdev(net, ndev) {
			enum nv_vf_fit fit = NV_VF_NOT_OURS;

			if (nv_is_ours(ndev))
				fit = nv_vf_fits(netdev_priv(ndev), vf);
			if (fit > best) {
				best = fit;
				found = netdev_priv(ndev);
			}
		}
	return found && !found->gone ? found : NULL;
}

/* A VF that is there and not joined, in whatever namespace, or NULL. */
static struct net_device *nv_vf_find(const struct nv *nv)
{
	struct net_device *dev, *found = NULL;
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		for_each_netdev(net, dev)
			if (!found && nv_vf_candidate(dev) && nv_vf_best(dev) == nv &&
			    !netdev_master_upper_dev_get(dev))
				found = dev;
	up_read(&net_rwsem);
	return found;
}

/* The device of ours, in whatever namespace, that this VF stands in for, or NULL. */
static struct nv *nv_vf_owner(struct net_device *vf)
{
	struct nv *found;

	down_read(&net_rwsem);
	found = nv_vf_best(vf);
	up_read(&net_rwsem);
	return found;
}

static struct nv *nv_vf_joined(struct net_device *vf)
{
	struct net_device *ndev = netdev_master_upper_dev_get(vf);
	struct nv *nv = ndev && nv_is_ours(ndev) ? netdev_priv(ndev) : NULL;

	return nv && rtnl_dereference(nv->vf) == vf ? nv : NULL;
}

/* User space shall know it for a slave, which has no addresses, from its first sight of it. */
static void nv_vf_mark(struct net_device *vf, bool slave)
{
	if (slave)
		vf->flags |= IFF_SLAVE;
	else
		vf->flags &= ~IFF_SLAVE;
	hv_no_addrconf(vf, slave);
}

static int nv_vf_link(struct nv *nv, struct net_device *vf)
{
	int ret = netdev_rx_handler_register(vf, nv_vf_rx, nv->ndev);

	if (ret)
		return ret;
	ret = netdev_master_upper_dev_link(vf, nv->ndev, NULL, NULL, NULL);
	if (ret)
		netdev_rx_handler_unregister(vf);
	return ret;
}

static void nv_vf_join(struct nv *nv, struct net_device *vf)
{
	int ret;

	if (!net_eq(dev_net(vf), dev_net(nv->ndev))) {
		/* it is here again when it has moved */
		mod_delayed_work(system_wq, &nv->vf_work, 0);
		return;
	}
	ret = rtnl_dereference(nv->vf) ? -EBUSY : nv_vf_link(nv, vf);
	nv_vf_mark(vf, !ret);
	if (ret) {
		netdev_warn(nv->ndev, "VF %s cannot join: %d\n", vf->name, ret);
		return;
	}
	dev_hold(vf);
	nv_vf_mirror(nv, vf);
	rcu_assign_pointer(nv->vf, vf);
	netdev_info(nv->ndev, "VF %s joins\n", vf->name);
	mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(NV_VF_UP_MS));
}

static void nv_vf_leave(struct nv *nv, struct net_device *vf)
{
	nv_vf_path(nv, false);
	RCU_INIT_POINTER(nv->vf, NULL);
	synchronize_net();
	nv_vf_unmirror(nv, vf);
	netdev_rx_handler_unregister(vf);
	netdev_upper_dev_unlink(vf, nv->ndev);
	nv_vf_mark(vf, false);
	dev_put(vf);
	netdev_info(nv->ndev, "VF %s leaves\n", vf->name);
}

static void nv_vf_step(struct nv *nv, struct net_device *vf)
{
	struct nv_vf_view v = {
		.assoc = READ_ONCE(nv->vf_assoc), .joined = vf,
		.running = vf && netif_running(vf), .carrier = vf && netif_carrier_ok(vf),
		.ours_up = netif_running(nv->ndev),
	};

	switch (nv_vf_next(&v, nv->vf_path)) {
	case NV_VF_OPEN:
		if (!dev_open(vf, NULL))	/* its NETDEV_UP brings us here again */
			break;
		netdev_warn(nv->ndev, "VF %s does not come up\n", vf->name);
		break;
	case NV_VF_TO_VF:
		nv_vf_path(nv, true);
		break;
	case NV_VF_TO_SYNTHETIC:
		nv_vf_path(nv, false);
		break;
	case NV_VF_NOTHING:
		break;
	}
}

/* Does the next step, by what is there, up and associated. */
static void nv_vf_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, vf_work);
	struct net_device *vf;

	rtnl_lock();
	vf = rtnl_dereference(nv->vf) ?: nv_vf_find(nv);
	if (nv->gone || nv->ndev->reg_state != NETREG_REGISTERED) {
		/* too late */
	} else if (vf && !net_eq(dev_net(vf), dev_net(nv->ndev))) {
		/* one that has joined leaves, moves and joins again */
		if (dev_change_net_namespace(vf, dev_net(nv->ndev), "eth%d"))
			netdev_err(nv->ndev, "VF %s does not follow\n", vf->name);
	} else if (vf != rtnl_dereference(nv->vf)) {
		nv_vf_join(nv, vf);
	} else {
		nv_vf_step(nv, vf);
	}
	rtnl_unlock();
}

/**
 * nv_vf_association - the host says that there is a VF, or no longer
 * @nv: the device
 * @allocated: whether there is
 * @serial: its number
 *
 * Context: NAPI.
 */
void nv_vf_association(struct nv *nv, bool allocated, u32 serial)
{
	WRITE_ONCE(nv->vf_serial, serial);
	WRITE_ONCE(nv->vf_assoc, allocated);
	if (!nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work,
				 msecs_to_jiffies(allocated ? NV_VF_AGAIN_MS : 0));
}

/* The connection is gone: so is the path, and a new host says again what it has. */
void nv_vf_disconnected(struct nv *nv)
{
	WRITE_ONCE(nv->vf_path, false);
	WRITE_ONCE(nv->vf_assoc, false);
}

/* What happens to ourselves: there, perhaps after our VF; moved to another namespace; up. */
static void nv_own_event(struct nv *nv, unsigned long event)
{
	if ((event == NETDEV_REGISTER || event == NETDEV_UP) && !nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work, 0);
}

static int nv_vf_event(struct notifier_block *nb, unsigned long event, void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct nv *nv;

	if (nv_is_ours(dev))
		nv_own_event(netdev_priv(dev), event);
	if (!nv_vf_candidate(dev))
		return NOTIFY_DONE;
	nv = event == NETDEV_POST_INIT || event == NETDEV_REGISTER ? nv_vf_owner(dev) :
								     nv_vf_joined(dev);
	if (!nv)
		return NOTIFY_DONE;
	switch (event) {
	case NETDEV_POST_INIT:
		nv_vf_mark(dev, true);
		break;
	case NETDEV_REGISTER:
		nv_vf_join(nv, dev);
		break;
	case NETDEV_UNREGISTER:
		nv_vf_leave(nv, dev);
		break;
	case NETDEV_GOING_DOWN:
		nv_vf_path(nv, false);
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

/* Context: may sleep.  Return: 0 or -ENOMEM. */
int nv_vf_init(struct nv *nv)
{
	INIT_DELAYED_WORK(&nv->vf_work, nv_vf_work);
	nv->vf_stats = netdev_alloc_pcpu_stats(struct nv_vf_stats);
	return nv->vf_stats ? 0 : -ENOMEM;
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
	cancel_delayed_work_sync(&nv->vf_work);
}
