// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU takes a channel's interrupts: the choice, and the counts that it rests on.
 * How a channel gets from one to another is move.c's.
 *
 * Owns vmbus.spread_lock.
 */
#include <linux/cpu.h>
#include <linux/sched/isolation.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include "vmbus_priv.h"

/**
 * affinity_usable() - may a CPU be bothered
 * @cpu: a possible CPU
 *
 * Context: CPUs cannot come or go.
 * Return: true if it is online and not isolated; if the user isolated every one,
 * affinity_pick() takes the connect CPU.
 */
bool affinity_usable(unsigned int cpu)
{
	return cpu_online(cpu) && cpumask_test_cpu(cpu, housekeeping_cpumask(HK_TYPE_MANAGED_IRQ));
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

/**
 * affinity_place() - the channel's CPU is that one from now on
 * @ch: channel
 * @cpu: its CPU
 *
 * Context: vmbus_chan.tell held: nobody tells the host another one meanwhile.
 */
void affinity_place(struct vmbus_channel *ch, unsigned int cpu)
{
	struct vmbus *bus = to_chan(ch)->bus;

	spin_lock(&bus->spread_lock);
	count(ch, -1);
	ch->target_cpu = cpu;
	count(ch, 1);
	spin_unlock(&bus->spread_lock);
}

/**
 * affinity_reserve() - a channel is on its way to a CPU, or there, or will not come
 * @ch: channel
 * @cpu: the CPU
 * @by: 1, and once -1
 *
 * Those that are chosen before it has come see it there already.
 */
void affinity_reserve(struct vmbus_channel *ch, unsigned int cpu, int by)
{
	struct vmbus_chan *primary = to_chan(chan_primary(ch));

	if (!primary->on_cpu)
		return;
	spin_lock(&primary->bus->spread_lock);
	spread_count(&primary->bus->spread, primary->on_cpu, cpu, by);
	spin_unlock(&primary->bus->spread_lock);
}

/**
 * affinity_pick() - choose a channel's CPU
 * @ch: channel; if it is counted already, it does not weigh itself
 * @not: a CPU that shall not be chosen
 *
 * Disks and NICs are spread, a device's channels over CPUs, devices over nodes; all others
 * stay on the CPU that gets the control messages.
 *
 * Context: CPUs cannot come or go.
 * Return: the CPU.
 */
unsigned int affinity_pick(struct vmbus_channel *ch, unsigned int not)
{
	struct vmbus_chan *primary = to_chan(chan_primary(ch));
	struct spread *s = &primary->bus->spread;
	unsigned int cpu;

	if (!primary->on_cpu)
		return VMBUS_CONNECT_CPU;
	spin_lock(&primary->bus->spread_lock);
	for (cpu = 0; cpu < s->nr; cpu++)
		spread_see(s, cpu, cpu_to_node(cpu), cpu != not && affinity_usable(cpu));
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
	ch->target_cpu = affinity_pick(ch, nr_cpu_ids);
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
