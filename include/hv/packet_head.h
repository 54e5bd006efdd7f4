/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The first word of a VMBus packet, as the bus and drivers that write packets in place make it
 * ("Packet" in the VMBus protocol). Pure.
 */
#ifndef _HV_PACKET_HEAD_H
#define _HV_PACKET_HEAD_H

#include <linux/types.h>

/**
 * packet_head - the first word of a descriptor, of which the second is the id
 * @type: enum vmbus_packet_type
 * @header: bytes up to the payload, the descriptor included, a multiple of 8
 * @len: of the packet without trailer, a multiple of 8
 * @flags: VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED or 0
 *
 * Hosts and guests are little-endian, both.
 *
 * Return: the word.
 */
static inline u64 packet_head(u16 type, u32 header, u32 len, u16 flags)
{
	return type | (u64)header << 13 | (u64)len << 29 | (u64)flags << 48;
}

#endif
