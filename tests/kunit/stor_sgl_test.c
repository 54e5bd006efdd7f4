// SPDX-License-Identifier: GPL-2.0-only
/*
 * Scatterlists of every alignment and length become page frames, or are
 * refused.
 *
 *   entries      |  first, any offset  | whole pages ... | last, any end |
 *   frames       |  0  |  1  |  2  | ...                       |  n-1   |
 */
#include <kunit/test.h>
#include <linux/module.h>

#include <linux/hyperv.h>
#include <linux/scatterlist.h>
#include "sgl.h"

#define PAGE		4096ULL
#define MAX_FRAMES	64

struct piece {
	u64 addr;
	u32 len;
};

static void make_list(struct scatterlist *sgl, const struct piece *p,
		      unsigned int n)
{
	unsigned int i;

	sg_init_table(sgl, n);
	for (i = 0; i < n; i++) {
		sg_dma_address(&sgl[i]) = p[i].addr;
		sg_dma_len(&sgl[i]) = p[i].len;
		sg_set_page(&sgl[i], pfn_to_page(p[i].addr >> 12), p[i].len, p[i].addr & 0xfff);
	}
}

static int convert(const struct piece *p, unsigned int n, u32 len, u64 *frames,
		   unsigned int max, u32 *offset)
{
	struct scatterlist sgl[8];
	u64 again[MAX_FRAMES];
	u32 at = *offset;
	int got, same;

	make_list(sgl, p, n);
	got = stor_sgl_to_frames(sgl, n, len, frames, max, offset, true);
	/* without a mapping, by the pages: the same */
	memset(sgl, 0, sizeof(sgl));
	make_list(sgl, p, n);
	same = stor_sgl_to_frames(sgl, n, len, again, min(max, MAX_FRAMES), &at, false);
	if (got != same || at != *offset ||
	    (got > 0 && memcmp(frames, again, got * sizeof(*again))))
		return -ENXIO;
	return got;
}

/* One entry: every offset in steps of 4, lengths around every page edge. */
static void stor_sgl_test_one_entry(struct kunit *test)
{
	u64 frames[MAX_FRAMES];
	u32 off, len, offset;
	int i, n;

	for (off = 0; off < PAGE; off += 4) {
		for (len = 1; len <= 5 * PAGE; len += len < 9 ? 1 : 509) {
			struct piece p = { 0x7000000 + off, len };
			int want = DIV_ROUND_UP(off + len, PAGE);

			offset = ~0;
			n = convert(&p, 1, len, frames, MAX_FRAMES, &offset);
			if (n != want || offset != off)
				KUNIT_FAIL(test, "off %u len %u: %d frames at %u",
					   off, len, n, offset);
			for (i = 0; i < n; i++) {
				if (frames[i] != 0x7000 + i)
					KUNIT_FAIL(test, "off %u len %u frame %d",
						   off, len, i);
			}
		}
	}
}

static void stor_sgl_test_many_entries(struct kunit *test)
{
	static const struct piece p[] = {
		{ 0x1000e00, 0x200 },		/* end of a page */
		{ 0x5000000, 0x3000 },		/* three whole ones */
		{ 0x2000000, 0x1000 },
		{ 0x9000000, 0x10 },		/* start of a page */
	};
	static const u64 want[] = { 0x1000, 0x5000, 0x5001, 0x5002, 0x2000,
				    0x9000 };
	u64 frames[MAX_FRAMES];
	u32 offset;
	int n;

	n = convert(p, ARRAY_SIZE(p), 0x4210, frames, MAX_FRAMES, &offset);
	KUNIT_ASSERT_EQ(test, n, (int)ARRAY_SIZE(want));
	KUNIT_EXPECT_EQ(test, offset, 0xe00U);
	KUNIT_EXPECT_EQ(test, 0, memcmp(frames, want, sizeof(want)));
}

/* Addresses above 4 GiB keep all their bits. */
static void stor_sgl_test_high_address(struct kunit *test)
{
	struct piece p = { 0x123456789a000ULL, 0x2000 };
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_ASSERT_EQ(test, 2, convert(&p, 1, p.len, frames, MAX_FRAMES,
					 &offset));
	KUNIT_EXPECT_EQ(test, frames[0], 0x123456789aULL);
	KUNIT_EXPECT_EQ(test, frames[1], 0x123456789bULL);
}

/* Mapping may merge entries: those left over have length 0. */
static void stor_sgl_test_empty_tail(struct kunit *test)
{
	static const struct piece p[] = {
		{ 0x1000000, 0x2000 }, { 0, 0 }, { 0, 0 },
	};
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_EXPECT_EQ(test, 2, convert(p, 3, 0x2000, frames, MAX_FRAMES,
					 &offset));
}

/* Entries that hold more than the command moves are used in part. */
static void stor_sgl_test_longer_than_command(struct kunit *test)
{
	static const struct piece p[] = {
		{ 0x1000000, 0x2000 }, { 0x5000000, 0x4000 },
	};
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_EXPECT_EQ(test, 3, convert(p, 2, 0x2200, frames, MAX_FRAMES,
					 &offset));
	KUNIT_EXPECT_EQ(test, 1, convert(p, 2, 0x200, frames, MAX_FRAMES,
					 &offset));
}

static void stor_sgl_test_refuses_gaps(struct kunit *test)
{
	static const struct piece late_start[] = {
		{ 0x1000000, 0x1000 }, { 0x5000200, 0x1000 },
	};
	static const struct piece early_end[] = {
		{ 0x1000000, 0xe00 }, { 0x5000000, 0x1000 },
	};
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_EXPECT_EQ(test, -EINVAL, convert(late_start, 2, 0x2000, frames,
					       MAX_FRAMES, &offset));
	KUNIT_EXPECT_EQ(test, -EINVAL, convert(early_end, 2, 0x1e00, frames,
					       MAX_FRAMES, &offset));
}

static void stor_sgl_test_refuses_short_list(struct kunit *test)
{
	struct piece p = { 0x1000000, 0x1000 };
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_EXPECT_EQ(test, -EINVAL, convert(&p, 1, 0x1001, frames,
					       MAX_FRAMES, &offset));
	KUNIT_EXPECT_EQ(test, -EINVAL, convert(&p, 1, 0, frames, MAX_FRAMES,
					       &offset));
}

/* Entries of no length count for nothing, wherever they point. */
static void stor_sgl_test_empty_between(struct kunit *test)
{
	static const struct piece p[] = {
		{ 0x777, 0 }, { 0x1000e00, 0x200 }, { 0x333, 0 }, { 0x5000000, 0x800 },
	};
	u64 frames[MAX_FRAMES];
	u32 offset;

	KUNIT_ASSERT_EQ(test, 2, convert(p, 4, 0xa00, frames, MAX_FRAMES, &offset));
	KUNIT_EXPECT_EQ(test, offset, 0xe00U);
	KUNIT_EXPECT_EQ(test, frames[0], 0x1000ULL);
	KUNIT_EXPECT_EQ(test, frames[1], 0x5000ULL);
}

/* The frames before count when room is looked for. */
static void stor_sgl_test_room_of_many(struct kunit *test)
{
	static const struct piece p[] = {
		{ 0x1000000, 0x3000 }, { 0x5000000, 0x3000 },
	};
	u64 frames[MAX_FRAMES];
	u32 offset;

	frames[5] = 0x5a5a;
	KUNIT_EXPECT_EQ(test, -E2BIG, convert(p, 2, 0x6000, frames, 5, &offset));
	KUNIT_EXPECT_EQ(test, frames[5], 0x5a5aULL);
	KUNIT_EXPECT_EQ(test, 6, convert(p, 2, 0x6000, frames, 6, &offset));
}

/* The last frame that fits is written, the one after it is not. */
static void stor_sgl_test_room(struct kunit *test)
{
	struct piece p = { 0x1000800, 4 * PAGE };	/* five frames */
	u64 frames[MAX_FRAMES];
	u32 offset;

	frames[4] = 0x5a5a;
	frames[5] = 0x5a5a;
	KUNIT_EXPECT_EQ(test, -E2BIG, convert(&p, 1, p.len, frames, 4,
					      &offset));
	KUNIT_EXPECT_EQ(test, frames[4], 0x5a5aULL);
	KUNIT_EXPECT_EQ(test, 5, convert(&p, 1, p.len, frames, 5, &offset));
	KUNIT_EXPECT_EQ(test, frames[5], 0x5a5aULL);
}

static struct kunit_case stor_sgl_cases[] = {
	KUNIT_CASE(stor_sgl_test_one_entry),
	KUNIT_CASE(stor_sgl_test_many_entries),
	KUNIT_CASE(stor_sgl_test_high_address),
	KUNIT_CASE(stor_sgl_test_empty_tail),
	KUNIT_CASE(stor_sgl_test_longer_than_command),
	KUNIT_CASE(stor_sgl_test_refuses_gaps),
	KUNIT_CASE(stor_sgl_test_refuses_short_list),
	KUNIT_CASE(stor_sgl_test_empty_between),
	KUNIT_CASE(stor_sgl_test_room_of_many),
	KUNIT_CASE(stor_sgl_test_room),
	{}
};

static struct kunit_suite stor_sgl_suite = {
	.name = "storvsc_sgl",
	.test_cases = stor_sgl_cases,
};
kunit_test_suite(stor_sgl_suite);
MODULE_LICENSE("GPL");
