// SPDX-License-Identifier: GPL-2.0-only
/*
 * The objects that a guest asks for and sets.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "loop/log.h"
#include "network/net.h"

static size_t answer_u32(uint8_t *out, uint32_t v)
{
	memcpy(out, &v, sizeof(v));
	return sizeof(v);
}

/* ASCII as UTF-16. */
static size_t answer_text(uint8_t *out, size_t cap, const char *text)
{
	size_t n = 0;

	for (; *text && n + 2 <= cap; text++) {
		out[n++] = *text;
		out[n++] = 0;
	}
	return n;
}

static size_t answer_name(const struct nic *n, uint8_t *out, size_t cap)
{
	size_t len = answer_text(out, cap, n->dev.name), most = 2 * 255;

	if (!(n->manners & MANNER_NIC_NAME) || most > cap)
		return len;
	memset(out + len, 0, most - len);
	return most;
}

void net_offload_caps(struct nic *n, struct ndis_offload *o)
{
	uint32_t both = CAP_OPTIONS | CAP_TCP_OPTIONS | CAP_TCP | CAP_UDP;

	memset(o, 0, sizeof(*o));
	o->h.type = NDIS_OFFLOAD;
	o->h.rev = n->nvsp >= NVSP_V5 ? 3 : n->nvsp >= NVSP_V4 ? 2 : 1;
	o->h.size = n->nvsp >= NVSP_V5 ? 156 : n->nvsp >= NVSP_V4 ? 144 : 112;
	if (!n->no_csum) {
		o->v4 = (struct ndis_csum_caps){ ENCAP_8023, both | CAP_IP,
						 ENCAP_8023, both | CAP_IP };
		o->v6 = (struct ndis_csum_caps){ ENCAP_8023, both, ENCAP_8023, both };
	}
	if (!n->no_lso) {
		o->lso1[0] = ENCAP_8023;
		o->lso1[1] = n->lso_max;
		o->lso1[2] = 2;
		o->lso2_v4_encap = ENCAP_8023;
		o->lso2_v4_max = n->lso_max;
		o->lso2_v4_min = 2;
		o->lso2_v6_encap = ENCAP_8023;
		o->lso2_v6_max = n->lso_max;
		o->lso2_v6_min = 2;
		o->lso2_v6_options = n->no_v6opt ? 0 : 0x5;	/* extension headers, TCP options */
	}
	if (!n->no_rsc && n->nvsp >= NVSP_V6_1) {
		o->rsc_v4 = 1;
		o->rsc_v6 = 1;
	}
}

static size_t query_offload(struct nic *n, const uint8_t *in, size_t in_len,
			    uint8_t *out, uint32_t *status)
{
	struct ndis_offload o;
	struct ndis_head h;

	net_offload_caps(n, &o);
	memcpy(&h, in, in_len < sizeof(h) ? in_len : sizeof(h));
	if (in_len >= sizeof(h) && (h.type != NDIS_OFFLOAD || h.size > sizeof(o))) {
		*status = RNDIS_BAD_DATA;
		return 0;
	}
	memcpy(out, &o, o.h.size);
	return o.h.size;
}

static size_t query_rss(struct nic *n, uint8_t *out, uint32_t *status)
{
	struct ndis_rss_caps c = {
		.h = { NDIS_RSS_CAPS, 2, sizeof(c) },
		.flags = HASH_TOEPLITZ | 0x300, .interrupts = n->queues,
		.queues = n->queues, .entries = NET_TABLE,
	};

	if (n->no_rss || n->nvsp < NVSP_V5) {
		*status = RNDIS_NOT_SUPPORTED;
		return 0;
	}
	memcpy(out, &c, sizeof(c));
	return sizeof(c);
}

static uint64_t statistic(const struct nic *n, uint32_t oid)
{
	switch (oid - OID_STAT_FIRST) {
	case 0: return n->stat.tx_packets;
	case 1: return n->stat.rx_packets;
	case 2: return n->stat.tx_bad;
	case 4: return n->stat.rx_no_section;
	}
	return 0;
}

size_t net_query(struct nic *n, uint32_t oid, const uint8_t *in, size_t in_len,
		 uint8_t *out, size_t cap, uint32_t *status)
{
	static const uint32_t list[] = {
		OID_SUPPORTED_LIST, OID_MAX_FRAME, OID_LINK_SPEED, OID_VENDOR_TEXT,
		OID_FILTER, OID_MEDIA_STATE, OID_VENDOR_VERSION, OID_RSS_CAPS,
		OID_RSS_PARAMS, OID_CONFIG_PARAM, OID_FRIENDLY_NAME,
		OID_PERMANENT_MAC, OID_CURRENT_MAC, OID_MULTICAST_LIST,
		OID_MULTICAST_MAX, OID_OFFLOAD_PARAMS, OID_OFFLOAD_CAPS,
	};
	uint64_t stat;

	*status = RNDIS_OK;
	switch (oid) {
	case OID_SUPPORTED_LIST:
		memcpy(out, list, sizeof(list));
		return sizeof(list);
	case OID_MAX_FRAME:
		return answer_u32(out, n->manners & MANNER_NIC_FRAME ? n->mtu - ETH_HEADER :
							       n->mtu_max);
	case OID_PERMANENT_MAC:
		memcpy(out, n->mac, 6);
		return 6;
	case OID_CURRENT_MAC:
		memcpy(out, n->cur_mac, 6);
		return 6;
	case OID_FRIENDLY_NAME:
		return answer_name(n, out, cap);
	case OID_VENDOR_TEXT:
		memcpy(out, "hvroot", 7);
		return 7;
	case OID_VENDOR_VERSION:
		return answer_u32(out, 0x10000);
	case OID_OFFLOAD_CAPS:
		return query_offload(n, in, in_len, out, status);
	case OID_MEDIA_STATE:
		return answer_u32(out, !n->link);
	case OID_LINK_SPEED:
		return answer_u32(out, n->speed / 100);
	case OID_RSS_CAPS:
		return query_rss(n, out, status);
	case OID_FILTER:
		return answer_u32(out, n->filter);
	case OID_MULTICAST_MAX:
		return answer_u32(out, NET_MULTICAST);
	}
	if (oid >= OID_STAT_FIRST && oid <= OID_STAT_LAST) {
		stat = statistic(n, oid);
		memcpy(out, &stat, sizeof(stat));
		return in_len >= 8 ? 8 : 4;
	}
	*status = RNDIS_NOT_SUPPORTED;
	return 0;
}

static uint32_t set_offload(struct nic *n, const uint8_t *in, size_t len)
{
	struct ndis_offload_params p = { 0 };

	memcpy(&p, in, len < sizeof(p) ? len : sizeof(p));
	if (len < 20 || p.h.type != NDIS_OFFLOAD_PARAMS)
		return RNDIS_BAD_DATA;
	if (p.h.size > len || p.h.size < 20)
		return RNDIS_BAD_LENGTH;
	n->offload = p;
	net_tap_offloads(n, net_rsc_on(n));
	trace("RNDIS_OFFLOAD", "%s ip4=%u tcp4=%u udp4=%u tcp6=%u udp6=%u lso4=%u lso6=%u rsc4=%u rsc6=%u",
	      n->dev.name, p.ip4, p.tcp4, p.udp4, p.tcp6, p.udp6, p.lso2_v4,
	      p.lso2_v6, p.rsc_v4, p.rsc_v6);
	return RNDIS_OK;
}

/* OpenVMM (netvsp, oid_set_rss_parameters()) refuses a queue that there cannot be. */
static bool table_right(const struct nic *n, const uint8_t *in, unsigned int entries)
{
	for (unsigned int i = 0; i < entries; i++) {
		uint32_t queue;

		memcpy(&queue, in + i * 4, 4);
		if (queue >= n->queues)
			return false;
	}
	return true;
}

static uint32_t set_rss(struct nic *n, const uint8_t *in, size_t len)
{
	struct ndis_rss_params p;
	unsigned int entries;

	if (len < sizeof(p))
		return RNDIS_BAD_LENGTH;
	memcpy(&p, in, sizeof(p));
	if (p.h.type != NDIS_RSS_PARAMS || n->no_rss)
		return RNDIS_BAD_DATA;
	if (p.flags & RSS_FLAG_DISABLE) {
		n->rss.on = false;
		trace("RNDIS_RSS", "%s off", n->dev.name);
		return RNDIS_OK;
	}
	entries = p.table_len / 4;
	if (!entries || entries > NET_TABLE ||
	    (uint64_t)p.table_offset + p.table_len > len ||
	    !table_right(n, in + p.table_offset, entries))
		return RNDIS_BAD_DATA;
	if (!(p.flags & RSS_FLAG_SAME_KEY)) {
		if (p.key_len != NET_KEY || (uint64_t)p.key_offset + NET_KEY > len)
			return RNDIS_BAD_DATA;
		memcpy(n->rss.key, in + p.key_offset, NET_KEY);
	}
	memcpy(n->rss.table, in + p.table_offset, entries * 4);
	n->rss.entries = entries;
	n->rss.hash = p.hash;
	n->rss.on = true;
	trace("RNDIS_RSS", "%s entries=%u hash=%#x first=%u,%u,%u,%u", n->dev.name,
	      entries, p.hash, n->rss.table[0], n->rss.table[1 % entries],
	      n->rss.table[2 % entries], n->rss.table[3 % entries]);
	return RNDIS_OK;
}

static uint32_t set_filter(struct nic *n, const uint8_t *in, size_t len)
{
	if (len < 4)
		return RNDIS_BAD_LENGTH;
	memcpy(&n->filter, in, 4);
	trace("RNDIS_FILTER", "%s %#x", n->dev.name, n->filter);
	if (n->filter)
		net_rx_start(n);
	return RNDIS_OK;
}

static uint32_t set_multicast(struct nic *n, const uint8_t *in, size_t len)
{
	if (len % 6 || len / 6 > NET_MULTICAST)
		return RNDIS_BAD_LENGTH;
	memcpy(n->multicast, in, len);
	n->nmulticast = len / 6;
	return RNDIS_OK;
}

/* 12 hexadecimal digits in UTF-16. */
static bool parse_mac(const uint8_t *text, size_t len, uint8_t mac[6])
{
	char digits[13] = { 0 };

	if (len < 24)
		return false;
	for (int i = 0; i < 12; i++) {
		if (!isxdigit(text[2 * i]) || text[2 * i + 1])
			return false;
		digits[i] = text[2 * i];
	}
	for (int i = 0; i < 6; i++) {
		char pair[3] = { digits[2 * i], digits[2 * i + 1], 0 };

		mac[i] = strtoul(pair, NULL, 16);
	}
	return true;
}

static uint32_t set_config(struct nic *n, const uint8_t *in, size_t len)
{
	static const char want[] = "NetworkAddress";
	struct ndis_config_param p;
	uint8_t mac[6];

	if (len < sizeof(p))
		return RNDIS_BAD_LENGTH;
	memcpy(&p, in, sizeof(p));
	if ((uint64_t)p.name_offset + p.name_len > len ||
	    (uint64_t)p.value_offset + p.value_len > len || p.type != 2)
		return RNDIS_BAD_DATA;
	if (p.name_len < 2 * (sizeof(want) - 1))
		return RNDIS_NOT_SUPPORTED;
	for (unsigned int i = 0; i < sizeof(want) - 1; i++)
		if (in[p.name_offset + 2 * i] != want[i])
			return RNDIS_NOT_SUPPORTED;
	if (!parse_mac(in + p.value_offset, p.value_len, mac))
		return RNDIS_BAD_DATA;
	memcpy(n->cur_mac, mac, sizeof(mac));
	return RNDIS_OK;
}

uint32_t net_set(struct nic *n, uint32_t oid, const uint8_t *in, size_t len)
{
	switch (oid) {
	case OID_FILTER:
		return set_filter(n, in, len);
	case OID_OFFLOAD_PARAMS:
		return set_offload(n, in, len);
	case OID_RSS_PARAMS:
		return set_rss(n, in, len);
	case OID_MULTICAST_LIST:
		return set_multicast(n, in, len);
	case OID_CONFIG_PARAM:
		return set_config(n, in, len);
	}
	return RNDIS_NOT_SUPPORTED;
}
