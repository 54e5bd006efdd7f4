// SPDX-License-Identifier: GPL-2.0-only
/*
 * Snapshots: the command `vss`, which sends one operation, or copies a disk
 * while the guest's file systems are frozen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "control/control.h"
#include "loop/aio.h"
#include "loop/log.h"
#include "services/ic.h"

#define COPY_BYTES	(1u << 20)

static const char *const op_names[VSS_OPS] = {
	"create", "delete", "check", "dm-info", "complete", "freeze", "thaw", "recover", "cluster",
};

static const char *op_name(unsigned int op)
{
	return op < VSS_OPS ? op_names[op] : "unknown";
}

static uint32_t flags_of(const uint8_t *data, size_t len)
{
	uint32_t flags = 0;

	if (len >= VSS_ANSWER_MIN)
		memcpy(&flags, data + VSS_HEAD, sizeof(flags));
	return flags;
}

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	uint8_t op = len ? data[0] : VSS_OPS;

	snprintf(text, size, "op=%u (%s) flags=%#x len=%zu", op, op_name(op), flags_of(data, len),
		 len);
}

/* The message of an operation; its length. */
static size_t put(uint8_t to[VSS_RECOVER_BYTES], enum vss_op op)
{
	memset(to, 0, VSS_RECOVER_BYTES);
	to[0] = op;
	if (op == VSS_AUTO_RECOVER)
		return VSS_RECOVER_BYTES;
	return op == VSS_FREEZE ? sizeof(struct vss_luns) : sizeof(struct vss_message);
}

static size_t probe(uint8_t to[IC_DATA_MAX])
{
	return put(to, VSS_CHECK);
}

static void print_flags(struct reply *r, const struct ic *ic, const struct ic_answer *a)
{
	uint32_t flags = flags_of(a->data, a->len);

	if (a->len && (a->data[0] == VSS_CHECK || a->data[0] == VSS_DM_INFO))
		reply_printf(r, "flags 0x%x%s\n", flags,
			     a->data[0] == VSS_CHECK && flags == VSS_NO_AUTO_RECOVERY ?
			     " (hot backup, no automatic recovery)" : "");
}

/* ---- backup ---- */

struct backup {
	struct aio aio;			/* first: the worker's argument */
	struct reply *r;
	char *from, *to;
	unsigned int limit;
	bool failed;			/* with the error in the reply */
	uint64_t frozen_at;
};

static void send_op(struct backup *k, enum vss_op op, ic_done_fn done);

static void backup_end(struct backup *k)
{
	reply_finish(k->r, k->failed ? -1 : 0);
	free(k->from);
	free(k->to);
	free(k);
}

static void thawed(void *ctx, const struct ic_answer *a)
{
	struct backup *k = ctx;

	reply_printf(k->r, "frozen for %llu us\n", (unsigned long long)(ic_now() - k->frozen_at));
	if (ic_report(k->r, ic_get(IC_VSS), "vss thaw", a))
		k->failed = true;
	backup_end(k);
}

/* Copies the data of a file and leaves its holes. Bytes or -errno; worker thread. */
static long copy_data(int in, int out, off_t end)
{
	char *buf = malloc(COPY_BYTES);
	long copied = 0;
	off_t at = 0;

	if (!buf)
		return -ENOMEM;
	while ((at = lseek(in, at, SEEK_DATA)) >= 0 && at < end) {
		off_t hole = lseek(in, at, SEEK_HOLE);

		while (at < hole) {
			size_t want = hole - at < COPY_BYTES ? hole - at : COPY_BYTES;
			ssize_t n = pread(in, buf, want, at);

			if (n <= 0 || pwrite(out, buf, n, at) != n) {
				long error = n < 0 || errno ? -errno : -EIO;

				free(buf);
				return error;
			}
			at += n;
			copied += n;
		}
	}
	free(buf);
	return copied;
}

static long copy_image(struct aio *a)
{
	struct backup *k = (struct backup *)a;
	int in = open(k->from, O_RDONLY | O_CLOEXEC);
	int out = open(k->to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	struct stat st;
	long result = -errno;

	errno = 0;
	if (in >= 0 && out >= 0 && !fstat(in, &st)) {
		result = copy_data(in, out, st.st_size);
		if (result >= 0 && ftruncate(out, st.st_size))
			result = -errno;
	}
	if (in >= 0)
		close(in);
	if (out >= 0 && close(out) && result >= 0)
		result = -errno;
	return result;
}

static void copied(struct aio *a, long result)
{
	struct backup *k = (struct backup *)a;

	if (result < 0) {
		reply_error(k->r, "vss backup: %s to %s: %s", k->from, k->to, strerror(-result));
		k->failed = true;
	} else {
		reply_printf(k->r, "copied %ld bytes of data from %s\n", result, k->from);
	}
	reply_flush(k->r);
	send_op(k, VSS_THAW, thawed);
}

static void frozen(void *ctx, const struct ic_answer *a)
{
	struct backup *k = ctx;

	k->frozen_at = ic_now();
	if (ic_report(k->r, ic_get(IC_VSS), "vss freeze", a)) {
		k->failed = true;
		backup_end(k);
		return;
	}
	reply_flush(k->r);
	k->aio.op = AIO_CALL;
	k->aio.call = copy_image;
	k->aio.done = copied;
	aio_submit(&k->aio);
	aio_flush();
}

static void checked(void *ctx, const struct ic_answer *a)
{
	struct backup *k = ctx;

	if (a->how == IC_ANSWERED)
		print_flags(k->r, ic_get(IC_VSS), a);
	if (ic_report(k->r, ic_get(IC_VSS), "vss check", a)) {
		k->failed = true;
		backup_end(k);
		return;
	}
	send_op(k, VSS_FREEZE, frozen);
}

static void send_op(struct backup *k, enum vss_op op, ic_done_fn done)
{
	static uint8_t msg[VSS_RECOVER_BYTES];
	size_t len = put(msg, op);

	if (ic_request(ic_get(IC_VSS), msg, len, op == VSS_FREEZE ? IC_FREEZE_MS : k->limit, done, k))
		return;
	reply_error(k->r, "vss %s: the service is gone", op_name(op));
	k->failed = true;
	backup_end(k);
}

static int cmd_backup(struct reply *r, int argc, char **argv, unsigned int limit)
{
	const char *disk = control_arg(argc, argv, "disk"), *from;
	struct backup *k;

	if (argc < 3 || strchr(argv[2], '=') || !disk)
		return reply_error(r, "vss backup FILE disk=c0l0|ide0");
	from = stor_disk_file(disk);
	if (!from)
		return reply_error(r, "disk=%s: no image file is there; disks are cNlM (controller, LUN) or ideN", disk);
	if (ic_check(r, ic_get(IC_VSS)))
		return -1;
	k = calloc(1, sizeof(*k));
	if (!k)
		return reply_error(r, "out of memory");
	k->r = r;
	k->limit = limit;
	k->from = strdup(from);
	k->to = strdup(argv[2]);
	send_op(k, VSS_CHECK, checked);
	return CONTROL_LATER;
}

/* ---- vss ---- */

static int cmd_vss(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 ? argv[1] : "";
	static uint8_t msg[VSS_RECOVER_BYTES];
	unsigned int limit, op = 0;
	char name[32];

	while (op < VSS_OPS && strcmp(what, op_names[op]))
		op++;
	if (ic_limit(r, argc, argv, op == VSS_FREEZE ? IC_FREEZE_MS : IC_ANSWER_MS, &limit))
		return -1;
	if (!strcmp(what, "backup"))
		return cmd_backup(r, argc, argv, limit);
	if (op == VSS_OPS)
		return reply_error(r, "vss create|freeze|thaw|check|dm-info|complete|delete|recover|cluster|backup");
	snprintf(name, sizeof(name), "vss %s", what);
	return ic_ask(r, ic_get(IC_VSS), name, msg, put(msg, op), limit, print_flags);
}

void ic_vss_init(struct bus *b)
{
	control_register("vss",
		"create|freeze|thaw|check|dm-info|complete|delete|recover|cluster [limit=MS]  one snapshot operation\n"
		"backup FILE disk=cNlM|ideN [limit=MS]  copy a disk's image while the guest is frozen",
		cmd_vss, NULL);
}

const struct ic_service ic_vss = {
	.name = "vss", .type = IC_TYPE_VSS, .messages = "4.0+5.0+6.0+7.0", .depth = 1,
	.describe = describe, .probe = probe,
};
