/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * synic.h - the host's side of the synthetic interrupt controller: messages
 * and event flags to a virtual processor. Loop thread only.
 */
#ifndef HVROOT_SYNIC_H
#define HVROOT_SYNIC_H

#include <stddef.h>
#include <stdint.h>

#define SYNIC_SINT_VMBUS	2
#define SYNIC_FLAGS		2048	/* event flags per SINT */
#define SYNIC_PAYLOAD_MAX	240
#define SYNIC_TYPE_VMBUS	1

struct vm;

/*
 * Post a message of @type (1 = VMBus) with @len payload bytes to @sint of
 * processor @vp. The payload is copied and queued until the slot is free,
 * retried at every end-of-message. Messages to one vp and sint keep order.
 * 0, -EINVAL (bad vp, sint or length) or -ENOMEM.
 */
int synic_post(struct vm *vm, uint32_t vp, unsigned int sint, uint32_t type,
	       const void *payload, size_t len);

/*
 * Set event flag @flag of @sint on @vp and raise the interrupt when the flag
 * was clear. 1 = raised, 0 = was set already, or the processor's event page
 * is off (as on hardware, the signal is then lost), -EINVAL = bad vp/sint/flag.
 */
int synic_signal(struct vm *vm, uint32_t vp, unsigned int sint, unsigned int flag);

/* The slot of the next message to processor 0 says that it has @size bytes, if not 0: a lie. */
void synic_lie(struct vm *vm, uint8_t size);

/* Drop every queued message. */
void synic_reset(struct vm *vm);

#endif
