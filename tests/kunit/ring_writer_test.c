// SPDX-License-Identifier: GPL-2.0-only
/* The producing end of a ring: space, wrap, signal edges, a lying consumer. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "params.h"
#include "ring_write.h"
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
	struct ring_packet p = { .data = bytes, .id = id };
	int len = packet_build(&p, VM_PKT_DATA_INBAND, 0, payload, 1), ret;

	memset(bytes, fill, sizeof(bytes));
	ret = len < 0 ? len : ring_room(&t->w, len);
	if (!ret)
		ring_stage(&t->w, &p);
	return ret;
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

static void ring_room_refuses_wrong_lengths(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u32 odd;

	for (odd = 1; odd < 8; odd++) {
		KUNIT_EXPECT_EQ(test, -EINVAL, ring_room(&t->w, 16 + odd));
		KUNIT_EXPECT_EQ(test, -EINVAL, ring_room(&t->w, 0xfffffff8 + odd));
	}
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, ring_room(&t->w, 0xfffffff8));
	KUNIT_EXPECT_EQ(test, -EMSGSIZE, ring_room(&t->w, 120));
	KUNIT_EXPECT_EQ(test, 0, ring_room(&t->w, 112));
	KUNIT_EXPECT_FALSE(test, ring_publish(&t->w));
}

/* An unused ring, whose indices begin somewhere. */
static void start_at(struct tx *t, u32 start)
{
	ring_writer_init(&t->w, t->f->shared, fake_ring_bytes(t->f));
	memset(t->f->data, 0xee, t->f->size);
	t->w.write = start;
	t->w.read = start;
	t->w.published = start;
	ring_writer_measure(&t->w);
	fake_start_at(t->f, start);
}

/* 16 descriptor | list | data | padding | trailer, wherever in the ring it begins */
static void expect_packet(struct kunit *test, struct tx *t, u32 start, u32 list, u32 data)
{
	u32 len = 16 + list + DIV_ROUND_UP(data, 8) * 8, i;
	u64 head = 9 | (u64)(2 + list / 8) << 16 | (u64)(len / 8) << 32 | 1ull << 48;

	KUNIT_EXPECT_EQ(test, (start + len + 8) % t->f->size, t->f->shared->write_index);
	KUNIT_EXPECT_EQ(test, head, fake_u64(t->f, start));
	KUNIT_EXPECT_EQ(test, 0x1122334455667788ull, fake_u64(t->f, start + 8));
	for (i = 0; i < list; i++)
		KUNIT_EXPECT_EQ(test, 0x80 + i, fake_byte(t->f, start + 16 + i));
	for (i = 0; i < data; i++)
		KUNIT_EXPECT_EQ(test, 0x40 + i, fake_byte(t->f, start + 16 + list + i));
	for (i += 16 + list; i < len; i++)
		KUNIT_EXPECT_EQ(test, 0, fake_byte(t->f, start + i));
	KUNIT_EXPECT_EQ(test, (u64)start << 32, fake_u64(t->f, start + len));
	KUNIT_EXPECT_TRUE(test, fake_guard_intact(t->f));
	for (i = len + 8; i < t->f->size; i++)
		KUNIT_EXPECT_EQ(test, 0xee, fake_byte(t->f, start + i));
}

/* Every packet that fits, with a list and without, at every place: each part of it wraps. */
static void ring_stage_wraps_everywhere(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u32 start, list, data, i;
	u8 bytes[2][64];

	for (i = 0; i < 64; i++) {
		bytes[0][i] = 0x80 + i;
		bytes[1][i] = 0x40 + i;
	}
	for (start = 0; start < 128; start += 8)
		for (list = 0; list <= 32; list += 8)
			for (data = 0; data <= 45; data++) {
				struct ring_packet p = {
					.list = bytes[0], .data = data ? bytes[1] : NULL,
					.id = 0x1122334455667788,
				};

				start_at(t, start);
				packet_build(&p, VM_PKT_DATA_USING_GPA_DIRECT, list, data, 1);
				KUNIT_ASSERT_EQ(test, 0, ring_room(&t->w, p.len));
				ring_stage(&t->w, &p);
				KUNIT_EXPECT_TRUE(test, ring_publish(&t->w));
				expect_packet(test, t, start, list, data);
			}
}

/* What needs no thought is told by one number, which is the same however it came about. */
static void expect_clear(struct kunit *test, const struct tx *t)
{
	u32 used = (t->w.write + 128 - t->w.read) % 128;
	u32 clear = min(128 - t->w.write, 128 - used) - 8;

	KUNIT_EXPECT_EQ(test, clear, t->w.clear);
}

static void ring_stage_keeps_what_is_clear(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u32 start, size, sent;

	for (start = 0; start < 128; start += 8)
		for (size = 0; size <= 88; size += 8) {
			start_at(t, start);
			expect_clear(test, t);
			for (sent = 0; sent < 40; sent++) {
				if (stage(t, size, 7, 0x5a)) {
					/* the peer makes room for one, seen at the next look */
					ring_publish(&t->w);
					fake_read_packet(t->f);
					KUNIT_EXPECT_EQ(test, 0, stage(t, size, 7, 0x5a));
				}
				expect_clear(test, t);
			}
			KUNIT_EXPECT_TRUE(test, fake_guard_intact(t->f));
		}
}

/* What is known to be free is used around the end, too, without a look at the peer's index. */
static void ring_room_does_not_ask_without_need(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	start_at(t, 96);
	t->f->shared->read_index = 4;
	KUNIT_EXPECT_EQ(test, 0, ring_room(&t->w, 16));
	KUNIT_EXPECT_EQ(test, 0, ring_room(&t->w, 24));		/* its trailer begins anew */
	KUNIT_EXPECT_EQ(test, 0, ring_room(&t->w, 112));
	KUNIT_EXPECT_EQ(test, RING_OK, t->w.error);
	KUNIT_EXPECT_EQ(test, 0, stage(t, 80, 7, 0x5a));
	KUNIT_EXPECT_EQ(test, 0, ring_room(&t->w, 8));
	KUNIT_EXPECT_EQ(test, RING_OK, t->w.error);
	KUNIT_EXPECT_EQ(test, -EIO, ring_room(&t->w, 16));
}

/* Nothing is, from the first thing on that the peer got wrong. */
static void ring_room_is_never_clear_again(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	KUNIT_EXPECT_EQ(test, 120u, t->w.clear);
	t->f->shared->read_index = 4;
	KUNIT_EXPECT_EQ(test, 1, send(t, 8));
	KUNIT_EXPECT_EQ(test, 0u, t->w.clear);
	t->f->shared->read_index = 0;
	KUNIT_EXPECT_EQ(test, -EIO, ring_room(&t->w, 16));
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 16));
	KUNIT_EXPECT_EQ(test, 0u, t->w.clear);
}

/* Written in place, as far as it does not reach the end; elsewhere it has no place. */
static void ring_place_is_in_one_piece(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);
	u32 start, len, i;

	for (start = 0; start < 128; start += 8)
		for (len = 16; len <= 128; len += 8) {
			u8 *at;

			start_at(t, start);
			at = ring_place(&t->w, len);
			if (len >= 120 || start + len + 8 >= 128) {
				KUNIT_EXPECT_TRUE(test, !at);
				KUNIT_EXPECT_EQ(test, start, t->w.write);
				continue;
			}
			KUNIT_ASSERT_TRUE(test, at == t->f->data + start);
			for (i = 16; i < len; i++)
				at[i] = 0x80 + i - 16;
			ring_placed(&t->w, packet_head(9, len, len, 1), 0x1122334455667788, len);
			KUNIT_EXPECT_TRUE(test, ring_publish(&t->w));
			expect_packet(test, t, start, len - 16, 0);
		}
}

/* A place is a promise of room, and asks the peer for it if need be. */
static void ring_place_wants_room(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);

	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 20));
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 0xfffffff8));
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 0xffffffe0));
	KUNIT_EXPECT_EQ(test, 1, send(t, 128));
	KUNIT_EXPECT_TRUE(test, ring_place(&t->w, 72) == t->f->data + 152);
	KUNIT_EXPECT_EQ(test, 0, send(t, 56));
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 16));	/* reaches the end */
	fake_read_packet(t->f);
	KUNIT_EXPECT_EQ(test, 0, send(t, 0));
	KUNIT_EXPECT_EQ(test, 0u, t->w.write);
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 144));
	KUNIT_EXPECT_TRUE(test, ring_place(&t->w, 136) == t->f->data);
	t->f->shared->read_index = 4;
	t->w.read = 152;
	ring_writer_measure(&t->w);
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 144));
	KUNIT_EXPECT_EQ(test, RING_READ_INDEX, t->w.error);
	KUNIT_EXPECT_TRUE(test, !ring_place(&t->w, 16));
}

/* ---- two senders, each with its own step of the index ---- */

static struct ring_mark commit(struct kunit *test, struct tx *t)
{
	struct ring_mark m;

	KUNIT_ASSERT_EQ(test, 0, stage(t, 8, 1, 1));
	KUNIT_ASSERT_TRUE(test, ring_commit(&t->w, &m));
	return m;
}

static void ring_wants_signal_for_the_first(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);
	struct ring_mark a = commit(test, t), b = commit(test, t);

	/* nothing read: the first must tell, the second need not */
	KUNIT_EXPECT_EQ(test, 0, ring_wants_signal(&b));
	KUNIT_EXPECT_EQ(test, 1, ring_wants_signal(&a));
	/* the first was read, and the peer went to sleep before the second came */
	fake_read_packet(t->f);
	KUNIT_EXPECT_EQ(test, 0, ring_wants_signal(&a));
	KUNIT_EXPECT_EQ(test, 1, ring_wants_signal(&b));
	t->f->shared->interrupt_mask = 1;
	KUNIT_EXPECT_EQ(test, 0, ring_wants_signal(&b));
	t->f->shared->interrupt_mask = 0;
	/* all of it was read; the first does not know of the second, and asks */
	fake_read_packet(t->f);
	KUNIT_EXPECT_EQ(test, 0, ring_wants_signal(&b));
	KUNIT_EXPECT_EQ(test, -EAGAIN, ring_wants_signal(&a));
	KUNIT_EXPECT_FALSE(test, ring_look(&t->w, &a));
	KUNIT_EXPECT_EQ(test, RING_OK, t->w.error);
	KUNIT_EXPECT_EQ(test, 64u, t->w.read);
}

static void ring_look_tells_a_peer_that_fell_back(struct kunit *test)
{
	struct tx *t = tx_new(test, 256);
	struct ring_mark m = commit(test, t);

	t->f->shared->read_index = 40;
	KUNIT_EXPECT_EQ(test, -EAGAIN, ring_wants_signal(&m));
	t->f->shared->read_index = 0;
	KUNIT_EXPECT_TRUE(test, ring_look(&t->w, &m));
	KUNIT_EXPECT_EQ(test, RING_OK, t->w.error);
	t->f->shared->read_index = 40;
	KUNIT_EXPECT_TRUE(test, ring_look(&t->w, &m));
	KUNIT_EXPECT_EQ(test, RING_READ_JUMP, t->w.error);
	KUNIT_EXPECT_EQ(test, 40u, t->w.bad);
}

static void ring_writer_remembers_the_fullest(struct kunit *test)
{
	struct tx *t = tx_new(test, 128);

	while (send(t, 8) >= 0)
		;
	KUNIT_EXPECT_EQ(test, 96u, t->w.high);
	fake_read_all(t->f);
	KUNIT_EXPECT_EQ(test, 1, send(t, 80));
	KUNIT_EXPECT_EQ(test, 96u, t->w.high);
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(t, 8));
	KUNIT_EXPECT_EQ(test, 104u, t->w.high);
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
	ring_writer_measure(&t->w);
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
	ring_writer_measure(&t->w);
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
	KUNIT_CASE(ring_room_refuses_wrong_lengths),
	KUNIT_CASE(ring_stage_wraps_everywhere),
	KUNIT_CASE(ring_stage_keeps_what_is_clear),
	KUNIT_CASE(ring_room_does_not_ask_without_need),
	KUNIT_CASE(ring_room_is_never_clear_again),
	KUNIT_CASE(ring_place_is_in_one_piece),
	KUNIT_CASE(ring_place_wants_room),
	KUNIT_CASE(ring_wants_signal_for_the_first),
	KUNIT_CASE(ring_look_tells_a_peer_that_fell_back),
	KUNIT_CASE(ring_writer_remembers_the_fullest),
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
