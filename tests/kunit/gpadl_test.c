// SPDX-License-Identifier: GPL-2.0-only
/* Guest memory lists: right number of messages, each frame once, in order. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/hyperv.h>
#include "gpadl_pack.h"
#include "params.h"

/* Values of a message, read byte by byte. */
static u64 le(const u8 *at, unsigned int bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static u64 *frames(struct kunit *test, u32 nr)
{
	u64 *pfns = kunit_kzalloc(test, (nr ?: 1) * sizeof(*pfns), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, pfns);
	for (i = 0; i < nr; i++)
		pfns[i] = 0x123456780000ull + 3 * i;
	return pfns;
}

struct pages {
	u32 frames;
	int messages;
	u32 last;	/* frames in the last message */
};

static const struct pages page_cases[] = {
	{ 1, 1, 1 }, { 2, 1, 2 }, { 25, 1, 25 }, { 26, 1, 26 }, { 27, 2, 1 },
	{ 28, 2, 2 }, { 53, 2, 27 }, { 54, 2, 28 }, { 55, 3, 1 }, { 82, 3, 28 },
	{ 83, 4, 1 }, { 512, 19, 10 }, { 4096, 147, 10 }, { 8190, 293, 16 },
};

static void pages_name(const struct pages *p, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u pages", p->frames);
}

KUNIT_ARRAY_PARAM(page_cases, page_cases, pages_name);

static void gpadl_pack_covers_each_frame_once(struct kunit *test)
{
	const struct pages *p = test->param_value;
	u64 *pfns = frames(test, p->frames);
	u8 *msg = kunit_kzalloc(test, GPADL_MSG_MAX + 8, GFP_KERNEL);
	u32 used = 0, done, i;
	int len, messages = 1;

	memset(msg, 0xcc, GPADL_MSG_MAX + 8);
	len = gpadl_pack_header(msg, 0x11, 0x22, p->frames * 4096, 0, pfns,
				p->frames, &used);
	KUNIT_ASSERT_EQ(test, 28 + 8 * (int)used, len);
	KUNIT_EXPECT_EQ(test, 8ull, le(msg, 4));
	KUNIT_EXPECT_EQ(test, 0ull, le(msg + 4, 4));
	KUNIT_EXPECT_EQ(test, 0x11ull, le(msg + 8, 4));
	KUNIT_EXPECT_EQ(test, 0x22ull, le(msg + 12, 4));
	KUNIT_EXPECT_EQ(test, 8 + 8ull * p->frames, le(msg + 16, 2));
	KUNIT_EXPECT_EQ(test, 1ull, le(msg + 18, 2));
	KUNIT_EXPECT_EQ(test, 4096ull * p->frames, le(msg + 20, 4));
	KUNIT_EXPECT_EQ(test, 0ull, le(msg + 24, 4));
	for (i = 0; i < used; i++)
		KUNIT_EXPECT_EQ(test, pfns[i], le(msg + 28 + 8 * i, 8));

	for (done = used; done < p->frames; done += used, messages++) {
		len = gpadl_pack_body(msg, messages - 1, 0x22, pfns + done,
				      p->frames - done, &used);
		KUNIT_ASSERT_EQ(test, 16 + 8 * (int)used, len);
		KUNIT_ASSERT_NE(test, 0u, used);
		KUNIT_EXPECT_EQ(test, 9ull, le(msg, 4));
		KUNIT_EXPECT_EQ(test, (u64)messages - 1, le(msg + 8, 4));
		KUNIT_EXPECT_EQ(test, 0x22ull, le(msg + 12, 4));
		for (i = 0; i < used; i++)
			KUNIT_EXPECT_EQ(test, pfns[done + i], le(msg + 16 + 8 * i, 8));
	}
	KUNIT_EXPECT_EQ(test, p->messages, messages);
	KUNIT_EXPECT_EQ(test, p->last, used);
	KUNIT_EXPECT_EQ(test, p->frames, done);
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_EQ(test, 0xcc, msg[GPADL_MSG_MAX + i]);
}

struct range_case {
	const char *name;
	u32 bytes, offset, frames;
	int want;
};

static const struct range_case ranges[] = {
	{ "one byte", 1, 0, 1, 36 },
	{ "one byte at the end of a page", 1, 4095, 1, 36 },
	{ "two bytes over a border", 2, 4095, 2, 44 },
	{ "nothing", 0, 0, 0, -EINVAL },
	{ "no bytes of a page", 0, 0, 1, -EINVAL },
	{ "a frame too few", 4097, 0, 1, -EINVAL },
	{ "a frame too many", 4096, 0, 2, -EINVAL },
	{ "offset of a page", 4096, 4096, 2, -EINVAL },
	{ "offset huge", 1, 0xffffffff, 1, -EINVAL },
	{ "the most", 8190 * 4096u, 0, 8190, 28 + 26 * 8 },
	{ "one more", 8191 * 4096u, 0, 8191, -E2BIG },
	{ "length wraps", 0xffffffff, 1, 0, -EINVAL },
};

KUNIT_ARRAY_PARAM_DESC(ranges, ranges, name);

static void gpadl_pack_header_judges_the_range(struct kunit *test)
{
	const struct range_case *r = test->param_value;
	u8 *msg = kunit_kzalloc(test, GPADL_MSG_MAX, GFP_KERNEL);
	u32 used = 0;

	KUNIT_EXPECT_EQ(test, r->want,
			gpadl_pack_header(msg, 1, 2, r->bytes, r->offset,
					  frames(test, r->frames), r->frames,
					  &used));
}

static void gpadl_pack_body_refuses_no_frames(struct kunit *test)
{
	u8 *msg = kunit_kzalloc(test, GPADL_MSG_MAX, GFP_KERNEL);
	u64 pfn = 1;
	u32 used = 0;

	KUNIT_EXPECT_EQ(test, -EINVAL, gpadl_pack_body(msg, 0, 1, &pfn, 0, &used));
	KUNIT_EXPECT_EQ(test, 24, gpadl_pack_body(msg, 0, 1, &pfn, 1, &used));
}

/* Two pages from offset 0x10 of frame 0x12345, channel 5, handle 0xe1e10. */
static void gpadl_pack_header_golden(struct kunit *test)
{
	static const u8 golden[] = {
		0x08, 0, 0, 0,		0, 0, 0, 0,
		0x05, 0, 0, 0,		0x10, 0x1e, 0x0e, 0,
		0x18, 0,		0x01, 0,
		0xf0, 0x1f, 0, 0,	0x10, 0, 0, 0,
		0x45, 0x23, 0x01, 0, 0, 0, 0, 0,
		0x46, 0x23, 0x01, 0, 0, 0, 0, 0,
	};
	const u64 pfns[] = { 0x12345, 0x12346 };
	u8 *msg = kunit_kzalloc(test, GPADL_MSG_MAX, GFP_KERNEL);
	u32 used;

	KUNIT_ASSERT_EQ(test, (int)sizeof(golden),
			gpadl_pack_header(msg, 5, 0xe1e10, 0x1ff0, 0x10, pfns, 2,
					  &used));
	KUNIT_EXPECT_EQ(test, 0, memcmp(msg, golden, sizeof(golden)));
}

static struct kunit_case gpadl_cases[] = {
	KUNIT_CASE_PARAM(gpadl_pack_covers_each_frame_once, page_cases_gen_params),
	KUNIT_CASE_PARAM(gpadl_pack_header_judges_the_range, ranges_gen_params),
	KUNIT_CASE(gpadl_pack_body_refuses_no_frames),
	KUNIT_CASE(gpadl_pack_header_golden),
	{}
};

static struct kunit_suite gpadl_suite = {
	.name = "vmbus_gpadl",
	.test_cases = gpadl_cases,
};

kunit_test_suite(gpadl_suite);
