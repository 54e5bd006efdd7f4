// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/kernel/debug/hv_vmbus: error counters of the bus; per device its channels'
 * rings and errors. With the module parameter "testing", /sys/kernel/debug/hyperv:
 * delays to inject, where and as Documentation/ABI/testing/debugfs-hyperv has them,
 * and nothing else: the kernel's vmbus_testing takes every file there for a delay.
 *
 * The bus works without any of it.
 */
#include <linux/debugfs.h>
#include <linux/delay.h>
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include "ringdump.h"
#include "vmbus_priv.h"

#define DELAY_MOST	1000	/* microseconds */

bool debugfs_testing;
/* Not in modinfo: see main.c */
module_param_cb(testing, &param_ops_bool, &debugfs_testing, 0444);

/* ------------------------------ delays -------------------------------------- */

/**
 * debugfs_delay_now - wait as long as a tester asked for
 * @ch: channel
 * @what: where the caller stands
 *
 * Context: any; spins.
 */
void debugfs_delay_now(struct vmbus_channel *ch, enum debugfs_delay what)
{
	const struct vmbus_channel *from;
	u32 us;

	from = chan_primary(ch);
	if (!READ_ONCE(from->fuzz_testing_state))
		return;
	us = what == DELAY_INTERRUPT ? from->fuzz_testing_interrupt_delay :
				       from->fuzz_testing_message_delay;
	udelay(min_t(u32, us, DELAY_MOST));
}

static int state_get(void *data, u64 *value)
{
	*value = ((struct hv_device *)data)->channel->fuzz_testing_state;
	return 0;
}

static int state_set(void *data, u64 value)
{
	struct hv_device *dev = data;

	if (value > 1)
		return -EINVAL;
	WRITE_ONCE(dev->channel->fuzz_testing_state, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(state_fops, state_get, state_set, "%llu\n");

static int delay_get(void *data, u64 *value)
{
	*value = *(u32 *)data;
	return 0;
}

static int delay_set(void *data, u64 value)
{
	if (value > DELAY_MOST)
		return -EINVAL;
	WRITE_ONCE(*(u32 *)data, value);
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(delay_fops, delay_get, delay_set, "%llu\n");

static void add_delays(struct hv_device *dev)
{
	struct vmbus_channel *ch = dev->channel;
	struct dentry *dir;

	dev->debug_dir = debugfs_create_dir(dev_name(&dev->device),
					    to_chan(ch)->bus->debugfs_delays);
	debugfs_create_file("fuzz_test_state", 0644, dev->debug_dir, dev,
			    &state_fops);
	dir = debugfs_create_dir("delay", dev->debug_dir);
	debugfs_create_file("fuzz_test_buffer_interrupt_delay", 0644, dir,
			    &ch->fuzz_testing_interrupt_delay, &delay_fops);
	debugfs_create_file("fuzz_test_message_delay", 0644, dir,
			    &ch->fuzz_testing_message_delay, &delay_fops);
}

/* ------------------------------ counters and rings -------------------------- */

static void show_errors(struct seq_file *s, const atomic64_t *err)
{
	unsigned int i;

	for (i = 0; i < VERR_COUNT; i++)
		seq_printf(s, "%lld\t%s\n", atomic64_read(&err[i]),
			   vmbus_err_names[i]);
}

static int bus_errors_show(struct seq_file *s, void *unused)
{
	const struct vmbus *bus = s->private;

	seq_printf(s, "%lld\tmessages in\n%lld\tmessages out\n",
		   atomic64_read(&bus->msgs_in), atomic64_read(&bus->msgs_out));
	seq_printf(s, "%zu\tbytes in quarantine\n%u\tchannels\n",
		   READ_ONCE(bus->quarantine_bytes), READ_ONCE(bus->nr_chans));
	show_errors(s, bus->err);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(bus_errors);

/* Call @show for each channel of a device, under the lock that keeps them. */
static int each_channel(struct seq_file *s,
			void (*show)(struct seq_file *s, struct vmbus_channel *ch))
{
	const struct hv_device *dev = s->private;
	struct vmbus_channel *ch = dev->channel, *sub;
	struct vmbus *bus;

	if (!ch)
		return -ENODEV;
	bus = to_chan(ch)->bus;
	mutex_lock(&bus->chan_mutex);
	show(s, ch);
	list_for_each_entry(sub, &ch->sc_list, sc_list)
		show(s, sub);
	mutex_unlock(&bus->chan_mutex);
	return 0;
}

static void show_channel_errors(struct seq_file *s, struct vmbus_channel *ch)
{
	const struct vmbus_chan *chan = to_chan(ch);
	unsigned int i;

	seq_printf(s, "channel %u\n", chan_relid(ch));
	show_errors(s, chan->err);
	for (i = RING_OK + 1; i < RING_NR_ERRORS; i++)
		seq_printf(s, "%d\tring: %s\n", atomic_read(&chan->io.errors[i]),
			   ring_error_name(i));
}

static int errors_show(struct seq_file *s, void *unused)
{
	return each_channel(s, show_channel_errors);
}
DEFINE_SHOW_ATTRIBUTE(errors);

static int rings_show(struct seq_file *s, void *unused)
{
	return each_channel(s, ringdump_show);
}
DEFINE_SHOW_ATTRIBUTE(rings);

/* ------------------------------ start and stop ------------------------------ */

/**
 * debugfs_start - create the folders and what belongs to the bus
 * @bus: the bus
 */
void debugfs_start(struct vmbus *bus)
{
	bus->debugfs = debugfs_create_dir("hv_vmbus", NULL);
	debugfs_create_file("errors", 0444, bus->debugfs, bus, &bus_errors_fops);
	if (debugfs_testing)
		bus->debugfs_delays = debugfs_create_dir("hyperv", NULL);
}

/**
 * debugfs_stop - remove all of it
 * @bus: the bus
 */
void debugfs_stop(struct vmbus *bus)
{
	debugfs_remove_recursive(bus->debugfs_delays);
	debugfs_remove_recursive(bus->debugfs);
	bus->debugfs_delays = NULL;
	bus->debugfs = NULL;
}

/**
 * debugfs_add_device - create a device's folders
 * @dev: a device with its primary channel
 */
void debugfs_add_device(struct hv_device *dev)
{
	struct vmbus_chan *chan = to_chan(dev->channel);

	chan->debugfs = debugfs_create_dir(dev_name(&dev->device), chan->bus->debugfs);
	debugfs_create_file("errors", 0444, chan->debugfs, dev, &errors_fops);
	debugfs_create_file("rings", 0400, chan->debugfs, dev, &rings_fops);
	if (debugfs_testing)
		add_delays(dev);
}

/**
 * debugfs_remove_device - remove a device's folders
 * @dev: the device; its channel is still there
 *
 * Waits for readers. Context: process, without vmbus.chan_mutex.
 */
void debugfs_remove_device(struct hv_device *dev)
{
	struct vmbus_chan *chan = to_chan(dev->channel);

	debugfs_remove_recursive(dev->debug_dir);
	debugfs_remove_recursive(chan->debugfs);
	dev->debug_dir = NULL;
	chan->debugfs = NULL;
}
