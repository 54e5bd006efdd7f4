// SPDX-License-Identifier: GPL-2.0-only
/*
 * line.c - bytes between a guest's serial line (our end of a socket) and where
 * it ends (chardev). Each direction has a buffer and stops reading when that is
 * full, so that neither side can make hvroot wait or grow.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/chardev.h"
#include "machine/process/line.h"

#define BUFFER		4096
#define AT_ONCE		16		/* buffers, then others have their turn */
#define GUEST_ROOM	(4 << 20)	/* of the guest's end: UML drops console output that does not fit */

struct line {
	struct chardev *dev;
	int fd;				/* -1 = no guest */
	uint8_t out[BUFFER];		/* from the guest; at .. len is not with dev yet */
	size_t out_at, out_len;
	uint8_t in[BUFFER];		/* to the guest */
	size_t in_len;
	bool starved;			/* dev was told that there is no room */
};

static void hang_up(struct line *l)
{
	poll_del(l->fd);
	close(l->fd);
	l->fd = -1;
}

static void watch(struct line *l)
{
	bool full = l->out_at < l->out_len;

	if (l->fd >= 0)
		poll_mod(l->fd, (full ? 0 : EPOLLIN) | (l->in_len ? EPOLLOUT : 0));
}

/* True: all that was read is with the chardev. */
static bool give_output(struct line *l)
{
	while (l->out_at < l->out_len && chardev_put(l->dev, l->out[l->out_at]))
		l->out_at++;
	return l->out_at == l->out_len;
}

static void take_output(struct line *l, unsigned int buffers)
{
	while (give_output(l) && l->fd >= 0 && buffers--) {
		ssize_t n = recv(l->fd, l->out, sizeof(l->out), MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0) {
			hang_up(l);
			return;
		}
		l->out_at = 0;
		l->out_len = n;
	}
}

static void give_input(struct line *l)
{
	ssize_t n;

	if (!l->in_len || l->fd < 0)
		return;
	n = send(l->fd, l->in, l->in_len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n <= 0)
		return;
	memmove(l->in, l->in + n, l->in_len - n);
	l->in_len -= n;
	if (l->starved) {
		l->starved = false;
		chardev_more(l->dev);
	}
}

static void on_socket(void *ctx, uint32_t events)
{
	struct line *l = ctx;

	if (events & EPOLLOUT)
		give_input(l);
	if (events & EPOLLIN)
		take_output(l, AT_ONCE);
	else if ((events & (EPOLLHUP | EPOLLERR)) && l->out_at < l->out_len)
		poll_del(l->fd);	/* no more events: drained() reads on to the end */
	else if (events & (EPOLLHUP | EPOLLERR))
		hang_up(l);
	watch(l);
}

/* ---- the chardev's side ---- */

static size_t room(void *ctx)
{
	struct line *l = ctx;
	size_t n = sizeof(l->in) - l->in_len;

	l->starved = !n;
	return n;
}

static void input(void *ctx, const uint8_t *p, size_t n)
{
	struct line *l = ctx;

	if (n > sizeof(l->in) - l->in_len)
		n = sizeof(l->in) - l->in_len;
	memcpy(l->in + l->in_len, p, n);
	l->in_len += n;
	give_input(l);
	watch(l);
}

static void drained(void *ctx)
{
	struct line *l = ctx;

	take_output(l, AT_ONCE);
	watch(l);
}

/* ---- set-up ---- */

struct line *line_new(struct chardev *dev)
{
	struct line *l;
	struct chardev_user user = { .room = room, .input = input, .drained = drained };

	if (!dev)
		return NULL;
	l = calloc(1, sizeof(*l));
	if (!l) {
		log_err("out of memory");
		chardev_close(dev);
		return NULL;
	}
	l->dev = dev;
	l->fd = -1;
	user.ctx = l;
	chardev_start(dev, &user);
	return l;
}

int line_open(struct line *l)
{
	int s[2], big = GUEST_ROOM;

	line_close(l);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s)) {
		log_err("no socket for a serial line: %s", strerror(errno));
		return -1;
	}
	/* as root; others get what net.core.wmem_max allows */
	if (setsockopt(s[1], SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		setsockopt(s[1], SOL_SOCKET, SO_SNDBUF, &big, sizeof(big));
	l->fd = s[0];
	if (poll_add(l->fd, EPOLLIN, on_socket, l)) {
		log_err("a serial line cannot be watched");
		close(s[0]);
		close(s[1]);
		l->fd = -1;
		return -1;
	}
	watch(l);
	return s[1];
}

void line_close(struct line *l)
{
	if (l->fd < 0)
		return;
	for (unsigned int i = 0; i < GUEST_ROOM / BUFFER && l->fd >= 0; i++) {
		take_output(l, 1);
		chardev_flush(l->dev);
	}
	if (l->fd >= 0)
		hang_up(l);
	l->in_len = 0;		/* was meant for the guest that is gone */
	if (l->starved) {
		l->starved = false;
		chardev_more(l->dev);
	}
}

void line_show(struct line *l, const char *name, struct reply *r)
{
	reply_printf(r, "%s%s: %zu bytes from the guest wait, %zu to it%s\n", name, l->fd < 0 ? " (no guest)" : "",
		     l->out_len - l->out_at, l->in_len, l->starved ? " starved" : "");
	chardev_show(l->dev, r);
}

void line_free(struct line *l)
{
	if (!l)
		return;
	line_close(l);
	chardev_close(l->dev);
	free(l);
}
