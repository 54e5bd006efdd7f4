/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A session of a guest on record (--record), or said to another guest again (--replay). What the rest of the server
 * tells this room, and asks it; session_on is false without either option. Loop thread.
 */
#ifndef HVROOT_SESSION_H
#define HVROOT_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct machine_options;
struct nic;
struct packet_header;
struct vsp_chan;
struct vsp_dev;
struct vsp_packet;

extern bool session_on;

/* The guest asks; what is said from here to session_asked(), and a completion of the packet whenever it comes, answers that. */
void session_message_in(const void *msg, size_t len);
void session_packet_in(struct vsp_chan *ch, const struct vsp_packet *p);
/* The question has more in it, which lay elsewhere. */
void session_more_in(const void *p, size_t len);
void session_asked(void);

/* A control message is to be sent: what goes in its place, @len bytes. */
const void *session_message(const void *msg, size_t *len);
/* A packet is to be put into the guest's ring: header and body may become others. */
void session_packet(struct vsp_chan *ch, struct packet_header *h, const void **body, size_t *len);
/* An RNDIS message of @len bytes lies at @at of the guest's receive buffer. */
void session_section(struct nic *n, uint32_t at, uint32_t len);
/* What a command that moves no blocks tells of a disk: @len bytes at @p, not yet with the guest. */
void session_data(struct vsp_dev *d, uint8_t lun, const uint8_t *cdb, uint8_t *p, size_t len);

/* Calls @fn for each message and packet of the session in @path; -1: it is none. */
int session_seeds(const char *path, void (*message)(const uint8_t *p, size_t len),
		  void (*packet)(const char *dev, unsigned int sub, const uint8_t *p, size_t len));

int session_init(const struct machine_options *o);	/* 0, or -1 after log_usage() */
void session_exit(void);

#endif
