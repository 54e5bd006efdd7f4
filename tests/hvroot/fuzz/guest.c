// SPDX-License-Identifier: GPL-2.0-only
/*
 * guest.c - a guest that mostly speaks VMBus and now and then lies: wrong
 * numbers in messages, wrong order, wrong ring indexes and packets, changes
 * behind hvroot's back, commands of the user in between.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "fuzz.h"
#include "loop/poll.h"
#include "machine/machine.h"
#include "vmbus/wire.h"

#define CHANS		64
#define HANDLE_BASE	0x1000u
#define BUFFER_HANDLE	0x2000u
#define BUFFER_BASE	1600u
#define BUFFER_PAGES	20u

struct chan {
	bool offered, opened;
	struct msg_offer offer;
};

static struct {
	uint32_t version, conn, features;
	struct chan chan[CHANS];		/* by relid */
	bool delivered;
	uint32_t favourite;			/* the channel that gets most of it */
	uint32_t open_status, gpadl_status;
	unsigned int versions, opens, created;
	unsigned int good_opens, messages; /* how deep the lies got */
} g;

/* ---- what hvroot says ---- */

static void on_offer(const uint8_t *msg, size_t len)
{
	struct msg_offer o;

	if (len < sizeof(o))
		return;
	memcpy(&o, msg, sizeof(o));
	if (o.relid < CHANS)
		g.chan[o.relid] = (struct chan){ .offered = true, .offer = o };
}

static void on_version(const uint8_t *msg, size_t len)
{
	struct msg_version_response r = { 0 };

	memcpy(&r, msg, len < sizeof(r) ? len : sizeof(r));
	if (!r.supported) {
		g.version = 0;
		return;
	}
	g.conn = g.version >= VMBUS_V5_0 ? r.version_or_connection : VMBUS_CONN_MESSAGE;
	g.features = r.features;
	g.versions++;
}

void guest_message(const uint8_t *msg, size_t len)
{
	struct msg_header h = { 0 };

	g.messages++;
	memcpy(&h, msg, len < sizeof(h) ? len : sizeof(h));
	switch (h.type) {
	case MSG_OFFER_CHANNEL:
		on_offer(msg, len);
		break;
	case MSG_VERSION_RESPONSE:
		on_version(msg, len);
		break;
	case MSG_ALL_OFFERS_DELIVERED:
		g.delivered = true;
		break;
	case MSG_OPEN_RESULT:
		g.opens++;
		memcpy(&g.open_status, msg + offsetof(struct msg_open_result, status), 4);
		g.good_opens += !g.open_status;
		break;
	case MSG_GPADL_CREATED:
		g.created++;
		memcpy(&g.gpadl_status, msg + offsetof(struct msg_gpadl_created, status), 4);
		break;
	}
}

/* ---- messages ---- */

static bool lying;	/* false while guest_honest() runs */

static void post(void *msg, size_t len)
{
	uint8_t *p = msg;
	uint32_t conn = g.conn;

	if (lying && one_in(12))
		for (unsigned int n = 1 + below(3); n; n--)
			p[below(len)] = rnd();
	if (lying && one_in(16)) {
		uint32_t v = nasty();

		if (len >= 12)
			memcpy(p + 4 * below(len / 4), &v, 4);
	}
	if (lying && one_in(24))
		len = below(len + 1);
	if (lying && one_in(40))
		conn = nasty() & 0xffffff;
	fake_post(conn, lying && one_in(60) ? nasty() : VMBUS_MESSAGE_TYPE, msg, len);
}

static void contact(uint32_t version)
{
	struct msg_contact m = { .h.type = MSG_INITIATE_CONTACT, .version = version };

	g.version = version;
	g.conn = version >= VMBUS_V5_0 ? VMBUS_CONN_CONTACT : VMBUS_CONN_MESSAGE;
	g.delivered = false;
	memset(g.chan, 0, sizeof(g.chan));
	if (version >= VMBUS_V5_0)
		m.sint = lying && one_in(30) ? nasty() : VMBUS_SINT;
	if (lying) {
		m.target_vp = one_in(8) ? nasty() : below(FUZZ_VPS);
		if (one_in(2)) {
			m.monitor_to_guest = one_in(6) ? (uint64_t)nasty() << 8 : 0x2000;
			m.monitor_to_host = one_in(6) ? nasty() : 0x3000;
		}
		if (version >= VMBUS_V6_0)
			m.features = rnd();
	}
	post(&m, version >= VMBUS_V6_0 ? sizeof(m) : MSG_CONTACT_SIZE);
}

static void bare(uint32_t type)
{
	struct msg_header h = { .type = type };

	post(&h, sizeof(h));
}

static void relid_message(uint32_t type, uint32_t relid)
{
	struct msg_relid m = { .h.type = type, .relid = relid };

	post(&m, sizeof(m));
}

static void gpadl_header(uint32_t relid)
{
	struct {
		struct msg_gpadl_header h;
		uint32_t bytes, offset;
		uint64_t pfn[RING_PAGES];
	} __attribute__((packed)) m = {
		.h = { .h.type = MSG_GPADL_HEADER, .relid = relid, .gpadl = HANDLE_BASE + relid,
		       .range_bytes = 8 + RING_PAGES * 8, .range_count = 1 },
		.bytes = RING_PAGES * 4096,
	};
	size_t len = sizeof(m);

	for (uint32_t i = 0; i < RING_PAGES; i++)
		m.pfn[i] = lying && one_in(100) ? nasty() : ring_pfn(relid, i);
	if (lying && one_in(8))
		m.h.gpadl = HANDLE_BASE + below(CHANS);
	if (lying && one_in(6))
		len -= 8 * below(RING_PAGES + 1);
	post(&m, len);
}

uint32_t buffer_handle(uint32_t relid)
{
	return BUFFER_HANDLE + relid;
}

uint8_t *buffer_memory(void)
{
	return fake_ram() + BUFFER_BASE * 4096;
}

void buffer_gpadl(uint32_t relid)
{
	struct {
		struct msg_gpadl_header h;
		uint32_t bytes, offset;
		uint64_t pfn[BUFFER_PAGES];
	} __attribute__((packed)) m = {
		.h = { .h.type = MSG_GPADL_HEADER, .relid = relid, .gpadl = buffer_handle(relid),
		       .range_bytes = 8 + BUFFER_PAGES * 8, .range_count = 1 },
		.bytes = BUFFER_PAGES * 4096,
	};

	for (uint32_t i = 0; i < BUFFER_PAGES; i++)
		m.pfn[i] = BUFFER_BASE + i;
	post(&m, sizeof(m));
}

static void gpadl_body(uint32_t relid)
{
	struct {
		struct msg_gpadl_body h;
		uint64_t pfn[4];
	} __attribute__((packed)) m = {
		.h = { .h.type = MSG_GPADL_BODY, .gpadl = HANDLE_BASE + relid },
	};

	for (uint32_t i = 0; i < 4; i++)
		m.pfn[i] = one_in(50) ? nasty() : ring_pfn(relid, RING_PAGES - 4 + i);
	post(&m, sizeof(m.h) + 8 * below(5));
}

static void teardown(uint32_t relid)
{
	struct msg_gpadl_teardown m = {
		.h.type = MSG_GPADL_TEARDOWN, .relid = relid, .gpadl = HANDLE_BASE + relid,
	};

	post(&m, sizeof(m));
}

static void open_channel(uint32_t relid)
{
	struct msg_open m = {
		.h.type = MSG_OPEN_CHANNEL, .relid = relid, .open_id = relid,
		.gpadl = HANDLE_BASE + relid, .page_offset = RING_SPLIT,
	};

	if (!lying || one_in(2))
		ring_clear(relid);
	if (lying && one_in(6))
		m.page_offset = one_in(2) ? nasty() : below(RING_PAGES + 2);
	if (lying)
		m.target_vp = one_in(4) ? nasty() : below(FUZZ_VPS);
	if (lying && one_in(3)) {
		m.connection_id = nasty();
		m.event_flag = nasty();
		m.flags = nasty();
	}
	g.chan[relid].opened = true;
	post(&m, g.features & (VMBUS_FEAT_GUEST_SIGNAL | VMBUS_FEAT_REDIRECT) ?
	     sizeof(m) : MSG_OPEN_V1_SIZE);
}

static void random_message(void)
{
	uint8_t msg[VMBUS_MAX_PAYLOAD];
	uint32_t type = one_in(10) ? nasty() : below(MSG_COUNT + 2);

	for (size_t i = 0; i < sizeof(msg); i++)
		msg[i] = one_in(2) ? 0 : rnd();
	memcpy(msg, &type, 4);
	post(msg, 1 + below(sizeof(msg)));
}

static void other_message(uint32_t relid)
{
	struct msg_modify_channel m = {
		.h.type = MSG_MODIFY_CHANNEL, .relid = relid,
		.target_vp = one_in(4) ? nasty() : below(FUZZ_VPS),
	};
	struct msg_open_reserved r = {
		.h.type = MSG_OPEN_RESERVED, .channel = relid, .target_vp = below(FUZZ_VPS),
		.target_sint = one_in(2) ? VMBUS_SINT : nasty(), .gpadl = HANDLE_BASE + relid,
		.page_offset = RING_SPLIT,
	};
	struct msg_close_reserved c = { .h.type = MSG_CLOSE_RESERVED, .channel = relid };

	switch (below(6)) {
	case 0:
		post(&r, sizeof(r));
		break;
	case 1:
		post(&c, sizeof(c));
		break;
	case 2:
		bare(MSG_PAUSE);
		break;
	case 3:
		bare(MSG_RESUME);
		break;
	default:
		post(&m, sizeof(m));
	}
}

/* ---- the user ---- */

static const char *const names[] = {
	"scsi0", "ide0", "shutdown", "timesync", "heartbeat", "kvp", "vss", "fcopy", "balloon",
	"keyboard", "mouse", "video", "pci", "rdma", "unknown", "net0",
};

static void user_command(void)
{
	const char *name = names[below(sizeof(names) / sizeof(names[0]))];
	char line[256];

	switch (below(19)) {
	case 11:
	case 12:
	case 13:
	case 14:
	case 15:
	case 16:
	case 17:
	case 18:
		ic_user_command(line, sizeof(line));
		break;
	case 9:
		snprintf(line, sizeof(line), "nic link %s", one_in(2) ? "up" : "down");
		break;
	case 10:
		snprintf(line, sizeof(line), "nic table queues=0,%u count=%u", nasty(), below(200));
		break;
	case 0:
		snprintf(line, sizeof(line), "rescind %s", name);
		break;
	case 1:
		snprintf(line, sizeof(line), "rescind %s step=%u", name, below(12));
		break;
	case 2:
	case 3:
		snprintf(line, sizeof(line), "offer %s", name);
		break;
	case 4:
		snprintf(line, sizeof(line), "disk resize controller=0 lun=%u size=%u",
			 below(3), 1u << (20 + below(4)));
		break;
	case 5:
		snprintf(line, sizeof(line), "fault storage %s count=%u",
			 one_in(2) ? "drop" : one_in(2) ? "delay=1" : "hold", 1 + below(3));
		break;
	case 6:
		snprintf(line, sizeof(line), "fault message %s drop count=1",
			 one_in(2) ? "OPEN_RESULT" : "GPADL_CREATED");
		break;
	case 7:
		snprintf(line, sizeof(line), "ring %s dir=%s write_index=%u", name,
			 one_in(2) ? "in" : "out", nasty());
		break;
	case 8:
		snprintf(line, sizeof(line), "manner %s", one_in(2) ? "none" :
			 "slow=1,lists-refused,relids-reused,modify-answered,resets-idle,"
			 "teardowns-dropped,subs-unanswered,subs-unopened");
		break;
	default:
		snprintf(line, sizeof(line), "%s", one_in(2) ? "release" : "counters");
	}
	control_execute(line);
}

/* ---- driving ---- */

void guest_start(uint64_t seed)
{
	memset(&g, 0, sizeof(g));
	ring_answers = 0;
	random_start(seed);
	g.favourite = 1;
	lying = true;
}

static uint32_t some_version(void)
{
	static const uint32_t known[] = {
		VMBUS_V2_4, VMBUS_V3_0, VMBUS_V4_0, VMBUS_V4_1, VMBUS_V5_0, VMBUS_V5_2, VMBUS_V5_3,
		VMBUS_V6_0, VMBUS_V6_0,
	};

	return one_in(20) ? nasty() : known[below(sizeof(known) / sizeof(known[0]))];
}

/* How the type GUIDs begin. */
static const uint8_t net_type[] = { 0x63, 0x51, 0x61, 0xf8 };
static const uint8_t scsi_type[] = { 0xd9, 0x63, 0x61, 0xba };

static bool is_type(const struct chan *c, const uint8_t type[4])
{
	return c->offered && !memcmp(c->offer.type.b, type, 4);
}

/* The first channel of a type, 0 = none. */
static uint32_t find_type(const uint8_t type[4])
{
	for (uint32_t i = 0; i < CHANS; i++)
		if (is_type(&g.chan[i], type))
			return i;
	return 0;
}

/* As the type GUIDs of the components begin, by the type of their messages. */
static const uint8_t ic_types[8][4] = {
	[1] = { 0x39, 0x4f, 0x16, 0x57 }, [2] = { 0xe7, 0xf4, 0xa0, 0xa9 }, [3] = { 0x31, 0x60, 0x0b, 0x0e },
	[4] = { 0x30, 0xe6, 0x27, 0x95 }, [5] = { 0x29, 0x2e, 0xfa, 0x35 }, [7] = { 0xe3, 0x4b, 0xd1, 0x34 },
};

static unsigned int kind_of(const struct chan *c)
{
	if (is_type(c, net_type))
		return RING_NET;
	for (unsigned int i = 1; i < 8; i++)
		if (i != 6 && is_type(c, ic_types[i]))
			return RING_IC + i;
	return RING_OTHER;
}

static uint32_t some_favourite(void)
{
	static const uint8_t types[] = { 1, 2, 3, 4, 5, 7 };

	switch (below(5)) {
	case 0:
		return 1 + below(26);
	case 1:
		return find_type(scsi_type);
	case 2:
		return find_type(net_type);
	default:
		return find_type(ic_types[types[below(sizeof(types))]]);
	}
}

static void channel_step(uint32_t relid)
{
	switch (below(16)) {
	case 0:
		gpadl_header(relid);
		break;
	case 1:
		gpadl_header(relid);
		open_channel(relid);
		break;
	case 2:
		open_channel(relid);
		break;
	case 3:
		if (one_in(20))
			relid_message(MSG_CLOSE_CHANNEL, relid);
		break;
	case 4:
		if (one_in(10))
			teardown(relid);
		break;
	case 5:
		if (one_in(20))
			relid_message(MSG_RELID_RELEASED, relid);
		break;
	case 6:
		gpadl_body(relid);
		break;
	case 7:
		other_message(relid);
		break;
	default:
		ring_traffic(relid, kind_of(&g.chan[relid]), g.chan[relid].offer.connection_id);
	}
}

/* Rare things that end the connection come first. */
void guest_step(void)
{
	uint32_t kind = below(4000);

	if (!g.version || kind < 4) {
		contact(some_version());
		bare(MSG_REQUEST_OFFERS);
	} else if (kind < 8) {
		bare(one_in(2) ? MSG_UNLOAD : MSG_REQUEST_OFFERS);
	} else if (kind < 10) {
		vmbus_reset(fake_vm());
		g.version = 0;
	} else if (kind < 100) {
		random_message();
	} else if (kind < 140) {
		user_command();
	} else if (kind < 600) {
		poll_turn(0);
	} else {
		channel_step(one_in(4) ? below(CHANS) : g.favourite);
		if (one_in(30))
			g.favourite = some_favourite();
	}
}

const char *guest_connect(void)
{
	lying = false;
	control_execute("fault clear");
	control_execute("manner none");
	control_execute("rescind scsi0 step=off");
	control_execute("rescind net0 step=off");
	control_execute("release");
	vmbus_reset(fake_vm());
	poll_turn(0);
	control_execute("offer scsi0");
	g.versions = g.opens = g.created = 0;
	contact(VMBUS_V5_3);
	if (!g.versions)
		return "no VERSION_RESPONSE";
	bare(MSG_REQUEST_OFFERS);
	if (!g.delivered)
		return "no ALL_OFFERS_DELIVERED";
	return NULL;
}

uint32_t guest_signal(uint32_t relid)
{
	return fake_signal(g.chan[relid].offer.connection_id);
}

uint32_t guest_open(enum guest_device device)
{
	uint32_t relid = find_type(device == GUEST_NET ? net_type : scsi_type);

	if (!relid)
		return 0;
	gpadl_header(relid);
	if (!g.created || g.gpadl_status)
		return 0;
	open_channel(relid);
	return g.opens && !g.open_status ? relid : 0;
}

const char *guest_honest(void)
{
	const char *why = guest_connect();
	uint32_t relid;

	if (why)
		return why;
	relid = guest_open(GUEST_SCSI);
	if (!relid)
		return "scsi0 is not offered, takes no memory list, or does not open";
	ring_handshake(relid);
	guest_signal(relid);
	for (unsigned int n = 0; n < 20; n++)
		poll_turn(1);
	return ring_answered(relid) ? NULL : "no answer to BEGIN_INITIALIZATION";
}

void guest_depth(unsigned int depth[3])
{
	depth[0] = g.messages;
	depth[1] = g.good_opens;
	depth[2] = ring_answers;
}
