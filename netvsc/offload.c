// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host can do for us, as features of the network device, and back.  While we run, a
 * work item asks and tells the host, without RTNL.
 */
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* All that nv_offload_possible() decides about; the rest of hw_features is the core's. */
#define NV_HOST_FEATURES (NETIF_F_SG | NETIF_F_HIGHDMA | NETIF_F_IP_CSUM |	\
			  NETIF_F_IPV6_CSUM | NETIF_F_RXCSUM | NETIF_F_TSO |	\
			  NETIF_F_TSO6 | NETIF_F_GSO_UDP_L4 | NETIF_F_RXHASH | NETIF_F_LRO)

/*
 * Asks for the capabilities; a host that has none to offer is fine.  What it indicates from
 * here on is not in the answer.
 */
int nv_offload_query(struct nv_conn *conn, struct hv_ndis_offload *caps)
{
	u32 v = conn->host.nvsp;
	u16 size = v >= HV_NVSP_V5 ? sizeof(struct hv_ndis_offload) :
		   v >= HV_NVSP_V4 ? HV_NDIS_OFFLOAD_LEN2 : HV_NDIS_OFFLOAD_LEN1;
	struct hv_ndis_head in = {
		.type = HV_NDIS_OFFLOAD,
		.rev = v >= HV_NVSP_V5 ? 3 : v >= HV_NVSP_V4 ? 2 : 1,
		.size = cpu_to_le16(size),
	};
	struct hv_ndis_offload o = {};
	int ret;

	WRITE_ONCE(conn->nv->offload_asked, false);
	ret = nv_rndis_query(conn, HV_OID_OFFLOAD_CAPS, &in, sizeof(in), &o, size);
	if (ret < 0)
		return ret;
	if (ret < HV_NDIS_OFFLOAD_LEN1 || o.h.type != HV_NDIS_OFFLOAD ||
	    le16_to_cpu(o.h.size) < HV_NDIS_OFFLOAD_LEN1) {
		nv_bad(conn->nv, NV_BAD_REPLY, "offload capabilities of %d bytes", ret);
		return -EINVAL;
	}
	*caps = o;
	return 0;
}

static bool nv_has(__le32 caps, u32 need)
{
	return (le32_to_cpu(caps) & need) == need;
}

/* Nearly each segment has TCP options, so a host that cannot do them is of no use. */
static bool nv_lso_v6(const struct hv_ndis_offload *o)
{
	return o->lso_v6_encap && nv_has(o->lso_v6_options, HV_LSO6_TCP_OPTIONS);
}

static u32 nv_lso_max(const struct hv_ndis_offload *o)
{
	u32 v4 = le32_to_cpu(o->lso_v4_encap) ? le32_to_cpu(o->lso_v4_max) : 0;
	u32 v6 = nv_lso_v6(o) ? le32_to_cpu(o->lso_v6_max) : 0;

	return v4 && v6 ? min(v4, v6) : max(v4, v6);
}

/* The features that this host makes possible. */
netdev_features_t nv_offload_possible(const struct nv_conn *conn)
{
	const struct hv_ndis_offload *o = &conn->host.offload;
	bool tcp4 = nv_has(o->v4.tx, HV_CAP_TCP4_NEEDED);
	bool tcp6 = nv_has(o->v6.tx, HV_CAP_TCP6_NEEDED);
	netdev_features_t f = NETIF_F_SG | NETIF_F_HIGHDMA;
	bool room = nv_lso_max(o) > GSO_LEGACY_MAX_SIZE / 4;

	if (tcp4)
		f |= NETIF_F_IP_CSUM;
	if (tcp6)
		f |= NETIF_F_IPV6_CSUM;
	if (nv_has(o->v4.rx, HV_CAP_TCP) || nv_has(o->v6.rx, HV_CAP_TCP))
		f |= NETIF_F_RXCSUM;
	if (tcp4 && o->lso_v4_encap && room)
		f |= NETIF_F_TSO;
	if (tcp6 && nv_lso_v6(o) && room)
		f |= NETIF_F_TSO6;
	/* cut here, and the host makes the checksums */
	if (tcp4 && tcp6 && nv_has(o->v4.tx, HV_CAP_UDP) && nv_has(o->v6.tx, HV_CAP_UDP))
		f |= NETIF_F_GSO_UDP_L4;
	if (conn->host.rss_queues > 1)
		f |= NETIF_F_RXHASH;
	if ((conn->host.caps & HV_NVSP_CAP_RSC) && o->rsc_v4 && o->rsc_v6)
		f |= NETIF_F_LRO;
	return f;
}

static u8 nv_csum_param(__le32 tx, u32 need_tx, __le32 rx, u32 need_rx)
{
	bool t = nv_has(tx, need_tx), r = nv_has(rx, need_rx);

	return t && r ? HV_PARAM_BOTH : t ? HV_PARAM_TX : r ? HV_PARAM_RX : HV_PARAM_OFF;
}

/**
 * nv_offload_set - tell the host what we make use of
 * @conn: the connection
 * @rsc: whether it may coalesce what we receive
 *
 * Context: may sleep, for a limited time.
 * Return: 0 or a negative error.
 */
int nv_offload_set(struct nv_conn *conn, bool rsc)
{
	const struct hv_ndis_offload *o = &conn->host.offload;
	u32 v = conn->host.nvsp;
	u16 size = v >= HV_NVSP_V5 ? sizeof(struct hv_ndis_offload_params) :
		   v >= HV_NVSP_V4 ? HV_NDIS_PARAMS_LEN2 : HV_NDIS_PARAMS_LEN1;
	struct hv_ndis_offload_params p = {
		.h.type = HV_NDIS_OFFLOAD_PARAMS,
		.h.rev = v >= HV_NVSP_V5 ? 3 : v >= HV_NVSP_V4 ? 2 : 1,
		.h.size = cpu_to_le16(size),
	};
	u8 on = rsc ? HV_PARAM_RSC_ON : HV_PARAM_OFF;
	int ret;

	/* The stack checks every header itself: one without a checksum would be dropped. */
	p.ip4 = HV_PARAM_OFF;
	p.tcp4 = nv_csum_param(o->v4.tx, HV_CAP_TCP4_NEEDED, o->v4.rx, HV_CAP_TCP);
	p.udp4 = nv_csum_param(o->v4.tx, HV_CAP_UDP, o->v4.rx, HV_CAP_UDP);
	p.tcp6 = nv_csum_param(o->v6.tx, HV_CAP_TCP6_NEEDED, o->v6.rx, HV_CAP_TCP);
	p.udp6 = nv_csum_param(o->v6.tx, HV_CAP_UDP, o->v6.rx, HV_CAP_UDP);
	p.lso1 = HV_PARAM_OFF;
	p.lso_v4 = o->lso_v4_encap ? HV_PARAM_LSO_ON : HV_PARAM_OFF;
	p.lso_v6 = nv_lso_v6(o) ? HV_PARAM_LSO_ON : HV_PARAM_OFF;
	if (conn->host.caps & HV_NVSP_CAP_RSC) {
		p.rsc_v4 = o->rsc_v4 ? on : HV_PARAM_OFF;
		p.rsc_v6 = o->rsc_v6 ? on : HV_PARAM_OFF;
	}
	ret = nv_rndis_set(conn, HV_OID_OFFLOAD_PARAMS, &p, size);
	if (!ret || ret == -EIO)
		conn->rsc_told = rsc;	/* what it refuses is not said again */
	return ret;
}

/**
 * nv_offload_features - make the network device's features those of the host
 * @nv: the device
 * @conn: its connection
 *
 * Context: RTNL, or before registration.
 * Return: those that no host of the device has offered before.
 */
netdev_features_t nv_offload_features(struct nv *nv, const struct nv_conn *conn)
{
	netdev_features_t f = nv_offload_possible(conn);
	netdev_features_t vlan = NETIF_F_HW_VLAN_CTAG_TX | NETIF_F_HW_VLAN_CTAG_RX;
	netdev_features_t fresh = f & ~nv->offered;
	struct net_device *ndev = nv->ndev;

	nv->offered |= f;
	ndev->hw_features = (ndev->hw_features & ~NV_HOST_FEATURES) | f;
	ndev->vlan_features = f & ~(NETIF_F_LRO | NETIF_F_RXHASH);
	if (f & (NETIF_F_TSO | NETIF_F_TSO6))
		netif_set_tso_max_size(ndev, clamp_t(u32, nv_lso_max(&conn->host.offload),
						     GSO_LEGACY_MAX_SIZE / 4,
						     GSO_LEGACY_MAX_SIZE - 1));
	if (ndev->reg_state == NETREG_UNINITIALIZED) {
		ndev->features |= f | vlan;
		nv->rsc = f & NETIF_F_LRO;
	}
	return fresh;
}

/* What a new connection makes use of; a device that is not registered yet wants all. */
bool nv_offload_wanted(const struct nv_conn *conn)
{
	const struct nv *nv = conn->nv;

	return nv->ndev->reg_state == NETREG_UNINITIALIZED ?
	       nv_offload_possible(conn) & NETIF_F_LRO : READ_ONCE(nv->rsc);
}

/* ---- while we run ---- */

/**
 * nv_offload_soon - have the host asked what it can do now, or told what we want
 * @nv: the device
 * @ms: not before so many milliseconds
 *
 * Context: any.
 */
void nv_offload_soon(struct nv *nv, unsigned int ms)
{
	if (!READ_ONCE(nv->gone))
		mod_delayed_work(system_wq, &nv->offload_work, msecs_to_jiffies(ms));
}

/* Whether the stack has it still, or already.  Context: RTNL. */
static bool nv_in_use(const struct nv *nv, const struct nv_conn *conn)
{
	return rtnl_dereference(nv->conn) == conn && !nv->gone &&
	       nv->ndev->reg_state == NETREG_REGISTERED;
}

/* What is known stays when there is no answer: frames are described by it meanwhile. */
static void nv_offload_ask(struct nv *nv, struct nv_conn *conn)
{
	struct hv_ndis_offload o;
	int ret = nv_offload_query(conn, &o);

	/* one that makes no sense would not the next time */
	if (nv_again(ret) && ret != -EINVAL && !READ_ONCE(conn->dead)) {
		WRITE_ONCE(nv->offload_asked, true);
		nv_offload_soon(nv, NV_AGAIN_LATER_MS);
	}
	if (ret)
		return;
	rtnl_lock();
	if (nv_in_use(nv, conn)) {
		conn->host.offload = o;
		/* what was there before the user may have turned off since */
		nv->ndev->wanted_features |= nv_offload_features(nv, conn) & ~NETIF_F_LRO;
		netdev_update_features(nv->ndev);
	}
	rtnl_unlock();
}

/* The host does not coalesce after all, and the user sees that. */
static void nv_rsc_refused(struct nv *nv, struct nv_conn *conn)
{
	rtnl_lock();
	if (nv_in_use(nv, conn) && nv->rsc) {
		nv->ndev->wanted_features &= ~NETIF_F_LRO;
		netdev_update_features(nv->ndev);
	}
	rtnl_unlock();
}

static void nv_rsc_tell(struct nv *nv, struct nv_conn *conn)
{
	bool on = READ_ONCE(nv->rsc);
	int ret = on == conn->rsc_told ? 0 : nv_offload_set(conn, on);

	if (!ret || READ_ONCE(conn->dead) || conn->chan->rescind)
		return;
	netdev_err(nv->ndev, "cannot turn LRO %s: %d%s\n", on ? "on" : "off", ret,
		   nv_again(ret) ? ", trying again" : "");
	if (nv_again(ret))
		nv_offload_soon(nv, NV_AGAIN_LATER_MS);
	else if (on)
		nv_rsc_refused(nv, conn);
}

void nv_offload_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, offload_work);
	struct nv_conn *conn = nv_conn_get(nv);

	if (!conn)
		return;		/* nv_republish() looks */
	if (READ_ONCE(nv->offload_asked))
		nv_offload_ask(nv, conn);
	nv_rsc_tell(nv, conn);
	nv_late_tell(conn);
	nv_conn_put(conn);
}
