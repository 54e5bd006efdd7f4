/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hcall.h - the hypercalls that VMBus needs: post message and signal event.
 * All functions belong to the loop thread.
 */
#ifndef HVROOT_HCALL_H
#define HVROOT_HCALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vm;

#define HV_STATUS_OK			0x00
#define HV_STATUS_INVALID_CODE		0x02
#define HV_STATUS_INVALID_INPUT		0x03
#define HV_STATUS_INVALID_ALIGNMENT	0x04
#define HV_STATUS_INVALID_PARAMETER	0x05
#define HV_STATUS_ACCESS_DENIED		0x06
#define HV_STATUS_NO_MEMORY		0x0b
#define HV_STATUS_INVALID_CONNECTION	0x12
#define HV_STATUS_NO_BUFFERS		0x13

/* Called on the loop thread for each message of the guest, in order. */
typedef void (*hcall_msg_fn)(void *ctx, uint32_t conn_id, uint32_t type,
			     const void *payload, size_t len);
void hcall_on_message(struct vm *vm, hcall_msg_fn fn, void *ctx);

/*
 * Open or shut connection @conn_id for messages. The processor that posts
 * gets its status at once: 0x12 for a shut connection. At most 16 are open.
 */
void hcall_allow(struct vm *vm, uint32_t conn_id, bool on);

/* Posts to be answered with a status and not delivered. */
struct hcall_refusal {
	uint32_t word;		/* only such as begin with it, or 0 */
	uint16_t status;
	unsigned int count;	/* of them */
	uint16_t then;		/* the status of all after those, 0: they are delivered */
};
void hcall_refuse(struct vm *vm, const struct hcall_refusal *r);

/*
 * Call @fn(@ctx) on the loop thread when the guest signals @conn_id (signals
 * that arrive before the loop looks are merged into one call). 0 or -errno.
 * All are removed by the machine reset, before vmbus_reset() is called.
 */
int hcall_event_add(struct vm *vm, uint32_t conn_id, void (*fn)(void *ctx), void *ctx);
void hcall_event_del(struct vm *vm, uint32_t conn_id);

/* Signals the guest sent on @conn_id since it was added, merged ones counted. */
uint64_t hcall_event_count(struct vm *vm, uint32_t conn_id);

#endif
