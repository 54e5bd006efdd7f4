// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the host to a service, and their answers: one at a time, each
 * copied out of the ring, checked, carried out and sent back as it came, with
 * a status ("Integration components: framing, negotiation").
 *
 * What a request means is the services' own business.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/delay.h>
#include <linux/slab.h>
#include <hv/compat_work.h>
#include "daemon.h"
#include "ic_msg.h"

#define IC_DRAIN_MS	100	/* for the host to take the last answer before the channel closes */
#define IC_BATCH	32	/* messages before others get a turn */

/* A message that is longer than the ring's payload should allow: step over it. */
static void skip_packet(struct ic *ic, u32 len)
{
	struct vmbus_channel *ch = ic->dev->channel;
	struct vmpacket_descriptor *desc = hv_pkt_iter_first(ch);

	ic_bad(ic, "a message of %u bytes", len);
	if (!desc)
		return;
	__hv_pkt_iter_next(ch, desc);
	hv_pkt_iter_close(ch);
}

/*
 * Take the next packet out of the ring.  With its descriptor, because the
 * length of an empty one could not be told from that of none: reading would
 * end with others behind it, of which the host sends no signal.
 */
static bool take_packet(struct ic *ic)
{
	const struct vmpacket_descriptor *desc = ic->raw;
	u32 len = 0, at;
	u64 id;
	int ret;

	for (;;) {
		ret = vmbus_recvpacket_raw(ic->dev->channel, ic->raw, IC_RING_BYTES, &len, &id);
		if (ret != -ENOBUFS)
			break;
		skip_packet(ic, len);
	}
	if (ret || len < sizeof(*desc))
		return false;
	at = min_t(u32, desc->offset8 * 8, len);
	ic->packet = ic->raw + at;
	ic->packet_len = len - at;
	ic->packet_id = id;
	ic->began = jiffies;
	ic_count(ic, IC_N_REQUESTS);
	return true;
}

static u16 ic_type(const struct ic *ic)
{
	return le16_to_cpu(((struct hv_ic_head *)ic->packet)->type);
}

/**
 * ic_answer() - answer the request in work
 * @ic: the service; with ic->lock, unless it is a .direct one
 * @status: HV_IC_OK ...
 *
 * An answer that finds no room is dropped: the host has all of the ring for
 * the one answer that it waits for. One that it does not wait for is not sent: it would
 * stay in the ring.
 */
void ic_answer(struct ic *ic, u32 status)
{
	int ret;

	ic->busy = false;
	if (ic->svc->told && ic_type(ic) == ic->svc->type && ic_only_told(ic->packet))
		return;
	ic_make_answer(ic->packet, status);
	ret = vmbus_sendpacket(ic->dev->channel, ic->packet, ic->packet_len, ic->packet_id,
			       VM_PKT_DATA_INBAND, 0);
	if (ret) {
		ic_count(ic, IC_N_UNSENT);
		return;
	}
	ic_count(ic, IC_N_ANSWERS);
	if (status)
		ic_count(ic, IC_N_REFUSED);
}

/**
 * ic_negotiate() - choose versions and say so
 * @ic: the service; with ic->lock, unless it is a .direct one
 *
 * The message in work is a negotiation without flaws.
 */
void ic_negotiate(struct ic *ic)
{
	const struct ic_service *svc = ic->svc;

	ic->agreed = vmbus_prep_negotiate_resp((struct icmsg_hdr *)(ic->packet + HV_IC_PIPE_LEN),
					       ic->packet, ic->packet_len,
					       svc->frameworks, svc->nr_frameworks,
					       svc->versions, svc->nr_versions,
					       &ic->framework, &ic->version);
	if (!ic->agreed)
		ic_bad(ic, "none of the host's versions is known");
	else if (__ratelimit(&ic->say_limit))
		pr_info("%s IC version %u.%u\n", svc->name, ic->version >> 16,
			ic->version & 0xffff);
	ic_answer(ic, HV_IC_OK);
}

/* Has the host sent more? */
static bool ring_has_more(const struct ic *ic)
{
	const struct hv_ring_buffer_info *ring = &ic->dev->channel->inbound;

	return !ic->closing && hv_get_bytes_to_read(ring);
}

/**
 * ic_read_on() - look for the next request
 * @ic: the service, with ic->lock
 *
 * One that comes later than this look calls ic_on_channel().
 */
void ic_read_on(struct ic *ic)
{
	if (ring_has_more(ic))
		queue_work(ic->wq, &ic->receive);
}

static void handle_negotiation(struct ic *ic)
{
	enum ic_flaw flaw = ic_check_negotiation(ic->packet, ic->packet_len);

	ic->agreed = false;
	if (flaw != IC_GOOD) {
		ic_bad(ic, "negotiation of %u bytes: %s", ic->packet_len, ic_flaw_name(flaw));
		ic_make_no_version(ic->packet, ic->packet_len);
		ic_answer(ic, HV_IC_FAIL);
	} else if (!ic_hold_negotiation(ic)) {
		ic_negotiate(ic);
	}
}

/**
 * ic_carry_out() - have the service carry out the request in work
 * @ic: the service; with ic->lock, unless it is a .direct one
 */
void ic_carry_out(struct ic *ic)
{
	u64 status;

	/* the answer may come from elsewhere before request() is back */
	ic->busy = true;
	status = ic->svc->request(ic, ic_data(ic), ic_data_len(ic));
	if (status != IC_LATER)
		ic_answer(ic, status);
}

static void handle_request(struct ic *ic)
{
	if (!ic->agreed) {
		ic_bad(ic, "a request of type %u before versions are agreed", ic_type(ic));
		ic_answer(ic, HV_IC_FAIL);
		return;
	}
	if (ic_type(ic) != ic->svc->type) {
		ic_bad(ic, "a request of type %u", ic_type(ic));
		ic_answer(ic, HV_IC_UNSUPPORTED);
		return;
	}
	ic_carry_out(ic);
}

static void handle_packet(struct ic *ic)
{
	enum ic_flaw flaw = ic_check_head(ic->packet, ic->packet_len);

	if (flaw == IC_SHORT || flaw == IC_ANSWER) {
		/* nothing there that could be answered */
		ic_bad(ic, "a message of %u bytes: %s", ic->packet_len, ic_flaw_name(flaw));
		return;
	}
	if (flaw != IC_GOOD) {
		ic_bad(ic, "a message of type %u, %u bytes: %s", ic_type(ic), ic->packet_len,
		       ic_flaw_name(flaw));
		ic_answer(ic, HV_IC_FAIL);
		return;
	}
	if (ic_type(ic) == HV_IC_NEGOTIATE)
		handle_negotiation(ic);
	else
		handle_request(ic);
}

/* May the next message be taken?  What is held for a daemon does not stand in its way. */
static bool may_take(struct ic *ic)
{
	if (ic->hold && ring_has_more(ic))
		ic_hold_give_up(ic);
	return !ic->busy && !ic->held && !ic->closing;
}

static void ic_receive_work(struct work_struct *work)
{
	struct ic *ic = container_of(work, struct ic, receive);
	unsigned int n;

	mutex_lock(&ic->lock);
	for (n = 0; n < IC_BATCH && may_take(ic) && take_packet(ic); n++)
		handle_packet(ic);
	/* a host that never ends must not keep the lock from who closes the channel */
	if (n == IC_BATCH)
		ic_read_on(ic);
	mutex_unlock(&ic->lock);
}

/* Context: tasklet, one at a time. */
static void ic_on_channel(void *context)
{
	struct ic *ic = context;
	unsigned int n;

	if (!ic->svc->direct) {
		queue_work(ic->wq, &ic->receive);
		return;
	}
	/* the bus calls again if something is left */
	for (n = 0; n < IC_BATCH && take_packet(ic); n++)
		handle_packet(ic);
}

/**
 * ic_open() - open the channel: the host may send now
 * @ic: the service
 *
 * A host may ask before it says whether the channel is open.  That is read once
 * it is: of one that does not open the ring is gone, and nothing may be in work.
 *
 * Return: 0 or an error of the bus.
 */
int ic_open(struct ic *ic)
{
	struct vmbus_channel *ch = ic->dev->channel;
	int ret;

	ic->agreed = false;
	ic->busy = false;
	ch->max_pkt_size = IC_RING_BYTES;
	/* messages stay in the ring while one is in work: no call for those */
	set_channel_read_mode(ch, ic->svc->direct ? HV_CALL_BATCHED : HV_CALL_DIRECT);
	ret = vmbus_open(ch, VMBUS_RING_SIZE(IC_RING_BYTES), VMBUS_RING_SIZE(IC_RING_BYTES),
			 NULL, 0, ic_on_channel, ic);
	if (ret || ic->svc->direct)
		return ret;
	mutex_lock(&ic->lock);
	ic->closing = false;
	ic_read_on(ic);
	mutex_unlock(&ic->lock);
	return 0;
}

/* A host that learns of the closing first would not look for an answer: let it take that. */
static void ic_drain(struct ic *ic)
{
	struct vmbus_channel *ch = ic->dev->channel;
	unsigned int ms;

	for (ms = 0; ms < IC_DRAIN_MS && !ch->rescind; ms++) {
		if (!hv_get_bytes_to_read(&ch->outbound))
			return;
		usleep_range(1000, 1500);
	}
}

/**
 * ic_quiesce() - take no more requests, and answer the one in work
 * @ic: the service
 *
 * But a negotiation that waits for a daemon: the host would take a failure for
 * its versions being unknown, and may take nothing else as the channel closes.
 */
void ic_quiesce(struct ic *ic)
{
	mutex_lock(&ic->lock);
	ic->closing = true;
	if (ic_hold_end(ic) == IC_HOLDS_NEGOTIATION)
		ic->busy = false;
	if (ic->svc->quiesce)
		ic->svc->quiesce(ic);
	ic->held = false;
	if (ic->busy && !ic->svc->direct) {
		ic_answer(ic, HV_IC_FAIL);
		ic_drain(ic);
	}
	mutex_unlock(&ic->lock);
	if (ic->svc->settle)
		ic->svc->settle(ic);
	/* none of them begins anything more once closing is set */
	cancel_work_sync(&ic->receive);
	cancel_delayed_work_sync(&ic->hold_over);
}

/**
 * ic_close() - close the channel
 * @ic: the service, after ic_quiesce()
 *
 * Nothing of the service runs any more when this returns.
 */
void ic_close(struct ic *ic)
{
	vmbus_close(ic->dev->channel);
	cancel_work_sync(&ic->receive);
}

/* One that answers in the callback, and has nothing to start, leaves nothing for later. */
static bool ic_works(const struct ic_service *svc)
{
	return !svc->direct || svc->start;
}

/**
 * ic_alloc() - what every service needs
 * @dev: the device
 * @svc: its service
 *
 * Return: the object with one reference, or NULL.
 */
struct ic *ic_alloc(struct hv_device *dev, const struct ic_service *svc)
{
	struct ic *ic = kzalloc(sizeof(*ic), GFP_KERNEL);

	if (!ic)
		return NULL;
	kref_init(&ic->ref);
	ic->dev = dev;
	ic->svc = svc;
	ic->closing = true;
	mutex_init(&ic->lock);
	INIT_WORK(&ic->receive, ic_receive_work);
	INIT_DELAYED_WORK(&ic->hold_over, ic_hold_over_work);
	ratelimit_state_init(&ic->log_limit, 5 * HZ, 10);
	ratelimit_set_flags(&ic->log_limit, RATELIMIT_MSG_ON_RELEASE);
	ratelimit_state_init(&ic->say_limit, 5 * HZ, 10);
	ratelimit_set_flags(&ic->say_limit, RATELIMIT_MSG_ON_RELEASE);
	ic->raw = kvzalloc(IC_RING_BYTES, GFP_KERNEL);
	/*
	 * Memory reclaim may wait for what a frozen filesystem holds up: thawing
	 * must not.  On the CPU that takes the interrupt, so none else is woken.
	 */
	if (ic_works(svc))
		ic->wq = alloc_workqueue("hv_%s", WQ_MEM_RECLAIM | WQ_HIGHPRI | HV_WQ_PERCPU, 1,
					 svc->name);
	if (!ic->raw || (!ic->wq && ic_works(svc))) {
		ic_stop(ic);
		ic_put(ic);
		return NULL;
	}
	return ic;
}

/**
 * ic_stop() - let go of all but the object itself
 * @ic: the service; its channel is closed and its stop() was called
 */
void ic_stop(struct ic *ic)
{
	if (ic->wq)
		destroy_workqueue(ic->wq);
	kvfree(ic->raw);
	ic->raw = NULL;
}

static void ic_free(struct kref *ref)
{
	struct ic *ic = container_of(ref, struct ic, ref);

	dmn_free(ic->dmn);
	kfree(ic);
}

/**
 * ic_put() - drop a reference
 * @ic: the object
 */
void ic_put(struct ic *ic)
{
	kref_put(&ic->ref, ic_free);
}
