/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: a mapped scatterlist is an array here. */
#ifndef _SHIM_SCATTERLIST_H
#define _SHIM_SCATTERLIST_H

#include <linux/types.h>

struct scatterlist {
	dma_addr_t dma_address;
	unsigned int dma_length;
	unsigned int length;
	u64 phys;
};

#define sg_dma_address(sg)		((sg)->dma_address)
#define sg_dma_len(sg)			((sg)->dma_length)
#define sg_init_table(sgl, n)		memset(sgl, 0, (n) * sizeof(*(sgl)))
#define sg_phys(sg)			((sg)->phys)
#define sg_set_page(sg, page, len, off)	((sg)->phys = ((page) << 12) + (off), (sg)->length = (len))
#define pfn_to_page(pfn)		((u64)(pfn))
#define sg_is_chain(sg)			((void)(sg), false)
#define sg_chain_ptr(sg)		(sg)
#define for_each_sg(sgl, sg, n, i)	for (i = 0, sg = (sgl); i < (n); i++, sg++)

#endif
