// SPDX-License-Identifier: GPL-2.0-only
/*
 * A queue: one channel with its NAPI, both directions.  The order of building
 * is alloc, open; of taking down: stop, (the channel closes), free.
 */
#include <linux/filter.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include "netvsc.h"

static struct page_pool *nv_pool_make(struct nv_queue *q, unsigned int flags)
{
	struct page_pool_params p = {
		.flags = flags,
		.pool_size = 256,
		.nid = NUMA_NO_NODE,
		.dev = &q->conn->nv->hdev->device,
#ifdef HV_HAVE_POOL_NAPI
		.napi = &q->napi,
#endif
		.dma_dir = DMA_BIDIRECTIONAL,
	};
	struct page_pool *pool = page_pool_create(&p);

	return IS_ERR(pool) ? NULL : pool;
}

static int nv_pools_make(struct nv_queue *q)
{
	struct nv_rx *rx = &q->rx;
	int ret;

	rx->pool = nv_pool_make(q, 0);
	rx->heads = nv_pool_make(q, PP_FLAG_PAGE_FRAG);
	if (!rx->pool || !rx->heads)
		return -ENOMEM;
	ret = __xdp_rxq_info_reg(&rx->xdp_rxq, q->conn->nv->ndev, q->index,
				 q->napi.napi_id, PAGE_SIZE);
	if (ret)
		return ret;
	rx->xdp_registered = true;
	return xdp_rxq_info_reg_mem_model(&rx->xdp_rxq, MEM_TYPE_PAGE_POOL, rx->pool);
}

static void nv_queue_number(struct nv_queue *q, u32 index)
{
	q->index = index;
	q->rx_stats = &q->conn->nv->rx_stats[index];
	q->tx_stats = &q->conn->nv->tx_stats[index];
}

/**
 * nv_queue_alloc - a queue without a channel
 * @conn: connection
 * @index: its number
 *
 * Context: RTNL, under which NAPIs come and go.  Return: the queue, or NULL.
 */
struct nv_queue *nv_queue_alloc(struct nv_conn *conn, u32 index)
{
	struct nv_queue *q;

	ASSERT_RTNL();
	q = kvzalloc(sizeof(*q), GFP_KERNEL);
	if (!q)
		return NULL;
	q->conn = conn;
	nv_queue_number(q, index);
	INIT_DELAYED_WORK(&q->retry, nv_retry);
	INIT_WORK(&q->gone_work, nv_queue_gone);
	init_completion(&q->drained);
	netif_napi_add(conn->nv->ndev, &q->napi, nv_poll);
	if (!nv_rx_init(q) && !nv_pools_make(q))
		return q;
	nv_queue_free(q);
	return NULL;
}

/*
 * The bus tells of a sub-channel that the host takes back.  A queue of a published
 * connection stays while RCU is read; nv_publish() looks at those of the next one.
 */
static void nv_sub_rescinded(struct vmbus_channel *chan)
{
	struct nv_conn *conn = NULL;
	struct nv *nv;
	u32 i;

	/* chan->rescind is set: pairs with the barrier in nv_publish() */
	smp_mb();
	rcu_read_lock();
	nv = hv_get_drvdata(chan->primary_channel->device_obj);
	if (nv)
		conn = rcu_dereference(nv->conn);
	for (i = 1; conn && i < conn->nqueues; i++) {
		if (READ_ONCE(conn->queue[i]->chan) != chan)
			continue;
		if (net_ratelimit())
			netdev_warn(nv->ndev, "the host has taken queue %u back\n", i);
		nv_queue_dead(conn->queue[i]);
	}
	rcu_read_unlock();
}

/* No poll runs any more, and none starts; the last one may have set the timer again. */
void nv_queue_quiet(struct nv_queue *q)
{
	cancel_delayed_work_sync(&q->retry);
	napi_disable(&q->napi);
	cancel_delayed_work_sync(&q->retry);
}

/**
 * nv_queue_open - open the channel of a queue and start its NAPI
 * @q: the queue
 * @chan: a channel nobody opened yet
 *
 * A host may send before it says whether the channel is open.  That is read once it is: of
 * one that does not open the ring is gone when the bus returns, and no NAPI may look at it.
 *
 * Context: may sleep, for as long as the bus waits for the host.
 * Return: 0 or a negative error; then the queue has no channel.
 */
int nv_queue_open(struct nv_queue *q, struct vmbus_channel *chan)
{
	u32 bytes = nv_ring_pages * PAGE_SIZE;
	int ret;

	q->chan = chan;
	q->sub = chan->offermsg.offer.sub_channel_index;
	chan->rqstor_size = 0;
	chan->next_request_id_callback = NULL;
	chan->request_addr_callback = NULL;
	chan->max_pkt_size = NV_PACKET_MAX;
	set_channel_read_mode(chan, HV_CALL_ISR);
	if (chan->primary_channel)
		vmbus_set_chn_rescind_callback(chan, nv_sub_rescinded);
	ret = vmbus_open(chan, bytes, bytes, NULL, 0, nv_channel_event, q);
	if (ret) {
		q->chan = NULL;
		return ret;
	}
	q->opened = true;
	napi_enable(&q->napi);
	nv_look(q);
	return 0;
}

/* No poll runs any more, and none starts.  Nobody finds the queue any more, or has yet. */
void nv_queue_stop(struct nv_queue *q)
{
	cancel_work_sync(&q->gone_work);
	cancel_delayed_work_sync(&q->retry);
	if (!q->opened)
		return;
	nv_queue_quiet(q);
	q->opened = false;
}

/**
 * nv_queue_move - give an open queue another number
 * @q: a queue of a connection that the stack does not have yet
 * @index: the number
 *
 * Its NAPI counts by that number, so it rests meanwhile, and looks for what it missed.
 *
 * Context: RTNL; may sleep.
 */
void nv_queue_move(struct nv_queue *q, u32 index)
{
	if (q->index == index)
		return;
	nv_queue_quiet(q);
	nv_queue_number(q, index);
	q->rx.xdp_rxq.queue_index = index;
	napi_enable(&q->napi);
	nv_look(q);
}

/* The channel is closed.  Context: RTNL. */
void nv_queue_free(struct nv_queue *q)
{
	ASSERT_RTNL();
	if (!q)
		return;
	netif_napi_del(&q->napi);
	nv_tx_free(q);
	if (q->rx.xdp_registered)
		xdp_rxq_info_unreg(&q->rx.xdp_rxq);
	if (q->rx.pool)
		page_pool_destroy(q->rx.pool);
	if (q->rx.heads)
		page_pool_destroy(q->rx.heads);
	nv_rx_free(q);
	kvfree(q);
}

/* Its channel, which came too late, is closed again; whoever has RTNL next frees it. */
void nv_queue_orphan(struct nv_queue *q)
{
	llist_add(&q->orphan, &q->conn->nv->orphans);
}

/* Context: RTNL. */
void nv_orphans_free(struct nv *nv)
{
	struct nv_queue *q, *next;

	ASSERT_RTNL();
	llist_for_each_entry_safe(q, next, llist_del_all(&nv->orphans), orphan)
		nv_queue_free(q);
}
