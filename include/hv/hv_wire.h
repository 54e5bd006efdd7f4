/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Hypervisor interface: what the kernel's headers leave to the VMBus driver.
 * Layouts from the Hypervisor Top Level Functional Specification, "Inter-
 * partition communication".
 */
#ifndef _HV_WIRE_H
#define _HV_WIRE_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#include <asm/mshyperv.h>

/* Ports of the root partition that take messages; offers bring their own for events. */
#define HV_CONN_MESSAGES	1	/* all control messages before VMBus 5.0 */
#define HV_CONN_CONTACT		4	/* INITIATE_CONTACT proposing 5.0 or later */

#define HV_MSG_NONE		0
#define HV_MSG_VMBUS		1

/* CPUID leaf 0x40000003 EDX: synthetic timers that interrupt by themselves, without a message */
#define HV_FEATURE_DIRECT_TIMERS	BIT(19)

/* Input of the post-message hypercall; must not cross a page */
struct hv_post_input {
	__u32 conn_id;
	__u32 reserved;
	__u32 type;
	__u32 size;		/* of the payload, in bytes */
	__u8 payload[HV_MESSAGE_PAYLOAD_BYTE_COUNT];
};

static_assert(sizeof(struct hv_post_input) == 256);

#endif
