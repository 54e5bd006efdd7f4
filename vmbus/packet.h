/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packet descriptors: building ours, checking the host's ("Packet" in the VMBus
 * protocol). Length and offset are in units of 8 bytes, neither counts the trailer.
 * Pure.
 */
#ifndef _HV_PACKET_H
#define _HV_PACKET_H

#include <linux/errno.h>
#include <linux/hyperv.h>
#include <hv/packet_head.h>
#include "ring.h"

static_assert(sizeof(struct vmpacket_descriptor) == 16);

/* Lengths travel in units of 8 bytes in 16 bits. */
#define PACKET_MAX	(0xffffu * 8)

/**
 * packet_words - a descriptor out of its two words
 * @desc: gets the fields
 * @head: first word
 * @id: second word
 */
static inline void packet_words(struct vmpacket_descriptor *desc, u64 head, u64 id)
{
	desc->type = head;
	desc->offset8 = head >> 16;
	desc->len8 = head >> 32;
	desc->flags = head >> 48;
	desc->trans_id = id;
}

/**
 * packet_build - fill in what describes a packet
 * @p: the packet, of which list and data are the caller's to set
 * @type: enum vmbus_packet_type
 * @list_len: bytes between descriptor and payload, a multiple of 8
 * @data_len: bytes of payload
 * @flags: VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED or 0
 *
 * Return: length of the packet, padded to 8 and without trailer, or -EINVAL
 * if it cannot be expressed.
 */
static inline int packet_build(struct ring_packet *p, u16 type, u32 list_len, u32 data_len,
			       u16 flags)
{
	u32 header = list_len + sizeof(struct vmpacket_descriptor);
	u32 len;

	if (list_len & 7 || list_len > PACKET_MAX - sizeof(struct vmpacket_descriptor) ||
	    data_len > PACKET_MAX - header)
		return -EINVAL;
	len = header + ((data_len + 7) & ~7u);
	p->head = packet_head(type, header, len, flags);
	p->list_len = list_len;
	p->data_len = data_len;
	p->len = len;
	return len;
}

/**
 * packet_type_known - does the protocol define this packet type
 * @type: from a descriptor
 *
 * Return: true if so.
 */
static inline bool packet_type_known(u16 type)
{
	return type > VM_PKT_INVALID && type <= VM_PKT_ADDITIONAL_DATA;
}

/**
 * packet_len - length that a descriptor tells
 * @head: its first word
 *
 * Return: bytes, the trailer not counted.
 */
static inline u32 packet_len(u64 head)
{
	return (head >> 29) & (0xffffu << 3);
}

/**
 * packet_check - is this descriptor possible
 * @head: its first word, a private copy of what the host wrote
 * @avail: bytes published from the descriptor on, its trailer not counted
 *
 * Only a wrong length makes it impossible to pass over the packet.
 *
 * Return: RING_OK, or what is wrong.
 */
static inline enum ring_error packet_check(u64 head, u32 avail)
{
	u32 len = packet_len(head), offset = (head >> 13) & (0xffffu << 3);

	if (unlikely(len < sizeof(struct vmpacket_descriptor) || len > avail))
		return RING_LENGTH;
	if (unlikely(offset < sizeof(struct vmpacket_descriptor) || offset > len))
		return RING_OFFSET;
	if (unlikely(!packet_type_known(head)))
		return RING_TYPE;
	return RING_OK;
}

/**
 * packet_bad_value - the field that an error is about, for the log
 * @head: first word of the descriptor
 * @error: what packet_check() found
 *
 * Return: the field as it travelled.
 */
static inline u32 packet_bad_value(u64 head, enum ring_error error)
{
	switch (error) {
	case RING_LENGTH:
		return (u16)(head >> 32);
	case RING_OFFSET:
		return (u16)(head >> 16);
	default:
		return (u16)head;
	}
}

#endif
