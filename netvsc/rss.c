// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the host spreads what we receive: key and table.  And changes that the user makes under
 * RTNL, which waits for the host for a moment only: what it took of them is not known then, so
 * that a work item tells it what holds.
 */
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "netvsc.h"

/* Hosts want it off before it changes. */
struct nv_rss_words {
	u32 off_len, on_len;
	u8 off[1536], on[1536];		/* nv_rss_params() with NV_RSS_ENTRIES */
};

/**
 * nv_rss_default - spread over all queues
 * @nv: the device
 * @queues: how many there are
 * @entries: of the table
 */
void nv_rss_default(struct nv *nv, u32 queues, u32 entries)
{
	u32 i;

	nv->rss_entries = entries;
	for (i = 0; i < entries; i++)
		nv->rss_table[i] = i % queues;
}

/* Context: RTNL, or a connection that nobody else has yet. */
static void nv_rss_words(const struct nv_conn *conn, struct nv_rss_words *w)
{
	const struct nv *nv = conn->nv;
	u32 i, n = nv->rss_entries;
	u32 table[NV_RSS_ENTRIES];

	for (i = 0; i < n; i++)		/* queue number to the host's number */
		table[i] = conn->queue[nv->rss_table[i] % conn->nqueues]->sub;
	w->off_len = nv_rss_params(w->off, nv->rss_key, table, n, nv->hash, false);
	w->on_len = nv_rss_params(w->on, nv->rss_key, table, n, nv->hash, true);
}

static int nv_rss_send(struct nv_conn *conn, const struct nv_rss_words *w)
{
	int ret = nv_rndis_set(conn, HV_OID_RSS_PARAMS, w->off, w->off_len);

	return ret ? ret : nv_rndis_set(conn, HV_OID_RSS_PARAMS, w->on, w->on_len);
}

/**
 * nv_rss_apply - give the host key and table
 * @conn: the connection
 *
 * Context: RTNL, or a connection that nobody else has yet; may sleep, for a limited time.
 * Return: 0 or a negative error; then it may be off at the host.
 */
int nv_rss_apply(struct nv_conn *conn)
{
	struct nv_rss_words *w;
	int ret;

	if (conn->nqueues < 2 || !conn->nv->rss_entries)
		return 0;
	w = kmalloc(sizeof(*w), GFP_KERNEL);
	if (!w)
		return -ENOMEM;
	nv_rss_words(conn, w);
	ret = nv_rss_send(conn, w);
	kfree(w);
	return ret;
}

/* ---- told again ---- */

/**
 * nv_tell_again - the host may not have what holds
 * @conn: the published connection
 * @late: rss_late or mac_late of it
 *
 * Context: RTNL.
 */
void nv_tell_again(struct nv_conn *conn, bool *late)
{
	ASSERT_RTNL();
	WRITE_ONCE(*late, true);
	nv_offload_soon(conn->nv, 0);
}

/*
 * With RTNL, if @late was set: the caller writes down what it says, lets go of RTNL, says it
 * and ends with nv_late_end().
 */
static bool nv_late_begin(struct nv_conn *conn, bool *late, u32 *changes)
{
	if (!READ_ONCE(*late))
		return false;
	rtnl_lock();
	if (nv_conn_rtnl(conn->nv) == conn) {
		WRITE_ONCE(*late, false);
		*changes = conn->nv->changes;
		return true;
	}
	rtnl_unlock();
	return false;
}

/* A change came between what was said and now: what was said may have overtaken it. */
static void nv_late_end(struct nv_conn *conn, bool *late, u32 changes, int error)
{
	bool changed = READ_ONCE(conn->nv->changes) != changes;

	if (!changed && !nv_again(error))
		return;
	WRITE_ONCE(*late, true);
	nv_offload_soon(conn->nv, changed ? 0 : NV_AGAIN_LATER_MS);
}

static void nv_rss_late(struct nv_conn *conn)
{
	struct nv_rss_words *w = kmalloc(sizeof(*w), GFP_KERNEL);
	int ret = -ENOMEM;
	u32 changes;

	if (!nv_late_begin(conn, &conn->rss_late, &changes))
		goto free;
	if (w && conn->nqueues > 1 && conn->nv->rss_entries)
		nv_rss_words(conn, w);
	else if (w)
		ret = 0;		/* there is nothing to spread */
	rtnl_unlock();
	if (w && ret)
		ret = nv_rss_send(conn, w);
	if (ret == -EIO)
		netdev_err(conn->nv->ndev, "the host refuses to spread what we receive\n");
	nv_late_end(conn, &conn->rss_late, changes, ret);
free:
	kfree(w);
}

static void nv_mac_late(struct nv_conn *conn)
{
	struct nv *nv = conn->nv;
	u32 changes, len;
	u8 buf[128];

	if (!nv_late_begin(conn, &conn->mac_late, &changes))
		return;
	len = nv_mac_config(buf, nv->ndev->dev_addr);
	rtnl_unlock();
	nv_late_end(conn, &conn->mac_late, changes,
		    nv_rndis_set(conn, HV_OID_CONFIG, buf, len));
}

/**
 * nv_late_tell - tell the host what it may not have
 * @conn: the connection, from the work
 *
 * Context: may sleep, for a limited time; without RTNL.
 */
void nv_late_tell(struct nv_conn *conn)
{
	if (READ_ONCE(conn->rss_late))
		nv_rss_late(conn);
	nv_mac_late(conn);
}
