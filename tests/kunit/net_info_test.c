// SPDX-License-Identifier: GPL-2.0-only
/* Per-packet info of the network driver: each kind, both ways, in memory as long as promised. */
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

/* Private memory of exactly @len bytes: whoever reads on is seen. */
static u8 *exact(struct kunit *test, const u8 *from, u32 len)
{
	u8 *copy = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, copy);
	memcpy(copy, from, len);
	return copy;
}

/* ---- sending ---- */

struct header {
	const char *name;
	struct nv_tx_meta m;
	u32 len;		/* of the header */
	u32 types[3], values[3];
};

#define T(hash, vlan, has_vlan, lso, csum) { 60, csum, lso, vlan, hash, has_vlan }

static const struct header headers[] = {
	{ "hash", T(0xabcd, 0, false, 0, 0), 60, { 8 }, { 0xabcd } },
	{ "hash, checksum", T(1, 0, false, 0, 5), 76, { 8, 0 }, { 1, 5 } },
	{ "hash, VLAN, checksum", T(1, 2, true, 0, 3), 92, { 8, 6, 0 }, { 1, 2, 3 } },
	{ "hash, VLAN, LSO", T(1, 2, true, 3, 4), 92, { 8, 6, 2 }, { 1, 2, 3 } },
	{ "VLAN 0", T(0, 0, true, 0, 0), 60, { 6 }, { 0 } },
	{ "VLAN value without a VLAN", T(0, 7, false, 0, 0), 44, {}, {} },
	{ "hash, LSO", T(9, 0, false, 8, 0), 76, { 8, 2 }, { 9, 8 } },
};

KUNIT_ARRAY_PARAM_DESC(headers, headers, name);

static void info_is_put(struct kunit *test)
{
	const struct header *h = test->param_value;
	u32 n = (h->len - 44) / 16, i;
	u8 b[NV_TX_HEAD_MAX];

	memset(b, 0xcc, sizeof(b));
	KUNIT_ASSERT_EQ(test, h->len, nv_rndis_put_packet(b, &h->m));
	KUNIT_EXPECT_EQ(test, h->len, nv_rndis_packet_len(&h->m));
	KUNIT_EXPECT_EQ(test, h->len + 60, word(b, 4));
	KUNIT_EXPECT_EQ(test, h->len - 8, word(b, 8));
	KUNIT_EXPECT_EQ(test, 16 * n, word(b, 32));
	for (i = 0; i < n; i++) {
		KUNIT_EXPECT_EQ(test, 16u, word(b, 44 + 16 * i));
		KUNIT_EXPECT_EQ(test, h->types[i], word(b, 48 + 16 * i));
		KUNIT_EXPECT_EQ(test, 12u, word(b, 52 + 16 * i));
		KUNIT_EXPECT_EQ(test, h->values[i], word(b, 56 + 16 * i));
	}
}

/* ---- receiving ---- */

/* A frame of 60 bytes behind @bytes of info, which are zero. */
static u32 packet(u8 *b, u32 bytes)
{
	memset(b, 0, 44 + bytes + 60);
	set_word(b, 0, 1);
	set_word(b, 4, 44 + bytes + 60);
	set_word(b, 8, 36 + bytes);
	set_word(b, 12, 60);
	if (bytes) {
		set_word(b, 28, 36);
		set_word(b, 32, bytes);
	}
	return 44 + bytes + 60;
}

static void put(u8 *b, u32 at, u32 size, u32 type, u32 value)
{
	set_word(b, at, size);
	set_word(b, at + 4, type);
	set_word(b, at + 8, 12);
	if (size > 12)
		set_word(b, at + 12, value);
}

static void info_none(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[128];
	u32 len = packet(b, 0);

	KUNIT_EXPECT_EQ(test, 0, nv_rndis_get_packet(b, len, &m));
	KUNIT_EXPECT_EQ(test, 44u, m.data_offset);
	KUNIT_EXPECT_FALSE(test, m.has_csum || m.has_hash || m.has_vlan);
}

static void info_is_taken(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = packet(b, 60);

	put(b, 44, 16, 6, 0x53);		/* VLAN 5, priority 3 */
	put(b, 60, 16, 8, 0xdeadbeef);		/* hash */
	put(b, 76, 16, 77, 1);			/* unknown, passed over */
	put(b, 92, 12, 0, 0);			/* no data, at the very end */
	KUNIT_ASSERT_EQ(test, 0, nv_rndis_get_packet(b, len, &m));
	KUNIT_EXPECT_TRUE(test, m.has_vlan);
	KUNIT_EXPECT_EQ(test, 0x6005, m.vlan_tci);
	KUNIT_EXPECT_TRUE(test, m.has_hash);
	KUNIT_EXPECT_EQ(test, 0xdeadbeefu, m.hash);
	KUNIT_EXPECT_FALSE(test, m.has_csum);
	KUNIT_EXPECT_EQ(test, 0, m.packet_flags);
	KUNIT_EXPECT_EQ(test, 0, m.packet_id);
}

struct part {
	const char *name;
	u32 size, version, flags;
	u8 want;
};

static const struct part parts[] = {
	{ "first", 16, 1, 3, 3 },
	{ "middle", 16, 1, 1, 1 },
	{ "last", 16, 1, 5, 5 },
	{ "other version", 16, 2, 3, 0 },
	{ "version 0", 16, 0, 3, 0 },
	{ "not a part", 16, 1, 2, 0 },
	{ "cut", 12, 1, 3, 0 },
};

KUNIT_ARRAY_PARAM_DESC(parts, parts, name);

/* Behind the cut one lies an entry whose size, 0x101, would do as its rest. */
static void info_packet_id(struct kunit *test)
{
	const struct part *p = test->param_value;
	u32 value = p->version | p->flags << 8 | 0x4321 << 16, len;
	struct nv_rx_meta m;
	u8 b[512];

	len = packet(b, p->size == 12 ? 12 + 0x101 : p->size);
	put(b, 44, p->size, 0x80000001, value);
	if (p->size == 12)
		put(b, 56, 0x101, 77, 0);
	KUNIT_ASSERT_EQ(test, 0, nv_rndis_get_packet(b, len, &m));
	KUNIT_EXPECT_EQ(test, p->want, m.packet_flags);
	KUNIT_EXPECT_EQ(test, p->want ? 0x4321 : 0, m.packet_id);
}

/* As much info as is copied at most, in one entry. */
static void info_longest(struct kunit *test)
{
	u8 *b = kunit_kzalloc(test, 1024, GFP_KERNEL);
	struct nv_rx_meta m;
	u32 len;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b);
	len = packet(b, NV_INFO_MAX);
	put(b, 44, NV_INFO_MAX, 8, 0x77);
	KUNIT_EXPECT_EQ(test, 0, nv_rndis_get_packet(b, len, &m));
	KUNIT_EXPECT_EQ(test, 0x77u, m.hash);
	len = packet(b, NV_INFO_MAX + 4);
	put(b, 44, NV_INFO_MAX + 4, 8, 0x77);
	KUNIT_EXPECT_EQ(test, -EINVAL, nv_rndis_get_packet(b, len, &m));
}

/* ---- memory just as long as promised ---- */

static void parsers_read_no_further(struct kunit *test)
{
	struct nv_rx_meta m;
	u8 b[256];
	u32 len = packet(b, 0), cut, at, n;

	for (cut = 1; cut < 44; cut++)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				nv_rndis_get_packet(exact(test, b, cut), cut, &m));
	KUNIT_EXPECT_EQ(test, 0, nv_rndis_get_packet(exact(test, b, len), len, &m));
	memset(b, 0, sizeof(b));
	for (cut = 1; cut < 24; cut++)
		KUNIT_EXPECT_EQ(test, -EINVAL,
				nv_rndis_reply_data(exact(test, b, cut), cut, &at, &n));
}

static void request_fits_exactly(struct kunit *test)
{
	u8 *b = kunit_kzalloc(test, 32, GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b);
	KUNIT_EXPECT_EQ(test, 32, nv_rndis_put_request(b, 32, 4, 1, 1, "abcd", 4));
	KUNIT_EXPECT_EQ(test, 28, nv_rndis_put_request(b, 28, 4, 1, 1, NULL, 0));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, nv_rndis_put_request(b, 27, 4, 1, 1, NULL, 0));
}

static void mac_config_every_byte(struct kunit *test)
{
	static const char text[] = "NetworkAddress0123456789ab";
	static const u8 mac[] = { 0x01, 0x23, 0x45, 0x67, 0x89, 0xab };
	u8 b[128];
	u32 i;

	memset(b, 0xcc, sizeof(b));
	KUNIT_ASSERT_EQ(test, 72u, nv_mac_config(b, mac));
	for (i = 0; i < 26; i++) {
		KUNIT_EXPECT_EQ(test, (u8)text[i], b[20 + 2 * i]);
		KUNIT_EXPECT_EQ(test, 0, b[21 + 2 * i]);
	}
	KUNIT_EXPECT_EQ(test, 0xcc, b[72]);
	KUNIT_EXPECT_EQ(test, 0xcc, b[73]);
}

static void tables_every_entry(struct kunit *test)
{
	u32 in[16], out[16], i;
	u8 key[40], b[160];

	for (i = 0; i < 16; i++)
		in[i] = 0x100 + i;
	for (i = 0; i < 40; i++)
		key[i] = i;
	KUNIT_ASSERT_EQ(test, 144u, nv_rss_params(b, key, in, 16, 0, true));
	for (i = 0; i < 16; i++)
		KUNIT_EXPECT_EQ(test, in[i], word(b, 40 + 4 * i));
	KUNIT_EXPECT_EQ(test, 0, memcmp(key, b + 104, 40));

	memset(b, 0, sizeof(b));
	set_word(b, 4, 16);
	set_word(b, 8, 12);
	for (i = 0; i < 16; i++)
		set_word(b, 12 + 4 * i, in[i]);
	KUNIT_ASSERT_EQ(test, 0, nv_send_table(exact(test, b, 76), 76, HV_NVSP_V6_1, out));
	KUNIT_EXPECT_EQ(test, 0, memcmp(in, out, sizeof(in)));
}

/* A section that just holds a header and the shortest frame. */
static void smallest_section(struct kunit *test)
{
	union {
		struct hv_nvsp m;
		u8 b[40];
	} u = {};
	struct nv_sections s;

	set_word(u.b, 4, 1);
	set_word(u.b, 8, 1);
	set_word(u.b, 16, 68);
	set_word(u.b, 20, 10);
	KUNIT_EXPECT_EQ(test, 0, nv_recv_sections(&u.m, 28, 680, &s));
	KUNIT_EXPECT_EQ(test, 68u, s.size);
	KUNIT_EXPECT_EQ(test, 10u, s.count);
	KUNIT_EXPECT_EQ(test, -EINVAL, nv_recv_sections(&u.m, 28, 679, &s));
}

static struct kunit_case net_info_cases[] = {
	KUNIT_CASE_PARAM(info_is_put, headers_gen_params),
	KUNIT_CASE(info_none),
	KUNIT_CASE(info_is_taken),
	KUNIT_CASE_PARAM(info_packet_id, parts_gen_params),
	KUNIT_CASE(info_longest),
	KUNIT_CASE(parsers_read_no_further),
	KUNIT_CASE(request_fits_exactly),
	KUNIT_CASE(mac_config_every_byte),
	KUNIT_CASE(tables_every_entry),
	KUNIT_CASE(smallest_section),
	{}
};

static struct kunit_suite net_info_suite = {
	.name = "netvsc_info",
	.test_cases = net_info_cases,
};

kunit_test_suite(net_info_suite);
