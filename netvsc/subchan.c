// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sub-channels: asked for once, opened as they are offered, waited for during
 * a limited time.  The connection runs with those that came.
 */
#include <linux/wait_bit.h>
#include "netvsc.h"

/* The queue for a new sub-channel, or NULL when none is wanted any more. */
static struct nv_queue *nv_sub_take(struct nv_conn *conn)
{
	struct nv_queue *q = NULL;

	spin_lock_bh(&conn->sub_lock);
	if (conn->sub_accept && conn->subs_seen < conn->sub_granted) {
		q = conn->queue[1 + conn->subs_seen++];
		q->opening = true;
	}
	spin_unlock_bh(&conn->sub_lock);
	return q;
}

/* Opened, or not; if nobody waited that long it goes again. */
static void nv_sub_done(struct nv_conn *conn, struct nv_queue *q)
{
	bool abandoned;

	spin_lock_bh(&conn->sub_lock);
	q->opening = false;
	abandoned = q->abandoned;
	if (!abandoned)
		conn->nqueues++;	/* arrived, whether usable or not */
	spin_unlock_bh(&conn->sub_lock);
	wake_up(&conn->sub_wait);
	if (abandoned) {
		if (q->opened) {
			nv_queue_stop(q);
			vmbus_close(q->chan);
		}
		nv_queue_orphan(q);
	}
}

/*
 * The connection for a sub-channel that is offered, which may come so late that it is on its way
 * out, or NULL.  Its device waits for nv_opener_leave().
 */
static struct nv_conn *nv_opener_enter(struct vmbus_channel *chan)
{
	struct nv_conn *conn;

	rcu_read_lock();	/* until it is counted: nv_openers_wait() comes after */
	conn = READ_ONCE(chan->primary_channel->per_channel_state);
	if (conn && !kref_get_unless_zero(&conn->ref))
		conn = NULL;
	if (conn)
		atomic_inc(&conn->nv->openers);
	rcu_read_unlock();
	return conn;
}

static void nv_opener_leave(struct nv_conn *conn)
{
	struct nv *nv = conn->nv;

	nv_conn_put(conn);
	if (atomic_dec_and_test(&nv->openers))
		wake_up_var(&nv->openers);	/* by its address alone: it may be gone */
}

/**
 * nv_openers_wait - wait for those who open a sub-channel, which nobody may want any more
 * @nv: the device, about to be freed
 *
 * Our bus has waited for them; the kernel's own does not.
 * Context: may sleep; RCU was waited for since the last connection was undone.
 */
void nv_openers_wait(struct nv *nv)
{
	wait_var_event(&nv->openers, !atomic_read(&nv->openers));
}

/**
 * nv_subchannel_offered - the bus has a new sub-channel of ours
 * @chan: it
 *
 * Context: may sleep.
 */
void nv_subchannel_offered(struct vmbus_channel *chan)
{
	struct nv_conn *conn = nv_opener_enter(chan);
	struct nv_queue *q;

	if (!conn)
		return;
	q = nv_sub_take(conn);
	if (q) {		/* else too late, or one too many */
		if (nv_queue_open(q, chan))
			netdev_err(conn->nv->ndev, "cannot open sub-channel %u\n",
				   chan->offermsg.offer.sub_channel_index);
		nv_sub_done(conn, q);
	}
	nv_opener_leave(conn);
}

static int nv_sub_request(struct nv_conn *conn, u32 count)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_SUBCHANNEL) };
	int ret;

	m.subchannel.op = cpu_to_le32(HV_NVSP_SUBCHANNEL_ALLOCATE);
	m.subchannel.count = cpu_to_le32(count);
	ret = nv_nvsp_request(conn, &m, HV_NVSP_SUBCHANNEL, HV_NVSP_LEN(subchannel_reply));
	if (ret < 0)
		return ret;
	if (le32_to_cpu(m.subchannel_reply.status) != HV_NVSP_STATUS_OK)
		return -EIO;
	return min(le32_to_cpu(m.subchannel_reply.count), count);
}

/* True when somebody still opens it: that one frees it. */
static bool nv_sub_abandon(struct nv_conn *conn, struct nv_queue *q)
{
	spin_lock_bh(&conn->sub_lock);
	q->abandoned = q->opening;
	spin_unlock_bh(&conn->sub_lock);
	return q->abandoned;
}

/* Usable queues to the front; the rest is freed.  Nobody else looks here now. */
static void nv_sub_compact(struct nv_conn *conn)
{
	u32 i, n = 1;

	nv_conn_lock(conn);
	for (i = 1; i < conn->nalloc; i++) {
		struct nv_queue *q = conn->queue[i];

		conn->queue[i] = NULL;
		if (nv_sub_abandon(conn, q))
			continue;
		if (q->opened) {
			nv_queue_move(q, n);
			conn->queue[n++] = q;
		} else {
			nv_queue_free(q);
		}
	}
	nv_conn_unlock(conn);
	conn->nalloc = n;
	WRITE_ONCE(conn->nqueues, n);
}

static void nv_sub_wait(struct nv_conn *conn, u32 granted)
{
	unsigned int limit = nv_wait_limit(conn);
	long left = wait_event_timeout(conn->sub_wait,
				       READ_ONCE(conn->nqueues) > granted ||
				       conn->chan->rescind,
				       msecs_to_jiffies(limit));
	u32 taken;

	spin_lock_bh(&conn->sub_lock);
	conn->sub_accept = false;	/* from here on offers come too late */
	taken = conn->subs_seen;
	spin_unlock_bh(&conn->sub_lock);
	if (!left)
		nv_bad(conn->nv, NV_BAD_TIMEOUT, "%u of %u sub-channels came within %u ms",
		       taken, granted, limit);
}

/* Up to @count sub-channels are welcome from now on. */
static void nv_sub_accept(struct nv_conn *conn, u32 count)
{
	spin_lock_bh(&conn->sub_lock);
	conn->sub_granted = count;
	conn->sub_accept = count;
	spin_unlock_bh(&conn->sub_lock);
}

/**
 * nv_subchannels - get the connection as many queues as the host has
 * @conn: a connection whose primary queue works
 *
 * Queues 1.. of the connection were allocated before, as many as wanted.
 * Context: may sleep, for a limited time.
 */
void nv_subchannels(struct nv_conn *conn)
{
	u32 want = conn->nalloc - 1;
	int granted = 0;

	conn->nqueues = 1;
	nv_sub_accept(conn, want);
	/* first the callback: an offer may come before the answer */
	vmbus_set_sc_create_callback(conn->chan, nv_subchannel_offered);
	if (want)
		granted = nv_sub_request(conn, want);
	nv_sub_accept(conn, max(granted, 0));
	if (granted > 0)
		nv_sub_wait(conn, granted);
	nv_sub_compact(conn);
	nv_send_table_map(conn);
}
