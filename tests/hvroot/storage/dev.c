// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage controllers and their units: made from the command line, changed by
 * `disk` and `storage` commands while the guest runs.
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

#define MAX_TRANSFER	(256u << 10)
#define BLOCK		512

/* Controllers, for commands that name them by number. */
static struct stor_ctl *controllers;

struct disk_spec {
	char text[4200];		/* keys and values point into it */
	const char *file;
	const char *sg;
	const char *serial;
	unsigned int lun, controller, block;
	unsigned long long size;
	bool ro, dvd, empty, thick, through;
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

static struct stor_ctl *find_controller(unsigned int number, bool ide)
{
	for (struct stor_ctl *sc = controllers; sc; sc = sc->next)
		if (sc->number == number && sc->ide == ide)
			return sc;
	return NULL;
}

/* Random in real life, but the same at every boot: made from the number. */
static struct guid instance_of(unsigned int number, bool ide)
{
	char text[40];

	if (ide)
		snprintf(text, sizeof(text), "%08x-%04x-8899-0000-000000000000",
			 number / 2, number % 2);
	else
		snprintf(text, sizeof(text), "f8b3781a-1e82-4818-a1c3-63d806ec%04x",
			 number);
	return guid_make(text);
}

static struct stor_ctl *new_controller(struct bus *b, unsigned int number, bool ide)
{
	struct stor_ctl *sc = calloc(1, sizeof(*sc)), **p = &controllers;

	if (!sc)
		return NULL;
	sc->number = number;
	sc->ide = ide;
	sc->version_cap = STOR_V6_2;
	sc->max_transfer = MAX_TRANSFER;
	sc->max_subs = ide ? 0 : b->opt->subchannels;
	snprintf(sc->dev.name, sizeof(sc->dev.name), "%s%u", ide ? "ide" : "scsi", number);
	sc->dev.ops = &stor_ops;
	sc->dev.priv = sc;
	sc->dev.plugged = true;
	sc->dev.flags = OFFER_ENUMERATE;
	sc->dev.type = guid_make(ide ? "32412632-86cb-44a2-9b5c-50d1417354f5" :
				 "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f");
	sc->dev.instance = instance_of(number, ide);
	if (ide) {
		sc->dev.user[2] = number / 2;
		sc->dev.user[3] = number % 2;
		sc->dev.user[8] = 2;
	}
	while (*p)
		p = &(*p)->next;
	*p = sc;
	vsp_register(b, &sc->dev);
	vsp_plug(&sc->dev);
	return sc;
}

const char *stor_disk_file(const char *name)
{
	unsigned int number, lun = 0;
	struct stor_ctl *sc = NULL;
	char rest;

	if (sscanf(name, "c%ul%u%c", &number, &lun, &rest) == 2)
		sc = find_controller(number, false);
	else if (sscanf(name, "ide%u%c", &number, &rest) == 1)
		sc = find_controller(number, true);
	if (!sc || lun >= STOR_LUNS || !sc->lun[lun] || sc->lun[lun]->sg)
		return NULL;
	return sc->lun[lun]->path;
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
	if (!strcmp(key, "file"))
		s->file = value;
	else if (!strcmp(key, "sg"))
		s->sg = value;
	else if (!strcmp(key, "serial"))
		s->serial = value;
	else if (!strcmp(key, "ro"))
		s->ro = true;
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
	char text[40];

	memcpy(d->vendor, "Msft    ", 8);
	memcpy(d->product, d->dvd ? "Virtual DVD-ROM " : "Virtual Disk    ", 16);
	snprintf(text, sizeof(text), "HVROOT-%s-%02u-%03u",
		 sc->ide ? "IDE" : "SCS", sc->number, s->lun);
	snprintf(d->serial, sizeof(d->serial), "%-20.20s", s->serial ? s->serial : text);
	memcpy(d->naa, naa, sizeof(naa));
	put16(d->naa + 4, sc->ide);
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
	d->block_size = s->dvd ? 2048 : s->block ? s->block : BLOCK;
	d->phys_exp = d->block_size == BLOCK ? 3 : 0;
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

static int add_disk(struct problem *why, struct bus *b, const struct disk_spec *s, bool ide)
{
	struct stor_ctl *sc = find_controller(s->controller, ide);
	struct stor_lun *lun;

	if (!s->file + !s->sg != 1 && !s->empty)
		return fail(why, "a disk needs file=PATH or sg=/dev/sgN");
	if (s->block && s->block != 512 && s->block != 4096)
		return fail(why, "block is 512 or 4096");
	if (ide && (s->lun || s->controller > 3))
		return fail(why, "an IDE disk has controller=0 to 3 and no lun");
	if (sc && sc->lun[s->lun])
		return fail(why, "%s has a disk at lun %u already", sc->dev.name, s->lun);
	if (!sc)
		sc = new_controller(b, s->controller, ide);
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

static void remove_disk(struct stor_ctl *sc, unsigned int n)
{
	struct stor_lun *lun = sc->lun[n];

	sc->lun[n] = NULL;
	sc->lun_map[n / 8] &= ~(1 << n % 8);
	lun->removed = true;
	lun->commands++;
	stor_lun_put(lun);
	stor_event(sc, STOR_REMOVE_DEVICE);
}

static int resize_disk(struct problem *why, struct stor_lun *lun, unsigned long long size)
{
	if (lun->sg || lun->fd < 0)
		return fail(why, "only a disk on a file can be resized");
	if (size < lun->scsi.block_size || size % lun->scsi.block_size)
		return fail(why, "size is a multiple of %u bytes", lun->scsi.block_size);
	if (ftruncate(lun->fd, size))
		return fail(why, "cannot resize %s: %s", lun->path, strerror(errno));
	lun->scsi.blocks = size / lun->scsi.block_size;
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

/* The disk that lun= and controller= (ide for the other kind) name. */
static struct stor_ctl *named(struct problem *why, const struct disk_spec *s, bool ide)
{
	struct stor_ctl *sc = find_controller(s->controller, ide);

	if (sc && sc->lun[s->lun])
		return sc;
	fail(why, "no disk at controller=%u lun=%u", s->controller, s->lun);
	return NULL;
}

static int disk_command(struct problem *why, struct bus *b, const char *what,
			struct disk_spec *s, bool ide)
{
	struct stor_ctl *sc;

	if (!strcmp(what, "add"))
		return add_disk(why, b, s, ide);
	if (strcmp(what, "remove") && strcmp(what, "resize") && strcmp(what, "media"))
		return fail(why, "disk add|remove|resize|media (see help)");
	sc = named(why, s, ide);
	if (!sc)
		return -1;
	if (!strcmp(what, "resize"))
		return resize_disk(why, sc->lun[s->lun], s->size);
	if (!strcmp(what, "media"))
		return change_medium(why, sc->lun[s->lun], s->file);
	remove_disk(sc, s->lun);
	return 0;
}

static int cmd_disk(struct reply *r, int argc, char **argv, void *ctx)
{
	struct problem why = { "" };
	struct disk_spec s = { 0 };
	char text[4200];
	bool ide = false;

	for (int i = 2; i < argc; i++)
		ide |= !strcmp(argv[i], "ide");
	join_words(text, sizeof(text), argc, argv, ide ? 3 : 2);
	if (parse_spec(&why, &s, text) ||
	    disk_command(&why, ctx, argc > 1 ? argv[1] : "", &s, ide))
		return reply_error(r, "%s", why.text);
	return 0;
}

static int stor_version(struct reply *r, int argc, char **argv, struct stor_ctl *sc)
{
	const char *text = control_arg(argc, argv, "version");
	unsigned int major, minor;

	if (!text)
		return 0;
	if (sscanf(text, "%u.%u", &major, &minor) != 2 || major > 255 || minor > 255)
		return reply_error(r, "a version looks like 6.2");
	sc->version_cap = major << 8 | minor;
	return 0;
}

/* What a controller will say in its next handshake. */
static int cmd_storage(struct reply *r, int argc, char **argv, void *ctx)
{
	struct vsp_dev *d = argc > 1 ? vsp_find(ctx, argv[1]) : NULL;
	unsigned long long subs, transfer;
	struct stor_ctl *sc;

	if (!d || d->ops != &stor_ops)
		return reply_error(r, "no such controller (see list)");
	sc = d->priv;
	if (stor_version(r, argc, argv, sc) ||
	    control_num(r, argc, argv, "subs", sc->max_subs, &subs) ||
	    control_num(r, argc, argv, "max-transfer", sc->max_transfer, &transfer))
		return -1;
	if (subs > VSP_SUBS_MAX)
		return reply_error(r, "subs is at most %u", VSP_SUBS_MAX);
	sc->max_subs = subs;
	sc->max_transfer = transfer;
	for (unsigned int i = 0; i < STOR_LUNS; i++)
		if (sc->lun[i] && transfer >= BLOCK && transfer <= 2u << 20)
			sc->lun[i]->scsi.max_blocks = transfer / sc->lun[i]->scsi.block_size;
	if (fault_word(argc, argv, "enumerate"))
		stor_event(sc, STOR_ENUMERATE_BUS);
	if (fault_word(argc, argv, "removed"))
		stor_event(sc, STOR_REMOVE_DEVICE);
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

	if (aio_init(o->io, begin, end, b) || !new_controller(b, 0, false))
		return -1;
	stor_fault_init(b);
	for (unsigned int i = 0; i < o->ndisks; i++) {
		struct disk_spec s = { 0 };

		if (o->disks[i].ide)
			s.controller = ide++;
		if (parse_spec(&why, &s, o->disks[i].spec) ||
		    add_disk(&why, b, &s, o->disks[i].ide)) {
			log_usage("--%s %s: %s", o->disks[i].ide ? "ide" : "disk",
				o->disks[i].spec, why.text);
			return -1;
		}
	}
	control_register("disk",
		"add [ide] file=F|sg=/dev/sgN [lun=N] [controller=N] [ro] [dvd] [empty] [thick] [writethrough] [block=512|4096] [serial=TEXT] [size=BYTES]  plug a disk in\n"
		"remove [ide] controller=N lun=N  pull it out\n"
		"resize [ide] controller=N lun=N size=BYTES  make it larger or smaller\n"
		"media controller=N lun=N [file=ISO]  change or take out the disc of a DVD drive",
		cmd_disk, b);
	control_register("storage",
		"NAME [version=X.Y] [subs=N] [max-transfer=BYTES] [enumerate] [removed]  what a controller says in its next handshake, or an event now",
		cmd_storage, b);
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
	for (struct stor_ctl *sc = controllers; sc; sc = sc->next)
		for (unsigned int i = 0; i < STOR_LUNS; i++)
			if (sc->lun[i])
				free_lun(sc->lun[i]);
	controllers = NULL;	/* freed with their devices */
}
