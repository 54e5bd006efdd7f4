// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU takes a channel's interrupts: the first choice, moves, and moving
 * away from a CPU that goes offline.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/delay.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "trace.h"
#include "vmbus_priv.h"

#define NO_ANSWER_MS	20	/* before 5.3 nothing tells when a move has taken place */

/* CPUs that may be bothered; if the user isolated every one, pick() takes the connect CPU. */
static bool usable(unsigned int cpu, unsigned int not)
{
	return cpu_online(cpu) && cpu != not &&
	       cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_MANAGED_IRQ));
}

/**
 * affinity_start() - count channels by CPU from now on
 * @bus: the bus, without channels
 *
 * Return: 0 or -ENOMEM.
 */
int affinity_start(struct vmbus *bus)
{
	struct spread *s = &bus->spread;

	spin_lock_init(&bus->spread_lock);
	s->nr = nr_cpu_ids;
	s->nr_nodes = nr_node_ids;
	s->cpus = kvcalloc(s->nr, sizeof(*s->cpus), GFP_KERNEL);
	s->nodes = kcalloc(s->nr_nodes, sizeof(*s->nodes), GFP_KERNEL);
	if (s->cpus && s->nodes)
		return 0;
	affinity_stop(bus);
	return -ENOMEM;
}

/**
 * affinity_stop() - the end of affinity_start()
 * @bus: the bus, without channels
 */
void affinity_stop(struct vmbus *bus)
{
	kvfree(bus->spread.cpus);
	kfree(bus->spread.nodes);
	bus->spread.cpus = NULL;
	bus->spread.nodes = NULL;
}

/**
 * affinity_alloc() - what a channel needs to have its CPU chosen
 * @chan: new channel, its offer taken over; chan_free() frees its on_cpu
 *
 * Return: 0 or -ENOMEM.
 */
int affinity_alloc(struct vmbus_chan *chan)
{
	if (is_sub_channel(&chan->ch) || !devtype_perf(chan->ch.device_id))
		return 0;
	chan->on_cpu = kcalloc(chan->bus->spread.nr, sizeof(*chan->on_cpu), GFP_KERNEL);
	return chan->on_cpu ? 0 : -ENOMEM;
}

static void count(struct vmbus_channel *ch, int by)
{
	struct vmbus_chan *chan = to_chan(ch);

	lockdep_assert_held(&chan->bus->spread_lock);
	if (test_bit(CHAN_COUNTED, &chan->flags))
		spread_count(&chan->bus->spread, to_chan(chan_primary(ch))->on_cpu, ch->target_cpu,
			     by);
}

/* The channel's CPU is that one from now on.  Takes vmbus.spread_lock. */
static void place(struct vmbus_channel *ch, unsigned int cpu)
{
	struct vmbus *bus = to_chan(ch)->bus;

	spin_lock(&bus->spread_lock);
	count(ch, -1);
	ch->target_cpu = cpu;
	count(ch, 1);
	spin_unlock(&bus->spread_lock);
}

/*
 * Choose a channel's CPU, which is not @not: disks and NICs are spread, a device's channels
 * over CPUs, devices over nodes; all others stay on the CPU that gets the control messages.
 * The channel itself, if it is counted already, does not weigh.
 *
 * CPUs cannot come or go.  Takes vmbus.spread_lock.
 */
static unsigned int pick(struct vmbus_channel *ch, unsigned int not)
{
	struct vmbus_chan *primary = to_chan(chan_primary(ch));
	struct spread *s = &primary->bus->spread;
	unsigned int cpu;

	if (!primary->on_cpu)
		return VMBUS_CONNECT_CPU;
	spin_lock(&primary->bus->spread_lock);
	for (cpu = 0; cpu < s->nr; cpu++)
		spread_see(s, cpu, cpu_to_node(cpu), usable(cpu, not));
	count(ch, -1);
	cpu = spread_pick(s, primary->on_cpu);
	count(ch, 1);
	spin_unlock(&primary->bus->spread_lock);
	return cpu < s->nr ? cpu : VMBUS_CONNECT_CPU;
}

/**
 * affinity_join() - choose a new channel's CPU
 * @ch: channel, not yet counted
 *
 * Context: vmbus.chan_mutex held; CPUs cannot come or go.
 */
void affinity_join(struct vmbus_channel *ch)
{
	lockdep_assert_held(&to_chan(ch)->bus->chan_mutex);
	ch->target_cpu = pick(ch, nr_cpu_ids);
	if (!to_chan(chan_primary(ch))->on_cpu)
		return;
	spin_lock(&to_chan(ch)->bus->spread_lock);
	set_bit(CHAN_COUNTED, &to_chan(ch)->flags);
	count(ch, 1);
	spin_unlock(&to_chan(ch)->bus->spread_lock);
}

/**
 * affinity_leave() - a channel needs no CPU any more
 * @ch: channel that is not open
 *
 * Context: vmbus.chan_mutex held.
 */
void affinity_leave(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;

	lockdep_assert_held(&bus->chan_mutex);
	spin_lock(&bus->spread_lock);
	count(ch, -1);
	clear_bit(CHAN_COUNTED, &to_chan(ch)->flags);
	spin_unlock(&bus->spread_lock);
}

/* Posted while the channel is open for sure; 0 if there will be an answer to wait for. */
static int post_modify(struct vmbus_channel *channel, u32 target_vp, struct vmbus_req *req,
		       unsigned int *opening)
{
	struct vmbus_chan *chan = to_chan(channel);
	struct vmbus_channel_modifychannel msg = {
		.header.msgtype = CHANNELMSG_MODIFYCHANNEL,
		.child_relid = chan_relid(channel),
		.target_vp = target_vp,
	};
	int ret;

	vmbus_req_start(chan->bus, req);
	/* A host ignores it after CLOSE, and would never answer: see begin_close(). */
	mutex_lock(&chan->tell);
	*opening = chan->opens;
	ret = chan_step(channel, EV_MODIFY);
	if (ret >= 0) {
		ret = vmbus_post(chan->bus, &msg, sizeof(msg));
		trace_vmbus_send_modifychannel(&msg, ret);
	}
	mutex_unlock(&chan->tell);
	if (ret)
		vmbus_req_cancel(chan->bus, req);
	return ret;
}

static int modify(struct vmbus_channel *channel, u32 target_vp, unsigned int *opening)
{
	struct vmbus *bus = to_chan(channel)->bus;
	struct vmbus_req req = {
		.type = CHANNELMSG_MODIFYCHANNEL_RESPONSE,
		.relid = chan_relid(channel),
		.chan = to_chan(channel),
	};
	const struct vmbus_channel_modifychannel_response *rsp = (void *)req.reply;
	int ret = post_modify(channel, target_vp, &req, opening);

	if (ret)
		return ret;
	if (vmbus_proto_version < VERSION_WIN10_V5_3) {
		vmbus_req_cancel(bus, &req);
		return 0;
	}
	ret = vmbus_req_wait(bus, &req, vmbus_timeout());
	if (!ret && rsp->status) {
		chan_bad(channel, VERR_REFUSED, "move to VP %u, status %#x", target_vp,
			 rsp->status);
		ret = -EIO;
	}
	return ret;
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
 * Return: 0; -EINVAL: not open; -EIO: the host refused, or could not be told; -ENODEV;
 * -ETIMEDOUT.
 */
int vmbus_send_modifychannel(struct vmbus_channel *channel, u32 target_vp)
{
	unsigned int opening;

	return modify(channel, target_vp, &opening);
}

void vmbus_on_modify_response(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_modifychannel_response *m = msg;

	trace_vmbus_onmodifychannel_response(m);
	if (!vmbus_req_answer(bus, CHANNELMSG_MODIFYCHANNEL_RESPONSE, m->child_relid, 0, msg, len))
		vmbus_bad(bus, VERR_LATE_REPLY,
			  "modify response (relid %u, status %#x), nobody waits",
			  m->child_relid, m->status);
}

/*
 * The host has moved it; so do we, if that is still the opening that it spoke of.  Within
 * tell, so that a close comes before, and nothing is moved, or waits for the driver's call.
 */
static int moved(struct vmbus_channel *ch, unsigned int cpu, unsigned int opening)
{
	struct vmbus_chan *chan = to_chan(ch);
	unsigned int old = ch->target_cpu;
	void (*told)(struct vmbus_channel *ch, u32 from, u32 to);
	int ret = -EIO;

	mutex_lock(&chan->tell);
	if (chan->opens == opening && chan_step(ch, EV_MODIFY) >= 0) {
		place(ch, cpu);
		/* drivers take it away while the channel is open */
		told = READ_ONCE(ch->change_target_cpu_callback);
		if (told)
			told(ch, old, cpu);
		ret = 0;
	}
	mutex_unlock(&chan->tell);
	return ret;
}

/* CPUs cannot come or go meanwhile, and nobody else moves the channel. */
static int move(struct vmbus_channel *ch, unsigned int cpu)
{
	unsigned int opening;
	int ret;

	if (ch->target_cpu == cpu)
		return 0;
	if (vmbus_proto_version < VERSION_WIN10_V4_1)
		return -EIO;
	ret = modify(ch, hv_cpu_to_vp(cpu), &opening);
	if (ret)
		return ret == -EINVAL ? -EIO : ret;
	return moved(ch, cpu, opening);
}

/**
 * chan_move() - move a channel's interrupts on the user's wish
 * @ch: channel
 * @cpu: any number
 *
 * Context: may sleep; vmbus.chan_mutex not held.
 * Return: 0; -EINVAL: no such CPU online, or isolated; -EIO: the channel is not
 * open, or the host cannot or would not; -ENODEV; -ETIMEDOUT.
 */
int chan_move(struct vmbus_channel *ch, unsigned int cpu)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret;

	if (cpu >= nr_cpu_ids)
		return -EINVAL;
	cpus_read_lock();
	mutex_lock(&chan->move);
	if (!cpu_online(cpu) || !cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_MANAGED_IRQ)))
		ret = -EINVAL;
	else
		ret = move(ch, cpu);
	mutex_unlock(&chan->move);
	cpus_read_unlock();
	return ret;
}

/* A closed channel just gets another CPU, of which the host learns at the next open. */
static bool vacate_closed(struct vmbus_channel *ch, unsigned int to)
{
	struct vmbus_chan *chan = to_chan(ch);
	bool closed;

	mutex_lock(&chan->tell);	/* against begin_open() */
	closed = !chan_in_use(ch);
	if (closed)
		place(ch, to);
	mutex_unlock(&chan->tell);
	return closed;
}

static int vacate_one(struct vmbus_channel *ch, unsigned int cpu)
{
	unsigned int to;
	int ret;

	if (ch->target_cpu != cpu || chan_leaving(ch))
		return 0;
	to = pick(ch, cpu);
	if (vacate_closed(ch, to))
		return 0;
	ret = move(ch, to);
	/* closed or taken back meanwhile: no interrupt of it comes any more */
	if (!ret || ret == -ENODEV || vacate_closed(ch, to))
		return 0;
	pr_notice("CPU %u cannot go offline: channel %u stays on it (error %d)\n", cpu,
		  chan_relid(ch), ret);
	return -EBUSY;
}

/**
 * affinity_vacate() - move all channels away from a CPU
 * @bus: the bus
 * @cpu: calling CPU, about to go offline
 *
 * What the host had signalled before it learned of the move is served here.
 *
 * Context: CPU hotplug, may sleep.
 * Return: 0, or -EBUSY if a channel cannot be moved.
 */
int affinity_vacate(struct vmbus *bus, unsigned int cpu)
{
	struct vmbus_channel *primary, *sub;
	int ret = 0;

	mutex_lock(&bus->chan_mutex);
	list_for_each_entry(primary, &bus->chans, listentry) {
		ret = vacate_one(primary, cpu);
		if (ret)
			goto unlock;
		list_for_each_entry(sub, &primary->sc_list, sc_list) {
			ret = vacate_one(sub, cpu);
			if (ret)
				goto unlock;
		}
	}
unlock:
	mutex_unlock(&bus->chan_mutex);
	if (ret)
		return ret;
	if (vmbus_proto_version < VERSION_WIN10_V5_3)
		msleep(NO_ANSWER_MS);
	intr_scan_late(bus, cpu);
	return 0;
}
