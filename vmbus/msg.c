// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to the host, and the one way to wait for an answer.
 *
 * Owns vmbus.req_lock: the list of requests that somebody waits on.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <hv/hv_wire.h>
#include "vmbus_priv.h"

#define POST_TRIES	100
#define POST_FIRST_US	50
#define POST_MAX_US	100000

static void post_pause(struct vmbus *bus, unsigned int us)
{
	if (bus->crashing)
		udelay(min(us, 1000u));
	else
		usleep_range(us, us + us / 2);
}

static bool post_busy(u16 status)
{
	return status == HV_STATUS_INSUFFICIENT_BUFFERS ||
	       status == HV_STATUS_INSUFFICIENT_MEMORY ||
	       status == HV_STATUS_INVALID_CONNECTION_ID;
}

/**
 * vmbus_post() - post a control message
 * @bus: the bus
 * @msg: message with its header
 * @len: its length
 *
 * A host that is busy is asked again, ever more slowly, but not for ever: about 9 s.
 * An unknown port is taken for a port that is not there yet, except when a
 * version is proposed: there it is an answer.
 *
 * Context: may sleep, unless the system crashes.
 * Return: 0; -EOPNOTSUPP if the contact port does not exist; -EAGAIN if the
 * host had no room for too long; -EIO if it refused.
 */
int vmbus_post(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_message_header *hdr = msg;
	u32 conn_id = vmbus_connection.msg_conn_id;
	unsigned int tries, us = POST_FIRST_US;
	u16 status = 0;

	for (tries = 0; tries < POST_TRIES; tries++) {
		status = hv_post_message(conn_id, msg, len);
		if (!status) {
			atomic64_inc(&bus->msgs_out);
			return 0;
		}
		if (status == HV_STATUS_INVALID_CONNECTION_ID && conn_id == HV_CONN_CONTACT &&
		    hdr->msgtype == CHANNELMSG_INITIATE_CONTACT)
			return -EOPNOTSUPP;
		if (!post_busy(status))
			break;
		post_pause(bus, us);
		us = min(us * 2, POST_MAX_US + 0u);
	}
	vmbus_bad(bus, VERR_POST,
		  "message type %u to connection %u: hypervisor status %#x after %u tries",
		  hdr->msgtype, conn_id, status, tries + !post_busy(status));
	return post_busy(status) ? -EAGAIN : -EIO;
}

static bool req_unwanted(const struct vmbus_req *req)
{
	return req->type == CHANNELMSG_OPENCHANNEL_RESULT && req->chan &&
	       sub_unwanted(&req->chan->ch);
}

/**
 * vmbus_req_start() - be ready for an answer, before the question is posted
 * @bus: the bus
 * @req: type, relid, key and chan filled in by the caller
 *
 * Must be followed by vmbus_req_wait() or vmbus_req_cancel().
 */
void vmbus_req_start(struct vmbus *bus, struct vmbus_req *req)
{
	unsigned long flags;

	init_completion(&req->done);
	req->result = -ETIMEDOUT;
	req->reply_len = 0;
	spin_lock_irqsave(&bus->req_lock, flags);
	list_add_tail(&req->entry, &bus->reqs);
	/* A rescind that came first found no request to wake. */
	if (req->chan && chan_leaving(&req->chan->ch)) {
		req->result = -ENODEV;
		complete(&req->done);
	} else if (req_unwanted(req)) {
		req->result = -ECANCELED;
		complete(&req->done);
	}
	spin_unlock_irqrestore(&bus->req_lock, flags);
}

/**
 * vmbus_req_cancel() - stop waiting
 * @bus: the bus
 * @req: started request; not touched by anybody after the return
 */
void vmbus_req_cancel(struct vmbus *bus, struct vmbus_req *req)
{
	unsigned long flags;

	spin_lock_irqsave(&bus->req_lock, flags);
	list_del(&req->entry);
	spin_unlock_irqrestore(&bus->req_lock, flags);
}

/**
 * vmbus_req_wait() - wait for the answer, a rescind, or the end of patience
 * @bus: the bus
 * @req: started request, whose question was posted
 * @timeout: in jiffies
 *
 * Context: may sleep.
 * Return: 0 and the answer in @req->reply; -ETIMEDOUT; -ENODEV if the channel
 * was rescinded; -ECANCELED, see vmbus_req_end_opens(); or what vmbus_req_fail_chan() was told.
 */
int vmbus_req_wait(struct vmbus *bus, struct vmbus_req *req, unsigned long timeout)
{
	might_sleep();
	wait_for_completion_timeout(&req->done, timeout);
	vmbus_req_cancel(bus, req);
	if (req->result == -ETIMEDOUT)
		vmbus_bad(bus, VERR_TIMEOUT,
			  "no answer of type %u from the host in %u ms (relid %u, key %#x)",
			  req->type, jiffies_to_msecs(timeout), req->relid, req->key);
	return req->result;
}

static bool req_matches(const struct vmbus_req *req, u32 type, u32 relid, u32 key)
{
	return req->type == type && req->relid == relid && req->key == key &&
	       req->result == -ETIMEDOUT;
}

/**
 * vmbus_req_answer() - an answer came
 * @bus: the bus
 * @type: of the message
 * @relid: in it, 0 if the type has none
 * @key: in it, 0 if the type has none
 * @msg: the message
 * @len: its length
 *
 * Context: any.
 * Return: false if nobody waits for it.
 */
bool vmbus_req_answer(struct vmbus *bus, u32 type, u32 relid, u32 key, const void *msg, size_t len)
{
	struct vmbus_req *req;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&bus->req_lock, flags);
	list_for_each_entry(req, &bus->reqs, entry) {
		if (!req_matches(req, type, relid, key))
			continue;
		req->reply_len = min(len, sizeof(req->reply));
		memcpy(req->reply, msg, req->reply_len);
		req->result = 0;
		complete(&req->done);
		found = true;
		break;
	}
	spin_unlock_irqrestore(&bus->req_lock, flags);
	return found;
}

/**
 * vmbus_req_end() - no answer is needed any more
 * @bus: the bus
 * @req: started request, whose owner cannot stop waiting at this moment
 * @err: what the owner gets
 *
 * Return: false if it has come, or the wait was over by other means.
 */
bool vmbus_req_end(struct vmbus *bus, struct vmbus_req *req, int err)
{
	unsigned long flags;
	bool open;

	spin_lock_irqsave(&bus->req_lock, flags);
	open = req->result == -ETIMEDOUT;
	if (open) {
		req->result = err;
		complete(&req->done);
	}
	spin_unlock_irqrestore(&bus->req_lock, flags);
	return open;
}

/**
 * vmbus_req_fail_chan() - nothing more will come for this channel
 * @bus: the bus
 * @chan: rescinded channel, or NULL for every request of the connection
 * @err: what the waiters get
 */
void vmbus_req_fail_chan(struct vmbus *bus, struct vmbus_chan *chan, int err)
{
	struct vmbus_req *req;
	unsigned long flags;

	spin_lock_irqsave(&bus->req_lock, flags);
	list_for_each_entry(req, &bus->reqs, entry) {
		if ((chan && req->chan != chan) || req->result != -ETIMEDOUT)
			continue;
		req->result = err;
		complete(&req->done);
	}
	spin_unlock_irqrestore(&bus->req_lock, flags);
}

/**
 * vmbus_req_end_opens() - nobody waits any more for sub-channels that are being opened
 * @bus: the bus
 *
 * A host may take a minute for the answer, or give none.  What begins later finds the mark of the
 * primary channel, CHAN_NO_SUBS or CHAN_LEAVING, which was set before.
 *
 * Context: any.
 */
void vmbus_req_end_opens(struct vmbus *bus)
{
	struct vmbus_req *req;
	unsigned long flags;

	spin_lock_irqsave(&bus->req_lock, flags);
	list_for_each_entry(req, &bus->reqs, entry) {
		if (req->result != -ETIMEDOUT || !req_unwanted(req))
			continue;
		req->result = -ECANCELED;
		complete(&req->done);
	}
	spin_unlock_irqrestore(&bus->req_lock, flags);
}
