// SPDX-License-Identifier: GPL-2.0-only
/*
 * A connection to the host: built from the bottom (channel, NVSP, buffers,
 * RNDIS, sub-channels), undone in the opposite order, from wherever it got to.
 */
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

static void nv_conn_release(struct kref *ref)
{
	struct nv_conn *conn = container_of(ref, struct nv_conn, ref);

	kvfree_rcu(conn, rcu);	/* nv_subchannel_offered() looks at the reference */
}

void nv_conn_put(struct nv_conn *conn)
{
	kref_put(&conn->ref, nv_conn_release);
}

/**
 * nv_conn_get - the connection, for who speaks with the host without RTNL
 * @nv: the device
 *
 * It may be undone meanwhile: requests fail then, and one that waits does so no longer.
 * Return: the connection with a reference, or NULL.
 */
struct nv_conn *nv_conn_get(struct nv *nv)
{
	struct nv_conn *conn;

	rcu_read_lock();
	conn = rcu_dereference(nv->conn);
	if (conn && !kref_get_unless_zero(&conn->ref))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}

/*
 * RTNL for whoever builds or undoes @conn: NAPIs come and go under it.  Those who have it
 * already are the changes of settings.
 */
void nv_conn_lock(struct nv_conn *conn)
{
	if (!conn->rtnl)
		nv_take_rtnl(conn->nv);
	ASSERT_RTNL();
}

void nv_conn_unlock(struct nv_conn *conn)
{
	if (!conn->rtnl)
		rtnl_unlock();
}

static struct nv_conn *nv_conn_alloc(struct nv *nv, const struct nv_config *cfg,
				     enum nv_how how)
{
	struct nv_conn *conn = kvzalloc(struct_size(conn, queue, NV_QUEUES_MAX),
					GFP_KERNEL);

	if (!conn)
		return NULL;
	kref_init(&conn->ref);
	conn->nv = nv;
	conn->chan = nv->hdev->channel;
	conn->cfg = *cfg;
	conn->rtnl = how == NV_UNDER_RTNL;
	conn->exactly = how != NV_AS_IT_GOES;
	mutex_init(&conn->request_lock);
	nv_wait_init(&conn->nvsp);
	nv_wait_init(&conn->rndis);
	spin_lock_init(&conn->sub_lock);
	init_waitqueue_head(&conn->sub_wait);
	return conn;
}

/* Queues 1.., without channels yet. */
static int nv_alloc_queues(struct nv_conn *conn)
{
	u32 want = min3(conn->cfg.queues, conn->host.rss_queues, (u32)NV_QUEUES_MAX);
	int ret = 0;

	nv_conn_lock(conn);
	for (conn->nalloc = 1; !ret && conn->nalloc < want; conn->nalloc++) {
		conn->queue[conn->nalloc] = nv_queue_alloc(conn, conn->nalloc);
		if (!conn->queue[conn->nalloc])
			ret = -ENOMEM;
	}
	nv_conn_unlock(conn);
	return ret;
}

static int nv_start_tx(struct nv_conn *conn)
{
	u32 each = conn->send.sec.count / conn->nqueues, i;
	int ret = 0;

	for (i = 0; i < conn->nqueues && !ret; i++)
		ret = nv_tx_init(conn->queue[i], i * each, each);
	return ret;
}

static int nv_start_rss(struct nv_conn *conn)
{
	struct nv *nv = conn->nv;
	int ret;

	/* a table of the user's stays; the core lets no queue go that it names */
	if (!netif_is_rxfh_configured(nv->ndev) || nv->rss_entries != conn->host.rss_entries)
		nv_rss_default(nv, conn->nqueues, conn->host.rss_entries);
	ret = nv_rss_apply(conn);
	conn->rss_late = nv_again(ret);		/* nv_republish() sees to it */
	return ret;
}

/* The settings that the host may take less of. */
static int nv_agree(struct nv_conn *conn)
{
	if (conn->cfg.mtu <= conn->host.max_frame)
		return 0;
	if (conn->exactly)
		return -EINVAL;
	netdev_warn(conn->nv->ndev, "the host takes an MTU of %u at most, no longer %u\n",
		    conn->host.max_frame, conn->cfg.mtu);
	conn->cfg.mtu = conn->host.max_frame;
	return 0;
}

/* A new connection has the permanent address, whatever the user had set. */
static int nv_tell_mac(struct nv_conn *conn)
{
	const struct net_device *ndev = conn->nv->ndev;
	u8 buf[128];
	int ret;

	if (ndev->reg_state == NETREG_UNINITIALIZED ||
	    ether_addr_equal_unaligned(ndev->dev_addr, conn->host.mac))
		return 0;
	ret = nv_rndis_set(conn, HV_OID_CONFIG, buf, nv_mac_config(buf, ndev->dev_addr));
	if (ret == -EIO)
		netdev_warn(ndev, "the host refuses our address %pM\n", ndev->dev_addr);
	return ret == -EIO ? 0 : ret;
}

static int nv_connect(struct nv_conn *conn)
{
	int ret;

	ret = nv_nvsp_connect(conn);
	if (ret)
		return ret;
	ret = nv_bufs_share(conn);
	if (ret)
		return ret;
	ret = nv_rndis_connect(conn);
	if (ret)
		return ret;
	ret = nv_agree(conn);
	if (ret)
		return ret;
	ret = nv_tell_mac(conn);
	if (ret)
		return ret;
	ret = nv_alloc_queues(conn);
	if (ret)
		return ret;
	nv_subchannels(conn);
	ret = nv_start_tx(conn);
	if (ret)
		return ret;
	if (nv_start_rss(conn) && !conn->rss_late)
		netdev_info(conn->nv->ndev, "the host does not spread what we receive\n");
	ret = nv_offload_set(conn, nv_offload_wanted(conn));
	return ret == -EIO || ret == -EINVAL ? 0 : ret;
}

/**
 * nv_attach - build a connection to the host
 * @nv: the device
 * @cfg: settings
 * @how: whether the host may take less, and whether the caller has RTNL; it is better not to,
 *	as the host is waited for
 *
 * Context: nv->lock, behind nv_begin(); may sleep, for NV_BUILD_MS and what the bus takes.
 * Return: the connection, or an error pointer.
 */
struct nv_conn *nv_attach(struct nv *nv, const struct nv_config *cfg, enum nv_how how)
{
	struct nv_conn *conn = nv_conn_alloc(nv, cfg, how);
	int ret = -ENOMEM;

	if (!conn)
		return ERR_PTR(-ENOMEM);
	set_per_channel_state(conn->chan, conn);
	nv_conn_lock(conn);
	conn->queue[0] = nv_queue_alloc(conn, 0);
	nv_conn_unlock(conn);
	conn->nalloc = 1;
	if (conn->queue[0])
		ret = nv_queue_open(conn->queue[0], conn->chan);
	if (!ret)
		ret = nv_connect(conn);
	if (!ret)
		return conn;
	nv_detach(nv, conn, how == NV_UNDER_RTNL);
	return ERR_PTR(ret);
}

static void nv_close_channels(struct nv_conn *conn)
{
	bool was_open = conn->queue[0] && conn->queue[0]->opened;
	u32 i;

	spin_lock_bh(&conn->sub_lock);
	conn->sub_accept = false;
	spin_unlock_bh(&conn->sub_lock);
	vmbus_set_sc_create_callback(conn->chan, NULL);
	for (i = 0; i < conn->nalloc; i++)
		if (conn->queue[i])
			nv_queue_stop(conn->queue[i]);
	/* The order of memory lists and channel changed with VMBus 4.0. */
	if (vmbus_proto_version < VERSION_WIN10)
		nv_bufs_unmap(conn);
	if (was_open)
		vmbus_close(conn->chan);	/* its sub-channels first */
	nv_bufs_unmap(conn);
}

/**
 * nv_detach - undo nv_attach(), as far as that came
 * @nv: the device
 * @conn: a connection nobody uses any more
 * @rtnl: the caller has RTNL
 *
 * Context: nv->lock; may sleep, for a limited time.
 */
void nv_detach(struct nv *nv, struct nv_conn *conn, bool rtnl)
{
	u32 i;

	conn->rtnl = rtnl;
	WRITE_ONCE(conn->dead, true);
	/* who has it by nv_conn_get() sees that and ends; no request begins after that */
	mutex_lock(&conn->request_lock);
	mutex_unlock(&conn->request_lock);
	nv_vf_disconnected(nv);		/* frames take no path that the host forgets now */
	if (conn->queue[0] && conn->queue[0]->opened && conn->host.nvsp) {
		nv_rndis_halt(conn);
		nv_bufs_revoke(conn);
	}
	nv_close_channels(conn);
	nv_vf_disconnected(nv);		/* again: until then, the host may have said something */
	set_per_channel_state(conn->chan, NULL);
	nv_conn_lock(conn);
	for (i = 0; i < conn->nalloc; i++)
		nv_queue_free(conn->queue[i]);
	nv_orphans_free(nv);
	nv_conn_unlock(conn);
	nv_rndis_free(conn);
	nv_bufs_free(conn);
	nv_conn_put(conn);
}
