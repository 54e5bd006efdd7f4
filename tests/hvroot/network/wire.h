/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NVSP and RNDIS messages, and the NDIS structures inside them, as the root
 * partition sees them. Written from the protocol description alone; the guest
 * driver has its own definitions, so that the two never share one mistake.
 */
#ifndef HVROOT_NET_WIRE_H
#define HVROOT_NET_WIRE_H

#include "vmbus/wire.h"

#define NVSP_V1		0x00002u
#define NVSP_V2		0x30002u
#define NVSP_V4		0x40000u
#define NVSP_V5		0x50000u
#define NVSP_V6		0x60000u
#define NVSP_V6_1	0x60001u

enum nvsp_type {
	NVSP_INIT = 1,
	NVSP_INIT_COMPLETE = 2,
	NVSP_NDIS_VERSION = 100,
	NVSP_RECV_BUF = 101,
	NVSP_RECV_BUF_REPLY = 102,
	NVSP_REVOKE_RECV_BUF = 103,
	NVSP_SEND_BUF = 104,
	NVSP_SEND_BUF_REPLY = 105,
	NVSP_REVOKE_SEND_BUF = 106,
	NVSP_RNDIS = 107,
	NVSP_RNDIS_COMPLETE = 108,
	NVSP_NDIS_CONFIG = 125,
	NVSP_VF_ASSOCIATION = 128,
	NVSP_SWITCH_DATA_PATH = 129,
	NVSP_SUBCHANNEL = 133,
	NVSP_INDIRECTION_TABLE = 134,
};

enum nvsp_status {
	NVSP_NONE, NVSP_OK, NVSP_FAIL, NVSP_TOO_NEW, NVSP_TOO_OLD, NVSP_BAD_RNDIS,
	NVSP_BUSY, NVSP_UNSUPPORTED,
};

#define NVSP_SIZE	28u	/* of a message up to 6.0 */
#define NVSP_SIZE_6_1	40u
#define NVSP_NO_SECTION	0xFFFFFFFFu

struct nvsp {
	uint32_t type;
	union {
		struct {
			uint32_t min, max;
		} WIRE init;
		struct {
			uint32_t version, max_mdl, status;
		} WIRE init_done;
		struct {
			uint32_t major, minor;
		} WIRE ndis_version;
		struct {
			uint32_t gpadl;
			uint16_t id;
		} WIRE buf;
		struct {
			uint16_t id;
		} WIRE revoke;
		struct {
			uint32_t status, sections;
			uint32_t offset, size, count, end;
		} WIRE recv_reply;
		struct {
			uint32_t status, size;
		} WIRE send_reply;
		struct {
			uint32_t channel_type, section, section_bytes;
		} WIRE rndis;
		struct {
			uint32_t status;
		} WIRE done;
		struct {
			uint32_t mtu, reserved;
			uint64_t caps;
		} WIRE config;
		struct {
			uint32_t allocated, serial;
		} WIRE vf;
		struct {
			uint32_t path;
		} WIRE path;
		struct {
			uint32_t op, count;
		} WIRE sub;
		struct {
			uint32_t status, count;
		} WIRE sub_reply;
		struct {
			uint32_t count, offset;
		} WIRE table;
		uint8_t raw[36];
	} WIRE;
} WIRE;
WIRE_SIZE(struct nvsp, 40);
WIRE_OFF(struct nvsp, config.caps, 12);
WIRE_OFF(struct nvsp, recv_reply.offset, 12);

#define NVSP_CAP_8021Q	0x08u
#define NVSP_CAP_RSC	0x80u

struct xfer_header {		/* behind the header of a type 7 packet */
	uint16_t pageset;
	uint8_t owner;
	uint8_t reserved;
	uint32_t count;
} WIRE;
WIRE_SIZE(struct xfer_header, 8);

struct xfer_range {
	uint32_t length;
	uint32_t offset;
} WIRE;
WIRE_SIZE(struct xfer_range, 8);

/* ---- RNDIS ---- */

enum rndis_type {
	RNDIS_PACKET = 1,
	RNDIS_INITIALIZE = 2,
	RNDIS_HALT = 3,
	RNDIS_QUERY = 4,
	RNDIS_SET = 5,
	RNDIS_RESET = 6,
	RNDIS_INDICATE = 7,
	RNDIS_KEEPALIVE = 8,
};
#define RNDIS_REPLY		0x80000000u

#define RNDIS_OK		0u
#define RNDIS_NOT_SUPPORTED	0xC00000BBu
#define RNDIS_BAD_LENGTH	0xC0010014u
#define RNDIS_BAD_DATA		0xC0010015u

#define RNDIS_LINK_UP		0x4001000Bu
#define RNDIS_LINK_DOWN		0x4001000Cu
#define RNDIS_SPEED_CHANGE	0x40010013u
#define RNDIS_NETWORK_CHANGE	0x40010018u
#define RNDIS_OFFLOAD_CONFIG	0x40020006u

struct rndis_head {
	uint32_t type;
	uint32_t len;
} WIRE;

struct rndis_packet {
	struct rndis_head h;
	uint32_t data_offset;	/* from byte 8, as the other offsets */
	uint32_t data_len;
	uint32_t oob_offset, oob_len, oob_count;
	uint32_t info_offset;
	uint32_t info_len;
	uint32_t vc;
	uint32_t reserved;
} WIRE;
WIRE_SIZE(struct rndis_packet, 44);

struct rndis_info {		/* per-packet info */
	uint32_t size;
	uint32_t type;		/* bit 31: internal */
	uint32_t offset;
} WIRE;
WIRE_SIZE(struct rndis_info, 12);

#define INFO_CHECKSUM	0u
#define INFO_LSO	2u
#define INFO_VLAN	6u
#define INFO_HASH	8u
#define INFO_INTERNAL	0x80000000u
#define INFO_PACKET_ID	(INFO_INTERNAL | 1u)

/* checksum info from the guest */
#define CSUM_TX_IPV4	0x01u
#define CSUM_TX_IPV6	0x02u
#define CSUM_TX_TCP	0x04u
#define CSUM_TX_UDP	0x08u
#define CSUM_TX_IPHDR	0x10u
#define CSUM_TX_L4_SHIFT 16	/* 10 bits: where TCP or UDP begins in the frame */
#define CSUM_TX_L4_AT	(0x3FFu << CSUM_TX_L4_SHIFT)
/* large send info, version 2 */
#define LSO_MSS		0xFFFFFu
#define LSO_L4_SHIFT	20	/* 10 bits */
#define LSO_TYPE_2	(1u << 30)
#define LSO_IPV6	(1u << 31)
/* checksum info to the guest */
#define CSUM_RX_TCP_BAD	0x01u
#define CSUM_RX_UDP_BAD	0x02u
#define CSUM_RX_IP_BAD	0x04u
#define CSUM_RX_TCP_OK	0x08u
#define CSUM_RX_UDP_OK	0x10u
#define CSUM_RX_IP_OK	0x20u
#define CSUM_RX_TCP_VALUE 0x80u	/* right, but what stands in the header is not */
#define CSUM_RX_IP_VALUE 0x100u

struct info_packet_id {
	struct rndis_info h;
	uint8_t version;
	uint8_t flags;		/* 1 part of a packet, 2 first, 4 last */
	uint16_t id;
} WIRE;
WIRE_SIZE(struct info_packet_id, 16);

struct rndis_request {		/* QUERY and SET; INITIALIZE up to @id */
	struct rndis_head h;
	uint32_t id;
	uint32_t oid;
	uint32_t len;
	uint32_t offset;	/* from byte 8 */
	uint32_t vc;
} WIRE;
WIRE_SIZE(struct rndis_request, 28);

struct rndis_init_reply {
	struct rndis_head h;
	uint32_t id, status, major, minor, flags, medium;
	uint32_t max_packets, max_transfer, alignment;
	uint32_t af_offset, af_size;
} WIRE;
WIRE_SIZE(struct rndis_init_reply, 52);

struct rndis_query_reply {
	struct rndis_head h;
	uint32_t id, status, len, offset;
} WIRE;
WIRE_SIZE(struct rndis_query_reply, 24);

struct rndis_set_reply {	/* KEEPALIVE's too */
	struct rndis_head h;
	uint32_t id, status;
} WIRE;
WIRE_SIZE(struct rndis_set_reply, 16);

struct rndis_indicate {
	struct rndis_head h;
	uint32_t status, len, offset;	/* offset from byte 8 */
} WIRE;
WIRE_SIZE(struct rndis_indicate, 20);

/* ---- NDIS ---- */

#define OID_SUPPORTED_LIST	0x00010101u
#define OID_MAX_FRAME		0x00010106u
#define OID_LINK_SPEED		0x00010107u
#define OID_VENDOR_TEXT		0x0001010Du
#define OID_FILTER		0x0001010Eu
#define OID_MEDIA_STATE		0x00010114u
#define OID_VENDOR_VERSION	0x00010116u
#define OID_RSS_CAPS		0x00010203u
#define OID_RSS_PARAMS		0x00010204u
#define OID_CONFIG_PARAM	0x0001021Bu
#define OID_STAT_FIRST		0x00020101u
#define OID_STAT_LAST		0x00020105u
#define OID_FRIENDLY_NAME	0x00020216u
#define OID_PERMANENT_MAC	0x01010101u
#define OID_CURRENT_MAC		0x01010102u
#define OID_MULTICAST_LIST	0x01010103u
#define OID_MULTICAST_MAX	0x01010104u
#define OID_OFFLOAD_PARAMS	0xFC01020Cu
#define OID_OFFLOAD_CAPS	0xFC01020Du

#define FILTER_DIRECTED		0x01u
#define FILTER_MULTICAST	0x02u
#define FILTER_ALL_MULTICAST	0x04u
#define FILTER_BROADCAST	0x08u
#define FILTER_PROMISCUOUS	0x20u

struct ndis_head {
	uint8_t type;
	uint8_t rev;
	uint16_t size;
} WIRE;

struct ndis_csum_caps {
	uint32_t tx_encap, tx, rx_encap, rx;
} WIRE;

struct ndis_offload {
	struct ndis_head h;
	struct ndis_csum_caps v4, v6;
	uint32_t lso1[4];		/* encap, max, min segments, options */
	uint32_t ipsec1[7];
	uint32_t lso2_v4_encap, lso2_v4_max, lso2_v4_min;
	uint32_t lso2_v6_encap, lso2_v6_max, lso2_v6_min, lso2_v6_options;
	uint32_t flags;
	uint8_t ipsec2[32];
	uint8_t rsc_v4, rsc_v6, pad[2];
	uint8_t gre[8];
} WIRE;
WIRE_SIZE(struct ndis_offload, 156);
WIRE_OFF(struct ndis_offload, lso2_v4_encap, 80);
WIRE_OFF(struct ndis_offload, rsc_v4, 144);

#define NDIS_OFFLOAD		0xA7
#define NDIS_OFFLOAD_PARAMS	0x80
#define NDIS_RSS_CAPS		0x88
#define NDIS_RSS_PARAMS		0x89

#define CAP_OPTIONS		0x001u
#define CAP_TCP_OPTIONS		0x004u
#define CAP_TCP			0x010u
#define CAP_UDP			0x040u
#define CAP_IP			0x100u
#define ENCAP_8023		2u
#define LSO_MAX			0xF53Cu

struct ndis_offload_params {
	struct ndis_head h;
	uint8_t ip4, tcp4, udp4, tcp6, udp6, lso1, ipsec1, lso2_v4, lso2_v6;
	uint8_t connection[2];
	uint8_t pad;
	uint32_t flags;
	uint8_t ipsec2[2], rsc_v4, rsc_v6, encap[2];
	uint8_t pad2[2];
} WIRE;
WIRE_SIZE(struct ndis_offload_params, 28);
WIRE_OFF(struct ndis_offload_params, rsc_v4, 22);

struct ndis_rss_caps {
	struct ndis_head h;
	uint32_t flags, interrupts, queues;
	uint16_t entries;
} WIRE;
WIRE_SIZE(struct ndis_rss_caps, 18);

struct ndis_rss_params {
	struct ndis_head h;
	uint16_t flags, base_cpu;
	uint32_t hash;
	uint16_t table_len, pad;
	uint32_t table_offset;
	uint16_t key_len, pad2;
	uint32_t key_offset;
	uint32_t mask_offset, masks, mask_len;
} WIRE;
WIRE_SIZE(struct ndis_rss_params, 40);
WIRE_OFF(struct ndis_rss_params, key_offset, 24);

#define RSS_FLAG_DISABLE	0x10u
#define RSS_FLAG_SAME_KEY	0x08u
#define HASH_TOEPLITZ		0x1u
#define HASH_V4			0x100u
#define HASH_TCP4		0x200u
#define HASH_V6			0x400u
#define HASH_TCP6		0x1000u
#define HASH_UDP4		0x4000u
#define HASH_UDP6		0x8000u

struct ndis_config_param {
	uint32_t name_offset, name_len;
	uint32_t type;			/* 0 number, 2 string */
	uint32_t value_offset, value_len;
} WIRE;
WIRE_SIZE(struct ndis_config_param, 20);

#endif
