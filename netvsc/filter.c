// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive filter: what the stack wants of the host.  A work item tells the host, so that
 * whoever changes it, up and down included, has RTNL and does not wait for the host.  What
 * the work reads may change meanwhile: each change asks for the work again.
 */
#include <linux/etherdevice.h>
#include "netvsc.h"

static u32 nv_wanted_filter(const struct nv_conn *conn)
{
	struct net_device *ndev = conn->nv->ndev;
	unsigned int flags = READ_ONCE(ndev->flags);
	u32 f = HV_FILTER_DIRECTED;

	if (!netif_running(ndev))
		return 0;
	if (flags & IFF_PROMISC)
		return HV_FILTER_PROMISCUOUS;
	if (flags & IFF_BROADCAST)
		f |= HV_FILTER_BROADCAST;
	if (flags & IFF_ALLMULTI || netdev_mc_count(ndev) > conn->host.multicast_max)
		f |= HV_FILTER_ALL_MULTICAST;
	else if (!netdev_mc_empty(ndev))
		f |= HV_FILTER_MULTICAST;
	return f;
}

/* The exact list; a host that has none for us gets asked for all multicast. */
static bool nv_set_multicast(struct nv_conn *conn)
{
	struct net_device *ndev = conn->nv->ndev;
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

/* A host that refuses it gets simpler ones, and one line for each that is wanted. */
static int nv_filter_ask(struct nv_conn *conn, u32 want)
{
	u32 f = want;
	int ret = nv_rndis_filter(conn, f);

	while (ret == -EIO && nv_filter_simpler(f)) {
		f = nv_filter_simpler(f);
		ret = nv_rndis_filter(conn, f);
	}
	if (!ret && f != want && conn->filter_refused != want) {
		netdev_warn(conn->nv->ndev, "the host refuses receive filter %#x, %#x it takes\n",
			    want, f);
		conn->filter_refused = want;
	}
	return ret;
}

/**
 * nv_filter_tell - tell the host what it shall give us
 * @conn: the published connection, from the work; or one that nobody else has yet
 *
 * Context: may sleep, for a limited time.
 * Return: 0 or a negative error.
 */
int nv_filter_tell(struct nv_conn *conn)
{
	u32 f = nv_wanted_filter(conn);

	if (!f && !conn->filter && !conn->filter_late)
		return 0;		/* a new connection gets nothing */
	if (f & HV_FILTER_MULTICAST && !nv_set_multicast(conn))
		f = (f & ~HV_FILTER_MULTICAST) | HV_FILTER_ALL_MULTICAST;
	return nv_filter_ask(conn, f);
}

/**
 * nv_filter_there - the host has one, or refuses each
 * @conn: the connection
 *
 * One that refuses each may give frames all the same.
 * Context: any.
 * Return: false as long as it is to come.
 */
bool nv_filter_there(const struct nv_conn *conn)
{
	return READ_ONCE(conn->filter) || READ_ONCE(conn->filter_none);
}

/**
 * nv_rx_mode_soon - have the host told
 * @nv: the device
 * @ms: not before so many milliseconds
 *
 * Context: any.
 */
void nv_rx_mode_soon(struct nv *nv, unsigned int ms)
{
	if (!READ_ONCE(nv->gone))
		mod_delayed_work(system_wq, &nv->rx_mode_work, msecs_to_jiffies(ms));
}

/* What the host has not taken now is said again: the stack does not ask twice. */
static void nv_filter_failed(struct nv *nv, struct nv_conn *conn, int error)
{
	bool again = nv_again(error);

	if (READ_ONCE(conn->dead) || conn->chan->rescind)
		return;		/* the next connection is told before it is there */
	if (!conn->filter_late)
		netdev_err(nv->ndev, "cannot set the receive filter: %d%s\n", error,
			   again ? ", trying again" : "");
	conn->filter_late = true;
	if (!again && netif_running(nv->ndev))	/* there is none to wait for */
		WRITE_ONCE(conn->filter_none, true);
	if (again)
		nv_rx_mode_soon(nv, NV_AGAIN_LATER_MS);
}

void nv_rx_mode_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, rx_mode_work);
	struct nv_conn *conn = nv_conn_get(nv);
	bool had;
	int ret;

	if (!conn)
		return;
	had = nv_filter_there(conn);
	ret = nv_filter_tell(conn);
	if (ret)
		nv_filter_failed(nv, conn, ret);
	else
		conn->filter_late = false;
	if (!had && nv_filter_there(conn))
		nv_link_ready(nv);
	nv_conn_put(conn);
}
