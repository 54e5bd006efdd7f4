// SPDX-License-Identifier: GPL-2.0-only
/*
 * ic.c - a guest's answers on the channels of integration components: mostly
 * the request sent back, as Linux does, often with something wrong in it; and
 * the commands of a user who keeps the components busy.
 */
#include <stdio.h>
#include <string.h>

#include "control/control.h"
#include "fuzz.h"
#include "services/wire.h"

#define PACKET_MAX	8192u

struct ic_packet {
	struct packet_header h;
	uint32_t pipe_type, pipe_size;
	struct ic_header ic;
	union {
		uint8_t data[PACKET_MAX - sizeof(struct packet_header) - 8 - sizeof(struct ic_header)];
		struct ic_negotiate n;
	};
} WIRE;

static struct ic_packet p;

/* The first framework and the last message version that were offered. */
static void agree(void)
{
	unsigned int fw = p.n.frameworks, n = fw + p.n.messages;
	struct ic_version a = p.n.version[0], b = { 0, 0 };

	if (!fw || fw == n || n > 2 * IC_VERSIONS_MAX)
		return;
	b = p.n.version[n - 1];
	p.n.version[0] = a;
	p.n.version[1] = b;
	p.n.frameworks = p.n.messages = 1;
}

static void some_status(void)
{
	static const uint32_t some[] = { IC_OK, IC_OK, IC_FAILURE, IC_NO_MORE_ITEMS, IC_NOT_FOUND };

	p.ic.status = one_in(10) ? nasty() : some[below(5)];
}

static void spoil(size_t len)
{
	uint8_t *bytes = (uint8_t *)&p;
	uint32_t v = nasty();

	switch (below(5)) {
	case 0:
		bytes[below(len)] = rnd();
		break;
	case 1:
		memcpy(bytes + 16 + 4 * below(12), &v, 4);	/* pipe, header, first of the data */
		break;
	case 2:
		p.ic.transaction = below(6);
		break;
	case 3:
		p.h.len8 = 2 + below(40);
		break;
	default:
		memcpy(p.data + 4 * below(600), &v, 4);
	}
}

void ic_traffic(uint32_t relid, uint16_t type)
{
	size_t len = ring_take(relid, &p, sizeof(p));
	char line[256];

	if (!len && !one_in(20)) {
		ic_user_command(line, sizeof(line));
		control_execute(line);
		return;
	}
	if (!len) {
		p.h = (struct packet_header){ .type = PKT_INBAND, .offset8 = 2, .len8 = 7 };
		p.pipe_type = 1;
		p.pipe_size = 32;
		p.ic.type = one_in(3) ? below(9) : type;
		p.ic.transaction = below(8);
		len = 56;
	}
	p.ic.flags = IC_FLAG_TRANSACTION | IC_FLAG_RESPONSE;
	some_status();
	if (p.ic.type == IC_TYPE_NEGOTIATE)
		agree();
	if (one_in(8))
		spoil(len);
	ring_put(relid, &p, p.h.len8 * 8u <= sizeof(p) && p.h.len8 ? p.h.len8 * 8u : len);
}

void ic_user_command(char *line, size_t size)
{
	static const char *const some[] = {
		"ic", "heartbeat", "heartbeat burst=9", "heartbeat interval=1", "time sync offset=-3600",
		"time interval=1", "time sample age=700 leap=4", "kvp get 0 key", "kvp list 2",
		"kvp list guest limit=3", "kvp set 0 %41 %F0%9F%98%80 type=string", "kvp set 1 n 5 type=u64",
		"kvp delete 0 key", "kvp ip-get adapter=00:11:22:33:44:55", "kvp facts",
		"kvp ip-set adapter=1 address=1.2.3.4,fd00::1 subnet=255.0.0.0,64 dns=1.1.1.1",
		"vss check limit=2", "vss freeze limit=2", "vss thaw limit=1", "vss recover limit=2",
		"vss backup /dev/null disk=c0l0 limit=5", "fcopy /etc/hostname /tmp/x overwrite",
		"fcopy /etc/passwd /tmp/y cancel-at=1 limit=4", "shutdown now limit=3",
		"shutdown force reboot reason a text", "ic wait vss limit=1", "ic negotiate kvp limit=2",
		"ic wait kvp daemon limit=3", "ic wait vss daemon limit=9", "ic wait fcopy daemon",
		"ic negotiate shutdown frameworks=60000 messages=3", "ic set kvp message=5.0",
		"ic set kvp message=4.0+3.0", "ic set timesync message=3.0 framework=3.0",
		"ic send fcopy type=7 size=5 data=0102", "fault clear",
	};
	static const char *const kinds[] = {
		"short", "short=3", "oversized", "unterminated", "unknown", "operation=9", "size=65535",
		"pipe=7", "corrupt=20:ffff", "duplicate", "delay=1", "drop", "ignore",
	};
	static const char *const names[] = { "shutdown", "timesync", "heartbeat", "kvp", "vss", "fcopy" };

	if (one_in(8))
		snprintf(line, size, "fault ic %s %s%s", names[below(6)],
			 kinds[below(sizeof(kinds) / sizeof(kinds[0]))], one_in(4) ? " on=negotiate" : "");
	else
		snprintf(line, size, "%s", some[below(sizeof(some) / sizeof(some[0]))]);
}
