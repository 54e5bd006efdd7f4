// SPDX-License-Identifier: GPL-2.0-only
/*
 * chardev.c - where a serial line ends: stdin/stdout, a file, a unix socket.
 *
 * The first byte into an empty buffer asks the loop for a flush a moment
 * later, so that a burst of bytes costs one wake-up and one write.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "loop/unixsock.h"
#include "machine/chardev.h"

#define BUFFER_BYTES	65536
#define FLUSH_MS	3
#define CHUNK		4096	/* what a writable pipe takes without blocking */
#define ESCAPE		0x01	/* Ctrl-A */

struct chardev {
	int in_fd, out_fd, listen_fd;
	bool tty, escaped;
	bool out_watched;	/* out_fd waits for EPOLLOUT */
	struct termios saved;
	char *path;
	struct chardev_user user;
	struct ptimer *timer;

	pthread_mutex_t lock;	/* protects: buf, head, len, asked, full */
	uint8_t buf[BUFFER_BYTES];
	size_t head, len;
	bool asked;		/* a flush is on its way */
	bool full;		/* a byte was refused */
};

static void flush(struct chardev *c);

static void socket_gone(struct chardev *c)
{
	poll_del(c->in_fd);
	close(c->in_fd);
	c->in_fd = c->out_fd = -1;
	c->out_watched = false;
}

/* ---- output ---- */

static void flush_timer(void *ctx)
{
	struct chardev *c = ctx;

	c->timer = NULL;
	flush(c);
}

static void flush_later(void *ctx)
{
	struct chardev *c = ctx;

	if (!c->timer)
		c->timer = timer_start(FLUSH_MS, flush_timer, c);
}

/* A client that comes later still gets the newest 64 KiB; behind that the guest must not wait. */
static bool nobody_listens(const struct chardev *c)
{
	return c->listen_fd >= 0 && c->out_fd < 0;
}

bool chardev_put(struct chardev *c, uint8_t byte)
{
	bool ask = false, taken = true;

	pthread_mutex_lock(&c->lock);
	if (c->len == BUFFER_BYTES && nobody_listens(c)) {
		c->head = (c->head + 1) % BUFFER_BYTES;
		c->len--;
	}
	if (c->len < BUFFER_BYTES) {
		c->buf[(c->head + c->len++) % BUFFER_BYTES] = byte;
		ask = !c->asked;
		c->asked = true;
	} else {
		c->full = true;
		taken = false;
	}
	pthread_mutex_unlock(&c->lock);
	if (ask)
		poll_call(flush_later, c);
	return taken;
}

void chardev_show(struct chardev *c, struct reply *r)
{
	pthread_mutex_lock(&c->lock);
	reply_printf(r, "  %zu bytes to write%s%s%s%s\n", c->len, c->asked ? " asked" : "",
		     c->full ? " full" : "", c->timer ? " timer" : "", c->out_watched ? " watched" : "");
	pthread_mutex_unlock(&c->lock);
}

static size_t peek(struct chardev *c, const uint8_t **p)
{
	size_t n;

	pthread_mutex_lock(&c->lock);
	*p = c->buf + c->head;
	n = c->len < BUFFER_BYTES - c->head ? c->len : BUFFER_BYTES - c->head;
	if (!n)
		c->asked = false;
	pthread_mutex_unlock(&c->lock);
	return n < CHUNK ? n : CHUNK;
}

static void consume(struct chardev *c, size_t n)
{
	pthread_mutex_lock(&c->lock);
	c->head = (c->head + n) % BUFFER_BYTES;
	c->len -= n;
	pthread_mutex_unlock(&c->lock);
}

static bool writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) > 0;
}

static void watch_output(struct chardev *c, bool on)
{
	uint32_t in = c->in_fd == c->out_fd ? EPOLLIN : 0;

	if (c->out_watched != on && !poll_mod(c->out_fd, in | (on ? EPOLLOUT : 0)))
		c->out_watched = on;
}

static void tell_drained(struct chardev *c)
{
	bool was_full;

	pthread_mutex_lock(&c->lock);
	was_full = c->full;
	c->full = false;
	pthread_mutex_unlock(&c->lock);
	if (was_full && c->user.drained)
		c->user.drained(c->user.ctx);
}

static void flush(struct chardev *c)
{
	const uint8_t *p;
	size_t n;

	while (c->out_fd >= 0 && (n = peek(c, &p))) {
		ssize_t done;

		if (!writable(c->out_fd)) {
			watch_output(c, true);
			if (!c->out_watched)
				flush_later(c);
			return;
		}
		done = write(c->out_fd, p, n);
		if (done < 0 && c->listen_fd >= 0) {
			socket_gone(c);
			return;
		}
		consume(c, done > 0 ? (size_t)done : n);
	}
	if (c->out_fd < 0)
		return;
	watch_output(c, false);
	tell_drained(c);
}

void chardev_flush(struct chardev *c)
{
	flush(c);
}

/* ---- input ---- */

/* Ctrl-A x ends hvroot, Ctrl-A Ctrl-A is one Ctrl-A. */
static size_t filter_escapes(struct chardev *c, uint8_t *p, size_t n)
{
	size_t out = 0;

	for (size_t i = 0; i < n; i++) {
		if (c->escaped && p[i] == 'x')
			kill(getpid(), SIGTERM);
		if (!c->escaped && p[i] == ESCAPE) {
			c->escaped = true;
			continue;
		}
		c->escaped = false;
		p[out++] = p[i];
	}
	return out;
}

static void end_of_input(struct chardev *c)
{
	if (c->listen_fd >= 0) {
		socket_gone(c);
	} else {
		poll_del(c->in_fd);
		c->in_fd = -1;
	}
}

static void on_io(void *ctx, uint32_t events)
{
	struct chardev *c = ctx;
	uint8_t buf[1024];
	size_t room;
	ssize_t n;

	if (events & EPOLLOUT)
		flush(c);
	if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || c->in_fd < 0)
		return;
	/* not for output alone: a line that has room is not asked to tell of more */
	room = c->user.room(c->user.ctx);
	if (!room && !(events & (EPOLLHUP | EPOLLERR))) {
		poll_mod(c->in_fd, c->out_watched && c->in_fd == c->out_fd ? EPOLLOUT : 0);
		return;
	}
	n = read(c->in_fd, buf, room < sizeof(buf) ? (room ? room : 1) : sizeof(buf));
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end_of_input(c);
		return;
	}
	if (c->tty)
		n = filter_escapes(c, buf, n);
	if (room)
		c->user.input(c->user.ctx, buf, n);
}

static void resume_input(void *ctx)
{
	struct chardev *c = ctx;

	if (c->in_fd >= 0)
		poll_mod(c->in_fd, EPOLLIN | (c->out_watched && c->in_fd == c->out_fd ? EPOLLOUT : 0));
}

void chardev_more(struct chardev *c)
{
	poll_call(resume_input, c);
}

static void on_accept(void *ctx, uint32_t events)
{
	struct chardev *c = ctx;
	int fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (c->in_fd >= 0 || poll_add(fd, EPOLLIN, on_io, c) < 0) {
		close(fd);	/* one client at a time */
		return;
	}
	c->in_fd = c->out_fd = fd;
	flush(c);
}

/* ---- open and close ---- */

static struct chardev *chardev_new(void)
{
	struct chardev *c = calloc(1, sizeof(*c));

	if (!c) {
		log_err("out of memory");
		return NULL;
	}
	c->in_fd = c->out_fd = c->listen_fd = -1;
	pthread_mutex_init(&c->lock, NULL);
	return c;
}

static void raw_terminal(struct chardev *c)
{
	struct termios t;

	c->tty = isatty(0) && tcgetattr(0, &c->saved) == 0;
	if (!c->tty)
		return;
	t = c->saved;
	cfmakeraw(&t);
	t.c_oflag |= OPOST;
	tcsetattr(0, TCSANOW, &t);
}

struct chardev *chardev_stdio(void)
{
	struct chardev *c = chardev_new();

	if (!c)
		return NULL;
	c->in_fd = dup(0);
	c->out_fd = dup(1);
	raw_terminal(c);
	return c;
}

struct chardev *chardev_file(const char *path)
{
	struct chardev *c = chardev_new();

	if (!c)
		return NULL;
	c->out_fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (c->out_fd < 0) {
		log_err("%s: %s", path, strerror(errno));
		chardev_close(c);
		return NULL;
	}
	return c;
}

struct chardev *chardev_listen(const char *path)
{
	struct chardev *c = chardev_new();

	if (!c)
		return NULL;
	c->listen_fd = unix_listen(path);
	if (c->listen_fd < 0) {
		chardev_close(c);
		return NULL;
	}
	c->path = strdup(path);
	return c;
}

void chardev_start(struct chardev *c, const struct chardev_user *user)
{
	c->user = *user;
	if (c->listen_fd >= 0) {
		poll_add(c->listen_fd, EPOLLIN, on_accept, c);
		return;
	}
	/* Files cannot be watched (EPERM): no input from them, output never blocks. */
	if (c->in_fd >= 0 && poll_add(c->in_fd, EPOLLIN, on_io, c) < 0) {
		close(c->in_fd);
		c->in_fd = -1;
	}
	if (c->out_fd >= 0)
		poll_add(c->out_fd, 0, on_io, c);
}

void chardev_close(struct chardev *c)
{
	if (!c)
		return;
	flush(c);
	timer_cancel(c->timer);
	if (c->tty)
		tcsetattr(0, TCSANOW, &c->saved);
	if (c->in_fd >= 0 && c->in_fd != c->out_fd) {
		poll_del(c->in_fd);
		close(c->in_fd);
	}
	if (c->out_fd >= 0) {
		poll_del(c->out_fd);
		close(c->out_fd);
	}
	if (c->listen_fd >= 0) {
		poll_del(c->listen_fd);
		close(c->listen_fd);
		unlink(c->path);
	}
	pthread_mutex_destroy(&c->lock);
	free(c->path);
	free(c);
}
