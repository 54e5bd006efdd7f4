// SPDX-License-Identifier: GPL-2.0-only
/*
 * When connections are built and given up: on a change of settings, when the host has
 * lost its state, after a sleep, and again and again while there is none.
 *
 * nv->lock is held throughout, life.c says what may follow what.  RTNL is taken inside
 * of it, to give the stack a connection and to take it away; it is free while one is undone
 * and built, which is what the host may take long for.  A change of settings comes with RTNL
 * held and tries the lock; one of ethtool's lets go of RTNL meanwhile.
 *
 * So that one with RTNL may wait for the lock: who has it does not take RTNL while life is UP.
 */
#include <linux/delay.h>
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include "netvsc.h"

/* One turn of the connection's life.  Return: 0, or why it is refused. */
int nv_turn(struct nv *nv, enum nv_turn turn)
{
	enum nv_life to;
	int ret;

	lockdep_assert_held(&nv->lock);
	ret = nv_life_step(nv->life, turn, &to);
	if (to != nv->life)
		netdev_dbg(nv->ndev, "%s, was %s\n", nv_life_name(to), nv_life_name(nv->life));
	WRITE_ONCE(nv->life, to);
	return ret;
}

/* A turn that begins a connection: from here on there is so much time for all of it. */
int nv_begin(struct nv *nv, enum nv_turn turn)
{
	int ret = nv_turn(nv, turn);

	if (!ret)
		nv->deadline = jiffies + msecs_to_jiffies(NV_BUILD_MS);
	return ret;
}

/* RTNL inside of nv->lock: see nv_lock_under_rtnl() for when that is right. */
void nv_take_rtnl(struct nv *nv)
{
	lockdep_assert_held(&nv->lock);
	WARN_ON_ONCE(nv->life == NV_UP);
	rtnl_lock();
}

/* ---- what the stack sees; under RTNL ---- */

/* Sub-channels that were taken back before their rescind found the connection. */
static void nv_look_for_gone(struct nv_conn *conn)
{
	const struct vmbus_channel *chan;
	u32 i;

	rcu_read_lock();	/* nv_queue_gone() may close a channel meanwhile */
	for (i = 1; i < conn->nqueues; i++) {
		chan = READ_ONCE(conn->queue[i]->chan);
		if (chan && chan->rescind)
			nv_queue_dead(conn->queue[i]);
	}
	rcu_read_unlock();
}

/* From here on the stack and the host's data may use it. */
void nv_publish(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;
	u32 i;

	nv->cfg = conn->cfg;
	netif_set_real_num_tx_queues(ndev, conn->nqueues);
	netif_set_real_num_rx_queues(ndev, conn->nqueues);
	for (i = 0; i < conn->nqueues; i++) {
		netdev_tx_reset_queue(netdev_get_tx_queue(ndev, i));
		hv_queue_napi(ndev, i, &conn->queue[i]->napi);
	}
	rcu_assign_pointer(nv->conn, conn);
	/* pairs with the barrier in nv_sub_rescinded(): one of the two sees the other */
	smp_mb();
	nv_look_for_gone(conn);
	nv_offload_features(nv, conn);
	nv_link_take(nv, &conn->host);
	/* What a host takes shows when it is asked for: hosts name what is configured. */
	ndev->max_mtu = conn->host.nvsp > HV_NVSP_V1 ? NV_MTU_MAX : ETH_DATA_LEN;
}

static struct nv_conn *nv_unpublish(struct nv *nv)
{
	struct nv_conn *conn = nv_conn_rtnl(nv);
	u32 i;

	netif_device_detach(nv->ndev);
	netif_tx_disable(nv->ndev);
	RCU_INIT_POINTER(nv->conn, NULL);
	synchronize_net();
	for (i = 0; conn && i < conn->nqueues; i++)
		hv_queue_napi(nv->ndev, i, NULL);
	return conn;
}

static void nv_republish(struct nv *nv, struct nv_conn *conn)
{
	struct net_device *ndev = nv->ndev;

	nv_publish(nv, conn);
	netdev_update_features(ndev);	/* the host may be another one, with less to offer */
	/* the stack may want something else by now, the host may offer something else */
	nv_offload_soon(nv, 0);
	nv_rx_mode_soon(nv, 0);
	netif_device_attach(ndev);
	/* a host that takes less; the stack refuses this while the device is not present */
	if (conn->cfg.mtu < ndev->mtu && dev_set_mtu(ndev, conn->cfg.mtu))
		netdev_warn(ndev, "the MTU stays %u, the host does not take it\n", ndev->mtu);
	nv_link_show(nv);
	nv_vf_connected(nv);
}

/* ---- building; under nv->lock, behind nv_begin() ---- */

/*
 * Return: 0 or a negative error.  Whoever changes settings goes on with RTNL, which is not let
 * go after the turn to UP: taking it again would be a wait for one who waits for nv->lock.
 */
static int nv_build(struct nv *nv, const struct nv_config *cfg, enum nv_how how)
{
	struct nv_conn *conn = nv_attach(nv, cfg, how);

	if (IS_ERR(conn))
		return PTR_ERR(conn);
	nv->retry_s = 0;
	nv_filter_tell(conn);
	if (how != NV_UNDER_RTNL)
		nv_take_rtnl(nv);
	nv_republish(nv, conn);
	nv_turn(nv, NV_TURN_CONNECTED);		/* who waits for RTNL may use it */
	if (how == NV_AS_IT_GOES)
		rtnl_unlock();
	return 0;
}

/*
 * A try to connect has failed: how long to wait before the next, twice as long as before this
 * one.  Under nv->lock.  Return: seconds.
 */
unsigned int nv_retry_after(struct nv *nv)
{
	nv->retry_s = clamp_t(u32, nv->retry_s * 2, NV_RETRY_MIN_S, NV_RETRY_MAX_S);
	return nv->retry_s;
}

/* Without a connection the device stays, but is not present to the stack. */
static void nv_give_up(struct nv *nv, int error)
{
	unsigned int after;

	nv_turn(nv, NV_TURN_FAILED);
	if (nv->gone || nv->hdev->channel->rescind)
		return;
	after = nv_retry_after(nv);
	netdev_err(nv->ndev, "no connection to the host (%d), trying again in %u s\n",
		   error, after);
	mod_delayed_work(system_wq, &nv->reset_work, after * HZ);
}

/* Takes the connection away from the stack, then undoes it with RTNL free. */
static void nv_drop(struct nv *nv)
{
	struct nv_conn *conn;

	nv_take_rtnl(nv);
	conn = nv_unpublish(nv);
	rtnl_unlock();
	if (conn)
		nv_detach(nv, conn, false);
}

/* The host has lost its state, or a queue does not move. */
static void nv_reset(struct nv *nv)
{
	int ret;

	if (nv_begin(nv, NV_TURN_RESET))
		return;
	WRITE_ONCE(nv->next_reset, jiffies + NV_RESET_EACH);
	atomic64_inc(&nv->resets);
	nv_drop(nv);
	ret = nv_build(nv, &nv->cfg, NV_AS_IT_GOES);
	if (ret)
		nv_give_up(nv, ret);
	else if (net_ratelimit())
		netdev_info(nv->ndev, "connection to the host built anew\n");
}

static void nv_retry_build(struct nv *nv)
{
	int ret;

	if (nv_begin(nv, NV_TURN_RETRY))
		return;
	ret = nv_build(nv, &nv->cfg, NV_AS_IT_GOES);
	if (ret)
		nv_give_up(nv, ret);
	else
		netdev_info(nv->ndev, "connected to the host again\n");
}

/**
 * nv_reset_wanted - this connection is of no use any more
 * @conn: the connection; a newer one is not touched
 *
 * A host may say so again and again: each time costs buffers and RTNL, so that one comes a second
 * after the one before.
 *
 * Context: any.
 */
void nv_reset_wanted(struct nv_conn *conn)
{
	long left = READ_ONCE(conn->nv->next_reset) - jiffies;

	WRITE_ONCE(conn->reset_wanted, true);
	if (!conn->nv->gone)
		mod_delayed_work(system_wq, &conn->nv->reset_work,
				 clamp_t(long, left, 0, NV_RESET_EACH));
}

void nv_reset_work(struct work_struct *work)
{
	struct nv *nv = container_of(to_delayed_work(work), struct nv, reset_work);
	struct nv_conn *conn;

	mutex_lock(&nv->lock);
	conn = rcu_dereference_protected(nv->conn, lockdep_is_held(&nv->lock));
	if (nv->gone)
		;	/* too late */
	else if (nv->life == NV_LOST)
		nv_retry_build(nv);
	else if (conn && READ_ONCE(conn->reset_wanted))
		nv_reset(nv);
	mutex_unlock(&nv->lock);
}

/* To the new settings, or back.  Behind nv_begin() and nv_unpublish(); returns with RTNL. */
static int nv_replace(struct nv *nv, struct nv_conn *conn, const struct nv_config *cfg,
		      enum nv_how how)
{
	struct nv_config old = nv->cfg;
	int ret, back;

	nv_detach(nv, conn, how == NV_UNDER_RTNL);
	ret = nv_build(nv, cfg, how);
	if (!ret)
		return 0;
	back = ret;
	/* a silent host gets no second chance now: somebody waits for this change */
	if (ret != -ETIMEDOUT && !nv->hdev->channel->rescind && memcmp(cfg, &old, sizeof(old))) {
		netdev_err(nv->ndev, "new settings failed (%d), going back\n", ret);
		back = nv_build(nv, &old, how);
	}
	if (!back)
		return ret;
	nv_give_up(nv, back);
	if (how != NV_UNDER_RTNL)
		nv_take_rtnl(nv);
	return ret;
}

/*
 * For who has RTNL, which the lock's holder may wait for; not while there is a connection
 * (nv_take_rtnl()): then the holder has just come or is about to go, and it shows in life if it
 * does begin something.  It may be put off on its processor, which is waited for, not for ever.
 */
static int nv_lock_under_rtnl(struct nv *nv)
{
	unsigned long until = jiffies + msecs_to_jiffies(NV_RTNL_MS);

	while (!mutex_trylock(&nv->lock)) {
		if (READ_ONCE(nv->life) != NV_UP || time_after(jiffies, until)) {
			netdev_info(nv->ndev,
				    "the connection to the host is being built, try again\n");
			return -EBUSY;
		}
		usleep_range(50, 100);
	}
	return 0;
}

/**
 * nv_reconfigure - change settings by a new connection
 * @nv: the device
 * @cfg: new settings; if the host refuses, the old ones come back
 * @how: NV_EXACTLY lets go of RTNL while the host is waited for.  That is for operations that
 *	ethtool alone calls.  Whoever sets the MTU of a device that stands below its own (bond,
 *	team, a group's) relies on RTNL throughout, so for that it is NV_UNDER_RTNL.
 *
 * Context: RTNL; may sleep, for a limited time.  With NV_EXACTLY others have RTNL meanwhile:
 * what was read under it before has to be read again.  Nobody unregisters the device, as
 * nv_remove() waits for nv->lock, and then for RTNL, which the caller has until it is done.
 * Return: 0 or a negative error, -EBUSY when the connection is being built anew; the
 * device works on unless even the old settings failed or the host is silent: then it is
 * tried again from time to time.
 */
int nv_reconfigure(struct nv *nv, const struct nv_config *cfg, enum nv_how how)
{
	struct nv_conn *conn;
	int ret = nv_lock_under_rtnl(nv);

	if (ret)
		return ret;
	ret = nv->gone ? -ENODEV : nv_begin(nv, NV_TURN_CHANGE);
	if (ret)
		goto unlock;
	if (how == NV_UNDER_RTNL)
		nv->deadline = jiffies + msecs_to_jiffies(2 * NV_WAIT_MS);
	conn = nv_unpublish(nv);
	if (how != NV_UNDER_RTNL)
		rtnl_unlock();
	ret = nv_replace(nv, conn, cfg, how);
unlock:
	mutex_unlock(&nv->lock);
	return ret;
}

/* ---- sleep ---- */

/* Nothing builds a connection from here to nv_wake(). */
void nv_sleep(struct nv *nv)
{
	mutex_lock(&nv->lock);
	if (!nv_turn(nv, NV_TURN_SUSPEND))
		nv_drop(nv);
	mutex_unlock(&nv->lock);
}

/* Return: 0 or a negative error; then it is tried again from time to time. */
int nv_wake(struct nv *nv)
{
	int ret;

	mutex_lock(&nv->lock);
	ret = nv_begin(nv, NV_TURN_RESUME);
	if (!ret) {
		ret = nv_build(nv, &nv->cfg, NV_AS_IT_GOES);
		if (ret)
			nv_give_up(nv, ret);
	}
	mutex_unlock(&nv->lock);
	return ret;
}
