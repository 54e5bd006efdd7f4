// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key-value pairs and file copy: the host's bytes, put together by offset as
 * the protocol prints them, to what the daemons read; what they write, back to
 * bytes; and a refusal for each field.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "fcopy_msg.h"
#include "kvp_bytes.h"
#include "params.h"

#define PAIR_LEN	2576	/* get and set */
#define DELETE_LEN	520
#define ITEM_LEN	2580
#define IP_LEN		7428

/* "Key" = "value" in a set, whose pair begins at 4 */
static struct kvp_fake *fake_set(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 1, 0);

	if (!f)
		return NULL;
	word(f->host, 4, 1);
	word(f->host, 8, wide(f->host + 16, "Key"));
	word(f->host, 12, wide(f->host + 528, "value"));
	return f;
}

static void kvp_set(struct kunit *test)
{
	struct kvp_fake *f = fake_set(test);

	KUNIT_ASSERT_TRUE(test, !!f);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.kvp_hdr.operation, 1);
	KUNIT_EXPECT_EQ(test, f->daemon.kvp_hdr.pool, 0);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_type, 1u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.key_size, 4u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 6u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.key, "Key", 4), 0);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.value, "value", 6), 0);
	f->daemon.error = 0;
	KUNIT_EXPECT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 528, "value"));
}

/* What the daemon gets holds nothing of the message before it. */
static void kvp_starts_clean(struct kunit *test)
{
	struct kvp_fake *f = fake_set(test);
	union fcopy_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 len;

	KUNIT_ASSERT_TRUE(test, f && m);
	memset(&f->daemon, 0xff, sizeof(f->daemon));
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.key[4], 0);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value[2047], 0);

	memset(m, 0xff, sizeof(*m));
	memset(f->host, 0, sizeof(f->host));
	word(f->host, 0, 1);
	KUNIT_ASSERT_EQ(test, fcopy_from_host(m, &len, f->host, 52), 0u);
	KUNIT_EXPECT_EQ(test, m->piece.size, 0u);
	KUNIT_EXPECT_EQ(test, m->piece.data[0] | m->piece.data[6143], 0);
}

static void kvp_numbers(struct kunit *test)
{
	struct kvp_fake *f = fake_set(test);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 528, 0xffffffff);
	word(f->host, 532, 0xffffffff);
	word(f->host, 4, 4);
	word(f->host, 12, 4);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.value, "4294967295", 11), 0);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 11u);
	word(f->host, 4, 8);
	word(f->host, 12, 8);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.value,
				     "18446744073709551615", 21), 0);
	word(f->host, 4, 11);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 21u);
	/* each byte at its place */
	word(f->host, 528, 0x04030201);
	word(f->host, 532, 0x88070605);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.value,
				     "9801809732607083009", 20), 0);
	word(f->host, 4, 4);
	word(f->host, 12, 4);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_set.data.value, "67305985", 9), 0);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_type, 1u);
}

static void kvp_empty_value(struct kunit *test)
{
	struct kvp_fake *f = fake_set(test);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 12, 0);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 1u);
}

static void kvp_largest(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 1, 4);
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 4, 1);
	word(f->host, 8, 512);
	word(f->host, 12, 2048);
	for (i = 0; i < 255; i++)
		f->host[16 + 2 * i] = 'k';
	for (i = 0; i < 1023; i++)
		f->host[528 + 2 * i] = 'v';
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.key_size, 256u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 1024u);
}

struct set_case {
	const char *name;
	u32 at, value;
	u32 want;
};

static const struct set_case set_cases[] = {
	{ "pool 4", 0, 1 | 4 << 8, 0 },
	{ "pool 5", 0, 1 | 5 << 8, BAD },
	{ "pool 255", 0, 1 | 255 << 8, BAD },
	{ "operation 6", 0, 6, 0x80070032 },
	{ "operation 255", 0, 255, 0x80070032 },
	{ "expand string", 4, 2, 0 },
	{ "type 0", 4, 0, BAD },
	{ "binary", 4, 3, BAD },
	{ "number of a text's size", 4, 4, BAD },
	{ "long number of a text's size", 4, 11, BAD },
	{ "no key", 8, 0, BAD },
	{ "key without its zero", 8, 6, 0 },
	{ "key of odd size", 8, 7, BAD },
	{ "key size one too many", 8, 513, BAD },
	{ "key size huge", 8, 0xffffffff, BAD },
	{ "key is not text", 16, 0xdc00, 0 },
	{ "value without its zero", 12, 10, 0 },
	{ "value of odd size", 12, 11, BAD },
	{ "value size one too many", 12, 2049, BAD },
	{ "value size huge", 12, 0xffffffff, BAD },
	{ "value is not text", 528, 0xd800, 0 },
};

KUNIT_ARRAY_PARAM_DESC(set_cases, set_cases, name);

static void kvp_set_fields(struct kunit *test)
{
	const struct set_case *c = test->param_value;
	struct kvp_fake *f = fake_set(test);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, c->at, c->value);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), c->want);
}

/* 255 Chinese characters are a key for the host; a daemon has as many as it can keep. */
static void kvp_cuts_what_a_daemon_cannot_keep(struct kunit *test)
{
	struct kvp_fake *f = fake_set(test);
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 8, 512);
	for (i = 0; i < 256; i++) {
		f->host[16 + 2 * i] = 0x2d;
		f->host[17 + 2 * i] = 0x4e;
	}
	word(f->host, 12, 2048);
	for (i = 0; i < 1024; i++) {
		f->host[528 + 2 * i] = 0x2d;
		f->host[529 + 2 * i] = 0x4e;
	}
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.key_size, 511u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.key[510], 0);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value_size, 2047u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_set.data.value[2046], 0);
	/* and finds it again */
	f->host[0] = 2;
	memmove(f->host + 8, f->host + 16, 512);
	word(f->host, 4, 512);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, DELETE_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_delete.key_size, 511u);
}

struct len_case {
	const char *name;
	u8 op;
	u32 len;
};

static const struct len_case len_cases[] = {
	{ "get", 0, PAIR_LEN },
	{ "set", 1, PAIR_LEN },
	{ "delete", 2, DELETE_LEN },
	{ "enumerate", 3, ITEM_LEN },
	{ "get addresses", 4, IP_LEN },
	{ "set addresses", 5, IP_LEN },
};

KUNIT_ARRAY_PARAM_DESC(len_cases, len_cases, name);

static void kvp_shortest(struct kunit *test)
{
	const struct len_case *c = test->param_value;
	struct kvp_fake *f = fake_set(test);

	KUNIT_ASSERT_TRUE(test, !!f);
	f->host[0] = c->op;
	if (c->op == 2)
		word(f->host, 4, wide(f->host + 8, "Key"));
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, 0, V4), BAD);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, 1, V4), BAD);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, 2, V4), BAD);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, c->len - 1, V4), BAD);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, c->len, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.kvp_hdr.operation, c->op);
	f->host[0] = 6;
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, 1, V4), BAD);
}

static void kvp_delete(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 2, 1);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 4, wide(f->host + 8, "Key"));
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, DELETE_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.kvp_hdr.pool, 1);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_delete.key_size, 4u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_delete.key, "Key", 4), 0);
	word(f->host, 4, 6);		/* its zero is not counted */
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, DELETE_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_delete.key_size, 4u);
	word(f->host, 4, 0);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, DELETE_LEN, V4), BAD);
	word(f->host, 4, 514);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, DELETE_LEN, V4), BAD);
}

static void kvp_get_answer(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 0, 1);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 8, wide(f->host + 16, "Key"));
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, PAIR_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_get.data.value_size, 2048u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_get.data.key_size, 4u);
	KUNIT_EXPECT_EQ(test, memcmp(f->daemon.body.kvp_get.data.key, "Key", 4), 0);
	f->daemon.error = 0;
	strscpy((char *)f->daemon.body.kvp_get.data.value, "found", 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 4), 1u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 12), 12u);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 528, "found"));
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 16, "Key"));
}

static void kvp_enumerate_answer(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 3, 2);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, 4, 7);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, ITEM_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, f->daemon.body.kvp_enum_data.index, 7u);
	f->daemon.error = 0;
	strscpy((char *)f->daemon.body.kvp_enum_data.data.key, "OSName", 16);
	strscpy((char *)f->daemon.body.kvp_enum_data.data.value, "Debian", 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 8), 1u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 12), 14u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 16), 14u);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 20, "OSName"));
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 532, "Debian"));
}

static void kvp_daemon_errors(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 3, 2);

	KUNIT_ASSERT_TRUE(test, !!f);
	f->daemon.error = 0x80070103;
	KUNIT_EXPECT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0x80070103u);
}

/* A host's list ends at the first item that fails, so whatever a daemon has is an item. */
static void kvp_all_items_are_listed(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 3, 2);
	struct hv_kvp_exchg_msg_value *item;

	KUNIT_ASSERT_TRUE(test, !!f);
	item = &f->daemon.body.kvp_enum_data.data;
	/* fields that are filled to the last byte */
	memset(item->key, 'k', 512);
	memset(item->value, 'v', 2048);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 12), 512u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 16), 2048u);
	KUNIT_EXPECT_EQ(test, f->host[20 + 508], 'k');
	KUNIT_EXPECT_EQ(test, f->host[20 + 510], 0);
	KUNIT_EXPECT_EQ(test, f->host[532 + 2044], 'v');
	KUNIT_EXPECT_EQ(test, f->host[532 + 2046], 0);
	/* what is no text */
	memset(item, 0, sizeof(*item));
	item->key[0] = 'k';
	item->value[0] = 0xff;
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 20, "k"));
	KUNIT_EXPECT_EQ(test, word_at(f->host, 532), 0xfffdu);
}

/* A value that is longer for the host than it has room for is cut. */
static void kvp_long_values_are_cut(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 0, 1);

	KUNIT_ASSERT_TRUE(test, !!f);
	memset(f->daemon.body.kvp_get.data.value, 'v', 2047);
	memset(f->host + 528 + 2048, 0xee, 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, 12), 2048u);
	KUNIT_EXPECT_EQ(test, f->host[528 + 2044], 'v');
	KUNIT_EXPECT_EQ(test, f->host[528 + 2046], 0);
	KUNIT_EXPECT_EQ(test, f->host[528 + 2048], 0xee);
}

static void kvp_addresses(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 5, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;

	KUNIT_ASSERT_TRUE(test, !!f);
	wide(f->host + 2, "{guid}");
	f->host[258] = 3;
	f->host[259] = 1;
	wide(f->host + 260, "10.0.0.1;fe80::1");
	wide(f->host + 2308, "255.0.0.0;64");
	wide(f->host + 4356, "10.0.0.254");
	wide(f->host + 5380, "10.0.0.53");
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, IP_LEN, V4), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(&ip->adapter_id, "{guid}", 7), 0);
	KUNIT_EXPECT_EQ(test, ip->addr_family, 3);
	KUNIT_EXPECT_EQ(test, ip->dhcp_enabled, 1);
	KUNIT_EXPECT_EQ(test, memcmp(&ip->ip_addr, "10.0.0.1;fe80::1", 17), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&ip->sub_net, "255.0.0.0;64", 13), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&ip->gate_way, "10.0.0.254", 11), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&ip->dns_addr, "10.0.0.53", 10), 0);

	/* the daemon's answer to get, which is the same the other way round */
	memset(f->host, 0, IP_LEN);
	f->host[0] = 4;
	f->daemon.error = 0;
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 2, "{guid}"));
	KUNIT_EXPECT_EQ(test, f->host[258], 3);
	KUNIT_EXPECT_EQ(test, f->host[259], 1);
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 260, "10.0.0.1;fe80::1"));
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 2308, "255.0.0.0;64"));
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 4356, "10.0.0.254"));
	KUNIT_EXPECT_TRUE(test, is_wide(f->host + 5380, "10.0.0.53"));
}

struct list_case {
	const char *name;
	u32 at, units;
};

static const struct list_case list_cases[] = {
	{ "adapter", 2, 128 },
	{ "addresses", 260, 1024 },
	{ "masks", 2308, 1024 },
	{ "gateways", 4356, 512 },
	{ "DNS", 5380, 1024 },
};

KUNIT_ARRAY_PARAM_DESC(list_cases, list_cases, name);

static void kvp_address_lists_end(struct kunit *test)
{
	const struct list_case *c = test->param_value;
	struct kvp_fake *f = fake(test, 5, 0);
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	for (i = 0; i < c->units; i++)
		f->host[c->at + 2 * i] = '1';
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP_LEN, V4), BAD);
	f->host[c->at + 2 * c->units - 2] = 0;
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP_LEN, V4), 0u);
}

/* Daemons' lists that are longer than the host has room for end in a zero, inside their field. */
static void kvp_long_lists_are_cut(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 4, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;
	u32 i, last;

	KUNIT_ASSERT_TRUE(test, !!f);
	memset(&ip->adapter_id, '1', sizeof(ip->adapter_id) - 1);
	memset(&ip->ip_addr, '1', sizeof(ip->ip_addr) - 1);
	memset(&ip->sub_net, '1', sizeof(ip->sub_net) - 1);
	memset(&ip->gate_way, '1', sizeof(ip->gate_way) - 1);
	memset(&ip->dns_addr, '1', sizeof(ip->dns_addr) - 1);
	memset(f->host + IP_LEN, 0xee, 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
	for (i = 0; i < ARRAY_SIZE(list_cases); i++) {
		last = list_cases[i].at + 2 * list_cases[i].units - 2;
		KUNIT_EXPECT_EQ(test, f->host[last - 2], '1');
		KUNIT_EXPECT_EQ(test, f->host[last] | f->host[last + 1], 0);
	}
	KUNIT_EXPECT_EQ(test, f->host[IP_LEN], 0xee);
}

/* A daemon's list that is no text is given as well as it can be. */
static void kvp_bad_lists(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 4, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;
	u8 *lists[] = {
		(u8 *)&ip->adapter_id, (u8 *)&ip->ip_addr, (u8 *)&ip->sub_net,
		(u8 *)&ip->gate_way, (u8 *)&ip->dns_addr,
	};
	u32 i, at;

	KUNIT_ASSERT_TRUE(test, !!f);
	for (i = 0; i < ARRAY_SIZE(lists); i++) {
		at = list_cases[i].at;
		*lists[i] = 0xff;
		KUNIT_EXPECT_EQ(test, kvp_to_host(f->host, &f->daemon, V4), 0u);
		KUNIT_EXPECT_EQ(test, f->host[at] | f->host[at + 1] << 8, 0xfffd);
		*lists[i] = 0;
	}
}

/* ---- file copy ---- */

static void fcopy_start(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 0, 0);
	union fcopy_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 len = 0;

	KUNIT_ASSERT_TRUE(test, f && m);
	wide(f->host + 36, "file");
	wide(f->host + 556, "/tmp/x");
	word(f->host, 1076, 3);
	word(f->host, 1080, 0x12345678);
	word(f->host, 1084, 0x9a);
	KUNIT_ASSERT_EQ(test, fcopy_from_host(m, &len, f->host, 1088), 0u);
	KUNIT_EXPECT_EQ(test, len, 1088u);
	KUNIT_EXPECT_EQ(test, m->head.operation, 0u);
	KUNIT_EXPECT_EQ(test, memcmp(&m->start.file_name, "file", 5), 0);
	KUNIT_EXPECT_EQ(test, memcmp(&m->start.path_name, "/tmp/x", 7), 0);
	KUNIT_EXPECT_EQ(test, m->start.copy_flags, 3u);
	KUNIT_EXPECT_EQ(test, m->start.file_size, 0x9a12345678ull);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 1087), BAD);
	memset(f->host + 36, 'x', 520);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 1088), BAD);
	memset(f->host + 36, 0, 520);
	memset(f->host + 556, 'x', 520);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 1088), BAD);
}

static void fcopy_piece(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 1, 0);
	union fcopy_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 len = 0;

	KUNIT_ASSERT_TRUE(test, f && m);
	word(f->host, 40, 0x11223344);
	word(f->host, 44, 1);
	word(f->host, 48, 100);
	memset(f->host + 52, 0xaa, 100);
	KUNIT_ASSERT_EQ(test, fcopy_from_host(m, &len, f->host, 152), 0u);
	KUNIT_EXPECT_EQ(test, len, 6196u);	/* the daemon reads all of it, whatever the size */
	KUNIT_EXPECT_EQ(test, m->piece.offset, 0x111223344ull);
	KUNIT_EXPECT_EQ(test, m->piece.size, 100u);
	KUNIT_EXPECT_EQ(test, m->piece.data[99], 0xaa);
	KUNIT_EXPECT_EQ(test, m->piece.data[100], 0);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 151), BAD);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 51), BAD);
	word(f->host, 48, 6144);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 52 + 6144), 0u);
	word(f->host, 48, 6145);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 8000), BAD);
	word(f->host, 48, 0xffffffff);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 8000), BAD);
}

static void fcopy_ends(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 2, 0);
	union fcopy_msg *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 len = 0;

	KUNIT_ASSERT_TRUE(test, f && m);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 36), 0u);
	KUNIT_EXPECT_EQ(test, len, 36u);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 35), BAD);
	word(f->host, 0, 3);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 36), 0u);
	word(f->host, 0, 4);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 36), 0x80070032u);
	word(f->host, 0, 0xffffffff);
	KUNIT_EXPECT_EQ(test, fcopy_from_host(m, &len, f->host, 8000), 0x80070032u);
}

static struct kunit_case ic_kvp_cases[] = {
	KUNIT_CASE(kvp_set),
	KUNIT_CASE(kvp_starts_clean),
	KUNIT_CASE(kvp_numbers),
	KUNIT_CASE(kvp_empty_value),
	KUNIT_CASE(kvp_largest),
	KUNIT_CASE_PARAM(kvp_set_fields, set_cases_gen_params),
	KUNIT_CASE(kvp_cuts_what_a_daemon_cannot_keep),
	KUNIT_CASE_PARAM(kvp_shortest, len_cases_gen_params),
	KUNIT_CASE(kvp_delete),
	KUNIT_CASE(kvp_get_answer),
	KUNIT_CASE(kvp_enumerate_answer),
	KUNIT_CASE(kvp_daemon_errors),
	KUNIT_CASE(kvp_all_items_are_listed),
	KUNIT_CASE(kvp_long_values_are_cut),
	KUNIT_CASE(kvp_addresses),
	KUNIT_CASE_PARAM(kvp_address_lists_end, list_cases_gen_params),
	KUNIT_CASE(kvp_long_lists_are_cut),
	KUNIT_CASE(kvp_bad_lists),
	KUNIT_CASE(fcopy_start),
	KUNIT_CASE(fcopy_piece),
	KUNIT_CASE(fcopy_ends),
	{}
};

static struct kunit_suite ic_kvp_suite = {
	.name = "utils_kvp",
	.test_cases = ic_kvp_cases,
};
kunit_test_suite(ic_kvp_suite);
