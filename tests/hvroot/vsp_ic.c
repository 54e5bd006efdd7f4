// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integration components: version negotiation at each open. The services
 * themselves are not here.
 */
#include <string.h>
#include "classes.h"
#include "log.h"

#define IC_NEGOTIATE	0
#define IC_REQUEST	3	/* transaction | request */
#define IC_RESPONSE	5	/* transaction | response */
#define MAX_VERSIONS	8

struct ic_version {
	uint16_t major, minor;
} WIRE;

struct ic_header {
	struct ic_version framework;
	uint16_t type;
	struct ic_version message;
	uint16_t size;
	uint32_t status;
	uint8_t transaction;
	uint8_t flags;
	uint16_t reserved;
} WIRE;
WIRE_SIZE(struct ic_header, 20);

struct ic_negotiate {
	struct ic_header h;
	uint16_t frameworks, messages;
	uint32_t reserved;
	struct ic_version version[MAX_VERSIONS];
} WIRE;
WIRE_OFF(struct ic_negotiate, version, 28);

static const struct {
	const char *name;
	struct ic_version message[4];
} services[] = {
	{ "shutdown", { { 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 } } },
	{ "timesync", { { 1, 0 }, { 3, 0 }, { 4, 0 } } },
	{ "heartbeat", { { 1, 0 }, { 3, 0 } } },
	{ "kvp", { { 1, 0 }, { 3, 0 }, { 4, 0 } } },
	{ "vss", { { 5, 0 } } },
	{ "fcopy", { { 1, 1 } } },
};

static uint32_t on_open(struct vsp_chan *ch)
{
	static const struct ic_version framework[] = { { 1, 0 }, { 3, 0 } };
	struct ic_negotiate m = {
		.h = { .framework = { 1, 0 }, .type = IC_NEGOTIATE,
		       .message = { 1, 0 }, .flags = IC_REQUEST },
	};
	size_t n = 0;

	for (; n < 2; n++)
		m.version[n] = framework[n];
	m.frameworks = n;
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if (strcmp(services[i].name, ch->dev->name))
			continue;
		for (size_t v = 0; v < 4 && services[i].message[v].major; v++)
			m.version[n++] = services[i].message[v];
	}
	m.messages = n - m.frameworks;
	m.h.size = 8 + n * sizeof(struct ic_version);
	pipe_send(ch, &m, sizeof(m.h) + m.h.size);
	trace("IC_NEGOTIATE", "> %s frameworks=%u messages=%u", ch->dev->name,
	      m.frameworks, m.messages);
	return 0;
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct ic_negotiate m = { 0 };
	size_t len;
	const void *msg = pipe_take(ch, p, &len);

	if (!msg)
		return;
	if (len < sizeof(m.h)) {
		vsp_reject(ch, p, "shorter than an IC header");
		return;
	}
	memcpy(&m, msg, len < sizeof(m) ? len : sizeof(m));
	if (m.h.type != IC_NEGOTIATE || !(m.h.flags & 4)) {
		vsp_reject(ch, p, "not an answer that was asked for");
		return;
	}
	trace("IC_NEGOTIATE", "< %s status=%#x framework=%u.%u message=%u.%u%s",
	      ch->dev->name, m.h.status, m.version[0].major, m.version[0].minor,
	      m.version[1].major, m.version[1].minor,
	      m.frameworks && m.messages ? "" : " (no match)");
}

const struct vsp_ops ic_ops = { .open = on_open, .packet = on_packet };
