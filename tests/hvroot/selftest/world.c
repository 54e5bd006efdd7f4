// SPDX-License-Identifier: GPL-2.0-only
/* See world.h. */
#include <string.h>
#include "test.h"
#include "world.h"

struct world w;

static void on_send(void *ctx, uint32_t vp, uint32_t sint, const void *msg, size_t len)
{
	unsigned int i = w.nsent++ % WORLD_LOG;

	CHECK(len >= 8 && len <= VMBUS_MAX_PAYLOAD);
	memset(&w.sent[i], 0, sizeof(w.sent[i]));
	memcpy(w.sent[i].msg, msg, len);
	memcpy(&w.sent[i].type, msg, 4);
	w.sent[i].vp = vp;
	w.sent[i].sint = sint;
	w.sent[i].len = len;
}

static void on_connected(void *ctx)
{
	w.connects++;
}

static void on_disconnected(void *ctx)
{
	w.disconnects++;
	memset(w.dev, 0, sizeof(w.dev));
}

static void on_list(void *ctx)
{
	for (unsigned int i = 0; i < w.ndev; i++) {
		struct msg_offer o = { .flags = 1, .monitor_id = 0xFF, .dedicated = 1 };

		o.instance.b[0] = i;
		w.dev[i] = ctl_offer(&w.c, &o, 0, NULL);
		CHECK(w.dev[i]);
	}
}

static uint32_t on_open(void *ctx, struct ctl_chan *ch)
{
	w.opens++;
	return w.open_status;
}

static bool on_open_waits(void *ctx, struct ctl_chan *ch)
{
	return w.late;
}

static void on_close(void *ctx, struct ctl_chan *ch)
{
	w.closes++;
	if (w.slow)
		w.closing[w.nclosing++] = ch;
	else
		ctl_closed(ch);
}

static void on_modified(void *ctx, struct ctl_chan *ch)
{
	w.moves++;
}

static void on_released(void *ctx, struct ctl_chan *ch)
{
	w.released++;
	for (unsigned int i = 0; i < w.ndev; i++)
		if (w.dev[i] == ch)
			w.dev[i] = NULL;
}

static void on_monitor(void *ctx, uint64_t to_guest, uint64_t to_host)
{
	w.monitor1 = to_guest;
	w.monitor2 = to_host;
}

static bool on_tl_connect(void *ctx, const struct guid *endpoint, const struct guid *service)
{
	return service->b[0] == 0x33;
}

static bool on_vp_ok(void *ctx, uint32_t vp)
{
	return vp < 4;
}

static void on_refused(void *ctx, uint32_t type, const char *why)
{
	w.refused++;
}

static const struct ctl_ops ops = {
	on_send, on_connected, on_disconnected, on_list, on_open, on_open_waits,
	on_close, on_modified, on_released, on_monitor, on_tl_connect, on_vp_ok, on_refused,
};

void world_new(unsigned int ndev)
{
	memset(&w, 0, sizeof(w));
	ctl_init(&w.c, &ops, NULL);
	w.ndev = ndev;
}

void world_end(void)
{
	w.slow = false;
	while (w.nclosing)
		world_closed();
	ctl_reset(&w.c);
	CHECK(!w.c.channels && !w.c.gpadls.count);
	ctl_fini(&w.c);
}

unsigned int world_post(const void *msg, size_t len)
{
	unsigned int before = w.nsent;
	uint32_t type, version = w.c.version, conn;

	memcpy(&type, msg, 4);
	if (type == MSG_INITIATE_CONTACT && len >= MSG_CONTACT_SIZE)
		memcpy(&version, (const uint8_t *)msg + 8, 4);
	conn = version < VMBUS_V5_0 ? VMBUS_CONN_MESSAGE :
		type == MSG_INITIATE_CONTACT ? VMBUS_CONN_CONTACT :
		w.c.message_connection;
	ctl_message(&w.c, conn, msg, len);
	return w.nsent - before;
}

unsigned int world_bare(uint32_t type)
{
	struct msg_header h = { .type = type };

	return world_post(&h, sizeof(h));
}

unsigned int world_relid(uint32_t type, uint32_t relid)
{
	struct msg_relid m = { .h.type = type, .relid = relid };

	return world_post(&m, sizeof(m));
}

void world_contact(uint32_t version, uint32_t features)
{
	struct msg_contact m = {
		.h.type = MSG_INITIATE_CONTACT, .version = version,
		.monitor_to_guest = 0x1000, .monitor_to_host = 0x2000,
	};

	if (version >= VMBUS_V5_0) {
		m.sint = VMBUS_SINT;
		m.features = features;
	}
	world_post(&m, features & VMBUS_FEAT_CLIENT_ID ? sizeof(m) : MSG_CONTACT_SIZE);
}

void world_connect(uint32_t version, uint32_t features)
{
	world_contact(version, features);
	world_bare(MSG_REQUEST_OFFERS);
}

void world_closed(void)
{
	struct ctl_chan *ch = w.closing[--w.nclosing];

	ctl_closed(ch);
}

const void *world_got(uint32_t type)
{
	unsigned int n = w.nsent < WORLD_LOG ? w.nsent : WORLD_LOG;

	for (unsigned int i = 0; i < n; i++) {
		unsigned int at = (w.nsent - 1 - i) % WORLD_LOG;

		if (w.sent[at].type == type)
			return w.sent[at].msg;
	}
	return NULL;
}

unsigned int world_count(uint32_t type)
{
	unsigned int n = w.nsent < WORLD_LOG ? w.nsent : WORLD_LOG, found = 0;

	for (unsigned int i = 0; i < n; i++)
		found += w.sent[i].type == type;
	return found;
}

void world_forget(void)
{
	w.nsent = 0;
	w.refused = 0;
}

void world_gpadl_begin(uint32_t relid, uint32_t gpadl, uint32_t frames, uint32_t sent)
{
	struct {
		struct msg_gpadl_header h;
		struct gpa_range r;
		uint64_t pfn[26];
	} WIRE m = {
		.h = { .h.type = MSG_GPADL_HEADER, .relid = relid, .gpadl = gpadl,
		       .range_bytes = 8 + 8 * frames, .range_count = 1 },
		.r = { .length = frames * VMBUS_PAGE },
	};

	world_post(&m, sizeof(m.h) + sizeof(m.r) + 8 * sent);
}

void world_gpadl(uint32_t relid, uint32_t gpadl, uint32_t frames)
{
	world_gpadl_begin(relid, gpadl, frames, frames);
}

unsigned int world_teardown(uint32_t relid, uint32_t gpadl)
{
	struct msg_gpadl_teardown m = {
		.h.type = MSG_GPADL_TEARDOWN, .relid = relid, .gpadl = gpadl,
	};

	return world_post(&m, sizeof(m));
}

/* The status of the OPEN_RESULT, or ~0 when there was none. */
uint32_t world_open(uint32_t relid, uint32_t gpadl, uint32_t split)
{
	struct msg_open m = {
		.h.type = MSG_OPEN_CHANNEL, .relid = relid, .open_id = relid,
		.gpadl = gpadl, .target_vp = 1, .page_offset = split,
	};
	const struct msg_open_result *r;

	if (!world_post(&m, MSG_OPEN_V1_SIZE))
		return ~0u;
	r = world_got(MSG_OPEN_RESULT);
	return r && r->relid == relid ? r->status : ~0u;
}
