/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Several packets, one signal, packets written in place, many answers in one call, and what became
 * of closed rings: what our hv_vmbus offers beyond <linux/hyperv.h>.
 *
 * The kernel's own hv_vmbus does not have these calls, and a driver of ours
 * works on either bus. So nobody links against them: symbol_get() finds them
 * or does not, and without them each packet is copied and shown to the host by itself, and
 * closing a channel waits for the host without a limit.
 */
#ifndef _HV_RING_HOLD_H
#define _HV_RING_HOLD_H

#include <linux/hyperv.h>
#include <hv/packet_head.h>

void hv_ring_hold(struct vmbus_channel *channel);
void hv_ring_let_go(struct vmbus_channel *channel);
void *hv_ring_place(struct vmbus_channel *channel, u32 len);
void hv_ring_placed(struct vmbus_channel *channel, u64 head, u32 len, u64 id);
void hv_ring_forget(struct vmbus_channel *channel);
int hv_ring_answer(struct vmbus_channel *channel, const u64 *ids, u32 count, u64 word);
bool hv_ring_kept(struct vmbus_channel *channel);
bool hv_gpadl_kept(struct vmbus_channel *channel, u32 gpadl);

#endif
