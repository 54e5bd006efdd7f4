// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hosts that offer a device and take it back before it could be opened, over and
 * over: the device's next registration is put off, longer each time, so that it does
 * not keep a CPU and the log busy.  A device that was opened once starts afresh.
 *
 * The history is used on vmbus.ctl_wq only, which is ordered: no lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/list.h>
#include <linux/slab.h>
#include "vmbus_priv.h"

#define STORM_DEVICES	64	/* remembered at a time */
#define STORM_FREE	4	/* so many short lives cost nothing */
#define STORM_MAX	(10 * HZ)
#define STORM_FIRST	(HZ / 10)
#define STORM_WINDOW	(60 * HZ)	/* then all is forgotten */

struct storm {
	struct list_head entry;
	guid_t instance;
	unsigned int lives;		/* short ones in a row */
	unsigned long last;		/* jiffies of the last rescind */
};

static struct storm *find(struct vmbus *bus, const guid_t *instance)
{
	struct storm *s;

	list_for_each_entry(s, &bus->storms, entry) {
		if (guid_equal(&s->instance, instance))
			return s;
	}
	return NULL;
}

static void drop(struct vmbus *bus, struct storm *s)
{
	list_del(&s->entry);
	bus->nr_storms--;
	kfree(s);
}

static struct storm *remember(struct vmbus *bus, const guid_t *instance)
{
	struct storm *s;

	if (bus->nr_storms >= STORM_DEVICES)
		drop(bus, list_last_entry(&bus->storms, struct storm, entry));
	s = kzalloc(sizeof(*s), GFP_KERNEL);
	if (!s)
		return NULL;
	guid_copy(&s->instance, instance);
	list_add(&s->entry, &bus->storms);
	bus->nr_storms++;
	return s;
}

/**
 * storm_note_rescind() - a device was taken back
 * @bus: the bus
 * @ch: its primary channel, or a sub-channel (ignored)
 */
void storm_note_rescind(struct vmbus *bus, struct vmbus_channel *ch)
{
	const guid_t *instance = &ch->offermsg.offer.if_instance;
	struct storm *s;

	if (is_sub_channel(ch) || is_hvsock_channel(ch))
		return;
	s = find(bus, instance);
	if (test_bit(CHAN_WAS_OPEN, &to_chan(ch)->flags)) {
		if (s)
			drop(bus, s);
		return;
	}
	if (!s)
		s = remember(bus, instance);
	if (!s)
		return;
	if (time_after(jiffies, s->last + STORM_WINDOW))
		s->lives = 0;
	s->lives++;
	s->last = jiffies;
	list_move(&s->entry, &bus->storms);
}

/**
 * storm_delay() - how long to wait before a device is registered
 * @bus: the bus
 * @ch: its new primary channel
 *
 * Return: jiffies, 0 for all devices but those that come and go.
 */
unsigned long storm_delay(struct vmbus *bus, struct vmbus_channel *ch)
{
	struct storm *s = find(bus, &ch->offermsg.offer.if_instance);
	unsigned long delay;

	if (!s || s->lives <= STORM_FREE || time_after(jiffies, s->last + STORM_WINDOW))
		return 0;
	delay = min_t(unsigned long, STORM_MAX, STORM_FIRST << min(s->lives - STORM_FREE, 10u));
	chan_bad(ch, VERR_STORM,
		 "device %pUl was taken back %u times before it was opened, waiting %u ms",
		 &s->instance, s->lives, jiffies_to_msecs(delay));
	return delay;
}

void storm_forget_all(struct vmbus *bus)
{
	struct storm *s, *next;

	list_for_each_entry_safe(s, next, &bus->storms, entry)
		drop(bus, s);
}
