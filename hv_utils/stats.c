// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counters of a service: /sys/kernel/debug/hv_utils-DEVICE.  Not in a folder of
 * the bus, which not every bus has and ours takes away before this goes.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>
#include "utils.h"

static const char * const counter_names[IC_NR_COUNTERS] = {
	[IC_N_REQUESTS] = "requests",
	[IC_N_ANSWERS] = "answers",
	[IC_N_REFUSED] = "refused",
	[IC_N_BAD] = "bad messages",
	[IC_N_UNSENT] = "answers not sent",
	[IC_N_TIMEOUTS] = "daemon timeouts",
	[IC_N_LATE] = "late daemon answers",
	[IC_N_UNASKED] = "unasked daemon answers",
	[IC_N_DAEMONS] = "daemon registrations",
	[IC_N_HELD] = "held for a daemon",
	[IC_N_NO_DAEMON] = "failed without a daemon",
};

static int ic_stats_show(struct seq_file *s, void *unused)
{
	struct ic *ic = s->private;
	unsigned int i;

	seq_printf(s, "service\t%s\n", ic->svc->name);
	seq_printf(s, "version\t%u.%u\n", ic->version >> 16, ic->version & 0xffff);
	for (i = 0; i < IC_NR_COUNTERS; i++)
		seq_printf(s, "%lld\t%s\n", atomic64_read(&ic->count[i]), counter_names[i]);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(ic_stats);

/**
 * ic_stats_add() - show a service's counters
 * @ic: the service
 */
void ic_stats_add(struct ic *ic)
{
	char name[64];

	snprintf(name, sizeof(name), "hv_utils-%s", dev_name(&ic->dev->device));
	ic->debugfs = debugfs_create_file(name, 0444, NULL, ic, &ic_stats_fops);
}

/**
 * ic_stats_remove() - no longer
 * @ic: the service
 *
 * Waits for readers.
 */
void ic_stats_remove(struct ic *ic)
{
	debugfs_remove(ic->debugfs);
}
