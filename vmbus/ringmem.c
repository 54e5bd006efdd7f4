// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory of a channel's two rings: pages, their order in the GPADL, and their
 * mapping.
 *
 * The host takes a list of page frames, so single pages do; the kernel sees
 * them in one piece through vmap.  Only vmbus_alloc_ring() must give one block:
 * its user, uio_hv_generic, maps it to user space by its physical address.
 */
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/vmalloc.h>
#include "vmbus_priv.h"

/**
 * ringmem_free_pages() - the pages and the array
 * @pages: array from this file or quarantine.c
 * @count: its length
 * @order: above 0 if it is one block
 */
void ringmem_free_pages(struct page **pages, unsigned int count, unsigned int order)
{
	unsigned int i;

	if (order) {
		__free_pages(pages[0], order);
	} else {
		for (i = 0; i < count && pages[i]; i++)
			put_page(pages[i]);
	}
	kvfree(pages);
}

static int alloc_block(struct page **pages, unsigned int count, unsigned int order, int node)
{
	struct page *block = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN, order);
	unsigned int i;

	if (!block)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		pages[i] = block + i;
	return 0;
}

static int alloc_singles(struct page **pages, unsigned int count, int node)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		pages[i] = alloc_pages_node(node, GFP_KERNEL | __GFP_ZERO, 0);
		if (!pages[i])
			return -ENOMEM;
	}
	return 0;
}

/**
 * ringmem_alloc() - zeroed memory for both rings
 * @ch: channel that has none
 * @send_bytes: outbound ring with its control page, whole pages
 * @recv_bytes: inbound ring likewise
 * @contiguous: one physical block
 *
 * Return: 0; -EINVAL for sizes that make no ring or no single GPADL; -EBUSY if
 * there is memory already; -ENOMEM.
 */
int ringmem_alloc(struct vmbus_channel *ch, u32 send_bytes, u32 recv_bytes, bool contiguous)
{
	struct vmbus_chan *chan = to_chan(ch);
	int ret, node = cpu_to_node(ch->target_cpu);
	u64 bytes = (u64)send_bytes + recv_bytes;
	unsigned int count = bytes >> PAGE_SHIFT;

	if (!PAGE_ALIGNED(send_bytes) || !PAGE_ALIGNED(recv_bytes) ||
	    send_bytes < 2 * PAGE_SIZE || recv_bytes < 2 * PAGE_SIZE ||
	    bytes >> HV_HYP_PAGE_SHIFT > GPADL_MAX_FRAMES)
		return -EINVAL;
	if (chan->ring_pages)
		return -EBUSY;

	chan->ring_pages = kvcalloc(count, sizeof(*chan->ring_pages), GFP_KERNEL);
	if (!chan->ring_pages)
		return -ENOMEM;
	chan->ring_npages = count;
	chan->ring_order = contiguous ? get_order(bytes) : 0;
	if (contiguous)
		ret = alloc_block(chan->ring_pages, count, chan->ring_order, node);
	else
		ret = alloc_singles(chan->ring_pages, count, node);
	if (ret) {
		if (contiguous)
			kvfree(chan->ring_pages);
		else
			ringmem_free_pages(chan->ring_pages, count, 0);
		chan->ring_pages = NULL;
		return ret;
	}
	ch->ringbuffer_page = chan->ring_pages[0];
	ch->ringbuffer_pagecount = count;
	ch->ringbuffer_send_offset = send_bytes >> PAGE_SHIFT;
	return 0;
}

/*
 * Whose ring it is, for hv_ring_kept(); nobody's if the channel never was open with it: the host
 * may have half a list then, of which it says nothing, but no work.
 */
static u32 kept_for(struct vmbus_channel *ch)
{
	bool used = test_bit(CHAN_RING_USED, &to_chan(ch)->flags);

	return used ? to_chan(chan_primary(ch))->serial : 0;
}

static void keep(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);

	quarantine_pages(chan->bus, chan_relid(ch), ch->ringbuffer_gpadlhandle.gpadl_handle,
			 kept_for(ch), chan->ring_pages, chan->ring_npages, chan->ring_order);
	/* A rescind that came before found no ring in quarantine; a later one does. */
	if (chan_leaving(ch))
		quarantine_taken_back(ch);
}

/**
 * ringmem_free() - give the memory back, or keep it for a host that still has it
 * @ch: closed channel
 *
 * A ring whose GPADL handle is still set was never given back by the host.
 */
void ringmem_free(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);

	if (!chan->ring_pages)
		return;
	if (ch->ringbuffer_gpadlhandle.gpadl_handle)
		keep(ch);
	else
		ringmem_free_pages(chan->ring_pages, chan->ring_npages, chan->ring_order);
	chan->ring_pages = NULL;
	chan->ring_npages = 0;
	clear_bit(CHAN_RING_USED, &chan->flags);
	ch->ringbuffer_gpadlhandle.gpadl_handle = 0;
	ch->ringbuffer_page = NULL;
	ch->ringbuffer_pagecount = 0;
}

/* Where packets are copied to before anybody looks at them */
static int alloc_packet_buffer(struct vmbus_channel *ch)
{
	ch->inbound.pkt_buffer = kvmalloc(ch->max_pkt_size, GFP_KERNEL);
	if (!ch->inbound.pkt_buffer)
		return -ENOMEM;
	ch->inbound.pkt_buffer_size = ch->max_pkt_size;
	return 0;
}

static void free_packet_buffer(struct vmbus_channel *ch)
{
	kvfree(ch->inbound.pkt_buffer);
	ch->inbound.pkt_buffer = NULL;
	ch->inbound.pkt_buffer_size = 0;
}

static int map_ring(struct hv_ring_buffer_info *rbi, struct page **pages, unsigned int count,
		    bool outbound)
{
	void *map = vmap(pages, count, VM_MAP, PAGE_KERNEL);
	int ret;

	if (!map)
		return -ENOMEM;
	mutex_lock(&rbi->ring_buffer_mutex);
	ret = ring_attach(rbi, map, count << PAGE_SHIFT, outbound);
	mutex_unlock(&rbi->ring_buffer_mutex);
	if (ret)
		vunmap(map);
	return ret;
}

static void unmap_ring(struct hv_ring_buffer_info *rbi, bool outbound)
{
	void *map;

	mutex_lock(&rbi->ring_buffer_mutex);
	map = rbi->ring_buffer;
	ring_detach(rbi);
	mutex_unlock(&rbi->ring_buffer_mutex);
	/* Senders on their way out look at the shared page until ring_leave(). */
	if (map && outbound)
		synchronize_rcu_expedited();
	vunmap(map);
}

/**
 * ringmem_map() - make both rings usable, and empty
 * @ch: channel with ring memory
 *
 * Return: 0 or -ENOMEM.
 */
int ringmem_map(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	unsigned int send = ch->ringbuffer_send_offset;
	int ret;

	ret = alloc_packet_buffer(ch);
	if (ret)
		return ret;
	ret = map_ring(&ch->outbound, chan->ring_pages, send, true);
	if (ret)
		goto free_buffer;
	ret = map_ring(&ch->inbound, chan->ring_pages + send, chan->ring_npages - send, false);
	if (ret)
		goto unmap_outbound;
	return 0;

unmap_outbound:
	unmap_ring(&ch->outbound, true);
free_buffer:
	free_packet_buffer(ch);
	return ret;
}

void ringmem_unmap(struct vmbus_channel *ch)
{
	unmap_ring(&ch->outbound, true);
	unmap_ring(&ch->inbound, false);
	free_packet_buffer(ch);
}

/**
 * ringmem_pfns() - page frames of both rings, in the host's order
 * @ch: channel with ring memory
 *
 * Return: kvmalloc'ed array of ring_npages frames, or NULL.
 */
u64 *ringmem_pfns(struct vmbus_channel *ch)
{
	struct vmbus_chan *chan = to_chan(ch);
	u64 *pfns = kvmalloc_array(chan->ring_npages, sizeof(*pfns), GFP_KERNEL);
	unsigned int i;

	for (i = 0; pfns && i < chan->ring_npages; i++)
		pfns[i] = page_to_hvpfn(chan->ring_pages[i]);
	return pfns;
}
