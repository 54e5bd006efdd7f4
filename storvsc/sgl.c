// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns a scatterlist into the one range of page frames that a storage
 * packet carries (pure: no device, no locks, no sleeping).
 */
#include <linux/hyperv.h>
#include <linux/scatterlist.h>

#include "sgl.h"

/* The entry behind @sg, which is not the last one. */
static inline struct scatterlist *stor_sg_behind(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

static __always_inline int stor_to_frames(struct scatterlist *sg, unsigned int nents, u32 len,
					  u64 *frames, unsigned int max, u32 *offset, bool mapped)
{
	unsigned int n = 0;
	u32 left = len;

	for (; nents; nents--) {
		u64 addr = mapped ? sg_dma_address(sg) : sg_phys(sg);
		u32 bytes = min(mapped ? sg_dma_len(sg) : sg->length, left);
		u32 head = offset_in_hvpage(addr);
		u64 frame = HVPFN_DOWN(addr);
		unsigned int count;

		if (likely(bytes == HV_HYP_PAGE_SIZE && !head && n < max)) {
			/* the usual one: a page, all of it */
			if (!n)
				*offset = 0;
			frames[n++] = frame;
			left -= HV_HYP_PAGE_SIZE;
			if (!left)
				return n;
		} else if (bytes) {
			if (!n)
				*offset = head;
			else if (head)
				return -EINVAL;

			count = HVPFN_UP((u64)head + bytes);
			left -= bytes;
			if (left && offset_in_hvpage(addr + bytes))
				return -EINVAL;
			if (count > max - n)
				return -E2BIG;
			while (count--)
				frames[n++] = frame++;
			if (!left)
				return n;
		}
		if (nents > 1)
			sg = stor_sg_behind(sg);
	}
	return -EINVAL;
}

/**
 * stor_sgl_walk() - stor_sgl_to_frames() for more than one page
 * @sgl: scatterlist
 * @nents: number of its entries
 * @len: bytes that the command transfers, not 0
 * @frames: where the frame numbers go
 * @max: room in @frames
 * @offset: out: offset of the first byte in the first frame; written only
 * @mapped: by their bus addresses
 *
 * Return: as stor_sgl_to_frames().
 */
int stor_sgl_walk(struct scatterlist *sgl, unsigned int nents, u32 len,
		  u64 *frames, unsigned int max, u32 *offset, bool mapped)
{
	if (mapped)
		return stor_to_frames(sgl, nents, len, frames, max, offset, true);
	return stor_to_frames(sgl, nents, len, frames, max, offset, false);
}
