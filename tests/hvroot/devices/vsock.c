// SPDX-License-Identifier: GPL-2.0-only
/*
 * hvsock: stream connections over VMBus, relayed to unix sockets. A guest
 * that connects to a port reaches the unix socket that `vsock to-host` names;
 * whoever connects to the unix socket of `vsock to-guest` reaches a port in
 * the guest. Each connection is a device of its own that lives as long.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "control/control.h"
#include "devices/classes.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "vmbus/bus.h"

#define CHUNK		8192	/* bytes in one packet to the guest */
#define OPEN_MS		5000	/* a guest that has not opened by then has no listener */
#define DRAIN_MS	100
#define DRAIN_TRIES	100
#define USER_FROM_HOST	4	/* offset in the offer's user data */

struct route {			/* a port and its unix socket */
	struct route *next;
	struct bus *bus;
	uint32_t port;
	bool to_guest;
	int listener;		/* to_guest only */
	struct sockaddr_un addr;
};

struct conn {
	struct vsp_dev dev;	/* first: freed as one */
	int fd;
	bool guest_done, host_done;	/* no more bytes from there */
	bool watched;		/* by the event loop */
	unsigned int waits;	/* for the guest to read the last bytes */
	struct ptimer *timer;	/* not opened in time, or time to go */
	uint8_t *rest;		/* bytes that the unix socket did not take yet */
	size_t rest_len, rest_at;
};

static struct route *routes;
static unsigned int serial;	/* makes names and instance GUIDs unique */

static struct guid service_guid(uint32_t port)
{
	struct guid g = guid_make("00000000-facb-11e6-bd58-64006a7986d3");

	memcpy(g.b, &port, sizeof(port));
	return g;
}

/* The port in a service GUID; false for GUIDs of another kind. */
static bool service_port(const struct guid *g, uint32_t *port)
{
	struct guid want;

	memcpy(port, g->b, sizeof(*port));
	want = service_guid(*port);
	return !memcmp(&want, g, sizeof(want));
}

/* Rescinds the channel, but gives the guest some time to read the last bytes. */
static void finish(void *ctx)
{
	struct conn *c = ctx;
	struct vsp_chan *ch = vsp_primary(&c->dev);

	c->timer = NULL;
	if (ch && ch->outq && c->waits++ < DRAIN_TRIES)
		c->timer = timer_start(DRAIN_MS, finish, c);
	else
		vsp_unplug(&c->dev);
}

/* The channel may be in use further up: it is rescinded in the next turn. */
static void finish_soon(struct conn *c, unsigned int ms)
{
	timer_cancel(c->timer);
	c->timer = timer_start(ms, finish, c);
}

static void on_fd(void *ctx, uint32_t events);

/* A hang-up is reported even for no events: then the socket is not watched. */
static void watch(struct conn *c, const struct vsp_chan *ch)
{
	uint32_t events = 0;

	if (c->fd < 0)
		return;
	if (!c->host_done && !ch->outq)
		events |= EPOLLIN;
	if (c->rest_len)
		events |= EPOLLOUT;
	if (events && c->watched)
		poll_mod(c->fd, events);
	else if (events)
		poll_add(c->fd, events, on_fd, c);
	else
		poll_del(c->fd);
	c->watched = events;
}

static void both_done(struct conn *c)
{
	if (c->guest_done && c->host_done && !c->rest_len)
		finish_soon(c, 0);
}

static void from_unix(struct conn *c, struct vsp_chan *ch)
{
	uint8_t buf[CHUNK];
	ssize_t n = read(c->fd, buf, sizeof(buf));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		c->host_done = true;
		n = 0;		/* an empty packet says the same to the guest */
	}
	pipe_send(ch, buf, n);
	both_done(c);
}

/* Gives kept bytes to the unix socket, then lets the guest go on. */
static void flush_rest(struct conn *c, struct vsp_chan *ch)
{
	ssize_t n = send(c->fd, c->rest + c->rest_at, c->rest_len, MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {		/* nobody there: the bytes are lost */
		n = c->rest_len;
		c->guest_done = c->host_done = true;
	}
	c->rest_at += n;
	c->rest_len -= n;
	if (c->rest_len)
		return;
	free(c->rest);
	c->rest = NULL;
	if (c->guest_done)
		shutdown(c->fd, SHUT_WR);
	ch->frozen = false;
	chan_kick(ch);
	both_done(c);
}

static void on_fd(void *ctx, uint32_t events)
{
	struct conn *c = ctx;
	struct vsp_chan *ch = vsp_primary(&c->dev);

	if (!ch)
		return;
	if (events & EPOLLOUT && c->rest_len)
		flush_rest(c, ch);
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR) && !c->host_done && !ch->outq)
		from_unix(c, ch);
	watch(c, ch);
}

static void to_unix(struct conn *c, struct vsp_chan *ch, const uint8_t *p, size_t len)
{
	ssize_t n = send(c->fd, p, len, MSG_NOSIGNAL);

	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		c->guest_done = c->host_done = true;	/* nobody there */
		both_done(c);
		return;
	}
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return;
	c->rest = malloc(len - n);
	if (!c->rest) {
		vsp_fail(ch, "out of memory");
		return;
	}
	memcpy(c->rest, p + n, len - n);
	c->rest_at = 0;
	c->rest_len = len - n;
	ch->frozen = true;	/* until the unix socket takes more */
	watch(c, ch);
}

static void on_packet(struct vsp_chan *ch, const struct vsp_packet *p)
{
	struct conn *c = ch->dev->priv;
	const void *msg;
	size_t len;

	if (p->type == PKT_COMPLETION)
		return;
	msg = pipe_take(ch, p, &len);
	if (!msg || c->guest_done)
		return;
	if (len) {
		to_unix(c, ch, msg, len);
		return;
	}
	c->guest_done = true;
	shutdown(c->fd, SHUT_WR);
	both_done(c);
}

static uint32_t on_open(struct vsp_chan *ch)
{
	struct conn *c = ch->dev->priv;

	if (c->fd < 0)
		return NTSTATUS_INVALID_DEVICE_STATE;
	timer_cancel(c->timer);
	c->timer = NULL;
	watch(c, ch);
	return 0;
}

/* A closed channel is never opened again; the guest waits for its RESCIND. */
static void on_close(struct vsp_chan *ch)
{
	struct conn *c = ch->dev->priv;

	poll_del(c->fd);
	close(c->fd);
	c->fd = -1;
	c->rest_len = 0;
	finish_soon(c, 0);
	vsp_closed(ch);
}

static void on_room(struct vsp_chan *ch)
{
	watch(ch->dev->priv, ch);
}

static void on_free(struct vsp_dev *d)
{
	struct conn *c = d->priv;

	timer_cancel(c->timer);
	if (c->fd >= 0) {
		poll_del(c->fd);
		close(c->fd);
	}
	free(c->rest);
}

static const struct vsp_ops vsock_ops = {
	.open = on_open, .close = on_close, .packet = on_packet,
	.room = on_room, .free = on_free, .stream = true,
};

/* Offers a connection to the guest; takes @fd in any case. */
static bool offer_conn(struct bus *b, int fd, const struct guid *type,
		       const struct guid *instance, bool from_host)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c) {
		close(fd);
		return false;
	}
	c->fd = fd;
	c->dev.ops = &vsock_ops;
	c->dev.priv = c;
	c->dev.once = true;
	c->dev.type = *type;
	c->dev.instance = *instance;
	c->dev.flags = OFFER_HVSOCK;
	c->dev.user[0] = PIPE_MODE_MESSAGE;
	c->dev.user[USER_FROM_HOST] = from_host;
	snprintf(c->dev.name, sizeof(c->dev.name), "vsock%u", serial++);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	vsp_register(b, &c->dev);
	c->timer = timer_start(OPEN_MS, finish, c);
	if (vsp_plug(&c->dev) && c->dev.offer[0])
		return true;
	vsp_unregister(&c->dev);
	return false;
}

bool vsock_connect(struct bus *b, const struct guid *endpoint, const struct guid *service)
{
	uint32_t port;
	int fd;

	if (!service_port(service, &port))
		return false;
	for (struct route *r = routes; r; r = r->next) {
		if (r->to_guest || r->port != port)
			continue;
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return false;
		if (connect(fd, (struct sockaddr *)&r->addr, sizeof(r->addr))) {
			close(fd);
			return false;
		}
		return offer_conn(b, fd, service, endpoint, false);
	}
	return false;
}

static void on_client(void *ctx, uint32_t events)
{
	struct route *r = ctx;
	struct guid service = service_guid(r->port), instance;
	int fd = accept4(r->listener, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	instance = guid_make("4d2a0000-9c1b-4b7e-8f60-68766f6f7400");
	memcpy(instance.b + 12, &serial, sizeof(serial));
	if (!offer_conn(r->bus, fd, &service, &instance, true))
		trace("VSOCK", "nobody connected for port %u", r->port);
}

static int listen_on(struct reply *r, struct route *t)
{
	t->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(t->addr.sun_path);
	if (t->listener < 0 ||
	    bind(t->listener, (struct sockaddr *)&t->addr, sizeof(t->addr)) ||
	    listen(t->listener, 16) || poll_add(t->listener, EPOLLIN, on_client, t)) {
		reply_error(r, "cannot listen on %s: %s", t->addr.sun_path, strerror(errno));
		if (t->listener >= 0)
			close(t->listener);
		return -1;
	}
	return 0;
}

static int cmd_vsock(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 ? argv[1] : "", *path = control_arg(argc, argv, "path");
	unsigned long long port;
	struct route *t;

	if (strcmp(what, "to-host") && strcmp(what, "to-guest"))
		return reply_error(r, "vsock to-host|to-guest port=N path=SOCKET");
	if (control_num(r, argc, argv, "port", 0, &port))
		return -1;
	if (!port || port > 0x7FFFFFFF || !path || strlen(path) >= sizeof(t->addr.sun_path))
		return reply_error(r, "vsock needs port=N and path=SOCKET (a short path)");
	t = calloc(1, sizeof(*t));
	if (!t)
		return reply_error(r, "out of memory");
	t->bus = ctx;
	t->port = port;
	t->to_guest = !strcmp(what, "to-guest");
	t->listener = -1;
	t->addr.sun_family = AF_UNIX;
	strcpy(t->addr.sun_path, path);
	if (t->to_guest && listen_on(r, t)) {
		free(t);
		return -1;
	}
	t->next = routes;
	routes = t;
	return 0;
}

void vsock_init(struct bus *b)
{
	control_register("vsock",
		"to-host port=N path=SOCKET  the guest's connections to this port go to a unix socket\n"
		"to-guest port=N path=SOCKET  listen there; connections go to this port in the guest",
		cmd_vsock, b);
}

void vsock_exit(struct bus *b)
{
	while (routes) {
		struct route *t = routes;

		routes = t->next;
		if (t->listener >= 0) {
			poll_del(t->listener);
			close(t->listener);
			unlink(t->addr.sun_path);
		}
		free(t);
	}
}
