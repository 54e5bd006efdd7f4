// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU has the least to do: a device's channels are spread over CPUs, devices
 * over nodes. The counts are kept, so a choice costs a look at each CPU, however many
 * channels there are. Pure.
 */
#include "spread.h"

/**
 * spread_see() - what a CPU is now
 * @s: the machine
 * @cpu: one of it
 * @node: its node; any other number than those there are is taken for 0
 * @usable: online, and may be bothered
 *
 * A CPU with channels stays on the node that they are counted on.
 */
void spread_see(struct spread *s, unsigned int cpu, int node, bool usable)
{
	struct spread_cpu *c = &s->cpus[cpu];

	c->usable = usable;
	if (!c->channels)
		c->node = node >= 0 && node < s->nr_nodes ? node : 0;
}

/**
 * spread_count() - a channel has its interrupts on a CPU, or no longer
 * @s: the machine
 * @own: channels of its device by CPU
 * @cpu: that one; any other number is of no interest
 * @by: 1 or -1
 */
void spread_count(struct spread *s, u16 *own, unsigned int cpu, int by)
{
	if (cpu >= s->nr)
		return;
	s->cpus[cpu].channels += by;
	s->nodes[s->cpus[cpu].node] += by;
	own[cpu] += by;
}

static bool lighter(const struct spread *s, const u16 *own, unsigned int a, unsigned int b)
{
	unsigned int node_a = s->nodes[s->cpus[a].node], node_b = s->nodes[s->cpus[b].node];

	if (own[a] != own[b])
		return own[a] < own[b];
	if (node_a != node_b)
		return node_a < node_b;
	return s->cpus[a].channels < s->cpus[b].channels;
}

/**
 * spread_pick() - the CPU with the least to do
 * @s: the machine
 * @own: channels by CPU of the device that it is wanted for
 *
 * Return: the first of those that are equal; their number if none is usable.
 */
unsigned int spread_pick(const struct spread *s, const u16 *own)
{
	unsigned int cpu, best = s->nr;

	for (cpu = 0; cpu < s->nr; cpu++) {
		if (!s->cpus[cpu].usable)
			continue;
		if (best == s->nr || lighter(s, own, cpu, best))
			best = cpu;
	}
	return best;
}
