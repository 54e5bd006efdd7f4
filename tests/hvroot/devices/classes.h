/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The device classes beside disks: what each file contributes to the table
 * in classes.c.
 */
#ifndef HVROOT_CLASSES_H
#define HVROOT_CLASSES_H

#include "vmbus/vsp.h"

extern const struct vsp_ops silent_ops;		/* opens, ignores packets */
extern const struct vsp_ops ic_ops;		/* integration components */
extern const struct vsp_ops keyboard_ops;
extern const struct vsp_ops mouse_ops;
extern const struct vsp_ops video_ops;
extern const struct vsp_ops balloon_ops;
extern const struct vsp_ops pci_ops;

/* Pipe framing: u32 type (1 = data), u32 length, then the message. */
struct pipe_header {
	uint32_t type;
	uint32_t size;
} WIRE;
WIRE_SIZE(struct pipe_header, 8);
#define PIPE_DATA 1u
#define PIPE_MAX 16384u

void pipe_send(struct vsp_chan *ch, const void *msg, size_t len);
/* The message in a pipe packet, or NULL (and the packet refused). */
const void *pipe_take(struct vsp_chan *ch, const struct vsp_packet *p, size_t *len);
/* An empty completion for those who want one. */
void complete_empty(struct vsp_chan *ch, const struct vsp_packet *p);

#endif
