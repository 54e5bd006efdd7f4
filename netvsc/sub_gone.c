// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sub-channel that the host takes back under a connection that goes on with the others.
 *
 * The rescind does not say that the host is through with what was sent there: only the answer to
 * the teardown of the ring does, for which vmbus_close() waits.  A host need not give that for a
 * channel which it took back (the kernel's vmbus_teardown_gpadl() takes the rescind for it), so our
 * bus does not wait for ever, and then nothing is the host's any more.  The kernel's own bus closes
 * sub-channels with their primary only, and tells nobody of their rescinds.
 *
 *   callback, any    dead: nothing more is sent there, tx_pick.c passes the queue by
 *   NAPI             reads the ring until it is empty: completions of what is through
 *   work             NAPI rests, what waits to be sent is dropped
 *                    the channel is closed; its memory may be gone from here on
 *                    what the host had and did not complete is freed, and counted
 */
#include "netvsc.h"
#include "tx_slot.h"

/**
 * nv_queue_dead - the channel of a queue is gone; the others go on
 * @q: a queue of a published connection
 *
 * Context: any; nv_queue_stop() waits for what begins here.
 */
void nv_queue_dead(struct nv_queue *q)
{
	/* pairs with nv_poll(): what the host had written by now is read after this */
	smp_store_release(&q->dead, true);
	mod_delayed_work(system_wq, &q->retry, 0);
	queue_work(system_unbound_wq, &q->gone_work);
}

/* Whoever saw a living queue has sent by now; byte queue limits forget what is there. */
static void nv_gone_unsent(struct nv_queue *q, struct netdev_queue *txq)
{
	__netif_tx_lock_bh(txq);
	if (q->tx.train.open)
		nv_owner_release(&q->tx.slot[q->tx.train.slot].owner);
	q->tx.train.open = false;
	q->tx.blocked = false;
	netdev_tx_reset_queue(txq);
	if (nv_tx_usable(q)) {
		netif_tx_start_queue(txq);
		netif_schedule_queue(txq);	/* those limits may have been all that stopped it */
	}
	__netif_tx_unlock_bh(txq);
}

static void nv_gone_sent(struct nv_queue *q, struct netdev_queue *txq)
{
	u32 packets;

	__netif_tx_lock_bh(txq);
	packets = nv_tx_abandon(q);
	u64_stats_update_begin(&q->tx_stats->sync);
	u64_stats_add(&q->tx_stats->abandoned, packets);
	u64_stats_update_end(&q->tx_stats->sync);
	__netif_tx_unlock_bh(txq);
}

/* Work, queued by nv_queue_dead(); no RTNL, as nv_queue_stop() may have it. */
void nv_queue_gone(struct work_struct *work)
{
	struct nv_queue *q = container_of(work, struct nv_queue, gone_work);
	struct netdev_queue *txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
	struct vmbus_channel *chan = q->chan;

	if (!q->opened)
		return;
	/* limited: a host may go on writing there */
	wait_for_completion_timeout(&q->drained, msecs_to_jiffies(NV_DRAIN_MS));
	nv_queue_quiet(q);
	q->opened = false;
	nv_gone_unsent(q, txq);
	WRITE_ONCE(q->chan, NULL);
	synchronize_net();	/* those who look at rings and processors */
	vmbus_close(chan);
	nv_gone_sent(q, txq);
}
