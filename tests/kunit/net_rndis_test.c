// SPDX-License-Identifier: GPL-2.0-only
/*
 * RNDIS and NVSP of the network driver: bytes built as the protocol prints
 * them, and every length, offset and count of the host that cannot be right.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "params.h"
#include "rndis_msg.h"

static u32 word(const u8 *p, u32 at)
{
	return p[at] | p[at + 1] << 8 | p[at + 2] << 16 | (u32)p[at + 3] << 24;
}

static void set_word(u8 *p, u32 at, u32 v)
{
	p[at] = v;
	p[at + 1] = v >> 8;
	p[at + 2] = v >> 16;
	p[at + 3] = v >> 24;
}

/* ---- packets that we send ---- */

static void rndis_put_packet_plain(struct kunit *test)
{
	const struct nv_tx_meta m = { .frame_len = 60 };
	u8 b[NV_TX_HEAD_MAX];

	KUNIT_EXPECT_EQ(test, nv_rndis_put_packet(b, &m), 44u);
	KUNIT_EXPECT_EQ(test, nv_rndis_packet_len(&m), 44u);
	KUNIT_EXPECT_EQ(test, word(b, 0), 1u);
	KUNIT_EXPECT_EQ(test, word(b, 4), 104u);
	KUNIT_EXPECT_EQ(test, word(b, 8), 36u);
	KUNIT_EXPECT_EQ(test, word(b, 12), 60u);
	KUNIT_EXPECT_EQ(test, word(b, 28), 0u);
	KUNIT_EXPECT_EQ(test, word(b, 32), 0u);
}

static void rndis_put_packet_vlan_and_csum(struct kunit *test)
{
	const struct nv_tx_meta m = {
		.frame_len = 100, .has_vlan = true, .vlan = 0x53, .csum = 0x220005,
	};
	u8 b[NV_TX_HEAD_MAX];

	KUNIT_EXPECT_EQ(test, nv_rndis_put_packet(b, &m), 76u);
	KUNIT_EXPECT_EQ(test, nv_rndis_packet_len(&m), 76u);
	KUNIT_EXPECT_EQ(test, word(b, 8), 68u);		/* data behind both */
	KUNIT_EXPECT_EQ(test, word(b, 28), 36u);
	KUNIT_EXPECT_EQ(test, word(b, 32), 32u);
	KUNIT_EXPECT_EQ(test, word(b, 44), 16u);
	KUNIT_EXPECT_EQ(test, word(b, 48), 6u);
	KUNIT_EXPECT_EQ(test, word(b, 52), 12u);
	KUNIT_EXPECT_EQ(test, word(b, 56), 0x53u);
	KUNIT_EXPECT_EQ(test, word(b, 64), 0u);
	KUNIT_EXPECT_EQ(test, word(b, 72), 0x220005u);
}

static void rndis_put_packet_lso_without_csum(struct kunit *test)
{
	const struct nv_tx_meta m = { .frame_len = 9000, .lso = 0x622005a8, .csum = 5 };
	u8 b[NV_TX_HEAD_MAX];

	KUNIT_EXPECT_EQ(test, nv_rndis_put_packet(b, &m), 60u);
	KUNIT_EXPECT_EQ(test, nv_rndis_packet_len(&m), 60u);
	KUNIT_EXPECT_EQ(test, word(b, 48), 2u);
	KUNIT_EXPECT_EQ(test, word(b, 56), 0x622005a8u);
}

static void rndis_vlan_there_and_back(struct kunit *test)
{
	u32 tci;

	KUNIT_EXPECT_EQ(test, nv_vlan_from_tci(0x6005), 0x53u);
	KUNIT_EXPECT_EQ(test, nv_vlan_from_tci(0x1fff), 0xfff8u);
	for (tci = 0; tci < 0x10000; tci++)
		if (nv_vlan_to_tci(nv_vlan_from_tci(tci)) != tci)
			break;
	KUNIT_EXPECT_EQ(test, tci, 0x10000u);
}

/* ---- packets that we get ---- */

/* 44 bytes of header, 16 of checksum info, 16 of packet id, 60 of frame */
static u32 good_packet(u8 *b)
{
	memset(b, 0, 256);
	set_word(b, 0, 1);
	set_word(b, 4, 136);
	set_word(b, 8, 68);
	set_word(b, 12, 60);
	set_word(b, 28, 36);
	set_word(b, 32, 32);
	set_word(b, 44, 16);
	set_word(b, 48, 0);
	set_word(b, 52, 12);
	set_word(b, 56, HV_CSUM_RX_TCP_OK);
	set_word(b, 60, 16);
	set_word(b, 64, 0x80000001);
	set_word(b, 68, 12);
	set_word(b, 72, 1 | 3 << 8 | 0x1234 << 16);
	return 136;
}

static void rndis_get_packet_good(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = good_packet(b);

	KUNIT_ASSERT_EQ(test, nv_rndis_get_packet(b, len, &m), 0);
	KUNIT_EXPECT_EQ(test, m.data_offset, 76u);
	KUNIT_EXPECT_EQ(test, m.data_len, 60u);
	KUNIT_EXPECT_TRUE(test, m.has_csum);
	KUNIT_EXPECT_EQ(test, m.csum, (u32)HV_CSUM_RX_TCP_OK);
	KUNIT_EXPECT_EQ(test, m.packet_flags, 3);
	KUNIT_EXPECT_EQ(test, m.packet_id, 0x1234);
	KUNIT_EXPECT_FALSE(test, m.has_vlan);
	KUNIT_EXPECT_FALSE(test, m.has_hash);
}

struct bad_packet {
	const char *name;
	u32 at, value;
};

static const struct bad_packet bad_packets[] = {
	{ "message length 0", 4, 0 },
	{ "message length below the header", 4, 43 },
	{ "message longer than the range", 4, 137 },
	{ "message length huge", 4, 0xffffffff },
	{ "no data", 12, 0 },
	{ "data past the end", 12, 61 },
	{ "data length wraps", 12, 0xffffffff },
	{ "data inside the header", 8, 35 },
	{ "data offset past the end", 8, 129 },
	{ "data offset wraps", 8, 0xfffffff8 },
	{ "info past the end", 32, 101 },
	{ "info larger than we copy", 32, 513 },
	{ "info length wraps", 32, 0xffffffff },
	{ "info inside the header", 28, 0 },
	{ "info offset wraps", 28, 0xfffffff8 },
	{ "info cut in the middle of an entry", 32, 20 },
	{ "entry of size 0", 44, 0 },
	{ "entry smaller than its header", 44, 11 },
	{ "entry larger than what is left", 44, 33 },
	{ "entry size huge", 44, 0xffffffff },
	{ "entry offset at its end plus one", 52, 17 },
	{ "entry offset inside its header", 52, 4 },
	{ "entry offset huge", 52, 0xffffffff },
	{ "second entry of size 0", 60, 0 },
	{ "second entry past the end", 60, 17 },
};

KUNIT_ARRAY_PARAM_DESC(bad_packets, bad_packets, name);

static void rndis_get_packet_refuses(struct kunit *test)
{
	const struct bad_packet *p = test->param_value;
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = good_packet(b);

	set_word(b, p->at, p->value);
	KUNIT_EXPECT_EQ(test, nv_rndis_get_packet(b, len, &m), -EINVAL);
}

static void rndis_get_packet_every_cut(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = good_packet(b), cut;

	for (cut = 0; cut < len; cut++)
		KUNIT_EXPECT_EQ(test, nv_rndis_get_packet(b, cut, &m), -EINVAL);
}

static void rndis_get_packet_short_data_ignored(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = good_packet(b);

	set_word(b, 52, 16);	/* no room for a value */
	KUNIT_ASSERT_EQ(test, nv_rndis_get_packet(b, len, &m), 0);
	KUNIT_EXPECT_FALSE(test, m.has_csum);
	KUNIT_EXPECT_FALSE(test, m.vlan_short);
	set_word(b, 48, HV_INFO_VLAN);
	KUNIT_ASSERT_EQ(test, nv_rndis_get_packet(b, len, &m), 0);
	KUNIT_EXPECT_FALSE(test, m.has_vlan);
	KUNIT_EXPECT_TRUE(test, m.vlan_short);
}

/* ---- requests and replies ---- */

static void rndis_put_request_fits(struct kunit *test)
{
	u8 b[40];

	KUNIT_EXPECT_EQ(test, nv_rndis_put_request(b, 40, HV_RNDIS_SET, 7, 0x1010e, "abcd", 4), 32);
	KUNIT_EXPECT_EQ(test, word(b, 0), 5u);
	KUNIT_EXPECT_EQ(test, word(b, 4), 32u);
	KUNIT_EXPECT_EQ(test, word(b, 8), 7u);
	KUNIT_EXPECT_EQ(test, word(b, 12), 0x1010eu);
	KUNIT_EXPECT_EQ(test, word(b, 16), 4u);
	KUNIT_EXPECT_EQ(test, word(b, 20), 20u);
	KUNIT_EXPECT_EQ(test, memcmp(b + 28, "abcd", 4), 0);
	KUNIT_EXPECT_EQ(test, nv_rndis_put_request(b, 31, 5, 7, 1, "abcd", 4), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, nv_rndis_put_request(b, 40, 5, 7, 1, b, 0xfffffff0), -EMSGSIZE);
}

struct reply_case {
	const char *name;
	u32 len, status, data_len, offset;
	int want;
};

static const struct reply_case reply_cases[] = {
	{ "good", 30, 0, 6, 16, 0 },
	{ "refused", 24, 0xc00000bb, 0, 0, -EIO },
	{ "cut", 23, 0, 6, 16, -EINVAL },
	{ "empty", 24, 0, 0, 16, 0 },
	{ "empty, with no offset", 24, 0, 0, 0, 0 },
	{ "past the end", 30, 0, 7, 16, -EINVAL },
	{ "inside the header", 30, 0, 6, 15, -EINVAL },
	{ "offset wraps", 30, 0, 6, 0xfffffffc, -EINVAL },
	{ "length wraps", 30, 0, 0xffffffff, 16, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(reply_cases, reply_cases, name);

static void rndis_reply_data_checks(struct kunit *test)
{
	const struct reply_case *c = test->param_value;
	u32 at = 0, n = 0;
	u8 b[64] = {};

	set_word(b, 12, c->status);
	set_word(b, 16, c->data_len);
	set_word(b, 20, c->offset);
	KUNIT_ASSERT_EQ(test, nv_rndis_reply_data(b, c->len, &at, &n), c->want);
	if (c->want)
		return;
	KUNIT_EXPECT_EQ(test, at, 24u);
	KUNIT_EXPECT_EQ(test, n, c->data_len);
}

static void rndis_mac_config_bytes(struct kunit *test)
{
	static const u8 mac[6] = { 0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0x01 };
	static const char digits[] = "02aabbccdd01";
	u8 b[128] = {};
	int i;

	KUNIT_EXPECT_EQ(test, nv_mac_config(b, mac), 72u);
	KUNIT_EXPECT_EQ(test, word(b, 0), 20u);
	KUNIT_EXPECT_EQ(test, word(b, 4), 28u);
	KUNIT_EXPECT_EQ(test, word(b, 8), 2u);
	KUNIT_EXPECT_EQ(test, word(b, 12), 48u);
	KUNIT_EXPECT_EQ(test, word(b, 16), 24u);
	KUNIT_EXPECT_EQ(test, b[20], 'N');
	for (i = 0; i < 12; i++)
		KUNIT_EXPECT_EQ(test, (char)b[48 + 2 * i], digits[i]);
}

/* ---- NVSP ---- */

struct section_case {
	const char *name;
	u32 status, sections, offset, size, count;
	int want;
};

static const struct section_case section_cases[] = {
	{ "good", 1, 1, 0, 1728, 600, 0 },
	{ "the whole buffer", 1, 1, 0, 4096, 256, 0 },
	{ "refused", 2, 1, 0, 1728, 600, -EIO },
	{ "no run", 1, 0, 0, 1728, 600, -EINVAL },
	{ "two runs", 1, 2, 0, 1728, 600, -EINVAL },
	{ "not at the start", 1, 1, 8, 1728, 600, -EINVAL },
	{ "too small", 1, 1, 0, 67, 600, -EINVAL },
	{ "none", 1, 1, 0, 1728, 0, -EINVAL },
	{ "past the end", 1, 1, 0, 4096, 257, -EINVAL },
	{ "product wraps", 1, 1, 0, 0x10000, 0x10000, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(section_cases, section_cases, name);

static void nvsp_recv_sections(struct kunit *test)
{
	const struct section_case *c = test->param_value;
	struct nv_sections s;
	union {
		struct hv_nvsp m;
		u8 b[40];
	} u = {};

	set_word(u.b, 4, c->status);
	set_word(u.b, 8, c->sections);
	set_word(u.b, 12, c->offset);
	set_word(u.b, 16, c->size);
	set_word(u.b, 20, c->count);
	KUNIT_EXPECT_EQ(test, nv_recv_sections(&u.m, 28, 1 << 20, &s), c->want);
	KUNIT_EXPECT_EQ(test, nv_recv_sections(&u.m, 27, 1 << 20, &s), -EINVAL);
}

struct table_case {
	const char *name;
	u32 version, len, count, offset;
	int want;	/* first entry, or an error */
};

static const struct table_case table_cases[] = {
	{ "right behind the header", HV_NVSP_V6_1, 76, 16, 12, 12 },
	{ "later", HV_NVSP_V6_1, 104, 16, 40, 40 },
	{ "wrong offset of old hosts", HV_NVSP_V6, 104, 16, 12, 40 },
	{ "short message of an old host", HV_NVSP_V5, 103, 16, 12, 12 },
	{ "other count", HV_NVSP_V6_1, 104, 15, 12, -EINVAL },
	{ "inside the header", HV_NVSP_V6_1, 104, 16, 8, -EINVAL },
	{ "past the end", HV_NVSP_V6_1, 75, 16, 12, -EINVAL },
	{ "offset huge", HV_NVSP_V6_1, 104, 16, 0xffffffff, -EINVAL },
	{ "offset at the end", HV_NVSP_V6_1, 104, 16, 104, -EINVAL },
	{ "short message", HV_NVSP_V6_1, 11, 16, 12, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(table_cases, table_cases, name);

static void nvsp_send_table(struct kunit *test)
{
	const struct table_case *c = test->param_value;
	u32 table[HV_NVSP_SEND_TABLE_LEN];
	u8 b[128];
	int ret;
	u32 i;

	for (i = 0; i < sizeof(b); i += 4)
		set_word(b, i, i);	/* each word says where it is */
	set_word(b, 4, c->count);
	set_word(b, 8, c->offset);
	ret = nv_send_table(b, c->len, c->version, table);
	KUNIT_ASSERT_EQ(test, ret, min(c->want, 0));
	if (!ret)
		KUNIT_EXPECT_EQ(test, (int)table[0], c->want);
}

static void nvsp_rss_params_layout(struct kunit *test)
{
	static const u32 table[4] = { 3, 2, 1, 0 };
	u8 key[40], b[128];

	memset(key, 0x5a, sizeof(key));
	KUNIT_EXPECT_EQ(test, nv_rss_params(b, key, table, 4, HV_HASH_TCP4, true), 96u);
	KUNIT_EXPECT_EQ(test, b[0], 0x89);
	KUNIT_EXPECT_EQ(test, b[1], 2);
	KUNIT_EXPECT_EQ(test, b[2], 40);
	KUNIT_EXPECT_EQ(test, b[4], 0);
	KUNIT_EXPECT_EQ(test, word(b, 8), 0x201u);
	KUNIT_EXPECT_EQ(test, b[12], 16);
	KUNIT_EXPECT_EQ(test, word(b, 16), 40u);
	KUNIT_EXPECT_EQ(test, b[20], 40);
	KUNIT_EXPECT_EQ(test, word(b, 24), 56u);
	KUNIT_EXPECT_EQ(test, word(b, 40), 3u);
	KUNIT_EXPECT_EQ(test, b[95], 0x5a);
	nv_rss_params(b, key, table, 4, 0, false);
	KUNIT_EXPECT_EQ(test, b[4], 0x10);
}

/* A host that refuses all that is asked for is asked for this, one after the other. */
static void rndis_filter_simpler(struct kunit *test)
{
	const u32 plain = HV_FILTER_DIRECTED | HV_FILTER_BROADCAST;
	const u32 all = plain | HV_FILTER_ALL_MULTICAST;

	KUNIT_EXPECT_EQ(test, nv_filter_simpler(HV_FILTER_PROMISCUOUS), all);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(plain | HV_FILTER_MULTICAST), all);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(all), plain);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(HV_FILTER_DIRECTED | HV_FILTER_ALL_MULTICAST),
			(u32)HV_FILTER_DIRECTED);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(HV_FILTER_DIRECTED | HV_FILTER_MULTICAST),
			(u32)(HV_FILTER_DIRECTED | HV_FILTER_ALL_MULTICAST));
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(plain), 0u);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(HV_FILTER_DIRECTED), 0u);
	KUNIT_EXPECT_EQ(test, nv_filter_simpler(0), 0u);
}

static struct kunit_case net_rndis_cases[] = {
	KUNIT_CASE(rndis_put_packet_plain),
	KUNIT_CASE(rndis_put_packet_vlan_and_csum),
	KUNIT_CASE(rndis_put_packet_lso_without_csum),
	KUNIT_CASE(rndis_vlan_there_and_back),
	KUNIT_CASE(rndis_get_packet_good),
	KUNIT_CASE_PARAM(rndis_get_packet_refuses, bad_packets_gen_params),
	KUNIT_CASE(rndis_get_packet_every_cut),
	KUNIT_CASE(rndis_get_packet_short_data_ignored),
	KUNIT_CASE(rndis_put_request_fits),
	KUNIT_CASE_PARAM(rndis_reply_data_checks, reply_cases_gen_params),
	KUNIT_CASE(rndis_mac_config_bytes),
	KUNIT_CASE_PARAM(nvsp_recv_sections, section_cases_gen_params),
	KUNIT_CASE_PARAM(nvsp_send_table, table_cases_gen_params),
	KUNIT_CASE(nvsp_rss_params_layout),
	KUNIT_CASE(rndis_filter_simpler),
	{}
};

static struct kunit_suite net_rndis_suite = {
	.name = "netvsc_rndis",
	.test_cases = net_rndis_cases,
};
kunit_test_suite(net_rndis_suite);
