/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RNDIS messages and the NDIS objects inside them.  Wire format only.  All
 * fields are little-endian; offsets inside messages count from byte 8.
 */
#ifndef _HV_RNDIS_WIRE_H
#define _HV_RNDIS_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

enum hv_rndis_type {
	HV_RNDIS_PACKET		= 1,
	HV_RNDIS_INIT		= 2,
	HV_RNDIS_HALT		= 3,	/* has no reply */
	HV_RNDIS_QUERY		= 4,
	HV_RNDIS_SET		= 5,
	HV_RNDIS_RESET		= 6,
	HV_RNDIS_INDICATE	= 7,
	HV_RNDIS_KEEPALIVE	= 8,
};

#define HV_RNDIS_REPLY		0x80000000u
#define HV_RNDIS_OFFSET_BASE	8

#define HV_RNDIS_STATUS_OK		0

#define HV_RNDIS_IND_LINK_UP		0x4001000bu
#define HV_RNDIS_IND_LINK_DOWN		0x4001000cu
#define HV_RNDIS_IND_SPEED		0x40010013u
#define HV_RNDIS_IND_NETWORK_CHANGE	0x40010018u
#define HV_RNDIS_IND_OFFLOAD		0x40020006u

struct hv_rndis_head {
	__le32 type;
	__le32 len;
} __packed;
static_assert(sizeof(struct hv_rndis_head) == 8);

struct hv_rndis_packet {
	struct hv_rndis_head h;
	__le32 data_offset;
	__le32 data_len;
	__le32 oob_offset;
	__le32 oob_len;
	__le32 oob_count;
	__le32 info_offset;
	__le32 info_len;
	__le32 vc;
	__le32 reserved;
} __packed;
static_assert(sizeof(struct hv_rndis_packet) == 44);

struct hv_rndis_init {
	struct hv_rndis_head h;
	__le32 id;
	__le32 major;
	__le32 minor;
	__le32 max_transfer;
} __packed;
static_assert(sizeof(struct hv_rndis_init) == 24);

struct hv_rndis_init_reply {
	struct hv_rndis_head h;
	__le32 id;
	__le32 status;
	__le32 major;
	__le32 minor;
	__le32 flags;
	__le32 medium;
	__le32 max_packets;
	__le32 max_transfer;
	__le32 alignment;	/* power of two */
	__le32 reserved[2];
} __packed;
static_assert(sizeof(struct hv_rndis_init_reply) == 52);

/* QUERY and SET */
struct hv_rndis_request {
	struct hv_rndis_head h;
	__le32 id;
	__le32 oid;
	__le32 len;
	__le32 offset;
	__le32 vc;
} __packed;
static_assert(sizeof(struct hv_rndis_request) == 28);

struct hv_rndis_query_reply {
	struct hv_rndis_head h;
	__le32 id;
	__le32 status;
	__le32 len;
	__le32 offset;
} __packed;
static_assert(sizeof(struct hv_rndis_query_reply) == 24);

/* SET and KEEPALIVE; RESET has status and addressing flag instead */
struct hv_rndis_set_reply {
	struct hv_rndis_head h;
	__le32 id;
	__le32 status;
} __packed;
static_assert(sizeof(struct hv_rndis_set_reply) == 16);

/* HALT, KEEPALIVE */
struct hv_rndis_short {
	struct hv_rndis_head h;
	__le32 id;
} __packed;
static_assert(sizeof(struct hv_rndis_short) == 12);

struct hv_rndis_indicate {
	struct hv_rndis_head h;
	__le32 status;
	__le32 len;
	__le32 offset;
} __packed;
static_assert(sizeof(struct hv_rndis_indicate) == 20);

/* ---- per-packet info ---- */

struct hv_rndis_info {
	__le32 size;
	__le32 type;
	__le32 offset;		/* of the data, from the start of this */
} __packed;
static_assert(sizeof(struct hv_rndis_info) == 12);

#define HV_INFO_CHECKSUM	0
#define HV_INFO_LSO		2
#define HV_INFO_VLAN		6
#define HV_INFO_HASH		8
#define HV_INFO_INTERNAL	0x80000000u
#define HV_INFO_PACKET_ID	(HV_INFO_INTERNAL | 1)

/* HV_INFO_CHECKSUM of what we send; the L4 header's offset from bit 16 */
#define HV_CSUM_TX_IPV4		BIT(0)
#define HV_CSUM_TX_IPV6		BIT(1)
#define HV_CSUM_TX_TCP		BIT(2)
#define HV_CSUM_TX_UDP		BIT(3)
#define HV_CSUM_TX_L4_SHIFT	16
/* HV_INFO_CHECKSUM of what we receive */
#define HV_CSUM_RX_TCP_BAD	BIT(0)
#define HV_CSUM_RX_UDP_BAD	BIT(1)
#define HV_CSUM_RX_IP_BAD	BIT(2)
#define HV_CSUM_RX_TCP_OK	BIT(3)
#define HV_CSUM_RX_UDP_OK	BIT(4)
#define HV_CSUM_RX_IP_OK	BIT(5)
#define HV_CSUM_RX_IP_VALUE	BIT(8)	/* it was right, what stands there is not */

/* HV_INFO_LSO, version 2 */
#define HV_LSO_MSS_MASK		0xfffff
#define HV_LSO_L4_SHIFT		20
#define HV_LSO_V2		BIT(30)
#define HV_LSO_IPV6		BIT(31)

/* HV_INFO_VLAN */
#define HV_VLAN_CFI		BIT(3)
#define HV_VLAN_ID_SHIFT	4

struct hv_info_packet_id {
	struct hv_rndis_info h;
	u8 version;
	u8 flags;
	__le16 id;
} __packed;
static_assert(sizeof(struct hv_info_packet_id) == 16);
#define HV_PACKET_PART		BIT(0)
#define HV_PACKET_FIRST		BIT(1)
#define HV_PACKET_LAST		BIT(2)

/* ---- objects ---- */

#define HV_OID_MAX_FRAME	0x00010106u
#define HV_OID_LINK_SPEED	0x00010107u	/* in 100 bit/s */
#define HV_OID_FILTER		0x0001010eu
#define HV_OID_MEDIA_STATE	0x00010114u	/* 0 is connected */
#define HV_OID_RSS_CAPS		0x00010203u
#define HV_OID_RSS_PARAMS	0x00010204u
#define HV_OID_FRIENDLY_NAME	0x00020216u
#define HV_OID_PERMANENT_MAC	0x01010101u
#define HV_OID_MULTICAST_LIST	0x01010103u
#define HV_OID_MULTICAST_MAX	0x01010104u
#define HV_OID_CONFIG		0x0001021bu
#define HV_OID_OFFLOAD_PARAMS	0xfc01020cu
#define HV_OID_OFFLOAD_CAPS	0xfc01020du

#define HV_FILTER_DIRECTED	0x01
#define HV_FILTER_MULTICAST	0x02
#define HV_FILTER_ALL_MULTICAST	0x04
#define HV_FILTER_BROADCAST	0x08
#define HV_FILTER_PROMISCUOUS	0x20

struct hv_ndis_head {
	u8 type;
	u8 rev;
	__le16 size;
} __packed;
static_assert(sizeof(struct hv_ndis_head) == 4);

#define HV_NDIS_OFFLOAD		0xa7
#define HV_NDIS_OFFLOAD_PARAMS	0x80
#define HV_NDIS_RSS_CAPS	0x88
#define HV_NDIS_RSS_PARAMS	0x89

struct hv_ndis_csum {
	__le32 tx_encap;
	__le32 tx;
	__le32 rx_encap;
	__le32 rx;
} __packed;

struct hv_ndis_offload {
	struct hv_ndis_head h;
	struct hv_ndis_csum v4;
	struct hv_ndis_csum v6;
	__le32 lso1[4];
	__le32 ipsec1[7];
	__le32 lso_v4_encap;
	__le32 lso_v4_max;
	__le32 lso_v4_min;
	__le32 lso_v6_encap;
	__le32 lso_v6_max;
	__le32 lso_v6_min;
	__le32 lso_v6_options;
	__le32 flags;
	u8 ipsec2[32];
	u8 rsc_v4;
	u8 rsc_v6;
	u8 pad[2];
	u8 gre[8];
} __packed;
static_assert(sizeof(struct hv_ndis_offload) == 156);
static_assert(offsetof(struct hv_ndis_offload, lso_v4_encap) == 80);
static_assert(offsetof(struct hv_ndis_offload, rsc_v4) == 144);
#define HV_NDIS_OFFLOAD_LEN1	112
#define HV_NDIS_OFFLOAD_LEN2	144

#define HV_CAP_OPTIONS		0x001
#define HV_CAP_TCP_OPTIONS	0x004
#define HV_CAP_TCP		0x010
#define HV_CAP_UDP		0x040
/* What must be there before TCP checksums can be left to the host. */
#define HV_CAP_TCP4_NEEDED	(HV_CAP_TCP | HV_CAP_TCP_OPTIONS)
#define HV_CAP_TCP6_NEEDED	(HV_CAP_TCP | HV_CAP_TCP_OPTIONS | HV_CAP_OPTIONS)

struct hv_ndis_offload_params {
	struct hv_ndis_head h;
	u8 ip4;
	u8 tcp4;
	u8 udp4;
	u8 tcp6;
	u8 udp6;
	u8 lso1;
	u8 ipsec1;
	u8 lso_v4;
	u8 lso_v6;
	u8 connection[2];
	u8 pad;
	__le32 flags;
	u8 ipsec2[2];
	u8 rsc_v4;
	u8 rsc_v6;
	u8 encap[2];
	u8 pad2[2];
} __packed;
static_assert(sizeof(struct hv_ndis_offload_params) == 28);
static_assert(offsetof(struct hv_ndis_offload_params, flags) == 16);
static_assert(offsetof(struct hv_ndis_offload_params, rsc_v4) == 22);
#define HV_NDIS_PARAMS_LEN1	20
#define HV_NDIS_PARAMS_LEN2	22

#define HV_PARAM_OFF		1
#define HV_PARAM_TX		2
#define HV_PARAM_RX		3
#define HV_PARAM_BOTH		4
#define HV_PARAM_LSO_ON		2
/* hv_ndis_offload.lso_v6_options: what a large frame may have, two bits each */
#define HV_LSO6_EXTENSIONS	BIT(0)
#define HV_LSO6_TCP_OPTIONS	BIT(2)
#define HV_PARAM_RSC_ON		2

struct hv_ndis_rss_caps {
	struct hv_ndis_head h;
	__le32 flags;
	__le32 interrupts;
	__le32 queues;
	__le16 entries;
} __packed;
static_assert(sizeof(struct hv_ndis_rss_caps) == 18);

struct hv_ndis_rss_params {
	struct hv_ndis_head h;
	__le16 flags;
	__le16 base_cpu;
	__le32 hash;
	__le16 table_len;
	__le16 pad;
	__le32 table_offset;
	__le16 key_len;
	__le16 pad2;
	__le32 key_offset;
	__le32 mask_offset;
	__le32 masks;
	__le32 mask_len;
} __packed;
static_assert(sizeof(struct hv_ndis_rss_params) == 40);
static_assert(offsetof(struct hv_ndis_rss_params, key_offset) == 24);

#define HV_RSS_DISABLE		0x10
#define HV_RSS_KEY_LEN		40
#define HV_HASH_TOEPLITZ	0x1
#define HV_HASH_V4		0x100
#define HV_HASH_TCP4		0x200
#define HV_HASH_V6		0x400
#define HV_HASH_TCP6		0x1000
#define HV_HASH_UDP4		0x4000
#define HV_HASH_UDP6		0x8000

struct hv_ndis_config {
	__le32 name_offset;
	__le32 name_len;
	__le32 type;
	__le32 value_offset;
	__le32 value_len;
} __packed;
static_assert(sizeof(struct hv_ndis_config) == 20);
#define HV_CONFIG_STRING	2

#endif
