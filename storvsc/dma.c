// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whether the host finds a page by its physical address, as it does unless something
 * stands between: then commands need no DMA mapping, which costs more than the rest of
 * sending them.
 */
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/swiotlb.h>
#include <hv/isolation.h>

#include "storvsc.h"

/* One page through the mapping, to see that it does what it is known to do. */
static bool stor_page_is_direct(struct device *dev)
{
	struct page *page = alloc_page(GFP_KERNEL);
	bool direct = false;
	dma_addr_t at;

	if (!page)
		return false;
	at = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_BIDIRECTIONAL);
	if (!dma_mapping_error(dev, at)) {
		direct = at == page_to_phys(page);
		dma_unmap_page(dev, at, PAGE_SIZE, DMA_BIDIRECTIONAL);
	}
	__free_page(page);
	return direct;
}

/**
 * stor_dma_direct() - are bus addresses of a device physical ones, for all memory
 * @dev: VMBus device, its DMA set up
 *
 * Not so with operations of its own or an IOMMU, with bounce buffers for all, with caches
 * that do not see what the device does, with memory out of its reach, or memory that is
 * hidden from the host.
 *
 * Context: process.
 * Return: true if mapping may be left out.
 */
bool stor_dma_direct(struct device *dev)
{
	if (hv_isolated() || get_dma_ops(dev) || device_iommu_mapped(dev))
		return false;
	if (is_swiotlb_force_bounce(dev) || !dev_is_dma_coherent(dev))
		return false;
	if (dma_get_mask(dev) != DMA_BIT_MASK(64) || dev->bus_dma_limit)
		return false;
	return stor_page_is_direct(dev);
}
