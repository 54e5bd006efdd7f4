// SPDX-License-Identifier: GPL-2.0-only
/* The connection: versions, ids, offers, unload, pause, each malformed message. */
#include <stdlib.h>
#include <string.h>
#include "test.h"
#include "world.h"

static void accepts_each_version(void)
{
	static const uint32_t known[] = {
		VMBUS_V2_4, VMBUS_V3_0, VMBUS_V4_0, VMBUS_V4_1, VMBUS_V5_0,
		VMBUS_V5_1, VMBUS_V5_2, VMBUS_V5_3, VMBUS_V6_0,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		const struct msg_version_response *r;

		world_new(2);
		world_connect(known[i], 0);
		r = world_got(MSG_VERSION_RESPONSE);
		CHECK(r && r->supported == 1);
		CHECK(r->version_or_connection == (known[i] < VMBUS_V5_0 ?
			known[i] : w.c.message_connection));
		CHECK(w.sent[0].len == (known[i] < VMBUS_V6_0 ? 16 : 20));
		CHECK(world_count(MSG_OFFER_CHANNEL) == 2);
		CHECK(world_count(MSG_ALL_OFFERS_DELIVERED) == 1);
		CHECK(w.monitor1 == 0x1000 && w.monitor2 == 0x2000);
		world_end();
	}
}

static void refuses_versions_above_the_cap(void)
{
	const struct msg_version_response *r;

	world_new(1);
	w.c.version_cap = VMBUS_V4_0;
	world_contact(VMBUS_V4_1, 0);
	r = world_got(MSG_VERSION_RESPONSE);
	CHECK(r && !r->supported);
	CHECK(!w.c.version && !w.connects);
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(!world_count(MSG_OFFER_CHANNEL) && w.refused == 1);
	world_connect(VMBUS_V4_0, 0);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 1);
	world_end();
}

static void refuses_versions_that_do_not_exist(void)
{
	world_new(0);
	world_contact(VMBUS_VERSION(4, 7), 0);
	CHECK(!w.c.version);
	world_contact(0, 0);
	CHECK(!w.c.version);
	world_end();
}

static void wants_both_monitor_pages_or_none(void)
{
	struct msg_contact m = {
		.h.type = MSG_INITIATE_CONTACT, .version = VMBUS_V4_0,
		.monitor_to_guest = 0x1000,
	};

	world_new(0);
	world_post(&m, MSG_CONTACT_SIZE);
	CHECK(!w.c.version && w.refused == 1);
	m.monitor_to_guest = 0;
	world_post(&m, MSG_CONTACT_SIZE);
	CHECK(w.c.version == VMBUS_V4_0);
	world_end();
}

static void checks_the_connection_id(void)
{
	struct msg_contact m = {
		.h.type = MSG_INITIATE_CONTACT, .version = VMBUS_V5_3, .sint = VMBUS_SINT,
	};
	struct msg_header h = { .type = MSG_REQUEST_OFFERS };

	world_new(1);
	ctl_message(&w.c, VMBUS_CONN_MESSAGE, &m, MSG_CONTACT_SIZE);
	CHECK(!w.c.version && w.refused == 1);
	ctl_message(&w.c, VMBUS_CONN_CONTACT, &m, MSG_CONTACT_SIZE);
	CHECK(w.c.version == VMBUS_V5_3);
	ctl_message(&w.c, VMBUS_CONN_MESSAGE, &h, sizeof(h));
	ctl_message(&w.c, VMBUS_CONN_CONTACT, &h, sizeof(h));
	CHECK(!world_count(MSG_OFFER_CHANNEL) && w.refused == 3);
	ctl_message(&w.c, w.c.message_connection, &h, sizeof(h));
	CHECK(world_count(MSG_OFFER_CHANNEL) == 1);
	world_end();
}

/* OpenVMM's initiate_contact() */
static void talks_to_its_own_clients_only(void)
{
	struct msg_contact m = {
		.h.type = MSG_INITIATE_CONTACT, .version = VMBUS_V5_3, .sint = 5,
	};
	const struct msg_version_response *r;

	world_new(1);
	CHECK(world_post(&m, MSG_CONTACT_SIZE) == 1 && w.sent[0].sint == 5);
	r = world_got(MSG_VERSION_RESPONSE);
	CHECK(!r->supported && !w.c.version && w.refused == 1);
	m.sint = VMBUS_SINT;
	m.vtl = 2;
	CHECK(!world_post(&m, MSG_CONTACT_SIZE) && !w.c.version && w.refused == 2);
	m.vtl = 0;
	m.version = VMBUS_V6_0;
	m.features = VMBUS_FEAT_CLIENT_ID;	/* which is not there */
	CHECK(!world_post(&m, MSG_CONTACT_SIZE) && !w.c.version && w.refused == 3);
	CHECK(world_post(&m, sizeof(m)) == 1 && w.c.version == VMBUS_V6_0);
	world_end();
}

static void offers_unasked_by_command(void)
{
	world_new(2);
	ctl_offer_unasked(&w.c);
	CHECK(!w.nsent);
	world_contact(VMBUS_V5_3, 0);
	ctl_offer_unasked(&w.c);
	ctl_offer_unasked(&w.c);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 2 && !world_count(MSG_ALL_OFFERS_DELIVERED));
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 2 && w.refused == 1);
	world_end();
}

static void offers_once_per_connection(void)
{
	world_new(3);
	world_connect(VMBUS_V5_3, 0);
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 3 && w.refused == 1);
	CHECK(world_count(MSG_ALL_OFFERS_DELIVERED) == 1);
	world_end();
}

static void refuses_every_short_message(void)
{
	static const uint8_t least[MSG_COUNT] = {
		[MSG_OPEN_CHANNEL] = 148, [MSG_CLOSE_CHANNEL] = 12,
		[MSG_GPADL_HEADER] = 20, [MSG_GPADL_BODY] = 16,
		[MSG_GPADL_TEARDOWN] = 16, [MSG_RELID_RELEASED] = 12,
		[MSG_INITIATE_CONTACT] = 40, [MSG_OPEN_RESERVED] = 28,
		[MSG_CLOSE_RESERVED] = 20, [MSG_TL_CONNECT_REQUEST] = 40,
		[MSG_MODIFY_CHANNEL] = 16, [MSG_MODIFY_CONNECTION] = 24,
	};
	uint8_t msg[VMBUS_MAX_PAYLOAD] = { 0 };

	world_new(1);
	world_connect(VMBUS_V6_0, w.c.feature_cap);
	for (uint32_t type = 0; type < MSG_COUNT; type++) {
		for (size_t len = 0; len < least[type]; len++) {
			world_forget();
			memcpy(msg, &type, 4);
			ctl_message(&w.c, type == MSG_INITIATE_CONTACT ? VMBUS_CONN_CONTACT :
				    w.c.message_connection, msg, len);
			CHECK(w.refused == 1 && !w.nsent);
		}
	}
	world_end();
}

static void refuses_what_a_guest_must_not_send(void)
{
	static const uint32_t types[] = {
		0, MSG_OFFER_CHANNEL, MSG_RESCIND_CHANNEL, MSG_OPEN_RESULT,
		MSG_GPADL_CREATED, MSG_GPADL_TORNDOWN, MSG_VERSION_RESPONSE,
		MSG_UNLOAD_RESPONSE, MSG_TL_CONNECT_RESULT, MSG_COUNT, 99, 0xFFFFFFFF,
	};
	uint32_t msg[VMBUS_MAX_PAYLOAD / 4] = { 0 };

	world_new(1);
	world_connect(VMBUS_V5_3, 0);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		world_forget();
		msg[0] = types[i];
		world_post(msg, sizeof(msg));
		CHECK(w.refused == 1 && !w.nsent);
	}
	world_end();
}

static void refuses_messages_of_newer_versions(void)
{
	struct msg_modify_channel m = { .h.type = MSG_MODIFY_CHANNEL, .relid = 1 };
	struct msg_open_reserved o = { .h.type = MSG_OPEN_RESERVED, .channel = 1 };

	world_new(1);
	world_connect(VMBUS_V4_0, 0);
	world_post(&m, sizeof(m));
	CHECK(w.refused == 1);
	world_connect(VMBUS_V3_0, 0);
	world_post(&o, sizeof(o));
	CHECK(w.refused == 2);
	world_connect(VMBUS_V6_0, 0);		/* version, but no feature */
	world_bare(MSG_PAUSE);
	CHECK(w.refused == 3);
	world_end();
}

static void needs_a_connection_first(void)
{
	static const uint32_t types[] = {
		MSG_REQUEST_OFFERS, MSG_OPEN_CHANNEL, MSG_CLOSE_CHANNEL,
		MSG_GPADL_HEADER, MSG_GPADL_BODY, MSG_GPADL_TEARDOWN,
		MSG_MODIFY_CHANNEL,
	};
	uint32_t msg[VMBUS_MAX_PAYLOAD / 4] = { 0 };

	world_new(1);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		world_forget();
		msg[0] = types[i];
		world_post(msg, sizeof(msg));
		CHECK(w.refused == 1 && !w.nsent);
	}
	world_end();
}

static void unloads_when_all_is_closed(void)
{
	world_new(1);
	world_connect(VMBUS_V5_3, 0);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	w.slow = true;
	CHECK(!world_bare(MSG_UNLOAD));		/* the device still works */
	CHECK(w.closes == 1);
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(w.refused == 1);			/* nothing else meanwhile */
	world_closed();
	CHECK(world_count(MSG_UNLOAD_RESPONSE) == 1);
	CHECK(!w.c.version && !w.c.channels && !w.c.gpadls.count);
	world_end();
}

static void answers_an_unload_without_connection(void)
{
	world_new(0);
	CHECK(world_bare(MSG_UNLOAD) == 1);
	CHECK(world_count(MSG_UNLOAD_RESPONSE) == 1);
	world_end();
}

static void a_second_contact_resets(void)
{
	world_new(2);
	world_connect(VMBUS_V5_3, 0);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	w.slow = true;
	world_forget();
	world_contact(VMBUS_V4_0, 0);
	CHECK(!w.nsent && w.c.version == VMBUS_V5_3);
	world_closed();
	CHECK(world_count(MSG_VERSION_RESPONSE) == 1);
	CHECK(w.c.version == VMBUS_V4_0 && !w.c.channels && !w.c.gpadls.count);
	CHECK(w.disconnects == 2);
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 2);
	world_end();
}

static void refuses_sockets_at_once(void)
{
	struct msg_tl_connect m = { .h.type = MSG_TL_CONNECT_REQUEST };
	const struct msg_tl_result *r;

	memset(m.endpoint.b, 0x11, 16);
	memset(m.service.b, 0x22, 16);
	world_new(0);
	world_connect(VMBUS_V4_0, 0);
	CHECK(world_post(&m, MSG_TL_CONNECT_SIZE) == 0);
	world_connect(VMBUS_V5_3, 0);
	CHECK(world_post(&m, sizeof(m)) == 1);
	r = world_got(MSG_TL_CONNECT_RESULT);
	CHECK(r && r->status == NTSTATUS_CONNECTION_REFUSED);
	CHECK(r->endpoint.b[5] == 0x11 && r->service.b[5] == 0x22);
	m.service.b[0] = 0x33;			/* one that is served */
	CHECK(world_post(&m, sizeof(m)) == 0);
	world_end();
}

static void holds_messages_while_paused(void)
{
	world_new(2);
	world_contact(VMBUS_V6_0, VMBUS_FEAT_PAUSE);
	CHECK(world_bare(MSG_PAUSE) == 1);
	CHECK(world_count(MSG_PAUSE_RESPONSE) == 1);
	world_bare(MSG_REQUEST_OFFERS);
	CHECK(!world_count(MSG_OFFER_CHANNEL));
	world_bare(MSG_RESUME);
	CHECK(world_count(MSG_OFFER_CHANNEL) == 2);
	CHECK(w.sent[w.nsent - 1].type == MSG_ALL_OFFERS_DELIVERED);
	world_end();
}

static void replaces_the_monitor_pages(void)
{
	struct msg_modify_connection m = {
		.h.type = MSG_MODIFY_CONNECTION,
		.monitor_to_guest = 0x5000, .monitor_to_host = 0x6000,
	};
	const struct msg_modify_connection_response *r;

	world_new(0);
	world_connect(VMBUS_V6_0, VMBUS_FEAT_MODIFY_CONNECTION);
	world_post(&m, sizeof(m));
	r = world_got(MSG_MODIFY_CONNECTION_RESPONSE);
	CHECK(r && r->state == 0 && w.monitor1 == 0x5000 && w.monitor2 == 0x6000);
	m.monitor_to_host = 0;
	world_post(&m, sizeof(m));
	r = world_got(MSG_MODIFY_CONNECTION_RESPONSE);
	CHECK(r->state == 2 && w.monitor2 == 0x6000);
	world_end();
}

/* Random types, relids and lengths: no crash, tables consistent at the end. */
static void survives_rubbish(void)
{
	uint8_t msg[VMBUS_MAX_PAYLOAD];

	world_new(4);
	srand(99);
	for (int round = 0; round < 200000; round++) {
		uint32_t type = rand() % 31, small;

		if (round % 500 == 0)
			world_connect(round % 1000 ? VMBUS_V5_3 : VMBUS_V6_0, 0xFF);
		for (size_t i = 0; i < sizeof(msg); i++)
			msg[i] = rand() % 4 ? 0 : rand();
		for (size_t i = 8; i < 32; i += 4) {
			small = rand() % 6;
			memcpy(msg + i, &small, 4);
		}
		memcpy(msg, &type, 4);
		w.open_status = rand() % 4 == 0;
		world_post(msg, 8 + rand() % (sizeof(msg) - 8));
		if (rand() % 50 == 0 && w.dev[0])
			ctl_rescind(w.dev[0]);
	}
	CHECK(w.refused > 1000);
	world_end();
}

const struct test ctl_tests[] = {
	{ "accepts_each_version", accepts_each_version },
	{ "refuses_versions_above_the_cap", refuses_versions_above_the_cap },
	{ "refuses_versions_that_do_not_exist", refuses_versions_that_do_not_exist },
	{ "wants_both_monitor_pages_or_none", wants_both_monitor_pages_or_none },
	{ "checks_the_connection_id", checks_the_connection_id },
	{ "talks_to_its_own_clients_only", talks_to_its_own_clients_only },
	{ "offers_unasked_by_command", offers_unasked_by_command },
	{ "offers_once_per_connection", offers_once_per_connection },
	{ "refuses_every_short_message", refuses_every_short_message },
	{ "refuses_what_a_guest_must_not_send", refuses_what_a_guest_must_not_send },
	{ "refuses_messages_of_newer_versions", refuses_messages_of_newer_versions },
	{ "needs_a_connection_first", needs_a_connection_first },
	{ "unloads_when_all_is_closed", unloads_when_all_is_closed },
	{ "answers_an_unload_without_connection", answers_an_unload_without_connection },
	{ "a_second_contact_resets", a_second_contact_resets },
	{ "refuses_sockets_at_once", refuses_sockets_at_once },
	{ "holds_messages_while_paused", holds_messages_while_paused },
	{ "replaces_the_monitor_pages", replaces_the_monitor_pages },
	{ "survives_rubbish", survives_rubbish },
	{ 0 },
};
