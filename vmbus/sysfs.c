// SPDX-License-Identifier: GPL-2.0-only
/*
 * What users see of devices and channels under /sys/bus/vmbus/devices, as
 * Documentation/ABI/stable/sysfs-bus-vmbus of the kernel describes it. One
 * macro per shape of attribute; only "cpu" changes anything.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/hyperv.h>
#include <linux/kobject.h>
#include <linux/sysfs.h>
#include "override.h"
#include "vmbus_priv.h"

enum { MONITOR_SERVER, MONITOR_CLIENT };	/* who is told by that page */

/* A channel's monitor page, or NULL. Its monitor id came from the host. */
static struct hv_monitor_page *monitor_page(const struct vmbus_channel *ch, unsigned int which)
{
	struct hv_monitor_page *page = vmbus_connection.monitor_pages[which];

	if (!page || ch->monitor_grp >= ARRAY_SIZE(page->trigger_group))
		return NULL;
	return page;
}

/* ------------------------------ devices ------------------------------------- */

#define DEVICE_SHOW(name, fmt, value)					\
static ssize_t name##_show(struct device *device,			\
			   struct device_attribute *attr, char *buf)	\
{									\
	const struct hv_device *dev = device_to_hv_device(device);	\
	const struct vmbus_channel *ch = dev->channel;			\
									\
	if (!ch)							\
		return -ENODEV;						\
	return sysfs_emit(buf, fmt "\n", value);			\
}									\
static DEVICE_ATTR_RO(name)

#define DEVICE_MONITOR_SHOW(name, which, value)				\
static ssize_t name##_show(struct device *device,			\
			   struct device_attribute *attr, char *buf)	\
{									\
	const struct vmbus_channel *ch = device_to_hv_device(device)->channel; \
	const struct hv_monitor_page *page;				\
									\
	if (!ch)							\
		return -ENODEV;						\
	page = monitor_page(ch, which);					\
	if (!page)							\
		return -EINVAL;						\
	return sysfs_emit(buf, "%d\n", value);				\
}									\
static DEVICE_ATTR_RO(name)

#define DEVICE_RING_SHOW(name, ring, field)				\
static ssize_t name##_show(struct device *device,			\
			   struct device_attribute *attr, char *buf)	\
{									\
	struct vmbus_channel *ch = device_to_hv_device(device)->channel; \
	struct hv_ring_buffer_debug_info info;				\
	int ret;							\
									\
	if (!ch)							\
		return -ENODEV;						\
	ret = hv_ringbuffer_get_debuginfo(&ch->ring, &info);		\
	return ret ?: sysfs_emit(buf, "%d\n", info.field);		\
}									\
static DEVICE_ATTR_RO(name)

DEVICE_SHOW(id, "%d", ch->offermsg.child_relid);
DEVICE_SHOW(state, "%d", ch->state);
DEVICE_SHOW(monitor_id, "%d", ch->offermsg.monitorid);
DEVICE_SHOW(class_id, "{%pUl}", &ch->offermsg.offer.if_type);
DEVICE_SHOW(device_id, "{%pUl}", &ch->offermsg.offer.if_instance);
DEVICE_SHOW(modalias, "vmbus:%16phN", &dev->dev_type);
DEVICE_SHOW(vendor, "0x%x", dev->vendor_id);
DEVICE_SHOW(device, "0x%x", dev->device_id);
#ifdef CONFIG_NUMA
DEVICE_SHOW(numa_node, "%d", cpu_to_node(ch->target_cpu));
#endif

DEVICE_MONITOR_SHOW(server_monitor_pending, MONITOR_SERVER,
		    page->trigger_group[ch->monitor_grp].pending);
DEVICE_MONITOR_SHOW(client_monitor_pending, MONITOR_CLIENT,
		    page->trigger_group[ch->monitor_grp].pending);
DEVICE_MONITOR_SHOW(server_monitor_latency, MONITOR_SERVER,
		    page->latency[ch->monitor_grp][ch->monitor_bit & 31]);
DEVICE_MONITOR_SHOW(client_monitor_latency, MONITOR_CLIENT,
		    page->latency[ch->monitor_grp][ch->monitor_bit & 31]);
DEVICE_MONITOR_SHOW(server_monitor_conn_id, MONITOR_SERVER,
		    page->parameter[ch->monitor_grp][ch->monitor_bit & 31].connectionid.u.id);
DEVICE_MONITOR_SHOW(client_monitor_conn_id, MONITOR_CLIENT,
		    page->parameter[ch->monitor_grp][ch->monitor_bit & 31].connectionid.u.id);

DEVICE_RING_SHOW(out_intr_mask, outbound, current_interrupt_mask);
DEVICE_RING_SHOW(out_read_index, outbound, current_read_index);
DEVICE_RING_SHOW(out_write_index, outbound, current_write_index);
DEVICE_RING_SHOW(out_read_bytes_avail, outbound, bytes_avail_toread);
DEVICE_RING_SHOW(out_write_bytes_avail, outbound, bytes_avail_towrite);
DEVICE_RING_SHOW(in_intr_mask, inbound, current_interrupt_mask);
DEVICE_RING_SHOW(in_read_index, inbound, current_read_index);
DEVICE_RING_SHOW(in_write_index, inbound, current_write_index);
DEVICE_RING_SHOW(in_read_bytes_avail, inbound, bytes_avail_toread);
DEVICE_RING_SHOW(in_write_bytes_avail, inbound, bytes_avail_towrite);

static ssize_t channel_vp_mapping_show(struct device *device,
				       struct device_attribute *attr, char *buf)
{
	struct vmbus_channel *ch = device_to_hv_device(device)->channel;
	struct vmbus_channel *sub;
	struct vmbus *bus;
	int len;

	if (!ch)
		return -ENODEV;
	bus = to_chan(ch)->bus;
	mutex_lock(&bus->chan_mutex);
	len = sysfs_emit(buf, "%u:%u\n", chan_relid(ch), ch->target_cpu);
	list_for_each_entry(sub, &ch->sc_list, sc_list)
		len += sysfs_emit_at(buf, len, "%u:%u\n", chan_relid(sub),
				     sub->target_cpu);
	mutex_unlock(&bus->chan_mutex);
	return len;
}
static DEVICE_ATTR_RO(channel_vp_mapping);

#define ATTR(name)	(&dev_attr_##name.attr)

static struct attribute *device_attrs[] = {
	ATTR(channel_vp_mapping), ATTR(class_id), ATTR(device), ATTR(device_id),
	ATTR(id), ATTR(in_intr_mask),
	ATTR(in_read_bytes_avail), ATTR(in_read_index),
	ATTR(in_write_bytes_avail), ATTR(in_write_index), ATTR(modalias),
	ATTR(out_intr_mask), ATTR(out_read_bytes_avail), ATTR(out_read_index),
	ATTR(out_write_bytes_avail), ATTR(out_write_index), ATTR(state),
	ATTR(vendor),
#ifdef CONFIG_NUMA
	ATTR(numa_node),
#endif
	NULL
};

static const struct attribute_group device_group = {
	.attrs = device_attrs,
};

static struct attribute *device_monitor_attrs[] = {
	ATTR(client_monitor_conn_id),
	ATTR(client_monitor_latency),
	ATTR(client_monitor_pending),
	ATTR(monitor_id),
	ATTR(server_monitor_conn_id),
	ATTR(server_monitor_latency),
	ATTR(server_monitor_pending),
	NULL
};

static umode_t device_monitor_visible(struct kobject *kobj,
				      struct attribute *attr, int nr)
{
	const struct hv_device *dev = device_to_hv_device(kobj_to_dev(kobj));

	return dev->channel->offermsg.monitor_allocated ? attr->mode : 0;
}

static const struct attribute_group device_monitor_group = {
	.attrs = device_monitor_attrs,
	.is_visible = device_monitor_visible,
};

const struct attribute_group *vmbus_dev_groups[] = {
	&device_group,
#ifndef HV_HAVE_CORE_OVERRIDE
	&override_group,
#endif
	&device_monitor_group,
	NULL
};

/* ------------------------------ channels ------------------------------------ */

struct channel_attribute {
	struct attribute attr;
	ssize_t (*show)(struct vmbus_channel *ch, char *buf);
	ssize_t (*store)(struct vmbus_channel *ch, const char *buf, size_t count);
};

#define CHANNEL_ATTR(_name, _mode, _store)				\
static struct channel_attribute channel_##_name = {			\
	.attr = { .name = #_name, .mode = _mode },			\
	.show = channel_##_name##_show,					\
	.store = _store,						\
}

#define CHANNEL_SHOW(name, fmt, value)					\
static ssize_t channel_##name##_show(struct vmbus_channel *ch, char *buf) \
{									\
	return sysfs_emit(buf, fmt "\n", value);			\
}									\
CHANNEL_ATTR(name, 0444, NULL)

#define CHANNEL_RING_SHOW(name, ring, field)				\
static ssize_t channel_##name##_show(struct vmbus_channel *ch, char *buf) \
{									\
	struct hv_ring_buffer_debug_info info;				\
	int ret = hv_ringbuffer_get_debuginfo(&ch->ring, &info);	\
									\
	return ret ?: sysfs_emit(buf, "%u\n", info.field);		\
}									\
CHANNEL_ATTR(name, 0444, NULL)

#define CHANNEL_MONITOR_SHOW(name, mode, store, value)			\
static ssize_t channel_##name##_show(struct vmbus_channel *ch, char *buf) \
{									\
	const struct hv_monitor_page *page = monitor_page(ch, MONITOR_CLIENT); \
									\
	return page ? sysfs_emit(buf, "%u\n", value) : -EINVAL;		\
}									\
CHANNEL_ATTR(name, mode, store)

CHANNEL_RING_SHOW(out_mask, outbound, current_interrupt_mask);
CHANNEL_RING_SHOW(in_mask, inbound, current_interrupt_mask);
CHANNEL_RING_SHOW(read_avail, inbound, bytes_avail_toread);
CHANNEL_RING_SHOW(write_avail, outbound, bytes_avail_towrite);
CHANNEL_SHOW(interrupts, "%llu", ch->interrupts);
CHANNEL_SHOW(events, "%llu", to_chan(ch)->io.signals);
CHANNEL_SHOW(intr_in_full, "%llu", ch->intr_in_full);
CHANNEL_SHOW(intr_out_empty, "%llu", to_chan(ch)->io.out_empty);
CHANNEL_SHOW(out_full_first, "%llu", ch->out_full_first);
CHANNEL_SHOW(out_full_total, "%llu", ch->out_full_total);
CHANNEL_SHOW(monitor_id, "%u", ch->offermsg.monitorid);
CHANNEL_SHOW(subchannel_id, "%u", ch->offermsg.offer.sub_channel_index);
CHANNEL_MONITOR_SHOW(pending, 0444, NULL, page->trigger_group[ch->monitor_grp].pending);

/* How long a signal through the monitor page may wait, in units of 100 ns: the host looks then. */
static ssize_t channel_latency_store(struct vmbus_channel *ch, const char *buf, size_t count)
{
	struct hv_monitor_page *page = monitor_page(ch, MONITOR_CLIENT);
	u16 latency;
	int ret = kstrtou16(buf, 0, &latency);

	if (ret)
		return ret;
	if (!page)
		return -ENODEV;
	WRITE_ONCE(page->latency[ch->monitor_grp][ch->monitor_bit & 31], latency);
	return count;
}

CHANNEL_MONITOR_SHOW(latency, 0644, channel_latency_store,
		     page->latency[ch->monitor_grp][ch->monitor_bit & 31]);

static ssize_t channel_cpu_show(struct vmbus_channel *ch, char *buf)
{
	return sysfs_emit(buf, "%u\n", ch->target_cpu);
}

/* Moves the channel's interrupt to another CPU. */
static ssize_t channel_cpu_store(struct vmbus_channel *ch, const char *buf,
				 size_t count)
{
	unsigned int cpu;
	int ret = kstrtouint(buf, 0, &cpu);

	if (!ret)
		ret = chan_move(ch, cpu);
	return ret ?: count;
}
CHANNEL_ATTR(cpu, 0644, channel_cpu_store);

static struct attribute *channel_attrs[] = {
	&channel_cpu.attr,
	&channel_events.attr,
	&channel_in_mask.attr,
	&channel_interrupts.attr,
	&channel_intr_in_full.attr,
	&channel_intr_out_empty.attr,
	&channel_out_full_first.attr,
	&channel_out_full_total.attr,
	&channel_out_mask.attr,
	&channel_read_avail.attr,
	&channel_subchannel_id.attr,
	&channel_write_avail.attr,
	NULL
};

static const struct attribute_group channel_group = {
	.attrs = channel_attrs,
};

static struct attribute *channel_monitor_attrs[] = {
	&channel_pending.attr,
	&channel_latency.attr,
	&channel_monitor_id.attr,
	NULL
};

static struct vmbus_channel *kobj_to_channel(struct kobject *kobj)
{
	return container_of(kobj, struct vmbus_channel, kobj);
}

static umode_t channel_monitor_visible(struct kobject *kobj,
				       struct attribute *attr, int nr)
{
	return kobj_to_channel(kobj)->offermsg.monitor_allocated ? attr->mode : 0;
}

static const struct attribute_group channel_monitor_group = {
	.attrs = channel_monitor_attrs,
	.is_visible = channel_monitor_visible,
};

#ifdef HV_HAVE_RING_SYSFS
static int hv_ring_map(struct vmbus_channel *ch, struct file *file, struct vm_area_struct *vma)
{
#ifdef HV_HAVE_RING_PREPARE
	struct vm_area_desc desc;
	int ret;

	compat_set_desc_from_vma(&desc, file, vma);
	ret = ch->hv_ring_mapper(ch, &desc);
	return ret ? ret : __compat_vma_mmap(&desc, vma);
#else
	return ch->hv_ring_mapper(ch, vma);
#endif
}

/* The ring itself, for uio_hv_generic's users to map; it has the size of their default. */
static int ring_mmap(struct file *file, struct kobject *kobj,
		     HV_BIN_ATTR_CONST struct bin_attribute *attr, struct vm_area_struct *vma)
{
	struct vmbus_channel *ch = kobj_to_channel(kobj);

	return ch->hv_ring_mapper ? hv_ring_map(ch, file, vma) : -ENODEV;
}

static HV_BIN_ATTR_CONST struct bin_attribute channel_ring = {
	.attr = { .name = "ring", .mode = 0600 },
	.size = 2 * SZ_2M,
	.mmap = ring_mmap,
};

static HV_BIN_ATTR_CONST struct bin_attribute *HV_BIN_ATTR_CONST channel_ring_attrs[] = {
	&channel_ring,
	NULL
};

static umode_t channel_ring_visible(struct kobject *kobj,
				    HV_BIN_ATTR_CONST struct bin_attribute *attr, int nr)
{
	return READ_ONCE(kobj_to_channel(kobj)->ring_sysfs_visible) ? attr->attr.mode : 0;
}

static const struct attribute_group channel_ring_group = {
	.bin_attrs = channel_ring_attrs,
	.is_bin_visible = channel_ring_visible,
};

static int ring_show(struct vmbus_channel *channel, bool show)
{
	struct vmbus_chan *chan = to_chan(channel);
	int ret = 0;

	WRITE_ONCE(channel->ring_sysfs_visible, show);
	/* A channel not yet in sysfs gets the file with all others. */
	smp_mb();
	if (test_bit(CHAN_KOBJ_ADDED, &chan->flags))
		ret = sysfs_update_group(&channel->kobj, &channel_ring_group);
	return ret;
}

/**
 * hv_create_ring_sysfs - let user space map a channel's ring
 * @channel: open channel
 * @mmap: does it
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hv_create_ring_sysfs(struct vmbus_channel *channel,
			 int (*mmap)(struct vmbus_channel *channel, struct hv_ring_area *area))
{
	channel->hv_ring_mapper = mmap;
	return ring_show(channel, true);
}

/**
 * hv_remove_ring_sysfs - undo hv_create_ring_sysfs()
 * @channel: the channel
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int hv_remove_ring_sysfs(struct vmbus_channel *channel)
{
	int ret = ring_show(channel, false);

	channel->hv_ring_mapper = NULL;
	return ret;
}
#endif

static const struct attribute_group *channel_groups[] = {
	&channel_group,
	&channel_monitor_group,
#ifdef HV_HAVE_RING_SYSFS
	&channel_ring_group,
#endif
	NULL
};

static ssize_t channel_attr_show(struct kobject *kobj, struct attribute *attr,
				 char *buf)
{
	struct channel_attribute *a =
		container_of(attr, struct channel_attribute, attr);

	return a->show(kobj_to_channel(kobj), buf);
}

static ssize_t channel_attr_store(struct kobject *kobj, struct attribute *attr,
				  const char *buf, size_t count)
{
	struct channel_attribute *a =
		container_of(attr, struct channel_attribute, attr);

	return a->store ? a->store(kobj_to_channel(kobj), buf, count) : -EIO;
}

static const struct sysfs_ops channel_sysfs_ops = {
	.show = channel_attr_show,
	.store = channel_attr_store,
};

static void channel_release(struct kobject *kobj)
{
	chan_free(to_chan(kobj_to_channel(kobj)));
}

struct kobj_type vmbus_chan_ktype = {
	.sysfs_ops = &channel_sysfs_ops,
	.release = channel_release,
};

/**
 * sysfs_add_channel - show a channel under its device
 * @dev: the device, registered
 * @ch: its channel or one of its sub-channels
 *
 * Context: process.
 * Return: 0 or a negative errno; the channel works without as well.
 */
int sysfs_add_channel(struct hv_device *dev, struct vmbus_channel *ch)
{
	int ret;

	/* without the folder it would show at the top of sysfs */
	if (!dev->channels_kset)
		return -ENOENT;
	ch->kobj.kset = dev->channels_kset;
	ret = kobject_add(&ch->kobj, NULL, "%u", chan_relid(ch));
	if (ret)
		return ret;
	ret = sysfs_create_groups(&ch->kobj, channel_groups);
	if (ret) {
		kobject_del(&ch->kobj);
		return ret;
	}
	set_bit(CHAN_KOBJ_ADDED, &to_chan(ch)->flags);
	kobject_uevent(&ch->kobj, KOBJ_ADD);
	return 0;
}

/**
 * sysfs_rename_channel - follow a channel's number, which is its name
 * @ch: a primary channel, shown or not, that the host offered again after a pause
 *
 * Under its old name it would be in the way of a sub-channel that gets the old number.
 *
 * Context: process.
 */
void sysfs_rename_channel(struct vmbus_channel *ch)
{
	char name[12];

	if (!test_bit(CHAN_KOBJ_ADDED, &to_chan(ch)->flags))
		return;
	snprintf(name, sizeof(name), "%u", chan_relid(ch));
	if (strcmp(name, kobject_name(&ch->kobj)) && kobject_rename(&ch->kobj, name))
		pr_notice("channel %u: in sysfs under its old number\n", chan_relid(ch));
}

/**
 * sysfs_remove_channel - undo sysfs_add_channel()
 * @ch: a channel, shown or not
 *
 * Waits for readers and writers of its attributes.
 *
 * Context: process, without locks that an attribute takes.
 */
void sysfs_remove_channel(struct vmbus_channel *ch)
{
	if (!test_and_clear_bit(CHAN_KOBJ_ADDED, &to_chan(ch)->flags))
		return;
	sysfs_remove_groups(&ch->kobj, channel_groups);
	kobject_del(&ch->kobj);
}
