/* SPDX-License-Identifier: GPL-2.0-only */
/* line.h - a serial line of a guest that is a process: a socket to it, and a chardev. Loop thread. */
#ifndef HVROOT_LINE_H
#define HVROOT_LINE_H

struct chardev;
struct line;
struct reply;

/* Takes @dev over, also when it fails: NULL after log_err(). */
struct line *line_new(struct chardev *dev);

/* A new socket; the guest's end, to be closed by the caller when the guest has it. -1 after log_err(). */
int line_open(struct line *l);

/* The guest has ended: take what it has still written, close the socket. */
void line_close(struct line *l);

void line_show(struct line *l, const char *name, struct reply *r);
void line_free(struct line *l);		/* NULL is ignored */

#endif
