// SPDX-License-Identifier: GPL-2.0-only
/* Packet descriptors: what we build, and each field refused when wrong. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "params.h"

static void packet_build_pads_to_eight(struct kunit *test)
{
	struct ring_packet p = {};
	struct vmpacket_descriptor d;
	u32 payload;

	for (payload = 0; payload < 40; payload++) {
		u32 want = 16 + DIV_ROUND_UP(payload, 8) * 8;

		KUNIT_EXPECT_EQ(test, want, (u32)packet_build(&p, 6, 0, payload, 1));
		packet_words(&d, p.head, 9);
		KUNIT_EXPECT_EQ(test, want, p.len);
		KUNIT_EXPECT_EQ(test, payload, p.data_len);
		KUNIT_EXPECT_EQ(test, want / 8, d.len8);
		KUNIT_EXPECT_EQ(test, 2, d.offset8);
		KUNIT_EXPECT_EQ(test, 6, d.type);
		KUNIT_EXPECT_EQ(test, 1, d.flags);
		KUNIT_EXPECT_EQ(test, 9ull, d.trans_id);
	}
}

/* type 9, data at 48, 112 bytes, completion wanted, id 0x0807060504030201 */
static void packet_build_golden(struct kunit *test)
{
	static const u8 golden[16] = {
		0x09, 0x00, 0x06, 0x00, 0x0e, 0x00, 0x01, 0x00,
		0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
	};
	struct ring_packet p = {};
	u64 words[2];

	KUNIT_EXPECT_EQ(test, 112, packet_build(&p, VM_PKT_DATA_USING_GPA_DIRECT, 32, 64, 1));
	KUNIT_EXPECT_EQ(test, 32u, p.list_len);
	words[0] = p.head;
	words[1] = 0x0807060504030201;
	KUNIT_EXPECT_EQ(test, 0, memcmp(words, golden, sizeof(golden)));
}

static void packet_build_refuses_headers(struct kunit *test)
{
	struct ring_packet p = {};
	struct vmpacket_descriptor d;
	u32 odd;

	for (odd = 1; odd < 8; odd++)
		KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 8 + odd, 8, 0));
	KUNIT_EXPECT_EQ(test, (int)PACKET_MAX, packet_build(&p, 6, PACKET_MAX - 16, 0, 0));
	packet_words(&d, p.head, 0);
	KUNIT_EXPECT_EQ(test, 0xffff, d.offset8);
	KUNIT_EXPECT_EQ(test, 64, packet_build(&p, 6, 48, 0, 0));
	packet_words(&d, p.head, 0);
	KUNIT_EXPECT_EQ(test, 8, d.offset8);
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 4, 8, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, PACKET_MAX - 8, 0, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 0xfffffff8, 0, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 0xfffffff0, 0, 0));
}

static void packet_build_refuses_lengths(struct kunit *test)
{
	struct ring_packet p = {};
	struct vmpacket_descriptor d;

	KUNIT_EXPECT_EQ(test, (int)PACKET_MAX, packet_build(&p, 6, 0, PACKET_MAX - 16, 0));
	packet_words(&d, p.head, 0);
	KUNIT_EXPECT_EQ(test, 0xffff, d.len8);
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 0, PACKET_MAX - 15, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, packet_build(&p, 6, 0, 0xffffffff, 0));
}

struct check {
	const char *name;
	u16 offset8, len8;
	u32 avail;
	enum ring_error want;
	u32 bad;
};

static const struct check checks[] = {
	{ "descriptor alone", 2, 2, 16, RING_OK, 0 },
	{ "payload", 2, 10, 80, RING_OK, 0 },
	{ "more behind it", 2, 10, 800, RING_OK, 0 },
	{ "header fills it", 10, 10, 80, RING_OK, 0 },
	{ "longest", 2, 0xffff, 0xffff * 8, RING_OK, 0 },
	{ "no length", 2, 0, 80, RING_LENGTH, 0 },
	{ "shorter than a descriptor", 1, 1, 80, RING_LENGTH, 1 },
	{ "eight bytes too long", 2, 11, 80, RING_LENGTH, 11 },
	{ "far too long", 2, 0xffff, 80, RING_LENGTH, 0xffff },
	{ "nothing there", 2, 2, 0, RING_LENGTH, 2 },
	{ "no offset", 0, 10, 80, RING_OFFSET, 0 },
	{ "offset in the descriptor", 1, 10, 80, RING_OFFSET, 1 },
	{ "offset past the end", 11, 10, 80, RING_OFFSET, 11 },
	{ "offset far past the end", 0xffff, 10, 80, RING_OFFSET, 0xffff },
};

KUNIT_ARRAY_PARAM_DESC(checks, checks, name);

static void packet_check_judges(struct kunit *test)
{
	const struct check *c = test->param_value;
	u64 head = packet_head(6, c->offset8 * 8, c->len8 * 8, 0);

	KUNIT_EXPECT_EQ(test, c->want, packet_check(head, c->avail));
	/* what else is in the word is no matter */
	KUNIT_EXPECT_EQ(test, c->want, packet_check(head | 0xffffull << 48, c->avail));
	KUNIT_EXPECT_EQ(test, c->len8 * 8u, packet_len(head | 0xffffull << 48));
	if (c->want)
		KUNIT_EXPECT_EQ(test, c->bad, packet_bad_value(head, c->want));
}

static void packet_check_judges_types(struct kunit *test)
{
	u32 type;

	for (type = 0; type < 65536; type++)
		KUNIT_EXPECT_EQ(test, type && type < 14 ? RING_OK : RING_TYPE,
				packet_check(packet_head(type, 16, 16, 0), 16));
}

static void packet_type_known_judges(struct kunit *test)
{
	u32 type;

	for (type = 0; type <= 0xffff; type++)
		KUNIT_EXPECT_EQ(test, type >= 1 && type <= 0xd,
				packet_type_known(type));
	KUNIT_EXPECT_EQ(test, 0xeu, packet_bad_value(0x1111222233330000 | 0xe, RING_TYPE));
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(packet_build_pads_to_eight),
	KUNIT_CASE(packet_build_golden),
	KUNIT_CASE(packet_build_refuses_headers),
	KUNIT_CASE(packet_build_refuses_lengths),
	KUNIT_CASE_PARAM(packet_check_judges, checks_gen_params),
	KUNIT_CASE(packet_check_judges_types),
	KUNIT_CASE(packet_type_known_judges),
	{}
};

static struct kunit_suite packet_suite = {
	.name = "vmbus_packet",
	.test_cases = packet_cases,
};

kunit_test_suite(packet_suite);
