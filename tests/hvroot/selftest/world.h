/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest and a device around the control plane: what it sends is kept, what
 * it asks the device is counted, and the device can be slow to close.
 */
#ifndef HVROOT_SELFTEST_WORLD_H
#define HVROOT_SELFTEST_WORLD_H

#include "vmbus/ctl.h"

#define WORLD_LOG 64

struct world {
	struct ctl c;
	struct {
		uint32_t type, vp, sint;
		size_t len;
		uint8_t msg[VMBUS_MAX_PAYLOAD];
	} sent[WORLD_LOG];
	unsigned int nsent;
	unsigned int opens, closes, moves, released, refused, connects, disconnects;
	uint64_t monitor1, monitor2;
	uint32_t open_status;		/* what the device answers to open */
	bool late;			/* opening ends only by ctl_opened() */
	bool slow;			/* closing ends only by world_closed() */
	struct ctl_chan *closing[8];
	unsigned int nclosing;
	struct ctl_chan *dev[4];	/* offered at each connection */
	unsigned int ndev;
};

extern struct world w;

void world_new(unsigned int ndev);
void world_end(void);
/* Posts to the right connection id; returns how many messages came back. */
unsigned int world_post(const void *msg, size_t len);
/* Connects at @version and asks for offers. */
void world_connect(uint32_t version, uint32_t features);
void world_closed(void);
/* The newest message of @type that was sent, or NULL. */
const void *world_got(uint32_t type);
unsigned int world_count(uint32_t type);
void world_forget(void);

unsigned int world_bare(uint32_t type);
unsigned int world_relid(uint32_t type, uint32_t relid);
void world_contact(uint32_t version, uint32_t features);
/* A complete list of @frames on @relid, handle @gpadl. */
void world_gpadl(uint32_t relid, uint32_t gpadl, uint32_t frames);
/* The first message of a list, with @sent of its frames; 26 at the most. */
void world_gpadl_begin(uint32_t relid, uint32_t gpadl, uint32_t frames, uint32_t sent);
unsigned int world_teardown(uint32_t relid, uint32_t gpadl);
uint32_t world_open(uint32_t relid, uint32_t gpadl, uint32_t split);

#endif
