// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a queue's NAPI does for sending: takes completions and wakes the stack.
 */
#include "netvsc.h"
#include "tx_slot.h"

/* The host is done with what is in a slot that we hold. */
static void nv_slot_done(struct nv_queue *q, u32 slot)
{
	struct nv_slot *s = &q->tx.slot[slot];

	nv_slot_data_free(s, q->budget);
	nv_owner_release(&s->owner);
	nv_free_put(slot < q->tx.sections ? &q->tx.with : &q->tx.without, slot);
}

/*
 * A program's frame goes back to its page pool, whose locks are for softirqs: netpoll, whose
 * interrupts are off and which may have interrupted their holder, leaves that to a real poll.
 */
static void nv_slot_later(struct nv_queue *q, u32 slot)
{
	q->tx.slot[slot].later = q->tx.later;
	q->tx.later = slot + 1;
	napi_schedule(&q->napi);
}

/**
 * nv_tx_later - give back the frames whose completions netpoll has read
 * @q: the queue
 *
 * Context: NAPI of the queue with a budget, or while it rests.
 */
void nv_tx_later(struct nv_queue *q)
{
	u32 slot = q->tx.later;

	q->tx.later = 0;
	while (slot--) {
		u32 next = q->tx.slot[slot].later;

		nv_slot_done(q, slot);
		slot = next;
	}
}

/**
 * nv_tx_completion - the host is done with a request
 * @q: queue that it came on
 * @id: its transaction id
 * @body: private copy of the answer
 * @len: its length
 *
 * Context: NAPI of the queue.
 */
void nv_tx_completion(struct nv_queue *q, u64 id, const void *body, u32 len)
{
	u32 slot = NV_ID_SLOT(id);
	/* pairs with the release in nv_tx_init(): what it counts is there */
	u32 slots = smp_load_acquire(&q->tx.slots);
	struct nv_slot *s = slot < slots ? &q->tx.slot[slot] : NULL;

	if (!s || !nv_slot_take(s, id)) {
		nv_bad(q->conn->nv, NV_BAD_COMPLETION,
		       "completion %#llx of no packet (channel %u)", id,
		       q->chan->offermsg.child_relid);
		return;
	}
	if (len >= HV_NVSP_LEN(rndis_done) &&
	    le32_to_cpu(((const struct hv_nvsp *)body)->rndis_done.status) != HV_NVSP_STATUS_OK)
		nv_count_tx(q, refused);
	q->bql_packets += s->packets;
	q->bql_bytes += s->bytes;
	if (unlikely(!q->budget && s->xdp && s->data))
		nv_slot_later(q, slot);
	else
		nv_slot_done(q, slot);
}

/*
 * Does @fn, which sends nothing, under the transmit lock.  Netpoll may have interrupted
 * whoever has that.
 */
static void nv_tx_locked(struct nv_queue *q, struct netdev_queue *txq,
			 void (*fn)(struct nv_queue *q, struct netdev_queue *txq))
{
	if (q->budget) {
		__netif_tx_lock(txq, smp_processor_id());
		fn(q, txq);
		__netif_tx_unlock(txq);
	} else if (hv_spin_trylock(&txq->_xmit_lock)) {
		fn(q, txq);
		spin_unlock(&txq->_xmit_lock);
	}
}

/* Whether the stack may send by this connection. */
bool nv_tx_usable(const struct nv_queue *q)
{
	const struct nv *nv = q->conn->nv;

	return netif_running(nv->ndev) && netif_device_present(nv->ndev) &&
	       rcu_access_pointer(nv->conn) == q->conn;
}

/* There is room again. */
static void nv_tx_go_on(struct nv_queue *q, struct netdev_queue *txq)
{
	if (q->tx.train.open)
		nv_tx_flush(q, txq);
	if (!q->tx.train.open)
		q->tx.blocked = false;
	if (q->tx.blocked || !nv_tx_usable(q) || !netif_tx_queue_stopped(txq))
		return;
	set_channel_pending_send_size(q->chan, 0);
	nv_count_tx(q, wake);
	netif_tx_wake_queue(txq);
}

/*
 * There is no room yet.  Receive completions that wait for room, too, may have asked for less in
 * the moment in which the queue asked: nv_done_flush() looks at that without the lock.
 */
static void nv_tx_ask_again(struct nv_queue *q, struct netdev_queue *txq)
{
	u32 room = nv_high_room(&q->chan->outbound);

	if ((q->tx.blocked || netif_tx_queue_stopped(txq)) &&
	    READ_ONCE(q->chan->outbound.ring_buffer->pending_send_sz) < room)
		set_channel_pending_send_size(q->chan, room);
}

/* Gives byte queue limits what this poll has completed; none of a channel that is gone. */
static void nv_tx_completed(struct nv_queue *q, struct netdev_queue *txq)
{
	if (unlikely(atomic_read(&q->tx.unsent)))
		q->bql_bytes += atomic_xchg(&q->tx.unsent, 0);
	if (q->bql_bytes && !READ_ONCE(q->dead))
		netdev_tx_completed_queue(txq, q->bql_packets, q->bql_bytes);
	q->bql_packets = 0;
	q->bql_bytes = 0;
}

/* At the end of each poll: goes on with what had to wait. */
void nv_tx_poll(struct nv_queue *q)
{
	struct netdev_queue *txq = netdev_get_tx_queue(q->conn->nv->ndev, q->index);
	const struct hv_ring_buffer_info *ring = &q->chan->outbound;

	if (unlikely(q->tx.later) && q->budget)
		nv_tx_later(q);
	nv_tx_completed(q, txq);
	if (READ_ONCE(q->dead))
		return;
	if (!READ_ONCE(q->tx.blocked) && !netif_tx_queue_stopped(txq))
		return;
	if (hv_get_bytes_to_write(ring) >= nv_high_room(ring) &&
	    nv_free_count(&q->tx.without) > NV_LOW_SLOTS) {
		nv_tx_locked(q, txq, nv_tx_go_on);
	} else if (READ_ONCE(q->tx.blocked) || nv_tx_usable(q)) {
		nv_tx_locked(q, txq, nv_tx_ask_again);
		/* and again: a host may show that it has read only after it has signalled */
		mod_delayed_work(system_wq, &q->retry, msecs_to_jiffies(NV_AGAIN_MS));
	}
}
