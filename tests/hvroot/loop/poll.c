// SPDX-License-Identifier: GPL-2.0-only
/*
 * poll.c - the event loop: epoll, one-shot timers, calls from other threads.
 *
 * A watch that is deleted while its event waits in the batch just read is
 * marked dead and freed after the batch, so no callback sees freed memory.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "loop/log.h"
#include "loop/poll.h"

#define BATCH	32

struct watch {
	int fd;
	bool dead;
	void (*fn)(void *ctx, uint32_t events);
	void *ctx;
	struct watch *next;
};

struct ptimer {
	int64_t due;		/* ms, monotonic */
	void (*fn)(void *ctx);
	void *ctx;
	struct ptimer *next;	/* sorted by due, equal ones in order of start */
};

struct call {
	void (*fn)(void *ctx);
	void *ctx;
	struct call *next;
};

static struct {
	int epoll;
	int kick;		/* eventfd: calls wait */
	bool stop;
	struct watch *watches;
	struct watch *graves;
	struct ptimer *timers;
	pthread_mutex_t lock;	/* protects: calls, tail */
	struct call *calls;
	struct call **tail;
} loop = { .epoll = -1, .kick = -1, .lock = PTHREAD_MUTEX_INITIALIZER };

int64_t poll_now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

static struct watch *find_watch(int fd)
{
	for (struct watch *w = loop.watches; w; w = w->next)
		if (w->fd == fd)
			return w;
	return NULL;
}

int poll_add(int fd, uint32_t epoll_events, void (*fn)(void *ctx, uint32_t events), void *ctx)
{
	struct epoll_event ev = { .events = epoll_events };
	struct watch *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	*w = (struct watch){ .fd = fd, .fn = fn, .ctx = ctx, .next = loop.watches };
	ev.data.ptr = w;
	if (epoll_ctl(loop.epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		free(w);
		return -errno;
	}
	loop.watches = w;
	return 0;
}

int poll_mod(int fd, uint32_t epoll_events)
{
	struct epoll_event ev = { .events = epoll_events };

	ev.data.ptr = find_watch(fd);
	if (!ev.data.ptr)
		return -ENOENT;
	return epoll_ctl(loop.epoll, EPOLL_CTL_MOD, fd, &ev) < 0 ? -errno : 0;
}

void poll_del(int fd)
{
	for (struct watch **p = &loop.watches; *p; p = &(*p)->next) {
		struct watch *w = *p;

		if (w->fd != fd)
			continue;
		*p = w->next;
		epoll_ctl(loop.epoll, EPOLL_CTL_DEL, fd, NULL);
		w->dead = true;
		w->next = loop.graves;
		loop.graves = w;
		return;
	}
}

static void bury(void)
{
	while (loop.graves) {
		struct watch *w = loop.graves;

		loop.graves = w->next;
		free(w);
	}
}

struct ptimer *timer_start(unsigned int ms, void (*fn)(void *ctx), void *ctx)
{
	struct ptimer *t = calloc(1, sizeof(*t)), **p = &loop.timers;

	if (!t)
		return NULL;
	*t = (struct ptimer){ .due = poll_now() + ms, .fn = fn, .ctx = ctx };
	while (*p && (*p)->due <= t->due)
		p = &(*p)->next;
	t->next = *p;
	*p = t;
	return t;
}

void timer_cancel(struct ptimer *t)
{
	for (struct ptimer **p = &loop.timers; t && *p; p = &(*p)->next) {
		if (*p != t)
			continue;
		*p = t->next;
		free(t);
		return;
	}
}

/*
 * Run the timers that were due when we came; one started by a callback waits
 * for the next turn, so that descriptors are served in between.
 */
static void run_timers(void)
{
	int64_t now = poll_now();
	unsigned int due = 0;

	for (struct ptimer *t = loop.timers; t && t->due <= now; t = t->next)
		due++;
	while (due-- && loop.timers && loop.timers->due <= now) {
		struct ptimer *t = loop.timers;

		loop.timers = t->next;
		t->fn(t->ctx);
		free(t);
	}
}

static int next_timeout(void)
{
	int64_t left;

	if (!loop.timers)
		return -1;
	left = loop.timers->due - poll_now();
	if (left < 0)
		return 0;
	return left > 60000 ? 60000 : (int)left;
}

void poll_call(void (*fn)(void *ctx), void *ctx)
{
	struct call *c = calloc(1, sizeof(*c));
	bool first;

	if (!c) {
		log_err("out of memory");
		_exit(1);
	}
	c->fn = fn;
	c->ctx = ctx;
	pthread_mutex_lock(&loop.lock);
	first = !loop.calls;
	*loop.tail = c;
	loop.tail = &c->next;
	pthread_mutex_unlock(&loop.lock);
	if (first)
		eventfd_write(loop.kick, 1);
}

static struct call *take_calls(void)
{
	struct call *c;

	pthread_mutex_lock(&loop.lock);
	c = loop.calls;
	loop.calls = NULL;
	loop.tail = &loop.calls;
	pthread_mutex_unlock(&loop.lock);
	return c;
}

static void run_calls(void *ctx, uint32_t events)
{
	struct call *c, *next;
	eventfd_t n;

	eventfd_read(loop.kick, &n);
	for (c = take_calls(); c; c = next) {
		next = c->next;
		c->fn(c->ctx);
		free(c);
	}
}

/* At the end: what the calls are about is gone already. */
static void drop_calls(void)
{
	struct call *c, *next;

	for (c = take_calls(); c; c = next) {
		next = c->next;
		free(c);
	}
}

int poll_init(void)
{
	loop.tail = &loop.calls;
	loop.stop = false;
	loop.epoll = epoll_create1(EPOLL_CLOEXEC);
	loop.kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop.epoll < 0 || loop.kick < 0)
		return -errno;
	return poll_add(loop.kick, EPOLLIN, run_calls, NULL);
}

void poll_turn(int timeout_ms)
{
	struct epoll_event ev[BATCH];
	int n = epoll_wait(loop.epoll, ev, BATCH, timeout_ms);

	for (int i = 0; i < n; i++) {
		struct watch *w = ev[i].data.ptr;

		if (!w->dead)
			w->fn(w->ctx, ev[i].events);
	}
	bury();
	run_timers();
}

void poll_run(void)
{
	while (!loop.stop)
		poll_turn(next_timeout());
}

void poll_stop(void)
{
	loop.stop = true;
}

void poll_exit(void)
{
	if (loop.kick < 0)
		return;
	drop_calls();
	while (loop.timers)
		timer_cancel(loop.timers);
	while (loop.watches)
		poll_del(loop.watches->fd);
	bury();
	close(loop.kick);
	close(loop.epoll);
	loop.kick = -1;
}
