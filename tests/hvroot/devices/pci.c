// SPDX-License-Identifier: GPL-2.0-only
/*
 * PCI passthrough: a virtual PCI bus with no device on it, so that a guest's
 * bus driver binds.
 */
#include <string.h>
#include "devices/classes.h"
#include "loop/log.h"

#define PCI_BASE		0x42490000u
#define PCI_RELATIONS		(PCI_BASE + 0x00)
#define PCI_QUERY_RELATIONS	(PCI_BASE + 0x01)
#define PCI_D0_ENTRY		(PCI_BASE + 0x07)
#define PCI_D0_EXIT		(PCI_BASE + 0x08)
#define PCI_QUERY_VERSION	(PCI_BASE + 0x13)
#define PCI_NEWEST		0x00010003u	/* 1.3 */

static uint32_t status_of(uint32_t type, uint32_t version)
{
	switch (type) {
	case PCI_QUERY_VERSION:
		return version <= PCI_NEWEST ? 0 : NTSTATUS_REVISION_MISMATCH;
	case PCI_D0_ENTRY:
	case PCI_D0_EXIT:
		return 0;
	default:
		return NTSTATUS_INVALID_DEVICE_REQUEST;
	}
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct { uint32_t type, count; } relations = { PCI_RELATIONS, 0 };
	struct { uint32_t type, value; } m = { 0, 0 };
	uint32_t status[2] = { 0, 0 };

	if (p->type != PKT_INBAND || p->len < sizeof(m.type)) {
		vsp_reject(ch, p, "no PCI message");
		return;
	}
	memcpy(&m, p->body, p->len < sizeof(m) ? p->len : sizeof(m));
	trace("PCI", "< type=%#x value=%#x", m.type, m.value);
	if (m.type == PCI_QUERY_RELATIONS) {
		complete_empty(ch, p);
		vsp_send(ch, PKT_INBAND, 0, 0, &relations, sizeof(relations));
	} else if (p->flags & PKT_COMPLETION_WANTED) {
		status[0] = status_of(m.type, m.value);
		vsp_complete(ch, p->id, status, sizeof(status));
	}
}

const struct vsp_ops pci_ops = { .packet = on_packet };
