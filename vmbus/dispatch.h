/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control messages of the host: what may come when, and who handles it. Pure.
 */
#ifndef _HV_DISPATCH_H
#define _HV_DISPATCH_H

#include <linux/bits.h>
#include <linux/hyperv.h>
#include <linux/types.h>

struct vmbus;

#define VMBUS_MSG_MAX	240	/* payload of one message; the header counts */

/* Something the host did wrong, or did not do in time; see vmbus_err_names */
enum vmbus_err {
	VERR_MSG_SIZE,		/* control message longer than 240 bytes or too short */
	VERR_MSG_TYPE,		/* control message type unknown or not for a guest */
	VERR_MSG_STATE,		/* control message not allowed now */
	VERR_RELID,		/* relid out of range or unknown */
	VERR_OFFER,		/* offer refused: duplicate, or no parent */
	VERR_LATE_REPLY,	/* reply that nobody waits for (any more) */
	VERR_TIMEOUT,		/* the host did not answer in time */
	VERR_REFUSED,		/* the host answered with a failure status */
	VERR_POST,		/* a message could not be posted */
	VERR_EVENT,		/* event flag of an unknown channel */
	VERR_QUARANTINE,	/* memory kept because the host may still use it */
	VERR_STORM,		/* device delayed: offered and rescinded over and over */
	VERR_RING_INDEX,	/* ring index out of bounds */
	VERR_PACKET,		/* packet header makes no sense */
	VERR_REQUEST_ID,	/* completion for an unknown or retired request */
	VERR_NOMEM,		/* not the host's fault: no memory to handle a message */
	VERR_COUNT
};

/* The connection's states, one bit each: a message may be legal in several */
enum vmbus_phase {
	VMBUS_PHASE_DOWN	= BIT(0),	/* no connection; the host has nothing of ours */
	VMBUS_PHASE_CONTACT	= BIT(1),	/* version walk */
	VMBUS_PHASE_UP		= BIT(2),	/* version agreed */
	VMBUS_PHASE_UNLOAD	= BIT(3),	/* unload sent */
	VMBUS_PHASE_LOST	= BIT(4),	/* no connection; the host did not let go */
};

enum vmbus_msg_context {
	MSG_FAST,	/* handled in softirq context, must not sleep */
	MSG_WORK,	/* handled in order on vmbus.ctl_wq */
};

struct vmbus_msg_entry {
	u16 min_size;		/* with the header */
	u8 phases;		/* enum vmbus_phase bits in which it may come */
	u8 context;		/* enum vmbus_msg_context */
	u32 min_version;	/* 0 = any */
	void (*handler)(struct vmbus *bus, const void *msg, size_t len);
};

/* dispatch.c */
enum vmbus_err vmbus_dispatch_check(const struct vmbus_msg_entry *table, size_t entries,
				    const void *msg, size_t len, enum vmbus_phase phase,
				    u32 version, const struct vmbus_msg_entry **found);

/* messages.c, and where its handlers are */
extern const struct vmbus_msg_entry vmbus_messages[CHANNELMSG_COUNT];

void vmbus_on_version_response(struct vmbus *bus, const void *msg, size_t len);	/* connect.c */
void vmbus_on_unload_response(struct vmbus *bus, const void *msg, size_t len);
void vmbus_on_gpadl_created(struct vmbus *bus, const void *msg, size_t len);	/* gpadl.c */
void vmbus_on_gpadl_torndown(struct vmbus *bus, const void *msg, size_t len);
void vmbus_on_open_result(struct vmbus *bus, const void *msg, size_t len);	/* channel.c */
void vmbus_on_modify_response(struct vmbus *bus, const void *msg, size_t len);	/* move.c */
void vmbus_on_offer(struct vmbus *bus, const void *msg, size_t len);		/* offer.c */
void vmbus_on_rescind(struct vmbus *bus, const void *msg, size_t len);
void vmbus_on_offers_delivered(struct vmbus *bus, const void *msg, size_t len);
void vmbus_on_tl_result(struct vmbus *bus, const void *msg, size_t len);	/* hvsock.c */

#endif
