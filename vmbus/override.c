// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that a user wants for a device, and its attribute in sysfs where
 * the driver core has none for all buses.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "override.h"

#ifdef HV_HAVE_CORE_OVERRIDE

/**
 * override_of() - does the user want this driver for the device
 * @dev: the device
 * @drv: a driver that might take it
 *
 * Context: from the bus's match(), with the device's lock where the core holds it.
 * Return: 1 if so, 0 if another one is wanted, negative if the user wants none.
 */
int override_of(struct hv_device *dev, const struct hv_driver *drv)
{
	return device_match_driver_override(&dev->device, &drv->driver);
}

/**
 * override_free() - the device goes, and what was wanted for it
 * @dev: the device, in its release
 */
void override_free(struct hv_device *dev)
{
	/* the core's */
}

#else

int override_of(struct hv_device *dev, const struct hv_driver *drv)
{
	if (!dev->driver_override)
		return -1;
	return !strcmp(dev->driver_override, drv->name);
}

void override_free(struct hv_device *dev)
{
	kfree(dev->driver_override);
}

static ssize_t driver_override_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	ssize_t len;

	device_lock(device);
	len = sysfs_emit(buf, "%s\n", device_to_hv_device(device)->driver_override);
	device_unlock(device);
	return len;
}

static ssize_t driver_override_store(struct device *device,
				     struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct hv_device *dev = device_to_hv_device(device);
	int ret = driver_set_override(device, &dev->driver_override, buf, count);

	return ret ?: count;
}
static DEVICE_ATTR_RW(driver_override);

static struct attribute *override_attrs[] = {
	&dev_attr_driver_override.attr,
	NULL
};

const struct attribute_group override_group = {
	.attrs = override_attrs,
};

#endif
