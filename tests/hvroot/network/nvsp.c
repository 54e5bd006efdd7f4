// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVSP: versions, buffers, sub-channels, and where packets go from there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "loop/log.h"
#include "network/net.h"

static const uint32_t versions[] = {
	NVSP_V1, NVSP_V2, NVSP_V4, NVSP_V5, NVSP_V6, NVSP_V6_1,
};

const char *nvsp_name(uint32_t type)
{
	switch (type) {
	case NVSP_INIT: return "INIT";
	case NVSP_INIT_COMPLETE: return "INIT_COMPLETE";
	case NVSP_NDIS_VERSION: return "NDIS_VERSION";
	case NVSP_RECV_BUF: return "SEND_RECV_BUF";
	case NVSP_RECV_BUF_REPLY: return "RECV_BUF_REPLY";
	case NVSP_REVOKE_RECV_BUF: return "REVOKE_RECV_BUF";
	case NVSP_SEND_BUF: return "SEND_SEND_BUF";
	case NVSP_SEND_BUF_REPLY: return "SEND_BUF_REPLY";
	case NVSP_REVOKE_SEND_BUF: return "REVOKE_SEND_BUF";
	case NVSP_RNDIS: return "RNDIS_PACKET";
	case NVSP_RNDIS_COMPLETE: return "RNDIS_COMPLETE";
	case NVSP_NDIS_CONFIG: return "NDIS_CONFIG";
	case NVSP_VF_ASSOCIATION: return "VF_ASSOCIATION";
	case NVSP_SWITCH_DATA_PATH: return "SWITCH_DATA_PATH";
	case NVSP_SUBCHANNEL: return "SUBCHANNEL";
	case NVSP_INDIRECTION_TABLE: return "INDIRECTION_TABLE";
	}
	return "UNKNOWN";
}

static size_t message_size(const struct nic *n)
{
	return n->nvsp >= NVSP_V6_1 ? NVSP_SIZE_6_1 : NVSP_SIZE;
}

void net_send_nvsp(struct nic *n, const struct nvsp *m, size_t len)
{
	struct vsp_chan *ch = vsp_primary(&n->dev);

	trace("NVSP", "%s > %s", n->dev.name, nvsp_name(m->type));
	if (ch)
		vsp_send(ch, PKT_INBAND, 0, 0, m, len);
}

void net_send_table(struct nic *n, uint32_t count, uint32_t offset, const uint32_t *queue)
{
	struct nvsp m = {
		.type = NVSP_INDIRECTION_TABLE,
		.table = { .count = count, .offset = offset },
	};
	uint8_t msg[12 + 64] = { 0 };

	memcpy(msg, &m, 12);
	memcpy(msg + 12, queue, 64);
	net_send_nvsp(n, (struct nvsp *)msg, sizeof(msg));
}

void net_tell_vf(struct nic *n)
{
	struct nvsp m = {
		.type = NVSP_VF_ASSOCIATION,
		.vf = { .allocated = n->vf_on, .serial = n->vf_serial },
	};

	net_send_nvsp(n, &m, message_size(n));
}

/* What OpenVMM may say by itself: data comes over the synthetic path again. */
void net_fall_back(struct nic *n)
{
	struct nvsp m = { .type = NVSP_SWITCH_DATA_PATH, .path.path = 0 };

	n->vf_path = false;
	net_send_nvsp(n, &m, message_size(n));
}

static void answer(struct vsp_chan *ch, const struct vsp_packet *p,
		   const char *on, const struct nvsp *m)
{
	if (p->flags & PKT_COMPLETION_WANTED)
		net_answer(ch, on, p->id, m, message_size(nic_of(ch)));
}

static void do_init(struct vsp_chan *ch, const struct vsp_packet *p,
		    const struct nvsp *in)
{
	struct nvsp out = { .type = NVSP_INIT_COMPLETE };
	struct nic *n = nic_of(ch);
	uint32_t status = NVSP_FAIL;

	for (unsigned int i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i] == in->init.max && in->init.min == in->init.max)
			status = in->init.max <= n->nvsp_cap ? NVSP_OK : NVSP_TOO_NEW;
	if (n->nvsp)
		status = NVSP_FAIL;	/* agreed already */
	if (status == NVSP_OK)
		n->nvsp = in->init.max;
	out.init_done.version = in->init.max == NVSP_V1 ? NVSP_V1 : 0xFFFFFFFFu;
	n->pieces = n->manners & MANNER_NIC_PIECES ? 4 : 34;
	out.init_done.max_mdl = n->pieces;
	out.init_done.status = status;
	trace("NVSP_VERSION", "%s asked=%#x status=%u", n->dev.name,
	      in->init.max, status);
	answer(ch, p, "INIT", &out);
}

static void do_config(struct nic *n, const struct nvsp *in)
{
	uint32_t mtu = in->config.mtu;

	n->mtu = mtu >= 68 + ETH_HEADER && mtu <= n->mtu_max + ETH_HEADER ?
		 mtu : 1514;
	n->caps = in->config.caps;
	trace("NVSP_CONFIG", "%s mtu=%u used=%u caps=%#llx", n->dev.name, mtu,
	      n->mtu, (unsigned long long)n->caps);
}

static void do_recv_buf(struct vsp_chan *ch, const struct vsp_packet *p,
			const struct nvsp *in)
{
	struct nvsp out = { .type = NVSP_RECV_BUF_REPLY };
	struct nic *n = nic_of(ch);
	uint32_t slots = 1;		/* that a message takes, neighbours of each other */

	out.recv_reply.status = NVSP_FAIL;
	if (net_buf_take(n, &n->recv, in->buf.gpadl, in->buf.id)) {
		n->recv.section = (n->mtu + 256 + 36 + 7) & ~7u;
		if (n->recv.section < 1728)
			n->recv.section = 1728;
		if (n->manners & MANNER_NIC_SLOTS)
			slots = (n->recv.section + NET_SLOT - 1) / NET_SLOT;
		n->recv.section = slots > 1 ? slots * NET_SLOT : n->recv.section;
		n->recv.sections = n->recv.bytes / n->recv.section;
		if (n->recv.sections > NET_RESERVE && net_rx_sections(n))
			out.recv_reply.status = NVSP_OK;
		else
			net_buf_drop(&n->recv);
	}
	out.recv_reply.sections = n->recv.ok;	/* one run of them */
	out.recv_reply.size = n->recv.section / slots;
	out.recv_reply.count = n->recv.sections * slots;
	out.recv_reply.end = n->recv.section * n->recv.sections;
	trace("NVSP_RECV_BUF", "%s bytes=%u section=%u sections=%u", n->dev.name,
	      n->recv.bytes, n->recv.section, n->recv.sections);
	answer(ch, p, "SEND_RECV_BUF", &out);
}

static void do_send_buf(struct vsp_chan *ch, const struct vsp_packet *p,
			const struct nvsp *in)
{
	struct nvsp out = { .type = NVSP_SEND_BUF_REPLY };
	struct nic *n = nic_of(ch);

	out.send_reply.status = NVSP_FAIL;
	if (net_buf_take(n, &n->send, in->buf.gpadl, in->buf.id)) {
		n->send.section = n->manners & MANNER_NIC_BY_PAGES ? 1 : n->send_section;
		n->send.sections = n->manners & MANNER_NIC_BY_PAGES ? 0 : n->send.bytes / n->send.section;
		out.send_reply.status = NVSP_OK;
		out.send_reply.size = n->send.section;
	}
	trace("NVSP_SEND_BUF", "%s bytes=%u section=%u", n->dev.name,
	      n->send.bytes, n->send.section);
	answer(ch, p, "SEND_SEND_BUF", &out);
}

static void revoke(struct nic *n, struct net_buf *b, uint16_t id)
{
	if (!b->ok || b->id != id)
		return;
	if (b == &n->recv)
		net_rx_stop(n);
	net_buf_drop(b);
}

static void do_subs(struct vsp_chan *ch, const struct vsp_packet *p,
		    const struct nvsp *in)
{
	struct nvsp out = { .type = NVSP_SUBCHANNEL };
	struct nic *n = nic_of(ch);
	uint32_t want = in->sub.count, most = n->queues - 1;

	out.sub_reply.status = NVSP_FAIL;
	if (in->sub.op == 1 && n->nvsp >= NVSP_V5 && want && want <= most) {
		n->subs = want;
		out.sub_reply.status = NVSP_OK;
		out.sub_reply.count = n->subs;
	}
	trace("NVSP_SUBCHANNEL", "%s op=%u asked=%u granted=%u", n->dev.name,
	      in->sub.op, want, out.sub_reply.count);
	answer(ch, p, "SUBCHANNEL", &out);
	if (out.sub_reply.status == NVSP_OK)
		vsp_offer_subs(&n->dev, n->subs);
}

static void do_path(struct vsp_chan *ch, const struct vsp_packet *p,
		    const struct nvsp *in)
{
	struct nic *n = nic_of(ch);

	n->vf_path = in->path.path == 1 && n->vf_on;	/* as OpenVMM: without one it says yes, and stays */
	trace("NVSP_DATA_PATH", "%s %s", n->dev.name,
	      n->vf_path ? "vf" : "synthetic");
	if (p->flags & PKT_COMPLETION_WANTED)
		net_answer(ch, "SWITCH_DATA_PATH", p->id, NULL, 0);
}

/* The RNDIS messages of a packet: from its section, then from its pages. */
static long gather(struct vsp_chan *ch, const struct vsp_packet *p,
		   const struct nvsp *in)
{
	struct nic *n = nic_of(ch);
	size_t len = 0, bytes = 0;
	struct iovec *iov = NULL;
	int pieces;

	if (in->rndis.section != NVSP_NO_SECTION) {
		if (!net_buf_alive(n, &n->send) ||
		    in->rndis.section >= n->send.sections ||
		    in->rndis.section_bytes > n->send.section)
			return -EINVAL;
		len = in->rndis.section_bytes;
		net_buf_read(&n->send, in->rndis.section * n->send.section,
			     n->message, len);
		n->stat.tx_section++;
	}
	if (p->type != PKT_GPA_DIRECT)
		return len;
	pieces = net_gather_pages(ch, p, &iov, &bytes);
	if (pieces < 0 || len + bytes > NET_MESSAGE_MAX) {
		free(iov);
		return -EINVAL;
	}
	for (int i = 0; i < pieces; i++) {
		memcpy(n->message + len, iov[i].iov_base, iov[i].iov_len);
		len += iov[i].iov_len;
	}
	free(iov);
	n->stat.tx_direct++;
	return len;
}

static void do_rndis(struct vsp_chan *ch, const struct vsp_packet *p,
		     const struct nvsp *in)
{
	struct nvsp out = { .type = NVSP_RNDIS_COMPLETE };
	struct nic *n = nic_of(ch);
	bool control = in->rndis.channel_type == 1;
	long len = gather(ch, p, in);
	struct rndis_head h;
	const char *why = NULL;

	if (len >= (long)sizeof(h)) {
		memcpy(&h, n->message, sizeof(h));
		why = order_rndis(&n->order, h.type, control, ch->sub);
	}
	if (why) {
		vsp_fail(ch, why);
		return;
	}
	out.done.status = NVSP_OK;
	if (len < 0) {
		n->stat.tx_refused++;
		out.done.status = NVSP_FAIL;
		vsp_reject(ch, p, "RNDIS packet outside the send buffer or guest memory");
	} else if (!control) {
		out.done.status = net_transmit(n, n->message, len);
	}
	answer(ch, p, control ? "CONTROL_COMPLETE" : "RNDIS_COMPLETE", &out);
	if (control && len >= 0)
		net_control(n, n->message, len);
}

/* Messages that only make sense once a version is agreed on. */
static void dispatch(struct vsp_chan *ch, const struct vsp_packet *p,
		     const struct nvsp *m)
{
	struct nic *n = nic_of(ch);
	const char *why = order_nvsp(&n->order, n->nvsp, m->type);

	if (why) {
		vsp_fail(ch, why);
		return;
	}
	switch (m->type) {
	case NVSP_NDIS_CONFIG:
		do_config(n, m);
		break;
	case NVSP_NDIS_VERSION:
		n->ndis = m->ndis_version.major << 16 | m->ndis_version.minor;
		break;
	case NVSP_RECV_BUF:
		do_recv_buf(ch, p, m);
		break;
	case NVSP_SEND_BUF:
		do_send_buf(ch, p, m);
		break;
	case NVSP_REVOKE_RECV_BUF:
		revoke(n, &n->recv, m->revoke.id);
		break;
	case NVSP_REVOKE_SEND_BUF:
		revoke(n, &n->send, m->revoke.id);
		break;
	case NVSP_RNDIS:
		do_rndis(ch, p, m);
		break;
	case NVSP_SUBCHANNEL:
		do_subs(ch, p, m);
		break;
	case NVSP_SWITCH_DATA_PATH:
		do_path(ch, p, m);
		break;
	default:
		vsp_reject(ch, p, "NVSP message not known");
	}
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct nic *n = nic_of(ch);
	struct nvsp m = { 0 };

	if (p->type == PKT_COMPLETION) {
		net_rx_completed(n, ch, p->id);
		return;
	}
	memcpy(&m, p->body, p->len < sizeof(m) ? p->len : sizeof(m));
	if (p->len < message_size(n)) {
		vsp_reject(ch, p, "NVSP message too short");
		return;
	}
	if (m.type != NVSP_RNDIS)
		trace("NVSP", "%s < %s id=%#llx", n->dev.name, nvsp_name(m.type),
		      (unsigned long long)p->id);
	if (ch->sub && m.type != NVSP_RNDIS)
		vsp_reject(ch, p, "NVSP control message on a sub-channel");
	else if (m.type == NVSP_INIT)
		do_init(ch, p, &m);
	else if (!n->nvsp)
		vsp_reject(ch, p, "NVSP message before a version was agreed");
	else
		dispatch(ch, p, &m);
}

void net_forget(struct nic *n)
{
	net_rx_stop(n);
	net_buf_drop(&n->recv);
	net_buf_drop(&n->send);
	net_tap_offloads(n, false);
	n->nvsp = 0;
	memset(&n->order, 0, sizeof(n->order));
	n->pieces = 0;
	n->ndis = 0;
	n->mtu = 1514;
	n->caps = 0;
	n->rndis_up = false;
	n->filter = 0;
	n->nmulticast = 0;
	memset(&n->offload, 0, sizeof(n->offload));
	memset(&n->rss, 0, sizeof(n->rss));
	memcpy(n->cur_mac, n->mac, sizeof(n->mac));
	n->subs = 0;
	n->subs_open = 0;
	n->vf_path = false;
}

static uint32_t on_open(struct vsp_chan *ch)
{
	struct nic *n = nic_of(ch);
	uint32_t queue[16];

	if (!ch->sub) {
		net_forget(n);
	} else if (++n->subs_open == n->subs && n->manners & MANNER_NIC_TABLE) {
		for (unsigned int i = 0; i < 16; i++)
			queue[i] = i % (n->subs + 1);
		net_send_table(n, 16, 12, queue);
	}
	return 0;
}

static void on_close(struct vsp_chan *ch)
{
	struct nic *n = nic_of(ch);

	net_fault_drop(n, ch);
	net_rx_channel_gone(n, ch);
	if (!ch->sub) {
		net_forget(n);
		vsp_revoke_subs(&n->dev);
	}
	vsp_closed(ch);
}

const struct vsp_ops net_ops = {
	.open = on_open,
	.close = on_close,
	.packet = on_packet,
	.free = net_free,
};
