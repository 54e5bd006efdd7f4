// SPDX-License-Identifier: GPL-2.0-only
/*
 * /sys/class/net/NAME/host/: what the host said about itself and agreed to.
 */
#include <linux/rtnetlink.h>
#include <linux/sysfs.h>
#include "netvsc.h"

static ssize_t nv_show(struct device *dev, char *buf,
		       ssize_t (*show)(const struct nv_conn *conn, char *buf))
{
	struct nv *nv = netdev_priv(to_net_dev(dev));
	struct nv_conn *conn;
	ssize_t ret = -ENODEV;

	/* removal waits for readers of these files, with RTNL held */
	if (!rtnl_trylock())
		return restart_syscall();
	conn = nv_conn_rtnl(nv);
	if (conn)
		ret = show(conn, buf);
	rtnl_unlock();
	return ret;
}

/* One file: a format and its values, out of @conn. */
#define NV_FILE(name, fmt, ...)						\
static ssize_t show_##name(const struct nv_conn *conn, char *buf)	\
{									\
	return sysfs_emit(buf, fmt "\n", __VA_ARGS__);			\
}									\
									\
static ssize_t name##_show(struct device *dev, struct device_attribute *attr, \
			   char *buf)					\
{									\
	return nv_show(dev, buf, show_##name);				\
}									\
static DEVICE_ATTR_RO(name)

NV_FILE(nvsp_version, "%u.%u", conn->host.nvsp >> 16, conn->host.nvsp & 0xffff);
NV_FILE(ndis_version, "6.%u", conn->host.ndis_minor);
NV_FILE(capabilities, "%#llx", conn->host.caps);
NV_FILE(max_frame, "%u", conn->host.max_frame);
NV_FILE(filter, "%#x", READ_ONCE(conn->filter));
NV_FILE(packets_per_message, "%u", conn->host.max_packets);
NV_FILE(alignment, "%u", conn->host.align);
NV_FILE(receive_sections, "%u of %u", conn->recv.sec.count, conn->recv.sec.size);
NV_FILE(send_sections, "%u of %u", conn->send.sec.count, conn->send.sec.size);
NV_FILE(queues, "%u of %u", conn->nqueues, conn->host.rss_queues);

static struct attribute *nv_host_attrs[] = {
	&dev_attr_nvsp_version.attr,
	&dev_attr_ndis_version.attr,
	&dev_attr_capabilities.attr,
	&dev_attr_max_frame.attr,
	&dev_attr_filter.attr,
	&dev_attr_packets_per_message.attr,
	&dev_attr_alignment.attr,
	&dev_attr_receive_sections.attr,
	&dev_attr_send_sections.attr,
	&dev_attr_queues.attr,
	NULL
};

const struct attribute_group nv_host_group = {
	.name = "host",
	.attrs = nv_host_attrs,
};
