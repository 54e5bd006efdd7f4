/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a device of the root partition implements (vsp_ops), and what the bus
 * gives it: channels that carry packets. Everything runs on the loop thread.
 *
 * Life of a channel: the guest opens it -> ops->open; packets arrive at
 * ops->packet; the guest closes it, or it is rescinded or the machine reset ->
 * ops->close, after which the device finishes what still touches guest memory
 * and calls vsp_closed(). Between the two it must not send any more (sends are
 * dropped). The same device may then be opened again.
 */
#ifndef HVROOT_VSP_H
#define HVROOT_VSP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "vmbus/hring.h"
#include "vmbus/wire.h"

struct bus;
struct ctl_chan;
struct reply;
struct vsp_chan;
struct vsp_dev;

#define VSP_SUBS_MAX	64	/* sub-channels of one device */
#define VSP_CHANS	(VSP_SUBS_MAX + 1)

struct vsp_packet {
	uint16_t type;
	uint16_t flags;		/* PKT_COMPLETION_WANTED */
	uint64_t id;
	const uint8_t *ext;	/* between header and payload: page ranges */
	size_t ext_len;
	const uint8_t *body;	/* private copy, length rounded up to 8 */
	size_t len;
};

struct vsp_ops {
	/* NULL: always. 0, or the NTSTATUS that refuses the open. */
	uint32_t (*open)(struct vsp_chan *ch);
	/* NULL: nothing outlives the channel. Else must lead to vsp_closed(). */
	void (*close)(struct vsp_chan *ch);
	void (*packet)(struct vsp_chan *ch, const struct vsp_packet *p);
	/* what vsp_send() had to queue is on its way; NULL: does not matter */
	void (*room)(struct vsp_chan *ch);
	/* the device goes; NULL if there is nothing to free */
	void (*free)(struct vsp_dev *d);
	/*
	 * A stream: what the guest sends has nothing to do with what waits for
	 * room in its ring, so it is read meanwhile. A device that answers
	 * requests leaves this out: its queue of answers has a limit so.
	 */
	bool stream;
};

struct vsp_dev {
	struct vsp_dev *next;
	struct bus *bus;
	const struct vsp_ops *ops;
	void *priv;
	char name[32];
	struct guid type, instance;
	uint16_t flags;			/* of the offer */
	uint16_t mmio_megabytes;
	uint8_t user[OFFER_USER_BYTES];
	bool plugged;			/* offered to whoever connects */
	bool once;			/* goes for good when its offer is over */
	bool waiting;			/* re-offer when the relid is released */
	bool shared_interrupt;		/* offer without a dedicated interrupt */
	bool monitor;			/* offer with a monitor bit */
	uint8_t monitor_id;
	uint32_t relid;			/* wanted, or of the last offer; 0 = any */
	uint32_t refuse_open;		/* what the next open is answered with, if not 0 */
	bool relid_said;		/* by the command `offer`: the next offer has it, whatever the manner */
	bool opens_late;		/* its channels stay in the state of being opened */
	unsigned int subs_delay;	/* milliseconds before sub-channel offers */
	enum { SUBS_UP, SUBS_DOWN, SUBS_ROTATED } subs_order;
	unsigned int subs_wanted;	/* by the guest, while the delay runs */
	struct ptimer *subs_timer;
	bool watched;			/* steps are counted, steps.c */
	unsigned int steps;		/* since then */
	unsigned int gone_at;		/* the step at which it is taken away */
	struct ptimer *gone_timer;	/* that step was in a turn of a channel */
	uint64_t closed_since;		/* ms, the guest has no open channel: hostile/tick.c */
	struct ctl_chan *offer[VSP_CHANS];	/* index 0 = primary */
};

struct vsp_out {			/* a packet that found the ring full */
	struct vsp_out *next;
	size_t len;
	uint8_t data[];			/* with header */
};

struct vsp_chan {
	struct vsp_dev *dev;
	struct ctl_chan *ctl;
	void *priv;			/* of the device */
	unsigned int sub;		/* 0 = primary */
	struct hring in, out;
	uint8_t **pages;
	uint8_t *buf;			/* copy of the current packet */
	size_t cap;
	bool closing;
	bool failed;			/* the guest broke the ring's rules */
	bool frozen;			/* by command: stop looking at the ring */
	bool again;			/* a turn of the loop is scheduled */
	struct ptimer *turn;
	struct vsp_out *outq, **outq_end;
	struct vsp_chan *dirty_next;	/* unpublished packets */
	bool dirty;
	struct vsp_chan *next;		/* all open channels */
	uint64_t signals, interrupts, wakes, requests, errors, full;
	uint32_t guest_read;		/* how far the guest was, and since when: hostile/tick.c */
	uint64_t guest_since;
};

/* Adds a device; it is offered when @d->plugged. @d lives as long as the bus. */
void vsp_register(struct bus *b, struct vsp_dev *d);
/* Only for a device that is not offered; frees it. */
void vsp_unregister(struct vsp_dev *d);
struct vsp_dev *vsp_find(struct bus *b, const char *name);
/* Offers (or plugs) and rescinds a device at run time; false if impossible. */
bool vsp_plug(struct vsp_dev *d);
void vsp_unplug(struct vsp_dev *d);

/* Offers sub-channels 1..@n of an open primary; revokes them all. */
void vsp_offer_subs(struct vsp_dev *d, unsigned int n);
void vsp_revoke_subs(struct vsp_dev *d);

/* Queued when the ring is full; dropped when the channel closes or failed. */
void vsp_send(struct vsp_chan *ch, uint16_t type, uint16_t flags, uint64_t id,
	      const void *body, size_t len);
/* As vsp_send(); the first @ext bytes of @body belong to the header. */
void vsp_send_ext(struct vsp_chan *ch, uint16_t type, uint16_t flags, uint64_t id,
		  const void *body, size_t ext, size_t len);
void vsp_complete(struct vsp_chan *ch, uint64_t id, const void *body, size_t len);
/* The bytes are the packet, right or wrong, its header included. */
void vsp_send_raw(struct vsp_chan *ch, const void *packet, size_t len);
/* Between the two, signals to guests are saved up. They nest. */
void vsp_batch_begin(struct bus *b);
void vsp_batch_end(struct bus *b);
/* The device holds nothing of the channel any more; @ch is gone afterwards. */
void vsp_closed(struct vsp_chan *ch);
/* The guest broke this channel: no more packets, one trace line. */
void vsp_fail(struct vsp_chan *ch, const char *why);
/* A packet that this device cannot use: counted and traced, nothing more. */
void vsp_reject(struct vsp_chan *ch, const struct vsp_packet *p, const char *why);
/* The open primary channel, or NULL. */
struct vsp_chan *vsp_primary(struct vsp_dev *d);
/* The open channel with sub-channel index @sub, or NULL. */
struct vsp_chan *vsp_channel(struct vsp_dev *d, unsigned int sub);

/*
 * The one page range of a GPA-direct packet as guest memory: the number of
 * pieces in @iov (freed by the caller), 0 for a packet without pages, or
 * -EINVAL for a range that is not guest memory or breaks the rules.
 */
int vsp_pages(struct vsp_chan *ch, const struct vsp_packet *p,
	      struct iovec **iov, size_t *bytes);

#endif
