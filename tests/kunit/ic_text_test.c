// SPDX-License-Identifier: GPL-2.0-only
/*
 * Text between the host and daemons: bytes of known characters, and all that
 * is not text.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "params.h"
#include "text.h"

#define ROOM	64

struct pair {
	const char *name;
	u32 wide_len;
	u8 wide[16];
	u32 utf8_len;
	u8 utf8[16];
};

/* The same text in both forms, zero included */
static const struct pair pairs[] = {
	{ "empty", 2, { 0, 0 }, 1, { 0 } },
	{ "ASCII", 6, { 'O', 0, 'S', 0, 0, 0 }, 3, "OS" },
	{ "last of one byte", 4, { 0x7f, 0, 0, 0 }, 2, { 0x7f, 0 } },
	{ "first of two bytes", 4, { 0x80, 0, 0, 0 }, 3, { 0xc2, 0x80, 0 } },
	{ "Cyrillic", 4, { 0x16, 0x04, 0, 0 }, 3, { 0xd0, 0x96, 0 } },
	{ "last of two bytes", 4, { 0xff, 0x07, 0, 0 }, 3, { 0xdf, 0xbf, 0 } },
	{ "first of three bytes", 4, { 0, 0x08, 0, 0 }, 4, { 0xe0, 0xa0, 0x80, 0 } },
	{ "Chinese", 4, { 0x2d, 0x4e, 0, 0 }, 4, { 0xe4, 0xb8, 0xad, 0 } },
	{ "before the surrogates", 4, { 0xff, 0xd7, 0, 0 }, 4, { 0xed, 0x9f, 0xbf, 0 } },
	{ "behind the surrogates", 4, { 0, 0xe0, 0, 0 }, 4, { 0xee, 0x80, 0x80, 0 } },
	{ "last of three bytes", 4, { 0xff, 0xff, 0, 0 }, 4, { 0xef, 0xbf, 0xbf, 0 } },
	{ "first of four bytes", 6, { 0, 0xd8, 0, 0xdc, 0, 0 }, 5, { 0xf0, 0x90, 0x80, 0x80, 0 } },
	{ "smiling face", 6, { 0x3d, 0xd8, 0, 0xde, 0, 0 }, 5, { 0xf0, 0x9f, 0x98, 0x80, 0 } },
	{ "last of all", 6, { 0xff, 0xdb, 0xff, 0xdf, 0, 0 }, 5, { 0xf4, 0x8f, 0xbf, 0xbf, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(pairs, pairs, name);

static void text_both_ways(struct kunit *test)
{
	const struct pair *p = test->param_value;
	u8 out[ROOM];

	KUNIT_ASSERT_EQ(test, text_from_host(p->wide, p->wide_len, out, ROOM), (int)p->utf8_len);
	KUNIT_EXPECT_EQ(test, memcmp(out, p->utf8, p->utf8_len), 0);
	KUNIT_ASSERT_EQ(test, text_fit_to_host(p->utf8, p->utf8_len, out, ROOM), p->wide_len);
	KUNIT_EXPECT_EQ(test, memcmp(out, p->wide, p->wide_len), 0);
	KUNIT_ASSERT_EQ(test, text_fit_from_host(p->wide, p->wide_len, out, ROOM), p->utf8_len);
	KUNIT_EXPECT_EQ(test, memcmp(out, p->utf8, p->utf8_len), 0);
}

static void text_exact_room(struct kunit *test)
{
	const struct pair *p = test->param_value;
	u8 out[ROOM];

	KUNIT_EXPECT_EQ(test, text_from_host(p->wide, p->wide_len, out, p->utf8_len),
			(int)p->utf8_len);
	KUNIT_EXPECT_EQ(test, text_from_host(p->wide, p->wide_len, out, p->utf8_len - 1),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, text_fit_from_host(p->wide, p->wide_len, out, p->utf8_len),
			p->utf8_len);
	KUNIT_EXPECT_EQ(test, text_fit_to_host(p->utf8, p->utf8_len, out, p->wide_len),
			p->wide_len);
	if (p->wide_len > 2) {
		KUNIT_EXPECT_LT(test, text_fit_from_host(p->wide, p->wide_len, out,
							 p->utf8_len - 1), p->utf8_len);
		KUNIT_EXPECT_LT(test, text_fit_to_host(p->utf8, p->utf8_len, out,
						       p->wide_len - 1), p->wide_len);
	}
}

static void text_unterminated(struct kunit *test)
{
	const struct pair *p = test->param_value;
	u8 out[ROOM];
	u32 cut;

	for (cut = 0; cut < p->wide_len; cut++)
		KUNIT_EXPECT_LT(test, text_from_host(p->wide, cut, out, ROOM), 0);
	/* whole characters without the zero are text that does not end */
	KUNIT_EXPECT_EQ(test, text_from_host(p->wide, p->wide_len - 2, out, ROOM), -EINVAL);
	/* but a fact ends with its field */
	KUNIT_EXPECT_EQ(test, text_fit_from_host(p->wide, p->wide_len - 2, out, ROOM),
			p->utf8_len);
	KUNIT_EXPECT_EQ(test, memcmp(out, p->utf8, p->utf8_len), 0);
	KUNIT_EXPECT_EQ(test, text_fit_to_host(p->utf8, p->utf8_len - 1, out, ROOM), p->wide_len);
	KUNIT_EXPECT_EQ(test, memcmp(out, p->wide, p->wide_len), 0);
}

static void text_ends_at_the_first_zero(struct kunit *test)
{
	static const u8 wide[] = { 'a', 0, 0, 0, 'b', 0, 0, 0 };
	u8 out[ROOM];

	KUNIT_EXPECT_EQ(test, text_from_host(wide, sizeof(wide), out, ROOM), 2);
	KUNIT_EXPECT_EQ(test, text_fit_from_host(wide, sizeof(wide), out, ROOM), 2u);
	KUNIT_EXPECT_EQ(test, text_fit_to_host((const u8 *)"a\0b", 4, out, ROOM), 4u);
}

struct bad {
	const char *name;
	u32 len;
	u8 text[8];
};

static const struct bad bad_wide[] = {
	{ "lone trail", 4, { 0, 0xdc, 0, 0 } },
	{ "lone lead", 4, { 0, 0xd8, 0, 0 } },
	{ "lead and letter", 6, { 0, 0xd8, 'a', 0, 0, 0 } },
	{ "two leads", 6, { 0, 0xd8, 0, 0xd8, 0, 0 } },
	{ "lead at the end", 2, { 0, 0xd8 } },
	{ "half a trail", 3, { 0, 0xd8, 0 } },
};

static const struct bad bad_utf8[] = {
	{ "continuation first", 2, { 0x80, 0 } },
	{ "overlong two", 3, { 0xc0, 0x80, 0 } },
	{ "overlong two, last", 3, { 0xc1, 0xbf, 0 } },
	{ "overlong three", 4, { 0xe0, 0x9f, 0xbf, 0 } },
	{ "overlong four", 5, { 0xf0, 0x8f, 0xbf, 0xbf, 0 } },
	{ "surrogate", 4, { 0xed, 0xa0, 0x80, 0 } },
	{ "last surrogate", 4, { 0xed, 0xbf, 0xbf, 0 } },
	{ "past the last", 5, { 0xf4, 0x90, 0x80, 0x80, 0 } },
	{ "five bytes", 6, { 0xf8, 0x88, 0x80, 0x80, 0x80, 0 } },
	{ "0xff", 2, { 0xff, 0 } },
	{ "letter for a continuation", 3, { 0xc3, 'a', 0 } },
	{ "zero for a continuation", 3, { 0xe4, 0xb8, 0 } },
	{ "lead for a continuation", 4, { 0xe4, 0xb8, 0xc3, 0 } },
};

KUNIT_ARRAY_PARAM_DESC(bad_wide, bad_wide, name);
KUNIT_ARRAY_PARAM_DESC(bad_utf8, bad_utf8, name);

static void text_from_host_refuses(struct kunit *test)
{
	const struct bad *b = test->param_value;
	u8 out[ROOM];

	KUNIT_EXPECT_EQ(test, text_from_host(b->text, b->len, out, ROOM), -EILSEQ);
}

/* A fact has U+FFFD in the place of what is no character, and the rest as it is. */
static void text_fit_from_host_replaces(struct kunit *test)
{
	const struct bad *b = test->param_value;
	u8 wide[16] = { 'a', 0 }, out[ROOM];
	u32 n, len = b->text[b->len - 1] || b->len % 2 ? b->len & ~1u : b->len - 2;

	memcpy(wide + 2, b->text, len);
	wide[2 + len] = 'z';
	n = text_fit_from_host(wide, 2 + len + 4, out, ROOM);
	KUNIT_EXPECT_EQ(test, out[0], 'a');
	KUNIT_EXPECT_EQ(test, memcmp(out + 1, "\xef\xbf\xbd", 3), 0);
	KUNIT_EXPECT_EQ(test, out[n - 2], 'z');
	KUNIT_EXPECT_EQ(test, out[n - 1], 0);
}

static void text_fit_to_host_replaces(struct kunit *test)
{
	const struct bad *b = test->param_value;
	u8 utf8[16] = { 'a' }, out[ROOM];
	u32 n;

	memcpy(utf8 + 1, b->text, b->len - 1);
	utf8[b->len] = 'z';
	n = text_fit_to_host(utf8, b->len + 2, out, ROOM);
	KUNIT_EXPECT_EQ(test, out[0], 'a');
	KUNIT_EXPECT_EQ(test, out[2] | out[3] << 8, 0xfffd);
	KUNIT_EXPECT_EQ(test, out[n - 4], 'z');
	KUNIT_EXPECT_EQ(test, out[n - 2] | out[n - 1], 0);
}

/* Half a unit at the end is nothing. */
static void text_fit_from_host_odd(struct kunit *test)
{
	static const u8 wide[] = { 'a', 0, 'b' };
	u8 out[ROOM];

	KUNIT_EXPECT_EQ(test, text_fit_from_host(wide, 3, out, ROOM), 2u);
	KUNIT_EXPECT_EQ(test, text_fit_from_host(wide, 0, out, ROOM), 1u);
	KUNIT_EXPECT_EQ(test, out[0], 0);
	KUNIT_EXPECT_EQ(test, text_fit_to_host(wide, 0, out, ROOM), 2u);
	KUNIT_EXPECT_EQ(test, out[0] | out[1], 0);
}

static void text_from_host_cuts(struct kunit *test)
{
	static const u8 face[] = { 'a', 0, 0x3d, 0xd8, 0, 0xde, 'b', 0, 0, 0 };
	u8 out[ROOM];
	u32 room;

	for (room = 1; room <= 8; room++) {
		u32 want = room < 2 ? 1 : room < 6 ? 2 : room < 7 ? 6 : 7;

		memset(out, 0xee, sizeof(out));
		KUNIT_EXPECT_EQ(test, text_fit_from_host(face, sizeof(face), out, room), want);
		KUNIT_EXPECT_EQ(test, out[want - 1], 0);
		KUNIT_EXPECT_EQ(test, out[want], 0xee);
	}
}

/* What does not fit is cut, and never in the middle of a character. */
static void text_to_host_cuts(struct kunit *test)
{
	static const u8 face[] = { 'a', 0xf0, 0x9f, 0x98, 0x80, 'b', 0 };
	u8 out[ROOM];
	u32 room;

	for (room = 2; room <= 10; room++) {
		u32 want = room < 4 ? 2 : room < 8 ? 4 : room < 10 ? 8 : 10;

		memset(out, 0xee, sizeof(out));
		KUNIT_EXPECT_EQ(test, text_fit_to_host(face, sizeof(face), out, room), want);
		KUNIT_EXPECT_EQ(test, out[want - 2] | out[want - 1], 0);
		KUNIT_EXPECT_EQ(test, out[want], 0xee);
	}
}

/* Every character there is, and no other number. */
static void text_all_characters(struct kunit *test)
{
	u32 c, bad = 0;
	u8 wide[6], utf8[8], back[8];

	for (c = 1; c <= 0x10ffff; c++) {
		u32 lead = 0xd800 + ((c - 0x10000) >> 10), trail = 0xdc00 + (c & 0x3ff);
		u32 len = c < 0x10000 ? 4 : 6;
		int n;

		if ((c & 0x1ff800) == 0xd800)
			continue;
		memset(wide, 0, sizeof(wide));
		wide[0] = len == 4 ? c : lead;
		wide[1] = len == 4 ? c >> 8 : lead >> 8;
		if (len == 6) {
			wide[2] = trail;
			wide[3] = trail >> 8;
		}
		n = text_from_host(wide, len, utf8, sizeof(utf8));
		bad += n < 0 || text_fit_to_host(utf8, n, back, sizeof(back)) != len ||
		       memcmp(wide, back, len);
	}
	KUNIT_EXPECT_EQ(test, bad, 0u);
}

static struct kunit_case ic_text_cases[] = {
	KUNIT_CASE_PARAM(text_both_ways, pairs_gen_params),
	KUNIT_CASE_PARAM(text_exact_room, pairs_gen_params),
	KUNIT_CASE_PARAM(text_unterminated, pairs_gen_params),
	KUNIT_CASE(text_ends_at_the_first_zero),
	KUNIT_CASE_PARAM(text_from_host_refuses, bad_wide_gen_params),
	KUNIT_CASE_PARAM(text_fit_from_host_replaces, bad_wide_gen_params),
	KUNIT_CASE_PARAM(text_fit_to_host_replaces, bad_utf8_gen_params),
	KUNIT_CASE(text_fit_from_host_odd),
	KUNIT_CASE(text_from_host_cuts),
	KUNIT_CASE(text_to_host_cuts),
	KUNIT_CASE(text_all_characters),
	{}
};

static struct kunit_suite ic_text_suite = {
	.name = "utils_text",
	.test_cases = ic_text_cases,
};
kunit_test_suite(ic_text_suite);
