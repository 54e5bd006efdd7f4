// SPDX-License-Identifier: GPL-2.0-only
/* Memory lists: every split into messages, every number that can be wrong. */
#include <string.h>
#include "test.h"
#include "vmbus/gpadl.h"

#define HEADER_FRAMES 26
#define BODY_FRAMES 28

struct header {
	struct msg_gpadl_header h;
	struct gpa_range r;
	uint64_t pfn[HEADER_FRAMES];
} WIRE;

struct body {
	struct msg_gpadl_body b;
	uint64_t pfn[BODY_FRAMES];
} WIRE;

static struct header header_of(uint32_t handle, uint32_t frames)
{
	struct header m = {
		.h = { .h.type = MSG_GPADL_HEADER, .relid = 1, .gpadl = handle,
		       .range_bytes = 8 + 8 * frames, .range_count = 1 },
		.r = { .length = frames * VMBUS_PAGE },
	};

	for (uint32_t i = 0; i < HEADER_FRAMES; i++)
		m.pfn[i] = 100 + i;
	return m;
}

static size_t header_len(uint32_t frames)
{
	return sizeof(struct header) -
		8 * (frames < HEADER_FRAMES ? HEADER_FRAMES - frames : 0);
}

/* Sends @frames as a guest would and returns the finished list. */
static struct gpadl *assemble(struct gpadl_table *t, uint32_t frames)
{
	struct header m = header_of(7, frames);
	struct body b = { .b = { .gpadl = 7 } };
	uint32_t sent = frames < HEADER_FRAMES ? frames : HEADER_FRAMES;
	struct gpadl *g = NULL;
	enum gpadl_result r = gpadl_header(t, &m, header_len(frames), &g);

	while (r == GPADL_MORE) {
		uint32_t n = frames - sent < BODY_FRAMES ? frames - sent : BODY_FRAMES;

		for (uint32_t i = 0; i < n; i++)
			b.pfn[i] = 100 + sent + i;
		CHECK(n);
		r = gpadl_body(t, &b, sizeof(b.b) + 8 * n, &g);
		sent += n;
	}
	CHECK(r == GPADL_COMPLETE);
	CHECK(sent == frames);
	return g;
}

static void takes_every_split(void)
{
	static const uint32_t counts[] = { 1, 2, 25, 26, 27, 53, 54, 55, 82, 83, 1000, 8190 };

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		struct gpadl_table t = { 0 };
		struct gpadl *g = assemble(&t, counts[i]);

		CHECK(g->frames == counts[i] && g->have == counts[i]);
		CHECK(g->pfn[0] == 100 && g->pfn[counts[i] - 1] == 100 + counts[i] - 1);
		CHECK(t.count == 1 && t.frames == counts[i]);
		gpadl_clear(&t);
		CHECK(t.count == 0 && t.frames == 0);
	}
}

static enum gpadl_result one(struct gpadl_table *t, const struct header *m, size_t len)
{
	struct gpadl *g = NULL;

	return gpadl_header(t, m, len, &g);
}

static void refuses_bad_ranges(void)
{
	struct gpadl_table t = { 0 };
	struct header m;

	m = header_of(1, 2);
	m.h.range_count = 0;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 2);
	m.h.range_count = 2;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 2);
	m.h.range_bytes += 8;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 2);
	m.r.length = 0;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 2);
	m.r.offset = VMBUS_PAGE;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 2);
	m.r.length = 0xFFFFFFFF;
	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	CHECK(t.count == 0 && t.frames == 0);
}

static void refuses_short_messages(void)
{
	struct gpadl_table t = { 0 };
	struct header m = header_of(1, 1);
	struct gpadl *g = NULL;

	CHECK(one(&t, &m, 19) == GPADL_UNKNOWN);
	CHECK(one(&t, &m, 20) == GPADL_BAD);
	CHECK(one(&t, &m, 27) == GPADL_BAD);
	CHECK(one(&t, &m, 28) == GPADL_MORE);	/* its frame may follow */
	CHECK(gpadl_body(&t, &m, 15, &g) == GPADL_UNKNOWN);
	gpadl_clear(&t);
}

static void ignores_what_is_too_much(void)
{
	struct gpadl_table t = { 0 };
	struct header m = header_of(1, 3);
	struct body b = { .b = { .gpadl = 1 } };
	struct gpadl *g = NULL;

	CHECK(one(&t, &m, sizeof(m)) == GPADL_COMPLETE);
	CHECK(gpadl_find(&t, 1)->have == 3);
	CHECK(gpadl_body(&t, &b, sizeof(b), &g) == GPADL_UNKNOWN);
	gpadl_clear(&t);
}

static void refuses_a_handle_twice(void)
{
	struct gpadl_table t = { 0 };
	struct header m = header_of(1, 1);

	CHECK(one(&t, &m, header_len(1)) == GPADL_COMPLETE);
	CHECK(one(&t, &m, header_len(1)) == GPADL_BAD);
	CHECK(t.count == 1);
	gpadl_clear(&t);
}

static bool below_101(void *ctx, uint64_t pfn)
{
	return pfn < 101;
}

static void refuses_frames_that_are_no_memory(void)
{
	struct gpadl_table t = { .frame_ok = below_101 };
	struct header m = header_of(1, 2);

	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	CHECK(t.count == 0 && t.frames == 0);
	m = header_of(2, 1);
	CHECK(one(&t, &m, header_len(1)) == GPADL_COMPLETE);
	gpadl_clear(&t);
}

static void keeps_the_quota(void)
{
	struct gpadl_table t = { .frames = GPADL_QUOTA_FRAMES - 1 };
	struct header m = header_of(1, 2);

	CHECK(one(&t, &m, header_len(2)) == GPADL_BAD);
	m = header_of(1, 1);
	CHECK(one(&t, &m, header_len(1)) == GPADL_COMPLETE);
	gpadl_clear(&t);
}

const struct test gpadl_tests[] = {
	{ "takes_every_split", takes_every_split },
	{ "refuses_bad_ranges", refuses_bad_ranges },
	{ "refuses_short_messages", refuses_short_messages },
	{ "ignores_what_is_too_much", ignores_what_is_too_much },
	{ "refuses_a_handle_twice", refuses_a_handle_twice },
	{ "refuses_frames_that_are_no_memory", refuses_frames_that_are_no_memory },
	{ "keeps_the_quota", keeps_the_quota },
	{ 0 },
};
