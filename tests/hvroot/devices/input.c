// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keyboard and mouse: the handshake that lets a guest's driver bind. Nobody
 * types here.
 */
#include <string.h>
#include "devices/classes.h"
#include "loop/log.h"

/* ---- keyboard: plain in-band packets ---- */

enum { KBD_REQUEST = 1, KBD_RESPONSE, KBD_EVENT, KBD_LEDS };
#define KBD_VERSION	0x00010000u	/* 1.0 */

struct kbd_message {
	uint32_t type;
	uint32_t value;		/* version, or 1 = accepted */
} WIRE;
WIRE_SIZE(struct kbd_message, 8);

static void on_keyboard(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct kbd_message m, answer = { .type = KBD_RESPONSE };

	if (p->type != PKT_INBAND || p->len < sizeof(m)) {
		vsp_reject(ch, p, "no keyboard message");
		return;
	}
	memcpy(&m, p->body, sizeof(m));
	complete_empty(ch, p);
	trace("KEYBOARD", "< type=%u value=%#x", m.type, m.value);
	if (m.type != KBD_REQUEST)
		return;
	answer.value = m.value == KBD_VERSION;
	vsp_send(ch, PKT_INBAND, 0, 0, &answer, sizeof(answer));
}

const struct vsp_ops keyboard_ops = { .packet = on_keyboard };

/* ---- mouse: pipe messages, a HID device behind ---- */

enum { HID_REQUEST, HID_RESPONSE, HID_DEVICE_INFO, HID_DEVICE_INFO_ACK, HID_REPORT };

struct hid_header {
	uint32_t type;
	uint32_t size;
} WIRE;

struct hid_response {
	struct hid_header h;
	uint32_t version;
	uint8_t approved;
} WIRE;

/* An absolute pointer with three buttons and a wheel. */
static const uint8_t report_descriptor[] = {
	0x05, 0x01, 0x09, 0x02, 0xA1, 0x01, 0x09, 0x01, 0xA1, 0x00,
	0x05, 0x09, 0x19, 0x01, 0x29, 0x03, 0x15, 0x00, 0x25, 0x01,
	0x95, 0x03, 0x75, 0x01, 0x81, 0x02, 0x95, 0x01, 0x75, 0x05,
	0x81, 0x03, 0x05, 0x01, 0x09, 0x30, 0x09, 0x31, 0x15, 0x00,
	0x26, 0xFF, 0x7F, 0x75, 0x10, 0x95, 0x02, 0x81, 0x02, 0x09,
	0x38, 0x15, 0x81, 0x25, 0x7F, 0x75, 0x08, 0x95, 0x01, 0x81,
	0x06, 0xC0, 0xC0,
};

struct hid_info {
	struct hid_header h;
	uint32_t size;
	uint16_t vendor, product, version;
	uint16_t reserved[11];
	uint8_t desc_length, desc_type;
	uint16_t hid_version;
	uint8_t country, count;
	uint8_t report_type;
	uint16_t report_length;
	uint8_t report[sizeof(report_descriptor)];
} WIRE;
WIRE_OFF(struct hid_info, desc_length, 40);
WIRE_OFF(struct hid_info, report, 49);

static void send_device(struct vsp_chan *ch)
{
	struct hid_info m = {
		.h = { HID_DEVICE_INFO, sizeof(m) - sizeof(m.h) },
		.size = 32, .vendor = 0x045E, .product = 0x0621, .version = 1,
		.desc_length = 9, .desc_type = 0x21, .hid_version = 0x0101,
		.count = 1, .report_type = 0x22,
		.report_length = sizeof(report_descriptor),
	};

	memcpy(m.report, report_descriptor, sizeof(m.report));
	pipe_send(ch, &m, sizeof(m));
}

static void on_mouse(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct hid_response answer = {
		.h = { HID_RESPONSE, sizeof(answer) - sizeof(answer.h) },
	};
	struct { struct hid_header h; uint32_t version; } WIRE m = { { 0, 0 }, 0 };
	const void *msg;
	size_t len;

	if (p->type == PKT_COMPLETION)
		return;
	msg = pipe_take(ch, p, &len);
	if (!msg || len < sizeof(m.h))
		return;
	memcpy(&m, msg, len < sizeof(m) ? len : sizeof(m));
	complete_empty(ch, p);
	trace("MOUSE", "< type=%u value=%#x", m.h.type, m.version);
	if (m.h.type != HID_REQUEST)
		return;
	answer.version = m.version;
	answer.approved = m.version == 0x00020000;
	pipe_send(ch, &answer, sizeof(answer));
	if (answer.approved)
		send_device(ch);
}

const struct vsp_ops mouse_ops = { .packet = on_mouse };
