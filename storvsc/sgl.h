/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Scatterlists as the one range of page frames that a storage packet carries (pure).
 */
#ifndef _STOR_SGL_H
#define _STOR_SGL_H

#include <linux/hyperv.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

int stor_sgl_walk(struct scatterlist *sgl, unsigned int nents, u32 len,
		  u64 *frames, unsigned int max, u32 *offset, bool mapped);

/* Where an entry begins: its bus address, or where it lies. */
static __always_inline u64 stor_sg_at(struct scatterlist *sg, bool mapped)
{
	return mapped ? sg_dma_address(sg) : sg_phys(sg);
}

/**
 * stor_sgl_to_frames() - fill in the page frames of a data buffer
 * @sgl: scatterlist
 * @nents: number of its entries
 * @len: bytes that the command transfers, not 0
 * @frames: where the frame numbers go; written only, it may be memory of the host's too
 * @max: room in @frames
 * @offset: out: offset of the first byte in the first frame; written only, as @frames
 * @mapped: by their bus addresses, else by the physical ones, which are the same then
 *
 * The protocol knows a single range per packet, whose frames are all used in
 * full but the first and the last, so an entry that is not the first must
 * start on a page boundary and one that is not the last must end on one.  The
 * block layer promises that (virt_boundary_mask); here it is checked, since a
 * broken promise would make the host write over other memory.
 *
 * Return: number of frames, -EINVAL if the entries leave a gap or are shorter
 * than @len, -E2BIG if @max is too small.
 */
static __always_inline int stor_sgl_to_frames(struct scatterlist *sgl, unsigned int nents,
					      u32 len, u64 *frames, unsigned int max,
					      u32 *offset, bool mapped)
{
	u32 room = mapped ? sg_dma_len(sgl) : sgl->length;
	u64 at = stor_sg_at(sgl, mapped);

	/* the usual small command: in the first entry, and in one page of that */
	if (likely(nents && max && len && len <= room &&
		   offset_in_hvpage(at) + len <= HV_HYP_PAGE_SIZE)) {
		frames[0] = HVPFN_DOWN(at);
		*offset = offset_in_hvpage(at);
		return 1;
	}
	return stor_sgl_walk(sgl, nents, len, frames, max, offset, mapped);
}

#endif
