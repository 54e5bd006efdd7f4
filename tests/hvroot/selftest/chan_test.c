// SPDX-License-Identifier: GPL-2.0-only
/* Channels: open, close, memory lists, rescind, relids, moving. */
#include <string.h>
#include "test.h"
#include "world.h"

static void connected(uint32_t version)
{
	world_new(2);
	world_connect(version, 0);
	world_forget();
}

static uint32_t created_status(void)
{
	const struct msg_gpadl_created *r = world_got(MSG_GPADL_CREATED);

	return r ? r->status : ~0u;
}

static void opens_and_closes(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(created_status() == 0);
	CHECK(world_open(1, 7, 4) == 0);
	CHECK(w.opens == 1 && w.dev[0]->state == CHAN_OPEN);
	CHECK(w.dev[0]->target_vp == 1 && w.dev[0]->event_flag == 1);
	CHECK(world_relid(MSG_CLOSE_CHANNEL, 1) == 0);	/* has no answer */
	CHECK(w.closes == 1);
	CHECK(world_teardown(1, 7) == 1);
	CHECK(world_count(MSG_GPADL_TORNDOWN) == 1);
	CHECK(!w.c.gpadls.count && !w.refused);
	world_end();
}

static void torndown_waits_for_the_device(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	w.slow = true;
	world_relid(MSG_CLOSE_CHANNEL, 1);
	CHECK(world_teardown(1, 7) == 0);
	world_closed();
	CHECK(world_count(MSG_GPADL_TORNDOWN) == 1 && !w.c.gpadls.count);
	world_end();
}

static void torndown_of_a_ring_waits_for_the_close(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	CHECK(world_teardown(2, 7) == 0 && w.refused == 1);	/* wrong channel */
	CHECK(world_teardown(1, 8) == 0 && w.refused == 2);	/* no such list */
	CHECK(world_teardown(1, 7) == 0 && w.refused == 2);
	CHECK(world_teardown(1, 7) == 0 && w.refused == 3);	/* asked for already */
	CHECK(w.c.gpadls.count == 1 && w.dev[0]->state == CHAN_OPEN);
	CHECK(world_relid(MSG_CLOSE_CHANNEL, 1) == 1);
	CHECK(world_count(MSG_GPADL_TORNDOWN) == 1 && !w.c.gpadls.count);
	world_end();
}

/* Channel 1 is being opened with list 7. */
static void opening(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	world_gpadl(1, 8, 8);
	w.late = true;
	CHECK(world_open(1, 7, 4) == ~0u && !w.opens && w.dev[0]->state == CHAN_OPENING);
	world_forget();
}

/* OpenVMM's vmbus_server: whoever gives up has to close what is open later. */
static void refuses_all_while_opening(void)
{
	opening();
	CHECK(world_relid(MSG_CLOSE_CHANNEL, 1) == 0 && w.refused == 1);
	CHECK(world_open(1, 8, 4) == ~0u && w.refused == 2);
	CHECK(world_relid(MSG_RELID_RELEASED, 1) == 0 && w.refused == 3);
	CHECK(world_teardown(1, 7) == 0 && w.refused == 3);
	ctl_opened(w.dev[0]);
	CHECK(world_count(MSG_OPEN_RESULT) == 1 && w.opens == 1 && !w.closes);
	CHECK(w.dev[0]->state == CHAN_OPEN && !world_count(MSG_GPADL_TORNDOWN));
	ctl_opened(w.dev[0]);			/* it is */
	CHECK(w.opens == 1);
	CHECK(world_relid(MSG_CLOSE_CHANNEL, 1) == 1 && world_count(MSG_GPADL_TORNDOWN) == 1);
	w.late = false;
	CHECK(world_open(1, 8, 4) == 0);
	world_end();
}

static void gives_the_ring_back_when_the_device_refuses_late(void)
{
	opening();
	w.open_status = 0xC0000001;
	CHECK(world_teardown(1, 7) == 0);
	ctl_opened(w.dev[0]);
	CHECK(w.dev[0]->state == CHAN_CLOSED && world_count(MSG_GPADL_TORNDOWN) == 1);
	world_end();
}

static void ends_an_opening_by_rescind_or_unload(void)
{
	opening();
	ctl_rescind(w.dev[0]);
	CHECK(w.dev[0]->state == CHAN_CLOSED && !w.opens && !w.closes);
	CHECK(world_teardown(1, 7) == 1 && world_relid(MSG_RELID_RELEASED, 1) == 0);
	CHECK(w.released == 1);
	world_end();
	opening();
	CHECK(world_bare(MSG_UNLOAD) == 1 && !w.c.version && !w.opens && !w.closes);
	world_end();
}

/* Channel 1 has lists 7 and 8, was open by @ring, and the device has not let go of it. */
static void closing(uint32_t ring)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	world_gpadl(1, 8, 8);
	CHECK(world_open(1, ring, 4) == 0);
	w.slow = true;
	world_relid(MSG_CLOSE_CHANNEL, 1);
}

static void reopens_after_the_device_let_go(void)
{
	closing(7);
	CHECK(world_open(1, 8, 4) == ~0u);	/* no answer yet */
	CHECK(w.opens == 1);
	world_closed();
	CHECK(w.opens == 2 && w.dev[0]->state == CHAN_OPEN);
	CHECK(world_count(MSG_OPEN_RESULT) == 2);
	world_end();
}

static void refuses_bad_rings(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	world_gpadl(2, 9, 8);
	CHECK(world_open(1, 5, 4));		/* no such list */
	CHECK(world_open(1, 9, 4));		/* of another channel */
	CHECK(world_open(1, 7, 0));
	CHECK(world_open(1, 7, 1));		/* no data page in the first ring */
	CHECK(world_open(1, 7, 7));		/* ... in the second */
	CHECK(world_open(1, 7, 8));
	CHECK(world_open(1, 7, 0xFFFFFFFF));
	CHECK(w.opens == 0);
	CHECK(world_open(1, 7, 6) == 0);
	world_end();
}

static void refuses_opens_at_the_wrong_time(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	world_gpadl(1, 8, 8);
	CHECK(world_open(5, 7, 4) == ~0u && w.refused == 1);	/* no such channel */
	CHECK(world_open(1, 7, 4) == 0);
	world_forget();
	CHECK(world_open(1, 8, 4) == ~0u && w.refused == 1);	/* open already */
	world_relid(MSG_CLOSE_CHANNEL, 2);
	CHECK(w.refused == 2);					/* never opened */
	world_relid(MSG_CLOSE_CHANNEL, 77);
	world_relid(MSG_CLOSE_CHANNEL, 0xFFFFFFFF);
	CHECK(w.refused == 4);
	world_end();
}

static void passes_the_devices_refusal_on(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	w.open_status = 0xC0000001;
	CHECK(world_open(1, 7, 4) == 0xC0000001);
	CHECK(w.dev[0]->state == CHAN_CLOSED);
	CHECK(world_teardown(1, 7) == 1);
	world_end();
}

static void refuses_lists_for_nobody(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(99, 7, 8);
	CHECK(created_status() == GPADL_FAILED && !w.c.gpadls.count);
	world_gpadl(1, 7, 8);
	world_gpadl(1, 7, 8);			/* the handle again */
	CHECK(created_status() == GPADL_FAILED && w.c.gpadls.count == 1);
	world_end();
}

static void rescinds_in_order(void)
{
	struct msg_gpadl_header half = {
		.h.type = MSG_GPADL_HEADER, .relid = 1, .gpadl = 8,
		.range_bytes = 24, .range_count = 1,
	};
	struct {
		struct msg_gpadl_header h;
		struct gpa_range r;
	} WIRE m = { half, { 2 * VMBUS_PAGE, 0 } };

	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	world_post(&m, sizeof(m));		/* its frames never come */
	world_forget();
	ctl_rescind(w.dev[0]);
	CHECK(w.nsent == 2 && w.sent[0].type == MSG_GPADL_CREATED &&
	      w.sent[1].type == MSG_RESCIND_CHANNEL);
	CHECK(created_status() == GPADL_FAILED && w.closes == 1);
	world_forget();
	world_relid(MSG_CLOSE_CHANNEL, 1);	/* dropped without a word */
	CHECK(world_open(1, 7, 4) == ~0u);
	CHECK(!w.nsent && !w.refused);
	world_gpadl(1, 9, 8);			/* answered, but not kept */
	CHECK(created_status() == 0 && w.c.gpadls.count == 1);
	CHECK(world_teardown(1, 9) == 1 && world_teardown(1, 7) == 1);
	CHECK(!w.c.gpadls.count);
	CHECK(world_relid(MSG_RELID_RELEASED, 1) == 0);
	CHECK(w.released == 1 && w.c.releases == 1 && !w.c.chan[1]);
	world_end();
}

/* A list begun on @relid, whose second message has not come yet */
static void begin_list(uint32_t relid, uint32_t gpadl)
{
	world_gpadl_begin(relid, gpadl, 28, 26);
}

static void rest_of_list(uint32_t gpadl)
{
	struct {
		struct msg_gpadl_body h;
		uint64_t pfn[2];
	} WIRE m = { .h = { .h.type = MSG_GPADL_BODY, .sequence = 1, .gpadl = gpadl } };

	world_post(&m, sizeof(m));
}

/* The rest of a list crosses the rescind that ends it, or that its beginning came after. */
static void takes_the_rest_of_a_list_that_a_rescind_ended(void)
{
	connected(VMBUS_V5_3);
	begin_list(1, 7);
	ctl_rescind(w.dev[0]);
	CHECK(created_status() != 0);
	rest_of_list(7);
	CHECK(!w.refused);
	ctl_rescind(w.dev[1]);
	begin_list(2, 8);
	CHECK(created_status() == 0);
	rest_of_list(8);
	CHECK(!w.refused);
	rest_of_list(9);
	CHECK(w.refused == 1);
	world_relid(MSG_RELID_RELEASED, 1);
	rest_of_list(7);
	CHECK(w.refused == 2);
	world_end();
}

static void keeps_a_relid_until_it_is_released(void)
{
	struct msg_offer o = { .flags = 1 };

	connected(VMBUS_V5_3);
	ctl_rescind(w.dev[0]);
	CHECK(ctl_offer(&w.c, &o, 1, NULL) == NULL);
	CHECK(world_relid(MSG_RELID_RELEASED, 1) == 0);
	w.dev[0] = ctl_offer(&w.c, &o, 1, NULL);
	CHECK(w.dev[0] && w.dev[0]->offer.relid == 1);
	world_end();
}

static void refuses_releases_at_the_wrong_time(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(w.refused == 1 && w.c.chan[1]);	/* it is open */
	ctl_rescind(w.dev[0]);
	world_relid(MSG_RELID_RELEASED, 1);
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(w.refused == 2 && w.c.releases == 1);	/* twice */
	world_relid(MSG_RELID_RELEASED, 5000);
	CHECK(w.refused == 3);
	world_end();
}

static void release_waits_for_a_slow_device(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	w.slow = true;
	ctl_rescind(w.dev[0]);
	CHECK(world_teardown(1, 7) == 0);
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(w.c.chan[1] && !w.released);
	world_closed();
	CHECK(!w.c.chan[1] && w.released == 1);
	CHECK(world_count(MSG_GPADL_TORNDOWN) == 1 && !w.c.gpadls.count);
	world_end();
}

static void moves_channels(void)
{
	struct msg_modify_channel m = {
		.h.type = MSG_MODIFY_CHANNEL, .relid = 1, .target_vp = 3,
	};
	const struct msg_modify_response *r;

	connected(VMBUS_V5_2);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	CHECK(world_post(&m, sizeof(m)) == 0);	/* no answer before 5.3 */
	CHECK(w.dev[0]->target_vp == 3 && w.moves == 1);
	world_end();
	connected(VMBUS_V5_3);
	CHECK(world_post(&m, sizeof(m)) == 0);	/* not open: no answer */
	CHECK(w.refused == 1);
	world_gpadl(1, 7, 8);
	CHECK(world_open(1, 7, 4) == 0);
	CHECK(world_post(&m, sizeof(m)) == 1);
	r = world_got(MSG_MODIFY_CHANNEL_RESPONSE);
	CHECK(!r->status && r->relid == 1);
	m.target_vp = 4;			/* there are four, 0 to 3 */
	world_post(&m, sizeof(m));
	r = world_got(MSG_MODIFY_CHANNEL_RESPONSE);
	CHECK(r->status && w.dev[0]->target_vp == 3);
	world_end();
}

static void takes_the_guests_signal_parameters(void)
{
	struct msg_open m = {
		.h.type = MSG_OPEN_CHANNEL, .relid = 1, .gpadl = 7,
		.target_vp = VMBUS_NO_VP, .page_offset = 4,
		.connection_id = 0x777, .event_flag = 33,
	};

	world_new(1);
	world_connect(VMBUS_V6_0, VMBUS_FEAT_GUEST_SIGNAL);
	world_gpadl(1, 7, 8);
	world_post(&m, sizeof(m));
	CHECK(w.dev[0]->connection_id == 0x777 && w.dev[0]->event_flag == 33);
	CHECK(w.dev[0]->target_vp == VMBUS_NO_VP);
	world_end();
}

static void opens_reserved_channels(void)
{
	struct msg_open_reserved o = {
		.h.type = MSG_OPEN_RESERVED, .channel = 1, .target_vp = 2,
		.target_sint = 7, .gpadl = 7, .page_offset = 4,
	};
	struct msg_close_reserved c = {
		.h.type = MSG_CLOSE_RESERVED, .channel = 1, .target_vp = 2,
		.target_sint = 7,
	};

	connected(VMBUS_V5_3);
	world_post(&c, sizeof(c));
	CHECK(w.refused == 1);
	world_gpadl(1, 7, 8);
	CHECK(world_post(&o, sizeof(o)) == 1);
	CHECK(w.sent[w.nsent - 1].type == MSG_OPEN_RESULT &&
	      w.sent[w.nsent - 1].vp == 2 && w.sent[w.nsent - 1].sint == 7);
	CHECK(world_post(&c, sizeof(c)) == 1);
	CHECK(world_count(MSG_CLOSE_RESERVED_RESPONSE) == 1 && w.closes == 1);
	world_end();
}

/* What OpenVMM's vmbus_server refuses of a channel that is open as reserved, or in between. */
static void keeps_reserved_channels_apart(void)
{
	struct msg_open_reserved o = {
		.h.type = MSG_OPEN_RESERVED, .channel = 1, .target_vp = 2,
		.target_sint = 7, .gpadl = 7, .page_offset = 4,
	};

	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	CHECK(world_post(&o, sizeof(o)) == 1);
	world_relid(MSG_CLOSE_CHANNEL, 1);
	CHECK(w.refused == 1 && !w.closes);
	world_gpadl(1, 8, 8);
	CHECK(w.refused == 2 && created_status() == GPADL_FAILED);
	world_end();
	closing(8);
	CHECK(world_post(&o, sizeof(o)) == 0 && w.refused == 1);
	world_end();
}

static void refuses_releases_before_a_reopen(void)
{
	closing(7);
	world_open(1, 8, 4);			/* waits for the device */
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(w.refused == 1 && w.c.chan[1]);
	world_end();
}

static void has_other_manners(void)
{
	struct msg_modify_channel m = {
		.h.type = MSG_MODIFY_CHANNEL, .relid = 1, .target_vp = 3,
	};
	struct manner_problem why;
	const struct msg_modify_response *r;

	connected(VMBUS_V5_3);
	CHECK(!manners_parse("modify-answered,lists-refused", true, &w.c.manners, &why));
	CHECK(world_post(&m, sizeof(m)) == 1 && w.refused == 1);
	r = world_got(MSG_MODIFY_CHANNEL_RESPONSE);
	CHECK(r->status == NTSTATUS_UNSUCCESSFUL && r->relid == 1);
	ctl_rescind(w.dev[0]);
	world_gpadl(1, 7, 8);
	CHECK(created_status() == GPADL_FAILED && !w.c.gpadls.count);
	world_end();
}

/* The device lets go before the rescind, or after it, or is not asked for before. */
static void drops_teardowns_of_rescinded_channels(void)
{
	struct manner_problem why;

	closing(7);
	CHECK(!manners_parse("teardowns-dropped", true, &w.c.manners, &why));
	CHECK(world_teardown(1, 8) == 1);
	CHECK(world_teardown(1, 7) == 0);
	ctl_rescind(w.dev[0]);
	world_closed();
	CHECK(world_count(MSG_GPADL_TORNDOWN) == 1 && !w.c.gpadls.count);
	CHECK(world_teardown(1, 7) == 0);
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(!w.refused && !w.c.chan[1]);
	world_gpadl(2, 9, 8);
	CHECK(world_teardown(2, 9) == 1);
	world_end();
}

static void reads_lists_of_manners(void)
{
	struct manners m = { 0 };
	struct manner_problem why;

	CHECK(!manners_parse("slow=5000,relids-reused,isolated", false, &m, &why));
	CHECK(m.slow == 5000 && m.bits == (MANNER_SLOW | MANNER_RELIDS_REUSED | MANNER_ISOLATED));
	CHECK(!manners_parse("none", true, &m, &why) && m.bits == MANNER_ISOLATED);
	CHECK(manners_parse("isolated", true, &m, &why) && strstr(why.text, "only from the start"));
	CHECK(manners_parse("slow=", true, &m, &why) && strstr(why.text, "slow=1"));
	CHECK(manners_parse("slow=0", true, &m, &why) && manners_parse("slow=-1", true, &m, &why));
	CHECK(manners_parse("slow=1x", true, &m, &why));
	CHECK(manners_parse("relids-reused=1", true, &m, &why) && strstr(why.text, "no value"));
	CHECK(manners_parse("slo,x", true, &m, &why) && strstr(why.text, "called 'slo'"));
	CHECK(manners_parse("", true, &m, &why) == 0);
}

static void reads_groups_of_manners(void)
{
	const uint32_t nic = MANNER_NIC_FRAME | MANNER_NIC_NAME | MANNER_NIC_TABLE | MANNER_NIC_RSC |
			     MANNER_NIC_HEADER | MANNER_NIC_VLAN;
	struct manners m = { 0 };
	struct manner_problem why;

	CHECK(!manners_parse("slow", true, &m, &why) && m.bits == MANNER_SLOW && m.slow == 5000);
	CHECK(!manners_parse("slow,slow=7", true, &m, &why) && m.slow == 7);
	m = (struct manners){ 0 };
	CHECK(!manners_parse("openvmm", false, &m, &why) && m.bits & MANNER_NO_DIRECT_TIMERS && !m.slow);
	m = (struct manners){ 0 };
	CHECK(!manners_parse("openvmm", true, &m, &why) && !(m.bits & MANNER_NO_DIRECT_TIMERS));
	CHECK(m.bits & MANNER_RELIDS_REUSED && !(m.bits & MANNER_NIC_RSC));
	CHECK(!manners_parse("vmswitch", true, &m, &why) && (m.bits & nic) == nic);
	m = (struct manners){ 0 };
	CHECK(!manners_parse("none,strict", true, &m, &why) && (m.bits & nic) == nic);
	CHECK(!(m.bits & (MANNER_RESETS_IDLE | MANNER_SLOW)));
	CHECK(manners_parse("strict=1", true, &m, &why) && strstr(why.text, "called 'strict=1'"));
}

/* Nobody named a manner; @relid 1 is open, 2 is not. */
static void by_birth(void)
{
	connected(VMBUS_V5_3);
	world_gpadl(1, 7, 8);
	world_open(1, 7, 4);
	w.c.manners.bits = manners_usual();
}

static void refuses_wrong_orders_by_birth(void)
{
	struct msg_modify_channel m = {
		.h.type = MSG_MODIFY_CHANNEL, .relid = 2, .target_vp = 3,
	};
	struct manner_problem why;

	by_birth();
	CHECK(world_post(&m, sizeof(m)) == 1 && w.refused == 1);
	CHECK(((const struct msg_modify_response *)world_got(MSG_MODIFY_CHANNEL_RESPONSE))->status ==
	      NTSTATUS_UNSUCCESSFUL);
	CHECK(!manners_parse("none", true, &w.c.manners, &why) && !w.c.manners.bits);
	CHECK(world_post(&m, sizeof(m)) == 0 && w.refused == 2);
	w.c.manners.bits = manners_usual();
	world_relid(MSG_CLOSE_CHANNEL, 2);
	CHECK(w.refused == 3 && !w.closes);
	world_relid(MSG_RELID_RELEASED, 1);
	CHECK(w.refused == 4 && w.c.chan[1]);
	world_teardown(2, 7);
	CHECK(w.refused == 5 && w.c.gpadls.count == 1);
	world_open(1, 7, 4);
	CHECK(w.refused == 6 && w.opens == 1);
	world_end();
}

static void refuses_wrong_fields_by_birth(void)
{
	by_birth();
	world_gpadl(2, 8, 8);
	world_open(2, 8, 1);			/* a ring without a page of data */
	CHECK(w.refused == 1 && w.opens == 1);
	world_open(2, 7, 4);			/* another channel's memory */
	CHECK(w.refused == 2 && w.opens == 1);
	world_gpadl(2, 8, 8);			/* a handle that is in use */
	CHECK(w.refused == 3 && created_status() == GPADL_FAILED);
	ctl_rescind(w.dev[1]);
	world_gpadl(2, 9, 8);			/* memory for what was taken back */
	CHECK(created_status() == GPADL_FAILED && w.c.gpadls.count == 2);
	world_end();
}

const struct test chan_tests[] = {
	{ "opens_and_closes", opens_and_closes },
	{ "torndown_waits_for_the_device", torndown_waits_for_the_device },
	{ "torndown_of_a_ring_waits_for_the_close", torndown_of_a_ring_waits_for_the_close },
	{ "refuses_all_while_opening", refuses_all_while_opening },
	{ "gives_the_ring_back_when_the_device_refuses_late",
	  gives_the_ring_back_when_the_device_refuses_late },
	{ "ends_an_opening_by_rescind_or_unload", ends_an_opening_by_rescind_or_unload },
	{ "reopens_after_the_device_let_go", reopens_after_the_device_let_go },
	{ "refuses_bad_rings", refuses_bad_rings },
	{ "refuses_opens_at_the_wrong_time", refuses_opens_at_the_wrong_time },
	{ "passes_the_devices_refusal_on", passes_the_devices_refusal_on },
	{ "refuses_lists_for_nobody", refuses_lists_for_nobody },
	{ "rescinds_in_order", rescinds_in_order },
	{ "takes_the_rest_of_a_list_that_a_rescind_ended", takes_the_rest_of_a_list_that_a_rescind_ended },
	{ "keeps_a_relid_until_it_is_released", keeps_a_relid_until_it_is_released },
	{ "refuses_releases_at_the_wrong_time", refuses_releases_at_the_wrong_time },
	{ "release_waits_for_a_slow_device", release_waits_for_a_slow_device },
	{ "moves_channels", moves_channels },
	{ "takes_the_guests_signal_parameters", takes_the_guests_signal_parameters },
	{ "opens_reserved_channels", opens_reserved_channels },
	{ "keeps_reserved_channels_apart", keeps_reserved_channels_apart },
	{ "refuses_releases_before_a_reopen", refuses_releases_before_a_reopen },
	{ "has_other_manners", has_other_manners },
	{ "drops_teardowns_of_rescinded_channels", drops_teardowns_of_rescinded_channels },
	{ "refuses_wrong_orders_by_birth", refuses_wrong_orders_by_birth },
	{ "refuses_wrong_fields_by_birth", refuses_wrong_fields_by_birth },
	{ "reads_lists_of_manners", reads_lists_of_manners },
	{ "reads_groups_of_manners", reads_groups_of_manners },
	{ 0 },
};
