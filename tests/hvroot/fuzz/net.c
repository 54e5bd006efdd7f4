// SPDX-License-Identifier: GPL-2.0-only
/* net.c - what a guest sends on a network channel: NVSP, and RNDIS in pages. */
#include <string.h>

#include "fuzz.h"
#include "network/wire.h"

#define RNDIS_PAGE	1900u		/* pages that hold one message */
#define RNDIS_MAX	4096u

static const uint32_t oids[] = {
	OID_SUPPORTED_LIST, OID_MAX_FRAME, OID_LINK_SPEED, OID_FILTER, OID_MEDIA_STATE,
	OID_RSS_CAPS, OID_RSS_PARAMS, OID_CONFIG_PARAM, OID_STAT_FIRST, OID_FRIENDLY_NAME,
	OID_PERMANENT_MAC, OID_CURRENT_MAC, OID_MULTICAST_LIST, OID_OFFLOAD_PARAMS,
};

struct net_packet {
	struct packet_header h;
	union {
		struct nvsp in_band;
		struct {
			uint32_t reserved, ranges, length, offset;
			uint64_t pfn;
			struct nvsp nvsp;
		} WIRE direct;
	};
} WIRE;

static void send_nvsp(uint32_t relid, const struct nvsp *m, size_t len)
{
	struct net_packet p = {
		.h = { .type = PKT_INBAND, .offset8 = 2, .flags = one_in(8) ? 0 : 1, .id = 1 + below(64) },
		.in_band = *m,
	};

	p.h.len8 = (sizeof(p.h) + len + 7) / 8;
	ring_put(relid, &p, p.h.len8 * 8u);
}

static void send_version(uint32_t relid)
{
	static const uint32_t known[] = { NVSP_V1, NVSP_V2, NVSP_V4, NVSP_V5, NVSP_V6, NVSP_V6_1 };
	uint32_t v = one_in(10) ? nasty() : known[below(6)];
	struct nvsp m = { .type = NVSP_INIT, .init = { v, v } };

	send_nvsp(relid, &m, sizeof(m));
}

static void send_buffer(uint32_t relid, uint32_t type)
{
	struct nvsp m = {
		.type = type,
		.buf = { .gpadl = one_in(10) ? nasty() : buffer_handle(relid), .id = nasty() },
	};

	buffer_gpadl(relid);
	send_nvsp(relid, &m, NVSP_SIZE);
}

/* The order a driver keeps, so that data can flow. */
static void bring_up(uint32_t relid)
{
	struct nvsp m = { .type = NVSP_NDIS_VERSION, .ndis_version = { 6, 30 } };

	send_version(relid);
	send_nvsp(relid, &m, NVSP_SIZE);
	m = (struct nvsp){ .type = NVSP_NDIS_CONFIG, .config = { .mtu = 1500, .caps = rnd() } };
	send_nvsp(relid, &m, NVSP_SIZE);
	send_buffer(relid, NVSP_RECV_BUF);
	send_buffer(relid, NVSP_SEND_BUF);
}

static void any_nvsp(uint32_t relid)
{
	struct nvsp m = { .type = one_in(4) ? nasty() : 100 + below(36) };

	for (size_t i = 0; i < sizeof(m.raw); i++)
		m.raw[i] = one_in(2) ? 0 : rnd();
	send_nvsp(relid, &m, one_in(4) ? 4 + 4 * below(10) : NVSP_SIZE);
}

/* ---- RNDIS ---- */

static uint32_t make_request(uint8_t *page)
{
	struct rndis_request r = {
		.h.type = one_in(2) ? RNDIS_QUERY : RNDIS_SET, .id = rnd(),
		.oid = one_in(10) ? nasty() : oids[below(sizeof(oids) / sizeof(oids[0]))],
		.len = one_in(10) ? nasty() : 4 * below(64), .offset = one_in(10) ? nasty() : 20,
	};

	r.h.len = one_in(12) ? nasty() : sizeof(r) + r.len;
	memcpy(page, &r, sizeof(r));
	for (unsigned int i = sizeof(r); i < 300; i++)
		page[i] = one_in(2) ? 0 : rnd();
	return r.h.len;
}

/* One frame with up to three pieces of information in front. */
static uint32_t make_frame(uint8_t *page)
{
	static const uint32_t types[] = { INFO_CHECKSUM, INFO_LSO, INFO_VLAN, INFO_HASH, INFO_PACKET_ID };
	uint32_t at = sizeof(struct rndis_packet), bytes = 14 + below(1500);
	struct rndis_packet r = { .h.type = RNDIS_PACKET };

	for (unsigned int n = below(4); n; n--, at += 16) {
		struct rndis_info i = { 16, types[below(5)], 12 };
		uint32_t value = rnd();

		if (one_in(20))
			i.size = nasty();
		if (one_in(20))
			i.offset = nasty();
		memcpy(page + at, &i, sizeof(i));
		memcpy(page + at + 12, &value, 4);
	}
	r.info_offset = sizeof(r) - 8;
	r.info_len = at - sizeof(r);
	r.data_offset = one_in(20) ? nasty() : at - 8;
	r.data_len = one_in(20) ? nasty() : bytes;
	r.h.len = one_in(20) ? nasty() : at + bytes;
	memcpy(page, &r, sizeof(r));
	for (uint32_t i = 0; i < 64; i++)
		page[at + i] = one_in(2) ? 0 : rnd();
	page[at + 12] = 0x08;
	page[at + 14] = 0x45;
	return r.h.len;
}

static uint32_t make_message(uint8_t *page)
{
	struct rndis_request r = { .h = { 1 + below(9), 24 }, .id = rnd(), .oid = 1, .offset = 0x4000 };

	if (one_in(3))
		return make_request(page);
	if (!one_in(4))
		return make_frame(page);
	if (one_in(8))
		r.h.type = nasty();
	memcpy(page, &r, sizeof(r));
	return r.h.len;
}

static void send_rndis(uint32_t relid)
{
	uint32_t pfn = RNDIS_PAGE + below(64), len = make_message(fake_ram() + pfn * 4096);
	struct net_packet p = {
		.h = { .type = PKT_GPA_DIRECT, .offset8 = 5, .flags = 1, .id = 1 + below(64) },
		.direct = { .ranges = 1, .length = len < RNDIS_MAX ? len : RNDIS_MAX, .pfn = pfn },
	};

	p.direct.nvsp.type = NVSP_RNDIS;
	p.direct.nvsp.rndis.channel_type = below(2);
	p.direct.nvsp.rndis.section = one_in(4) ? nasty() : NVSP_NO_SECTION;
	p.direct.nvsp.rndis.section_bytes = one_in(4) ? nasty() : 0;
	p.h.len8 = (sizeof(p.h) + 24 + NVSP_SIZE + 7) / 8;
	ring_put(relid, &p, p.h.len8 * 8u);
}

/* From the send buffer instead of pages. */
static void send_section(uint32_t relid)
{
	struct nvsp m = {
		.type = NVSP_RNDIS,
		.rndis = { below(2), below(4), one_in(6) ? nasty() : 200 },
	};

	make_message(buffer_memory());
	send_nvsp(relid, &m, NVSP_SIZE);
}

/* Frames that came are given back: type 0xB with the id of the host's packet. */
static void complete(uint32_t relid)
{
	struct nvsp m = { .type = NVSP_RNDIS_COMPLETE, .done = { NVSP_OK } };
	struct net_packet p = {
		.h = { .type = PKT_COMPLETION, .offset8 = 2, .id = one_in(4) ? nasty() : below(64) },
		.in_band = m,
	};

	p.h.len8 = (sizeof(p.h) + NVSP_SIZE + 7) / 8;
	ring_put(relid, &p, p.h.len8 * 8u);
}

void net_traffic(uint32_t relid)
{
	if (one_in(25))
		bring_up(relid);
	for (unsigned int n = 1 + below(6); n; n--) {
		switch (below(16)) {
		case 0:
			any_nvsp(relid);
			break;
		case 1:
			send_version(relid);
			break;
		case 2:
			send_buffer(relid, one_in(2) ? NVSP_RECV_BUF : NVSP_SEND_BUF);
			break;
		case 3:
		case 4:
			complete(relid);
			break;
		case 5:
		case 6:
			send_section(relid);
			break;
		case 7:
			tap_traffic();
			break;
		default:
			send_rndis(relid);
		}
	}
}
