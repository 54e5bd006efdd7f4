// SPDX-License-Identifier: GPL-2.0-only
/*
 * The bus type: which driver fits which device, and the devices themselves.
 * Ids added at run time are in dynid.c, attributes of devices in sysfs.c.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/pci_ids.h>
#include <linux/slab.h>
#include "override.h"
#include "vmbus_priv.h"

/* ---- matching ---- */

/* A driver's table ends with a null GUID; a driver without one takes nothing by itself. */
static const struct hv_vmbus_device_id *id_in_table(const struct hv_vmbus_device_id *table,
						    const guid_t *class)
{
	if (!table)
		return NULL;
	/* the end first: a host may offer a device of the null class */
	for (; !guid_is_null(&table->guid); table++) {
		if (guid_equal(&table->guid, class))
			return table;
	}
	return NULL;
}

/*
 * What a driver finds that is forced on a device, or was told of its class: no class of its
 * own.  What the user added may be removed again while the driver looks at it.
 */
static const struct hv_vmbus_device_id forced_id;

/*
 * The user's override decides first, then the driver's own ids, then those added at run
 * time, which come with no driver_data, as an override does.  A socket's class is a port
 * number, so only the socket driver takes it.
 */
static const struct hv_vmbus_device_id *find_id(hv_match_driver_t *driver, struct hv_device *dev)
{
	struct hv_driver *drv = hv_driver_of(driver);
	const struct hv_vmbus_device_id *id;
	int wanted = override_of(dev, drv);

	if (!wanted)
		return NULL;
	if (is_hvsock_channel(dev->channel))
		return drv->hvsock ? &forced_id : NULL;
	if (drv->hvsock)
		return NULL;
	/* The driver's own entry first: it has what the driver wants to know of the class. */
	id = id_in_table(drv->id_table, &dev->dev_type);
	if (!id && (wanted > 0 || dynid_known(drv, &dev->dev_type)))
		id = &forced_id;
	return id;
}

static int bus_match(struct device *device, hv_match_driver_t *driver)
{
	return !!find_id(driver, device_to_hv_device(device));
}

static int bus_uevent(hv_uevent_device_t *device, struct kobj_uevent_env *env)
{
	const struct hv_device *dev = container_of(device, const struct hv_device, device);

	return add_uevent_var(env, "MODALIAS=vmbus:%*phN", UUID_SIZE, &dev->dev_type);
}

/* ---- driver calls ---- */

static int bus_probe(struct device *device)
{
	struct hv_driver *drv = hv_driver_of(device->driver);
	struct hv_device *dev = device_to_hv_device(device);
	const struct hv_vmbus_device_id *id = find_id(device->driver, dev);
	int ret;

	if (!drv->probe || !id)
		return -ENODEV;
	ret = drv->probe(dev, id);
	if (ret) {
		pr_warn_ratelimited("probe of %s by %s failed: error %d\n", dev_name(device),
				    drv->name, ret);
		/* what it had set is not called any more, as in bus_remove() */
		chan_forget_driver(dev->channel);
	}
	return ret;
}

static void bus_remove(struct device *device)
{
	struct hv_device *dev = device_to_hv_device(device);

	if (device->driver && hv_driver_of(device->driver)->remove)
		hv_driver_of(device->driver)->remove(dev);
	chan_forget_driver(dev->channel);
}

static void bus_shutdown(struct device *device)
{
	struct hv_device *dev = device_to_hv_device(device);

	if (device->driver && hv_driver_of(device->driver)->shutdown)
		hv_driver_of(device->driver)->shutdown(dev);
}

static int bus_dma_configure(struct device *device)
{
	/* x86 is coherent; elsewhere the ACPI node says so for all its children */
	hv_setup_dma_ops(device, IS_ENABLED(CONFIG_X86) ||
			 device_get_dma_attr(vmbus_bus.dev) == DEV_DMA_COHERENT);
	return 0;
}

static ssize_t hibernation_show(HV_BUS_ATTR_CONST struct bus_type *bus, char *buf)
{
	return sysfs_emit(buf, "%d\n", hv_is_hibernation_supported());
}
static BUS_ATTR_RO(hibernation);

static struct attribute *bus_attrs[] = {
	&bus_attr_hibernation.attr,
	NULL,
};
ATTRIBUTE_GROUPS(bus);

HV_BUS_TYPE_CONST struct bus_type hv_bus = {
	.name		= "vmbus",
	.match		= bus_match,
	.uevent		= bus_uevent,
	.probe		= bus_probe,
	.remove		= bus_remove,
	.shutdown	= bus_shutdown,
	.dma_configure	= bus_dma_configure,
	.dev_groups	= vmbus_dev_groups,
	.drv_groups	= vmbus_drv_groups,
	.bus_groups	= bus_groups,
	.pm		= &vmbus_device_pm,
#ifdef HV_HAVE_CORE_OVERRIDE
	.driver_override = true,
#endif
};

/* ---- drivers ---- */

/**
 * __vmbus_driver_register() - register a driver of VMBus devices
 * @drv: the driver, with its name, id table and calls
 * @module: its module
 * @module_name: the module's name
 *
 * Devices that fit are probed before the return, unless the driver wants it
 * otherwise.
 *
 * Context: may sleep.
 * Return: 0; -ENODEV if there is no bus; or an error of driver_register().
 */
int __vmbus_driver_register(struct hv_driver *drv, struct module *module, const char *module_name)
{
	struct device_driver *core = &drv->driver;

	if (!vmbus_bus.dev)
		return -ENODEV;
	INIT_LIST_HEAD(&drv->dynids.list);
	spin_lock_init(&drv->dynids.lock);
	core->bus = &hv_bus;
	core->name = drv->name;
	core->mod_name = module_name;
	core->owner = module;
	return driver_register(core);
}

/**
 * vmbus_driver_unregister() - remove a driver from all its devices, and from the bus
 * @drv: registered driver
 *
 * Context: may sleep.
 */
void vmbus_driver_unregister(struct hv_driver *drv)
{
	driver_unregister(&drv->driver);
	dynid_free_all(drv);
}

/* ---- devices ---- */

static void device_release(struct device *device)
{
	struct hv_device *dev = device_to_hv_device(device);

	chan_put(dev->channel);
	override_free(dev);
	kfree(dev);
}

/**
 * vmbus_device_new() - the device of a primary channel, not yet registered
 * @ch: primary channel
 *
 * Return: device with one reference, holding one of the channel; NULL without
 * memory.
 */
struct hv_device *vmbus_device_new(struct vmbus_channel *ch)
{
	struct hv_device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev)
		return NULL;
	chan_get(ch);
	dev->channel = ch;
	guid_copy(&dev->dev_type, &ch->offermsg.offer.if_type);
	guid_copy(&dev->dev_instance, &ch->offermsg.offer.if_instance);
	dev->vendor_id = PCI_VENDOR_ID_MICROSOFT;
	dev->device_id = ch->device_id;
	dev->device.bus = &hv_bus;
	dev->device.parent = vmbus_bus.dev;
	dev->device.release = device_release;
	dev->device.dma_parms = &dev->dma_parms;
	dev->device.dma_mask = &dev->dma_mask;
	ch->device_obj = dev;
	return dev;
}

/**
 * vmbus_device_add() - register a device
 * @dev: from vmbus_device_new()
 *
 * Its driver, if there is one, is probed; that may wait for the host.
 *
 * Return: 0, or an error after which the device is gone, and the reference that it had of its
 * channel with it; no driver and no user has seen it.
 */
int vmbus_device_add(struct hv_device *dev)
{
	struct vmbus_channel *ch = dev->channel;
	struct vmbus *bus = to_chan(ch)->bus;
	int ret;

	/* The mask first: a driver may be bound before device_register() returns. */
	dma_set_mask(&dev->device, DMA_BIT_MASK(64));
	dev_set_name(&dev->device, "%pUl", &dev->dev_instance);
	ret = device_register(&dev->device);
	if (ret) {
		/* a sub-channel that is being shown looks at both under the lock */
		mutex_lock(&bus->chan_mutex);
		ch->device_obj = NULL;
		mutex_unlock(&bus->chan_mutex);
		put_device(&dev->device);
		return ret;
	}
	debugfs_add_device(dev);
	return 0;
}

/* Attributes take chan_mutex, so it cannot be held while they are removed. */
static void hide_sub_channels(struct vmbus_channel *primary)
{
	struct vmbus_channel *sub = NULL;

	while ((sub = chan_next_sub(primary, sub)))
		sysfs_remove_channel(sub);
}

/*
 * The folder "channels" is there before the device's driver or any user hears of the
 * device, and goes when the driver is gone.
 */
static int bus_notify(struct notifier_block *nb, unsigned long event, void *arg)
{
	struct hv_device *dev = device_to_hv_device(arg);

	switch (event) {
	case BUS_NOTIFY_ADD_DEVICE:
		dev->channels_kset = kset_create_and_add("channels", NULL, &dev->device.kobj);
		if (!dev->channels_kset || sysfs_add_channel(dev, dev->channel))
			dev_notice(&dev->device, "its channels are not in sysfs\n");
		/* In the bus's list, not yet probed: the next in line need not wait for that. */
		chan_listed(dev->channel);
		break;
	case BUS_NOTIFY_REMOVED_DEVICE:
		hide_sub_channels(dev->channel);
		sysfs_remove_channel(dev->channel);
		kset_unregister(dev->channels_kset);
		dev->channels_kset = NULL;
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block bus_notifier = { .notifier_call = bus_notify };

/**
 * vmbus_device_unregister() - take a device away, driver first
 * @device_obj: registered device
 *
 * If the host has rescinded it, its channel's relid is given back.
 *
 * Context: may sleep.
 */
void vmbus_device_unregister(struct hv_device *device_obj)
{
	struct vmbus_channel *ch = device_obj->channel;
	bool registered;

	mutex_lock(&to_chan(ch)->bus->chan_mutex);
	registered = test_and_clear_bit(CHAN_REGISTERED, &to_chan(ch)->flags);
	mutex_unlock(&to_chan(ch)->bus->chan_mutex);
	if (!registered)
		return;
	chan_get(ch);
	debugfs_remove_device(device_obj);
	device_unregister(&device_obj->device);
	ch->device_obj = NULL;
	chan_release(ch);
	chan_put(ch);
}

/**
 * vmbus_hvsock_device_unregister() - the socket driver is through with a channel
 * @channel: rescinded socket channel
 *
 * Context: may sleep.
 */
void vmbus_hvsock_device_unregister(struct vmbus_channel *channel)
{
	if (channel->device_obj)
		vmbus_device_unregister(channel->device_obj);
}

int bus_start(struct vmbus *bus)
{
	int ret = bus_register(&hv_bus);

	if (ret)
		return ret;
	ret = bus_register_notifier(&hv_bus, &bus_notifier);
	if (ret)
		bus_unregister(&hv_bus);
	return ret;
}

void bus_stop(struct vmbus *bus)
{
	bus_unregister_notifier(&hv_bus, &bus_notifier);
	bus_unregister(&hv_bus);
}
