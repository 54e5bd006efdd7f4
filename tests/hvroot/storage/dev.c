// SPDX-License-Identifier: GPL-2.0-only
/*
 * The units of storage controllers: made from the command line, changed by
 * `disk` commands while the guest runs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "control/control.h"
#include "loop/log.h"
#include "storage/stor.h"
#include "vmbus/fault.h"

struct disk_spec {
	char text[4200];		/* keys and values point into it */
	const char *file;
	const char *sg;
	const char *serial;
	enum stor_kind kind;
	unsigned int lun, controller, block;
	unsigned long long size;
	bool ro, dvd, empty, thick, through, silent;
};

struct problem {			/* why a command or option fails */
	char text[256];
};

static int fail(struct problem *why, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static int fail(struct problem *why, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why->text, sizeof(why->text), fmt, ap);
	va_end(ap);
	return -1;
}

static int spec_number(struct problem *why, const char *key, const char *value,
		       unsigned long long max, unsigned int *to)
{
	char *end;
	unsigned long long v = strtoull(value, &end, 0);

	if (!*value || *end || v > max)
		return fail(why, "%s=%s: want a number up to %llu", key, value, max);
	*to = v;
	return 0;
}

static int spec_key(struct problem *why, struct disk_spec *s, const char *key,
		    const char *value)
{
	if (!strcmp(key, "ide"))
		s->kind = STOR_IDE;
	else if (!strcmp(key, "fc"))
		s->kind = STOR_FC;
	else if (!strcmp(key, "file"))
		s->file = value;
	else if (!strcmp(key, "sg"))
		s->sg = value;
	else if (!strcmp(key, "serial"))
		s->serial = value;
	else if (!strcmp(key, "ro"))
		s->ro = true;
	else if (!strcmp(key, "silent"))
		s->silent = true;
	else if (!strcmp(key, "dvd"))
		s->dvd = true;
	else if (!strcmp(key, "empty"))
		s->empty = s->dvd = true;
	else if (!strcmp(key, "thick"))
		s->thick = true;
	else if (!strcmp(key, "writethrough"))
		s->through = true;
	else if (!strcmp(key, "size"))
		s->size = strtoull(value, NULL, 0);
	else if (!strcmp(key, "lun"))
		return spec_number(why, key, value, STOR_LUNS - 1, &s->lun);
	else if (!strcmp(key, "controller"))
		return spec_number(why, key, value, 63, &s->controller);
	else if (!strcmp(key, "block"))
		return spec_number(why, key, value, 4096, &s->block);
	else
		return fail(why, "unknown word '%s' in a disk description", key);
	return 0;
}

/* "file=F,lun=N,ro": words divided by commas or blanks. */
static int parse_spec(struct problem *why, struct disk_spec *s, const char *text)
{
	char *save = NULL;

	if (strlen(text) >= sizeof(s->text))
		return fail(why, "disk description too long");
	strcpy(s->text, text);
	for (char *word = strtok_r(s->text, ", ", &save); word;
	     word = strtok_r(NULL, ", ", &save)) {
		char *value = strchr(word, '=');

		if (value)
			*value++ = 0;
		if (spec_key(why, s, word, value ? value : ""))
			return -1;
	}
	return 0;
}

/* Vendor and serial number of a simulated disk; stable, different for each. */
static void name_disk(struct scsi_disk *d, const struct stor_ctl *sc,
		      const struct disk_spec *s)
{
	static const uint8_t naa[4] = { 0x60, 0x02, 0x24, 0x80 };
	static const char *const kinds[] = { "SCS", "IDE", "FCH" };	/* enum stor_kind */
	char text[40];

	memcpy(d->vendor, "Msft    ", 8);
	memcpy(d->product, d->dvd ? "Virtual DVD-ROM " : "Virtual Disk    ", 16);
	snprintf(text, sizeof(text), "HVROOT-%s-%02u-%03u",
		 kinds[sc->kind], sc->number, s->lun);
	snprintf(d->serial, sizeof(d->serial), "%-20.20s", s->serial ? s->serial : text);
	memcpy(d->naa, naa, sizeof(naa));
	put16(d->naa + 4, sc->kind);
	for (const char *c = s->serial; c && *c; c++)	/* another serial, another disk */
		d->naa[6 + (c - s->serial) % 2] += *c;
	put32(d->naa + 8, sc->number);
	put32(d->naa + 12, s->lun);
}

static int open_file(struct problem *why, struct stor_lun *lun, const struct disk_spec *s)
{
	bool ro = s->ro || s->dvd;
	struct stat st;
	off_t size;

	lun->fd = open(s->file, (ro ? O_RDONLY : O_RDWR) | O_CLOEXEC |
		       (s->size ? O_CREAT : 0), 0644);
	if (lun->fd < 0)
		return fail(why, "cannot open %s: %s", s->file, strerror(errno));
	if (s->size && !fstat(lun->fd, &st) && (unsigned long long)st.st_size < s->size &&
	    ftruncate(lun->fd, s->size))
		return fail(why, "cannot make %s larger: %s", s->file, strerror(errno));
	size = lseek(lun->fd, 0, SEEK_END);
	if (size < (off_t)lun->scsi.block_size)
		return fail(why, "%s holds no block of %u bytes", s->file, lun->scsi.block_size);
	lun->scsi.blocks = size / lun->scsi.block_size;
	return 0;
}

static int open_backing(struct problem *why, struct stor_lun *lun, const struct disk_spec *s)
{
	if (s->empty)
		return 0;
	if (s->file)
		return open_file(why, lun, s);
	lun->sg = true;
	lun->fd = open(s->sg, O_RDWR | O_CLOEXEC);
	if (lun->fd < 0)
		return fail(why, "cannot open %s: %s", s->sg, strerror(errno));
	if (stor_sg_probe(lun))
		return fail(why, "%s is not a SCSI generic device (/dev/sgN)", s->sg);
	return 0;
}

static void free_lun(struct stor_lun *lun)
{
	if (lun->fd >= 0)
		close(lun->fd);
	free(lun->path);
	free(lun);
}

static struct stor_lun *new_lun(struct problem *why, const struct stor_ctl *sc,
				const struct disk_spec *s)
{
	struct stor_lun *lun = calloc(1, sizeof(*lun));
	struct scsi_disk *d;

	if (!lun) {
		fail(why, "out of memory");
		return NULL;
	}
	d = &lun->scsi;
	lun->fd = -1;
	d->dvd = s->dvd;
	d->block_size = s->dvd ? 2048 : s->block ? s->block : STOR_BLOCK;
	d->phys_exp = d->block_size == STOR_BLOCK ? 3 : 0;
	d->read_only = s->ro;
	d->no_medium = s->empty;
	d->no_unmap = s->thick || s->dvd || s->ro;
	d->write_cache = !s->through;
	d->max_blocks = sc->max_transfer / d->block_size;
	lun->path = strdup(s->file ? s->file : s->sg ? s->sg : "(empty)");
	name_disk(d, sc, s);
	if (!open_backing(why, lun, s))
		return lun;
	free_lun(lun);
	return NULL;
}

static int add_disk(struct problem *why, struct bus *b, const struct disk_spec *s)
{
	struct stor_ctl *sc = stor_ctl_find(s->controller, s->kind);
	struct stor_lun *lun;

	if (!s->file + !s->sg != 1 && !s->empty)
		return fail(why, "a disk needs file=PATH or sg=/dev/sgN");
	if (s->block && s->block != 512 && s->block != 4096)
		return fail(why, "block is 512 or 4096");
	if (s->kind == STOR_IDE && (s->lun || s->controller > 3))
		return fail(why, "an IDE disk has controller=0 to 3 and no lun");
	if (sc && sc->lun[s->lun])
		return fail(why, "%s has a disk at lun %u already", sc->dev.name, s->lun);
	if (!sc)
		sc = stor_ctl_new(b, s->controller, s->kind);
	lun = sc ? new_lun(why, sc, s) : NULL;
	if (!lun)
		return -1;
	sc->lun[s->lun] = lun;
	sc->lun_map[s->lun / 8] |= 1 << s->lun % 8;
	trace("DISK_ADDED", "%s lun=%u %s blocks=%llu", sc->dev.name, s->lun,
	      lun->path, (unsigned long long)lun->scsi.blocks);
	stor_event(sc, STOR_ENUMERATE_BUS);
	return 0;
}

static void remove_disk(struct stor_ctl *sc, unsigned int n, bool silent)
{
	struct stor_lun *lun = sc->lun[n];

	sc->lun[n] = NULL;
	sc->lun_map[n / 8] &= ~(1 << n % 8);
	lun->removed = true;
	lun->commands++;
	stor_lun_put(lun);
	if (!silent)
		stor_event(sc, STOR_REMOVE_DEVICE);
}

/* Another disk in the place of one: the guest is told of neither, it has to look. */
static int exchange_disk(struct problem *why, struct stor_ctl *sc, const struct disk_spec *s)
{
	struct stor_lun *old = sc->lun[s->lun], *lun;

	if (!s->file || !s->serial)
		return fail(why, "the other disk needs file=PATH and serial=TEXT");
	lun = new_lun(why, sc, s);
	if (!lun)
		return -1;
	sc->lun[s->lun] = lun;
	old->removed = true;
	old->commands++;
	stor_lun_put(old);
	trace("DISK_EXCHANGED", "%s lun=%u %s", sc->dev.name, s->lun, lun->path);
	return 0;
}

static int resize_disk(struct problem *why, struct stor_lun *lun, const struct disk_spec *s)
{
	unsigned long long size = s->size;

	if (lun->sg || lun->fd < 0)
		return fail(why, "only a disk on a file can be resized");
	if (size < lun->scsi.block_size || size % lun->scsi.block_size)
		return fail(why, "size is a multiple of %u bytes", lun->scsi.block_size);
	if (ftruncate(lun->fd, size))
		return fail(why, "cannot resize %s: %s", lun->path, strerror(errno));
	lun->scsi.blocks = size / lun->scsi.block_size;
	if (!s->silent)
		lun->scsi.attention = SENSE_CAPACITY_CHANGED;
	return 0;
}

/* Another medium for a DVD drive; NULL takes it out. */
static int change_medium(struct problem *why, struct stor_lun *lun, const char *file)
{
	struct disk_spec s = { .file = file, .dvd = true };

	if (!lun->scsi.dvd)
		return fail(why, "not a DVD drive");
	if (lun->commands)
		return fail(why, "the drive is busy, try again");
	if (lun->fd >= 0)
		close(lun->fd);
	lun->fd = -1;
	lun->scsi.no_medium = true;
	if (!file)
		return 0;
	if (open_file(why, lun, &s))
		return -1;
	lun->scsi.no_medium = false;
	lun->scsi.attention = SENSE_MEDIUM_CHANGED;
	return 0;
}

static void join_words(char *to, size_t room, int argc, char **argv, int from)
{
	size_t at = 0;

	to[0] = 0;
	for (int i = from; i < argc && at < room; i++)
		at += snprintf(to + at, room - at, "%s%s", i > from ? "," : "", argv[i]);
}

/* The disk that lun= and controller= (ide, fc for the other kinds) name. */
static struct stor_ctl *named(struct problem *why, const struct disk_spec *s)
{
	struct stor_ctl *sc = stor_ctl_find(s->controller, s->kind);

	if (sc && sc->lun[s->lun])
		return sc;
	fail(why, "no disk at controller=%u lun=%u", s->controller, s->lun);
	return NULL;
}

static int disk_command(struct problem *why, struct bus *b, const char *what,
			struct disk_spec *s)
{
	struct stor_ctl *sc;

	if (!strcmp(what, "add"))
		return add_disk(why, b, s);
	if (strcmp(what, "remove") && strcmp(what, "resize") && strcmp(what, "media") &&
	    strcmp(what, "exchange"))
		return fail(why, "disk add|remove|exchange|resize|media (see help)");
	sc = named(why, s);
	if (!sc)
		return -1;
	if (!strcmp(what, "resize"))
		return resize_disk(why, sc->lun[s->lun], s);
	if (!strcmp(what, "exchange"))
		return exchange_disk(why, sc, s);
	if (!strcmp(what, "media"))
		return change_medium(why, sc->lun[s->lun], s->file);
	remove_disk(sc, s->lun, s->silent);
	return 0;
}

static int cmd_disk(struct reply *r, int argc, char **argv, void *ctx)
{
	struct problem why = { "" };
	struct disk_spec s = { 0 };
	char text[4200];

	join_words(text, sizeof(text), argc, argv, 2);
	if (parse_spec(&why, &s, text) ||
	    disk_command(&why, ctx, argc > 1 ? argv[1] : "", &s))
		return reply_error(r, "%s", why.text);
	return 0;
}

static void begin(void *ctx)
{
	vsp_batch_begin(ctx);
}

static void end(void *ctx)
{
	vsp_batch_end(ctx);
}

int stor_init(struct bus *b)
{
	const struct machine_options *o = b->opt;
	struct problem why = { "" };
	unsigned int ide = 0;

	if (aio_init(o->io, begin, end, b) || !stor_ctl_new(b, 0, STOR_SCSI))
		return -1;
	stor_fault_init(b);
	for (unsigned int i = 0; i < o->ndisks; i++) {
		struct disk_spec s = { 0 };

		if (o->disks[i].ide) {
			s.kind = STOR_IDE;
			s.controller = ide++;
		}
		if (parse_spec(&why, &s, o->disks[i].spec) || add_disk(&why, b, &s)) {
			log_usage("--%s %s: %s", o->disks[i].ide ? "ide" : "disk",
				o->disks[i].spec, why.text);
			return -1;
		}
	}
	control_register("disk",
		"add [ide|fc] file=F|sg=/dev/sgN [lun=N] [controller=N] [ro] [dvd] [empty] [thick] [writethrough] [block=512|4096] [serial=TEXT] [size=BYTES]  plug a disk in\n"
		"remove [ide|fc] controller=N lun=N [silent]  pull it out, and tell the guest or not\n"
		"exchange [ide|fc] controller=N lun=N file=F serial=TEXT [size=BYTES]  another disk in its place, of which nobody is told\n"
		"resize [ide|fc] controller=N lun=N size=BYTES [silent]  make it larger or smaller, and tell the guest or not\n"
		"media controller=N lun=N [file=ISO]  change or take out the disc of a DVD drive",
		cmd_disk, b);
	stor_ctl_init(b);
	return 0;
}

void stor_drain(struct bus *b)
{
	aio_drain();
}

void stor_exit(struct bus *b)
{
	aio_exit();
	stor_fault_clear(b);
	for (struct stor_ctl *sc = stor_ctl_forget(); sc; sc = sc->next)
		for (unsigned int i = 0; i < STOR_LUNS; i++)
			if (sc->lun[i])
				free_lun(sc->lun[i]);
}
