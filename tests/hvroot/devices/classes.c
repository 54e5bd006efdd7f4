// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of device classes beside disks, and --offers, which chooses among
 * them. `offer NAME` plugs in the others at run time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "devices/classes.h"
#include "loop/log.h"
#include "vmbus/bus.h"

#define PIPE_FLAGS (OFFER_ENUMERATE | OFFER_NAMED_PIPE)

struct class {
	const char *name, *type, *instance;
	const struct vsp_ops *ops;
	uint16_t flags;
	uint16_t mmio_megabytes;
	bool by_default;
};

static const struct class classes[] = {
	{ "shutdown", "0e0b6031-5213-4934-818b-38d90ced39db",
	  "b6650ff7-33bc-4840-8048-e0676786f393", &ic_ops, PIPE_FLAGS, 0, true },
	{ "timesync", "9527e630-d0ae-497b-adce-e80ab0175caf",
	  "2dd1ce17-079e-403c-b352-a1921ee207ee", &ic_ops, PIPE_FLAGS, 0, true },
	{ "heartbeat", "57164f39-9115-4e78-ab55-382f3bd5422d",
	  "fd149e91-82e0-4a7d-afa6-2a4166cbd7c0", &ic_ops, PIPE_FLAGS, 0, true },
	{ "kvp", "a9a0f4e7-5a45-4d96-b827-8a841e8c03e6",
	  "242ff919-07db-4180-9c2e-b86cb68c8c55", &ic_ops, PIPE_FLAGS, 0, true },
	{ "vss", "35fa2e29-ea23-4236-96ae-3a6ebacba440",
	  "2450ee40-33bf-4fbd-892e-9fb06e9214cf", &ic_ops, PIPE_FLAGS, 0, true },
	{ "fcopy", "34d14be3-dee4-41c8-9ae7-6b174977c192",
	  "eb765408-105f-49b6-b4aa-c123b64d17d4", &ic_ops, PIPE_FLAGS, 0, true },
	{ "balloon", "525074dc-8985-46e2-8057-a307dc18a502",
	  "1eccfd72-4b41-45ef-b73a-4a6e44c12924", &balloon_ops,
	  OFFER_ENUMERATE, 0, false },	/* Linux's driver can never be unloaded */
	{ "keyboard", "f912ad6d-2b17-48ea-bd65-f927a61c7684",
	  "d34b2567-b9b6-42b9-8778-0a4ec0b955bf", &keyboard_ops,
	  OFFER_ENUMERATE, 0, true },
	{ "mouse", "cfa8b69e-5b4a-4cc0-b98b-8ba1a1f3f95a",
	  "58f75a6d-d949-4320-99e1-a2a2576d581c", &mouse_ops, PIPE_FLAGS, 0, true },
	{ "video", "da0a7802-e377-4aac-8e77-0558eb1073f8",
	  "5620e0c7-8062-4dce-aeb7-520c7ef76171", &video_ops, PIPE_FLAGS, 8, false },
	{ "pci", "44c4f61d-4444-4400-9d52-802e27ede19f",
	  "0a1b2c3d-0001-0000-8000-00155d010203", &pci_ops, OFFER_ENUMERATE, 0, false },
	{ "unknown", "1b2c3d4e-5f60-4718-9a0b-c1d2e3f40516",
	  "6f708192-a3b4-4c5d-8e6f-708192a3b4c5", &silent_ops, OFFER_ENUMERATE, 0, false },
	{ "rdv", "276aacf4-ac15-426c-98dd-7521ad3f01fe",
	  "2dc1b8a1-7f32-4d6b-9c1e-0a5f6b7c8d9e", &silent_ops, PIPE_FLAGS, 0, false },
	{ "avma1", "f8e65716-3cb3-4a06-9a60-1889c5cccab5",
	  "99221fa0-24ad-11e2-be98-001aa01bbf6e", &silent_ops, PIPE_FLAGS, 0, false },
	{ "avma2", "3375baf4-9e15-4b30-b765-67acb10d607b",
	  "3375baf4-0000-4b30-b765-67acb10d607b", &silent_ops, PIPE_FLAGS, 0, false },
	{ "imc", "c376c1c3-d276-48d2-90a9-c04748072c60",
	  "c376c1c3-0000-48d2-90a9-c04748072c60", &silent_ops, PIPE_FLAGS, 0, false },
	{ "rdma", "8c2eaf3d-32a7-4b09-ab99-bd1f1c86b501",
	  "8c2eaf3d-0000-4b09-ab99-bd1f1c86b501", &silent_ops, OFFER_ENUMERATE, 0, false },
};

#define CLASSES (sizeof(classes) / sizeof(classes[0]))

static void on_silent(struct vsp_chan *ch, const struct vsp_packet *p)
{
	complete_empty(ch, p);
}

const struct vsp_ops silent_ops = { .packet = on_silent };

void complete_empty(struct vsp_chan *ch, const struct vsp_packet *p)
{
	if (p->flags & PKT_COMPLETION_WANTED)
		vsp_complete(ch, p->id, NULL, 0);
}

void pipe_send(struct vsp_chan *ch, const void *msg, size_t len)
{
	struct {
		struct pipe_header h;
		uint8_t msg[PIPE_MAX];
	} pipe = { .h = { .type = PIPE_DATA, .size = len } };

	if (len > sizeof(pipe.msg))
		return;
	memcpy(pipe.msg, msg, len);
	vsp_send(ch, PKT_INBAND, 0, 0, &pipe, sizeof(pipe.h) + len);
}

const void *pipe_take(struct vsp_chan *ch, const struct vsp_packet *p, size_t *len)
{
	struct pipe_header h;

	if (p->type != PKT_INBAND || p->len < sizeof(h)) {
		vsp_reject(ch, p, "no pipe message");
		return NULL;
	}
	memcpy(&h, p->body, sizeof(h));
	if (h.type != PIPE_DATA || h.size > p->len - sizeof(h)) {
		vsp_reject(ch, p, "bad pipe header");
		return NULL;
	}
	*len = h.size;
	return p->body + sizeof(h);
}

/* Whether @name is in the list "a,b,c" or "all". */
static bool chosen(const struct class *c, const char *list)
{
	size_t len = strlen(c->name);
	const char *p = list;

	if (!list)
		return c->by_default;
	if (!strcmp(list, "all"))
		return true;
	while ((p = strstr(p, c->name))) {
		bool starts = p == list || p[-1] == ',';

		if (starts && (!p[len] || p[len] == ','))
			return true;
		p += len;
	}
	return false;
}

static bool known(const char *name, size_t len)
{
	for (size_t i = 0; i < CLASSES; i++)
		if (strlen(classes[i].name) == len && !strncmp(classes[i].name, name, len))
			return true;
	return false;
}

static int check_list(const char *list)
{
	const char *p = list;

	if (!list || !strcmp(list, "all") || !strcmp(list, "none"))
		return 0;
	while (*p) {
		size_t len = strcspn(p, ",");

		if (!known(p, len)) {
			log_usage("--offers %s: no class %.*s (all, none, or names as `list` shows them)",
				list, (int)len, p);
			return -1;
		}
		p += len + (p[len] == ',');
	}
	return 0;
}

int classes_init(struct bus *b)
{
	const char *list = b->opt->offers;

	if (check_list(list))
		return -1;
	for (size_t i = 0; i < CLASSES; i++) {
		const struct class *c = &classes[i];
		struct vsp_dev *d = calloc(1, sizeof(*d));

		if (!d) {
			log_err("out of memory");
			return -1;
		}
		snprintf(d->name, sizeof(d->name), "%s", c->name);
		d->type = guid_make(c->type);
		d->instance = guid_make(c->instance);
		d->ops = c->ops;
		d->flags = c->flags;
		d->mmio_megabytes = c->mmio_megabytes;
		if (c->flags & OFFER_NAMED_PIPE)
			d->user[0] = PIPE_MODE_MESSAGE;
		d->plugged = chosen(c, list);
		vsp_register(b, d);
	}
	return 0;
}
