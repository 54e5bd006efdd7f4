// SPDX-License-Identifier: GPL-2.0-only
/*
 * Monitor pages: a channel offered with a monitor bit is signalled by a bit
 * in guest memory instead of a hypercall, so the host has to look for it, as
 * often as the page says.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/vm.h"
#include "vmbus/bus.h"

#define SCAN_MS		1
#define LATENCY_100NS	1000	/* what we tell the guest, 100 us */
#define MONITOR_IDS	128

struct monitor {
	struct bus *bus;
	struct monitor_page *to_guest, *to_host;
	struct vsp_dev *dev[MONITOR_IDS];
	/* in units of 100 ns: when the host looked, and how long after the look before that */
	uint64_t looked[MONITOR_IDS], after[MONITOR_IDS];
	struct ptimer *timer;
};

static void scan(void *ctx);

static uint64_t now_100ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 10000000ull + t.tv_nsec / 100;
}

/* Those of a group whose time has come; the guest may change how often it comes. */
static uint32_t take_due(struct monitor *m, unsigned int group)
{
	uint64_t now = now_100ns();
	uint32_t due = 0;

	for (unsigned int bit = 0; bit < 32; bit++) {
		unsigned int id = group * 32 + bit;

		if (now - m->looked[id] < m->to_host->latency[group][bit])
			continue;
		m->after[id] = now - m->looked[id];
		m->looked[id] = now;
		due |= 1u << bit;
	}
	return due;
}

/* Bits of a group that the guest has set since the last look. */
static uint32_t take_pending(struct monitor *m, unsigned int group)
{
	uint8_t *p = (uint8_t *)m->to_host +
		offsetof(struct monitor_page, group) + 8 * group;
	uint32_t due = take_due(m, group);

	return __atomic_fetch_and((uint32_t *)p, ~due, __ATOMIC_ACQ_REL) & due;
}

static void scan_group(struct monitor *m, unsigned int group)
{
	uint32_t bits = take_pending(m, group);

	for (; bits; bits &= bits - 1) {
		unsigned int id = group * 32 + __builtin_ctz(bits);
		struct vsp_dev *d = m->dev[id];
		struct vsp_chan *ch = d ? vsp_primary(d) : NULL;

		trace("MONITOR_TRIGGER", "id=%u after=%" PRIu64 " %s", id, m->after[id],
		      d ? d->name : "(nobody's)");
		if (ch)
			chan_signalled(ch);
	}
}

static void arm(struct monitor *m)
{
	bool any = false;

	for (unsigned int i = 0; i < MONITOR_IDS; i++)
		any |= !!m->dev[i];
	if (any && m->to_host && !m->timer)
		m->timer = timer_start(SCAN_MS, scan, m);
}

static void scan(void *ctx)
{
	struct monitor *m = ctx;

	m->timer = NULL;
	for (unsigned int g = 0; m->to_host && g < 4; g++)
		scan_group(m, g);
	arm(m);
}

void monitor_pages(struct bus *b, uint64_t to_guest, uint64_t to_host)
{
	struct monitor *m = b->monitor;

	m->to_guest = to_guest ? vm_mem(b->vm, to_guest & ~4095ull, VMBUS_PAGE) : NULL;
	m->to_host = to_host ? vm_mem(b->vm, to_host & ~4095ull, VMBUS_PAGE) : NULL;
	if (!to_host)
		for (unsigned int i = 0; i < MONITOR_IDS; i++)
			m->dev[i] = NULL;
	arm(m);
}

static void describe(struct monitor_page *p, uint8_t id, uint32_t connection)
{
	if (!p)
		return;
	p->trigger_state |= 1u << (id / 32);
	p->latency[id / 32][id % 32] = LATENCY_100NS;
	p->parameter[id / 32][id % 32].connection_id = connection;
}

void monitor_take_id(struct bus *b, struct vsp_dev *d, uint32_t connection)
{
	struct monitor *m = b->monitor;

	m->dev[d->monitor_id % MONITOR_IDS] = d;
	describe(m->to_guest, d->monitor_id % MONITOR_IDS, connection);
	describe(m->to_host, d->monitor_id % MONITOR_IDS, connection);
	arm(m);
}

void monitor_init(struct bus *b)
{
	b->monitor = calloc(1, sizeof(*b->monitor));
	b->monitor->bus = b;
}

void monitor_exit(struct bus *b)
{
	timer_cancel(b->monitor->timer);
	free(b->monitor);
}
