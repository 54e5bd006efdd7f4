// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet descriptors ("Packet" in the VMBus protocol): length and offset in
 * units of 8 bytes, neither counting the trailer.
 *
 * Pure.
 */
#include <linux/errno.h>
#include <linux/hyperv.h>
#include "packet.h"

/**
 * packet_build - fill in a descriptor
 * @desc: first 16 bytes of the packet's header
 * @type: enum vmbus_packet_type
 * @header: bytes up to the payload, this descriptor included, multiple of 8
 * @payload: bytes of payload
 * @flags: VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED or 0
 * @id: transaction id
 *
 * Return: length of the packet, padded to 8 and without trailer, or -EINVAL
 * if it cannot be expressed.
 */
int packet_build(struct vmpacket_descriptor *desc, u16 type, u32 header,
		 u32 payload, u16 flags, u64 id)
{
	u32 len;

	if (header < sizeof(*desc) || header & 7 || header > PACKET_MAX ||
	    payload > PACKET_MAX - header)
		return -EINVAL;
	len = header + ((payload + 7) & ~7u);
	desc->type = type;
	desc->offset8 = header / 8;
	desc->len8 = len / 8;
	desc->flags = flags;
	desc->trans_id = id;
	return len;
}

/**
 * packet_check - is this descriptor possible
 * @desc: private copy of what the host wrote
 * @avail: bytes published from the descriptor on, its trailer not counted
 *
 * Only a wrong length makes it impossible to pass over the packet.
 *
 * Return: RING_OK, or what is wrong.
 */
enum ring_error packet_check(const struct vmpacket_descriptor *desc, u32 avail)
{
	if (hv_pkt_len(desc) < sizeof(*desc) || hv_pkt_len(desc) > avail)
		return RING_LENGTH;
	if (desc->offset8 * 8u < sizeof(*desc) || desc->offset8 > desc->len8)
		return RING_OFFSET;
	if (!packet_type_known(desc->type))
		return RING_TYPE;
	return RING_OK;
}

/**
 * packet_bad_value - the field that an error is about, for the log
 * @desc: the descriptor
 * @error: what packet_check() found
 *
 * Return: the field as it travelled.
 */
u32 packet_bad_value(const struct vmpacket_descriptor *desc,
		     enum ring_error error)
{
	switch (error) {
	case RING_LENGTH:
		return desc->len8;
	case RING_OFFSET:
		return desc->offset8;
	default:
		return desc->type;
	}
}

/**
 * packet_type_known - does the protocol define this packet type
 * @type: from a descriptor
 *
 * Return: true if so.
 */
bool packet_type_known(u16 type)
{
	return type > VM_PKT_INVALID && type <= VM_PKT_ADDITIONAL_DATA;
}
