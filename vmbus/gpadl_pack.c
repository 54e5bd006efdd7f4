// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packs a guest memory list into one header message and as many body messages
 * as it takes ("GPADL" in the VMBus protocol).
 *
 * Pure.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include "gpadl_pack.h"

static_assert(sizeof(struct vmbus_channel_gpadl_header) == 20);
static_assert(sizeof(struct gpa_range) == 8);
static_assert(sizeof(struct vmbus_channel_gpadl_body) == 16);
static_assert(20 + 8 + 8 * GPADL_HEADER_FRAMES <= GPADL_MSG_MAX);
static_assert(16 + 8 * GPADL_BODY_FRAMES <= GPADL_MSG_MAX);
static_assert(8 + 8 * GPADL_MAX_FRAMES <= U16_MAX);

/* Frames of a header message are aligned to 4 only, hence by memcpy. */
static int put_frames(void *to, const u64 *pfns, u32 npfns, u32 most, u32 *used)
{
	u32 nr = npfns < most ? npfns : most;

	memcpy(to, pfns, nr * sizeof(*pfns));
	*used = nr;
	return nr * sizeof(*pfns);
}

/**
 * gpadl_pack_header - write the message that begins a list of one range
 * @buf: GPADL_MSG_MAX bytes, aligned to 4
 * @relid: channel that the list belongs to
 * @gpadl: handle chosen by the guest
 * @bytes: length of the whole range
 * @offset: where in its first page it starts
 * @pfns: all frames of the range, of HV_HYP_PAGE_SIZE
 * @npfns: how many
 * @used: gets how many of them went into this message; the rest goes into
 *	body messages
 *
 * Return: length of the message; -E2BIG if one list cannot hold so many
 * frames; -EINVAL if frames and length contradict each other.
 */
int gpadl_pack_header(void *buf, u32 relid, u32 gpadl, u32 bytes, u32 offset,
		      const u64 *pfns, u32 npfns, u32 *used)
{
	struct vmbus_channel_gpadl_header *msg = buf;
	u64 pages = ((u64)offset + bytes + HV_HYP_PAGE_SIZE - 1) >>
		    HV_HYP_PAGE_SHIFT;
	struct gpa_range range = { .byte_count = bytes, .byte_offset = offset };
	u8 *at = (u8 *)buf + sizeof(*msg);

	if (npfns > GPADL_MAX_FRAMES)
		return -E2BIG;
	if (!bytes || offset >= HV_HYP_PAGE_SIZE || npfns != pages)
		return -EINVAL;
	*msg = (struct vmbus_channel_gpadl_header){
		.header.msgtype = CHANNELMSG_GPADL_HEADER,
		.child_relid = relid,
		.gpadl = gpadl,
		.range_buflen = sizeof(range) + npfns * sizeof(*pfns),
		.rangecount = 1,
	};
	memcpy(at, &range, sizeof(range));
	return sizeof(*msg) + sizeof(range) +
	       put_frames(at + sizeof(range), pfns, npfns, GPADL_HEADER_FRAMES,
			  used);
}

/**
 * gpadl_pack_body - write one of the messages that go on with a list
 * @buf: GPADL_MSG_MAX bytes, aligned to 4
 * @seq: counts the body messages of a list, from 0
 * @gpadl: the list's handle
 * @pfns: frames that no message carries yet
 * @npfns: how many
 * @used: gets how many of them went into this message
 *
 * Return: length of the message, or -EINVAL without frames.
 */
int gpadl_pack_body(void *buf, u32 seq, u32 gpadl, const u64 *pfns, u32 npfns,
		    u32 *used)
{
	struct vmbus_channel_gpadl_body *msg = buf;

	if (!npfns)
		return -EINVAL;
	*msg = (struct vmbus_channel_gpadl_body){
		.header.msgtype = CHANNELMSG_GPADL_BODY,
		.msgnumber = seq,
		.gpadl = gpadl,
	};
	return sizeof(*msg) + put_frames((u8 *)buf + sizeof(*msg), pfns, npfns,
					 GPADL_BODY_FRAMES, used);
}
