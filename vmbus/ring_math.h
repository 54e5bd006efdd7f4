/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places on a ring: offsets into a data area whose size and indices are multiples of 8, so
 * that a word of 8 bytes never lies around its end. Pure.
 */
#ifndef _HV_RING_MATH_H
#define _HV_RING_MATH_H

#include <linux/string.h>
#include <linux/types.h>

static inline bool index_ok(u32 index, u32 size)
{
	return index < size && !(index & 7);
}

/* Bytes from @from up to @to in a ring of @size; equal means none. */
static inline u32 distance(u32 from, u32 to, u32 size)
{
	return to >= from ? to - from : to + (size - from);
}

/* @index moved on by @by, which is at most @size. */
static inline u32 advance(u32 index, u32 by, u32 size)
{
	u32 room = size - index;

	return by < room ? index + by : by - room;
}

/**
 * ring_bytes - copy out of a data area, around its end
 * @data: data area
 * @size: its size
 * @at: where from, below @size
 * @to: private memory
 * @len: bytes, at most @size
 */
static inline void ring_bytes(const u8 *data, u32 size, u32 at, void *to, u32 len)
{
	u32 room = size - at;

	if (likely(len <= room)) {
		memcpy(to, data + at, len);
		return;
	}
	memcpy(to, data + at, room);
	memcpy((u8 *)to + room, data, len - room);
}

#endif
