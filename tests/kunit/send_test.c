// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sending with request ids: an id is given out only for a packet that goes out, so the
 * driver never hears "not sent" of a request that a guessing host has completed.
 *
 * Kernel only: it runs chan_io.c, chan_send.c, chan_recv.c and requestor.c themselves.
 */
#include <kunit/test.h>
#include <linux/seq_file.h>
#include "fake.h"
#include "ringdump.h"
#include "vmbus_priv.h"

/* no tracepoints, no debugfs, and a host that is signalled by counting */
#define _HV_VMBUS_TRACE_H
#define trace_ring_send_enabled()		false
#define trace_ring_send(relid, desc, ret)	((void)(ret))
#define trace_ring_recv(relid, desc, ret)	((void)(desc))
#define debugfs_delay(ch, what)			((void)(ch))
static unsigned int signals, locked_signals;
#define vmbus_setevent(ch)			on_signal(ch)

static void on_signal(struct vmbus_channel *ch)
{
	signals++;
#ifdef CONFIG_LOCKDEP
	/* negative where lockdep does not know any more, after a report of its */
	locked_signals += lockdep_is_held(&ch->outbound.ring_lock) > 0;
#endif
}

/* the played ones of fakebus.c have these names */
#define reqid_init	send_reqid_init
#define reqid_free	send_reqid_free
#include "../../vmbus/requestor.c"
#include "../../vmbus/chan_io.c"
#include "../../vmbus/chan_send.c"
#include "../../vmbus/chan_place.c"
#include "../../vmbus/chan_recv.c"
#include "../../vmbus/ringdump.c"

#define RING	256

struct send {
	struct vmbus bus;
	struct vmbus_chan chan;
	struct fake_ring *out, *in;
};

static struct send *s;
static bool guess;		/* the host completes an id the moment it is taken */
static unsigned int taken, completed;

static u64 next_id(struct vmbus_channel *ch, u64 value)
{
	u64 id = vmbus_next_request_id(ch, value);

	taken++;
	if (guess && id != VMBUS_RQST_ERROR) {
		vmbus_request_addr(ch, id);
		completed++;
	}
	return id;
}

static struct vmbus_channel *channel(struct kunit *test, u32 ids)
{
	struct vmbus_channel *ch;

	s = kunit_kzalloc(test, sizeof(*s), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, s);
	signals = 0;
	locked_signals = 0;
	taken = 0;
	completed = 0;
	guess = false;
	s->chan.bus = &s->bus;
	ch = &s->chan.ch;
	spin_lock_init(&ch->outbound.ring_lock);
	spin_lock_init(&ch->requestor.req_lock);
	s->out = fake_ring_new(test, RING);
	s->in = fake_ring_new(test, RING);
	KUNIT_ASSERT_EQ(test, 0, ring_attach(&ch->outbound, s->out->shared, fake_ring_bytes(s->out),
					     true));
	KUNIT_ASSERT_EQ(test, 0, ring_attach(&ch->inbound, s->in->shared, fake_ring_bytes(s->in),
					     false));
	ch->rqstor_size = ids;
	ch->next_request_id_callback = next_id;
	ch->request_addr_callback = vmbus_request_addr;
	KUNIT_ASSERT_EQ(test, 0, reqid_init(&ch->requestor, ids));
	return ch;
}

static int send(struct vmbus_channel *ch, u64 value)
{
	u8 payload[40] = { 1 };

	return vmbus_sendpacket(ch, payload, sizeof(payload), value, VM_PKT_DATA_INBAND,
				VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
}

/* 256 bytes take three packets of 16 + 40 + 8. */
static void send_full_takes_no_id(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 8);
	unsigned int i;

	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_EQ(test, 0, send(ch, 0x100 + i));
	KUNIT_EXPECT_EQ(test, 3u, taken);
	guess = true;
	for (i = 0; i < 100; i++)
		KUNIT_EXPECT_EQ(test, -EAGAIN, send(ch, 0x200));
	KUNIT_EXPECT_EQ(test, 3u, taken);
	KUNIT_EXPECT_EQ(test, 0u, completed);
	KUNIT_EXPECT_EQ(test, 3u, s->chan.io.ids.used);
	fake_read_all(s->out);
	KUNIT_EXPECT_EQ(test, 0, send(ch, 0x200));	/* guessed, and sent all the same */
	KUNIT_EXPECT_EQ(test, 1u, completed);
	KUNIT_EXPECT_TRUE(test, fake_used(s->out) > 0);
	reqid_free(&ch->requestor);
}

static void send_dead_takes_no_id(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 8);

	ch->rescind = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, send(ch, 1));
	ch->rescind = false;
	s->out->shared->read_index = 5;			/* nonsense, seen when room is short */
	KUNIT_EXPECT_EQ(test, 0, send(ch, 1));
	taken = 0;
	KUNIT_EXPECT_EQ(test, -EIO, send(ch, 2));
	KUNIT_EXPECT_EQ(test, 0u, taken);
	reqid_free(&ch->requestor);
}

static void send_without_ids_left(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 1);

	KUNIT_EXPECT_EQ(test, 0, send(ch, 1));
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(ch, 2));
	KUNIT_EXPECT_EQ(test, 0u, (u32)ch->out_full_total);	/* the ring is not full */
	reqid_free(&ch->requestor);
}

/*
 * What senders count is not written beside what the interrupt counts, and the host is signalled
 * when other senders may go on.
 */
static void send_leaves_the_reader_alone(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 8);

	while (!send(ch, 1))
		;
	KUNIT_EXPECT_EQ(test, -EAGAIN, send(ch, 1));
	fake_read_all(s->out);
	KUNIT_EXPECT_EQ(test, 0, send(ch, 1));
	KUNIT_EXPECT_NE(test, 0u, signals);
	KUNIT_EXPECT_EQ(test, 0u, locked_signals);
	KUNIT_EXPECT_FALSE(test, ch->out_full_flag);
	KUNIT_EXPECT_EQ(test, 0ull, ch->intr_out_empty);
	KUNIT_EXPECT_EQ(test, 0ull, ch->sig_events);
	reqid_free(&ch->requestor);
}

static u64 direct_head(u32 header, u32 len)
{
	return packet_head(VM_PKT_DATA_USING_GPA_DIRECT, header, len,
			   VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
}

/* Written in place: the bus adds descriptor and trailer, and signals as ever. */
static void send_in_place(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 0);
	u8 *at = hv_ring_place(ch, 64);

	KUNIT_ASSERT_TRUE(test, at == s->out->data);
	memset(at + 16, 0x5a, 48);
	hv_ring_placed(ch, direct_head(56, 64), 64, 0x77);
	KUNIT_EXPECT_EQ(test, 1u, signals);
	KUNIT_EXPECT_EQ(test, 72u, fake_used(s->out));
	KUNIT_EXPECT_EQ(test, 0x0001000800070009ull, fake_u64(s->out, 0));
	KUNIT_EXPECT_EQ(test, 0x77ull, fake_u64(s->out, 8));
	KUNIT_EXPECT_EQ(test, 0x5a5a5a5a5a5a5a5aull, fake_u64(s->out, 56));
	KUNIT_EXPECT_EQ(test, 0ull, fake_u64(s->out, 64));

	at = hv_ring_place(ch, 64);
	KUNIT_ASSERT_TRUE(test, at == s->out->data + 72);
	hv_ring_forget(ch);
	KUNIT_EXPECT_EQ(test, 72u, fake_used(s->out));
	KUNIT_EXPECT_EQ(test, 0, send(ch, 5));
	KUNIT_EXPECT_EQ(test, 72u + 64, fake_used(s->out));
	KUNIT_EXPECT_EQ(test, 1u, signals);
}

static void send_in_place_is_held_back(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 0);
	int i;

	hv_ring_hold(ch);
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_FALSE(test, !hv_ring_place(ch, 64));
		hv_ring_placed(ch, direct_head(56, 64), 64, i);
	}
	KUNIT_EXPECT_EQ(test, 0u, fake_used(s->out));
	hv_ring_let_go(ch);
	KUNIT_EXPECT_EQ(test, 144u, fake_used(s->out));
	KUNIT_EXPECT_EQ(test, 1u, signals);
}

/* No place: nothing is locked, and the ordinary call says why. */
static void send_in_place_has_none(struct kunit *test)
{
	struct vmbus_channel *ch = channel(test, 0);

	KUNIT_EXPECT_TRUE(test, !hv_ring_place(ch, 248));
	KUNIT_EXPECT_TRUE(test, !hv_ring_place(ch, 60));
	ch->rescind = true;
	KUNIT_EXPECT_TRUE(test, !hv_ring_place(ch, 64));
	KUNIT_EXPECT_EQ(test, -ENODEV, send(ch, 1));
	ch->rescind = false;
	ring_detach(&ch->outbound);
	KUNIT_EXPECT_TRUE(test, !hv_ring_place(ch, 64));
	KUNIT_EXPECT_EQ(test, -ENODEV, send(ch, 1));
}

/* Many answers are shown together, and cost one signal; the ring's end is no obstacle. */
static void send_answers(struct kunit *test)
{
	static const u64 ids[] = { 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99 };
	struct vmbus_channel *ch = channel(test, 0);
	unsigned int i;

	KUNIT_EXPECT_EQ(test, 5, hv_ring_answer(ch, ids, 5, 0x6b00000001ull));
	KUNIT_EXPECT_EQ(test, 1u, signals);
	KUNIT_EXPECT_EQ(test, 5 * 32u, fake_used(s->out));
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, 0x000000030002000bull, fake_u64(s->out, i * 32));
		KUNIT_EXPECT_EQ(test, ids[i], fake_u64(s->out, i * 32 + 8));
		KUNIT_EXPECT_EQ(test, 0x6b00000001ull, fake_u64(s->out, i * 32 + 16));
		KUNIT_EXPECT_EQ(test, i * 32ull << 32, fake_u64(s->out, i * 32 + 24));
	}
	/* two of nine have room, and the next call says that there is none */
	KUNIT_EXPECT_EQ(test, 2, hv_ring_answer(ch, ids, 9, 7));
	KUNIT_EXPECT_EQ(test, -EAGAIN, hv_ring_answer(ch, ids, 9, 7));
	KUNIT_EXPECT_EQ(test, -EAGAIN, hv_ring_answer(ch, ids, 1, 7));
	KUNIT_EXPECT_EQ(test, 2ull, ch->out_full_total);
	KUNIT_EXPECT_EQ(test, 1ull, ch->out_full_first);
	fake_read_all(s->out);
	signals = 0;
	/* the last 32 bytes, and on */
	KUNIT_EXPECT_EQ(test, 3, hv_ring_answer(ch, ids + 2, 3, 8));
	KUNIT_EXPECT_EQ(test, 1u, signals);
	KUNIT_EXPECT_EQ(test, 0x33ull, fake_u64(s->out, 7 * 32 + 8));
	KUNIT_EXPECT_EQ(test, 0x44ull, fake_u64(s->out, 8));
	KUNIT_EXPECT_EQ(test, 8ull, fake_u64(s->out, 32 + 16));
	KUNIT_EXPECT_FALSE(test, s->chan.io.full);
}

/* The ring's end anywhere within an answer. */
static void send_answers_around_the_end(struct kunit *test)
{
	static const u64 ids[] = { 0xa1, 0xa2, 0xa3 };
	struct vmbus_channel *ch = channel(test, 0);
	unsigned int i, k, at;

	for (i = 0; i < RING / 8; i++) {
		at = s->chan.io.tx.write;
		KUNIT_ASSERT_EQ(test, 3, hv_ring_answer(ch, ids, 3, i));
		for (k = 0; k < 3; k++, at += 32) {
			KUNIT_ASSERT_EQ(test, 0x000000030002000bull, fake_u64(s->out, at % RING));
			KUNIT_ASSERT_EQ(test, ids[k], fake_u64(s->out, (at + 8) % RING));
			KUNIT_ASSERT_EQ(test, (u64)i, fake_u64(s->out, (at + 16) % RING));
			KUNIT_ASSERT_EQ(test, (u64)(at % RING) << 32,
					fake_u64(s->out, (at + 24) % RING));
		}
		KUNIT_ASSERT_EQ(test, 96u, fake_used(s->out));
		fake_read_all(s->out);
		/* 24 bytes: the next round is at another place */
		KUNIT_ASSERT_EQ(test, 0, vmbus_sendpacket(ch, NULL, 0, i, VM_PKT_DATA_INBAND, 0));
		fake_read_all(s->out);
	}
	KUNIT_EXPECT_TRUE(test, fake_guard_intact(s->out));
}

/* Nobody to answer, a ring that is held back, a ring that the host has broken. */
static void send_answers_or_not(struct kunit *test)
{
	static const u64 ids[] = { 1, 2, 3 };
	struct vmbus_channel *ch = channel(test, 0);

	hv_ring_hold(ch);
	KUNIT_EXPECT_EQ(test, 3, hv_ring_answer(ch, ids, 3, 7));
	KUNIT_EXPECT_EQ(test, 0u, fake_used(s->out));
	KUNIT_EXPECT_EQ(test, 3, hv_ring_answer(ch, ids, 3, 7));
	KUNIT_EXPECT_EQ(test, 1, hv_ring_answer(ch, ids, 3, 7));
	KUNIT_EXPECT_EQ(test, 0u, signals);
	KUNIT_EXPECT_EQ(test, -EAGAIN, hv_ring_answer(ch, ids, 3, 7));
	KUNIT_EXPECT_EQ(test, 7 * 32u, fake_used(s->out));	/* nobody else would make room */
	hv_ring_let_go(ch);
	KUNIT_EXPECT_EQ(test, 1u, signals);
	ch->rescind = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, hv_ring_answer(ch, ids, 1, 7));
	ch->rescind = false;
	s->out->shared->read_index = 5;
	KUNIT_EXPECT_EQ(test, -EIO, hv_ring_answer(ch, ids, 1, 7));
	KUNIT_EXPECT_EQ(test, 1, atomic_read(&s->chan.io.errors[RING_READ_INDEX]));
	ring_detach(&ch->outbound);
	KUNIT_EXPECT_EQ(test, -ENODEV, hv_ring_answer(ch, ids, 1, 7));
	KUNIT_EXPECT_EQ(test, 0u, locked_signals);
}

/* What is in debugfs for reports has no payload of devices whose packets may be somebody's text. */
static void rings_show_no_text(struct kunit *test)
{
	static const struct {
		u16 device;
		bool shown;
	} of[] = {
		{ HV_KBD, false }, { HV_MOUSE, false }, { HV_UNKNOWN, false }, { HV_ND, false },
		{ HV_NIC, true }, { HV_SCSI, true },
	};
	struct vmbus_channel *ch = channel(test, 8);
	u8 payload[40] = { 0x73, 0x65, 0x63, 0x72, 0x65, 0x74 };
	struct seq_file m = { .size = 4096 };
	unsigned int i;

	m.buf = kunit_kzalloc(test, m.size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m.buf);
	mutex_init(&ch->outbound.ring_buffer_mutex);
	mutex_init(&ch->inbound.ring_buffer_mutex);
	KUNIT_ASSERT_EQ(test, 0, vmbus_sendpacket(ch, payload, sizeof(payload), 1,
						  VM_PKT_DATA_INBAND, 0));
	for (i = 0; i < ARRAY_SIZE(of); i++) {
		ch->device_id = of[i].device;
		m.count = 0;
		ringdump_show(&m, ch);
		KUNIT_ASSERT_LT(test, m.count, m.size);
		m.buf[m.count] = 0;
		KUNIT_EXPECT_NOT_NULL(test, strstr(m.buf, "data len"));
		KUNIT_EXPECT_EQ(test, of[i].shown, !!strstr(m.buf, "73 65 63 72 65 74"));
	}
	reqid_free(&ch->requestor);
}

static struct kunit_case send_cases[] = {
	KUNIT_CASE(send_full_takes_no_id),
	KUNIT_CASE(send_dead_takes_no_id),
	KUNIT_CASE(send_without_ids_left),
	KUNIT_CASE(send_leaves_the_reader_alone),
	KUNIT_CASE(send_in_place),
	KUNIT_CASE(send_in_place_is_held_back),
	KUNIT_CASE(send_in_place_has_none),
	KUNIT_CASE(send_answers),
	KUNIT_CASE(send_answers_around_the_end),
	KUNIT_CASE(send_answers_or_not),
	KUNIT_CASE(rings_show_no_text),
	{}
};

static struct kunit_suite send_suite = {
	.name = "vmbus_send",
	.test_cases = send_cases,
};

kunit_test_suite(send_suite);
