/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Network messages as they travel over a VMBus channel (NVSP, versions 1 to
 * 6.1).  Wire format only: no state, no code.  All fields are little-endian.
 */
#ifndef _HV_NVSP_WIRE_H
#define _HV_NVSP_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

#define HV_NVSP_V1		0x00002
#define HV_NVSP_V2		0x30002
#define HV_NVSP_V4		0x40000
#define HV_NVSP_V5		0x50000
#define HV_NVSP_V6		0x60000
#define HV_NVSP_V6_1		0x60001

/* H->G marks those that only the host sends. */
enum hv_nvsp_type {
	HV_NVSP_INIT			= 1,
	HV_NVSP_INIT_REPLY		= 2,	/* H->G */
	HV_NVSP_NDIS_VERSION		= 100,
	HV_NVSP_RECV_BUF		= 101,
	HV_NVSP_RECV_BUF_REPLY		= 102,	/* H->G */
	HV_NVSP_REVOKE_RECV_BUF		= 103,
	HV_NVSP_SEND_BUF		= 104,
	HV_NVSP_SEND_BUF_REPLY		= 105,	/* H->G */
	HV_NVSP_REVOKE_SEND_BUF		= 106,
	HV_NVSP_RNDIS			= 107,
	HV_NVSP_RNDIS_DONE		= 108,
	HV_NVSP_NDIS_CONFIG		= 125,
	HV_NVSP_VF_ASSOCIATION		= 128,	/* H->G */
	HV_NVSP_DATA_PATH		= 129,
	HV_NVSP_SUBCHANNEL		= 133,	/* its reply has the same type */
	HV_NVSP_SEND_TABLE		= 134,	/* H->G */
};

#define HV_NVSP_STATUS_OK	1

/* NDIS_CONFIG capabilities */
#define HV_NVSP_CAP_SRIOV	BIT_ULL(2)
#define HV_NVSP_CAP_8021Q	BIT_ULL(3)
#define HV_NVSP_CAP_TEAMING	BIT_ULL(5)
#define HV_NVSP_CAP_RSC		BIT_ULL(7)

#define HV_NVSP_CHANNEL_DATA	0
#define HV_NVSP_CHANNEL_CONTROL	1
#define HV_NVSP_NO_SECTION	0xffffffffu

#define HV_NVSP_RECV_BUF_ID	0xcafe
#define HV_NVSP_SEND_BUF_ID	0

/*
 * A guest sends the whole 40 bytes in every version: a host ignores messages
 * shorter than it expects.
 */
struct hv_nvsp {
	__le32 type;
	union {
		struct {
			__le32 min;
			__le32 max;
		} __packed init;
		struct {
			__le32 version;
			__le32 max_mdl;
			__le32 status;
		} __packed init_reply;
		struct {
			__le32 major;
			__le32 minor;
		} __packed ndis_version;
		struct {
			__le32 gpadl;
			__le16 id;
		} __packed buf;
		struct {
			__le16 id;
		} __packed revoke;
		struct {
			__le32 status;
			__le32 sections;
			__le32 offset;
			__le32 size;
			__le32 count;
			__le32 end;
		} __packed recv_reply;
		struct {
			__le32 status;
			__le32 section_size;
		} __packed send_reply;
		struct {
			__le32 channel;
			__le32 section;
			__le32 section_bytes;
		} __packed rndis;
		struct {
			__le32 status;
		} __packed rndis_done;
		struct {
			__le32 mtu;
			__le32 reserved;
			__le64 caps;
		} __packed config;
		struct {
			__le32 allocated;
			__le32 serial;
		} __packed vf;
		struct {
			__le32 path;
		} __packed data_path;
		struct {
			__le32 op;
			__le32 count;
		} __packed subchannel;
		struct {
			__le32 status;
			__le32 count;
		} __packed subchannel_reply;
		struct {
			__le32 count;
			__le32 offset;
		} __packed send_table;
		u8 pad[36];
	} __packed;
} __packed;
static_assert(sizeof(struct hv_nvsp) == 40);
static_assert(offsetof(struct hv_nvsp, config.caps) == 12);
static_assert(offsetof(struct hv_nvsp, recv_reply.offset) == 12);
static_assert(offsetof(struct hv_nvsp, rndis.section_bytes) == 12);

/* The shortest message of the host that carries @field. */
#define HV_NVSP_LEN(field)	offsetofend(struct hv_nvsp, field)

#define HV_NVSP_SUBCHANNEL_ALLOCATE	1
#define HV_NVSP_PATH_SYNTHETIC		0
#define HV_NVSP_PATH_VF			1

/* Entries of the table that spreads what we send. */
#define HV_NVSP_SEND_TABLE_LEN		16
/* Where the table is in messages whose offset field is known to be wrong. */
#define HV_NVSP_SEND_TABLE_AT		40

/* What follows the descriptor of a transfer-page packet. */
struct hv_xfer_head {
	__le16 pageset;
	u8 owner;
	u8 reserved;
	__le32 count;
} __packed;
static_assert(sizeof(struct hv_xfer_head) == 8);

struct hv_xfer_range {
	__le32 len;
	__le32 offset;
} __packed;
static_assert(sizeof(struct hv_xfer_range) == 8);

#endif
