// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the host asks while no daemon is there is held until one comes, as long
 * as the host waits for an answer.
 *
 * A hold is a state of the message in work, not a thread that waits: the
 * message stays in @packet, @busy is set as for one that the daemon has, and
 * one delayed work is the limit.  It ends, always under ic->lock, by what comes
 * first:
 *
 * - a daemon registers: the message is carried out;
 * - the limit is over, or the host sends another message, so that it cannot
 *   wait for this one any more: a negotiation is answered, a request fails;
 * - the channel is about to close: a request fails, and a negotiation stays
 *   without an answer, since any would be the wrong one.  The host asks anew
 *   when the channel is opened anew.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include "daemon.h"
#include "ic_limits.h"

/**
 * ic_left() - how much time is left for the message in work
 * @ic: the service, with ic->lock
 * @limit: jiffies that its host waits from when it was taken from the ring
 *
 * Return: jiffies; 0 if it is over.
 */
unsigned long ic_left(const struct ic *ic, unsigned long limit)
{
	return lim_left(ic->began, limit, jiffies);
}

static bool begin_hold(struct ic *ic, enum ic_hold what, unsigned long left)
{
	if (!left || ic->closing)
		return false;
	ic->hold = what;
	ic->busy = true;
	ic_count(ic, IC_N_HELD);
	mod_delayed_work(ic->wq, &ic->hold_over, left);
	return true;
}

/**
 * ic_hold_negotiation() - delay the answer to a negotiation?
 * @ic: the service, with ic->lock; the negotiation is the message in work
 *
 * Return: true if so.
 */
bool ic_hold_negotiation(struct ic *ic)
{
	const unsigned int *wait = ic->svc->negotiation_wait;

	if (!wait || dmn_there(ic))
		return false;
	return begin_hold(ic, IC_HOLDS_NEGOTIATION,
			  ic_left(ic, lim_negotiation_wait(READ_ONCE(*wait)) * HZ));
}

/**
 * ic_hold_request() - there is no daemon for the request in work
 * @ic: the service, with ic->lock
 * @op: the request's operation
 *
 * What the daemon would have been asked is asked when it comes: the service's
 * request() is called again.
 *
 * Return: IC_LATER if the request waits, or the status to answer with.
 */
u64 ic_hold_request(struct ic *ic, u32 op)
{
	if (lim_may_wait(ic->svc->type, op) &&
	    begin_hold(ic, IC_HOLDS_REQUEST, ic_left(ic, LIM_REQUEST * HZ)))
		return IC_LATER;
	ic_count(ic, IC_N_NO_DAEMON);
	return HV_IC_FAIL;
}

/**
 * ic_hold_end() - forget that the message in work waits for a daemon
 * @ic: the service, with ic->lock
 *
 * Return: what waited. It is still in work.
 */
enum ic_hold ic_hold_end(struct ic *ic)
{
	enum ic_hold what = ic->hold;

	ic->hold = IC_HOLDS_NOTHING;
	cancel_delayed_work(&ic->hold_over);
	return what;
}

/**
 * ic_hold_give_up() - answer what waits, without a daemon
 * @ic: the service, with ic->lock
 *
 * Nothing is in work afterwards.
 */
void ic_hold_give_up(struct ic *ic)
{
	if (ic_hold_end(ic) == IC_HOLDS_NEGOTIATION) {
		ic_negotiate(ic);
		return;
	}
	ic_count(ic, IC_N_NO_DAEMON);
	if (__ratelimit(&ic->say_limit))
		pr_info("%s: the host asks, and %s_daemon does not run\n", ic->svc->name,
			ic->dmn->ops->node);
	ic_answer(ic, HV_IC_FAIL);
}

/**
 * ic_daemon_came() - a daemon has registered: go on with what waits for it
 * @ic: the service, with ic->lock
 */
void ic_daemon_came(struct ic *ic)
{
	switch (ic_hold_end(ic)) {
	case IC_HOLDS_NOTHING:
		return;
	case IC_HOLDS_NEGOTIATION:
		ic_negotiate(ic);
		break;
	case IC_HOLDS_REQUEST:
		ic_carry_out(ic);
		break;
	}
	ic_read_on(ic);
}

/**
 * ic_hold_over_work() - the host does not wait longer
 * @work: in struct ic
 *
 * Context: ic->wq.
 */
void ic_hold_over_work(struct work_struct *work)
{
	struct ic *ic = container_of(work, struct ic, hold_over.work);

	mutex_lock(&ic->lock);
	/* ended, and perhaps begun again, while this waited for the lock? */
	if (ic->hold && !delayed_work_pending(&ic->hold_over)) {
		ic_hold_give_up(ic);
		ic_read_on(ic);
	}
	mutex_unlock(&ic->lock);
}
