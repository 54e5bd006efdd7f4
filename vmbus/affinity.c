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
#include "spread.h"
#include "trace.h"
#include "vmbus_priv.h"

#define NO_ANSWER_MS	20	/* before 5.3 nothing tells when a move has taken place */

static void count_channel(struct spread_cpu *cpus, const struct vmbus_channel *ch, bool same)
{
	if (devtype_perf(ch->device_id))
		spread_count(cpus, nr_cpu_ids, ch->target_cpu, same);
}

static void count_all(struct spread_cpu *cpus, struct vmbus *bus, struct vmbus_channel *of)
{
	struct vmbus_channel *primary, *sub;

	list_for_each_entry(primary, &bus->chans, listentry) {
		bool same = primary == chan_primary(of);

		if (primary != of)
			count_channel(cpus, primary, same);
		list_for_each_entry(sub, &primary->sc_list, sc_list) {
			if (sub != of)
				count_channel(cpus, sub, same);
		}
	}
}

/* CPUs that may be bothered; all that are online if the user isolated every one */
static bool usable(unsigned int cpu, unsigned int not)
{
	return cpu != not && cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_MANAGED_IRQ));
}

static void fill_cpus(struct spread_cpu *cpus, unsigned int not)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		cpus[cpu].node = cpu_to_node(cpu);
		cpus[cpu].usable = cpu_online(cpu) && usable(cpu, not);
	}
}

/**
 * affinity_pick() - choose a channel's CPU
 * @ch: channel, already in the lists
 * @not: a CPU that will not do, or nr_cpu_ids
 *
 * Disks and NICs are spread: a device's channels over CPUs, devices over nodes.
 * All others stay on the CPU that gets the control messages.
 *
 * Context: vmbus.chan_mutex held; CPUs cannot come or go.
 * Return: an online CPU.
 */
unsigned int affinity_pick(struct vmbus_channel *ch, unsigned int not)
{
	struct vmbus *bus = to_chan(ch)->bus;
	struct spread_cpu *cpus;
	unsigned int cpu;

	lockdep_assert_held(&bus->chan_mutex);
	if (!devtype_perf(ch->device_id))
		return VMBUS_CONNECT_CPU;
	cpus = kvcalloc(nr_cpu_ids, sizeof(*cpus), GFP_KERNEL);
	if (!cpus)
		return VMBUS_CONNECT_CPU;
	fill_cpus(cpus, not);
	count_all(cpus, bus, ch);
	cpu = spread_pick(cpus, nr_cpu_ids);
	kvfree(cpus);
	return cpu < nr_cpu_ids ? cpu : VMBUS_CONNECT_CPU;
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
	int ret = -EIO;

	mutex_lock(&chan->tell);
	if (chan->opens == opening && chan_step(ch, EV_MODIFY) >= 0) {
		ch->target_cpu = cpu;
		if (ch->change_target_cpu_callback)
			ch->change_target_cpu_callback(ch, old, cpu);
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
		ch->target_cpu = to;
	mutex_unlock(&chan->tell);
	return closed;
}

static int vacate_one(struct vmbus_channel *ch, unsigned int cpu)
{
	unsigned int to;
	int ret;

	if (ch->target_cpu != cpu || READ_ONCE(ch->rescind))
		return 0;
	to = affinity_pick(ch, cpu);
	if (vacate_closed(ch, to))
		return 0;
	ret = move(ch, to);
	/* closed or taken back meanwhile: no interrupt of it comes any more */
	if (!ret || READ_ONCE(ch->rescind) || vacate_closed(ch, to))
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
