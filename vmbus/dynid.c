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
 * dynid_known() - has the user added a class
 * @drv: registered driver
 * @guid: class
 *
 * Return: true if so; it may be removed at once.
 */
bool dynid_known(struct hv_driver *drv, const guid_t *guid)
{
	bool known;

	spin_lock(&drv->dynids.lock);
	known = find_locked(drv, guid);
	spin_unlock(&drv->dynids.lock);
	return known;
}

void dynid_free_all(struct hv_driver *drv)
{
	struct list_head *ids = &drv->dynids.list;

	while (!list_empty(ids)) {
		struct dynid *first = list_first_entry(ids, struct dynid, entry);

		list_del(&first->entry);
		kfree(first);
	}
}

/* Takes over @d if its class is new. */
static bool add(struct hv_driver *drv, struct dynid *d)
{
	bool is_new;

	spin_lock(&drv->dynids.lock);
	is_new = !find_locked(drv, &d->id.guid);
	if (is_new)
		list_add_tail(&d->entry, &drv->dynids.list);
	spin_unlock(&drv->dynids.lock);
	return is_new;
}

static struct dynid *take(struct hv_driver *drv, const guid_t *guid)
{
	struct dynid *d;

	spin_lock(&drv->dynids.lock);
	d = find_locked(drv, guid);
	if (d)
		list_del(&d->entry);
	spin_unlock(&drv->dynids.lock);
	return d;
}

static int learn(struct device_driver *driver, const guid_t *guid)
{
	struct dynid *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	guid_copy(&d->id.guid, guid);
	if (!add(hv_driver_of(driver), d)) {
		kfree(d);
		return -EEXIST;
	}
	return driver_attach(driver);	/* devices that nobody wanted so far */
}

static int unlearn(struct device_driver *driver, const guid_t *guid)
{
	struct dynid *d = take(hv_driver_of(driver), guid);

	kfree(d);
	return d ? 0 : -ENODEV;
}

/* Both attributes are written a class: 36 characters, as lsvmbus prints it. */
#define ID_ATTR(_name, _what)						\
static ssize_t _name##_store(struct device_driver *d, const char *text,	\
			     size_t len)				\
{									\
	guid_t class;							\
	int ret = guid_parse(text, &class);				\
									\
	if (!ret)							\
		ret = _what(d, &class);					\
	return ret ? ret : len;						\
}									\
static DRIVER_ATTR_WO(_name)

ID_ATTR(new_id, learn);
ID_ATTR(remove_id, unlearn);

static struct attribute *driver_attrs[] = {
	&driver_attr_new_id.attr,
	&driver_attr_remove_id.attr,
	NULL,
};

static const struct attribute_group driver_group = { .attrs = driver_attrs };

const struct attribute_group *vmbus_drv_groups[] = { &driver_group, NULL };
