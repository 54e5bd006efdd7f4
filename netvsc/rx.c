// SPDX-License-Identifier: GPL-2.0-only
/*
 * Receiving: the queue's NAPI reads ring packets, checks every number in them,
 * and tells the host which of its packets are done with.
 */
#include <linux/etherdevice.h>
#include <hv/uninit.h>
#include "bus.h"
#include "netvsc.h"
#include "poll.h"
#include "trace.h"

int nv_rx_init(struct nv_queue *q)
{
	q->rx.done = kvcalloc(NV_COMPLETIONS, sizeof(*q->rx.done), GFP_KERNEL);
	return q->rx.done ? 0 : -ENOMEM;
}

void nv_rx_free(struct nv_queue *q)
{
	kvfree(q->rx.done);
	q->rx.done = NULL;
}

/* The channel's interrupt: the host is asked for silence until NAPI is done. */
void nv_channel_event(void *ctx)
{
	struct nv_queue *q = ctx;

	if (napi_schedule_prep(&q->napi)) {
		hv_begin_read(&q->chan->inbound);
		__napi_schedule_irqoff(&q->napi);
	}
}

/* Has NAPI look at the ring, whether the host signalled or not. */
void nv_look(struct nv_queue *q)
{
	local_bh_disable();
	napi_schedule(&q->napi);
	local_bh_enable();
}

/* The host should have made room by now; look again. */
void nv_retry(struct work_struct *work)
{
	nv_look(container_of(to_delayed_work(work), struct nv_queue, retry));
}

/* ---- receive completions ---- */

static u32 nv_done_waiting(const struct nv_rx *rx)
{
	return rx->done_put - rx->done_take;
}

/* Status behind type, as they lie in the answer. */
#define NV_DONE_WORD	((u64)HV_NVSP_STATUS_OK << 32 | HV_NVSP_RNDIS_DONE)

/* Answers some of those that wait; how many, or why not even one. */
static int nv_done_send(struct nv_queue *q)
{
	const u64 *ids = &q->rx.done[q->rx.done_take % NV_COMPLETIONS];
	u32 in_line = NV_COMPLETIONS - q->rx.done_take % NV_COMPLETIONS;
	__le64 word = cpu_to_le64(NV_DONE_WORD);
	int ret = static_call(nv_bus_answer)(q->chan, ids, min(nv_done_waiting(&q->rx), in_line),
					     NV_DONE_WORD);

	if (likely(ret))
		return ret;
	return vmbus_sendpacket(q->chan, &word, sizeof(word), *ids, VM_PKT_COMP, 0) ?: 1;
}

/* False when some have to wait for room in the ring. */
static bool nv_done_flush(struct nv_queue *q)
{
	struct nv_rx *rx = &q->rx;

	while (nv_done_waiting(rx)) {
		int ret = nv_done_send(q);

		if (ret == -EAGAIN && !READ_ONCE(q->dead)) {
			nv_count_rx(q, comp_busy);
			/* a queue that waits has asked for more: it is to be told, too */
			if (READ_ONCE(q->chan->outbound.ring_buffer->pending_send_sz) < 2048)
				set_channel_pending_send_size(q->chan, 2048);
			mod_delayed_work(system_wq, &q->retry, msecs_to_jiffies(5));
			return false;
		}
		rx->done_take += ret > 0 ? ret : 1;	/* sent, or nobody to send it to */
	}
	return true;
}

/* ---- one ring packet ---- */

static void nv_rx_control(struct nv_queue *q, const void *msg, u32 len)
{
	struct nv_conn *conn = q->conn;

	if (q->index) {
		nv_bad(conn->nv, NV_BAD_STATE, "control message on a sub-channel");
		return;
	}
	if (len > sizeof(conn->ctl_copy)) {
		nv_bad(conn->nv, NV_BAD_RNDIS, "control message of %u bytes", len);
		return;
	}
	memcpy(conn->ctl_copy, msg, len);
	nv_rndis_receive(conn, conn->ctl_copy, len);
}

/* Drops the parts of a packet that never became whole. */
static void nv_parts_drop(struct nv_queue *q)
{
	if (!q->rx.parts)
		return;
	nv_bad(q->conn->nv, NV_BAD_RNDIS, "coalesced packet of %u parts not whole",
	       q->rx.parts);
	q->rx.parts = 0;
}

/* Where the frame, or its next part, lies; false if it is longer than any. */
static __always_inline bool nv_part_put(struct nv_queue *q, const void *msg,
					const struct nv_rx_meta *m)
{
	struct nv_rx *rx = &q->rx;

	if (unlikely(rx->parts == NV_PARTS ||
		     rx->parts_len + m->data_len > 65535 + VLAN_ETH_HLEN)) {
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "packet of more than %u bytes in %u parts",
		       rx->parts_len + m->data_len, rx->parts + 1);
		rx->parts = 0;
		return false;
	}
	rx->part[rx->parts++] = (struct nv_part){ msg + m->data_offset, m->data_len };
	rx->parts_len += m->data_len;
	return true;
}

/* Adds a part of a frame; true when the frame is whole. */
static bool nv_part_add(struct nv_queue *q, const void *msg, const struct nv_rx_meta *m)
{
	struct nv_rx *rx = &q->rx;

	if (!(q->conn->host.caps & HV_NVSP_CAP_RSC)) {
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "part of a packet, which nobody agreed to");
		return false;
	}
	if (m->packet_flags & HV_PACKET_FIRST) {
		nv_parts_drop(q);
		rx->first = *m;
		rx->parts_len = 0;
	} else if (!rx->parts) {	/* hosts give each part an id of its own */
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "part of packet %u without its first",
		       m->packet_id);
		return false;
	}
	return nv_part_put(q, msg, m) && m->packet_flags & HV_PACKET_LAST;
}

/* The parts are a frame, of which @m tells. */
static __always_inline void nv_rx_whole(struct nv_queue *q, const struct nv_rx_meta *m)
{
	if (likely(q->rx.parts_len >= ETH_HLEN))
		nv_rx_deliver(q, m);
	else
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "frame of %u bytes", q->rx.parts_len);
	q->rx.parts = 0;
}

static __always_inline void nv_rx_frame(struct nv_queue *q, const void *msg, u32 len)
{
	struct nv_rx_meta m HV_UNINITIALIZED;	/* nv_rndis_get_packet() clears it */

	if (unlikely(nv_rndis_get_packet(msg, len, &m))) {
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "packet header malformed (channel %u)",
		       q->chan->offermsg.child_relid);
		return;
	}
	if (m.packet_flags) {
		if (nv_part_add(q, msg, &m))
			nv_rx_whole(q, &q->rx.first);
		return;
	}
	nv_parts_drop(q);
	q->rx.parts_len = 0;
	if (likely(nv_part_put(q, msg, &m)))
		nv_rx_whole(q, &m);
}

/* A message in the receive buffer, which the host can change at any time. */
static __always_inline void nv_rx_message(struct nv_queue *q, const void *msg, u32 len)
{
	struct hv_rndis_head h;
	u32 type, claimed;

	if (len < sizeof(h)) {
		nv_bad(q->conn->nv, NV_BAD_RNDIS, "RNDIS message of %u bytes", len);
		return;
	}
	memcpy(&h, msg, sizeof(h));
	type = le32_to_cpu(h.type);
	claimed = le32_to_cpu(h.len);
	if (unlikely(claimed < sizeof(h) || claimed > len)) {
		nv_bad(q->conn->nv, NV_BAD_RNDIS,
		       "RNDIS message %#x claims %u bytes of %u", type, claimed, len);
		return;
	}
	trace_rndis_recv(q->conn->nv->ndev, q->index, type);
	if (likely(type == HV_RNDIS_PACKET))
		nv_rx_frame(q, msg, claimed);
	else
		nv_rx_control(q, msg, claimed);
}

/* The ranges of a transfer packet; @p is a private copy.  Returns their number. */
static u32 nv_rx_ranges(struct nv_queue *q, const u8 *p, u32 len)
{
	struct nv_buf *b = &q->conn->recv;
	u32 limit = b->sec.size * b->sec.count, i, count;
	struct hv_xfer_head h;

	memcpy(&h, p, sizeof(h));
	count = le32_to_cpu(h.count);
	if (le16_to_cpu(h.pageset) != HV_NVSP_RECV_BUF_ID || !count ||
	    count > (len - sizeof(h)) / sizeof(struct hv_xfer_range)) {
		nv_bad(q->conn->nv, NV_BAD_PACKET,
		       "transfer packet: set %#x, %u ranges in %u bytes",
		       le16_to_cpu(h.pageset), count, len);
		return 1;
	}
	for (i = 0; i < count; i++) {
		struct hv_xfer_range r;
		u32 at, n;

		memcpy(&r, p + sizeof(h) + i * sizeof(r), sizeof(r));
		at = le32_to_cpu(r.offset);
		n = le32_to_cpu(r.len);
		/* a host may take neighbouring sections for one message */
		if (at > limit || n > limit - at) {
			nv_bad(q->conn->nv, NV_BAD_RANGE,
			       "range %u+%u outside the receive buffer of %u",
			       at, n, limit);
			continue;
		}
		nv_rx_message(q, b->mem + at, n);
	}
	nv_parts_drop(q);
	return count;
}

static u32 nv_rx_transfer(struct nv_queue *q, const struct vmpacket_descriptor *d)
{
	const u8 *ext = (const u8 *)d + sizeof(*d);
	u32 ext_len = (d->offset8 << 3) - sizeof(*d), work = 1;
	u32 type = 0;

	/* @d is a private copy, and data come in units of 8 bytes */
	if (hv_pkt_datalen(d))
		type = le32_to_cpu(((const struct hv_nvsp *)hv_pkt_data(d))->type);
	/* pairs with the release in nv_share_recv() */
	if (!smp_load_acquire(&q->conn->rx_ready))
		nv_bad(q->conn->nv, NV_BAD_STATE, "data before there is a buffer for it");
	else if (type != HV_NVSP_RNDIS ||
		 ext_len < sizeof(struct hv_xfer_head))
		nv_bad(q->conn->nv, NV_BAD_PACKET, "transfer packet of type %u",
		       type);
	else
		work = nv_rx_ranges(q, ext, ext_len);
	q->rx.done[q->rx.done_put++ % NV_COMPLETIONS] = d->trans_id;
	return work;
}

static void nv_rx_completion(struct nv_queue *q, const struct vmpacket_descriptor *d)
{
	const void *body = hv_pkt_data(d);
	u32 len = hv_pkt_datalen(d);

	switch (NV_ID_KIND(d->trans_id)) {
	case NV_ID_TX:
		nv_tx_completion(q, d->trans_id, body, len);
		break;
	case NV_ID_CTL:
		nv_rndis_sent(q->conn, d->trans_id);
		break;
	case NV_ID_NVSP:
		nv_nvsp_completion(q, d->trans_id, body, len);
		break;
	default:
		nv_bad(q->conn->nv, NV_BAD_COMPLETION, "completion %#llx of nothing we sent",
		       d->trans_id);
	}
}

/* What a packet costs of the budget. */
static u32 nv_rx_packet(struct nv_queue *q, const struct vmpacket_descriptor *d)
{
	switch (d->type) {
	case VM_PKT_DATA_USING_XFER_PAGES:
		return nv_rx_transfer(q, d);
	case VM_PKT_COMP:
		nv_rx_completion(q, d);
		return 1;
	case VM_PKT_DATA_INBAND:
		if (!q->index)
			nv_nvsp_inband(q, hv_pkt_data(d), hv_pkt_datalen(d));
		else
			nv_bad(q->conn->nv, NV_BAD_STATE, "in-band message on a sub-channel");
		return 1;
	}
	nv_bad(q->conn->nv, NV_BAD_PACKET, "ring packet of type %u (channel %u)",
	       d->type, q->chan->offermsg.child_relid);
	return 1;
}

/*
 * With a budget of 0 (netpoll) only completions of what we sent are taken; the
 * first packet of another kind ends that.
 */
static int nv_poll_ring(struct nv_queue *q, int budget)
{
	int limit = budget ? budget : 64, work = 0;
	struct vmpacket_descriptor *d;

	for (d = hv_pkt_iter_first(q->chan); d && work < limit;
	     d = __hv_pkt_iter_next(q->chan, d)) {
		if (!budget && d->type != VM_PKT_COMP)
			break;
		if (nv_done_waiting(&q->rx) == NV_COMPLETIONS && !nv_done_flush(q))
			break;
		work += nv_rx_packet(q, d);
	}
	hv_pkt_iter_close(q->chan);	/* the host sees the room now, each poll */
	return work;
}

/**
 * nv_poll - NAPI
 * @napi: of the queue
 * @budget: packets to handle at most; 0 for netpoll
 *
 * Return: the work done.
 */
int nv_poll(struct napi_struct *napi, int budget)
{
	struct nv_queue *q = container_of(napi, struct nv_queue, napi);
	bool dead = smp_load_acquire(&q->dead);	/* pairs with nv_queue_dead() */
	int work;

	q->budget = budget;
	work = nv_poll_ring(q, budget);
	if (nv_done_waiting(&q->rx))
		nv_done_flush(q);
	if (unlikely(q->rx.flush_tx || q->rx.flush_xdp))
		nv_xdp_flush(q);
	nv_tx_poll(q);
	if (unlikely(dead) && nv_poll_drained(budget, work))
		complete(&q->drained);
	if (!budget || work >= budget)
		return budget;
	if (!napi_complete_done(napi, work))
		return work;
	if (nv_poll_again(&q->rx.empty_polls, work, hv_end_read(&q->chan->inbound)) &&
	    napi_schedule_prep(napi)) {
		hv_begin_read(&q->chan->inbound);
		__napi_schedule(napi);
	}
	return work;
}
