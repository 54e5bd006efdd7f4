// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI device that stands for the bus: parent of all VMBus devices, and
 * where the memory windows come from.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/module.h>
#include "vmbus_priv.h"

static int platform_add(struct acpi_device *adev)
{
	struct vmbus *bus = &vmbus_bus;
	int ret;

	if (bus->acpi)
		return -EBUSY;
	ret = mmio_start(adev);
	if (ret) {
		dev_err(&adev->dev, "cannot take the memory windows: error %d\n", ret);
		return ret;
	}
	bus->acpi = adev;
	bus->dev = &adev->dev;
	return 0;
}

static void platform_remove(struct acpi_device *adev)
{
	struct vmbus *bus = &vmbus_bus;

	if (bus->acpi != adev)
		return;
	mmio_stop();
	bus->acpi = NULL;
	bus->dev = NULL;
}

HV_ACPI_REMOVE(platform_remove)

static const struct acpi_device_id platform_ids[] = {
	{ "VMBUS" },
	{ "VMBus" },
	{ }
};
MODULE_DEVICE_TABLE(acpi, platform_ids);

static struct acpi_driver platform_driver = {
	.name = "vmbus",
	.ids = platform_ids,
	.ops = {
		.add	= platform_add,
		.remove	= HV_ACPI_REMOVE_FN(platform_remove),
	},
	.drv = {
		.pm		= &vmbus_parent_pm,
		/* The bus cannot lose its parent but by being unloaded. */
		.suppress_bind_attrs = true,
	},
};

/**
 * platform_start() - find and bind the ACPI device
 * @bus: gets its device
 *
 * The firmware's device is there before any module loads, and binding is
 * synchronous, so there is nothing to wait for.
 * Return: 0; -ENODEV if the firmware has no such device; else an errno.
 */
int platform_start(struct vmbus *bus)
{
	int ret = acpi_bus_register_driver(&platform_driver);

	if (ret)
		return ret;
	if (bus->acpi)
		return 0;
	pr_err("the firmware describes no VMBus (no ACPI device VMBUS)\n");
	acpi_bus_unregister_driver(&platform_driver);
	return -ENODEV;
}

void platform_stop(struct vmbus *bus)
{
	acpi_bus_unregister_driver(&platform_driver);
}
