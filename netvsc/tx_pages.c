// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending without a copy: the host reads a frame where it lies, a range of its
 * pages for each piece, behind a header of our own.
 */
#include <linux/vmalloc.h>
#include "netvsc.h"
#include "trace.h"
#include "tx_slot.h"

struct nv_ranges {
	u64 *at;
	u64 *end;
	u32 count;
};

/* One range of physically contiguous memory; false when there is no room. */
static bool nv_put_range(struct nv_ranges *r, phys_addr_t start, u32 len)
{
	u32 offset = offset_in_hvpage(start);
	u32 pages = DIV_ROUND_UP(offset + len, HV_HYP_PAGE_SIZE), i;
	u64 pfn = start >> HV_HYP_PAGE_SHIFT;

	if (r->end - r->at < (long)pages + 1)
		return false;
	*r->at++ = (u64)offset << 32 | len;	/* length, then offset */
	for (i = 0; i < pages; i++)
		*r->at++ = pfn + i;
	r->count++;
	return true;
}

static bool nv_put_frags(struct nv_ranges *r, const struct skb_shared_info *s)
{
	unsigned int i;

	for (i = 0; i < s->nr_frags; i++) {
		const skb_frag_t *f = &s->frags[i];
		phys_addr_t start = page_to_phys(skb_frag_page(f)) + skb_frag_off(f);

		if (!nv_put_range(r, start, skb_frag_size(f)))
			return false;
	}
	return true;
}

static bool nv_put_skb(struct nv_ranges *r, const struct sk_buff *skb)
{
	return (!skb_headlen(skb) ||
		nv_put_range(r, virt_to_phys(skb->data), skb_headlen(skb))) &&
	       nv_put_frags(r, skb_shinfo(skb));
}

static bool nv_put_frame(struct nv_ranges *r, struct xdp_frame *f)
{
	return nv_put_range(r, virt_to_phys(f->data), f->len) &&
	       (!xdp_frame_has_frags(f) ||
		nv_put_frags(r, xdp_get_shared_info_from_frame(f)));
}

static bool nv_put_payload(struct nv_ranges *r, const struct nv_payload *p)
{
	return p->skb ? nv_put_skb(r, p->skb) : nv_put_frame(r, p->frame);
}

/**
 * nv_send_pages - send a frame as the pages that it lies in
 * @q: the queue, whose transmit lock the caller holds
 * @p: the frame; taken over unless there is an error
 * @head: the message's header, which is copied
 * @head_len: its length
 *
 * Return: 0; -EAGAIN when there is no slot or no room in the ring; -EMSGSIZE when
 * the frame is in too many pieces; or another negative error.
 */
int nv_send_pages(struct nv_queue *q, const struct nv_payload *p,
		  const u8 *head, u32 head_len)
{
	struct hv_nvsp m = { .type = cpu_to_le32(HV_NVSP_RNDIS) };
	struct vmbus_packet_mpb_array *desc = (void *)q->tx.desc;
	struct nv_ranges r = {
		.at = (u64 *)&desc->range,
		.end = (u64 *)((u8 *)q->tx.desc + sizeof(q->tx.desc)),
	};
	/* read before the host has it: it may be done, and the frame gone, at once */
	u32 bytes = p->skb ? p->skb->len : xdp_get_frame_len(p->frame);
	struct nv_slot *s;
	u32 slot;
	u8 *copy;
	int ret;
	u64 id;

	if (!nv_free_peek(&q->tx.without, &slot))
		return -EAGAIN;
	copy = q->tx.heads + (slot - q->tx.sections) * NV_TX_HEAD;
	memcpy(copy, head, head_len);
	if (!nv_put_range(&r, (phys_addr_t)page_to_phys(vmalloc_to_page(copy)) +
			  offset_in_page(copy), head_len) || !nv_put_payload(&r, p))
		return -EMSGSIZE;
	m.rndis.channel = cpu_to_le32(HV_NVSP_CHANNEL_DATA);
	m.rndis.section = cpu_to_le32(HV_NVSP_NO_SECTION);
	desc->rangecount = r.count;
	s = &q->tx.slot[slot];
	if (!nv_owner_hold(&s->owner))
		return -EAGAIN;
	s->packets = p->skb ? 1 : 0;	/* byte queue limits know nothing of programs */
	s->bytes = p->skb ? bytes : 0;
	s->xdp = p->frame;
	s->data = p->skb ? (void *)p->skb : p->frame;
	id = nv_slot_give(s, slot);
	ret = vmbus_sendpacket_mpb_desc(q->chan, desc, (u8 *)r.at - (u8 *)desc, &m,
					sizeof(m), id);
	/* Not sent, and still ours; else the host has "completed" it, and the frame is gone. */
	if (ret && nv_slot_take(s, id)) {
		s->data = NULL;
		nv_owner_release(&s->owner);
		return ret;
	}
	WRITE_ONCE(q->tx.without.take, q->tx.without.take + 1);
	trace_nvsp_send_pkt(q->conn->nv->ndev, q->index, HV_NVSP_NO_SECTION,
			    head_len + bytes, 1);
	nv_count_tx(q, direct);
	return 0;
}
