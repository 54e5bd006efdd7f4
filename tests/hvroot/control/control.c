// SPDX-License-Identifier: GPL-2.0-only
/*
 * control.c - the server of the control socket. A client that does not read
 * its replies is dropped, so that it cannot hold the loop.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "loop/unixsock.h"

#define LINE_MAX_BYTES	(64 * 1024)
#define WORDS_MAX	64
#define VERBS_MAX	64
#define OUT_MAX		(16 << 20)

struct verb {
	const char *name;
	const char *help;
	int (*fn)(struct reply *r, int argc, char **argv, void *ctx);
	void *ctx;
};

struct reply {
	char *text;
	size_t len, size;
	struct client *client;	/* who waits for it; NULL: nobody (any more) */
	bool later;		/* its command is still at work */
	char error[512];
};

struct client {
	int fd;
	char *line;		/* bytes read and not yet served */
	size_t len;
	char *out;		/* reply bytes not yet taken */
	size_t out_len;
	bool ended;		/* the client sends no more */
	struct reply *pending;	/* of the command that is at work */
	struct client *next;
};

static struct verb verbs[VERBS_MAX];
static unsigned int nverbs;
static struct client *clients;
static void (*watcher)(const char *line);
static int listener = -1;
static char *listen_path;

void control_register(const char *verb, const char *help,
		      int (*fn)(struct reply *r, int argc, char **argv, void *ctx), void *ctx)
{
	if (nverbs == VERBS_MAX)
		abort();	/* a fixed number of callers, all ours */
	verbs[nverbs++] = (struct verb){ verb, help, fn, ctx };
}

void reply_printf(struct reply *r, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || r->len + n > OUT_MAX / 2)
		return;
	if (r->len + n + 1 > r->size) {
		size_t size = (r->len + n + 1) * 2;
		char *text = realloc(r->text, size);

		if (!text)
			return;
		r->text = text;
		r->size = size;
	}
	va_start(ap, fmt);
	vsnprintf(r->text + r->len, n + 1, fmt, ap);
	va_end(ap);
	r->len += n;
}

int reply_error(struct reply *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(r->error, sizeof(r->error), fmt, ap);
	va_end(ap);
	return -1;
}

const char *control_arg(int argc, char **argv, const char *key)
{
	size_t n = strlen(key);

	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], key, n) && argv[i][n] == '=')
			return argv[i] + n + 1;
	return NULL;
}

int control_num(struct reply *r, int argc, char **argv, const char *key,
		unsigned long long dflt, unsigned long long *value)
{
	const char *text = control_arg(argc, argv, key);
	char *end;

	*value = dflt;
	if (!text)
		return 0;
	errno = 0;
	*value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		return reply_error(r, "%s=%s: not a number", key, text);
	return 0;
}

/* Each line of a help text gets the verb in front: one line, one form. */
static int cmd_help(struct reply *r, int argc, char **argv, void *ctx)
{
	for (unsigned int i = 0; i < nverbs; i++) {
		const char *p = verbs[i].help;

		while (*p) {
			size_t n = strcspn(p, "\n");

			reply_printf(r, "%s %.*s\n", verbs[i].name, (int)n, p);
			p += n + (p[n] == '\n');
		}
	}
	return 0;
}

static void reply_free(struct reply *r)
{
	free(r->text);
	free(r);
}

/* The last line. */
static void reply_end(struct reply *r, int ret)
{
	if (ret)
		reply_printf(r, "error: %s\n", r->error);
	else
		reply_printf(r, "ok\n");
}

/* Runs a command; CONTROL_LATER: the reply is not complete yet. */
static int run_line(struct reply *r, char *line)
{
	char *words[WORDS_MAX + 1], *save = NULL, *w;
	int n = 0, ret = -1;

	for (w = strtok_r(line, " \t\r", &save); w && n < WORDS_MAX;
	     w = strtok_r(NULL, " \t\r", &save))
		words[n++] = w;
	words[n] = NULL;
	if (!n)
		return 0;
	snprintf(r->error, sizeof(r->error), "unknown command %.100s, try help", words[0]);
	for (unsigned int i = 0; i < nverbs; i++) {
		if (strcmp(verbs[i].name, words[0]))
			continue;
		snprintf(r->error, sizeof(r->error), "failed");
		ret = verbs[i].fn(r, n, words, verbs[i].ctx);
		break;
	}
	if (ret == CONTROL_LATER)
		r->later = true;
	else
		reply_end(r, ret);
	return ret;
}

int control_execute(const char *line)
{
	struct reply *r = calloc(1, sizeof(*r));
	char copy[1024];
	int ret;

	if (!r)
		return -1;
	snprintf(copy, sizeof(copy), "%s", line);
	ret = run_line(r, copy);
	if (ret == CONTROL_LATER)
		return 0;
	reply_free(r);
	return ret ? -1 : 0;
}

void control_watch(void (*fn)(const char *line))
{
	watcher = fn;
}

static void client_free(struct client *c)
{
	struct client **p = &clients;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	if (c->pending)
		c->pending->client = NULL;
	poll_del(c->fd);
	close(c->fd);
	free(c->line);
	free(c->out);
	free(c);
}

/* Write what the client takes now; false: the client is gone. */
static bool client_flush(struct client *c)
{
	while (c->out_len) {
		ssize_t n = send(c->fd, c->out, c->out_len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EAGAIN)
			break;
		if (n <= 0)
			return false;
		memmove(c->out, c->out + n, c->out_len - n);
		c->out_len -= n;
	}
	if (c->ended && !c->out_len && !c->pending)
		return false;
	poll_mod(c->fd, (c->ended || c->pending ? 0 : EPOLLIN) | (c->out_len ? EPOLLOUT : 0));
	return true;
}

static bool client_reply(struct client *c, const struct reply *r)
{
	char *out;

	if (!r->len)
		return true;
	if (c->out_len + r->len > OUT_MAX)
		return false;
	out = realloc(c->out, c->out_len + r->len);
	if (!out)
		return false;
	memcpy(out + c->out_len, r->text, r->len);
	c->out = out;
	c->out_len += r->len;
	return true;
}

/* One line; false: the client has to go. */
static bool client_line(struct client *c, char *line)
{
	struct reply *r = calloc(1, sizeof(*r));
	bool ok;

	if (!r)
		return false;
	r->client = c;
	trace("CONTROL", "%s", line);
	if (watcher)
		watcher(line);
	if (run_line(r, line) == CONTROL_LATER) {
		c->pending = r;
		trace_flush();
		return true;
	}
	trace_flush();
	ok = client_reply(c, r);
	reply_free(r);
	return ok;
}

/* Serve every whole line, up to one that takes time; false: the client has to go. */
static bool client_lines(struct client *c)
{
	char *nl;

	while (!c->pending && (nl = memchr(c->line, '\n', c->len))) {
		size_t used = nl + 1 - c->line;

		*nl = 0;
		if (!client_line(c, c->line))
			return false;
		memmove(c->line, c->line + used, c->len - used);
		c->len -= used;
	}
	return c->pending || c->len < LINE_MAX_BYTES;
}

void reply_flush(struct reply *r)
{
	if (!r->client || !r->later)
		return;
	if (!client_reply(r->client, r) || !client_flush(r->client))
		client_free(r->client);
	r->len = 0;
}

void reply_finish(struct reply *r, int ret)
{
	struct client *c = r->client;

	reply_end(r, ret);
	if (c) {
		bool ok = client_reply(c, r);

		c->pending = NULL;
		if (!ok || !client_lines(c) || !client_flush(c))
			client_free(c);
	}
	trace_flush();
	reply_free(r);
}

static void client_event(void *ctx, uint32_t events)
{
	struct client *c = ctx;
	ssize_t n;

	if (c->pending && events & (EPOLLHUP | EPOLLERR))
		goto drop;
	if (!c->pending && events & (EPOLLIN | EPOLLHUP)) {
		n = recv(c->fd, c->line + c->len, LINE_MAX_BYTES - c->len, MSG_DONTWAIT);
		if (n < 0 && errno != EAGAIN)
			goto drop;
		if (n == 0)
			c->ended = true;
		if (n > 0)
			c->len += n;
		if (!client_lines(c))
			goto drop;
	}
	if (client_flush(c))
		return;
drop:
	client_free(c);
}

static void accept_event(void *ctx, uint32_t events)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (fd < 0)
		return;
	c = calloc(1, sizeof(*c));
	if (c)
		c->line = malloc(LINE_MAX_BYTES);
	if (!c || !c->line || poll_add(fd, EPOLLIN, client_event, c) < 0) {
		if (c)
			free(c->line);
		free(c);
		close(fd);
		return;
	}
	c->fd = fd;
	c->next = clients;
	clients = c;
}

int control_open(const char *path)
{
	control_register("help", " list the commands", cmd_help, NULL);
	if (!path)
		return 0;
	listener = unix_listen(path);
	if (listener < 0)
		return -1;
	listen_path = strdup(path);
	return poll_add(listener, EPOLLIN, accept_event, NULL);
}

void control_close(void)
{
	for (struct client *c = clients; c; c = c->next)
		client_flush(c);
	while (clients)
		client_free(clients);
	if (listener >= 0) {
		poll_del(listener);
		close(listener);
		unlink(listen_path);
	}
	free(listen_path);
	listen_path = NULL;
	listener = -1;
}
