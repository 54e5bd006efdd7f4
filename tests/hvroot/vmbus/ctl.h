/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VMBus control plane of the root partition: a pure state machine. It is
 * fed with the messages that a guest posts, and every effect (a message to
 * the guest, a device opening or closing a channel) goes through ctl_ops, so
 * it runs without a virtual machine in the unit tests.
 *
 * Channels and memory lists live for one connection. A device that outlives
 * it offers itself again when the next guest asks for offers.
 */
#ifndef HVROOT_CTL_H
#define HVROOT_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "manner.h"
#include "vmbus/gpadl.h"
#include "vmbus/wire.h"

struct ctl;

enum ctl_chan_state {
	CHAN_CLOSED,	/* offered, nothing in use */
	CHAN_OPENING,	/* the device has been told to open and has not answered yet */
	CHAN_OPEN,	/* the device may use the ring */
	CHAN_CLOSING,	/* told to close, the device has not let go yet */
};

struct ctl_chan {
	struct ctl *ctl;
	void *owner;			/* whoever offered it */
	void *priv;			/* of whoever serves it while open */
	struct msg_offer offer;
	enum ctl_chan_state state;
	bool rescinded;			/* RESCIND sent, relid not released */
	bool released;			/* relid released while still closing */
	bool reopen;			/* OPEN waits for the device to let go */
	bool reserved_open;		/* opened by OPEN_RESERVED */
	bool reserved_answer;		/* CLOSE_RESERVED wants its response */
	uint32_t cut_short;		/* memory list that ended with RESCIND; more of it may come */
	struct msg_open open;		/* of the current or waiting OPEN */
	struct gpadl *ring;		/* holds both rings while not CLOSED */
	uint32_t target_vp;
	uint32_t target_sint;
	uint32_t event_flag;
	uint32_t connection_id;
};

struct ctl_ops {
	void (*send)(void *ctx, uint32_t vp, uint32_t sint, const void *msg,
		     size_t len);
	/* a connection exists (ctl->version) or has ended */
	void (*connected)(void *ctx);
	void (*disconnected)(void *ctx);
	/* call ctl_offer() for everything that is plugged in */
	void (*list_devices)(void *ctx);
	/* 0, or the status that OPEN_RESULT shall carry */
	uint32_t (*open)(void *ctx, struct ctl_chan *ch);
	/* may be NULL; true: the device takes its time, ctl_opened() goes on with the OPEN */
	bool (*open_waits)(void *ctx, struct ctl_chan *ch);
	/* stop using the channel; call ctl_closed() when done, or from here */
	void (*close)(void *ctx, struct ctl_chan *ch);
	void (*modified)(void *ctx, struct ctl_chan *ch);
	/* the relid is free again, @ch is about to go */
	void (*released)(void *ctx, struct ctl_chan *ch);
	void (*monitor_pages)(void *ctx, uint64_t to_guest, uint64_t to_host);
	/* a guest connects to a socket service: true if an offer was made */
	bool (*tl_connect)(void *ctx, const struct guid *endpoint,
			   const struct guid *service);
	bool (*vp_ok)(void *ctx, uint32_t vp);
	/* the guest said something wrong: what and in which message */
	void (*refused)(void *ctx, uint32_t type, const char *why);
};

enum ctl_after { AFTER_NOTHING, AFTER_CONTACT, AFTER_UNLOAD };

struct ctl {
	const struct ctl_ops *ops;
	void *ctx;
	uint32_t version_cap;		/* newest version to accept */
	uint32_t message_connection;	/* id returned from 5.0 on */
	uint32_t feature_cap;		/* 6.0 feature bits to grant */
	struct manners manners;

	uint32_t version;		/* 0: not connected */
	uint32_t features;
	uint32_t target_vp;
	uint64_t monitor_to_guest, monitor_to_host;
	bool offers_sent;
	bool paused;
	enum ctl_after after;		/* what a running reset ends with */
	bool resetting;
	struct msg_contact contact;	/* waits for the reset */
	struct ctl_held *held;		/* messages kept back while paused */

	struct ctl_chan *chan[VMBUS_RELIDS];
	unsigned int channels;
	struct gpadl_table gpadls;
	uint64_t refusals;
	uint64_t releases;
};

void ctl_init(struct ctl *c, const struct ctl_ops *ops, void *ctx);
void ctl_fini(struct ctl *c);

/* One message posted by the guest to connection id @conn. */
void ctl_message(struct ctl *c, uint32_t conn, const void *msg, size_t len);

/*
 * Offers a channel; @offer is complete but for the relid. @relid 0 takes the
 * lowest free one. NULL if there is none, the wanted one is taken or nobody
 * is connected.
 */
struct ctl_chan *ctl_offer(struct ctl *c, const struct msg_offer *offer,
			   uint32_t relid, void *owner);
void ctl_rescind(struct ctl_chan *ch);
/* Lists the devices though the guest has not asked, by command. */
void ctl_offer_unasked(struct ctl *c);
/* The device is through with an OPEN that was CHAN_OPENING. */
void ctl_opened(struct ctl_chan *ch);
/* The device has let go of the channel that ops->close() named. */
void ctl_closed(struct ctl_chan *ch);
/* Forgets the connection, as for a machine reset; ends asynchronously. */
void ctl_reset(struct ctl *c);

/* Shared by ctl.c and ctl_chan.c */
void ctl_send(struct ctl *c, const void *msg, size_t len);
void ctl_refuse(struct ctl *c, uint32_t type, const char *why);
void ctl_reset_step(struct ctl *c);
void ctl_free_chan(struct ctl_chan *ch);
void ctl_on_open(struct ctl *c, const void *msg, size_t len);
void ctl_on_close(struct ctl *c, const void *msg, size_t len);
void ctl_on_gpadl_header(struct ctl *c, const void *msg, size_t len);
void ctl_on_gpadl_body(struct ctl *c, const void *msg, size_t len);
void ctl_on_gpadl_teardown(struct ctl *c, const void *msg, size_t len);
void ctl_on_relid_released(struct ctl *c, const void *msg, size_t len);
void ctl_on_modify_channel(struct ctl *c, const void *msg, size_t len);
void ctl_on_open_reserved(struct ctl *c, const void *msg, size_t len);
void ctl_on_close_reserved(struct ctl *c, const void *msg, size_t len);

#endif
