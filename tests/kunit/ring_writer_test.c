// SPDX-License-Identifier: GPL-2.0-only
/* The producing end of a ring: space, wrap, signal edges, a lying consumer. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "params.h"
#include "ring.h"
#include "fake.h"

struct tx {
	struct fake_ring *f;
	struct ring_writer w;
};

static struct tx *tx_new(struct kunit *test, u32 size)
{
	struct tx *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->f = fake_ring_new(test, size);
	KUNIT_ASSERT_EQ(test, 0, ring_writer_init(&t->w, t->f->shared,
						  fake_ring_bytes(t->f)));
	return t;
}

/* Stage an in-band packet of @payload bytes of @fill. */
static int stage(struct tx *t, u32 payload, u64 id, u8 fill)
{
	u8 bytes[256];
	struct vmpacket_descriptor d;
	int len = packet_build(&d, VM_PKT_DATA_INBAND, 16, payload, 1, id);
	struct ring_piece pieces[] = { { &d, 16 }, { bytes, payload } };

	memset(bytes, fill, sizeof(bytes));
	return len < 0 ? len : ring_stage(&t->w, pieces, 2, len);
}

/* Stage and publish; 1 = signal wanted. */
static int send(struct tx *t, u32 payload)
{
	int ret = stage(t, payload, 7, 0x5a);

	return ret ?: ring_publish(&t->w);
}

static void ring_writer_init_refuses_sizes(struct kunit *test)
{
	struct fake_ring *f = fake_ring_new(test, 64);
	struct ring_writer w;

	KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, NULL, 4096 + 64));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, f->shared, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, f->shared, 4096));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, f->shared, 4096 + 24));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_writer_init(&w, f->shared, 4096 + 63));
	KUNIT_EXPECT_EQ(test, 0, ring_writer_init(&w, f->shared, 4096 + 32));
}

static void ring_writer_init_announces_pending_size(struct kunit *test)
{
	struct fake_ring *f = fake_ring_new(test, 64);
	struct ring_writer w;

	f->shared->write_index = 123;
	f->shared->read_index = 456;
	f->shared->interrupt_mask = 1;
	f->shared->pending_send_sz = 8;
	KUNIT_ASSERT_EQ(test, 0, ring_writer_init(&w, f->shared, 4096 + 64));
	KUNIT_EXPECT_EQ(test, 1u, f->shared->feature_bits.value);
	KUNIT_EXPECT_EQ(test, 0u, f->shared->write_index);
	KUNIT_EXPECT_EQ(test, 0u, f->shared->read_index);
	KUNIT_EXPECT_EQ(test, 0u, f->shared->interrupt_mask);
	KUNIT_EXPECT_EQ(test, 0u, f->shared->pending_send_sz);
}

/* 16 descriptor | 12 payload | 4 zero | trailer: start index in the high half */
static void ring_stage_writes_padded_packet_and_trailer(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u32 i;

	memset(t->f->data, 0xee, t->f->size);
	KUNIT_ASSERT_EQ(test, 0, stage(t, 12, 0x1122334455667788, 0x5a));
	ring_publish(&t->w);
	KUNIT_EXPECT_EQ(test, 40u, t->f->shared->write_index);
	KUNIT_EXPECT_EQ(test, 0x0001000400020006ull, fake_u64(t->f, 0));
	KUNIT_EXPECT_EQ(test, 0x1122334455667788ull, fake_u64(t->f, 8));
	for (i = 16; i < 28; i++)
		KUNIT_EXPECT_EQ(test, 0x5a, fake_byte(t->f, i));
	for (i = 28; i < 32; i++)
		KUNIT_EXPECT_EQ(test, 0, fake_byte(t->f, i));
	KUNIT_EXPECT_EQ(test, 0ull, fake_u64(t->f, 32));
	KUNIT_EXPECT_EQ(test, 0xee, fake_byte(t->f, 40));

	KUNIT_ASSERT_EQ(test, 0, stage(t, 0, 1, 0));
	ring_publish(&t->w);
	KUNIT_EXPECT_EQ(test, 40ull << 32, fake_u64(t->f, 40 + 16));
}

static void ring_stage_is_invisible_until_published(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);

	KUNIT_ASSERT_EQ(test, 0, stage(t, 8, 1, 1));
	KUNIT_ASSERT_EQ(test, 0, stage(t, 8, 2, 2));
	KUNIT_EXPECT_EQ(test, 0u, t->f->shared->write_index);
	KUNIT_EXPECT_TRUE(test, ring_publish(&t->w));
	KUNIT_EXPECT_EQ(test, 64u, t->f->shared->write_index);
	KUNIT_EXPECT_FALSE(test, ring_publish(&t->w));
}

/* ---- signal edges ---- */

static void ring_publish_signals_first_packet(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1, send(tx_new(test, 256), 8));
}

static void ring_publish_is_silent_while_data_waits(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);

	KUNIT_EXPECT_EQ(test, 1, send(t, 8));
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	KUNIT_EXPECT_NE(test, 0u, fake_read_packet(t->f));
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
}

static void ring_publish_signals_again_once_drained(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);
	int i;

	for (i = 0; i < 50; i++) {
		KUNIT_EXPECT_EQ(test, 1, send(t, 8));
		fake_read_all(t->f);
	}
}

static void ring_publish_respects_mask(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);

	t->f->shared->interrupt_mask = 1;
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	fake_read_all(t->f);
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	fake_read_all(t->f);
	t->f->shared->interrupt_mask = 0;
	KUNIT_EXPECT_EQ(test, 1, send(t, 8));
	fake_read_all(t->f);
	t->f->shared->interrupt_mask = 0x80000000;
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
}

/* ---- space ---- */

/* 128 bytes hold 3 packets of 24 + 8; the fourth would make the ring look empty */
static void ring_stage_never_fills_the_last_bytes(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	KUNIT_EXPECT_EQ(test, 1, send(t, 8));
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	KUNIT_EXPECT_EQ(test, 32u, ring_writer_free(&t->w));
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(t, 8));
	KUNIT_EXPECT_EQ(test, 96u, t->f->shared->write_index);
	KUNIT_EXPECT_EQ(test, 0, send(t, 0));
	KUNIT_EXPECT_EQ(test, 120u, fake_used(t->f));
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(t, 0));
}

static void ring_stage_finds_space_the_peer_freed(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	while (send(t, 8) >= 0)
		;
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(t, 8));
	fake_read_packet(t->f);
	KUNIT_EXPECT_EQ(test, 0, send(t, 8));
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(t, 8));
	fake_read_all(t->f);
	KUNIT_EXPECT_EQ(test, 1, send(t, 80));
}

static void ring_stage_refuses_what_never_fits(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	/* 16 + 96 + 8 = 120 goes in, 128 never */
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, send(t, 104));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, send(t, 112));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, send(t, 200));
	KUNIT_EXPECT_EQ(test, 1, send(t, 96));
}

static void ring_stage_refuses_wrong_lengths(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u8 bytes[64] = { 0 };
	struct ring_piece pieces[] = { { bytes, 16 }, { bytes, 8 } };

	KUNIT_EXPECT_EQ(test, -EINVAL, ring_stage(&t->w, pieces, 2, 28));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_stage(&t->w, pieces, 2, 16));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_stage(&t->w, pieces, 2, 32));
	KUNIT_EXPECT_FALSE(test, ring_publish(&t->w));
	KUNIT_EXPECT_EQ(test, 0u, t->w.write);
	KUNIT_EXPECT_EQ(test, 0, ring_stage(&t->w, pieces, 2, 24));
}

/* A packet that starts at each place of the ring, so that each part of it wraps. */
static void ring_stage_wraps_everywhere(struct kunit *test)
{
	u32 start, i;

	for (start = 0; start < 128; start += 8) {
		struct tx *t = tx_new(test, 128);

		t->w.write = start;
		t->w.read = start;
		t->w.published = start;
		fake_start_at(t->f, start);
		KUNIT_ASSERT_EQ(test, 1, send(t, 45));
		KUNIT_EXPECT_EQ(test, (start + 72) % 128, t->f->shared->write_index);
		KUNIT_EXPECT_EQ(test, 0x0001000800020006ull, fake_u64(t->f, start));
		for (i = 0; i < 45; i++)
			KUNIT_EXPECT_EQ(test, 0x5a, fake_byte(t->f, start + 16 + i));
		for (; i < 48; i++)
			KUNIT_EXPECT_EQ(test, 0, fake_byte(t->f, start + 16 + i));
		KUNIT_EXPECT_EQ(test, (u64)start << 32, fake_u64(t->f, start + 64));
		KUNIT_EXPECT_TRUE(test, fake_guard_intact(t->f));
	}
}

/* ---- a peer that lies ---- */

struct lie {
	const char *name;
	u32 read;	/* read index, in a ring of 128 with 32..96 unread */
	enum ring_error error;
};

static const struct lie lies[] = {
	{ "read index at the end", 128, RING_READ_INDEX },
	{ "read index past the end", 136, RING_READ_INDEX },
	{ "read index huge", 0xfffffff8, RING_READ_INDEX },
	{ "read index all ones", 0xffffffff, RING_READ_INDEX },
	{ "read index unaligned", 36, RING_READ_INDEX },
	{ "read index past the write index", 104, RING_READ_JUMP },
	{ "read index backwards", 24, RING_READ_JUMP },
	{ "read index backwards to zero", 0, RING_READ_JUMP },
};

KUNIT_ARRAY_PARAM_DESC(ring_lies, lies, name);

static void ring_stage_refuses_lies(struct kunit *test)
{
	const struct lie *l = test->param_value;
	struct tx *t = tx_new(test, 128);

	t->w.write = 96;
	t->w.published = 96;
	t->w.read = 32;
	t->f->shared->write_index = 96;
	t->f->shared->read_index = l->read;
	KUNIT_EXPECT_EQ(test, -EIO, send(t, 80));
	KUNIT_EXPECT_EQ(test, l->error, t->w.error);
	KUNIT_EXPECT_EQ(test, l->read, t->w.bad);
	KUNIT_EXPECT_EQ(test, 96u, t->f->shared->write_index);
	/* for good, even if the peer then behaves */
	t->f->shared->read_index = 32;
	KUNIT_EXPECT_EQ(test, -EIO, send(t, 0));
	KUNIT_EXPECT_EQ(test, l->error, t->w.error);
	KUNIT_EXPECT_TRUE(test, fake_guard_intact(t->f));
}

/* Found when looking whether to signal: that packet is out, the next is not. */
static void ring_publish_refuses_lies(struct kunit *test)
{
	const struct lie *l = test->param_value;
	struct tx *t = tx_new(test, 128);

	t->w.write = 96;
	t->w.published = 96;
	t->w.read = 32;
	t->f->shared->write_index = 96;
	/* 24 more bytes fit without asking: up to 120 */
	t->f->shared->read_index = l->read == 104 ? 8 : l->read;
	KUNIT_EXPECT_EQ(test, 1, send(t, 0));
	KUNIT_EXPECT_EQ(test, 120u, t->f->shared->write_index);
	KUNIT_EXPECT_EQ(test, l->error, t->w.error);
	KUNIT_EXPECT_EQ(test, -EIO, send(t, 0));
}

static void ring_writer_ignores_the_shared_write_index(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	KUNIT_EXPECT_EQ(test, 1, send(t, 8));
	t->f->shared->write_index = 0x10000;
	KUNIT_EXPECT_EQ(test, 0, send(t, 0));
	KUNIT_EXPECT_EQ(test, 56u, t->f->shared->write_index);
	KUNIT_EXPECT_TRUE(test, fake_guard_intact(t->f));
}

static struct kunit_case ring_writer_cases[] = {
	KUNIT_CASE(ring_writer_init_refuses_sizes),
	KUNIT_CASE(ring_writer_init_announces_pending_size),
	KUNIT_CASE(ring_stage_writes_padded_packet_and_trailer),
	KUNIT_CASE(ring_stage_is_invisible_until_published),
	KUNIT_CASE(ring_publish_signals_first_packet),
	KUNIT_CASE(ring_publish_is_silent_while_data_waits),
	KUNIT_CASE(ring_publish_signals_again_once_drained),
	KUNIT_CASE(ring_publish_respects_mask),
	KUNIT_CASE(ring_stage_never_fills_the_last_bytes),
	KUNIT_CASE(ring_stage_finds_space_the_peer_freed),
	KUNIT_CASE(ring_stage_refuses_what_never_fits),
	KUNIT_CASE(ring_stage_refuses_wrong_lengths),
	KUNIT_CASE(ring_stage_wraps_everywhere),
	KUNIT_CASE_PARAM(ring_stage_refuses_lies, ring_lies_gen_params),
	KUNIT_CASE_PARAM(ring_publish_refuses_lies, ring_lies_gen_params),
	KUNIT_CASE(ring_writer_ignores_the_shared_write_index),
	{}
};

static struct kunit_suite ring_writer_suite = {
	.name = "vmbus_ring_writer",
	.test_cases = ring_writer_cases,
};

kunit_test_suite(ring_writer_suite);
