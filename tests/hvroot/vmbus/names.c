// SPDX-License-Identifier: GPL-2.0-only
/*
 * The protocol trace: every control message by name with its fields.
 */
#include <stdio.h>
#include <string.h>
#include "loop/log.h"
#include "vmbus/bus.h"

static const char *const names[MSG_COUNT] = {
	[MSG_OFFER_CHANNEL] = "OFFER_CHANNEL",
	[MSG_RESCIND_CHANNEL] = "RESCIND_CHANNEL",
	[MSG_REQUEST_OFFERS] = "REQUEST_OFFERS",
	[MSG_ALL_OFFERS_DELIVERED] = "ALL_OFFERS_DELIVERED",
	[MSG_OPEN_CHANNEL] = "OPEN_CHANNEL",
	[MSG_OPEN_RESULT] = "OPEN_RESULT",
	[MSG_CLOSE_CHANNEL] = "CLOSE_CHANNEL",
	[MSG_GPADL_HEADER] = "GPADL_HEADER",
	[MSG_GPADL_BODY] = "GPADL_BODY",
	[MSG_GPADL_CREATED] = "GPADL_CREATED",
	[MSG_GPADL_TEARDOWN] = "GPADL_TEARDOWN",
	[MSG_GPADL_TORNDOWN] = "GPADL_TORNDOWN",
	[MSG_RELID_RELEASED] = "RELID_RELEASED",
	[MSG_INITIATE_CONTACT] = "INITIATE_CONTACT",
	[MSG_VERSION_RESPONSE] = "VERSION_RESPONSE",
	[MSG_UNLOAD] = "UNLOAD",
	[MSG_UNLOAD_RESPONSE] = "UNLOAD_RESPONSE",
	[MSG_OPEN_RESERVED] = "OPEN_RESERVED",
	[MSG_CLOSE_RESERVED] = "CLOSE_RESERVED",
	[MSG_CLOSE_RESERVED_RESPONSE] = "CLOSE_RESERVED_RESPONSE",
	[MSG_TL_CONNECT_REQUEST] = "TL_CONNECT_REQUEST",
	[MSG_MODIFY_CHANNEL] = "MODIFY_CHANNEL",
	[MSG_TL_CONNECT_RESULT] = "TL_CONNECT_RESULT",
	[MSG_MODIFY_CHANNEL_RESPONSE] = "MODIFY_CHANNEL_RESPONSE",
	[MSG_MODIFY_CONNECTION] = "MODIFY_CONNECTION",
	[MSG_MODIFY_CONNECTION_RESPONSE] = "MODIFY_CONNECTION_RESPONSE",
	[MSG_PAUSE] = "PAUSE",
	[MSG_PAUSE_RESPONSE] = "PAUSE_RESPONSE",
	[MSG_RESUME] = "RESUME",
};

const char *message_name(uint32_t type)
{
	return type < MSG_COUNT && names[type] ? names[type] : "UNKNOWN";
}

uint32_t message_type(const char *name)
{
	for (uint32_t i = 0; i < MSG_COUNT; i++)
		if (names[i] && !strcmp(names[i], name))
			return i;
	return 0;
}

void guid_text(const struct guid *g, char text[37])
{
	const uint8_t *b = g->b;

	snprintf(text, 37, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		 b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9],
		 b[10], b[11], b[12], b[13], b[14], b[15]);
}

/* @text is one of our own constants, in the usual printed form. */
struct guid guid_make(const char *text)
{
	static const uint8_t order[16] = {
		3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15,
	};
	struct guid g = { { 0 } };

	for (int i = 0; i < 16; i++) {
		unsigned int byte = 0;

		if (*text == '-')
			text++;
		if (sscanf(text, "%2x", &byte) != 1)
			break;
		g.b[order[i]] = byte;
		text += 2;
	}
	return g;
}

/* How the fields of a message are printed: a letter per field. */
struct field {
	const char *name;
	char kind;	/* d, x = u32; w = u16; b = u8; q = u64; g = GUID; v = version */
	uint8_t off;
};

#define MAX_FIELDS 9
static const struct field fields[MSG_COUNT][MAX_FIELDS] = {
	[MSG_OFFER_CHANNEL] = { { "relid", 'd', 184 }, { "sub", 'w', 180 },
		{ "conn", 'x', 192 }, { "flags", 'h', 56 }, { "mmio", 'w', 58 },
		{ "monitor", 'b', 188 }, { "dedicated", 'w', 190 },
		{ "type", 'g', 8 }, { "instance", 'g', 24 } },
	[MSG_RESCIND_CHANNEL] = { { "relid", 'd', 8 } },
	[MSG_OPEN_CHANNEL] = { { "relid", 'd', 8 }, { "openid", 'd', 12 },
		{ "gpadl", 'x', 16 }, { "vp", 'd', 20 }, { "split", 'd', 24 } },
	[MSG_OPEN_RESULT] = { { "relid", 'd', 8 }, { "openid", 'd', 12 },
		{ "status", 'x', 16 } },
	[MSG_CLOSE_CHANNEL] = { { "relid", 'd', 8 } },
	[MSG_GPADL_HEADER] = { { "relid", 'd', 8 }, { "gpadl", 'x', 12 },
		{ "rangebytes", 'w', 16 }, { "ranges", 'w', 18 },
		{ "bytes", 'd', 20 }, { "offset", 'd', 24 } },
	[MSG_GPADL_BODY] = { { "gpadl", 'x', 12 }, { "number", 'd', 8 } },
	[MSG_GPADL_CREATED] = { { "relid", 'd', 8 }, { "gpadl", 'x', 12 },
		{ "status", 'x', 16 } },
	[MSG_GPADL_TEARDOWN] = { { "relid", 'd', 8 }, { "gpadl", 'x', 12 } },
	[MSG_GPADL_TORNDOWN] = { { "gpadl", 'x', 8 } },
	[MSG_RELID_RELEASED] = { { "relid", 'd', 8 } },
	[MSG_INITIATE_CONTACT] = { { "version", 'v', 8 }, { "vp", 'd', 12 },
		{ "page", 'q', 16 }, { "monitor1", 'q', 24 }, { "monitor2", 'q', 32 } },
	[MSG_VERSION_RESPONSE] = { { "supported", 'b', 8 }, { "state", 'b', 9 },
		{ "id", 'x', 12 } },
	[MSG_OPEN_RESERVED] = { { "channel", 'd', 8 }, { "vp", 'd', 12 },
		{ "sint", 'd', 16 }, { "gpadl", 'x', 20 }, { "split", 'd', 24 } },
	[MSG_CLOSE_RESERVED] = { { "channel", 'd', 8 }, { "vp", 'd', 12 },
		{ "sint", 'd', 16 } },
	[MSG_CLOSE_RESERVED_RESPONSE] = { { "channel", 'd', 8 } },
	[MSG_TL_CONNECT_REQUEST] = { { "endpoint", 'g', 8 }, { "service", 'g', 24 } },
	[MSG_MODIFY_CHANNEL] = { { "relid", 'd', 8 }, { "vp", 'd', 12 } },
	[MSG_TL_CONNECT_RESULT] = { { "status", 'x', 40 }, { "endpoint", 'g', 8 },
		{ "service", 'g', 24 } },
	[MSG_MODIFY_CHANNEL_RESPONSE] = { { "relid", 'd', 8 }, { "status", 'x', 12 } },
	[MSG_MODIFY_CONNECTION] = { { "monitor1", 'q', 8 }, { "monitor2", 'q', 16 } },
	[MSG_MODIFY_CONNECTION_RESPONSE] = { { "state", 'b', 8 } },
};

static size_t kind_size(char kind)
{
	switch (kind) {
	case 'b':
		return 1;
	case 'w':
	case 'h':
		return 2;
	case 'q':
		return 8;
	case 'g':
		return sizeof(struct guid);
	default:
		return 4;
	}
}

static int print_field(char *to, size_t room, const struct field *f,
		       const uint8_t *msg)
{
	char text[37];
	struct guid g;
	uint64_t v = 0;

	if (f->kind == 'g') {
		memcpy(&g, msg + f->off, sizeof(g));
		guid_text(&g, text);
		return snprintf(to, room, " %s=%s", f->name, text);
	}
	memcpy(&v, msg + f->off, kind_size(f->kind));
	if (f->kind == 'v')
		return snprintf(to, room, " %s=%u.%u", f->name,
				(unsigned int)(v >> 16), (unsigned int)(v & 0xFFFF));
	if (f->kind == 'x' || f->kind == 'q' || f->kind == 'h')
		return snprintf(to, room, " %s=%#llx", f->name, (unsigned long long)v);
	return snprintf(to, room, " %s=%llu", f->name, (unsigned long long)v);
}

void trace_message(const char *dir, const void *msg, size_t len)
{
	char text[512];
	uint32_t type = 0;
	size_t at = 0;

	if (!trace_on())
		return;
	memcpy(&type, msg, len < sizeof(type) ? len : sizeof(type));
	text[0] = 0;
	for (int i = 0; type < MSG_COUNT && i < MAX_FIELDS; i++) {
		const struct field *f = &fields[type][i];

		if (!f->name || f->off + kind_size(f->kind) > len || at >= sizeof(text))
			break;
		at += print_field(text + at, sizeof(text) - at, f, msg);
	}
	trace(message_name(type), "%s type=%u len=%zu%s", dir, type, len, text);
}
