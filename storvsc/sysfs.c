// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a controller has agreed with the host and what it has seen, under
 * /sys/class/scsi_host/hostN/ and, per disk, under its device.
 */
#include <linux/device.h>
#include <linux/sysfs.h>

#include "storvsc.h"

static struct stor_ctl *stor_of(struct device *dev)
{
	return shost_priv(class_to_shost(dev));
}

/* One read-only attribute that prints one expression. */
#define STOR_HOST_ATTR(name, fmt, ...)					\
static ssize_t name##_show(struct device *dev,				\
			   struct device_attribute *attr, char *buf)	\
{									\
	const struct stor_ctl *ctl = stor_of(dev);			\
									\
	return sysfs_emit(buf, fmt "\n", __VA_ARGS__);			\
}									\
static DEVICE_ATTR_RO(name)

STOR_HOST_ATTR(protocol_version, "%u.%u", ctl->version >> 8,
	       ctl->version & 0xff);
STOR_HOST_ATTR(max_transfer_bytes, "%u", ctl->max_transfer);
STOR_HOST_ATTR(host_max_subchannels, "%u", ctl->max_subchans);
STOR_HOST_ATTR(channels, "%u", ctl->nr_open);
STOR_HOST_ATTR(ring_bytes, "%u", ctl->ring_size);
STOR_HOST_ATTR(life, "%s", stor_life_name(READ_ONCE(ctl->life)));
STOR_HOST_ATTR(kind, "%s", ctl->kind->name);
STOR_HOST_ATTR(fc_port_name, "0x%8phN", ctl->wwn);
STOR_HOST_ATTR(fc_node_name, "0x%8phN", ctl->wwn + 8);

static const char * const stor_counter_names[] = {
	[STOR_CNT_RING_FULL]	= "ring_full",
	[STOR_CNT_SLOT_BUSY]	= "slot_busy",
	[STOR_CNT_MAP_FAILED]	= "map_failed",
	[STOR_CNT_DETOUR]	= "detour",
	[STOR_CNT_NO_CONNECT]	= "no_connect",
	[STOR_CNT_START_OVER]	= "start_over",
	[STOR_CNT_CHAN_REAPED]	= "chan_reaped",
	[STOR_CNT_CHAN_KEPT]	= "chan_kept",
	[STOR_CNT_EVICTED]	= "evicted",
	[STOR_CNT_TIMEOUT]	= "timeout_rearmed",
	[STOR_CNT_LUN_RESET]	= "lun_reset",
	[STOR_CNT_ADAPTER_RESET] = "adapter_reset",
	[STOR_CNT_BUS_RESET]	= "bus_reset",
	[STOR_CNT_RESCAN]	= "rescan",
	[STOR_CNT_LUN_DOUBTED]	= "lun_doubted",
	[STOR_CNT_LUN_ADDED]	= "lun_added",
	[STOR_CNT_LUN_REMOVED]	= "lun_removed",
	[STOR_CNT_BAD_PACKET]	= "bad_packet",
	[STOR_CNT_BAD_OPERATION] = "bad_operation",
	[STOR_CNT_UNKNOWN_ID]	= "unknown_id",
	[STOR_CNT_REPEATED_ID]	= "repeated_id",
	[STOR_CNT_STALE_ID]	= "stale_id",
	[STOR_CNT_WRONG_CHANNEL] = "wrong_channel",
	[STOR_CNT_LATE_ANSWER]	= "late_answer",
	[STOR_CNT_CALL_TIMEOUT]	= "call_timeout",
};

static_assert(ARRAY_SIZE(stor_counter_names) == STOR_CNT_NR);

static ssize_t counters_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	struct stor_ctl *ctl = stor_of(dev);
	unsigned int i;
	int len = 0;

	for (i = 0; i < STOR_CNT_NR; i++)
		len += sysfs_emit_at(buf, len, "%s %lld\n",
				     stor_counter_names[i],
				     atomic64_read(&ctl->count[i]));
	return len;
}
static DEVICE_ATTR_RO(counters);

/* Answers that were not a plain success, by SRB status code. */
static ssize_t srb_status_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct stor_ctl *ctl = stor_of(dev);
	unsigned int i;
	int len = 0;

	for (i = 0; i < ARRAY_SIZE(ctl->srb_status); i++) {
		s64 n = atomic64_read(&ctl->srb_status[i]);

		if (n)
			len += sysfs_emit_at(buf, len, "0x%02x %lld\n", i, n);
	}
	return len;
}
static DEVICE_ATTR_RO(srb_status);

/* Commands that went out on a channel and have not come back. */
static unsigned int stor_in_flight(const struct stor_ctl *ctl,
				   const struct stor_chan *chan)
{
	unsigned int tag, n = 0;

	for (tag = 0; tag < ctl->depth; tag++)
		n += stor_slot_busy(&ctl->slots[tag]) &&
		     READ_ONCE(ctl->slots[tag].chan) == chan;
	return n;
}

/* One line per queue; a queue's number is its channel's index. */
static ssize_t queues_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct stor_ctl *ctl = stor_of(dev);
	unsigned int i;
	int len = 0;
	bool gone;

	/*
	 * Not chan_mutex: a sub-channel that is being opened has it for long.  Who closes them all
	 * sets the bit and waits for readers, before any channel goes.
	 */
	rcu_read_lock();
	gone = test_bit(STOR_GONE, &ctl->state);
	for (i = 0; i < ctl->nr_queues; i++) {
		struct stor_queue *q = &ctl->queues[i];
		struct stor_chan *chan = &ctl->chans[i];
		struct vmbus_channel *channel = gone ? NULL : rcu_dereference(chan->channel);

		len += sysfs_emit_at(buf, len,
				     "%u relid %d cpu %d depth %u in_flight %u completed %llu bytes %llu batches %llu batched %llu\n",
				     i,
				     channel ? (int)channel->offermsg.child_relid : -1,
				     channel ? (int)channel->target_cpu : -1,
				     ctl->depth, stor_in_flight(ctl, chan),
				     chan->completed, chan->bytes,
				     q->batches, q->batched);
	}
	rcu_read_unlock();
	return len;
}
static DEVICE_ATTR_RO(queues);

static struct attribute *stor_host_attrs[] = {
	&dev_attr_protocol_version.attr,
	&dev_attr_max_transfer_bytes.attr,
	&dev_attr_host_max_subchannels.attr,
	&dev_attr_channels.attr,
	&dev_attr_ring_bytes.attr,
	&dev_attr_life.attr,
	&dev_attr_kind.attr,
	&dev_attr_counters.attr,
	&dev_attr_srb_status.attr,
	&dev_attr_queues.attr,
	&dev_attr_fc_port_name.attr,
	&dev_attr_fc_node_name.attr,
	NULL
};

static umode_t stor_host_visible(struct kobject *kobj, struct attribute *attr,
				 int n)
{
	const struct stor_ctl *ctl = stor_of(kobj_to_dev(kobj));

	if (!ctl->kind->fc && (attr == &dev_attr_fc_port_name.attr ||
			       attr == &dev_attr_fc_node_name.attr))
		return 0;
	return attr->mode;
}

static const struct attribute_group stor_host_group = {
	.attrs = stor_host_attrs,
	.is_visible = stor_host_visible,
};

const struct attribute_group *stor_host_groups[] = {
	&stor_host_group,
	NULL
};

#define STOR_LUN_ATTR(name, expr)					\
static ssize_t name##_show(struct device *dev,				\
			   struct device_attribute *attr, char *buf)	\
{									\
	struct stor_lun *lun = to_scsi_device(dev)->hostdata;		\
									\
	return lun ? sysfs_emit(buf, "%d\n", expr) : -ENODEV;		\
}									\
static DEVICE_ATTR_RO(name)

STOR_LUN_ATTR(host_errors, atomic_read(&lun->errors));
STOR_LUN_ATTR(host_timeouts, atomic_read(&lun->timeouts));
STOR_LUN_ATTR(host_doubted, stor_lun_doubted(atomic_read(&lun->life)));

static struct attribute *stor_lun_attrs[] = {
	&dev_attr_host_errors.attr,
	&dev_attr_host_timeouts.attr,
	&dev_attr_host_doubted.attr,
	NULL
};

static const struct attribute_group stor_lun_group = {
	.attrs = stor_lun_attrs,
};

const struct attribute_group *stor_lun_groups[] = {
	&stor_lun_group,
	NULL
};
