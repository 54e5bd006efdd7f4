// SPDX-License-Identifier: GPL-2.0-only
/*
 * acpi.c - a firmware with one device, that of VMBus, for a kernel without ACPI.
 *
 * As much of the kernel's ACPI bus as hv_vmbus uses and user space sees: a
 * driver is bound by the device's id, and the device announces itself by a
 * modalias, so that it is hotplug that loads hv_vmbus.
 */
#include <linux/acpi.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <hv/compat.h>
#include "glue.h"

#define HID	"VMBUS"
#define ALIAS	"acpi:" HID ":"

static const struct acpi_driver *driver_of(const struct device_driver *drv)
{
	return container_of(drv, struct acpi_driver, drv);
}

static struct acpi_device *node_of(struct device *dev)
{
	return container_of(dev, struct acpi_device, dev);
}

static int acpi_match(struct device *dev, hv_match_driver_t *drv)
{
	const struct acpi_device_id *id;

	for (id = driver_of(drv)->ids; id->id[0]; id++) {
		if (!strcmp((const char *)id->id, HID))
			return 1;
	}
	return 0;
}

static int acpi_probe(struct device *dev)
{
	return driver_of(dev->driver)->ops.add(node_of(dev));
}

static void acpi_remove(struct device *dev)
{
	driver_of(dev->driver)->ops.remove(node_of(dev));
}

static int acpi_uevent(hv_uevent_device_t *dev, struct kobj_uevent_env *env)
{
	return add_uevent_var(env, "MODALIAS=" ALIAS);
}

static ssize_t modalias_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, ALIAS "\n");
}
static DEVICE_ATTR_RO(modalias);

static ssize_t hid_show(struct device *dev, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, HID "\n");
}
static DEVICE_ATTR_RO(hid);

static struct attribute *acpi_attrs[] = { &dev_attr_modalias.attr, &dev_attr_hid.attr, NULL };
ATTRIBUTE_GROUPS(acpi);

static HV_BUS_TYPE_CONST struct bus_type acpi_bus = {
	.name		= "acpi",
	.match		= acpi_match,
	.probe		= acpi_probe,
	.remove		= acpi_remove,
	.uevent		= acpi_uevent,
	.dev_groups	= acpi_groups,
};

int acpi_bus_register_driver(struct acpi_driver *drv)
{
	drv->drv.name = drv->name;
	drv->drv.bus = &acpi_bus;
	return driver_register(&drv->drv);
}
EXPORT_SYMBOL_GPL(acpi_bus_register_driver);

void acpi_bus_unregister_driver(struct acpi_driver *drv)
{
	driver_unregister(&drv->drv);
}
EXPORT_SYMBOL_GPL(acpi_bus_unregister_driver);

static void node_release(struct device *dev)
{
	kfree(node_of(dev));
}

static struct acpi_device *node;

int glue_acpi_start(void)
{
	int ret = bus_register(&acpi_bus);

	if (ret)
		return ret;
	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node) {
		ret = -ENOMEM;
		goto no_node;
	}
	node->dev.bus = &acpi_bus;
	node->dev.release = node_release;
	dev_set_name(&node->dev, HID ":00");
	ret = device_register(&node->dev);
	if (ret)
		goto no_device;
	return 0;

no_device:
	put_device(&node->dev);
no_node:
	bus_unregister(&acpi_bus);
	return ret;
}

void glue_acpi_stop(void)
{
	device_unregister(&node->dev);
	bus_unregister(&acpi_bus);
}
