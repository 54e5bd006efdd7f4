// SPDX-License-Identifier: GPL-2.0-only
/*
 * Waiting for an answer of the host, NVSP or RNDIS: one request at a time, for
 * a limited time.  An answer that comes later, twice or to another request
 * finds nobody.
 */
#include <linux/delay.h>
#include <linux/rtnetlink.h>
#include <linux/sched.h>
#include "netvsc.h"

void nv_wait_init(struct nv_wait *w)
{
	spin_lock_init(&w->lock);
	init_completion(&w->done);
}

/**
 * nv_wait_arm - expect an answer, before the request is sent
 * @w: who waits
 * @id: the request's id
 * @want: type of the answer, 0 for any
 * @reply: gets the answer
 * @cap: room there; a longer answer is cut
 */
void nv_wait_arm(struct nv_wait *w, u64 id, u32 want, void *reply, u32 cap)
{
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	reinit_completion(&w->done);
	w->id = id;
	w->want = want;
	w->reply = reply;
	w->cap = cap;
	w->len = 0;
	w->active = true;
	spin_unlock_irqrestore(&w->lock, flags);
}

/* The request was not sent after all. */
void nv_wait_disarm(struct nv_wait *w)
{
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	w->active = false;
	spin_unlock_irqrestore(&w->lock, flags);
}

/**
 * nv_wait_answer - an answer came
 * @w: who waits, perhaps
 * @id: the request's id in it
 * @type: its type
 * @body: private copy of it
 * @len: length of that
 *
 * Context: NAPI, or netpoll with interrupts off.
 * Return: whether it was taken, has another type than wanted, or nobody asked.
 */
enum nv_answer nv_wait_answer(struct nv_wait *w, u64 id, u32 type, const void *body, u32 len)
{
	enum nv_answer a = NV_ANSWER_TO_NOBODY;
	unsigned long flags;

	spin_lock_irqsave(&w->lock, flags);
	if (w->active && w->id == id) {
		a = w->want && w->want != type ? NV_ANSWER_UNFIT : NV_ANSWER_TAKEN;
		if (a == NV_ANSWER_TAKEN) {
			w->active = false;
			w->len = min(len, w->cap);
			memcpy(w->reply, body, w->len);
			complete(&w->done);
		}
	}
	spin_unlock_irqrestore(&w->lock, flags);
	return a;
}

/**
 * nv_wait_room - wait for a moment if the ring was full, or whatever else is short
 * @ret: what the send said
 * @tries: how often there was no room; 0 at first
 *
 * Context: may sleep.
 * Return: whether to try it again.
 */
bool nv_wait_room(int ret, unsigned int *tries)
{
	if (ret != -EAGAIN || ++*tries == NV_SEND_TRIES)
		return false;
	usleep_range(500, 1000);
	return true;
}

/**
 * nv_hurry - requests follow for which RTNL is held
 * @nv: the device
 *
 * All that others do with the network waits meanwhile: NV_RTNL_MS is the limit of these
 * requests together.
 * Context: RTNL, until nv_hurry_end().
 */
void nv_hurry(struct nv *nv)
{
	ASSERT_RTNL();
	nv->hurry_until = jiffies + msecs_to_jiffies(NV_RTNL_MS);
	WRITE_ONCE(nv->hurry, current);
}

void nv_hurry_end(struct nv *nv)
{
	WRITE_ONCE(nv->hurry, NULL);
}

static bool nv_hurries(const struct nv *nv)
{
	return READ_ONCE(nv->hurry) == current;
}

/* No answer comes any more, or nobody wants it. */
static bool nv_over(const struct nv_conn *conn)
{
	return conn->chan->rescind || READ_ONCE(conn->dead);
}

/**
 * nv_wait_limit - how long the host may take for an answer now
 * @conn: the connection
 *
 * All answers that a new connection waits for have one deadline, too.
 * Return: milliseconds; 0 when the time is over.
 */
unsigned int nv_wait_limit(const struct nv_conn *conn)
{
	unsigned int limit = conn->silent ? NV_WAIT_SILENT_MS : NV_WAIT_MS;
	const struct nv *nv = conn->nv;
	long left;

	if (rcu_access_pointer(nv->conn) == conn && !nv_hurries(nv))
		return limit;
	left = (nv_hurries(nv) ? nv->hurry_until : READ_ONCE(nv->deadline)) - jiffies;
	return left > 0 ? min(limit, jiffies_to_msecs(left)) : 0;
}

static bool nv_trylock_for(struct nv_conn *conn)
{
	while (nv_wait_limit(conn)) {
		if (mutex_trylock(&conn->request_lock))
			return true;
		usleep_range(500, 1000);
	}
	return false;		/* whose answer nobody has time for is not asked */
}

/**
 * nv_request_begin - one request at a time
 * @conn: the connection
 *
 * Context: may sleep, as long as the request before takes; one who hurries, no longer
 * than for an answer.
 * Return: 0, and conn->request_lock is held; or a negative error, -ETIMEDOUT if there is no time
 * left for an answer, so that nothing is sent.
 */
int nv_request_begin(struct nv_conn *conn)
{
	int ret = 0;

	if (!nv_hurries(conn->nv))
		mutex_lock(&conn->request_lock);
	else if (!nv_trylock_for(conn))
		return -ETIMEDOUT;
	if (READ_ONCE(conn->dead))
		ret = -ENODEV;
	else if (!nv_wait_limit(conn))
		ret = -ETIMEDOUT;
	if (ret)
		mutex_unlock(&conn->request_lock);
	return ret;
}

/*
 * Waits for the answer that @w was armed for, at most for the limit, and not
 * longer than the channel lives.  @w is disarmed in any case, so a late answer
 * finds nobody.
 */
int nv_wait_for(struct nv_conn *conn, struct nv_wait *w, const char *what)
{
	unsigned int limit = nv_wait_limit(conn);
	unsigned long flags;
	unsigned int ms;
	bool came = false;

	for (ms = 0; !came && ms < limit && !nv_over(conn); ms += 50)
		came = wait_for_completion_timeout(&w->done, msecs_to_jiffies(50));
	spin_lock_irqsave(&w->lock, flags);
	came |= !w->active;
	w->active = false;
	spin_unlock_irqrestore(&w->lock, flags);
	if (came) {
		conn->silent = false;
		return 0;
	}
	if (nv_over(conn))
		return -ENODEV;
	if (!limit)		/* the time was over while it was sent */
		return -ETIMEDOUT;
	if (limit >= NV_WAIT_SILENT_MS)		/* what was left of a moment says nothing */
		conn->silent = true;
	nv_bad(conn->nv, NV_BAD_TIMEOUT, "no answer to %s within %u ms (channel %u)",
	       what, limit, conn->chan->offermsg.child_relid);
	return -ETIMEDOUT;
}
