// SPDX-License-Identifier: GPL-2.0-only
/*
 * The devices of the root partition and their offers: what is plugged in is
 * offered to each guest that connects, with sub-channels when it asks.
 */
#include <stdlib.h>
#include <string.h>
#include "loop/log.h"
#include "loop/poll.h"
#include "vmbus/bus.h"

void vsp_register(struct bus *b, struct vsp_dev *d)
{
	struct vsp_dev **p = &b->devs;

	d->bus = b;
	while (*p)
		p = &(*p)->next;
	*p = d;
}

static void stop_subs(struct vsp_dev *d)
{
	timer_cancel(d->subs_timer);
	d->subs_timer = NULL;
	d->subs_wanted = 0;
}

static void free_device(struct vsp_dev *d)
{
	stop_subs(d);
	timer_cancel(d->gone_timer);
	if (d->ops->free)
		d->ops->free(d);
	free(d);
}

void vsp_unregister(struct vsp_dev *d)
{
	struct vsp_dev **p = &d->bus->devs;

	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	free_device(d);
}

struct vsp_dev *vsp_find(struct bus *b, const char *name)
{
	for (struct vsp_dev *d = b->devs; d; d = d->next)
		if (!strcmp(d->name, name))
			return d;
	return NULL;
}

struct vsp_chan *vsp_channel(struct vsp_dev *d, unsigned int sub)
{
	struct ctl_chan *cc = sub < VSP_CHANS ? d->offer[sub] : NULL;

	return cc && cc->state == CHAN_OPEN ? cc->priv : NULL;
}

struct vsp_chan *vsp_primary(struct vsp_dev *d)
{
	return vsp_channel(d, 0);
}

static bool offer(struct vsp_dev *d, unsigned int sub, uint32_t relid)
{
	struct msg_offer m = {
		.type = d->type, .instance = d->instance, .flags = d->flags,
		.mmio_megabytes = d->mmio_megabytes, .sub_index = sub,
		.monitor_id = 0xFF, .dedicated = !d->shared_interrupt,
	};
	struct bus *b = d->bus;

	memcpy(m.user, d->user, sizeof(m.user));
	if (d->monitor && !sub) {
		m.monitor_id = d->monitor_id;
		m.monitor_allocated = 1;
		m.flags |= OFFER_MONITORED;
	}
	d->offer[sub] = ctl_offer(&b->ctl, &m, relid, d);
	if (!d->offer[sub] && relid)
		d->offer[sub] = ctl_offer(&b->ctl, &m, 0, d);
	if (d->offer[sub] && m.monitor_allocated)
		monitor_take_id(b, d, d->offer[sub]->offer.connection_id);
	return d->offer[sub];
}

/* The number that it had, or that `offer` said, or the lowest that is free. */
static uint32_t wanted_relid(struct vsp_dev *d)
{
	bool lowest = d->bus->ctl.manners.bits & MANNER_RELIDS_REUSED && !d->relid_said;

	d->relid_said = false;
	return lowest ? 0 : d->relid;
}

static void offer_primary(struct vsp_dev *d)
{
	d->waiting = false;
	if (!offer(d, 0, wanted_relid(d))) {
		log_err("%s: no relid left to offer it", d->name);
		return;
	}
	d->relid = d->offer[0]->offer.relid;
	steps_take_later(d, "after", "OFFER_CHANNEL");
}

void device_list(struct bus *b)
{
	for (struct vsp_dev *d = b->devs; d; d = d->next)
		if (d->plugged)
			offer_primary(d);
}

/* A relid is free again: forget the offer, make the one that waited for it. */
void device_offered_again(struct bus *b, struct ctl_chan *cc)
{
	struct vsp_dev *d = cc->owner;
	unsigned int sub = cc->offer.sub_index;

	if (d->offer[sub] == cc)
		d->offer[sub] = NULL;
	if (!sub && d->once)
		vsp_unregister(d);
	else if (!sub && d->waiting && !b->ctl.resetting)
		offer_primary(d);
}

void device_forget_offers(struct bus *b)
{
	for (struct vsp_dev *d = b->devs; d; d = d->next) {
		stop_subs(d);
		d->waiting = false;
		memset(d->offer, 0, sizeof(d->offer));
	}
}

bool vsp_plug(struct vsp_dev *d)
{
	struct ctl *c = &d->bus->ctl;

	if (d->plugged && d->offer[0] && !d->offer[0]->rescinded)
		return false;
	d->plugged = true;
	if (!c->version || !c->offers_sent || c->resetting)
		return true;
	if (d->offer[0])
		d->waiting = true;	/* until its old relid is released */
	else
		offer_primary(d);
	return true;
}

void vsp_unplug(struct vsp_dev *d)
{
	d->plugged = false;
	d->waiting = false;
	vsp_revoke_subs(d);
	if (d->offer[0])
		ctl_rescind(d->offer[0]);
}

/* The n-th sub-channel to offer when @count are wanted in this order. */
static unsigned int sub_at(const struct vsp_dev *d, unsigned int n,
			   unsigned int count)
{
	if (d->subs_order == SUBS_DOWN)
		return count - n;
	if (d->subs_order == SUBS_ROTATED)	/* from the middle */
		return (n + count / 2) % count + 1;
	return n + 1;
}

static void offer_subs(void *ctx)
{
	struct vsp_dev *d = ctx;
	unsigned int count = d->subs_wanted;

	d->subs_timer = NULL;
	d->subs_wanted = 0;
	for (unsigned int i = 0; i < count; i++) {
		unsigned int sub = sub_at(d, i, count);

		if (sub < VSP_CHANS && !d->offer[sub])
			offer(d, sub, 0);
	}
}

void vsp_offer_subs(struct vsp_dev *d, unsigned int n)
{
	stop_subs(d);
	d->subs_wanted = n < VSP_SUBS_MAX ? n : VSP_SUBS_MAX;
	d->subs_timer = timer_start(d->subs_delay, offer_subs, d);
}

void vsp_revoke_subs(struct vsp_dev *d)
{
	stop_subs(d);
	for (unsigned int i = 1; i < VSP_CHANS; i++)
		if (d->offer[i])
			ctl_rescind(d->offer[i]);
}

void devices_free(struct bus *b)
{
	while (b->devs) {
		struct vsp_dev *d = b->devs;

		b->devs = d->next;
		free_device(d);
	}
}
