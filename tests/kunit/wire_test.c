// SPDX-License-Identifier: GPL-2.0-only
/*
 * The control messages of <linux/hyperv.h> against the numbers of the VMBus
 * protocol: size of each message, and where its fields lie. The numbers come
 * from the public protocol descriptions, not from the structures.
 *
 * Kernel only: the stand-ins have no structures of their own to be wrong.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include "params.h"

struct layout {
	const char *name;
	size_t found;
	size_t wire;
};

#define SIZE(type, bytes) \
	{ #type, sizeof(struct vmbus_channel_##type), bytes }
#define FIELD(type, field, offset) \
	{ #type "." #field, offsetof(struct vmbus_channel_##type, field), offset }
#define PLAIN(type, field, offset) \
	{ #type "." #field, offsetof(struct type, field), offset }

static const struct layout layouts[] = {
	SIZE(message_header, 8),
	SIZE(offer_channel, 196),
	FIELD(offer_channel, offer.if_type, 8),
	FIELD(offer_channel, offer.if_instance, 24),
	FIELD(offer_channel, offer.chn_flags, 56),
	FIELD(offer_channel, offer.mmio_megabytes, 58),
	FIELD(offer_channel, offer.u, 60),
	FIELD(offer_channel, offer.sub_channel_index, 180),
	FIELD(offer_channel, child_relid, 184),
	FIELD(offer_channel, monitorid, 188),
	FIELD(offer_channel, connection_id, 192),
	SIZE(rescind_offer, 12),
	FIELD(rescind_offer, child_relid, 8),
	SIZE(open_channel, 148),
	FIELD(open_channel, child_relid, 8),
	FIELD(open_channel, openid, 12),
	FIELD(open_channel, ringbuffer_gpadlhandle, 16),
	FIELD(open_channel, target_vp, 20),
	FIELD(open_channel, downstream_ringbuffer_pageoffset, 24),
	FIELD(open_channel, userdata, 28),
	SIZE(open_result, 20),
	FIELD(open_result, child_relid, 8),
	FIELD(open_result, openid, 12),
	FIELD(open_result, status, 16),
	SIZE(close_channel, 12),
	FIELD(close_channel, child_relid, 8),
	SIZE(gpadl_header, 20),
	FIELD(gpadl_header, child_relid, 8),
	FIELD(gpadl_header, gpadl, 12),
	FIELD(gpadl_header, range_buflen, 16),
	FIELD(gpadl_header, rangecount, 18),
	FIELD(gpadl_header, range, 20),
	SIZE(gpadl_body, 16),
	FIELD(gpadl_body, msgnumber, 8),
	FIELD(gpadl_body, gpadl, 12),
	FIELD(gpadl_body, pfn, 16),
	SIZE(gpadl_created, 20),
	FIELD(gpadl_created, child_relid, 8),
	FIELD(gpadl_created, gpadl, 12),
	FIELD(gpadl_created, creation_status, 16),
	SIZE(gpadl_teardown, 16),
	FIELD(gpadl_teardown, child_relid, 8),
	FIELD(gpadl_teardown, gpadl, 12),
	SIZE(gpadl_torndown, 12),
	FIELD(gpadl_torndown, gpadl, 8),
	SIZE(relid_released, 12),
	FIELD(relid_released, child_relid, 8),
	SIZE(initiate_contact, 40),
	FIELD(initiate_contact, vmbus_version_requested, 8),
	FIELD(initiate_contact, target_vcpu, 12),
	FIELD(initiate_contact, interrupt_page, 16),
	FIELD(initiate_contact, monitor_page1, 24),
	FIELD(initiate_contact, monitor_page2, 32),
	SIZE(version_response, 16),
	FIELD(version_response, version_supported, 8),
	FIELD(version_response, connection_state, 9),
	FIELD(version_response, msg_conn_id, 12),
	SIZE(tl_connect_request, 40),
	FIELD(tl_connect_request, guest_endpoint_id, 8),
	FIELD(tl_connect_request, host_service_id, 24),
	SIZE(modifychannel, 16),
	FIELD(modifychannel, child_relid, 8),
	FIELD(modifychannel, target_vp, 12),
	SIZE(modifychannel_response, 16),
	FIELD(modifychannel_response, child_relid, 8),
	FIELD(modifychannel_response, status, 12),
	PLAIN(vmpacket_descriptor, type, 0),
	PLAIN(vmpacket_descriptor, offset8, 2),
	PLAIN(vmpacket_descriptor, len8, 4),
	PLAIN(vmpacket_descriptor, flags, 6),
	PLAIN(vmpacket_descriptor, trans_id, 8),
	PLAIN(hv_ring_buffer, write_index, 0),
	PLAIN(hv_ring_buffer, read_index, 4),
	PLAIN(hv_ring_buffer, interrupt_mask, 8),
	PLAIN(hv_ring_buffer, pending_send_sz, 12),
	PLAIN(hv_ring_buffer, feature_bits, 64),
	PLAIN(hv_ring_buffer, buffer, 4096),
	PLAIN(vmbus_packet_mpb_array, rangecount, 20),
	PLAIN(vmbus_packet_mpb_array, range, 24),
	PLAIN(gpa_range, byte_offset, 4),
	PLAIN(gpa_range, pfn_array, 8),
};

KUNIT_ARRAY_PARAM_DESC(layouts, layouts, name);

static void wire_layout_is_that_of_the_protocol(struct kunit *test)
{
	const struct layout *l = test->param_value;

	KUNIT_EXPECT_EQ(test, l->wire, l->found);
}

struct number {
	const char *name;
	u32 found;
	u32 wire;
};

static const struct number numbers[] = {
	{ "offer", CHANNELMSG_OFFERCHANNEL, 1 },
	{ "rescind", CHANNELMSG_RESCIND_CHANNELOFFER, 2 },
	{ "request offers", CHANNELMSG_REQUESTOFFERS, 3 },
	{ "all offers", CHANNELMSG_ALLOFFERS_DELIVERED, 4 },
	{ "open", CHANNELMSG_OPENCHANNEL, 5 },
	{ "open result", CHANNELMSG_OPENCHANNEL_RESULT, 6 },
	{ "close", CHANNELMSG_CLOSECHANNEL, 7 },
	{ "gpadl header", CHANNELMSG_GPADL_HEADER, 8 },
	{ "gpadl body", CHANNELMSG_GPADL_BODY, 9 },
	{ "gpadl created", CHANNELMSG_GPADL_CREATED, 10 },
	{ "gpadl teardown", CHANNELMSG_GPADL_TEARDOWN, 11 },
	{ "gpadl torndown", CHANNELMSG_GPADL_TORNDOWN, 12 },
	{ "relid released", CHANNELMSG_RELID_RELEASED, 13 },
	{ "initiate contact", CHANNELMSG_INITIATE_CONTACT, 14 },
	{ "version response", CHANNELMSG_VERSION_RESPONSE, 15 },
	{ "unload", CHANNELMSG_UNLOAD, 16 },
	{ "unload response", CHANNELMSG_UNLOAD_RESPONSE, 17 },
	{ "tl connect", CHANNELMSG_TL_CONNECT_REQUEST, 21 },
	{ "modify channel", CHANNELMSG_MODIFYCHANNEL, 22 },
	{ "tl connect result", CHANNELMSG_TL_CONNECT_RESULT, 23 },
	{ "modify channel response", CHANNELMSG_MODIFYCHANNEL_RESPONSE, 24 },
	{ "version 4.0", VERSION_WIN10, 0x40000 },
	{ "version 5.3", VERSION_WIN10_V5_3, 0x50003 },
	{ "in-band packet", VM_PKT_DATA_INBAND, 6 },
	{ "transfer page packet", VM_PKT_DATA_USING_XFER_PAGES, 7 },
	{ "gpa direct packet", VM_PKT_DATA_USING_GPA_DIRECT, 9 },
	{ "completion packet", VM_PKT_COMP, 11 },
};

KUNIT_ARRAY_PARAM_DESC(numbers, numbers, name);

static void wire_number_is_that_of_the_protocol(struct kunit *test)
{
	const struct number *n = test->param_value;

	KUNIT_EXPECT_EQ(test, n->wire, n->found);
}

/* Open of relid 9: open id 3, ring GPADL 0xe1e10, VP 2, inbound ring at page 32. */
static void wire_open_golden(struct kunit *test)
{
	static const u8 golden[] = {
		5, 0, 0, 0,	0, 0, 0, 0,	9, 0, 0, 0,	3, 0, 0, 0,
		0x10, 0x1e, 0x0e, 0,	2, 0, 0, 0,	32, 0, 0, 0,	0xaa, 0xbb,
	};
	struct vmbus_channel_open_channel msg = {
		.header.msgtype = CHANNELMSG_OPENCHANNEL,
		.child_relid = 9,
		.openid = 3,
		.ringbuffer_gpadlhandle = 0xe1e10,
		.target_vp = 2,
		.downstream_ringbuffer_pageoffset = 32,
		.userdata = { 0xaa, 0xbb },
	};

	KUNIT_EXPECT_EQ(test, 0, memcmp(&msg, golden, sizeof(golden)));
}

/* A SCSI offer as a host sends it: GUIDs in mixed order, relid 7, connection 0x2007. */
static void wire_offer_golden(struct kunit *test)
{
	static const guid_t scsi = GUID_INIT(0xba6163d9, 0x04a1, 0x4d29, 0xb6, 0x05,
					     0x72, 0xe2, 0xff, 0xb1, 0xdc, 0x7f);
	static const u8 head[] = {
		1, 0, 0, 0,	0, 0, 0, 0,
		0xd9, 0x63, 0x61, 0xba, 0xa1, 0x04, 0x29, 0x4d,
		0xb6, 0x05, 0x72, 0xe2, 0xff, 0xb1, 0xdc, 0x7f,
	};
	static const u8 tail[] = {
		2, 0,	0, 0,	7, 0, 0, 0,	0xff,	0,	1, 0,	7, 0x20, 0, 0,
	};
	u8 *msg = kunit_kzalloc(test, 196, GFP_KERNEL);
	const struct vmbus_channel_offer_channel *offer = (void *)msg;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, msg);
	memcpy(msg, head, sizeof(head));
	memcpy(msg + 180, tail, sizeof(tail));
	KUNIT_EXPECT_EQ(test, (u32)CHANNELMSG_OFFERCHANNEL, (u32)offer->header.msgtype);
	KUNIT_EXPECT_TRUE(test, guid_equal(&scsi, &offer->offer.if_type));
	KUNIT_EXPECT_EQ(test, 2, offer->offer.sub_channel_index);
	KUNIT_EXPECT_EQ(test, 7u, offer->child_relid);
	KUNIT_EXPECT_EQ(test, 0xff, offer->monitorid);
	KUNIT_EXPECT_FALSE(test, offer->monitor_allocated);
	KUNIT_EXPECT_TRUE(test, offer->is_dedicated_interrupt);
	KUNIT_EXPECT_EQ(test, 0x2007u, offer->connection_id);
}

static struct kunit_case wire_cases[] = {
	KUNIT_CASE_PARAM(wire_layout_is_that_of_the_protocol, layouts_gen_params),
	KUNIT_CASE_PARAM(wire_number_is_that_of_the_protocol, numbers_gen_params),
	KUNIT_CASE(wire_open_golden),
	KUNIT_CASE(wire_offer_golden),
	{}
};

static struct kunit_suite wire_suite = {
	.name = "vmbus_wire",
	.test_cases = wire_cases,
};

kunit_test_suite(wire_suite);
