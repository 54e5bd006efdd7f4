/* SPDX-License-Identifier: GPL-2.0-only */
/* Which CPU has the least to do: the arithmetic of CPU placement. Pure. */
#ifndef _HV_SPREAD_H
#define _HV_SPREAD_H

#include <linux/types.h>

/**
 * struct spread_cpu - how much a CPU already has to do
 * @node: its NUMA node
 * @usable: online, and may be bothered
 * @same: channels of the device in question
 * @all: channels of all spread devices
 * @on_node: the same on its whole node
 */
struct spread_cpu {
	int node;
	bool usable;
	unsigned int same;
	unsigned int all;
	unsigned int on_node;
};

void spread_count(struct spread_cpu *cpus, unsigned int nr, unsigned int cpu, bool same);
unsigned int spread_pick(const struct spread_cpu *cpus, unsigned int nr);

#endif
