// SPDX-License-Identifier: GPL-2.0-only
/*
 * The request ids of a channel as its driver sees them: reqid.c's table under
 * the lock of the public struct vmbus_requestor.
 */
#include <linux/mm.h>
#include <linux/overflow.h>
#include "vmbus_priv.h"

static struct vmbus_chan *requestor_chan(struct vmbus_requestor *rq)
{
	return container_of(rq, struct vmbus_chan, ch.requestor);
}

/**
 * reqid_init - set up the request ids of a channel about to be opened
 * @rq: the channel's requestor
 * @size: requests in flight at most; 0 if the driver numbers them itself
 *
 * Context: process.
 * Return: 0 or -ENOMEM.
 */
int reqid_init(struct vmbus_requestor *rq, u32 size)
{
	struct chan_io *io = &requestor_chan(rq)->io;
	size_t bytes;
	u64 *value;

	io->ids = (struct reqid_table){};
	if (size) {
		if (check_mul_overflow(size, sizeof(u64) + sizeof(u16), &bytes))
			return -ENOMEM;
		value = kvmalloc(bytes, GFP_KERNEL);
		if (!value)
			return -ENOMEM;
		reqid_reset(&io->ids, value, (u16 *)(value + size), size);
		io->ids_memory = value;
	}
	rq->size = size;
	return 0;
}

/**
 * reqid_free - release the request ids of a channel that was closed
 * @rq: the channel's requestor
 */
void reqid_free(struct vmbus_requestor *rq)
{
	struct chan_io *io = &requestor_chan(rq)->io;
	unsigned long flags;

	/* A driver may still ask for an id; from now on it gets an error. */
	spin_lock_irqsave(&rq->req_lock, flags);
	io->ids.size = 0;
	rq->size = 0;
	spin_unlock_irqrestore(&rq->req_lock, flags);
	kvfree(io->ids_memory);
	io->ids_memory = NULL;
}

/**
 * vmbus_next_request_id - exchange a value for an id to give to the host
 * @channel: the channel that the request goes out on
 * @rqst_addr: what vmbus_request_addr() shall return when the id comes back
 *
 * For use as vmbus_channel.next_request_id_callback.
 *
 * Context: any.
 * Return: the id; VMBUS_NO_RQSTOR if the channel has no ids (its rqstor_size
 * is 0), VMBUS_RQST_ERROR if all are in use.
 */
u64 vmbus_next_request_id(struct vmbus_channel *channel, u64 rqst_addr)
{
	struct reqid_table *ids = &to_chan(channel)->io.ids;
	unsigned long flags;
	u64 id;

	if (!channel->rqstor_size)
		return VMBUS_NO_RQSTOR;
	spin_lock_irqsave(&channel->requestor.req_lock, flags);
	id = reqid_get(ids, rqst_addr);
	spin_unlock_irqrestore(&channel->requestor.req_lock, flags);
	return id == REQID_NONE ? VMBUS_RQST_ERROR : id;
}

/**
 * __vmbus_request_addr_match - look up an id and retire it if it is the one
 * @channel: the channel that the answer came on
 * @trans_id: the id, as the host returned it
 * @rqst_addr: retire the id only if it stands for this value;
 *	VMBUS_RQST_ADDR_ANY retires it in any case
 *
 * Context: any; the caller holds the requestor's lock (lock_requestor()).
 * Return: the value that the id stands for; VMBUS_NO_RQSTOR if the channel
 * has no ids, VMBUS_RQST_ERROR if no request in flight has this one.
 */
u64 __vmbus_request_addr_match(struct vmbus_channel *channel, u64 trans_id,
			       u64 rqst_addr)
{
	struct reqid_table *ids = &to_chan(channel)->io.ids;
	u64 value;

	if (!channel->rqstor_size)
		return VMBUS_NO_RQSTOR;
	lockdep_assert_held(&channel->requestor.req_lock);
	if (reqid_peek(ids, trans_id, &value)) {
		chan_count(channel, VERR_REQUEST_ID);
		return VMBUS_RQST_ERROR;
	}
	if (rqst_addr == VMBUS_RQST_ADDR_ANY || rqst_addr == value)
		reqid_put(ids, trans_id, &value);
	return value;
}

/**
 * vmbus_request_addr_match - __vmbus_request_addr_match() with the lock taken
 * @channel: the channel that the answer came on
 * @trans_id: the id, as the host returned it
 * @rqst_addr: see __vmbus_request_addr_match()
 *
 * Context: any.
 * Return: see __vmbus_request_addr_match().
 */
u64 vmbus_request_addr_match(struct vmbus_channel *channel, u64 trans_id,
			     u64 rqst_addr)
{
	unsigned long flags;
	u64 value;

	if (!channel->rqstor_size)
		return VMBUS_NO_RQSTOR;
	spin_lock_irqsave(&channel->requestor.req_lock, flags);
	value = __vmbus_request_addr_match(channel, trans_id, rqst_addr);
	spin_unlock_irqrestore(&channel->requestor.req_lock, flags);
	return value;
}

/**
 * vmbus_request_addr - exchange an id that came back for what it stands for
 * @channel: the channel that the answer came on
 * @trans_id: the id, as the host returned it
 *
 * For use as vmbus_channel.request_addr_callback. Retires the id.
 *
 * Context: any.
 * Return: see __vmbus_request_addr_match().
 */
u64 vmbus_request_addr(struct vmbus_channel *channel, u64 trans_id)
{
	return vmbus_request_addr_match(channel, trans_id, VMBUS_RQST_ADDR_ANY);
}
