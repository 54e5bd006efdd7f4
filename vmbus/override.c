// SPDX-License-Identifier: GPL-2.0-only
/*
 * The driver that a user wants for a device, and its attribute in sysfs where
 * the driver core has none for all buses.
 */
#include <linux/device.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include "override.h"

#ifdef HV_HAVE_CORE_OVERRIDE

/**
 * override_of() - does the user want this driver for the device
 * @dev: the device
 * @drv: a driver that might take it
 *
 * Context: from the bus's match() and probe(), with or without the device's lock.
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

/*
 * Protects each device's driver_override: a process writes it while another one binds a driver,
 * which the driver core does with or without the device's lock.
 */
static DEFINE_SPINLOCK(override_lock);

int override_of(struct hv_device *dev, const struct hv_driver *drv)
{
	int wanted = -1;

	spin_lock(&override_lock);
	if (dev->driver_override)
		wanted = !strcmp(dev->driver_override, drv->name);
	spin_unlock(&override_lock);
	return wanted;
}

void override_free(struct hv_device *dev)
{
	kfree(dev->driver_override);	/* nobody else knows of the device */
}

static ssize_t driver_override_show(struct device *device,
				    struct device_attribute *attr, char *buf)
{
	ssize_t len;

	spin_lock(&override_lock);
	len = sysfs_emit(buf, "%s\n", device_to_hv_device(device)->driver_override);
	spin_unlock(&override_lock);
	return len;
}

/* The first line is the driver's name; nothing in it takes the wish back. */
static ssize_t driver_override_store(struct device *device,
				     struct device_attribute *attr,
				     const char *buf, size_t count)
{
	struct hv_device *dev = device_to_hv_device(device);
	size_t len = strcspn(buf, "\n");
	const char *name = NULL;

	/* what can be shown again */
	if (count >= PAGE_SIZE - 1)
		return -EINVAL;
	if (len) {
		name = kstrndup(buf, len, GFP_KERNEL);
		if (!name)
			return -ENOMEM;
	}
	spin_lock(&override_lock);
	swap(dev->driver_override, name);
	spin_unlock(&override_lock);
	kfree(name);
	return count;
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
