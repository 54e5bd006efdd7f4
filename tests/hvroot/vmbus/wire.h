/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMBus control messages, ring pages and packet headers, as the root
 * partition sees them. Written from the protocol description alone: the guest
 * drivers take theirs from the kernel's headers, so that the two ends never
 * share one mistake. All integers are little-endian, x86-64 only.
 */
#ifndef HVROOT_VMBUS_WIRE_H
#define HVROOT_VMBUS_WIRE_H

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE __attribute__((packed))
#define WIRE_SIZE(type, size) static_assert(sizeof(type) == (size), #type)
#define WIRE_OFF(type, field, off) \
	static_assert(offsetof(type, field) == (off), #type "." #field)

#define VMBUS_PAGE		4096u
#define VMBUS_MAX_PAYLOAD	240u
#define VMBUS_MESSAGE_TYPE	1u
#define VMBUS_SINT		2u
#define VMBUS_RELIDS		2048u
#define VMBUS_NO_VP		0xFFFFFFFFu

#define VMBUS_VERSION(major, minor) (((uint32_t)(major) << 16) | (minor))
#define VMBUS_V2_4	VMBUS_VERSION(2, 4)
#define VMBUS_V3_0	VMBUS_VERSION(3, 0)
#define VMBUS_V4_0	VMBUS_VERSION(4, 0)
#define VMBUS_V4_1	VMBUS_VERSION(4, 1)
#define VMBUS_V5_0	VMBUS_VERSION(5, 0)
#define VMBUS_V5_1	VMBUS_VERSION(5, 1)
#define VMBUS_V5_2	VMBUS_VERSION(5, 2)
#define VMBUS_V5_3	VMBUS_VERSION(5, 3)
#define VMBUS_V6_0	VMBUS_VERSION(6, 0)

#define VMBUS_CONN_MESSAGE	1u	/* message port below 5.0 */
#define VMBUS_CONN_CONTACT	4u	/* INITIATE_CONTACT from 5.0 */

#define VMBUS_FEAT_GUEST_SIGNAL		0x01u
#define VMBUS_FEAT_REDIRECT		0x02u
#define VMBUS_FEAT_MODIFY_CONNECTION	0x04u
#define VMBUS_FEAT_CLIENT_ID		0x08u
#define VMBUS_FEAT_PAUSE		0x20u

#define NTSTATUS_OK			0u
#define NTSTATUS_UNSUCCESSFUL		0xC0000001u
#define NTSTATUS_INVALID_PARAMETER	0xC000000Du
#define NTSTATUS_INVALID_DEVICE_REQUEST	0xC0000010u
#define NTSTATUS_REVISION_MISMATCH	0xC0000059u
#define NTSTATUS_INVALID_DEVICE_STATE	0xC0000184u
#define NTSTATUS_CONNECTION_REFUSED	0xC0000236u
#define GPADL_FAILED			0x8000FFFFu

struct guid {
	uint8_t b[16];		/* wire order */
} WIRE;
WIRE_SIZE(struct guid, 16);

enum vmbus_message {
	MSG_OFFER_CHANNEL = 1,
	MSG_RESCIND_CHANNEL,
	MSG_REQUEST_OFFERS,
	MSG_ALL_OFFERS_DELIVERED,
	MSG_OPEN_CHANNEL,
	MSG_OPEN_RESULT,
	MSG_CLOSE_CHANNEL,
	MSG_GPADL_HEADER,
	MSG_GPADL_BODY,
	MSG_GPADL_CREATED,
	MSG_GPADL_TEARDOWN,
	MSG_GPADL_TORNDOWN,
	MSG_RELID_RELEASED,
	MSG_INITIATE_CONTACT,
	MSG_VERSION_RESPONSE,
	MSG_UNLOAD,
	MSG_UNLOAD_RESPONSE,
	MSG_OPEN_RESERVED,
	MSG_CLOSE_RESERVED,
	MSG_CLOSE_RESERVED_RESPONSE,
	MSG_TL_CONNECT_REQUEST,
	MSG_MODIFY_CHANNEL,
	MSG_TL_CONNECT_RESULT,
	MSG_MODIFY_CHANNEL_RESPONSE,
	MSG_MODIFY_CONNECTION,
	MSG_MODIFY_CONNECTION_RESPONSE,
	MSG_PAUSE,
	MSG_PAUSE_RESPONSE,
	MSG_RESUME,
	MSG_COUNT
};

struct msg_header {
	uint32_t type;
	uint32_t reserved;
} WIRE;
WIRE_SIZE(struct msg_header, 8);

#define OFFER_ENUMERATE		0x0001u
#define OFFER_NAMED_PIPE	0x0010u
#define OFFER_MONITORED		0x0400u
#define OFFER_HVSOCK		0x2000u
#define PIPE_MODE_MESSAGE	4u
#define OFFER_USER_BYTES	120u

struct msg_offer {
	struct msg_header h;
	struct guid type;
	struct guid instance;
	uint8_t reserved[16];
	uint16_t flags;
	uint16_t mmio_megabytes;
	uint8_t user[OFFER_USER_BYTES];
	uint16_t sub_index;
	uint16_t reserved2;
	uint32_t relid;
	uint8_t monitor_id;
	uint8_t monitor_allocated;
	uint16_t dedicated;
	uint32_t connection_id;
} WIRE;
WIRE_SIZE(struct msg_offer, 196);
WIRE_OFF(struct msg_offer, flags, 56);
WIRE_OFF(struct msg_offer, user, 60);
WIRE_OFF(struct msg_offer, relid, 184);

struct msg_relid {		/* RESCIND, CLOSE, RELID_RELEASED */
	struct msg_header h;
	uint32_t relid;
} WIRE;
WIRE_SIZE(struct msg_relid, 12);

struct msg_open {
	struct msg_header h;
	uint32_t relid;
	uint32_t open_id;
	uint32_t gpadl;
	uint32_t target_vp;
	uint32_t page_offset;
	uint8_t user[120];
	/* from here only in variant 2 (6.0 with feature 1 or 2) */
	uint32_t connection_id;
	uint16_t event_flag;
	uint16_t flags;
} WIRE;
WIRE_SIZE(struct msg_open, 156);
#define MSG_OPEN_V1_SIZE offsetof(struct msg_open, connection_id)
static_assert(MSG_OPEN_V1_SIZE == 148, "OPEN variant 1");

struct msg_open_result {
	struct msg_header h;
	uint32_t relid;
	uint32_t open_id;
	uint32_t status;
} WIRE;
WIRE_SIZE(struct msg_open_result, 20);

struct msg_gpadl_header {
	struct msg_header h;
	uint32_t relid;
	uint32_t gpadl;
	uint16_t range_bytes;
	uint16_t range_count;
	/* then per range: byte count u32, byte offset u32, frames u64[] */
} WIRE;
WIRE_SIZE(struct msg_gpadl_header, 20);

struct msg_gpadl_body {
	struct msg_header h;
	uint32_t sequence;
	uint32_t gpadl;
	/* then frames u64[] */
} WIRE;
WIRE_SIZE(struct msg_gpadl_body, 16);

struct msg_gpadl_created {
	struct msg_header h;
	uint32_t relid;
	uint32_t gpadl;
	uint32_t status;
} WIRE;
WIRE_SIZE(struct msg_gpadl_created, 20);

struct msg_gpadl_teardown {
	struct msg_header h;
	uint32_t relid;
	uint32_t gpadl;
} WIRE;
WIRE_SIZE(struct msg_gpadl_teardown, 16);

struct msg_gpadl_torndown {
	struct msg_header h;
	uint32_t gpadl;
} WIRE;
WIRE_SIZE(struct msg_gpadl_torndown, 12);

struct msg_contact {
	struct msg_header h;
	uint32_t version;
	uint32_t target_vp;
	union {
		uint64_t interrupt_page;	/* below 5.0 */
		struct {
			uint8_t sint;
			uint8_t vtl;
			uint16_t reserved;
			uint32_t features;	/* 6.0 */
		} WIRE;
	};
	uint64_t monitor_to_guest;
	uint64_t monitor_to_host;
	uint8_t client_id[16];			/* feature 8 only */
} WIRE;
WIRE_SIZE(struct msg_contact, 56);
WIRE_OFF(struct msg_contact, monitor_to_guest, 24);
#define MSG_CONTACT_SIZE 40u

struct msg_version_response {
	struct msg_header h;
	uint8_t supported;
	uint8_t state;
	uint16_t pad;
	uint32_t version_or_connection;
	uint32_t features;			/* 6.0 */
	uint32_t pad2;
	uint64_t monitor_to_guest;
	uint64_t monitor_to_host;
} WIRE;
WIRE_SIZE(struct msg_version_response, 40);
#define MSG_VERSION_RESPONSE_SIZE	16u
#define MSG_VERSION_RESPONSE_SIZE_6	20u

struct msg_open_reserved {
	struct msg_header h;
	uint32_t channel;
	uint32_t target_vp;
	uint32_t target_sint;
	uint32_t gpadl;
	uint32_t page_offset;
} WIRE;
WIRE_SIZE(struct msg_open_reserved, 28);

struct msg_close_reserved {
	struct msg_header h;
	uint32_t channel;
	uint32_t target_vp;
	uint32_t target_sint;
} WIRE;
WIRE_SIZE(struct msg_close_reserved, 20);

struct msg_tl_connect {
	struct msg_header h;
	struct guid endpoint;
	struct guid service;
	struct guid silo;			/* from 5.2 */
} WIRE;
WIRE_SIZE(struct msg_tl_connect, 56);
#define MSG_TL_CONNECT_SIZE 40u

struct msg_tl_result {
	struct msg_header h;
	struct guid endpoint;
	struct guid service;
	uint32_t status;
} WIRE;
WIRE_SIZE(struct msg_tl_result, 44);

struct msg_modify_channel {
	struct msg_header h;
	uint32_t relid;
	uint32_t target_vp;
} WIRE;
WIRE_SIZE(struct msg_modify_channel, 16);

struct msg_modify_response {
	struct msg_header h;
	uint32_t relid;
	uint32_t status;
} WIRE;
WIRE_SIZE(struct msg_modify_response, 16);

struct msg_modify_connection {
	struct msg_header h;
	uint64_t monitor_to_guest;
	uint64_t monitor_to_host;
} WIRE;
WIRE_SIZE(struct msg_modify_connection, 24);

struct msg_modify_connection_response {
	struct msg_header h;
	uint8_t state;
} WIRE;
WIRE_SIZE(struct msg_modify_connection_response, 9);

/* Monitor page: the host scans the pending bits that the guest sets. */
struct monitor_page {
	uint32_t trigger_state;
	uint32_t reserved;
	struct {
		uint32_t pending;
		uint32_t armed;
	} WIRE group[4];
	uint8_t reserved2[0x18];
	int32_t next_check[4][32];
	uint16_t latency[4][32];
	uint8_t reserved3[0x100];
	struct {
		uint32_t connection_id;
		uint16_t flag;
		uint16_t reserved;
	} WIRE parameter[4][32];
	uint8_t reserved4[0x7C0];
} WIRE;
WIRE_SIZE(struct monitor_page, 4096);
WIRE_OFF(struct monitor_page, next_check, 0x40);
WIRE_OFF(struct monitor_page, latency, 0x240);
WIRE_OFF(struct monitor_page, parameter, 0x440);

/* Ring control page */
struct ring_page {
	uint32_t write_index;
	uint32_t read_index;
	uint32_t interrupt_mask;
	uint32_t pending_send;
	uint8_t reserved[48];
	uint32_t features;
	uint8_t reserved2[4028];
} WIRE;
WIRE_SIZE(struct ring_page, 4096);
WIRE_OFF(struct ring_page, features, 64);
#define RING_FEATURE_PENDING_SEND 1u

enum packet_type {
	PKT_INBAND = 6,
	PKT_TRANSFER_PAGES = 7,
	PKT_GPADL = 8,
	PKT_GPA_DIRECT = 9,
	PKT_CANCEL = 10,
	PKT_COMPLETION = 11,
};

#define PKT_COMPLETION_WANTED 1u
#define PKT_TRAILER 8u

struct packet_header {
	uint16_t type;
	uint16_t offset8;
	uint16_t len8;
	uint16_t flags;
	uint64_t id;
} WIRE;
WIRE_SIZE(struct packet_header, 16);

struct packet_ranges {		/* follows the header of a GPA-direct packet */
	uint32_t reserved;
	uint32_t count;
} WIRE;
WIRE_SIZE(struct packet_ranges, 8);

struct gpa_range {
	uint32_t length;
	uint32_t offset;
	/* then frames u64[] */
} WIRE;
WIRE_SIZE(struct gpa_range, 8);

#endif
