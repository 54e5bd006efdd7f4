// SPDX-License-Identifier: GPL-2.0-only
/* Both ends of a ring at the edges of their checks: one off, one bit, one byte. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "ring_read.h"
#include "ring_write.h"
#include "fake.h"

struct ends {
	struct fake_ring *f;
	struct ring_reader r;
	struct ring_writer w;
	struct vmpacket_descriptor d;
};

static struct ends *ends_new(struct kunit *test, u32 size, u32 start)
{
	struct ends *e = kunit_kzalloc(test, sizeof(*e), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, e);
	e->f = fake_ring_new(test, size);
	KUNIT_ASSERT_EQ(test, 0, ring_writer_init(&e->w, e->f->shared, fake_ring_bytes(e->f)));
	KUNIT_ASSERT_EQ(test, 0, ring_reader_init(&e->r, e->f->shared, fake_ring_bytes(e->f)));
	e->r.read = start;
	e->r.write = start;
	e->r.published = start;
	e->w.read = start;
	e->w.write = start;
	e->w.published = start;
	ring_writer_measure(&e->w);
	fake_start_at(e->f, start);
	return e;
}

static void ring_init_wants_whole_words(struct kunit *test)
{
	struct fake_ring *f = fake_ring_new(test, 128);
	struct ring_writer w;
	struct ring_reader r;
	u32 odd;

	for (odd = 1; odd < 8; odd++) {
		KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, f->shared, 4096 + 64 + odd));
		KUNIT_EXPECT_EQ(test, -EINVAL, ring_reader_init(&r, f->shared, 4096 + 64 + odd));
	}
	KUNIT_EXPECT_EQ(test, 0, ring_writer_init(&w, f->shared, 4096 + 72));
}

/* An index is a multiple of 8: each of the three bits counts. */
static void ring_index_wants_whole_words(struct kunit *test)
{
	u32 odd;

	for (odd = 1; odd < 8; odd++) {
		struct ends *e = ends_new(test, 128, 0);

		e->f->shared->write_index = 32 + odd;
		KUNIT_EXPECT_EQ(test, -EIO, ring_peek(&e->r, &e->d));
		KUNIT_EXPECT_EQ(test, RING_WRITE_INDEX, e->r.error);
		KUNIT_EXPECT_EQ(test, 32 + odd, e->r.bad);
	}
}

/* A ring given up stays so, even if the host mends it. */
static void ring_peek_gives_up_for_good(struct kunit *test)
{
	struct ends *e = ends_new(test, 128, 0);

	fake_write_inband(e->f, 8, 1, 1);
	e->f->shared->write_index = 33;
	KUNIT_EXPECT_EQ(test, -EIO, ring_peek(&e->r, &e->d));
	e->f->shared->write_index = 32;
	KUNIT_EXPECT_EQ(test, -EIO, ring_peek(&e->r, &e->d));
	KUNIT_EXPECT_EQ(test, 33u, e->r.bad);
}

/* What was repaired before does not hide what cannot be. */
static void ring_peek_tells_errors_after_repairs(struct kunit *test)
{
	struct ends *e = ends_new(test, 128, 0);

	e->f->shared->read_index = 64;
	KUNIT_EXPECT_EQ(test, 0, ring_peek(&e->r, &e->d));
	KUNIT_EXPECT_EQ(test, 1u, e->r.repaired);
	e->f->shared->write_index = 1;
	KUNIT_EXPECT_EQ(test, -EIO, ring_peek(&e->r, &e->d));
	KUNIT_EXPECT_EQ(test, RING_WRITE_INDEX, e->r.error);
}

/* After a good packet the host has all its chances again. */
static void ring_peek_counts_junk_from_zero(struct kunit *test)
{
	const struct fake_packet bad = { .type = 99, .offset8 = 2, .len8 = 2 };
	struct ends *e = ends_new(test, 1024, 0);
	u32 i;

	fake_write_inband(e->f, 8, 1, 1);
	KUNIT_ASSERT_EQ(test, 32, ring_peek(&e->r, &e->d));
	ring_skip(&e->r, 32);
	for (i = 0; i < RING_JUNK_MOST; i++)
		fake_write(e->f, &bad, 0);
	for (i = 0; i < RING_JUNK_MOST; i++)
		KUNIT_EXPECT_EQ(test, -EBADMSG, ring_peek(&e->r, &e->d));
	KUNIT_EXPECT_EQ(test, 0, ring_peek(&e->r, &e->d));
	KUNIT_EXPECT_EQ(test, RING_OK, e->r.error);
}

/* Skip so many bytes, and tell whether a host waiting for @pending is to be woken. */
static bool release(struct ends *e, u32 bytes, u32 pending, u32 write)
{
	ring_skip(&e->r, bytes);
	e->f->shared->pending_send_sz = pending;
	e->f->shared->write_index = write;
	return ring_release(&e->r);
}

/*
 * Data from 200 on around the end: what is free grows from 56 to 88.
 *
 *	0        40                   200   232  256
 *	|########|                    |####|######|
 */
static void ring_release_counts_around_the_end(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, release(ends_new(test, 256, 200), 32, 160, 40));
	KUNIT_EXPECT_TRUE(test, release(ends_new(test, 256, 200), 32, 191, 40));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 200), 32, 159, 40));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 200), 32, 192, 40));
}

static void ring_release_ignores_wrong_indices(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, release(ends_new(test, 256, 0), 32, 170, 96));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 0), 32, 170, 97));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 0), 32, 170, 98));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 0), 32, 170, 100));
	KUNIT_EXPECT_FALSE(test, release(ends_new(test, 256, 0), 32, 170, 256 + 96));
}

static struct kunit_case ring_edge_cases[] = {
	KUNIT_CASE(ring_init_wants_whole_words),
	KUNIT_CASE(ring_index_wants_whole_words),
	KUNIT_CASE(ring_peek_gives_up_for_good),
	KUNIT_CASE(ring_peek_tells_errors_after_repairs),
	KUNIT_CASE(ring_peek_counts_junk_from_zero),
	KUNIT_CASE(ring_release_counts_around_the_end),
	KUNIT_CASE(ring_release_ignores_wrong_indices),
	{}
};

static struct kunit_suite ring_edge_suite = {
	.name = "vmbus_ring_edges",
	.test_cases = ring_edge_cases,
};

kunit_test_suite(ring_edge_suite);
