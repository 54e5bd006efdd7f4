/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU has the least to do: the arithmetic of CPU placement. Pure. */
#ifndef _HV_SPREAD_H
#define _HV_SPREAD_H

#include <linux/types.h>

/**
 * struct spread_cpu - how much a CPU already has to do
 * @node: its NUMA node
 * @usable: online, and may be bothered
 * @channels: channels of all spread devices
 */
struct spread_cpu {
	unsigned int node;
	bool usable;
	unsigned int channels;
};

/**
 * struct spread - the machine
 * @nr: CPUs
 * @nr_nodes: NUMA nodes
 * @cpus: each CPU
 * @nodes: channels of all spread devices on each node
 */
struct spread {
	unsigned int nr;
	unsigned int nr_nodes;
	struct spread_cpu *cpus;
	unsigned int *nodes;
};

void spread_see(struct spread *s, unsigned int cpu, int node, bool usable);
void spread_count(struct spread *s, u16 *own, unsigned int cpu, int by);
unsigned int spread_pick(const struct spread *s, const u16 *own);

#endif
