// SPDX-License-Identifier: GPL-2.0-only
/* The consuming end of a ring: packets, wrap, wake-up edges, a lying producer. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "packet.h"
#include "params.h"
#include "ring_read.h"
#include "ring_write.h"
#include "fake.h"

struct rx {
	struct fake_ring *f;
	struct ring_reader r;
	struct vmpacket_descriptor d;
};

static struct rx *rx_at(struct kunit *test, u32 size, u32 start)
{
	struct rx *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, t);
	t->f = fake_ring_new(test, size);
	KUNIT_ASSERT_EQ(test, 0, ring_reader_init(&t->r, t->f->shared,
						  fake_ring_bytes(t->f)));
	t->r.read = start;
	t->r.write = start;
	t->r.published = start;
	fake_start_at(t->f, start);
	return t;
}

static struct rx *rx_new(struct kunit *test, u32 size)
{
	return rx_at(test, size, 0);
}

static int peek(struct rx *t)
{
	memset(&t->d, 0, sizeof(t->d));
	return ring_peek(&t->r, &t->d);
}

/* Pass over one packet. Returns the bytes it occupied. */
static int take(struct rx *t)
{
	int len = peek(t);

	if (len > 0)
		ring_skip(&t->r, len);
	return len;
}

static void ring_reader_init_refuses_sizes(struct kunit *test)
{
	struct fake_ring *f = fake_ring_new(test, 64);
	struct ring_reader r;

	KUNIT_EXPECT_EQ(test, -EINVAL, ring_reader_init(&r, NULL, 4096 + 64));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_reader_init(&r, f->shared, 4096 + 24));
	KUNIT_EXPECT_EQ(test, -EINVAL, ring_reader_init(&r, f->shared, 4096 + 60));
	KUNIT_EXPECT_EQ(test, 0, ring_reader_init(&r, f->shared, 4096 + 64));
	KUNIT_EXPECT_EQ(test, 1u, f->shared->feature_bits.value);
}

static void ring_peek_finds_nothing_in_an_empty_ring(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);

	KUNIT_EXPECT_EQ(test, 0, peek(t));
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
	KUNIT_EXPECT_EQ(test, RING_OK, t->r.error);
}

static void ring_peek_copies_the_descriptor(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);
	struct fake_packet p = { 0xb, 3, 5, 1, 0xfedcba9876543210 };

	fake_write(t->f, &p, 0x77);
	KUNIT_EXPECT_EQ(test, 48, peek(t));
	KUNIT_EXPECT_EQ(test, 0xb, t->d.type);
	KUNIT_EXPECT_EQ(test, 3, t->d.offset8);
	KUNIT_EXPECT_EQ(test, 5, t->d.len8);
	KUNIT_EXPECT_EQ(test, 1, t->d.flags);
	KUNIT_EXPECT_EQ(test, 0xfedcba9876543210ull, t->d.trans_id);
	KUNIT_EXPECT_EQ(test, 48, peek(t));
}

/* The peer is told once for the batch, not per packet. */
static void ring_release_publishes_once(struct kunit *test)
{
	struct rx *t = rx_new(test, 256);

	fake_write_inband(t->f, 8, 1, 1);
	fake_write_inband(t->f, 8, 2, 2);
	fake_write_inband(t->f, 8, 3, 3);
	KUNIT_EXPECT_EQ(test, 32, take(t));
	KUNIT_EXPECT_EQ(test, 1ull, t->d.trans_id);
	KUNIT_EXPECT_EQ(test, 32, take(t));
	KUNIT_EXPECT_EQ(test, 2ull, t->d.trans_id);
	KUNIT_EXPECT_EQ(test, 0u, t->f->shared->read_index);
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
	KUNIT_EXPECT_EQ(test, 64u, t->f->shared->read_index);
	KUNIT_EXPECT_EQ(test, 32, take(t));
	KUNIT_EXPECT_EQ(test, 3ull, t->d.trans_id);
	KUNIT_EXPECT_EQ(test, 0, take(t));
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
	KUNIT_EXPECT_EQ(test, 96u, t->f->shared->read_index);
}

static void ring_copy_out_wraps_everywhere(struct kunit *test)
{
	u8 bytes[48];
	u32 start, i;

	for (start = 0; start < 128; start += 8) {
		struct rx *t = rx_at(test, 128, start);

		fake_write_inband(t->f, 48, start + 1, 0x66);
		KUNIT_ASSERT_EQ(test, 72, peek(t));
		KUNIT_EXPECT_EQ(test, (u64)start + 1, t->d.trans_id);
		memset(bytes, 0, sizeof(bytes));
		ring_copy_out(&t->r, bytes, 16, sizeof(bytes));
		for (i = 0; i < sizeof(bytes); i++)
			KUNIT_EXPECT_EQ(test, 0x66, bytes[i]);
		ring_skip(&t->r, 72);
		ring_release(&t->r);
		KUNIT_EXPECT_EQ(test, (start + 72) % 128, t->f->shared->read_index);
		KUNIT_EXPECT_EQ(test, 0, peek(t));
	}
}

static void ring_peek_asks_the_peer_only_when_done(struct kunit *test)
{
	struct rx *t = rx_new(test, 256);

	fake_write_inband(t->f, 8, 1, 1);
	fake_write_inband(t->f, 8, 2, 2);
	KUNIT_EXPECT_EQ(test, 32, take(t));
	/* nonsense now is not yet looked at: one more packet is known good */
	t->f->shared->write_index = 0xffff;
	KUNIT_EXPECT_EQ(test, 32, take(t));
	KUNIT_EXPECT_EQ(test, -EIO, take(t));
}

/* ---- wake-up edges ---- */

/*
 * Ring of 128, packets of 32 at 0, 32 and 64: 32 bytes free. The peer waits for
 * @pending; @take packets are released. Woken if before <= pending < after.
 */
struct edge {
	const char *name;
	u32 pending;
	int take;
	bool wake;
};

static const struct edge edges[] = {
	{ "nobody waits", 0, 1, false },
	{ "enough before already", 24, 1, false },
	{ "one more than before", 32, 1, true },
	{ "in the middle", 40, 1, true },
	{ "one less than after", 56, 1, true },
	{ "exactly after", 64, 1, false },
	{ "more than after", 72, 1, false },
	{ "more than the ring", 0xfffffff8, 3, false },
	{ "two packets reach it", 88, 2, true },
	{ "all packets reach it", 120, 3, true },
	{ "nothing released", 40, 0, false },
};

KUNIT_ARRAY_PARAM_DESC(ring_edges, edges, name);

static void ring_release_wakes_at_the_edge(struct kunit *test)
{
	const struct edge *e = test->param_value;
	struct rx *t = rx_new(test, 128);
	int i;

	for (i = 0; i < 3; i++)
		fake_write_inband(t->f, 8, i, i);
	t->f->shared->pending_send_sz = e->pending;
	for (i = 0; i < e->take; i++)
		KUNIT_ASSERT_EQ(test, 32, take(t));
	KUNIT_EXPECT_EQ(test, e->wake, ring_release(&t->r));
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
}

static void ring_release_wakes_only_when_crossing(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);
	int i, wakes = 0;

	for (i = 0; i < 3; i++)
		fake_write_inband(t->f, 8, i, i);
	t->f->shared->pending_send_sz = 64;
	for (i = 0; i < 3; i++) {
		take(t);
		wakes += ring_release(&t->r);
	}
	KUNIT_EXPECT_EQ(test, 1, wakes);
}

/* ---- a peer that lies ---- */

/* Written into a ring that has 40 bytes to read; @skipped of them are dropped. */
struct bad_packet {
	const char *name;
	struct fake_packet p;
	enum ring_error error;
	u32 bad;
	u32 skipped;
};

static const struct bad_packet bad_packets[] = {
	{ "length 0", { 6, 2, 0, 0, 1 }, RING_LENGTH, 0, 40 },
	{ "length 8", { 6, 1, 1, 0, 1 }, RING_LENGTH, 1, 40 },
	{ "length with trailer", { 6, 2, 5, 0, 1 }, RING_LENGTH, 5, 40 },
	{ "length past the data", { 6, 2, 6, 0, 1 }, RING_LENGTH, 6, 40 },
	{ "length past the ring", { 6, 2, 16, 0, 1 }, RING_LENGTH, 16, 40 },
	{ "length all ones", { 6, 2, 0xffff, 0, 1 }, RING_LENGTH, 0xffff, 40 },
	{ "offset 0", { 6, 0, 2, 0, 1 }, RING_OFFSET, 0, 24 },
	{ "offset 8", { 6, 1, 4, 0, 1 }, RING_OFFSET, 1, 40 },
	{ "offset past the length", { 6, 5, 4, 0, 1 }, RING_OFFSET, 5, 40 },
	{ "offset all ones", { 6, 0xffff, 4, 0, 1 }, RING_OFFSET, 0xffff, 40 },
	{ "type 0", { 0, 2, 2, 0, 1 }, RING_TYPE, 0, 24 },
	{ "type 14", { 14, 2, 4, 0, 1 }, RING_TYPE, 14, 40 },
	{ "type all ones", { 0xffff, 2, 4, 0, 1 }, RING_TYPE, 0xffff, 40 },
};

KUNIT_ARRAY_PARAM_DESC(bad_packets, bad_packets, name);

static void write_bad_packet(struct rx *t, const struct fake_packet *p)
{
	struct fake_packet head = *p;
	u32 start = t->f->shared->write_index;

	head.len8 = 2;
	fake_write(t->f, &head, 0);
	t->f->data[(start + 4) % t->f->size] = p->len8;
	t->f->data[(start + 5) % t->f->size] = p->len8 >> 8;
	t->f->shared->write_index = (start + 40) % t->f->size;
}

static void ring_peek_drops_bad_packets(struct kunit *test)
{
	const struct bad_packet *b = test->param_value;
	struct rx *t = rx_new(test, 128);

	write_bad_packet(t, &b->p);
	KUNIT_EXPECT_EQ(test, -EBADMSG, peek(t));
	KUNIT_EXPECT_EQ(test, b->error, t->r.dropped);
	KUNIT_EXPECT_EQ(test, b->bad, t->r.bad);
	KUNIT_EXPECT_EQ(test, b->skipped, t->r.read);
	KUNIT_EXPECT_EQ(test, RING_OK, t->r.error);
}

/* Traffic goes on: what comes after the bad packet is found. */
static void ring_peek_goes_on_after_bad_packets(struct kunit *test)
{
	const struct bad_packet *b = test->param_value;
	struct rx *t = rx_new(test, 128);
	int i;

	for (i = 0; i < 3 * RING_JUNK_MOST; i++) {
		write_bad_packet(t, &b->p);
		KUNIT_ASSERT_EQ(test, -EBADMSG, peek(t));
		if (b->skipped < 40)
			KUNIT_ASSERT_EQ(test, -EBADMSG, peek(t));
		KUNIT_ASSERT_EQ(test, 0, peek(t));
		fake_write_inband(t->f, 8, i, 0);
		KUNIT_ASSERT_EQ(test, 32, take(t));
		KUNIT_EXPECT_EQ(test, (u64)i, t->d.trans_id);
		ring_release(&t->r);
		KUNIT_EXPECT_EQ(test, t->f->shared->write_index,
				t->f->shared->read_index);
	}
}

static void ring_peek_gives_up_on_nothing_but_junk(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);
	struct fake_packet p = { 99, 2, 4, 0, 1 };
	u32 told;
	int i;

	for (i = 0; i < RING_JUNK_MOST; i++) {
		write_bad_packet(t, &p);
		KUNIT_ASSERT_EQ(test, -EBADMSG, peek(t));
		if (i < RING_JUNK_MOST - 1)
			ring_release(&t->r);
	}
	told = t->f->shared->read_index;
	write_bad_packet(t, &p);
	KUNIT_EXPECT_EQ(test, -EIO, peek(t));
	KUNIT_EXPECT_EQ(test, RING_TYPE, t->r.error);
	KUNIT_EXPECT_EQ(test, 99u, t->r.bad);
	fake_write_inband(t->f, 8, 1, 0);
	KUNIT_EXPECT_EQ(test, -EIO, peek(t));
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
	KUNIT_EXPECT_EQ(test, told, t->f->shared->read_index);
}

struct bad_write {
	const char *name;
	u32 write;
	enum ring_error error;
};

static const struct bad_write bad_writes[] = {
	{ "write index at the end", 128, RING_WRITE_INDEX },
	{ "write index past the end", 136, RING_WRITE_INDEX },
	{ "write index all ones", 0xffffffff, RING_WRITE_INDEX },
	{ "write index unaligned", 28, RING_WRITE_INDEX },
};

KUNIT_ARRAY_PARAM_DESC(bad_writes, bad_writes, name);

static void ring_peek_refuses_bad_write_indices(struct kunit *test)
{
	const struct bad_write *b = test->param_value;
	struct rx *t = rx_new(test, 128);

	t->f->shared->write_index = b->write;
	KUNIT_EXPECT_EQ(test, -EIO, peek(t));
	KUNIT_EXPECT_EQ(test, b->error, t->r.error);
	KUNIT_EXPECT_EQ(test, b->write, t->r.bad);
	KUNIT_EXPECT_EQ(test, -EIO, peek(t));
	/* whoever polls by the shared indices is not kept busy */
	ring_drain(&t->r);
	KUNIT_EXPECT_EQ(test, t->f->shared->write_index, t->f->shared->read_index);
}

static void ring_peek_drops_short_tails(struct kunit *test)
{
	u32 tail;

	for (tail = 8; tail < 24; tail += 8) {
		struct rx *t = rx_new(test, 128);

		t->f->shared->write_index = tail;
		KUNIT_EXPECT_EQ(test, -EBADMSG, peek(t));
		KUNIT_EXPECT_EQ(test, RING_SHORT, t->r.dropped);
		KUNIT_EXPECT_EQ(test, tail, t->r.bad);
		KUNIT_EXPECT_EQ(test, 0, peek(t));
		ring_release(&t->r);
		KUNIT_EXPECT_EQ(test, tail, t->f->shared->read_index);
	}
}

static void ring_peek_repairs_its_own_index(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);

	fake_write_inband(t->f, 8, 1, 1);
	take(t);
	ring_release(&t->r);
	t->f->shared->read_index = 24;
	KUNIT_EXPECT_EQ(test, 0, peek(t));
	KUNIT_EXPECT_EQ(test, 1u, t->r.repaired);
	KUNIT_EXPECT_EQ(test, 32u, t->f->shared->read_index);
	KUNIT_EXPECT_EQ(test, 0, peek(t));
	KUNIT_EXPECT_EQ(test, 1u, t->r.repaired);
	fake_write_inband(t->f, 8, 2, 2);
	KUNIT_EXPECT_EQ(test, 32, peek(t));
}

static void ring_release_survives_a_bad_write_index(struct kunit *test)
{
	struct rx *t = rx_new(test, 128);

	fake_write_inband(t->f, 8, 1, 1);
	take(t);
	t->f->shared->pending_send_sz = 96;
	t->f->shared->write_index = 0xfffffff0;
	KUNIT_EXPECT_FALSE(test, ring_release(&t->r));
	KUNIT_EXPECT_EQ(test, 32u, t->f->shared->read_index);
}

static void ring_error_has_a_name_for_each(struct kunit *test)
{
	int i;

	for (i = 0; i < RING_NR_ERRORS; i++) {
		KUNIT_EXPECT_NOT_NULL(test, ring_error_name(i));
		KUNIT_EXPECT_NE(test, 0, strcmp(ring_error_name(i), "unknown"));
	}
	KUNIT_EXPECT_EQ(test, 0, strcmp(ring_error_name(RING_NR_ERRORS), "unknown"));
}

/* ---- both ends at work ---- */

static u32 next_random(u32 *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

struct pair {
	struct ring_writer w;
	struct ring_reader r;
	struct vmpacket_descriptor d;
	u8 bytes[512];
	u64 sent, got;
};

static int pair_send(struct pair *p, u32 payload)
{
	struct ring_packet d = { .data = p->bytes, .id = p->sent };
	int len = packet_build(&d, VM_PKT_DATA_INBAND, 0, payload, 0);
	int ret = ring_room(&p->w, len);

	if (ret)
		return ret;
	memset(p->bytes, (u8)p->sent, payload);
	ring_stage(&p->w, &d);
	p->sent++;
	return 0;
}

static void pair_receive(struct kunit *test, struct pair *p)
{
	int len = ring_peek(&p->r, &p->d);
	u32 bytes;

	if (len <= 0) {
		KUNIT_EXPECT_EQ(test, 0, len);
		return;
	}
	KUNIT_EXPECT_EQ(test, p->got, p->d.trans_id);
	bytes = hv_pkt_datalen(&p->d);
	ring_copy_out(&p->r, p->bytes, 16, bytes);
	if (bytes)
		KUNIT_EXPECT_EQ(test, (u8)p->got, p->bytes[0]);
	ring_skip(&p->r, len);
	p->got++;
}

/* Random lengths, batches and order: each packet arrives once, whole, in order. */
static void ring_ends_agree(struct kunit *test)
{
	struct fake_ring *f = fake_ring_new(test, 1024);
	struct pair *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	u32 state = 1, i, full = 0;

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p);
	ring_writer_init(&p->w, f->shared, fake_ring_bytes(f));
	ring_reader_init(&p->r, f->shared, fake_ring_bytes(f));
	for (i = 0; i < 20000; i++) {
		switch (next_random(&state) % 5) {
		case 0:
		case 1:
			full += pair_send(p, next_random(&state) % 300) == -EAGAIN;
			break;
		case 2:
			ring_publish(&p->w);
			break;
		case 3:
			pair_receive(test, p);
			break;
		default:
			ring_release(&p->r);
		}
		KUNIT_ASSERT_EQ(test, RING_OK, p->w.error);
		KUNIT_ASSERT_EQ(test, RING_OK, p->r.error);
	}
	KUNIT_EXPECT_GT(test, full, 100u);
	KUNIT_EXPECT_GT(test, p->got, 2000ull);
	KUNIT_EXPECT_TRUE(test, fake_guard_intact(f));
}

static struct kunit_case ring_reader_cases[] = {
	KUNIT_CASE(ring_reader_init_refuses_sizes),
	KUNIT_CASE(ring_peek_finds_nothing_in_an_empty_ring),
	KUNIT_CASE(ring_peek_copies_the_descriptor),
	KUNIT_CASE(ring_release_publishes_once),
	KUNIT_CASE(ring_copy_out_wraps_everywhere),
	KUNIT_CASE(ring_peek_asks_the_peer_only_when_done),
	KUNIT_CASE_PARAM(ring_release_wakes_at_the_edge, ring_edges_gen_params),
	KUNIT_CASE(ring_release_wakes_only_when_crossing),
	KUNIT_CASE_PARAM(ring_peek_drops_bad_packets, bad_packets_gen_params),
	KUNIT_CASE_PARAM(ring_peek_goes_on_after_bad_packets, bad_packets_gen_params),
	KUNIT_CASE(ring_peek_gives_up_on_nothing_but_junk),
	KUNIT_CASE(ring_peek_drops_short_tails),
	KUNIT_CASE_PARAM(ring_peek_refuses_bad_write_indices, bad_writes_gen_params),
	KUNIT_CASE(ring_peek_repairs_its_own_index),
	KUNIT_CASE(ring_release_survives_a_bad_write_index),
	KUNIT_CASE(ring_error_has_a_name_for_each),
	KUNIT_CASE(ring_ends_agree),
	{}
};

static struct kunit_suite ring_reader_suite = {
	.name = "vmbus_ring_reader",
	.test_cases = ring_reader_cases,
};

kunit_test_suite(ring_reader_suite);
