// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which logical unit it is, and how large: every page of a host is read within its bounds,
 * and two units are told apart by the best name that both have.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/string.h>

#include "../../storvsc/ident.h"

#define ROOM	128

struct id_page {
	u8 data[ROOM];
	u32 len;
};

static void begin(struct id_page *p)
{
	memset(p, 0, sizeof(*p));
	p->data[1] = 0x83;
	p->len = 4;
}

/* A designator: what it names (0 the unit, 1 a port), its type, its bytes. */
static void add(struct id_page *p, u8 names, u8 type, const char *text)
{
	u8 *d = p->data + p->len;

	d[0] = type == 3 || type == 2 ? 1 : 2;
	d[1] = names << 4 | type;
	d[3] = strlen(text);
	memcpy(d + 4, text, d[3]);
	p->len += 4 + d[3];
	p->data[3] = p->len - 4;
}

static bool same(const struct id_page *a, const struct id_page *b)
{
	bool one = stor_ident_same(a->data, a->len, b->data, b->len);

	/* whoever is asked first */
	return stor_ident_same(b->data, b->len, a->data, a->len) == one && one;
}

static bool other(const struct id_page *a, const struct id_page *b)
{
	return !stor_ident_same(a->data, a->len, b->data, b->len) &&
	       !stor_ident_same(b->data, b->len, a->data, a->len);
}

static void stor_ident_test_names(struct kunit *test)
{
	struct id_page a, b;

	begin(&a);
	begin(&b);
	KUNIT_EXPECT_TRUE(test, same(&a, &b));		/* no name tells nothing */
	add(&a, 0, 1, "Msft one");
	KUNIT_EXPECT_TRUE(test, same(&a, &b));		/* nor does one alone */
	add(&b, 0, 1, "Msft two");
	KUNIT_EXPECT_TRUE(test, other(&a, &b));
	add(&b, 0, 1, "Msft one");			/* one of several */
	KUNIT_EXPECT_TRUE(test, same(&a, &b));
	add(&a, 0, 3, "naa-1");
	KUNIT_EXPECT_TRUE(test, same(&a, &b));
	add(&b, 0, 3, "naa-2");				/* the better name decides */
	KUNIT_EXPECT_TRUE(test, other(&a, &b));
	add(&b, 0, 3, "naa-1");
	KUNIT_EXPECT_TRUE(test, same(&a, &b));
}

/* Each type by itself, and what is no name of a unit. */
static void stor_ident_test_types(struct kunit *test)
{
	u8 type;

	for (type = 0; type < 16; type++) {
		bool tells = type == 1 || type == 2 || type == 3 || type == 8;
		struct id_page a, b;

		begin(&a);
		begin(&b);
		add(&a, 0, type, "abcdefgh");
		add(&b, 0, type, "abcdefgx");
		KUNIT_EXPECT_EQ_MSG(test, tells, other(&a, &b), "type %u", type);
		begin(&b);
		add(&b, 0, type, "abcdefghi");		/* one that begins like it */
		KUNIT_EXPECT_EQ_MSG(test, tells, other(&a, &b), "type %u", type);
		begin(&b);
		add(&b, 1, type, "abcdefgx");		/* of a port, which may be another */
		KUNIT_EXPECT_TRUE(test, same(&a, &b));
		begin(&b);
		add(&b, 0, type, "abcdefgh");
		b.data[4] ^= 3;				/* in another code */
		KUNIT_EXPECT_EQ_MSG(test, tells, other(&a, &b), "type %u", type);
	}
}

/* Cut anywhere, and with each length that a host may claim: nothing is read behind the end. */
static void stor_ident_test_cut(struct kunit *test)
{
	struct id_page whole, b;
	unsigned int len, claim;

	begin(&whole);
	add(&whole, 0, 1, "Msft one");
	add(&whole, 0, 3, "naa-1");
	begin(&b);
	add(&b, 0, 3, "naa-2");
	for (len = 0; len <= whole.len; len++) {
		u8 *cut = kunit_kzalloc(test, len ?: 1, GFP_KERNEL);
		bool is;

		KUNIT_ASSERT_NOT_NULL(test, cut);
		memcpy(cut, whole.data, len);
		is = stor_ident_same(cut, len, b.data, b.len);
		KUNIT_EXPECT_EQ_MSG(test, is, len < whole.len, "%u bytes", len);
		for (claim = 0; len > 7 && claim < 256; claim++) {
			cut[7] = claim;
			stor_ident_same(cut, len, b.data, b.len);
		}
		if (len > 3) {
			cut[2] = 0xff;
			stor_ident_same(b.data, b.len, cut, len);
		}
	}
	/* the page says that it ends before the name */
	whole.data[3] = 12;
	KUNIT_EXPECT_TRUE(test, same(&whole, &b));
}

static u64 sectors(u64 last, u32 block, bool sixteen, u32 len)
{
	u8 data[32] = {};
	unsigned int i, n = sixteen ? 8 : 4;

	for (i = 0; i < n; i++)
		data[i] = last >> 8 * (n - 1 - i);
	for (i = 0; i < 4; i++)
		data[n + i] = block >> 8 * (3 - i);
	return stor_ident_sectors(data, len, sixteen);
}

static void stor_ident_test_sectors(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0x12345678ULL, sectors(0x12345677, 512, false, 8));
	KUNIT_EXPECT_EQ(test, 0x12345678ULL, sectors(0x12345677, 512, true, 12));
	KUNIT_EXPECT_EQ(test, 8 * 0x1000ULL, sectors(0xfff, 4096, false, 8));
	KUNIT_EXPECT_EQ(test, 8 * 0x200000000ULL, sectors(0x1ffffffff, 4096, true, 32));
	KUNIT_EXPECT_EQ(test, 1ULL, sectors(0, 512, false, 8));
	KUNIT_EXPECT_EQ(test, 0xffffffffULL, sectors(0xfffffffe, 512, false, 8));
	/* more than the short form can say */
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(0xffffffff, 512, false, 8));
	KUNIT_EXPECT_EQ(test, 0x100000000ULL, sectors(0xffffffff, 512, true, 12));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(U64_MAX, 512, true, 12));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(U64_MAX >> 12, 4096, true, 12));
	/* cut, and blocks that are none */
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 512, false, 7));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 512, true, 11));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 0, true, 32));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 256, true, 32));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 520, true, 32));
	KUNIT_EXPECT_EQ(test, 0ULL, sectors(9, 8192, true, 32));
	KUNIT_EXPECT_EQ(test, 40ULL, sectors(9, 2048, true, 32));
}

static struct kunit_case stor_ident_cases[] = {
	KUNIT_CASE(stor_ident_test_names),
	KUNIT_CASE(stor_ident_test_types),
	KUNIT_CASE(stor_ident_test_cut),
	KUNIT_CASE(stor_ident_test_sectors),
	{}
};

static struct kunit_suite stor_ident_suite = {
	.name = "storvsc_ident",
	.test_cases = stor_ident_cases,
};
kunit_test_suite(stor_ident_suite);
MODULE_LICENSE("GPL");
