/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet descriptors: building ours, checking the host's. Pure.
 */
#ifndef _HV_PACKET_H
#define _HV_PACKET_H

#include <linux/hyperv.h>
#include "ring.h"

static_assert(sizeof(struct vmpacket_descriptor) == 16);

/* Lengths travel in units of 8 bytes in 16 bits. */
#define PACKET_MAX	(0xffffu * 8)

int packet_build(struct vmpacket_descriptor *desc, u16 type, u32 header,
		 u32 payload, u16 flags, u64 id);
enum ring_error packet_check(const struct vmpacket_descriptor *desc, u32 avail);
u32 packet_bad_value(const struct vmpacket_descriptor *desc,
		     enum ring_error error);
bool packet_type_known(u16 type);

#endif
