// SPDX-License-Identifier: GPL-2.0-only
/*
 * Turns a mapped scatterlist into the one range of page frames that a storage
 * packet carries (pure: no device, no locks, no sleeping).
 */
#include <linux/hyperv.h>
#include <linux/scatterlist.h>

#include "sgl.h"

/**
 * stor_sgl_to_frames() - fill in the page frames of a data buffer
 * @sgl: scatterlist, already mapped for DMA
 * @nents: number of mapped entries
 * @len: bytes that the command transfers, not 0
 * @frames: where the frame numbers go
 * @max: room in @frames
 * @offset: out: offset of the first byte in the first frame
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
int stor_sgl_to_frames(struct scatterlist *sgl, unsigned int nents, u32 len,
		       u64 *frames, unsigned int max, u32 *offset)
{
	struct scatterlist *sg;
	unsigned int n = 0;
	u32 left = len;
	unsigned int i;

	for_each_sg(sgl, sg, nents, i) {
		dma_addr_t addr = sg_dma_address(sg);
		u32 bytes = min(sg_dma_len(sg), left);
		u32 head = offset_in_hvpage(addr);
		unsigned int count;
		u64 frame = HVPFN_DOWN(addr);

		if (!bytes)
			continue;
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
			break;
	}
	return left || !n ? -EINVAL : n;
}
