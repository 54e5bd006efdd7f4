/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Storage packets as they travel over a VMBus channel (StorVSP protocol,
 * versions 5.1 to 6.2).  Wire format only: no state, no code.  All fields are
 * little-endian.
 */
#ifndef _HV_STOR_WIRE_H
#define _HV_STOR_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/* Operations. H->G marks those that only the host sends. */
enum hv_stor_op {
	HV_STOR_COMPLETE_IO		= 1,	/* H->G, every reply */
	HV_STOR_REMOVE_DEVICE		= 2,	/* H->G, unsolicited */
	HV_STOR_EXECUTE_SRB		= 3,
	HV_STOR_RESET_LUN		= 4,
	HV_STOR_RESET_ADAPTER		= 5,
	HV_STOR_RESET_BUS		= 6,
	HV_STOR_BEGIN_INIT		= 7,
	HV_STOR_END_INIT		= 8,
	HV_STOR_QUERY_VERSION		= 9,
	HV_STOR_QUERY_PROPERTIES	= 10,
	HV_STOR_ENUMERATE_BUS		= 11,	/* H->G, unsolicited */
	HV_STOR_FC_HBA_DATA		= 12,
	HV_STOR_CREATE_SUBCHANNELS	= 13,
	HV_STOR_EVENT			= 14,	/* H->G, unsolicited */
};

#define HV_STOR_FLAG_COMPLETION		0x1

#define HV_STOR_VERSION(major, minor)	((major) << 8 | (minor))
#define HV_STOR_V5_1			HV_STOR_VERSION(5, 1)
#define HV_STOR_V6_0			HV_STOR_VERSION(6, 0)
#define HV_STOR_V6_2			HV_STOR_VERSION(6, 2)

#define HV_STOR_CDB_LEN			16
#define HV_STOR_SENSE_LEN		20

/* SRB status; the low six bits are the code, the rest are modifiers. */
#define HV_SRB_SUCCESS			0x01
#define HV_SRB_ABORTED			0x02
#define HV_SRB_ERROR			0x04
#define HV_SRB_BUSY			0x05
#define HV_SRB_INVALID_REQUEST		0x06
#define HV_SRB_INVALID_PATH		0x07
#define HV_SRB_NO_DEVICE		0x08
#define HV_SRB_TIMEOUT			0x09
#define HV_SRB_SELECTION_TIMEOUT	0x0a
#define HV_SRB_COMMAND_TIMEOUT		0x0b
#define HV_SRB_BUS_RESET		0x0e
#define HV_SRB_DATA_OVERRUN		0x12
#define HV_SRB_FLUSHED			0x16
#define HV_SRB_INVALID_LUN		0x20
#define HV_SRB_INVALID_TARGET		0x21
#define HV_SRB_BAD_FUNCTION		0x22
#define HV_SRB_CODE_MASK		0x3f
#define HV_SRB_AUTOSENSE_VALID		0x80

/* struct hv_stor_srb.direction */
#define HV_SRB_DIR_OUT			0	/* guest to device */
#define HV_SRB_DIR_IN			1	/* device to guest */
#define HV_SRB_DIR_NONE			2

/* struct hv_stor_srb.srb_flags */
#define HV_SRB_FLAG_QUEUE_ACTION	0x0002
#define HV_SRB_FLAG_NO_SYNC_TRANSFER	0x0008
#define HV_SRB_FLAG_DATA_IN		0x0040
#define HV_SRB_FLAG_DATA_OUT		0x0080
#define HV_SRB_FLAG_NO_QUEUE_FREEZE	0x0100

#define HV_SRB_UNTAGGED			0xff
#define HV_SRB_SIMPLE_QUEUE		0x20

/* SCSI request block, in EXECUTE_SRB and in the COMPLETE_IO that answers it. */
struct hv_stor_srb {
	__le16 length;		/* of this structure */
	u8 srb_status;
	u8 scsi_status;
	u8 port;
	u8 path;
	u8 target;
	u8 lun;
	u8 cdb_len;
	u8 sense_len;		/* request: room, reply: valid bytes */
	u8 direction;
	u8 reserved;
	__le32 data_len;	/* reply: bytes moved */
	union {
		u8 cdb[HV_STOR_CDB_LEN];
		u8 sense[HV_STOR_SENSE_LEN];
	};
	__le16 reserved2;
	u8 queue_tag;
	u8 queue_action;
	__le32 srb_flags;
	__le32 timeout;		/* seconds */
	__le32 sort_key;
} __packed;
static_assert(sizeof(struct hv_stor_srb) == 52);
static_assert(offsetof(struct hv_stor_srb, cdb) == 16);
static_assert(offsetof(struct hv_stor_srb, srb_flags) == 40);

struct hv_stor_version {
	__le16 version;		/* major << 8 | minor */
	__le16 revision;
} __packed;
static_assert(sizeof(struct hv_stor_version) == 4);

#define HV_STOR_PROP_MULTI_CHANNEL	0x1

struct hv_stor_properties {
	__le32 reserved;
	__le16 max_subchannels;
	__le16 reserved2;
	__le32 flags;
	__le32 max_transfer;	/* bytes */
	__le64 reserved3;
} __packed;
static_assert(sizeof(struct hv_stor_properties) == 24);
static_assert(offsetof(struct hv_stor_properties, max_transfer) == 12);

/* Fibre Channel world wide names, big-endian as on the fabric. */
struct hv_stor_fc_data {
	u8 primary_active;
	u8 reserved[3];
	u8 primary_port[8];
	u8 primary_node[8];
	u8 secondary_port[8];
	u8 secondary_node[8];
} __packed;
static_assert(sizeof(struct hv_stor_fc_data) == 36);

struct hv_stor_event {
	u8 lun;
	u8 target;
	u8 path;
	u8 flags;
} __packed;
static_assert(sizeof(struct hv_stor_event) == 4);

struct hv_stor_packet {
	__le32 operation;	/* enum hv_stor_op */
	__le32 flags;
	__le32 status;		/* NTSTATUS, set by the host */
	union {
		struct hv_stor_srb srb;
		struct hv_stor_version version;
		struct hv_stor_properties properties;
		struct hv_stor_fc_data fc;
		struct hv_stor_event event;
		__le16 subchannels;
		u8 payload[52];
	};
} __packed;
static_assert(sizeof(struct hv_stor_packet) == 64);
static_assert(offsetof(struct hv_stor_packet, srb) == 12);

/* User data of the OPEN message of a storage channel: all zero. */
#define HV_STOR_OPEN_DATA_LEN		24

#endif
