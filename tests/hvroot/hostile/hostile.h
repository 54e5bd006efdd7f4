/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A root partition that lies: what the guest is told is changed at every layer
 * where a host speaks, by a seed. What the rest of the server asks this room;
 * hostile_on is false but for the command `hostile`. Loop thread.
 */
#ifndef HVROOT_HOSTILE_H
#define HVROOT_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bus;
struct nic;
struct vsp_chan;
struct vsp_dev;

extern bool hostile_on;

/* A control message is to be sent; true: it was taken care of. */
bool hostile_message(struct bus *b, uint32_t vp, uint32_t sint, const void *msg, size_t len);
/* A packet is to be put into the guest's ring, header first; true: it was taken care of. */
bool hostile_packet(struct vsp_chan *ch, const void *header, const void *body, size_t len);
/* A packet of the guest; true: it was answered before it was seen, and is not looked at. */
bool hostile_swallows(struct vsp_chan *ch, uint64_t id);
/* The guest has signalled; true: nobody has heard it. */
bool hostile_unheard(const struct vsp_chan *ch);
/* Packets have become visible, or room was made. */
void hostile_ring(struct vsp_chan *ch);
/* The guest is to be interrupted; true: it is not, or elsewhere. */
bool hostile_event(struct vsp_chan *ch);
/* An RNDIS message of @len bytes lies at @at of the guest's receive buffer. */
void hostile_section(struct nic *n, uint32_t at, uint32_t len);
/* What a command that moves no blocks tells of a disk: @len bytes at @p, not yet with the guest. */
void hostile_data(struct vsp_dev *d, const uint8_t *cdb, uint8_t *p, size_t len);
/* Memory is about to be the guest's again: nothing writes there any more afterwards. */
void hostile_forget(void);

void hostile_init(struct bus *b);
void hostile_exit(void);

#endif
