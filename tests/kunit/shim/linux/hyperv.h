/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User-space stand-in for the kernel's <linux/hyperv.h>: just the layouts that
 * the pure files name, written down from the VMBus protocol.
 */
#ifndef _SHIM_HYPERV_H
#define _SHIM_HYPERV_H

#include <linux/types.h>

#define HV_HYP_PAGE_SHIFT	12
#define HV_HYP_PAGE_SIZE	4096u
#define HVPFN_DOWN(x)		((x) >> HV_HYP_PAGE_SHIFT)
#define HVPFN_UP(x)		(((x) + HV_HYP_PAGE_SIZE - 1) >> HV_HYP_PAGE_SHIFT)
#define offset_in_hvpage(x)	((x) & (HV_HYP_PAGE_SIZE - 1))

#define VERSION_WIN8		0x20004u
#define VERSION_WIN8_1		0x30000u
#define VERSION_WIN10		0x40000u
#define VERSION_WIN10_V4_1	0x40001u
#define VERSION_WIN10_V5	0x50000u
#define VERSION_WIN10_V5_1	0x50001u
#define VERSION_WIN10_V5_2	0x50002u
#define VERSION_WIN10_V5_3	0x50003u

struct vmbus_packet_mpb_array {
	u16 type, dataoffset8, length8, flags;
	u64 transactionid;
	u32 reserved, rangecount;
	struct {
		u32 len, offset;
		u64 pfn_array[];
	} range;
} __attribute__((packed));

enum vmbus_channel_state {
	CHANNEL_OFFER_STATE,
	CHANNEL_OPENING_STATE,
	CHANNEL_OPEN_STATE,
	CHANNEL_OPENED_STATE,
};

struct hv_ring_buffer {
	u32 write_index, read_index, interrupt_mask, pending_send_sz;
	u32 reserved1[12];
	union {
		u32 value;
	} feature_bits;
	u8 reserved2[4096 - 68];
	u8 buffer[];
} __packed;

struct vmpacket_descriptor {
	u16 type, offset8, len8, flags;
	u64 trans_id;
} __packed;

#define hv_pkt_len(d)		((u32)(d)->len8 << 3)
#define hv_pkt_datalen(d)	(((u32)(d)->len8 << 3) - ((u32)(d)->offset8 << 3))

enum {
	VM_PKT_INVALID = 0,
	VM_PKT_DATA_INBAND = 6,
	VM_PKT_DATA_USING_XFER_PAGES = 7,
	VM_PKT_DATA_USING_GPADL = 8,
	VM_PKT_DATA_USING_GPA_DIRECT = 9,
	VM_PKT_CANCEL_REQUEST = 10,
	VM_PKT_COMP = 11,
	VM_PKT_DATA_USING_ADDITIONAL_PKT = 12,
	VM_PKT_ADDITIONAL_DATA = 13,
};

#define VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED	1

enum vmbus_channel_message_type {
	CHANNELMSG_INVALID = 0,
	CHANNELMSG_OFFERCHANNEL = 1,
	CHANNELMSG_RESCIND_CHANNELOFFER = 2,
	CHANNELMSG_REQUESTOFFERS = 3,
	CHANNELMSG_ALLOFFERS_DELIVERED = 4,
	CHANNELMSG_OPENCHANNEL = 5,
	CHANNELMSG_OPENCHANNEL_RESULT = 6,
	CHANNELMSG_CLOSECHANNEL = 7,
	CHANNELMSG_GPADL_HEADER = 8,
	CHANNELMSG_GPADL_BODY = 9,
	CHANNELMSG_GPADL_CREATED = 10,
	CHANNELMSG_GPADL_TEARDOWN = 11,
	CHANNELMSG_GPADL_TORNDOWN = 12,
	CHANNELMSG_RELID_RELEASED = 13,
	CHANNELMSG_INITIATE_CONTACT = 14,
	CHANNELMSG_VERSION_RESPONSE = 15,
	CHANNELMSG_UNLOAD = 16,
	CHANNELMSG_UNLOAD_RESPONSE = 17,
	CHANNELMSG_18 = 18,
	CHANNELMSG_19 = 19,
	CHANNELMSG_20 = 20,
	CHANNELMSG_TL_CONNECT_REQUEST = 21,
	CHANNELMSG_MODIFYCHANNEL = 22,
	CHANNELMSG_TL_CONNECT_RESULT = 23,
	CHANNELMSG_MODIFYCHANNEL_RESPONSE = 24,
	CHANNELMSG_COUNT
};

struct vmbus_channel_message_header {
	u32 msgtype, padding;
} __packed;

typedef struct {
	u8 b[16];
} guid_t;

#define VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER	0x2000

struct vmbus_channel_offer {
	guid_t if_type, if_instance;
	u64 reserved1, reserved2;
	u16 chn_flags, mmio_megabytes;
	union {
		struct {
			u32 pipe_mode;
			u8 user_def[116];
		} pipe;
	} u;
	u16 sub_channel_index, reserved3;
} __packed;

struct vmbus_channel_offer_channel {
	struct vmbus_channel_message_header header;
	struct vmbus_channel_offer offer;
	u32 child_relid;
	u8 monitorid, monitor_allocated;
	u16 dedicated_interrupt;
	u32 connection_id;
} __packed;

struct gpa_range {
	u32 byte_count, byte_offset;
	u64 pfn_array[];
};

struct vmbus_channel_gpadl_header {
	struct vmbus_channel_message_header header;
	u32 child_relid, gpadl;
	u16 range_buflen, rangecount;
	struct gpa_range range[];
} __packed;

struct vmbus_channel_gpadl_body {
	struct vmbus_channel_message_header header;
	u32 msgnumber, gpadl;
	u64 pfn[];
} __packed;

#endif
