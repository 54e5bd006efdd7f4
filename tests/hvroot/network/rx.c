// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames for the guest: read from the TAP, filtered, described by per-packet
 * info, put into sections of the receive buffer and sent in transfer packets.
 */
#include <errno.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "hostile/hostile.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "network/net.h"
#include "session/session.h"

/* Frames read from the TAP before other work gets its turn. */
#define TURN_FRAMES 64

struct rx_frame {
	uint8_t *data;
	size_t len;
	uint32_t csum;			/* CSUM_RX_* */
	bool has_vlan, has_hash, large;
	uint32_t vlan, hash;
};

struct rx_message {			/* header with all info that may follow */
	struct rndis_packet h;
	uint8_t info[3 * 16 + sizeof(struct info_packet_id)];
} WIRE;

bool net_rx_sections(struct nic *n)
{
	free(n->free_section);
	n->free_section = calloc(n->recv.sections, sizeof(*n->free_section));
	if (!n->xact)
		n->xact = calloc(NET_XACTS, sizeof(*n->xact));
	if (!n->free_section || !n->xact)
		return false;
	for (n->nfree = 0; n->nfree < n->recv.sections; n->nfree++)
		n->free_section[n->nfree] = n->recv.sections - 1 - n->nfree;
	for (int i = 0; i < NET_XACTS; i++) {
		n->xact[i].ch = NULL;
		n->xact[i].next_free = i + 1 < NET_XACTS ? i + 1 : -1;
	}
	n->free_xact = 0;
	return true;
}

static void set_reading(struct nic *n, bool on)
{
	if (n->fd < 0 || n->reading == on)
		return;
	n->reading = on;
	poll_mod(n->fd, on ? EPOLLIN : 0);
}

static void release(struct nic *n, struct net_xact *x)
{
	for (unsigned int i = 0; i < x->count; i++)
		n->free_section[n->nfree++] = x->section[i];
	x->ch = NULL;
	x->next_free = n->free_xact;
	n->free_xact = x - n->xact;
}

void net_rx_completed(struct nic *n, struct vsp_chan *ch, uint64_t id)
{
	struct net_xact *x;

	if (!id || id > NET_XACTS || !n->xact || n->xact[id - 1].ch != ch) {
		n->stat.rx_bad_completion++;
		trace("RX_COMPLETION_REFUSED", "%s id=%#llx", n->dev.name,
		      (unsigned long long)id);
		return;
	}
	x = &n->xact[id - 1];
	release(n, x);
	set_reading(n, true);
}

void net_rx_channel_gone(struct nic *n, struct vsp_chan *ch)
{
	for (int i = 0; n->xact && i < NET_XACTS; i++)
		if (n->xact[i].ch == ch)
			release(n, &n->xact[i]);
	n->train[ch->sub].count = 0;
}

void net_rx_stop(struct nic *n)
{
	for (int i = 0; i < VSP_CHANS; i++)
		n->train[i].count = 0;
	free(n->free_section);
	n->free_section = NULL;
	n->nfree = 0;
	free(n->xact);
	n->xact = NULL;
	set_reading(n, true);
}

static void train_drop(struct nic *n, struct net_train *t)
{
	n->stat.rx_no_section += t->count;
	while (t->count)
		n->free_section[n->nfree++] = t->section[--t->count];
}

void net_train_flush(struct nic *n, unsigned int queue)
{
	struct vsp_chan *ch = vsp_channel(&n->dev, queue);
	struct {
		struct xfer_header x;
		struct xfer_range range[NET_RANGES];
		struct nvsp m;
	} WIRE p;
	struct net_train *t = &n->train[queue];
	size_t ext = sizeof(p.x) + t->count * sizeof(p.range[0]);
	struct nvsp m = { .type = NVSP_RNDIS, .rndis.section = NVSP_NO_SECTION };
	size_t len = n->nvsp >= NVSP_V6_1 ? NVSP_SIZE_6_1 : NVSP_SIZE;
	struct net_xact *x;

	if (!t->count)
		return;
	if (!ch || n->free_xact < 0 || !net_buf_alive(n, &n->recv)) {
		if (n->free_section)
			train_drop(n, t);
		t->count = 0;
		return;
	}
	x = &n->xact[n->free_xact];
	n->free_xact = x->next_free;
	x->ch = ch;
	x->count = t->count;
	memcpy(x->section, t->section, t->count * sizeof(t->section[0]));
	p.x = (struct xfer_header){ .pageset = n->recv.id, .count = t->count };
	memcpy(p.range, t->range, t->count * sizeof(t->range[0]));
	memcpy((uint8_t *)&p + ext, &m, len);
	n->stat.rx_messages++;
	t->count = 0;
	vsp_send_ext(ch, PKT_TRANSFER_PAGES, PKT_COMPLETION_WANTED,
		     x - n->xact + 1, &p, ext, ext + len);
}

bool net_train_add(struct nic *n, unsigned int queue, const struct iovec *iov,
		   unsigned int niov, bool control)
{
	struct net_train *t = &n->train[queue];
	uint32_t s, at, len = 0;

	for (unsigned int i = 0; i < niov; i++)
		len += iov[i].iov_len;
	if (!n->free_section || n->nfree <= (control ? 0 : NET_RESERVE) ||
	    len > n->recv.section)
		return false;
	s = n->free_section[--n->nfree];
	at = s * n->recv.section;
	t->section[t->count] = s;
	t->range[t->count++] = (struct xfer_range){ len, at };
	for (unsigned int i = 0; i < niov; i++) {
		net_buf_write(&n->recv, at, iov[i].iov_base, iov[i].iov_len);
		at += iov[i].iov_len;
	}
	if (session_on)
		session_section(n, s * n->recv.section, len);
	if (hostile_on)
		hostile_section(n, s * n->recv.section, len);
	return true;
}

static bool multicast_wanted(const struct nic *n, const uint8_t *mac)
{
	if (n->filter & FILTER_ALL_MULTICAST)
		return true;
	if (!(n->filter & FILTER_MULTICAST))
		return false;
	for (unsigned int i = 0; i < n->nmulticast; i++)
		if (!memcmp(n->multicast[i], mac, 6))
			return true;
	return false;
}

static bool wanted(const struct nic *n, const uint8_t *mac)
{
	static const uint8_t all[6] = { 255, 255, 255, 255, 255, 255 };

	if (n->filter & FILTER_PROMISCUOUS)
		return true;
	if (!memcmp(mac, all, 6))
		return n->filter & FILTER_BROADCAST;
	if (mac[0] & 1)
		return multicast_wanted(n, mac);
	return n->filter & FILTER_DIRECTED && !memcmp(mac, n->cur_mac, 6);
}

/* Takes a tag out of the frame; false when the port does not carry it. */
static bool strip_vlan(struct nic *n, struct rx_frame *f)
{
	uint16_t tci = 0;
	bool tagged = f->len >= ETH_HEADER + 4 && get16be(f->data + 12) == 0x8100;

	if (tagged)
		tci = get16be(f->data + 14);
	if (n->access_vlan && (tci & 0xFFF) != n->access_vlan)
		return false;
	if (!tagged || (!n->access_vlan && !(n->caps & NVSP_CAP_8021Q)))
		return true;
	memmove(f->data + 4, f->data, 12);
	f->data += 4;
	f->len -= 4;
	if (n->access_vlan)
		return true;
	f->has_vlan = true;
	f->vlan = (tci & 0xFFF) << 4 | (tci >> 12 & 1) << 3 | tci >> 13;
	n->stat.rx_vlan++;
	return true;
}

static void check_l4(struct rx_frame *f, const struct frame_info *i,
		     const struct virtio_net_hdr *vh)
{
	bool tcp = i->proto == IPPROTO_TCP_NR, ok = true;

	if (f->large)
		ok = true;	/* each segment was checked */
	else if (vh->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		frame_fill_l4_csum(f->data, i);
	else if (!(vh->flags & VIRTIO_NET_HDR_F_DATA_VALID))
		ok = frame_l4_csum_ok(f->data, i);
	if (ok)
		f->csum |= tcp ? CSUM_RX_TCP_OK : CSUM_RX_UDP_OK;
	else
		f->csum |= tcp ? CSUM_RX_TCP_BAD : CSUM_RX_UDP_BAD;
}

/* What a host leaves out of an IPv4 header because the guest is told enough to do without. */
static void spoil_header(const struct nic *n, struct rx_frame *f, const struct frame_info *i)
{
	bool coalesced = f->large && n->manners & MANNER_NIC_RSC;

	if (!coalesced && !(n->manners & MANNER_NIC_HEADER && n->offload.ip4 >= 3))
		return;
	f->data[i->l3 + 10] ^= 0xff;
	f->csum = (f->csum & ~CSUM_RX_IP_BAD) | CSUM_RX_IP_OK;
	if (coalesced)
		f->csum |= CSUM_RX_TCP_VALUE | CSUM_RX_IP_VALUE;
}

static void describe(struct nic *n, struct rx_frame *f,
		     const struct virtio_net_hdr *vh)
{
	struct frame_info i;

	f->large = vh->gso_type != VIRTIO_NET_HDR_GSO_NONE;
	if (!frame_parse(f->data, f->len, &i) || !i.l3_ok)
		return;
	if (!i.v6)
		f->csum |= frame_ip_csum_ok(f->data, &i) ? CSUM_RX_IP_OK :
							   CSUM_RX_IP_BAD;
	if (i.l4_ok && !i.fragment)
		check_l4(f, &i, vh);
	if (!i.v6)
		spoil_header(n, f, &i);
	if (n->lie)	/* each bit "bad" has its "right" three further up */
		f->csum = (f->csum | f->csum << 3) & (CSUM_RX_TCP_OK | CSUM_RX_UDP_OK |
						      CSUM_RX_IP_OK);
	if (n->rss.on)
		f->has_hash = net_frame_hash(&n->rss, f->data, f->len, &f->hash);
}

static unsigned int add_info(uint8_t *p, uint32_t type, uint32_t value)
{
	struct rndis_info h = { 16, type, sizeof(h) };

	memcpy(p, &h, sizeof(h));
	memcpy(p + sizeof(h), &value, sizeof(value));
	return 16;
}

/* Writes header and info of the message that carries @len bytes; its size. */
static size_t head(struct nic *n, struct rx_message *m, const struct rx_frame *f,
		   size_t len, unsigned int part)
{
	uint32_t info = 0;

	memset(&m->h, 0, sizeof(m->h));
	if (!n->no_csum && f->csum)
		info += add_info(m->info + info, INFO_CHECKSUM, f->csum);
	if (f->has_vlan)
		info += add_info(m->info + info, INFO_VLAN, f->vlan);
	if (f->has_hash)
		info += add_info(m->info + info, INFO_HASH, f->hash);
	if (part)
		info += add_info(m->info + info, INFO_PACKET_ID,
				 1 | part << 8 | (uint32_t)n->rsc_id << 16);
	m->h.h.type = RNDIS_PACKET;
	m->h.h.len = sizeof(m->h) + info + len;
	m->h.data_offset = sizeof(m->h) + info - 8;
	m->h.data_len = len;
	if (info) {
		m->h.info_offset = sizeof(m->h) - 8;
		m->h.info_len = info;
	}
	return sizeof(m->h) + info;
}

static bool add_part(struct nic *n, unsigned int queue, struct rx_frame *f,
		     size_t from, size_t len, unsigned int part)
{
	struct rx_message m;
	struct iovec iov[2] = {
		{ &m, head(n, &m, f, len, part) }, { f->data + from, len },
	};

	return net_train_add(n, queue, iov, 2, false);
}

/* A large packet in several sections of one transfer packet. */
static bool add_coalesced(struct nic *n, unsigned int queue, struct rx_frame *f)
{
	size_t most = n->recv.section - sizeof(struct rx_message);
	unsigned int parts;

	if (n->rsc_part && n->rsc_part < most)
		most = n->rsc_part;
	parts = (f->len + most - 1) / most;

	if (parts > NET_RANGES || n->nfree < parts + NET_RESERVE) {
		n->stat.rx_too_long += parts > NET_RANGES;
		return false;
	}
	if (n->train[queue].count + parts > NET_RANGES)
		net_train_flush(n, queue);
	n->stat.rx_rsc++;
	for (unsigned int i = 0; i < parts; i++) {
		size_t len = i + 1 < parts ? most : f->len - i * most;

		n->rsc_id += !i || n->manners & MANNER_NIC_RSC;
		add_part(n, queue, f, i * most, len,
			 1 | (i ? 0 : 2) | (i + 1 < parts ? 0 : 4));
	}
	return true;
}

static unsigned int pick_queue(struct nic *n, const struct rx_frame *f)
{
	unsigned int q = n->rss.on && f->has_hash ? net_rss_queue(&n->rss, f->hash) : 0;

	return q < VSP_CHANS && vsp_channel(&n->dev, q) ? q : 0;
}

static void deliver(struct nic *n, struct rx_frame *f,
		    const struct virtio_net_hdr *vh)
{
	unsigned int q;
	bool ok;

	if (!wanted(n, f->data) || !strip_vlan(n, f)) {
		n->stat.rx_filtered++;
		return;
	}
	describe(n, f, vh);
	q = pick_queue(n, f);
	if (!f->large && f->len > n->mtu) {
		n->stat.rx_too_long++;
		return;
	}
	if (f->large && f->len + sizeof(struct rx_message) > n->recv.section) {
		ok = add_coalesced(n, q, f);
	} else {
		if (n->train[q].count >= NET_TRAIN)
			net_train_flush(n, q);
		ok = add_part(n, q, f, 0, f->len, 0);
	}
	if (!ok) {
		n->stat.rx_no_section++;
		return;
	}
	n->stat.rx_packets++;
	n->stat.rx_bytes += f->len;
}

static bool ready(struct nic *n)
{
	return n->rndis_up && n->filter && n->link && !n->vf_path &&
	       (!n->behind || n->behind->vf_path) &&
	       n->free_section && vsp_primary(&n->dev) &&
	       net_buf_alive(n, &n->recv);
}

/* Room for the largest packet the TAP can give, on the busiest queue. */
static bool room(struct nic *n)
{
	struct vsp_chan *ch = vsp_primary(&n->dev);
	unsigned int most = NET_FRAME_MAX / (n->recv.section - sizeof(struct rx_message)) + 1;

	return n->nfree > NET_RESERVE + most && n->free_xact >= 0 && !ch->outq;
}

static void on_tap(void *ctx, uint32_t events)
{
	struct virtio_net_hdr vh;
	struct nic *n = ctx;

	vsp_batch_begin(n->dev.bus);
	for (int i = 0; i < TURN_FRAMES; i++) {
		struct iovec iov[2] = { { &vh, sizeof(vh) }, { n->frame, NET_FRAME_MAX } };
		struct rx_frame f = { .data = n->frame };
		ssize_t len;

		if (ready(n) && !room(n)) {
			set_reading(n, false);
			break;
		}
		len = readv(n->fd, iov, 2);
		if (len < (ssize_t)(sizeof(vh) + ETH_HEADER))
			break;
		f.len = len - sizeof(vh);
		if (ready(n))
			deliver(n, &f, &vh);
	}
	for (unsigned int q = 0; q <= n->subs; q++)
		net_train_flush(n, q);
	vsp_batch_end(n->dev.bus);
}

void net_rx_start(struct nic *n)
{
	set_reading(n, true);
}

int net_rx_init(struct nic *n)
{
	int r = poll_add(n->fd, EPOLLIN, on_tap, n);

	n->reading = !r;
	return r;
}
