// SPDX-License-Identifier: GPL-2.0-only
/*
 * The conversation with a device step by step. Real hosts take a device back whenever
 * they like (OpenVMM's vmbus_server has a transition for it out of every state of a
 * channel), so `rescind NAME step=K` does it at any step that there is.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "vmbus/bus.h"

/* Messages of the guest that begin with a channel's number. */
static bool names_channel(uint32_t type)
{
	switch (type) {
	case MSG_GPADL_HEADER:
	case MSG_GPADL_TEARDOWN:
	case MSG_OPEN_CHANNEL:
	case MSG_CLOSE_CHANNEL:
	case MSG_MODIFY_CHANNEL:
		return true;
	default:
		return false;
	}
}

struct vsp_dev *steps_device(struct bus *b, const void *msg, size_t len)
{
	struct msg_gpadl_body body = { 0 };
	struct msg_relid m = { 0 };
	const struct gpadl *g;
	uint32_t relid = 0;

	if (len < sizeof(m))
		return NULL;
	memcpy(&m, msg, sizeof(m));
	if (names_channel(m.h.type)) {
		relid = m.relid;
	} else if (m.h.type == MSG_GPADL_BODY && len >= sizeof(body)) {
		memcpy(&body, msg, sizeof(body));
		g = gpadl_find(&b->ctl.gpadls, body.gpadl);
		relid = g ? g->relid : 0;
	}
	if (relid >= VMBUS_RELIDS || !b->ctl.chan[relid])
		return NULL;
	return b->ctl.chan[relid]->owner;
}

static bool due(struct vsp_dev *d, const char *when, const char *what)
{
	if (!d || !d->watched || d->steps++ != d->gone_at)
		return false;
	trace("STEP_RESCIND", "%s step=%u %s %s", d->name, d->gone_at, when, what);
	d->watched = false;
	return true;
}

bool steps_take(struct vsp_dev *d, const char *when, const char *what)
{
	if (!due(d, when, what))
		return false;
	vsp_unplug(d);
	return true;
}

static void go(void *ctx)
{
	struct vsp_dev *d = ctx;

	d->gone_timer = NULL;
	vsp_unplug(d);
}

bool steps_take_later(struct vsp_dev *d, const char *when, const char *what)
{
	if (!due(d, when, what))
		return false;
	if (!d->gone_timer)
		d->gone_timer = timer_start(0, go, d);
	return true;
}

/* manner LIST */
static int cmd_manner(struct reply *r, int argc, char **argv, void *ctx)
{
	struct manner_problem why;
	struct bus *b = ctx;
	struct manners m = b->ctl.manners;

	if (argc != 2)
		return reply_error(r, "manner NAME[,NAME...], or none (hvroot --help lists them)");
	if (manners_parse(argv[1], true, &m, &why))
		return reply_error(r, "%s", why.text);
	b->ctl.manners = m;
	trace("MANNERS", "%s", argv[1]);
	return 0;
}

void steps_init(struct bus *b)
{
	b->ctl.manners = b->opt->manners;
	control_register("manner",
			 "NAME[=VALUE][,NAME...]|none  behave as such hosts do from now on (hvroot --help lists them)",
			 cmd_manner, b);
}
