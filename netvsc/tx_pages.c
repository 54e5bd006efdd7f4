// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending without a copy: the host reads a frame where it lies, a range of its
 * pages for each piece, behind a header of our own.
 */
#include "bus.h"
#include "netvsc.h"
#include "trace.h"
#include "tx_slot.h"

struct nv_ranges {
	u64 *at;
	u64 *end;
	u32 count;
	u32 most;	/* ranges that the host takes */
};

/* A frame behind its header, which lies in a page of ours. */
struct nv_frame {
	const struct nv_payload *p;
	u8 *head;
	u32 head_len;
	u32 bytes;
};

/* One range of physically contiguous memory; false when there is no room. */
static bool nv_put_range(struct nv_ranges *r, phys_addr_t start, u32 len)
{
	u32 offset = offset_in_hvpage(start);
	u32 pages = DIV_ROUND_UP(offset + len, HV_HYP_PAGE_SIZE), i;
	u64 pfn = start >> HV_HYP_PAGE_SHIFT;

	if (r->end - r->at < (long)pages + 1 || r->count == r->most)
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

/* Where the header of a slot's message is, and its address for the host. */
static u8 *nv_head(const struct nv_tx *tx, u32 slot)
{
	u32 at = (slot - tx->sections) * NV_TX_HEAD;

	return tx->heads[at / PAGE_SIZE] + at % PAGE_SIZE;
}

/* The list of a message; false when it is longer than what there is room for. */
static __always_inline bool nv_put_list(struct nv_ranges *r, const struct nv_frame *f)
{
	return nv_put_range(r, virt_to_phys(f->head), f->head_len) && nv_put_payload(r, f->p);
}

static struct hv_nvsp nv_pages_say(void)
{
	return (struct hv_nvsp){
		.type = cpu_to_le32(HV_NVSP_RNDIS),
		.rndis.channel = cpu_to_le32(HV_NVSP_CHANNEL_DATA),
		.rndis.section = cpu_to_le32(HV_NVSP_NO_SECTION),
	};
}

/*
 * Entries that the list of a frame can have at most: each range begins with one, and may have a
 * page more than its length makes full, and one less than full at its start.
 */
static u32 nv_list_most(const struct nv_frame *f)
{
	u32 ranges = 2;		/* header, and what is linear */

	if (f->p->skb)
		ranges += skb_shinfo(f->p->skb)->nr_frags;
	else if (xdp_frame_has_frags(f->p->frame))
		ranges += xdp_get_shared_info_from_frame(f->p->frame)->nr_frags;
	return f->bytes / HV_HYP_PAGE_SIZE + 3 * ranges;
}

/*
 * List and message written where they will lie in the ring; false: not this way.  Room is asked
 * for the longest list that the frame can have, what it has is sent.
 */
static __always_inline bool nv_pages_place(struct nv_queue *q, struct nv_slot *s, u32 slot,
					   const struct nv_frame *f)
{
	u32 list = nv_list_most(f) * sizeof(u64), header, len;
	struct vmbus_packet_mpb_array *desc;
	struct nv_ranges r;

	if (unlikely(list > sizeof(q->tx.desc) - sizeof(*desc)))
		return false;
	desc = static_call(nv_bus_place)(q->chan, sizeof(*desc) + list + sizeof(struct hv_nvsp));
	if (unlikely(!desc))
		return false;
	r = (struct nv_ranges){ .at = (u64 *)&desc->range, .most = q->conn->host.pieces };
	r.end = r.at + list / sizeof(u64);
	if (unlikely(!nv_put_list(&r, f))) {
		static_call(nv_bus_forget)(q->chan);
		return false;
	}
	desc->reserved = 0;
	desc->rangecount = r.count;
	*(struct hv_nvsp *)r.at = nv_pages_say();
	header = (u8 *)r.at - (u8 *)desc;
	len = header + sizeof(struct hv_nvsp);
	static_call(nv_bus_placed)(q->chan, packet_head(VM_PKT_DATA_USING_GPA_DIRECT, header,
							len, NV_ASKS_ANSWER),
				   len, nv_slot_give(s, slot));
	return true;
}

/* The same, copied: a bus that knows no other way, the ring's end, or there is no room. */
static noinline int nv_pages_copy(struct nv_queue *q, struct nv_slot *s, u32 slot,
				  const struct nv_frame *f)
{
	struct vmbus_packet_mpb_array *desc = (void *)q->tx.desc;
	struct nv_ranges r = {
		.at = (u64 *)&desc->range,
		.end = (u64 *)((u8 *)q->tx.desc + sizeof(q->tx.desc)),
		.most = q->conn->host.pieces,
	};
	struct hv_nvsp m = nv_pages_say();
	int ret;
	u64 id;

	if (!nv_put_list(&r, f))
		return -EMSGSIZE;
	desc->rangecount = r.count;
	id = nv_slot_give(s, slot);
	ret = vmbus_sendpacket_mpb_desc(q->chan, desc, (u8 *)r.at - (u8 *)desc, &m,
					sizeof(m), id);
	/* Not sent, and still ours; else the host has "completed" it, and the frame is gone. */
	return ret && nv_slot_take(s, id) ? ret : 0;
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
	struct nv_frame f = {
		.p = p,
		.head_len = head_len,
		/* read before the host has it: it may be done, and the frame gone, at once */
		.bytes = p->skb ? p->skb->len : xdp_get_frame_len(p->frame),
	};
	struct nv_slot *s;
	u32 slot;
	int ret;

	if (!nv_free_peek(&q->tx.without, &slot))
		return -EAGAIN;
	s = &q->tx.slot[slot];
	if (!nv_owner_hold(&s->owner))
		return -EAGAIN;
	f.head = nv_head(&q->tx, slot);
	memcpy(f.head, head, head_len);
	s->packets = p->skb ? 1 : 0;	/* byte queue limits know nothing of programs */
	s->bytes = p->skb ? f.bytes : 0;
	s->xdp = p->frame;
	s->data = p->skb ? (void *)p->skb : p->frame;
	if (unlikely(!nv_pages_place(q, s, slot, &f))) {
		ret = nv_pages_copy(q, s, slot, &f);
		if (ret) {
			s->data = NULL;
			nv_owner_release(&s->owner);
			return ret;
		}
	}
	WRITE_ONCE(q->tx.without.take, q->tx.without.take + 1);
	trace_nvsp_send_pkt(q->conn->nv->ndev, q->index, HV_NVSP_NO_SECTION,
			    head_len + f.bytes, 1);
	nv_count_tx(q, direct);
	return 0;
}
