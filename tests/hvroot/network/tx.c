// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames of the guest: RNDIS packets taken apart, offloads carried out or
 * handed to the kernel, and written to the TAP.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <string.h>
#include <sys/uio.h>
#include "loop/log.h"
#include "network/info.h"
#include "network/net.h"

struct tx_frame {
	uint8_t *data;
	size_t len;
	struct tx_info info;
};

/* Collects the per-packet info that this host carries out. */
static bool read_info(struct tx_info *t, const uint8_t *p, size_t len)
{
	while (len) {
		struct rndis_info h;
		uint32_t value = 0;

		if (len < sizeof(h))
			return false;
		memcpy(&h, p, sizeof(h));
		if (h.size < sizeof(h) || h.size > len || h.offset < sizeof(h) ||
		    h.offset > h.size)
			return false;
		if (h.size - h.offset >= sizeof(value))
			memcpy(&value, p + h.offset, sizeof(value));
		if (h.type == INFO_CHECKSUM) {
			t->has_csum = true;
			t->csum = value;
		} else if (h.type == INFO_LSO) {
			t->has_lso = true;
			t->lso = value;
		} else if (h.type == INFO_VLAN) {
			t->has_vlan = true;
			t->vlan = value;
		}
		p += h.size;
		len -= h.size;
	}
	return true;
}

/* Puts the sum of the pseudo header where the kernel expects it. */
static void seed_csum(struct tx_frame *t, const struct frame_info *i)
{
	uint16_t c = ~csum_fold(csum_pseudo(t->data, i, i->end - i->l4));

	memcpy(t->data + frame_l4_csum_at(i), &c, 2);
}

/* Where the payload of TCP begins; at the frame's end if there is none. */
static size_t tcp_payload(const struct tx_frame *t, const struct frame_info *i)
{
	if (!i->l4_ok || i->proto != IPPROTO_TCP_NR)
		return t->len;
	return i->l4 + (t->data[i->l4 + 12] >> 4) * 4;
}

static void want_csum(struct tx_frame *t, const struct frame_info *i,
		      struct virtio_net_hdr *vh)
{
	seed_csum(t, i);
	vh->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	vh->csum_start = i->l4;
	vh->csum_offset = frame_l4_csum_at(i) - i->l4;
}

static void large_send(struct tx_frame *t, struct frame_info *i,
		       struct virtio_net_hdr *vh)
{
	uint32_t mss = t->info.lso & LSO_MSS;

	if (i->v6) {
		put16be(t->data + i->l3 + 4, t->len - i->l3 - 40);
	} else {
		put16be(t->data + i->l3 + 2, t->len - i->l3);
		frame_fill_ip_csum(t->data, i);
	}
	i->end = t->len;
	want_csum(t, i, vh);
	vh->hdr_len = tcp_payload(t, i);
	if (t->len - vh->hdr_len <= mss)
		return;		/* fits in one segment: only the checksum */
	vh->gso_type = i->v6 ? VIRTIO_NET_HDR_GSO_TCPV6 : VIRTIO_NET_HDR_GSO_TCPV4;
	vh->gso_size = mss;
}

/* NULL, or why what the guest wants cannot be done with this frame. */
static const char *offload(struct nic *n, struct tx_frame *t, struct virtio_net_hdr *vh)
{
	const struct tx_info *want = &t->info;
	struct frame_info i;
	const char *why;

	frame_parse(t->data, t->len, &i);
	why = info_wrong(want, &i, t->len - tcp_payload(t, &i), n->lso_max);
	if (why)
		return why;
	if (want->has_lso) {
		n->stat.tx_lso++;
		large_send(t, &i, vh);
		return NULL;
	}
	if (want->has_csum && want->csum & CSUM_TX_IPHDR)
		frame_fill_ip_csum(t->data, &i);
	if (want->has_csum && want->csum & (CSUM_TX_TCP | CSUM_TX_UDP)) {
		n->stat.tx_csum++;
		want_csum(t, &i, vh);
	}
	return NULL;
}

static void write_tap(struct nic *n, struct tx_frame *t, struct virtio_net_hdr *vh)
{
	uint32_t vlan = t->info.vlan;
	uint16_t tci = (vlan >> 4 & 0xFFF) | (vlan & 7) << 13 | (vlan >> 3 & 1) << 12;
	uint8_t tag[4] = { 0x81, 0x00 };
	struct iovec iov[4] = { { vh, sizeof(*vh) }, { t->data, t->len } };
	int niov = 2;

	if (n->access_vlan)
		tci = n->access_vlan;
	if (t->info.has_vlan || n->access_vlan) {
		put16be(tag + 2, tci);
		iov[1].iov_len = 12;
		iov[2] = (struct iovec){ tag, sizeof(tag) };
		iov[3] = (struct iovec){ t->data + 12, t->len - 12 };
		niov = 4;
		if (vh->flags)
			vh->csum_start += 4;
		if (vh->hdr_len)
			vh->hdr_len += 4;
		n->stat.tx_vlan++;
	}
	if (writev(n->fd, iov, niov) < 0 && errno != EAGAIN && errno != EIO)
		trace("TAP_WRITE", "%s len=%zu: %s", n->dev.name, t->len,
		      strerror(errno));
}

static uint32_t bad(struct nic *n, const char *why)
{
	n->stat.tx_bad++;
	trace("TX_REFUSED", "%s: %s", n->dev.name, why);
	return NVSP_BAD_RNDIS;
}

static uint32_t one(struct nic *n, uint8_t *msg, size_t len)
{
	struct virtio_net_hdr vh = { 0 };
	struct tx_frame t = { 0 };
	struct rndis_packet p;
	const char *why;

	if (len < sizeof(p))
		return bad(n, "message shorter than its header");
	memcpy(&p, msg, sizeof(p));
	if (p.h.type != RNDIS_PACKET)
		return bad(n, "not a packet");
	why = header_wrong(&p);
	if (why)
		return bad(n, why);
	if (p.data_offset + 8ull + p.data_len > len || p.data_offset < 36)
		return bad(n, "data outside the message");
	if (p.info_len && (p.info_offset + 8ull + p.info_len > len ||
			   p.info_offset < 36))
		return bad(n, "packet info outside the message");
	if (p.info_len && !read_info(&t.info, msg + 8 + p.info_offset, p.info_len))
		return bad(n, "packet info malformed");
	t.data = msg + 8 + p.data_offset;
	t.len = p.data_len;
	if (t.len < ETH_HEADER || (!t.info.has_lso && t.len > n->mtu + 4))
		return bad(n, "frame length");
	if (n->manners & MANNER_NIC_VLAN && get16be(t.data + 12) == 0x8100)
		return bad(n, "VLAN tag inside the frame");
	why = offload(n, &t, &vh);
	if (why)
		return bad(n, why);
	n->stat.tx_packets++;
	n->stat.tx_bytes += t.len;
	if (n->link)
		write_tap(n, &t, &vh);
	return NVSP_OK;
}

/* All messages of one NVSP packet; the status of the first bad one. */
uint32_t net_transmit(struct nic *n, const uint8_t *msg, size_t len)
{
	uint32_t status = NVSP_OK;
	unsigned int count = 0;
	size_t at = 0;

	n->stat.tx_messages++;
	while (at < len) {
		struct rndis_head h;
		uint32_t s;

		if (len - at < sizeof(h))
			break;		/* padding */
		memcpy(&h, msg + at, sizeof(h));
		if (h.len < sizeof(h) || h.len > len - at || ++count > n->max_packets)
			return bad(n, "message length");
		s = one(n, (uint8_t *)msg + at, h.len);
		if (s != NVSP_OK && status == NVSP_OK)
			status = s;
		at += h.len;
	}
	if (count > 1)
		n->stat.tx_trains++;
	return count ? status : bad(n, "no message");
}
