/* SPDX-License-Identifier: GPL-2.0-only */
/* What our bus can do and the kernel's own cannot. */
#ifndef _NETVSC_BUS_H
#define _NETVSC_BUS_H

#include <linux/hyperv.h>

/**
 * struct nv_bus - calls of hv/ring_hold.h, each NULL where there is none
 * @place: packets can be written in place; then the next two are there too
 * @placed: and sent
 * @forget: or not
 * @answer: several of the host's packets given back at once
 */
struct nv_bus {
	void *(*place)(struct vmbus_channel *channel, u32 len);
	void (*placed)(struct vmbus_channel *channel, u64 head, u32 len, u64 id);
	void (*forget)(struct vmbus_channel *channel);
	int (*answer)(struct vmbus_channel *channel, const u64 *ids, u32 count, u64 word);
};

extern struct nv_bus nv_bus;

void nv_bus_find(void);
void nv_bus_put(void);

#endif
