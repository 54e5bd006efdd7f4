// SPDX-License-Identifier: GPL-2.0-only
/*
 * Synthetic video: version, place of the frame buffer and resolution, so that
 * a guest's driver binds. The frame buffer is memory; nobody looks at it.
 */
#include <string.h>
#include "devices/classes.h"
#include "loop/log.h"
#include "machine/vm.h"
#include "vmbus/bus.h"

enum {
	VIDEO_VERSION_REQUEST = 1, VIDEO_VERSION_RESPONSE,
	VIDEO_VRAM, VIDEO_VRAM_ACK, VIDEO_SITUATION, VIDEO_SITUATION_ACK,
	VIDEO_POINTER, VIDEO_SHAPE, VIDEO_FEATURES, VIDEO_DIRT,
	VIDEO_BIOS_REQUEST, VIDEO_BIOS_RESPONSE,
	VIDEO_RESOLUTION_REQUEST, VIDEO_RESOLUTION_RESPONSE,
};

struct video_header {
	uint32_t type;
	uint32_t size;		/* with this header */
} WIRE;

struct video_version {
	struct video_header h;
	uint32_t version;
	uint8_t accepted;
	uint8_t outputs;
} WIRE;

struct video_ack {
	struct video_header h;
	uint64_t context;
} WIRE;

struct video_resolutions {
	struct video_header h;
	uint8_t edid[128];
	uint8_t count;
	uint8_t preferred;
	uint8_t standard;
	struct {
		uint16_t width, height;
	} WIRE mode[3];
} WIRE;

static void on_version(struct vsp_chan *ch, const uint8_t *msg, size_t len)
{
	struct video_version r = {
		.h = { VIDEO_VERSION_RESPONSE, sizeof(r) }, .outputs = 1,
	};
	uint16_t major, minor;

	if (len < sizeof(struct video_header) + 4)
		return;
	memcpy(&r.version, msg + sizeof(r.h), sizeof(r.version));
	major = r.version & 0xFFFF;
	minor = r.version >> 16;
	r.accepted = major == 3 && minor <= 5;
	pipe_send(ch, &r, sizeof(r));
}

static void on_ack(struct vsp_chan *ch, uint32_t type, const uint8_t *msg, size_t len)
{
	struct video_ack r = { .h = { type, sizeof(r) } };

	if (len < sizeof(r))
		return;
	memcpy(&r.context, msg + sizeof(r.h), sizeof(r.context));
	pipe_send(ch, &r, sizeof(r));
}

struct video_vram {
	struct video_header h;
	uint64_t context;
	uint8_t given;
	uint64_t gpa;
} WIRE;

static void on_vram(struct vsp_chan *ch, const uint8_t *msg, size_t len)
{
	struct video_vram m;
	uint64_t size = (uint64_t)ch->dev->mmio_megabytes << 20;

	if (len < sizeof(m))
		return;
	memcpy(&m, msg, sizeof(m));
	if (m.given && vm_frame_buffer(ch->dev->bus->vm, m.gpa, size))
		trace("VIDEO", "no memory for a frame buffer at %#llx",
		      (unsigned long long)m.gpa);
	on_ack(ch, VIDEO_VRAM_ACK, msg, len);
}

static void on_resolution(struct vsp_chan *ch)
{
	struct video_resolutions r = {
		.h = { VIDEO_RESOLUTION_RESPONSE, sizeof(r) },
		.count = 3, .preferred = 1,
		.mode = { { 640, 480 }, { 1024, 768 }, { 1152, 864 } },
	};

	pipe_send(ch, &r, sizeof(r));
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct video_header h;
	const uint8_t *msg;
	size_t len;

	if (p->type == PKT_COMPLETION)
		return;
	msg = pipe_take(ch, p, &len);
	if (!msg || len < sizeof(h))
		return;
	memcpy(&h, msg, sizeof(h));
	complete_empty(ch, p);
	if (h.type != VIDEO_DIRT || trace_verbose())
		trace("VIDEO", "< type=%u size=%u", h.type, h.size);
	switch (h.type) {
	case VIDEO_VERSION_REQUEST:
		on_version(ch, msg, len);
		break;
	case VIDEO_VRAM:
		on_vram(ch, msg, len);
		break;
	case VIDEO_SITUATION:
		on_ack(ch, VIDEO_SITUATION_ACK, msg, len);
		break;
	case VIDEO_RESOLUTION_REQUEST:
		on_resolution(ch);
		break;
	}
}

const struct vsp_ops video_ops = { .packet = on_packet };
