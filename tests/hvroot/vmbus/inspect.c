// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands that only look: `list` for devices, channels and memory lists, and
 * the server's part of `counters`.
 */
#include "control/control.h"
#include "control/counters.h"
#include "vmbus/bus.h"

static const char *state_name(const struct ctl_chan *cc)
{
	if (cc->rescinded)
		return "rescinded";
	if (cc->state == CHAN_OPEN)
		return "open";
	if (cc->state == CHAN_OPENING)
		return "opening";
	return cc->state == CHAN_CLOSING ? "closing" : "closed";
}

static unsigned int lists_of(const struct ctl *c, uint32_t relid)
{
	unsigned int n = 0;

	for (const struct gpadl *g = c->gpadls.head; g; g = g->next)
		n += g->relid == relid;
	return n;
}

static void list_channel(struct reply *r, const struct vsp_dev *d,
			 const struct ctl_chan *cc)
{
	const struct vsp_chan *ch = cc->priv;

	reply_printf(r, "%s relid=%u sub=%u %s vp=%d gpadls=%u%s\n", d->name,
		     cc->offer.relid, cc->offer.sub_index, state_name(cc),
		     cc->state == CHAN_OPEN ? (int)cc->target_vp : -1,
		     lists_of(&d->bus->ctl, cc->offer.relid),
		     ch && ch->failed ? " failed" : "");
}

static unsigned int open_channels(const struct bus *b)
{
	unsigned int n = 0;

	for (const struct vsp_chan *ch = b->chans; ch; ch = ch->next)
		n++;
	return n;
}

static int cmd_list(struct reply *r, int argc, char **argv, void *ctx)
{
	struct bus *b = ctx;
	const struct ctl *c = &b->ctl;

	reply_printf(r, "connection version=%u.%u channels=%u opened=%u gpadls=%u frames=%llu\n",
		     c->version >> 16, c->version & 0xFFFF, c->channels,
		     open_channels(b), c->gpadls.count,
		     (unsigned long long)c->gpadls.frames);
	for (struct vsp_dev *d = b->devs; d; d = d->next) {
		bool any = false;

		for (unsigned int i = 0; i < VSP_CHANS; i++) {
			if (!d->offer[i])
				continue;
			list_channel(r, d, d->offer[i]);
			any = true;
		}
		if (!any)
			reply_printf(r, "%s %s\n", d->name,
				     d->plugged ? "not offered yet" : "unplugged");
	}
	return 0;
}

static void reset_counters(struct bus *b)
{
	b->past.signals = b->past.interrupts = b->past.wakes = 0;
	b->past.requests = b->past.errors = b->past.full = 0;
	b->rejected = 0;
	b->ctl.refusals = 0;
	b->ctl.releases = 0;
	for (struct vsp_chan *ch = b->chans; ch; ch = ch->next) {
		ch->signals = ch->interrupts = ch->wakes = 0;
		ch->requests = ch->errors = ch->full = 0;
	}
}

static void print_channel(struct reply *r, const struct vsp_chan *ch)
{
	uint32_t id = ch->ctl->offer.relid;

	reply_printf(r, "chan.%u.name=%s\nchan.%u.sub=%u\nchan.%u.signals=%llu\n"
		     "chan.%u.interrupts=%llu\nchan.%u.wakes=%llu\n"
		     "chan.%u.requests=%llu\nchan.%u.errors=%llu\nchan.%u.full=%llu\n",
		     id, ch->dev->name, id, ch->sub,
		     id, (unsigned long long)ch->signals,
		     id, (unsigned long long)ch->interrupts,
		     id, (unsigned long long)ch->wakes,
		     id, (unsigned long long)ch->requests,
		     id, (unsigned long long)ch->errors,
		     id, (unsigned long long)ch->full);
}

static void print_counters(struct reply *r, bool reset, void *ctx)
{
	uint64_t requests, wakes, errors, full, trailers = 0;
	struct bus *b = ctx;

	if (reset) {
		reset_counters(b);
		return;
	}
	requests = b->past.requests;
	wakes = b->past.wakes;
	errors = b->past.errors;
	full = b->past.full;
	for (struct vsp_chan *ch = b->chans; ch; ch = ch->next) {
		requests += ch->requests;
		wakes += ch->wakes;
		errors += ch->errors;
		full += ch->full;
		trailers += ch->in.bad_trailers;
		print_channel(r, ch);
	}
	reply_printf(r, "requests=%llu\nwakes=%llu\nrequests_per_wake=%.3f\n"
		     "channel_errors=%llu\nring_full=%llu\nbad_trailers=%llu\n"
		     "packets_refused=%llu\nmessages_refused=%llu\nrelids_released=%llu\n",
		     (unsigned long long)requests, (unsigned long long)wakes,
		     wakes ? (double)requests / wakes : 0.0,
		     (unsigned long long)errors, (unsigned long long)full,
		     (unsigned long long)trailers, (unsigned long long)b->rejected,
		     (unsigned long long)b->ctl.refusals,
		     (unsigned long long)b->ctl.releases);
}

void inspect_init(struct bus *b)
{
	control_register("list", "  devices, channels, memory lists", cmd_list, b);
	counters_provider(print_counters, b);
}
