/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * poll.h - the event loop. One thread (the main thread) runs every callback,
 * so callbacks need no locks against each other and must not block.
 */
#ifndef HVROOT_POLL_H
#define HVROOT_POLL_H

#include <stdint.h>

struct ptimer;

/*
 * Call @fn(@ctx, events) when @fd has one of @epoll_events (EPOLLIN, ...;
 * level triggered). One watch per descriptor. Returns 0 or -errno.
 * A callback may add and remove any watch, its own included.
 */
int poll_add(int fd, uint32_t epoll_events, void (*fn)(void *ctx, uint32_t events), void *ctx);

/* Change the events of a watched descriptor (0 = silent). 0 or -errno. */
int poll_mod(int fd, uint32_t epoll_events);

/* Forget @fd. To be called before close(@fd). Unknown descriptors are ignored. */
void poll_del(int fd);

/*
 * One shot: call @fn(@ctx) in @ms milliseconds; 0 = at the next turn of the
 * loop. The timer frees itself when it has fired. NULL when out of memory.
 */
struct ptimer *timer_start(unsigned int ms, void (*fn)(void *ctx), void *ctx);

/* The timers' clock, in milliseconds from some time in the past */
int64_t poll_now(void);

/* Stop and free a timer that has not fired yet. NULL is ignored. */
void timer_cancel(struct ptimer *t);

/*
 * The one call other threads may make: run @fn(@ctx) on the loop thread soon,
 * calls of one thread in order. What is still due at poll_exit() is dropped: the
 * objects it is about are freed by then. Out of memory ends hvroot with a message: the
 * callers have no way to go on without the call.
 */
void poll_call(void (*fn)(void *ctx), void *ctx);

/* Set up, run until poll_stop(), and take down: main.c alone calls these. */
int poll_init(void);
void poll_run(void);
void poll_turn(int timeout_ms);		/* one round of poll_run(), for the fuzzer */
void poll_stop(void);
void poll_exit(void);

#endif
