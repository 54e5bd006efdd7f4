// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ids that the user gives a driver at run time, through the driver's attributes
 * new_id and remove_id.
 *
 * A driver's dynids.lock protects its list.
 */
#include <linux/device.h>
#include <linux/slab.h>
#include "vmbus_priv.h"

struct dynid {
	struct list_head entry;
	struct hv_vmbus_device_id id;
};

static struct dynid *find_locked(struct hv_driver *drv, const guid_t *guid)
{
	struct dynid *d;

	list_for_each_entry(d, &drv->dynids.list, entry) {
		if (guid_equal(&d->id.guid, guid))
			return d;
	}
	return NULL;
}

/**
 * dynid_find() - an id of a class that the user added
 * @drv: registered driver
 * @guid: class
 *
 * Return: the id; it stays until it is removed or the driver unregistered.
 */
const struct hv_vmbus_device_id *dynid_find(struct hv_driver *drv, const guid_t *guid)
{
	struct dynid *d;

	spin_lock(&drv->dynids.lock);
	d = find_locked(drv, guid);
	spin_unlock(&drv->dynids.lock);
	return d ? &d->id : NULL;
}

void dynid_free_all(struct hv_driver *drv)
{
	struct dynid *d, *next;

	list_for_each_entry_safe(d, next, &drv->dynids.list, entry) {
		list_del(&d->entry);
		kfree(d);
	}
}

static ssize_t new_id_store(struct device_driver *driver, const char *buf, size_t count)
{
	struct hv_driver *drv = hv_driver_of(driver);
	struct dynid *d;
	int ret;

	d = kzalloc(sizeof(*d), GFP_KERNEL);
	if (!d)
		return -ENOMEM;
	ret = guid_parse(buf, &d->id.guid);
	if (ret)
		goto free;

	ret = -EEXIST;
	spin_lock(&drv->dynids.lock);
	if (!find_locked(drv, &d->id.guid)) {
		list_add_tail(&d->entry, &drv->dynids.list);
		ret = 0;
	}
	spin_unlock(&drv->dynids.lock);
	if (ret)
		goto free;
	ret = driver_attach(driver);
	return ret ?: count;

free:
	kfree(d);
	return ret;
}
static DRIVER_ATTR_WO(new_id);

static ssize_t remove_id_store(struct device_driver *driver, const char *buf, size_t count)
{
	struct hv_driver *drv = hv_driver_of(driver);
	struct dynid *d;
	guid_t guid;
	int ret = guid_parse(buf, &guid);

	if (ret)
		return ret;
	spin_lock(&drv->dynids.lock);
	d = find_locked(drv, &guid);
	if (d)
		list_del(&d->entry);
	spin_unlock(&drv->dynids.lock);
	kfree(d);
	return d ? count : -ENODEV;
}
static DRIVER_ATTR_WO(remove_id);

static struct attribute *driver_attrs[] = {
	&driver_attr_new_id.attr,
	&driver_attr_remove_id.attr,
	NULL,
};

static const struct attribute_group driver_group = { .attrs = driver_attrs };

const struct attribute_group *vmbus_drv_groups[] = { &driver_group, NULL };
