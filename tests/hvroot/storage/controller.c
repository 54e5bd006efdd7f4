// SPDX-License-Identifier: GPL-2.0-only
/*
 * Storage controllers: SCSI, IDE and Fibre Channel, made when the first disk of one is
 * described, and what each says of itself, changed by the `storage` command.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "storage/stor.h"
#include "vmbus/fault.h"

#define MAX_TRANSFER	(256u << 10)

/* Controllers, for commands that name them by number. */
static struct stor_ctl *controllers;

static const struct {
	const char *name;		/* of a device, its number behind */
	const char *type;
	const char *instance;		/* random in real life; here it ends with the number */
} kinds[] = {
	[STOR_SCSI] = { "scsi", "ba6163d9-04a1-4d29-b605-72e2ffb1dc7f",
			"f8b3781a-1e82-4818-a1c3-63d806ec" },
	[STOR_IDE] = { "ide", "32412632-86cb-44a2-9b5c-50d1417354f5", NULL },
	[STOR_FC] = { "fc", "2f9bcc4a-0069-4af3-b76b-6fd0be528cda",
		      "5b2ad1c6-90e4-4d37-8f5e-0c1a7be3" },
};

struct stor_ctl *stor_ctl_find(unsigned int number, enum stor_kind kind)
{
	for (struct stor_ctl *sc = controllers; sc; sc = sc->next)
		if (sc->number == number && sc->kind == kind)
			return sc;
	return NULL;
}

/* An IDE disk's place is in the offer twice: in the instance, and as user data. */
static void place_ide(struct stor_ctl *sc)
{
	unsigned int path = stor_ide_path(sc), target = stor_ide_target(sc);
	char text[40];

	snprintf(text, sizeof(text), "%08x-%04x-8899-0000-000000000000", path, target);
	sc->dev.instance = guid_make(text);
	sc->dev.user[2] = path;
	sc->dev.user[3] = target;
	sc->dev.user[8] = 2;
}

struct stor_ctl *stor_ctl_new(struct bus *b, unsigned int number, enum stor_kind kind)
{
	struct stor_ctl *sc = calloc(1, sizeof(*sc)), **p = &controllers;
	char text[48];

	if (!sc)
		return NULL;
	sc->number = number;
	sc->kind = kind;
	sc->version_cap = STOR_V6_2;
	sc->max_transfer = MAX_TRANSFER;
	sc->max_subs = kind == STOR_IDE ? 0 : b->opt->subchannels;
	snprintf(sc->dev.name, sizeof(sc->dev.name), "%s%u", kinds[kind].name, number);
	sc->dev.ops = &stor_ops;
	sc->dev.priv = sc;
	sc->dev.plugged = true;
	sc->dev.flags = OFFER_ENUMERATE;
	sc->dev.type = guid_make(kinds[kind].type);
	if (kind == STOR_IDE) {
		place_ide(sc);
	} else {
		snprintf(text, sizeof(text), "%s%04x", kinds[kind].instance, number);
		sc->dev.instance = guid_make(text);
	}
	while (*p)
		p = &(*p)->next;
	*p = sc;
	vsp_register(b, &sc->dev);
	vsp_plug(&sc->dev);
	return sc;
}

struct stor_ctl *stor_ctl_forget(void)
{
	struct stor_ctl *all = controllers;

	controllers = NULL;
	return all;
}

const char *stor_disk_file(const char *name)
{
	unsigned int number, lun = 0;
	struct stor_ctl *sc = NULL;
	char rest;

	if (sscanf(name, "c%ul%u%c", &number, &lun, &rest) == 2)
		sc = stor_ctl_find(number, STOR_SCSI);
	else if (sscanf(name, "ide%u%c", &number, &rest) == 1)
		sc = stor_ctl_find(number, STOR_IDE);
	if (!sc || lun >= STOR_LUNS || !sc->lun[lun] || sc->lun[lun]->sg)
		return NULL;
	return sc->lun[lun]->path;
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

/* Which pair of an adapter's names is in use. */
static int stor_pair(struct reply *r, int argc, char **argv, struct stor_ctl *sc)
{
	const char *text = control_arg(argc, argv, "names");

	if (!text)
		return 0;
	if (sc->kind != STOR_FC || (strcmp(text, "first") && strcmp(text, "second")))
		return reply_error(r, "names=first or second, of a Fibre Channel controller");
	sc->fc_second = !strcmp(text, "second");
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
	if (stor_version(r, argc, argv, sc) || stor_pair(r, argc, argv, sc) ||
	    control_num(r, argc, argv, "subs", sc->max_subs, &subs) ||
	    control_num(r, argc, argv, "max-transfer", sc->max_transfer, &transfer))
		return -1;
	if (subs > VSP_SUBS_MAX)
		return reply_error(r, "subs is at most %u", VSP_SUBS_MAX);
	sc->max_subs = subs;
	sc->max_transfer = transfer;
	for (unsigned int i = 0; i < STOR_LUNS; i++)
		if (sc->lun[i] && transfer >= STOR_BLOCK && transfer <= 2u << 20)
			sc->lun[i]->scsi.max_blocks = transfer / sc->lun[i]->scsi.block_size;
	if (fault_word(argc, argv, "enumerate"))
		stor_event(sc, STOR_ENUMERATE_BUS);
	if (fault_word(argc, argv, "removed"))
		stor_event(sc, STOR_REMOVE_DEVICE);
	return 0;
}

void stor_ctl_init(struct bus *b)
{
	control_register("storage",
		"NAME [version=X.Y] [subs=N] [max-transfer=BYTES] [names=first|second] [enumerate] [removed]  what a controller says in its next handshake, or an event now",
		cmd_storage, b);
}
