// SPDX-License-Identifier: GPL-2.0-only
/*
 * Addresses in key-value messages of 5.0: binary at the host, by offset as the
 * protocol prints them; lists of words at the daemon.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "kvp_bytes.h"
#include "params.h"

#define IP5_LEN	3716

/* Offsets in a message of 5.0 */
enum {
	V5_COUNT4 = 4, V5_COUNT6 = 8, V5_GATEWAYS4 = 12, V5_GATEWAYS6 = 16, V5_DNS4 = 20,
	V5_DNS6 = 24, V5_ADAPTER = 28, V5_FAMILY = 284, V5_DHCP = 285, V5_ADDRESS4 = 288,
	V5_ADDRESS6 = 544, V5_MASK4 = 1568, V5_PREFIX6 = 1824, V5_GATEWAY4 = 2080,
	V5_GATEWAY6 = 2100, V5_SERVER4 = 2180, V5_SERVER6 = 2436, V5_ORIGIN = 3460,
};

static const u8 fe80[16] = { 0xfe, 0x80, [15] = 1 };

static void five_set(struct kvp_fake *f)
{
	static const u8 mask[] = { 255, 0, 0, 0, 255, 255, 0, 0 };
	static const u8 v4[] = { 10, 0, 0, 1, 10, 0, 0, 2 };

	wide(f->host + V5_ADAPTER, "{guid}");
	f->host[V5_FAMILY] = 3;
	word(f->host, V5_COUNT4, 2);
	word(f->host, V5_COUNT6, 1);
	memcpy(f->host + V5_ADDRESS4, v4, 8);
	memcpy(f->host + V5_MASK4, mask, 8);
	memcpy(f->host + V5_ADDRESS6, fe80, 16);
	word(f->host, V5_PREFIX6, 64);
	word(f->host, V5_GATEWAYS4, 1);
	word(f->host, V5_GATEWAY4, 0xfe00000a);
	word(f->host, V5_GATEWAYS6, 1);
	memcpy(f->host + V5_GATEWAY6, fe80, 16);
	word(f->host, V5_DNS4, 1);
	word(f->host, V5_SERVER4, 0x3500000a);
	word(f->host, V5_DNS6, 1);
	memcpy(f->host + V5_SERVER6, fe80, 16);
}

static void kvp5_set(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 5, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;

	KUNIT_ASSERT_TRUE(test, !!f);
	five_set(f);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN - 1, V5), BAD);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), 0u);
	KUNIT_EXPECT_STREQ(test, (char *)&ip->adapter_id, "{guid}");
	KUNIT_EXPECT_EQ(test, ip->addr_family, 3);
	KUNIT_EXPECT_EQ(test, ip->dhcp_enabled, 0);
	KUNIT_EXPECT_STREQ(test, (char *)&ip->ip_addr, "10.0.0.1;10.0.0.2;fe80::1");
	KUNIT_EXPECT_STREQ(test, (char *)&ip->sub_net, "255.0.0.0;255.255.0.0;64");
	KUNIT_EXPECT_STREQ(test, (char *)&ip->gate_way, "10.0.0.254;fe80::1");
	KUNIT_EXPECT_STREQ(test, (char *)&ip->dns_addr, "10.0.0.53;fe80::1");
	f->host[V5_DHCP] = 1;
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), 0u);
	KUNIT_EXPECT_EQ(test, ip->dhcp_enabled, 1);
	/* of a question, the adapter counts */
	f->host[0] = 4;
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), 0u);
	KUNIT_EXPECT_STREQ(test, (char *)&ip->adapter_id, "{guid}");
	KUNIT_EXPECT_STREQ(test, (char *)&ip->ip_addr, "");
}

static void kvp5_get(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 4, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;
	u8 *want = kunit_kzalloc(test, IP5_LEN, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, f && want);
	five_set(f);
	f->host[V5_DHCP] = 1;
	memcpy(want, f->host, IP5_LEN);
	memset(f->host + V5_FAMILY, 0xee, IP5_LEN - V5_FAMILY);	/* what the host left there */
	memset(f->host + IP5_LEN, 0xee, 16);
	strscpy((char *)&ip->adapter_id, "{guid}", 16);
	ip->addr_family = 3;
	ip->dhcp_enabled = 1;
	/* as Debian's daemon writes them, and words that are no addresses */
	strscpy((char *)&ip->ip_addr, "10.0.0.1;fe80::1;10.0.0.2;", 64);
	strscpy((char *)&ip->sub_net, "255.0.0.0;/64;255.255.0.0;", 64);
	strscpy((char *)&ip->gate_way, ";via;10.0.0.254;;fe80::1;10.0.0", 64);
	strscpy((char *)&ip->dns_addr, "10.0.0.53;search;fe80::1;"
		"a.word.that.is.longer.than.any.address.could.ever.be.here", 128);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V5), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->host, want, IP5_LEN), 0);
	KUNIT_EXPECT_EQ(test, f->host[IP5_LEN], 0xee);
}

struct v6_case {
	const char *name;	/* as RFC 5952 has it */
	u16 group[8];
};

static const struct v6_case v6_cases[] = {
	{ "::", { 0 } },
	{ "::1", { 0, 0, 0, 0, 0, 0, 0, 1 } },
	{ "1::", { 1 } },
	{ "fe80::12:abcd", { 0xfe80, 0, 0, 0, 0, 0, 0x12, 0xabcd } },
	{ "1:0:2:3:4:5:6:7", { 1, 0, 2, 3, 4, 5, 6, 7 } },
	{ "0:1:2:3:4:5:6:7", { 0, 1, 2, 3, 4, 5, 6, 7 } },
	{ "2001:db8::1:0:0:1", { 0x2001, 0xdb8, 0, 0, 1, 0, 0, 1 } },
	{ "1:0:0:2::3", { 1, 0, 0, 2, 0, 0, 0, 3 } },
	{ "1:2:3:4:5:6::", { 1, 2, 3, 4, 5, 6, 0, 0 } },
	{ "::3:4:5:6:7:8", { 0, 0, 3, 4, 5, 6, 7, 8 } },
	{ "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", { 0xffff, 0xffff, 0xffff, 0xffff, 0xffff,
						       0xffff, 0xffff, 0xffff } },
};

KUNIT_ARRAY_PARAM_DESC(v6_cases, v6_cases, name);

static void kvp5_v6(struct kunit *test)
{
	const struct v6_case *c = test->param_value;
	struct kvp_fake *f = fake(test, 5, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;
	u8 a[16];
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	for (i = 0; i < 8; i++) {
		a[2 * i] = c->group[i] >> 8;
		a[2 * i + 1] = c->group[i];
	}
	word(f->host, V5_COUNT6, 1);
	memcpy(f->host + V5_ADDRESS6, a, 16);
	word(f->host, V5_PREFIX6, 128);
	KUNIT_ASSERT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), 0u);
	KUNIT_EXPECT_STREQ(test, (char *)&ip->ip_addr, c->name);
	KUNIT_EXPECT_STREQ(test, (char *)&ip->sub_net, "128");
	f->host[0] = 4;
	f->daemon.error = 0;
	memset(f->host + V5_ADDRESS6, 0xee, 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V5), 0u);
	KUNIT_EXPECT_EQ(test, memcmp(f->host + V5_ADDRESS6, a, 16), 0);
}

struct five_case {
	const char *name;
	u32 at, most;
};

static const struct five_case five_cases[] = {
	{ "addresses", V5_COUNT4, 64 },
	{ "addresses of IPv6", V5_COUNT6, 64 },
	{ "gateways", V5_GATEWAYS4, 5 },
	{ "gateways of IPv6", V5_GATEWAYS6, 5 },
	{ "DNS", V5_DNS4, 64 },
	{ "DNS of IPv6", V5_DNS6, 64 },
	{ "prefix", V5_PREFIX6, 128 },
};

KUNIT_ARRAY_PARAM_DESC(five_cases, five_cases, name);

static void kvp5_counts(struct kunit *test)
{
	const struct five_case *c = test->param_value;
	struct kvp_fake *f = fake(test, 5, 0);

	KUNIT_ASSERT_TRUE(test, !!f);
	word(f->host, V5_COUNT6, 1);
	word(f->host, c->at, c->most);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), 0u);
	word(f->host, c->at, c->most + 1);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), BAD);
	word(f->host, c->at, 0xffffffff);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), BAD);
}

/* More text than a daemon has room for: none of it, rather than a part. */
static void kvp5_too_many_for_a_daemon(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 5, 0);
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	memset(f->host + V5_ADDRESS4, 255, 64 * 4);
	memset(f->host + V5_ADDRESS6, 255, 64 * 16);
	word(f->host, V5_COUNT4, 64);		/* of 16 bytes each */
	for (i = 0; i <= 64; i++) {
		word(f->host, V5_COUNT6, i);	/* and of 40 */
		KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5),
				16 * 64 + 40 * i <= 2048 ? 0u : BAD);
	}
	word(f->host, V5_COUNT6, 0);
	memset(f->host + V5_ADAPTER, '1', 256);
	KUNIT_EXPECT_EQ(test, kvp_from_host(&f->daemon, f->host, IP5_LEN, V5), BAD);
}

/* And of a daemon, as many as the host has room for. */
static void kvp5_too_many_for_the_host(struct kunit *test)
{
	struct kvp_fake *f = fake(test, 4, 0);
	struct hv_kvp_ipaddr_value *ip = &f->daemon.body.kvp_ip_val;
	u32 i;

	KUNIT_ASSERT_TRUE(test, !!f);
	for (i = 0; i < 100; i++) {
		memcpy((char *)&ip->ip_addr + 8 * i, "1.2.3.4;", 8);
		memcpy((char *)&ip->sub_net + 8 * i, "0.0.0.0;", 8);
		memcpy((char *)&ip->dns_addr + 8 * i, "::0:001;", 8);
	}
	memset(&ip->gate_way, ';', sizeof(ip->gate_way));
	for (i = 0; i < 20; i++)
		memcpy((char *)&ip->gate_way + 8 * i, i % 2 ? "1.1.1.1;" : "::0:001;", 8);
	memset(f->host + IP5_LEN, 0xee, 16);
	KUNIT_ASSERT_EQ(test, kvp_to_host(f->host, &f->daemon, V5), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_COUNT4), 64u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_COUNT6), 0u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_DNS6), 64u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_GATEWAYS4), 5u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_GATEWAYS6), 5u);
	KUNIT_EXPECT_EQ(test, word_at(f->host, V5_ORIGIN), 0u);
	KUNIT_EXPECT_EQ(test, f->host[IP5_LEN], 0xee);
}

static struct kunit_case ic_kvp5_cases[] = {
	KUNIT_CASE(kvp5_set),
	KUNIT_CASE(kvp5_get),
	KUNIT_CASE_PARAM(kvp5_v6, v6_cases_gen_params),
	KUNIT_CASE_PARAM(kvp5_counts, five_cases_gen_params),
	KUNIT_CASE(kvp5_too_many_for_a_daemon),
	KUNIT_CASE(kvp5_too_many_for_the_host),
	{}
};

static struct kunit_suite ic_kvp5_suite = {
	.name = "utils_kvp5",
	.test_cases = ic_kvp5_cases,
};
kunit_test_suite(ic_kvp5_suite);
