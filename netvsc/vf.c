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

/* The NIC of ours that the VF has joined, or NULL. */
static struct nv *nv_vf_joined(struct net_device *vf)
{
	struct net_device *ndev = netdev_master_upper_dev_get(vf);
	struct nv *nv = ndev && nv_is_ours(ndev) ? netdev_priv(ndev) : NULL;

	return nv && rtnl_dereference(nv->vf) == vf ? nv : NULL;
}

/*
 * A VF for us, in whatever namespace, or NULL.  It may have joined another NIC with our
 * address, before the host said whose it is.
 */
static struct net_device *nv_vf_find(const struct nv *nv)
{
	struct net_device *dev, *found = NULL;
	struct net *net;

	down_read(&net_rwsem);
	for_each_net(net)
		for_each_netdev(net, dev)
			if (!found && nv_vf_candidate(dev) && nv_vf_best(dev) == nv &&
			    (!netdev_master_upper_dev_get(dev) || nv_vf_joined(dev)))
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
	rcu_assign_pointer(nv->vf, vf);
	netdev_info(nv->ndev, "VF %s joins\n", vf->name);
	mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(NV_VF_UP_MS));
}

static void nv_vf_leave(struct nv *nv, struct net_device *vf)
{
	nv_vf_path_back(nv);
	RCU_INIT_POINTER(nv->vf, NULL);
	synchronize_net();
	nv_vf_unmirror(nv, vf);
	netdev_rx_handler_unregister(vf);
	netdev_upper_dev_unlink(vf, nv->ndev);
	nv_vf_mark(vf, false);
	dev_put(vf);
	netdev_info(nv->ndev, "VF %s leaves\n", vf->name);
}

/* Return: which path the host is to be asked for without RTNL, NV_VF_TO_..., or NV_VF_NOTHING. */
static enum nv_vf_step nv_vf_step(struct nv *nv, struct net_device *vf)
{
	enum nv_vf_step next, ask = NV_VF_NOTHING;
	struct nv_vf_view v = {
		.assoc = READ_ONCE(nv->vf_assoc), .joined = vf,
		.running = vf && netif_running(vf), .carrier = vf && netif_carrier_ok(vf),
		.ours_up = netif_running(nv->ndev),
	};

	if (vf && !nv->vf_mirrored)
		nv_vf_mirror(nv, vf);
	next = nv_vf_next(&v, nv->vf_path);
	if (next != NV_VF_TO_VF && !nv->vf_path && nv->vf_asked)
		ask = NV_VF_TO_SYNTHETIC;	/* it may have given it later than it was wanted */
	switch (next) {
	case NV_VF_OPEN:
		if (!dev_open(vf, NULL))	/* its NETDEV_UP brings us here again */
			break;
		netdev_warn(nv->ndev, "VF %s does not come up\n", vf->name);
		break;
	case NV_VF_TO_VF:
		WRITE_ONCE(nv->vf_asked, true);
		ask = next;
		break;
	case NV_VF_TO_SYNTHETIC:
		nv_vf_path_end(nv);
		ask = next;
		break;
	case NV_VF_NOTHING:
		break;
	}
	return ask;
}

/*
 * The host has not given the VF's path in time, or what it has given is not wanted any more: then
 * it is told at once, as it may send over a VF that is gone.  Return: milliseconds.
 */
static unsigned int nv_vf_ask_after(struct nv *nv)
{
	struct net_device *vf;
	bool wanted;

	rtnl_lock();
	vf = rtnl_dereference(nv->vf);
	wanted = vf && netif_running(vf) && netif_carrier_ok(vf) && READ_ONCE(nv->vf_assoc);
	rtnl_unlock();
	return wanted ? NV_VF_ASK_MS : 0;
}

/* Does the next step, by what is there, up and associated. */
static void nv_vf_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, vf_work);
	enum nv_vf_step ask = NV_VF_NOTHING;
	struct net_device *vf;
	struct nv *other;
	int ends;

	rtnl_lock();
	ends = atomic_read(&nv->vf_ends);
	vf = rtnl_dereference(nv->vf) ?: nv_vf_find(nv);
	other = vf ? nv_vf_joined(vf) : NULL;
	if (nv->gone || nv->ndev->reg_state != NETREG_REGISTERED) {
		/* too late */
	} else if (other && other != nv) {
		nv_vf_leave(other, vf);
		mod_delayed_work(system_wq, &nv->vf_work, 0);
	} else if (vf && !net_eq(dev_net(vf), dev_net(nv->ndev))) {
		/* one that has joined leaves, moves and joins again */
		if (dev_change_net_namespace(vf, dev_net(nv->ndev), "eth%d"))
			netdev_err(nv->ndev, "VF %s does not follow\n", vf->name);
	} else if (vf != rtnl_dereference(nv->vf)) {
		nv_vf_join(nv, vf);
	} else {
		ask = nv_vf_step(nv, vf);
	}
	rtnl_unlock();
	if (ask == NV_VF_TO_SYNTHETIC)
		nv_vf_path_leave(nv);
	else if (ask == NV_VF_TO_VF && !nv_vf_path_ask(nv, ends))
		mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(nv_vf_ask_after(nv)));
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
	nv_vf_path_end(nv);
	WRITE_ONCE(nv->vf_asked, false);
	WRITE_ONCE(nv->vf_assoc, false);
}

/* There is one again; the host may have named its VF before it could be asked for a path. */
void nv_vf_connected(struct nv *nv)
{
	if (READ_ONCE(nv->vf_assoc) && !nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work, 0);
}

/**
 * nv_vf_fallen_back - the host sends over the synthetic path again, by itself
 * @nv: the device
 *
 * If the VF is still associated, its path is asked for again, not at once.
 * Context: NAPI.
 */
void nv_vf_fallen_back(struct nv *nv)
{
	nv_vf_path_end(nv);
	if (!nv->gone)
		mod_delayed_work(system_wq, &nv->vf_work, msecs_to_jiffies(NV_VF_ASK_MS));
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
		nv_vf_path_back(nv);
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
