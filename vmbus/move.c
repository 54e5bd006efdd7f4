// SPDX-License-Identifier: GPL-2.0-only
/*
 * Moving a channel's interrupts to another CPU ("MODIFYCHANNEL"), on a wish, or away from a
 * CPU that goes offline.
 *
 * The answer names the channel and nothing else, so no channel is moved again before the
 * answer to its last move has come: whose time is out waits for no more, but it is still
 * owed, and until it comes the interrupts may hit either CPU.  It is taken up whenever it
 * comes.
 *
 * Closing the channel ends all that, and the host may drop the answer, or may still send it when
 * the channel is open again and moves once more.  Nothing tells which answer it is, but their
 * number does: of one more than may be to moves of before ("need") one is to this move.  Each
 * that comes short of that may have been the only one, so the host is told of the move again,
 * and has one more to send.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/slab.h>
#include "trace.h"
#include "vmbus_priv.h"

#define NO_ANSWER_MS	20	/* before 5.3 nothing tells when a move has taken place */
#define MAX_OWED	4	/* answers to moves of earlier openings */

/* One move, begun and not yet ended */
struct move {
	struct vmbus_req req;
	unsigned int cpu;	/* where the channel is then */
	u32 target_vp;		/* the same, as the host knows it */
};

/* ---- asking the host ---- */

static void settled(struct vmbus_chan *chan)
{
	atomic_set(&chan->moving, MOVE_NONE);
	/* vacate_begin() may wait for that */
	wake_up_all(&chan->bus->chan_wait);
}

/* The host has moved it; so do we, unless the channel was taken back. */
static int land(struct vmbus_channel *ch, unsigned int cpu)
{
	void (*told)(struct vmbus_channel *ch, u32 from, u32 to);
	unsigned int old = ch->target_cpu;
	int ret = chan_step(ch, EV_MODIFY);

	lockdep_assert_held(&to_chan(ch)->tell);
	if (ret < 0 || cpu == old)
		return ret;
	affinity_place(ch, cpu);
	/* drivers take it away while the channel is open */
	told = READ_ONCE(ch->change_target_cpu_callback);
	if (told)
		told(ch, old, cpu);
	return 0;
}

/* The answer to the last move, if nobody waited for it any more */
static int take_late_answer(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret = 0;

	mutex_lock(&chan->tell);
	if (atomic_read(&chan->moving) == MOVE_LATE) {
		land(ch, chan->asked_cpu);
		settled(chan);
	}
	if (atomic_read(&chan->moving) != MOVE_NONE)
		ret = -EBUSY;
	mutex_unlock(&chan->tell);
	return ret;
}

/* An answer has come.  False if it may be to a move of before. */
static bool count_answer(struct vmbus_chan *chan)
{
	atomic_dec_if_positive(&chan->owed);
	return atomic_dec_if_positive(&chan->need) <= 0;
}

/* With tell held: a host ignores it after CLOSE, and would never answer, see begin_close(). */
static int post_move(struct vmbus_channel *ch, u32 target_vp)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct vmbus_channel_modifychannel msg = {
		.header.msgtype = CHANNELMSG_MODIFYCHANNEL,
		.child_relid = chan_relid(ch),
		.target_vp = target_vp,
	};
	int ret;

	/* before the answer may come */
	if (vmbus_proto_version >= VERSION_WIN10_V5_3)
		atomic_inc(&chan->owed);
	ret = vmbus_post(chan->bus, &msg, sizeof(msg));
	trace_vmbus_send_modifychannel(&msg, ret);
	if (ret)
		atomic_dec_if_positive(&chan->owed);
	return ret;
}

/* The same, and the answer is waited for. */
static int post_modify(struct vmbus_channel *ch, struct move *m)
{
	struct vmbus *bus = to_chan(ch)->bus;
	int ret;

	m->req = (struct vmbus_req) {
		.type = CHANNELMSG_MODIFYCHANNEL_RESPONSE,
		.relid = chan_relid(ch),
		.chan = to_chan(ch),
	};
	vmbus_req_start(bus, &m->req);
	ret = post_move(ch, m->target_vp);
	if (ret)
		vmbus_req_cancel(bus, &m->req);
	return ret;
}

/* With tell held */
static int ask(struct vmbus_channel *ch, struct move *m)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret = chan_step(ch, EV_MODIFY);

	if (ret < 0)
		return ret;
	if (atomic_read(&chan->moving) != MOVE_NONE)
		return -EBUSY;
	atomic_set(&chan->need, atomic_read(&chan->owed) + 1);
	chan->asked_cpu = m->cpu;
	chan->asking = &m->req;
	/* before the answer may come */
	atomic_set(&chan->moving, MOVE_ASKED);
	ret = post_modify(ch, m);
	if (ret) {
		chan->asking = NULL;
		settled(chan);
	}
	return ret;
}

/* 0: must be followed by modify_end(). */
static int modify_begin(struct vmbus_channel *ch, struct move *m)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret;

	mutex_lock(&chan->tell);
	ret = ask(ch, m);
	mutex_unlock(&chan->tell);
	return ret;
}

/*
 * Of a move that has had an answer, which may not be its own.  If the host cannot be told, it is
 * another time.
 */
static int ask_again(struct vmbus_channel *ch, struct move *m)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret = -EIO;

	mutex_lock(&chan->tell);
	if (chan->asking == &m->req)
		ret = post_modify(ch, m) ? -ETIMEDOUT : 0;
	if (ret == -ETIMEDOUT)
		atomic_cmpxchg(&chan->moving, MOVE_ASKED, MOVE_UNSURE);
	mutex_unlock(&chan->tell);
	return ret;
}

static bool answer_owed(struct vmbus_channel *ch)
{
	return atomic_read(&to_chan(ch)->moving) == MOVE_ASKED && !chan_leaving(ch);
}

static bool is_unsure(struct vmbus_channel *ch)
{
	return atomic_read(&to_chan(ch)->moving) == MOVE_UNSURE && !chan_leaving(ch);
}

/* The same for one that nobody waits for any more, nor does now: the answer is a late one. */
static int ask_unsure(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret = 0;

	mutex_lock(&chan->tell);
	if (atomic_cmpxchg(&chan->moving, MOVE_UNSURE, MOVE_ASKED) == MOVE_UNSURE) {
		ret = post_move(ch, hv_cpu_to_vp(chan->asked_cpu));
		if (ret)
			atomic_cmpxchg(&chan->moving, MOVE_ASKED, MOVE_UNSURE);
	}
	mutex_unlock(&chan->tell);
	return ret;
}

static int settle_unsure(struct vmbus_channel *ch, unsigned long deadline)
{
	while (is_unsure(ch)) {
		int ret = ask_unsure(ch);

		if (ret)
			return ret;
		if (!wait_event_timeout(to_chan(ch)->bus->chan_wait, !answer_owed(ch),
					left_until(deadline)))
			return -ETIMEDOUT;
	}
	return 0;
}

static int wait_answer(struct vmbus_channel *ch, struct move *m, unsigned long timeout)
{
	const struct vmbus_channel_modifychannel_response *rsp = (void *)m->req.reply;
	struct vmbus *bus = to_chan(ch)->bus;
	unsigned long deadline = jiffies + timeout;
	int ret;

	if (vmbus_proto_version < VERSION_WIN10_V5_3) {
		vmbus_req_cancel(bus, &m->req);
		return 0;
	}
	ret = vmbus_req_wait(bus, &m->req, timeout);
	while (!ret && !count_answer(to_chan(ch)))
		ret = ask_again(ch, m) ?: vmbus_req_wait(bus, &m->req, left_until(deadline));
	if (!ret && rsp->status) {
		chan_bad(ch, VERR_REFUSED, "move to CPU %u, status %#x", m->cpu, rsp->status);
		ret = -EIO;
	}
	return ret;
}

/*
 * Within tell, so that a close comes before, and nothing is moved, or waits for the driver's
 * call.  Without an answer, and without a close or rescind, the host still owes it.
 */
static int modify_end(struct vmbus_channel *ch, struct move *m, unsigned long timeout)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret = wait_answer(ch, m, timeout);

	mutex_lock(&chan->tell);
	if (chan->asking != &m->req) {
		ret = -EIO;	/* closed meanwhile: chan_forget_move() */
	} else {
		chan->asking = NULL;
		if (!ret)
			ret = land(ch, m->cpu);
		if (ret != -ETIMEDOUT)
			settled(chan);
	}
	mutex_unlock(&chan->tell);
	return ret;
}

/**
 * chan_forget_move() - a channel is being closed: its host owes no answer to a move
 * @ch: channel
 *
 * Whoever waits for it is woken: the host is about to hear of the close, and which CPU it has
 * then, it learns at the next open.  If the answer comes all the same, it is stale.
 *
 * Context: vmbus_chan.tell held.
 */
void chan_forget_move(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);

	lockdep_assert_held(&chan->tell);
	if (chan->asking && !vmbus_req_end(chan->bus, chan->asking, -EIO))
		settled(chan);	/* the answer has just come */
	chan->asking = NULL;
	/* a host that owes so many does not send them all */
	while (atomic_read(&chan->owed) > MAX_OWED)
		atomic_dec_if_positive(&chan->owed);
	settled(chan);
}

/**
 * vmbus_send_modifychannel() - have the host interrupt another CPU
 * @channel: open channel
 * @target_vp: that CPU, in the hypervisor's numbering
 *
 * From VMBus 5.3 on the host answers, and with the answer no interrupt hits the
 * old CPU any more.  Before, a move just happens some time.
 *
 * Context: may sleep.
 * Return: 0; -EINVAL: not open; -EBUSY: the answer to the move before is still to come; -EIO:
 * the host refused, or could not be told, or the channel was closed; -ENODEV; -ETIMEDOUT.
 */
int vmbus_send_modifychannel(struct vmbus_channel *channel, u32 target_vp)
{
	struct move m = {
		.cpu = channel->target_cpu,	/* the caller's to change */
		.target_vp = target_vp,
	};
	int ret = modify_begin(channel, &m);

	return ret ?: modify_end(channel, &m, vmbus_timeout());
}

/* To the channel's last move, or to one of an earlier opening */
static void take_answer(struct vmbus_chan *chan, bool moved)
{
	int then = moved ? MOVE_LATE : MOVE_NONE;

	if (!count_answer(chan))
		atomic_cmpxchg(&chan->moving, MOVE_ASKED, MOVE_UNSURE);
	else if (atomic_cmpxchg(&chan->moving, MOVE_ASKED, then) != MOVE_ASKED)
		atomic_cmpxchg(&chan->moving, MOVE_UNSURE, then);
}

/* Nobody waits: if it was owed, whoever moves the channel next will take it up. */
static void late_answer(struct vmbus *bus, const struct vmbus_channel_modifychannel_response *m)
{
	struct vmbus_chan *chan;

	vmbus_bad(bus, VERR_LATE_REPLY, "modify response (relid %u, status %#x), nobody waits",
		  m->child_relid, m->status);
	if (m->child_relid >= VMBUS_RELIDS)
		return;
	rcu_read_lock();
	chan = rcu_dereference(bus->relid[m->child_relid]);
	if (chan)
		take_answer(chan, !m->status);
	rcu_read_unlock();
	wake_up_all(&bus->chan_wait);
}

void vmbus_on_modify_response(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_modifychannel_response *m = msg;

	trace_vmbus_onmodifychannel_response(m);
	if (!vmbus_req_answer(bus, CHANNELMSG_MODIFYCHANNEL_RESPONSE, m->child_relid, 0, msg, len))
		late_answer(bus, m);
}

/* ---- moves ---- */

/* CPUs cannot come or go.  0: it is there; 1: must be followed by modify_end(). */
static int move_begin(struct vmbus_channel *ch, unsigned int cpu, struct move *m)
{
	int ret = take_late_answer(ch);

	if (ret)
		return ret;
	if (ch->target_cpu == cpu)
		return 0;
	if (vmbus_proto_version < VERSION_WIN10_V4_1)
		return -EIO;
	m->cpu = cpu;
	m->target_vp = hv_cpu_to_vp(cpu);
	ret = modify_begin(ch, m);
	if (ret == -EINVAL)
		return -EIO;
	return ret ?: 1;
}

/**
 * chan_move() - move a channel's interrupts on the user's wish
 * @ch: channel
 * @cpu: any number
 *
 * The host is waited for without the lock of CPU hotplug: chan_vacate_cpu() waits for the move
 * if it is about the CPU that goes.
 *
 * Context: may sleep; vmbus.chan_mutex not held.
 * Return: 0; -EINVAL: no such CPU online, or isolated; -EBUSY: the host still owes the answer
 * to the move before; -EIO: the channel is not open, or the host cannot or would not; -ENODEV;
 * -ETIMEDOUT.
 */
int chan_move(struct vmbus_channel *ch, unsigned int cpu)
{
	struct vmbus_chan *chan = to_chan(ch);
	struct move m;
	int ret;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	mutex_lock(&chan->move);
	ret = settle_unsure(ch, jiffies + vmbus_timeout());
	if (ret)
		goto unlock;
	cpus_read_lock();
	ret = affinity_usable(cpu) ? move_begin(ch, cpu, &m) : -EINVAL;
	cpus_read_unlock();
	if (ret > 0)
		ret = modify_end(ch, &m, vmbus_timeout());
unlock:
	mutex_unlock(&chan->move);
	return ret;
}

/* ---- a CPU goes offline ---- */

/* A channel that is, or may be, on that CPU, and where it goes */
struct leaver {
	struct list_head entry;
	struct vmbus_channel *ch;	/* with a reference */
	struct move m;
	unsigned int to;
	bool owed;			/* the answer to its last move is still to come */
	int ret;			/* of the begin */
};

static bool is_on(const struct vmbus_channel *ch, unsigned int cpu)
{
	const struct vmbus_chan *chan = to_chan(ch);

	if (chan_leaving(ch))
		return false;
	return ch->target_cpu == cpu ||
	       (atomic_read(&chan->moving) != MOVE_NONE && chan->asked_cpu == cpu);
}

static int note_leaver(struct vmbus_channel *ch, unsigned int cpu, struct list_head *leavers)
{
	struct leaver *l;

	if (!is_on(ch, cpu))
		return 0;
	l = kzalloc(sizeof(*l), GFP_KERNEL);
	if (!l)
		return -ENOMEM;
	chan_get(ch);
	l->ch = ch;
	list_add_tail(&l->entry, leavers);
	return 0;
}

/* None is added meanwhile: an offer waits until CPUs may come and go again. */
static int find_leavers(struct vmbus *bus, unsigned int cpu, struct list_head *leavers)
{
	struct vmbus_channel *primary, *sub;
	int ret = 0;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(primary, &bus->chans, listentry) {
		ret = note_leaver(primary, cpu, leavers) ?: ret;
		list_for_each_entry(sub, &primary->sc_list, sc_list)
			ret = note_leaver(sub, cpu, leavers) ?: ret;
	}
	mutex_unlock(&bus->chan_mutex);
	return ret;
}

/*
 * A closed channel just gets another CPU, of which the host learns at the next open; one that is
 * being closed, too: its callback has been stopped, see begin_close().
 */
static bool vacate_closed(struct vmbus_channel *ch, unsigned int to)
{
	struct vmbus_chan *chan = to_chan(ch);
	bool closed;

	mutex_lock(&chan->tell);	/* against begin_open() */
	closed = !chan_in_use(ch) || life_closing(READ_ONCE(chan->life));
	if (closed)
		affinity_place(ch, to);
	mutex_unlock(&chan->tell);
	return closed;
}

/* As move_begin(); 0: it is not on that CPU any more. */
static int vacate_move(struct leaver *l, unsigned int cpu)
{
	int ret = take_late_answer(l->ch);

	if (ret || l->ch->target_cpu != cpu)
		return ret;
	return move_begin(l->ch, l->to, &l->m);
}

/* The same; one whose last answer is owed is left for vacate_late(). */
static int vacate_begin(struct leaver *l, unsigned int cpu)
{
	l->to = affinity_pick(l->ch, cpu);
	affinity_reserve(l->ch, l->to, 1);
	if (vacate_closed(l->ch, l->to))
		return 0;
	if (is_unsure(l->ch))
		ask_unsure(l->ch);
	l->owed = answer_owed(l->ch) || is_unsure(l->ch);
	return l->owed ? 0 : vacate_move(l, cpu);
}

static int vacate_late(struct leaver *l, unsigned int cpu, unsigned long deadline)
{
	wait_event_timeout(to_chan(l->ch)->bus->chan_wait, !answer_owed(l->ch),
			   left_until(deadline));
	settle_unsure(l->ch, deadline);
	return vacate_closed(l->ch, l->to) ? 0 : vacate_move(l, cpu);
}

static int vacate_end(struct leaver *l, unsigned int cpu, unsigned long deadline)
{
	int ret = l->ret;

	if (ret > 0)
		ret = modify_end(l->ch, &l->m, left_until(deadline));
	affinity_reserve(l->ch, l->to, -1);
	/* closed or taken back meanwhile: no interrupt of it comes any more */
	if (!ret || chan_leaving(l->ch) || ret == -ENODEV || vacate_closed(l->ch, l->to))
		return 0;
	pr_notice_ratelimited("CPU %u cannot go offline: channel %u stays on it (error %d)\n",
			      cpu, chan_relid(l->ch), ret);
	return -EBUSY;
}

/**
 * chan_vacate_cpu() - move all channels away from a CPU
 * @bus: the bus
 * @cpu: calling CPU, about to go offline
 *
 * The host is asked for all of them at once, and they have vmbus_timeout() together.
 * What the host had signalled before it learned of the move is served here.
 *
 * Context: CPU hotplug, may sleep; no lock of ours is held while the host is waited for.
 * Return: 0; -EBUSY if a channel cannot be moved; -ENOMEM.
 */
int chan_vacate_cpu(struct vmbus *bus, unsigned int cpu)
{
	unsigned long deadline = jiffies + vmbus_timeout();
	struct leaver *l, *next;
	LIST_HEAD(leavers);
	LIST_HEAD(owing);
	int ret = find_leavers(bus, cpu, &leavers);

	list_for_each_entry_safe(l, next, &leavers, entry) {
		l->ret = vacate_begin(l, cpu);
		if (l->owed)
			list_move_tail(&l->entry, &owing);
	}
	/* The host has all it can be asked for. */
	list_for_each_entry(l, &owing, entry)
		l->ret = vacate_late(l, cpu, deadline);
	list_splice_tail(&owing, &leavers);
	list_for_each_entry_safe(l, next, &leavers, entry) {
		ret = vacate_end(l, cpu, deadline) ?: ret;
		chan_put(l->ch);
		kfree(l);
	}
	if (ret)
		return ret;
	if (vmbus_proto_version < VERSION_WIN10_V5_3)
		msleep(NO_ANSWER_MS);
	intr_scan_late(bus, cpu);
	return 0;
}
