// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the VF has to have as we have it.  All of it under RTNL, and never out of a
 * notifier: newer kernels hold the VF's own lock there, and each of these takes it.
 */
#include <linux/ethtool.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

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

/* Called with our address list locked, under which nv_vf_mirror() gives a VF all there is. */
void nv_vf_rx_mode(struct nv *nv)
{
	struct net_device *vf;

	rcu_read_lock();
	vf = rcu_dereference(nv->vf);
	if (vf && nv->vf_mirrored) {
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

/* What the user has turned on or off here: the VF has what it can of it. */
void nv_vf_set_features(struct nv *nv, netdev_features_t features)
{
	struct net_device *vf = rtnl_dereference(nv->vf);

	if (!vf)
		return;
	hv_lock_ops(vf);
	vf->wanted_features = features;
	netdev_update_features(vf);
	hv_unlock_ops(vf);
}

/* Its link is what data goes over: false when it does not, or does not say. */
bool nv_vf_link_settings(struct nv *nv, struct ethtool_link_ksettings *k)
{
	struct net_device *vf = rtnl_dereference(nv->vf);

	return vf && nv->vf_path && !__ethtool_get_link_ksettings(vf, k);
}

/* We go down, and it does not stay up behind our back; its NETDEV_GOING_DOWN moves the path. */
void nv_vf_close(struct nv *nv)
{
	struct net_device *vf = rtnl_dereference(nv->vf);

	if (vf)
		dev_close(vf);
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
	ret = hv_xdp_propagate(vf, &b);
	if (ret && prog)
		bpf_prog_put(prog);
	return ret;
}

/* All at once, for a VF that has joined. */
void nv_vf_mirror(struct nv *nv, struct net_device *vf)
{
	struct net_device *ndev = nv->ndev;

	if (dev_set_mtu(vf, ndev->mtu))
		netdev_warn(ndev, "VF %s cannot have our MTU of %u\n", vf->name, ndev->mtu);
	nv_vf_flags(vf, ndev->flags, 1);
	netif_addr_lock_bh(ndev);
	nv->vf_mirrored = true;
	dev_uc_sync(vf, ndev);
	dev_mc_sync(vf, ndev);
	netif_addr_unlock_bh(ndev);
	if (nv_vf_set_xdp(vf, rtnl_dereference(nv->prog), NULL))
		netdev_warn(ndev, "VF %s does not run our XDP program\n", vf->name);
}

void nv_vf_unmirror(struct nv *nv, struct net_device *vf)
{
	struct net_device *ndev = nv->ndev;

	if (!nv->vf_mirrored)
		return;
	nv->vf_mirrored = false;
	if (rtnl_dereference(nv->prog))
		nv_vf_set_xdp(vf, NULL, NULL);
	dev_uc_unsync(vf, ndev);	/* these lock both lists, other than those that sync */
	dev_mc_unsync(vf, ndev);
	nv_vf_flags(vf, ndev->flags, -1);
}
