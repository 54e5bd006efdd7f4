/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * chardev.h - where a serial line ends: stdin/stdout, a file, a unix socket.
 *
 * Output is buffered by chardev_put() on any thread and written by the loop
 * thread; input is read by the loop thread as far as the line has room.
 */
#ifndef HVROOT_CHARDEV_H
#define HVROOT_CHARDEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct chardev;
struct reply;

struct chardev_user {
	size_t (*room)(void *ctx);				/* bytes the line can take */
	void (*input)(void *ctx, const uint8_t *p, size_t n);	/* loop thread */
	void (*drained)(void *ctx);				/* output is empty again; loop thread */
	void *ctx;
};

/* All return NULL after log_err(). */
struct chardev *chardev_stdio(void);			/* Ctrl-A x quits when stdin is a terminal */
struct chardev *chardev_file(const char *path);		/* output only */
struct chardev *chardev_listen(const char *path);	/* unix socket, one client at a time */

void chardev_start(struct chardev *c, const struct chardev_user *user);
void chardev_close(struct chardev *c);			/* writes what is left; NULL is ignored */

/* Queue one byte. False: full, drained() will tell. Any thread. */
bool chardev_put(struct chardev *c, uint8_t byte);

/* Write now what can be written without waiting. Loop thread. */
void chardev_flush(struct chardev *c);

void chardev_show(struct chardev *c, struct reply *r);	/* a line of what it holds */

/* The line has room again. Any thread. */
void chardev_more(struct chardev *c);

#endif
