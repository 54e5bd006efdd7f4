// SPDX-License-Identifier: GPL-2.0-only
/* The host's side of the rings: wrap, full, hostile indexes, each signal edge. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "test.h"
#include "vmbus/hring.h"

#define DATA_PAGES 2
#define SIZE (DATA_PAGES * VMBUS_PAGE)

/* One ring in flat memory, with its pages in the wrong order. */
struct fixture {
	uint8_t mem[DATA_PAGES + 1][VMBUS_PAGE] __attribute__((aligned(8)));
	uint8_t *page[DATA_PAGES + 1];
	struct hring r;
	uint8_t buf[SIZE];
};

static struct fixture f;

static void setup(void)
{
	memset(&f, 0, sizeof(f));
	f.page[0] = f.mem[1];
	f.page[1] = f.mem[2];
	f.page[2] = f.mem[0];
	hring_init(&f.r, f.page, DATA_PAGES + 1);
}

static void poke(uint32_t at, const void *p, size_t len)
{
	for (size_t i = 0; i < len; i++, at = (at + 1) % SIZE)
		f.page[1 + at / VMBUS_PAGE][at % VMBUS_PAGE] = ((const uint8_t *)p)[i];
}

static uint8_t peek(uint32_t at)
{
	at %= SIZE;
	return f.page[1 + at / VMBUS_PAGE][at % VMBUS_PAGE];
}

/* Acts the guest: one packet of @bytes (header included) at @at. */
static uint32_t guest_writes(uint32_t at, uint32_t bytes, uint16_t len8, uint16_t offset8)
{
	struct packet_header h = { PKT_INBAND, offset8, len8, 0, 0x1234 };
	uint32_t trailer[2] = { 0, at };
	uint8_t fill;

	poke(at, &h, sizeof(h));
	for (uint32_t i = sizeof(h); i < bytes; i++) {
		fill = i;
		poke((at + i) % SIZE, &fill, 1);
	}
	poke((at + bytes) % SIZE, trailer, sizeof(trailer));
	at = (at + bytes + PKT_TRAILER) % SIZE;
	hring_set_word(&f.r, RING_WRITE, at);
	return at;
}

static void start_at(uint32_t index)
{
	setup();
	f.r.index = f.r.published = index;
	hring_set_word(&f.r, RING_READ, index);
	hring_set_word(&f.r, RING_WRITE, index);
}

static void reads_a_packet(void)
{
	start_at(0);
	guest_writes(0, 64, 8, 2);
	CHECK(hring_pending(&f.r));
	CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == 64);
	CHECK(f.buf[16] == 16 && f.buf[63] == 63);
	CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == 0);
	CHECK(!hring_pending(&f.r));
	CHECK(hring_word(&f.r, RING_READ) == 0);	/* not before the release */
	hring_release(&f.r);
	CHECK(hring_word(&f.r, RING_READ) == 72);
	CHECK(f.r.bad_trailers == 0);
}

static void reads_over_every_wrap(void)
{
	for (uint32_t at = SIZE - 80; at < SIZE; at += 8) {
		start_at(at);
		guest_writes(at, 64, 8, 2);
		CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == 64);
		CHECK(f.buf[16] == 16 && f.buf[40] == 40 && f.buf[63] == 63);
		hring_release(&f.r);
		CHECK(hring_word(&f.r, RING_READ) == (at + 72) % SIZE);
		CHECK(f.r.bad_trailers == 0);
	}
}

/* One that waited in a queue comes in one piece, header and body, of any length. */
static void keeps_indices_aligned(void)
{
	uint8_t whole[16 + 44] = { 0 };
	struct packet_header h = { PKT_INBAND, 2, 8, 0, 1 };

	memcpy(whole, &h, sizeof(h));
	start_at(0);
	CHECK(hring_put(&f.r, whole, sizeof(whole), NULL, 0) == 0);
	CHECK(f.r.index == 64 + PKT_TRAILER);
	start_at(0);
	CHECK(hring_put(&f.r, &h, sizeof(h), whole + sizeof(h), 44) == 0);
	CHECK(f.r.index == 64 + PKT_TRAILER);
}

static void refuses_bad_write_index(void)
{
	static const uint32_t bad[] = { 1, 4, 7, SIZE, SIZE + 8, 0xFFFFFFF8, 0xFFFFFFFF };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_at(0);
		hring_set_word(&f.r, RING_WRITE, bad[i]);
		CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == -EPROTO);
	}
}

static void refuses_bad_lengths(void)
{
	static const struct {
		uint16_t len8, offset8;
	} bad[] = {
		{ 0, 2 }, { 1, 2 }, { 8, 0 }, { 8, 1 }, { 8, 9 }, { 9, 2 },
		{ 0xFFFF, 2 }, { 8, 0xFFFF }, { 0xFFFF, 0xFFFF },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_at(0);
		guest_writes(0, 64, bad[i].len8, bad[i].offset8);
		CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == -EPROTO);
	}
}

static void refuses_a_fragment(void)
{
	for (uint32_t write = 8; write < 24; write += 8) {
		start_at(0);
		hring_set_word(&f.r, RING_WRITE, write);
		CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == -EPROTO);
	}
}

static void refuses_more_than_the_buffer(void)
{
	start_at(0);
	guest_writes(0, 128, 16, 2);
	CHECK(hring_get(&f.r, f.buf, 64) == -EMSGSIZE);
}

static void counts_bad_trailers(void)
{
	uint32_t wrong[2] = { 0, 8 };

	start_at(0);
	guest_writes(0, 64, 8, 2);
	poke(64, wrong, sizeof(wrong));
	CHECK(hring_get(&f.r, f.buf, sizeof(f.buf)) == 64);
	CHECK(f.r.bad_trailers == 1);
}

/* The guest waits for @pending bytes; we free 72. */
static bool release_signals(uint32_t pending, uint32_t features, uint32_t left)
{
	start_at(0);
	guest_writes(0, 64, 8, 2);
	hring_set_word(&f.r, RING_WRITE, left);
	hring_set_word(&f.r, RING_PENDING, pending);
	hring_set_word(&f.r, RING_FEATURES, features);
	f.r.index = 72;
	return hring_release(&f.r);
}

static void signals_room_when_the_threshold_is_crossed(void)
{
	/* 1000 bytes used: free 7192 before, 7264 after */
	CHECK(!release_signals(0, 1, 1000));
	CHECK(!release_signals(7191, 1, 1000));
	CHECK(release_signals(7192, 1, 1000));
	CHECK(release_signals(7263, 1, 1000));
	CHECK(!release_signals(7264, 1, 1000));
	CHECK(!release_signals(7200, 0, 1000));	/* feature not there */
}

static void writes_a_packet(void)
{
	struct packet_header h = { PKT_COMPLETION, 2, 0, 0, 7 };
	uint8_t body[13];

	start_at(0);
	memset(body, 0xAA, sizeof(body));
	CHECK(hring_put(&f.r, &h, sizeof(h), body, sizeof(body)) == 0);
	CHECK(hring_word(&f.r, RING_WRITE) == 0);
	CHECK(hring_publish(&f.r));		/* empty -> not empty */
	CHECK(hring_word(&f.r, RING_WRITE) == 16 + 16 + 8);
	CHECK(peek(28) == 0xAA && peek(29) == 0 && peek(31) == 0);
	CHECK(peek(36) == 0 && peek(32) == 0);	/* trailer: start 0 */
	CHECK(!hring_publish(&f.r));		/* nothing new */
}

static void writes_over_every_wrap(void)
{
	struct packet_header h = { PKT_COMPLETION, 2, 8, 0, 7 };
	uint8_t body[48];

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = i + 1;
	for (uint32_t at = SIZE - 80; at < SIZE; at += 8) {
		start_at(at);
		CHECK(hring_put(&f.r, &h, sizeof(h), body, sizeof(body)) == 0);
		CHECK(f.r.index == (at + 72) % SIZE);
		CHECK(peek(at + 16) == 1 && peek(at + 63) == 48);
		CHECK((peek(at + 68) | peek(at + 69) << 8) == (int)at);
	}
}

static void never_fills_the_ring(void)
{
	static uint8_t body[SIZE];
	struct packet_header h = { PKT_COMPLETION, 2, 0, 0, 7 };

	/* free = SIZE: a packet with trailer must stay below that */
	start_at(64);
	CHECK(hring_put(&f.r, &h, sizeof(h), body, SIZE - 24) == -EMSGSIZE);
	CHECK(hring_put(&f.r, &h, sizeof(h), body, SIZE - 32) == 0);
	CHECK(hring_put(&f.r, &h, sizeof(h), body, 0) == -EAGAIN);
	hring_set_word(&f.r, RING_READ, 64 + 16);
	CHECK(hring_put(&f.r, &h, sizeof(h), body, 0) == -EAGAIN);
	hring_set_word(&f.r, RING_READ, 64 + 24);
	CHECK(hring_put(&f.r, &h, sizeof(h), body, 0) == 0);
}

static void refuses_bad_read_index(void)
{
	struct packet_header h = { PKT_COMPLETION, 2, 2, 0, 7 };
	static const uint32_t bad[] = { 1, 4, SIZE, 0xFFFFFFF8 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		start_at(0);
		hring_set_word(&f.r, RING_READ, bad[i]);
		CHECK(hring_put(&f.r, &h, sizeof(h), NULL, 0) == -EPROTO);
		CHECK(f.r.index == 0);
	}
}

static void signals_only_from_empty_and_unmasked(void)
{
	struct packet_header h = { PKT_COMPLETION, 2, 2, 0, 7 };

	start_at(0);
	hring_set_word(&f.r, RING_MASK, 1);
	hring_put(&f.r, &h, sizeof(h), NULL, 0);
	CHECK(!hring_publish(&f.r));
	hring_set_word(&f.r, RING_MASK, 0);
	hring_put(&f.r, &h, sizeof(h), NULL, 0);
	CHECK(!hring_publish(&f.r));		/* was not empty */
	hring_set_word(&f.r, RING_READ, 48);	/* all read */
	hring_put(&f.r, &h, sizeof(h), NULL, 0);
	hring_put(&f.r, &h, sizeof(h), NULL, 0);	/* a batch signals once */
	CHECK(hring_publish(&f.r));
}

/* Whatever the guest leaves in the ring: an answer, and an index in range. */
static void survives_rubbish(void)
{
	srand(4711);
	for (int round = 0; round < 20000; round++) {
		setup();
		for (int i = 0; i < 64; i++)
			f.page[1][i] = rand() & (rand() % 3 ? 0x0F : 0xFF);
		hring_set_word(&f.r, RING_WRITE, rand() % 3 ? rand() % SIZE & ~7u : (uint32_t)rand());
		while (hring_get(&f.r, f.buf, sizeof(f.buf)) > 0)
			;
		CHECK(f.r.index < SIZE && !(f.r.index & 7));
	}
}

const struct test ring_tests[] = {
	{ "reads_a_packet", reads_a_packet },
	{ "reads_over_every_wrap", reads_over_every_wrap },
	{ "keeps_indices_aligned", keeps_indices_aligned },
	{ "refuses_bad_write_index", refuses_bad_write_index },
	{ "refuses_bad_lengths", refuses_bad_lengths },
	{ "refuses_a_fragment", refuses_a_fragment },
	{ "refuses_more_than_the_buffer", refuses_more_than_the_buffer },
	{ "counts_bad_trailers", counts_bad_trailers },
	{ "signals_room_when_the_threshold_is_crossed",
	  signals_room_when_the_threshold_is_crossed },
	{ "writes_a_packet", writes_a_packet },
	{ "writes_over_every_wrap", writes_over_every_wrap },
	{ "never_fills_the_ring", never_fills_the_ring },
	{ "refuses_bad_read_index", refuses_bad_read_index },
	{ "signals_only_from_empty_and_unmasked", signals_only_from_empty_and_unmasked },
	{ "survives_rubbish", survives_rubbish },
	{ 0 },
};
