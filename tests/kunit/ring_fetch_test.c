// SPDX-License-Identifier: GPL-2.0-only
/* Packets copied out in one go: every place, every length, every room; judged as by a look. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "ring_read.h"
#include "fake.h"

#define SIZE	128

struct fetch {
	struct fake_ring *f;
	struct ring_reader r;
	union {
		struct vmpacket_descriptor desc;
		u8 bytes[SIZE + 16];
	} to;
};

static void start_at(struct fetch *t, u32 start)
{
	ring_reader_init(&t->r, t->f->shared, fake_ring_bytes(t->f));
	t->r.read = start;
	t->r.write = start;
	t->r.published = start;
	fake_start_at(t->f, start);
	memset(t->f->data, 0x11, t->f->size);
	memset(&t->to, 0xaa, sizeof(t->to));
}

static struct fetch *fetch_new(struct kunit *test)
{
	struct fetch *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->f = fake_ring_new(test, SIZE);
	start_at(t, 0);
	return t;
}

/* What is behind the beginning that has room is left alone. */
static void expect_copy(struct kunit *test, struct fetch *t, u32 bytes, u8 fill)
{
	u32 i;

	for (i = 16; i < bytes; i++)
		KUNIT_EXPECT_EQ(test, fill, t->to.bytes[i]);
	for (; i < sizeof(t->to); i++)
		KUNIT_EXPECT_EQ(test, 0xaa, t->to.bytes[i]);
}

static void ring_fetch_copies_everywhere(struct kunit *test)
{
	struct fetch *t = fetch_new(test);
	u32 start, payload, room;

	for (start = 0; start < SIZE; start += 8)
		for (payload = 0; payload <= 96; payload += 8)
			for (room = 16; room <= SIZE; room++) {
				u32 len = 16 + payload, got = min(len, room & ~7u);

				start_at(t, start);
				fake_write_inband(t->f, payload, start + 1, 0x66);
				KUNIT_ASSERT_EQ(test, (int)len + 8,
						ring_fetch(&t->r, &t->to.desc, room));
				KUNIT_EXPECT_EQ(test, 6, t->to.desc.type);
				KUNIT_EXPECT_EQ(test, 2, t->to.desc.offset8);
				KUNIT_EXPECT_EQ(test, got / 8, t->to.desc.len8);
				KUNIT_EXPECT_EQ(test, (u64)start + 1, t->to.desc.trans_id);
				expect_copy(test, t, got, 0x66);
				KUNIT_EXPECT_EQ(test, start, t->r.read);
			}
}

/* Two that were seen at once, and then a third: each is fetched from its own place. */
static void ring_fetch_goes_on(struct kunit *test)
{
	struct fetch *t = fetch_new(test);
	u8 fill;

	start_at(t, 48);
	fake_write_inband(t->f, 16, 1, 1);
	fake_write_inband(t->f, 16, 2, 2);
	for (fill = 1; fill <= 3; fill++) {
		memset(&t->to, 0xaa, sizeof(t->to));
		KUNIT_ASSERT_EQ(test, 40, ring_fetch(&t->r, &t->to.desc, SIZE));
		KUNIT_EXPECT_EQ(test, (u64)fill, t->to.desc.trans_id);
		expect_copy(test, t, 32, fill);
		ring_skip(&t->r, 40);
		ring_release(&t->r);
		if (fill == 2)
			fake_write_inband(t->f, 16, 3, 3);
	}
	KUNIT_EXPECT_EQ(test, 0, ring_fetch(&t->r, &t->to.desc, SIZE));
}

/* A header that has no room is cut as the packet is. */
static void ring_fetch_cuts_headers(struct kunit *test)
{
	const struct fake_packet p = { .type = 9, .offset8 = 8, .len8 = 10, .flags = 1, .id = 5 };
	struct fetch *t = fetch_new(test);
	u32 room;

	for (room = 16; room <= 96; room += 8) {
		start_at(t, 64);
		fake_write(t->f, &p, 0x77);
		KUNIT_ASSERT_EQ(test, 88, ring_fetch(&t->r, &t->to.desc, room));
		KUNIT_EXPECT_EQ(test, min(room, 80u) / 8, t->to.desc.len8);
		KUNIT_EXPECT_EQ(test, min(room, 64u) / 8, t->to.desc.offset8);
		KUNIT_EXPECT_EQ(test, 1, t->to.desc.flags);
		KUNIT_EXPECT_EQ(test, 9, t->to.desc.type);
		expect_copy(test, t, min(room, 80u), 0x77);
	}
}

static u32 next_value(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 16;
}

static struct fake_packet any_packet(u32 *state)
{
	static const u16 some[] = { 0, 1, 2, 3, 6, 9, 13, 14, 15, 0xffff };
	struct fake_packet p = {
		.type = some[next_value(state) % ARRAY_SIZE(some)],
		.offset8 = some[next_value(state) % ARRAY_SIZE(some)],
		.len8 = some[next_value(state) % ARRAY_SIZE(some)],
		.flags = next_value(state),
		.id = next_value(state),
	};

	return p;
}

/* Whatever the host writes, a look and a fetch say the same of it, and change the same. */
static void ring_fetch_judges_as_peek(struct kunit *test)
{
	struct fetch *a = fetch_new(test), *b = fetch_new(test);
	struct vmpacket_descriptor desc;
	u32 state = 7, i, good = 0;

	for (i = 0; i < 20000; i++) {
		struct fake_packet p = any_packet(&state);
		u32 start = next_value(&state) % 16 * 8;
		u32 write = (start + next_value(&state) % 16 * 8) % SIZE;
		int len;

		p.len8 %= 1000;
		start_at(a, start);
		start_at(b, start);
		fake_write(a->f, &p, 0);
		fake_write(b->f, &p, 0);
		a->f->shared->write_index = write;
		b->f->shared->write_index = write;
		memset(&desc, 0, sizeof(desc));
		len = ring_peek(&a->r, &desc);
		KUNIT_ASSERT_EQ(test, len, ring_fetch(&b->r, &b->to.desc, SIZE));
		KUNIT_EXPECT_EQ(test, a->r.read, b->r.read);
		KUNIT_EXPECT_EQ(test, a->r.dropped, b->r.dropped);
		KUNIT_EXPECT_EQ(test, a->r.bad, b->r.bad);
		KUNIT_EXPECT_EQ(test, a->r.junk, b->r.junk);
		if (len <= 0)
			continue;
		good++;
		KUNIT_EXPECT_EQ(test, 0, memcmp(&desc, &b->to.desc, sizeof(desc)));
	}
	KUNIT_EXPECT_GT(test, good, 100u);
}

/* Quiet means that a look would find nothing and say nothing. */
static void ring_quiet_tells_when_to_look(struct kunit *test)
{
	struct fetch *t = fetch_new(test);

	start_at(t, 64);
	KUNIT_EXPECT_TRUE(test, ring_quiet(&t->r));
	fake_write_inband(t->f, 8, 1, 1);
	KUNIT_EXPECT_FALSE(test, ring_quiet(&t->r));
	KUNIT_EXPECT_EQ(test, 32, ring_fetch(&t->r, &t->to.desc, SIZE));
	KUNIT_EXPECT_FALSE(test, ring_quiet(&t->r));
	ring_skip(&t->r, 32);
	KUNIT_EXPECT_TRUE(test, ring_quiet(&t->r));	/* also if not yet given back */
	ring_release(&t->r);
	KUNIT_EXPECT_TRUE(test, ring_quiet(&t->r));
	t->f->shared->read_index = 8;			/* ours, and moved */
	KUNIT_EXPECT_FALSE(test, ring_quiet(&t->r));
	KUNIT_EXPECT_EQ(test, 0, ring_fetch(&t->r, &t->to.desc, SIZE));
	KUNIT_EXPECT_TRUE(test, ring_quiet(&t->r));
	t->f->shared->write_index = 3;
	KUNIT_EXPECT_FALSE(test, ring_quiet(&t->r));
	KUNIT_EXPECT_EQ(test, -EIO, ring_fetch(&t->r, &t->to.desc, SIZE));
}

static struct kunit_case ring_fetch_cases[] = {
	KUNIT_CASE(ring_fetch_copies_everywhere),
	KUNIT_CASE(ring_fetch_goes_on),
	KUNIT_CASE(ring_fetch_cuts_headers),
	KUNIT_CASE(ring_fetch_judges_as_peek),
	KUNIT_CASE(ring_quiet_tells_when_to_look),
	{}
};

static struct kunit_suite ring_fetch_suite = {
	.name = "vmbus_ring_fetch",
	.test_cases = ring_fetch_cases,
};

kunit_test_suite(ring_fetch_suite);
