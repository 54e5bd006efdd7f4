// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NIC's friendly name: UTF-16 of the host to UTF-8.
 */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "name.h"
#include "params.h"

struct name_case {
	const char *what;
	u16 text[24];
	u32 units;
	const char *want;
};

static const struct name_case names[] = {
	{ "plain", { 'n', 'e', 't', '0' }, 4, "net0" },
	{ "ends at a zero", { 'n', 0, 'x', 'y' }, 4, "n" },
	{ "padded with zeros", { 'n', '1' }, 24, "n1" },
	{ "empty", { 0 }, 24, "" },
	{ "nothing", { 'x' }, 0, "" },
	{ "two bytes", { 0xe4, 0x7ff, 0x80 + 0x20 }, 3, "\xc3\xa4\xdf\xbf\xc2\xa0" },
	{ "three bytes", { 0x800, 0x20ac, 0xffff, 0xd7ff, 0xe000 }, 5,
	  "\xe0\xa0\x80\xe2\x82\xac\xef\xbf\xbf\xed\x9f\xbf\xee\x80\x80" },
	{ "a pair", { 0xd83d, 0xde00, 'x' }, 3, "\xf0\x9f\x98\x80x" },
	{ "the first and the last pair", { 0xd800, 0xdc00, 0xdbff, 0xdfff }, 4,
	  "\xf0\x90\x80\x80\xf4\x8f\xbf\xbf" },
	{ "a first half at the end", { 'x', 0xd83d }, 2, "x\xef\xbf\xbd" },
	{ "a first half and a letter", { 0xd83d, 'x' }, 2, "\xef\xbf\xbdx" },
	{ "a second half first", { 0xde00, 0xd83d }, 2, "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "two second halves", { 0xde00, 0xdc00 }, 2, "\xef\xbf\xbd\xef\xbf\xbd" },
	{ "control characters", { 'a', 10, 31, ' ', '~', 127, 0x9f }, 7, "a?? ~??" },
	{ "the default name",
	  { 'N', 'e', 't', 'w', 'o', 'r', 'k', ' ', 'A', 'd', 'a', 'p', 't', 'e', 'r' }, 15, "" },
	{ "the default name and a number",
	  { 'N', 'e', 't', 'w', 'o', 'r', 'k', ' ', 'A', 'd', 'a', 'p', 't', 'e', 'r', '2' }, 16,
	  "Network Adapter2" },
	{ "as long as the default name",
	  { 'n', 'e', 't', 'w', 'o', 'r', 'k', ' ', 'a', 'd', 'a', 'p', 't', 'e', 'r' }, 15,
	  "network adapter" },
};

KUNIT_ARRAY_PARAM_DESC(names, names, what);

/* The bytes of the text, in memory of just that size, and one byte more if there is room. */
static u32 convert(struct kunit *test, const struct name_case *c, u32 bytes, char *out, u32 cap)
{
	u8 *text = kunit_kzalloc(test, bytes ? bytes : 1, GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, text);
	for (i = 0; i < bytes; i++)
		text[i] = c->text[i / 2] >> (i % 2 * 8);
	return nv_friendly_name(text, bytes, out, cap);
}

static void name_is_converted(struct kunit *test)
{
	const struct name_case *c = test->param_value;
	char out[64] = "";
	u32 n = convert(test, c, 2 * c->units, out, sizeof(out));

	KUNIT_ASSERT_EQ(test, n, (u32)strlen(c->want));
	KUNIT_EXPECT_EQ(test, memcmp(out, c->want, n), 0);
	/* half of a unit is none */
	if (c->units < ARRAY_SIZE(c->text))
		KUNIT_EXPECT_EQ(test, convert(test, c, 2 * c->units + 1, out, sizeof(out)), n);
}

/* However little room there is: whole characters, and never more than the room. */
static void name_is_cut(struct kunit *test)
{
	static const struct name_case c = { "", { 'a', 0xe4, 0x20ac, 0xd83d, 0xde00, 'z' }, 6, "" };
	static const u32 ends[] = { 0, 1, 3, 6, 10, 11 };
	u32 cap, k;

	for (cap = 0; cap <= 12; cap++) {
		char *out = kunit_kzalloc(test, cap ? cap : 1, GFP_KERNEL);
		u32 want = 0;

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, out);
		for (k = 0; k < ARRAY_SIZE(ends); k++)
			if (ends[k] <= cap)
				want = ends[k];
		KUNIT_EXPECT_EQ(test, convert(test, &c, 12, out, cap), want);
	}
}

static struct kunit_case name_cases[] = {
	KUNIT_CASE_PARAM(name_is_converted, names_gen_params),
	KUNIT_CASE(name_is_cut),
	{}
};

static struct kunit_suite name_suite = {
	.name = "netvsc_name",
	.test_cases = name_cases,
};
kunit_test_suite(name_suite);
MODULE_LICENSE("GPL");
