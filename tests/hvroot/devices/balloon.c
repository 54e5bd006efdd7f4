// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dynamic memory: version and capabilities, so that a guest's driver binds;
 * its pressure reports are traced. No memory is ever taken or added.
 */
#include <string.h>
#include "devices/classes.h"
#include "loop/log.h"

enum {
	DM_ERROR, DM_VERSION_REQUEST, DM_VERSION_RESPONSE, DM_CAPABILITIES,
	DM_CAPABILITIES_RESPONSE, DM_STATUS,
};

struct dm_header {
	uint16_t type;
	uint16_t size;
	uint32_t transaction;
} WIRE;
WIRE_SIZE(struct dm_header, 8);

struct dm_response {
	struct dm_header h;
	uint64_t accepted;
} WIRE;
WIRE_SIZE(struct dm_response, 16);

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct dm_response r = { .h = { .size = sizeof(r) } };
	struct dm_header h;
	uint32_t version = 0;

	if (p->type != PKT_INBAND || p->len < sizeof(h)) {
		vsp_reject(ch, p, "no memory message");
		return;
	}
	memcpy(&h, p->body, sizeof(h));
	complete_empty(ch, p);
	if (p->len >= sizeof(h) + sizeof(version))
		memcpy(&version, p->body + sizeof(h), sizeof(version));
	if (h.type != DM_STATUS || trace_verbose())
		trace("BALLOON", "< type=%u size=%u value=%#x", h.type, h.size, version);
	r.h.transaction = h.transaction;
	if (h.type == DM_VERSION_REQUEST) {
		r.h.type = DM_VERSION_RESPONSE;
		r.accepted = version <= 0x00020000;
	} else if (h.type == DM_CAPABILITIES) {
		r.h.type = DM_CAPABILITIES_RESPONSE;
		r.accepted = 1;
	} else {
		return;
	}
	vsp_send(ch, PKT_INBAND, 0, 0, &r, sizeof(r));
}

const struct vsp_ops balloon_ops = { .packet = on_packet };
