/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: a mapped scatterlist is an array here. */
#ifndef _SHIM_SCATTERLIST_H
#define _SHIM_SCATTERLIST_H

#include <linux/types.h>

struct scatterlist {
	dma_addr_t dma_address;
	unsigned int dma_length;
	unsigned int length;
};

#define sg_dma_address(sg)		((sg)->dma_address)
#define sg_dma_len(sg)			((sg)->dma_length)
#define sg_init_table(sgl, n)		memset(sgl, 0, (n) * sizeof(*(sgl)))
#define for_each_sg(sgl, sg, n, i)	for (i = 0, sg = (sgl); i < (n); i++, sg++)

#endif
