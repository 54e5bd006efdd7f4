// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel's life as its driver sees it: open, close, and the two halves of
 * each for drivers that keep the ring memory (uio_hv_generic).
 *
 * Where a channel is in its life is life.c's table; chan_step() of chans.c asks it, and
 * nothing else writes ch->state and ch->rescind.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/slab.h>
#include "trace.h"
#include "vmbus_priv.h"

/* ---- open ---- */

/* False: the channel is being taken back, and nothing may be called any more. */
static bool callback_start(struct vmbus_channel *ch, void (*callback)(void *context), void *context)
{
	unsigned long flags;
	bool mute;

	spin_lock_irqsave(&ch->sched_lock, flags);
	mute = test_bit(CHAN_NO_CALLBACK, &to_chan(ch)->flags);
	if (!mute) {
		ch->channel_callback_context = context;
		/* Pairs with intr_on_event(): a tasklet left from the last opening may run. */
		smp_store_release(&ch->onchannel_callback, callback);
	}
	spin_unlock_irqrestore(&ch->sched_lock, flags);
	return !mute;
}

/*
 * After this the callback does not run and will not be started.  Only a tasklet that runs is
 * waited for, one that is scheduled will find no callback: a driver may have disabled it
 * (in-tree hv_balloon and hv_utils close within that), and then it does not run for long.
 */
static void callback_stop(struct vmbus_channel *ch)
{
	unsigned long flags;

	spin_lock_irqsave(&ch->sched_lock, flags);
	WRITE_ONCE(ch->onchannel_callback, NULL);
	spin_unlock_irqrestore(&ch->sched_lock, flags);
	/* A tasklet marks itself as running, by a full barrier, before it looks. */
	smp_mb();
	tasklet_unlock_wait(&ch->callback_event);
}

/**
 * chan_mute() - no callback of the channel runs any more, now and for good
 * @ch: channel that is about to be marked as rescinded
 *
 * Before that mark is seen: a driver that polls by itself (pci-hyperv) takes a callback that
 * is gone for the sign that the channel is.
 *
 * Context: may sleep.
 */
void chan_mute(struct vmbus_channel *ch)
{
	unsigned long flags;

	/* The lock orders the bit against an open that sets the callback. */
	spin_lock_irqsave(&ch->sched_lock, flags);
	set_bit(CHAN_NO_CALLBACK, &to_chan(ch)->flags);
	spin_unlock_irqrestore(&ch->sched_lock, flags);
	callback_stop(ch);
}

static int ring_gpadl_create(struct vmbus_channel *ch)
{
	u64 *pfns = ringmem_pfns(ch);
	int ret;

	if (!pfns)
		return -ENOMEM;
	clear_bit(CHAN_RING_USED, &to_chan(ch)->flags);
	ch->ringbuffer_gpadlhandle.size = ch->ringbuffer_pagecount << PAGE_SHIFT;
	ret = gpadl_create(ch, pfns, to_chan(ch)->ring_npages, ch->ringbuffer_gpadlhandle.size, 0,
			   &ch->ringbuffer_gpadlhandle.gpadl_handle);
	kvfree(pfns);
	return ret;
}

/* If the host does not let go, the handle stays: ringmem_free() looks at it. */
static void ring_gpadl_destroy(struct vmbus_channel *ch)
{
	struct vmbus_gpadl *gpadl = &ch->ringbuffer_gpadlhandle;

	if (gpadl->gpadl_handle &&
	    !gpadl_destroy(to_chan(ch)->bus, chan_relid(ch), gpadl->gpadl_handle,
			   gpadl_patience(ch)))
		gpadl->gpadl_handle = 0;
}

static void post_close(struct vmbus_channel *ch)
{
	struct vmbus_channel_close_channel msg = {
		.header.msgtype = CHANNELMSG_CLOSECHANNEL,
		.child_relid = chan_relid(ch),
	};
	int ret;

	if (ch->rescind || to_chan(ch)->bus->phase != VMBUS_PHASE_UP)
		return;	/* the host has closed it by itself */
	ret = vmbus_post(to_chan(ch)->bus, &msg, sizeof(msg));
	trace_vmbus_close_internal(msg.child_relid, ret);
}

/*
 * A host that is at an opening for longer than we wait takes no CLOSE meanwhile, and none of
 * the next openings: when it is through, the channel is open, with the ring that it kept.  It says
 * so, and is told then, unless somebody opens the channel just now; he sees to it.
 */
static void close_late_open(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);

	mutex_lock(&chan->tell);
	if (chan->gave_up && READ_ONCE(chan->late_open) == chan->gave_up && !chan_in_use(ch)) {
		chan->gave_up = 0;
		post_close(ch);
	}
	mutex_unlock(&chan->tell);
}

/**
 * chan_late_open() - work: the host has done an opening that nobody waits for any more
 * @work: of a channel, with a reference
 */
void chan_late_open(struct work_struct *work)
{
	struct vmbus_chan *chan = container_of(work, struct vmbus_chan, late_work);

	close_late_open(&chan->ch);
	chan_put(&chan->ch);
}

static void give_up(struct vmbus_channel *ch, u32 openid)
{
	struct vmbus_chan *chan = to_chan(ch);

	mutex_lock(&chan->tell);
	/* Later ones it has not even heard of; without the ring it has nothing open. */
	if (ch->ringbuffer_gpadlhandle.gpadl_handle && !chan->gave_up)
		chan->gave_up = openid;
	mutex_unlock(&chan->tell);
}

static int post_open(struct vmbus_channel *ch, const void *userdata, u32 len, u32 openid)
{
	struct vmbus *bus = to_chan(ch)->bus;
	struct vmbus_channel_open_channel msg = {
		.header.msgtype = CHANNELMSG_OPENCHANNEL,
		.child_relid = chan_relid(ch),
		.openid = openid,
		.ringbuffer_gpadlhandle = ch->ringbuffer_gpadlhandle.gpadl_handle,
		.target_vp = hv_cpu_to_vp(ch->target_cpu),
		.downstream_ringbuffer_pageoffset =
			ch->ringbuffer_send_offset * NR_HV_HYP_PAGES_IN_PAGE,
	};
	struct vmbus_req req = {
		.type = CHANNELMSG_OPENCHANNEL_RESULT,
		.relid = msg.child_relid,
		.key = msg.openid,
		.chan = to_chan(ch),
	};
	const struct vmbus_channel_open_result *rsp = (void *)req.reply;
	int ret;

	memcpy(msg.userdata, userdata, len);
	vmbus_req_start(bus, &req);
	ret = vmbus_post(bus, &msg, sizeof(msg));
	trace_vmbus_open(&msg, ret);
	if (ret) {
		vmbus_req_cancel(bus, &req);
		return ret;
	}
	ret = vmbus_req_wait(bus, &req, vmbus_timeout());
	if (!ret && rsp->status) {
		chan_bad(ch, VERR_REFUSED, "open, status %#x", rsp->status);
		ret = -EAGAIN;
	} else if (ret == -ETIMEDOUT || ret == -ECANCELED) {
		if (ret == -ETIMEDOUT)
			chan_count(ch, VERR_TIMEOUT);
		post_close(ch);	/* it may be open by now */
	}
	return ret;
}

/*
 * From here on the channel's CPU stays: affinity.c changes that of a closed channel under
 * the same lock.
 */
static int begin_open(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret;

	mutex_lock(&chan->tell);
	ret = chan_step(ch, EV_OPEN);
	if (ret >= 0) {
		chan->opens++;
		clear_bit(CHAN_NO_SUBS, &chan->flags);
	}
	mutex_unlock(&chan->tell);
	return ret < 0 ? ret : 0;
}

/* Ring memory is there; everything else is done here, and undone on failure. */
static int connect(struct vmbus_channel *ch, const void *userdata, u32 len,
		   void (*callback)(void *context), void *context)
{
	u32 openid;
	int ret;

	if (len > MAX_USER_DEFINED_BYTES || !to_chan(ch)->ring_pages)
		return -EINVAL;
	if (to_chan(ch)->bus->phase != VMBUS_PHASE_UP)
		return -ENODEV;
	if (ch->ringbuffer_gpadlhandle.gpadl_handle)
		return -EBUSY;	/* the host never let go of this memory */
	ret = begin_open(ch);
	if (ret)
		return ret;
	ret = reqid_init(&ch->requestor, ch->rqstor_size);
	if (ret)
		goto failed;
	ret = ringmem_map(ch);
	if (ret)
		goto free_ids;
	if (!callback_start(ch, callback, context)) {
		ret = -ENODEV;
		goto unmap;
	}
	ret = ring_gpadl_create(ch);
	if (ret)
		goto stop_callback;
	openid = atomic_inc_return(&to_chan(ch)->bus->next_open_id);
	ret = post_open(ch, userdata, len, openid);
	if (ret)
		goto destroy_gpadl;
	to_chan(ch)->gave_up = 0;	/* whatever it was at, it is through with */
	set_bit(CHAN_WAS_OPEN, &to_chan(ch)->flags);
	set_bit(CHAN_RING_USED, &to_chan(ch)->flags);
	chan_finish(ch, EV_OPENED);
	return 0;

destroy_gpadl:
	ring_gpadl_destroy(ch);
	if (ret == -ETIMEDOUT || ret == -ECANCELED)
		give_up(ch, openid);
stop_callback:
	callback_stop(ch);
unmap:
	ringmem_unmap(ch);
free_ids:
	reqid_free(&ch->requestor);
failed:
	chan_finish(ch, EV_FAILED);
	close_late_open(ch);
	return ret;
}

/* The host ignores what it is told of a channel after its CLOSE: see vmbus_send_modifychannel(). */
static int begin_close(struct vmbus_channel *ch)
{
	int actions;

	mutex_lock(&to_chan(ch)->tell);
	actions = chan_step(ch, EV_CLOSE);
	if (actions >= 0) {
		callback_stop(ch);
		chan_forget_move(ch);
	}
	if (actions > 0 && actions & ACT_POST_CLOSE)
		post_close(ch);
	mutex_unlock(&to_chan(ch)->tell);
	return actions;
}

/*
 * The first half of a close: the host is told, and asked for the ring.  CLOSE has no answer; the
 * teardown's answer tells that the host is through.  The caller has a reference: the close of a
 * channel that was taken back may be its end.
 *
 * False if the channel is not open; otherwise it is in @closing until end_close().
 */
static bool tell_closed(struct vmbus_channel *ch, struct list_head *closing)
{
	struct vmbus_chan *chan = to_chan(ch);

	if (begin_close(ch) < 0)
		return false;
	chan->ring_asked.state = 0;
	if (ch->ringbuffer_gpadlhandle.gpadl_handle)
		gpadl_ask_back(ch, ch->ringbuffer_gpadlhandle.gpadl_handle, &chan->ring_asked);
	chan_get(ch);
	list_add_tail(&chan->closing, closing);
	return true;
}

/*
 * The second half.  Returns -ETIMEDOUT if the host did not let go of the ring: the handle stays,
 * and ringmem_free() looks at it.
 */
static int end_close(struct vmbus_channel *ch, unsigned long deadline)
{
	int ret = gpadl_wait_back(ch, &to_chan(ch)->ring_asked, deadline);

	if (!ret)
		ch->ringbuffer_gpadlhandle.gpadl_handle = 0;
	ringmem_unmap(ch);
	reqid_free(&ch->requestor);
	chan_finish(ch, EV_CLOSED);
	return ret ? -ETIMEDOUT : 0;
}

/* Nobody is at it but those who close it */
static bool at_rest(const struct vmbus_channel *ch)
{
	return !chan_in_use(ch) || life_closing(READ_ONCE(to_chan(ch)->life));
}

/* False if there was nothing to be told, nor anything that is being opened. */
static bool tell_subs_closed(struct vmbus_channel *primary, struct list_head *closing)
{
	struct vmbus_channel *sub = NULL;
	bool any = false;

	while ((sub = chan_next_sub(primary, sub))) {
		if (at_rest(sub))
			continue;
		any = true;
		/* whoever opens it is told to wait no more */
		if (!tell_closed(sub, closing))
			wait_event(to_chan(sub)->bus->chan_wait,
				   at_rest(sub) ||
				   READ_ONCE(sub->state) == CHANNEL_OPENED_STATE);
	}
	return any;
}

/* A rescind may close a sub-channel beside us: whoever changed its state frees its ring. */
static void wait_for_other_closers(struct vmbus_channel *primary)
{
	struct vmbus_channel *sub = NULL;

	while ((sub = chan_next_sub(primary, sub)))
		wait_event(to_chan(sub)->bus->chan_wait,
			   !life_closing(READ_ONCE(to_chan(sub)->life)));
}

/*
 * What was told is closed, and rings of sub-channels are freed.  Returns -ETIMEDOUT if the
 * host did not let go of some ring; what was taken back is not its any more.
 */
static int end_closing(struct vmbus_channel *primary, struct list_head *closing)
{
	unsigned long deadline = jiffies + vmbus_timeout();
	struct vmbus_chan *chan, *next;
	int ret = 0;

	list_for_each_entry_safe(chan, next, closing, closing) {
		struct vmbus_channel *ch = &chan->ch;
		int one;

		/* before others may open and close it again */
		list_del_init(&chan->closing);
		one = end_close(ch, deadline);
		if (ch != primary) {
			ringmem_free(ch);
			if (ch->rescind)
				one = 0;
		}
		ret = one ?: ret;
		chan_put(ch);
	}
	return ret;
}

/**
 * vmbus_alloc_ring() - ring memory in one physical block
 * @channel: channel without ring memory
 * @send_size: outbound ring with its control page, whole pages
 * @recv_size: inbound ring likewise
 *
 * For drivers that map channel->ringbuffer_page to user space.  All others call
 * vmbus_open(), which takes single pages; except for the sub-channels of such a driver's
 * device: it opens them by vmbus_open(), and maps them all the same.
 *
 * Context: may sleep.
 * Return: 0, -EINVAL, -EBUSY or -ENOMEM.
 */
int vmbus_alloc_ring(struct vmbus_channel *channel, u32 send_size, u32 recv_size)
{
	int ret = ringmem_alloc(channel, send_size, recv_size, true);

	if (!ret)
		set_bit(CHAN_RING_BLOCK, &to_chan(channel)->flags);
	return ret;
}

/**
 * vmbus_free_ring() - free what vmbus_alloc_ring() gave
 * @channel: closed channel
 */
void vmbus_free_ring(struct vmbus_channel *channel)
{
	clear_bit(CHAN_RING_BLOCK, &to_chan(channel)->flags);
	ringmem_free(channel);
}

/**
 * vmbus_connect_ring() - open a channel whose ring memory is there
 * @channel: channel after vmbus_alloc_ring()
 * @onchannel_callback: called when the host signals; the mode is
 *	channel->callback_mode
 * @context: for the callback
 *
 * Context: may sleep; every wait for the host is limited.
 * Return: as vmbus_open().
 */
int vmbus_connect_ring(struct vmbus_channel *channel, void (*onchannel_callback)(void *context),
		       void *context)
{
	return connect(channel, NULL, 0, onchannel_callback, context);
}

/* Whoever is at opening one of its sub-channels does not wait for the host. */
static void no_subs(struct vmbus_channel *primary)
{
	/* under the lock of the requests it is seen by who begins, or he by us */
	set_bit(CHAN_NO_SUBS, &to_chan(primary)->flags);
	vmbus_req_end_opens(to_chan(primary)->bus);
}

/**
 * vmbus_disconnect_ring() - close a channel, and its sub-channels, but keep its memory
 * @channel: open channel
 *
 * The host is told of all of them before its answers are waited for, which have one time limit.
 * No callback runs after the return.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL if it was not open; -ETIMEDOUT if the host did not let go
 * of the ring, which then cannot be opened again, or of that of a sub-channel.
 */
int vmbus_disconnect_ring(struct vmbus_channel *channel)
{
	bool primary = !is_sub_channel(channel), open;
	LIST_HEAD(closing);
	int ret;

	chan_get(channel);
	if (primary)
		no_subs(channel);
	/* Until all are found closed: one that was passed may have been opened since. */
	while (primary && tell_subs_closed(channel, &closing))
		;
	open = tell_closed(channel, &closing);
	ret = end_closing(channel, &closing);
	if (primary)
		wait_for_other_closers(channel);
	chan_put(channel);
	return open ? ret : -EINVAL;
}

/**
 * vmbus_open() - open a channel
 * @channel: offered channel that is not open
 * @send_ringbuffer_size: outbound ring with its control page, whole pages
 * @recv_ringbuffer_size: inbound ring likewise
 * @userdata: for the host's end of the channel; may be NULL if @userdatalen is 0
 * @userdatalen: at most MAX_USER_DEFINED_BYTES
 * @onchannel_callback: called when the host signals, possibly before the return
 * @context: for the callback
 *
 * The host's answer is waited for, but not longer than the module's parameter
 * host_timeout says.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL: bad sizes, or not in a state to be opened; -ENOMEM;
 * -ENODEV: rescinded; -ECANCELED: a sub-channel whose device is closed meanwhile; -EAGAIN: the
 * host refused; -ETIMEDOUT; -EDQUOT, -EIO: the host did not take the ring.  After a failure the
 * channel may be opened again.
 */
int vmbus_open(struct vmbus_channel *channel, u32 send_ringbuffer_size, u32 recv_ringbuffer_size,
	       void *userdata, u32 userdatalen, void (*onchannel_callback)(void *context),
	       void *context)
{
	bool block = is_sub_channel(channel) &&
		     test_bit(CHAN_RING_BLOCK, &to_chan(channel->primary_channel)->flags);
	int ret = ringmem_alloc(channel, send_ringbuffer_size, recv_ringbuffer_size, block);

	if (ret)
		return ret;
	/* A failed open of a channel that was taken back may be its end. */
	chan_get(channel);
	ret = connect(channel, userdata, userdatalen, onchannel_callback, context);
	if (ret)
		ringmem_free(channel);
	chan_put(channel);
	return ret;
}

/**
 * vmbus_close() - close a channel and its sub-channels, and free their rings
 * @channel: channel; nothing happens if it is not open
 *
 * Sub-channels go first.  No callback of any of them runs after the return.
 * Ring memory that the host does not give back is kept from reuse.
 *
 * Context: may sleep.
 */
void vmbus_close(struct vmbus_channel *channel)
{
	/* A channel that was taken back may go away for good when it is closed. */
	chan_get(channel);
	if (vmbus_disconnect_ring(channel) != -EINVAL)
		ringmem_free(channel);
	chan_put(channel);
}

/**
 * vmbus_set_sc_create_callback() - be told of sub-channels
 * @primary_channel: channel of the device
 * @sc_cr_cb: called in process context for each sub-channel that is offered
 *	from now on, and may open it; NULL for none
 *
 * With NULL no call of a former callback is under way when this returns, so that what
 * it uses may be freed; the caller must hold no lock that the callback takes, and not
 * be in it.  One that waits until the host has opened a sub-channel does so no longer: that
 * opening fails, and so do later ones until there is a callback again, or the primary channel
 * is opened anew.
 *
 * Context: any; with NULL it may sleep.
 */
void vmbus_set_sc_create_callback(struct vmbus_channel *primary_channel,
				  void (*sc_cr_cb)(struct vmbus_channel *new_sc))
{
	if (sc_cr_cb)
		clear_bit(CHAN_NO_SUBS, &to_chan(primary_channel)->flags);
	WRITE_ONCE(primary_channel->sc_creation_callback, sc_cr_cb);
	if (sc_cr_cb)
		return;
	no_subs(primary_channel);
	flush_work(&to_chan(primary_channel)->subs_work);
}

/**
 * vmbus_set_chn_rescind_callback() - take over what happens at a rescind
 * @channel: primary channel
 * @chn_rescind_cb: called in process context when the host takes the channel
 *	back; it must see to it that the device is unregistered
 */
void vmbus_set_chn_rescind_callback(struct vmbus_channel *channel,
				    void (*chn_rescind_cb)(struct vmbus_channel *))
{
	WRITE_ONCE(channel->chn_rescind_callback, chn_rescind_cb);
}

void vmbus_on_open_result(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_open_result *m = msg;
	struct vmbus_channel *ch;

	trace_vmbus_onopen_result(m);
	if (vmbus_req_answer(bus, CHANNELMSG_OPENCHANNEL_RESULT, m->child_relid, m->openid, msg,
			     len))
		return;
	vmbus_bad(bus, VERR_LATE_REPLY,
		  "open result (relid %u, open id %u, status %#x), nobody waits",
		  m->child_relid, m->openid, m->status);
	ch = m->status ? NULL : vmbus_relid_get(bus, m->child_relid);
	if (!ch)
		return;
	WRITE_ONCE(to_chan(ch)->late_open, m->openid);
	if (!queue_work(bus->sub_wq, &to_chan(ch)->late_work))
		chan_put(ch);	/* on its way already, and will see it */
}
