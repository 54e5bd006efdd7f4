// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which CPU has the least to do: a device's channels are spread over CPUs, devices
 * over nodes. Pure.
 */
#include "spread.h"

/**
 * spread_count() - a channel has its interrupts on a CPU
 * @cpus: all of them
 * @nr: how many
 * @cpu: that one; any other number is of no interest
 * @same: the channel is of the device that a CPU is wanted for
 */
void spread_count(struct spread_cpu *cpus, unsigned int nr, unsigned int cpu, bool same)
{
	unsigned int i;

	if (cpu >= nr)
		return;
	cpus[cpu].all++;
	if (same)
		cpus[cpu].same++;
	for (i = 0; i < nr; i++) {
		if (cpus[i].node == cpus[cpu].node)
			cpus[i].on_node++;
	}
}

static bool lighter(const struct spread_cpu *a, const struct spread_cpu *b)
{
	if (a->same != b->same)
		return a->same < b->same;
	if (a->on_node != b->on_node)
		return a->on_node < b->on_node;
	return a->all < b->all;
}

/**
 * spread_pick() - the CPU with the least to do
 * @cpus: all of them, counted
 * @nr: how many
 *
 * Return: the first of those that are equal; @nr if none is usable.
 */
unsigned int spread_pick(const struct spread_cpu *cpus, unsigned int nr)
{
	unsigned int cpu, best = nr;

	for (cpu = 0; cpu < nr; cpu++) {
		if (!cpus[cpu].usable)
			continue;
		if (best == nr || lighter(&cpus[cpu], &cpus[best]))
			best = cpu;
	}
	return best;
}
