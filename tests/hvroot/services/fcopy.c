// SPDX-License-Identifier: GPL-2.0-only
/*
 * File copy: the command `fcopy` sends a file of the host piece by piece, each
 * answered before the next goes, and shows its checksum.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "control/control.h"
#include "loop/log.h"
#include "services/ic.h"
#include "services/sha256.h"
#include "services/utf.h"
#include "vmbus/fault.h"

static const char *const op_names[] = { "start", "write", "complete", "cancel" };

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	struct fcopy_start s;
	struct fcopy_write w;
	uint32_t op = ~0u;
	char name[800], path[800];

	memcpy(&op, data, len < sizeof(op) ? len : sizeof(op));
	snprintf(text, size, "op=%u (%s)", op, op <= FCOPY_CANCEL ? op_names[op] : "unknown");
	if (op == FCOPY_START && len >= sizeof(s)) {
		memcpy(&s, data, sizeof(s));
		utf16_get(name, sizeof(name), s.name, sizeof(s.name));
		utf16_get(path, sizeof(path), s.path, sizeof(s.path));
		snprintf(text, size, "op=0 (start) name=\"%.80s\" path=\"%.160s\" flags=%u size=%llu",
			 name, path, s.flags, (unsigned long long)s.size);
	} else if (op == FCOPY_WRITE && len >= offsetof(struct fcopy_write, data)) {
		memcpy(&w, data, offsetof(struct fcopy_write, data));
		snprintf(text, size, "op=1 (write) offset=%llu length=%u",
			 (unsigned long long)w.offset, w.length);
	}
}

static void unterminate(uint8_t *data, size_t len)
{
	size_t at = offsetof(struct fcopy_start, name);

	if (len >= sizeof(struct fcopy_start) && data[0] == FCOPY_START)
		memset(data + at, 'A', offsetof(struct fcopy_start, flags) - at);
}

struct copy {
	struct reply *r;
	int fd;
	unsigned int limit;
	uint64_t size, at, cancel_at;
	unsigned int pieces, tenth;
	uint64_t began, slowest;
	struct sha256 sum;
	const char *problem;		/* why the copy is cancelled */
};

static void copy_end(struct copy *c, int ret)
{
	reply_finish(c->r, ret);
	close(c->fd);
	free(c);
}

static void on_end(void *ctx, const struct ic_answer *a)
{
	struct copy *c = ctx;
	uint64_t us = ic_now() - c->began;
	char text[65];
	int ret;

	sha256_end(&c->sum, text);
	reply_printf(c->r, "%llu of %llu bytes in %u pieces, %llu ms, %.2f MB/s, slowest answer %llu us\nsha256 %s\n",
		     (unsigned long long)c->at, (unsigned long long)c->size, c->pieces,
		     (unsigned long long)us / 1000, us ? c->at / (double)us : 0,
		     (unsigned long long)c->slowest, text);
	ret = ic_report(c->r, ic_get(IC_FCOPY), c->problem ? "fcopy cancel" : "fcopy complete", a);
	if (c->problem)
		ret = reply_error(c->r, "fcopy: %s after %llu bytes", c->problem,
				  (unsigned long long)c->at);
	copy_end(c, ret);
}

static bool ask(struct copy *c, const void *msg, size_t len, ic_done_fn done)
{
	return ic_request(ic_get(IC_FCOPY), msg, len, c->limit, done, c);
}

/* COMPLETE, or CANCEL when something went wrong. */
static bool ask_end(struct copy *c)
{
	struct fcopy_head h = { .op = c->problem ? FCOPY_CANCEL : FCOPY_COMPLETE };

	return ask(c, &h, sizeof(h), on_end);
}

static void on_piece(void *ctx, const struct ic_answer *a);

static bool ask_piece(struct copy *c)
{
	struct fcopy_write w = { .h.op = FCOPY_WRITE, .offset = c->at };
	ssize_t n = pread(c->fd, w.data, sizeof(w.data), c->at);

	if (n <= 0 || c->at >= c->cancel_at) {
		c->problem = n < 0 ? "the file cannot be read" :
			n ? "cancelled as asked" : "the file has become shorter";
		return ask_end(c);
	}
	w.length = n;
	sha256_add(&c->sum, w.data, n);
	c->at += n;
	c->pieces++;
	return ask(c, &w, sizeof(w), on_piece);
}

static void progress(struct copy *c)
{
	unsigned int tenth = c->at * 10 / c->size;

	if (tenth == c->tenth)
		return;
	c->tenth = tenth;
	reply_printf(c->r, "%u%% %llu bytes, %llu ms\n", tenth * 10, (unsigned long long)c->at,
		     (unsigned long long)(ic_now() - c->began) / 1000);
	reply_flush(c->r);
}

static bool go_on(struct copy *c)
{
	return c->at < c->size ? ask_piece(c) : ask_end(c);
}

static void on_piece(void *ctx, const struct ic_answer *a)
{
	struct copy *c = ctx;

	if (a->micros > c->slowest)
		c->slowest = a->micros;
	if (a->how != IC_ANSWERED || a->status != IC_OK) {
		int ret = ic_report(c->r, ic_get(IC_FCOPY), c->pieces ? "fcopy write" : "fcopy start", a);

		copy_end(c, ret);
		return;
	}
	if (c->size)
		progress(c);
	if (!go_on(c))
		copy_end(c, reply_error(c->r, "fcopy: the service is gone"));
}

/*
 * Splits PATH into folder and name; NULL or why not. The folder keeps its
 * slash: Debian's daemon makes only those folders that have one behind them.
 */
static const char *put_names(struct fcopy_start *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	uint8_t name[FCOPY_NAME * 2] = { 0 }, folder[FCOPY_NAME * 2] = { 0 };
	char text[FCOPY_NAME * 3 + 1];

	if (!slash || !slash[1] || *path != '/')
		return "PATH is the whole name in the guest, as /tmp/file";
	snprintf(text, sizeof(text), "%.*s", (int)(slash + 1 - path), path);
	if (utf16_put(folder, sizeof(folder), text) < 0 || utf16_put(name, sizeof(name), slash + 1) < 0)
		return "PATH is no UTF-8, or a part of it is longer than 259 UTF-16 units";
	memcpy(s->path, folder, sizeof(folder));
	memcpy(s->name, name, sizeof(name));
	return NULL;
}

/* A file in the place of a folder that every guest has. */
static size_t probe(uint8_t to[IC_DATA_MAX])
{
	struct fcopy_start s = { .h.op = FCOPY_START };

	put_names(&s, "/.");
	memcpy(to, &s, sizeof(s));
	return sizeof(s);
}

static int open_file(struct reply *r, const char *path, uint64_t *size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		reply_error(r, "%s: %s", path, fd < 0 ? strerror(errno) : "no regular file");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	*size = st.st_size;
	return fd;
}

static int start_copy(struct reply *r, const char *file, struct fcopy_start *s,
		      unsigned int limit, uint64_t cancel_at)
{
	uint64_t size;
	int fd = open_file(r, file, &size);
	struct copy *c;

	if (fd < 0)
		return -1;
	c = calloc(1, sizeof(*c));
	if (!c) {
		close(fd);
		return reply_error(r, "out of memory");
	}
	*c = (struct copy){
		.r = r, .fd = fd, .limit = limit, .size = size, .cancel_at = cancel_at,
		.began = ic_now(),
	};
	sha256_start(&c->sum);
	s->size = size;
	if (ask(c, s, sizeof(*s), on_piece))
		return CONTROL_LATER;
	close(fd);
	free(c);
	return reply_error(r, "out of memory");
}

static int cmd_fcopy(struct reply *r, int argc, char **argv, void *ctx)
{
	struct fcopy_start s = { .h.op = FCOPY_START };
	unsigned long long cancel_at, flags;
	unsigned int limit;
	const char *why;

	if (argc < 3)
		return reply_error(r, "fcopy FILE PATH [overwrite] [create-path] [cancel-at=BYTES] [limit=MS]");
	flags = (fault_word(argc, argv, "overwrite") ? FCOPY_OVERWRITE : 0) |
		(fault_word(argc, argv, "create-path") ? FCOPY_CREATE : 0);
	if (ic_limit(r, argc, argv, IC_ANSWER_MS, &limit) ||
	    control_num(r, argc, argv, "cancel-at", ~0ull, &cancel_at) ||
	    control_num(r, argc, argv, "flags", flags, &flags) || ic_check(r, ic_get(IC_FCOPY)))
		return -1;
	if (percent_decode(argv[1]) || percent_decode(argv[2]))
		return reply_error(r, "a %% that is not followed by two hexadecimal digits");
	why = put_names(&s, argv[2]);
	if (why)
		return reply_error(r, "%s", why);
	s.flags = flags;
	return start_copy(r, argv[1], &s, limit, cancel_at);
}

void ic_fcopy_init(struct bus *b)
{
	control_register("fcopy",
		"FILE PATH [overwrite] [create-path] [cancel-at=BYTES] [flags=N] [limit=MS]  copy a file of the host into the guest (%XX for a blank)",
		cmd_fcopy, NULL);
}

const struct ic_service ic_fcopy = {
	.name = "fcopy", .type = IC_TYPE_FCOPY, .messages = "1.1", .depth = 1,
	.describe = describe, .unterminate = unterminate, .probe = probe,
};
