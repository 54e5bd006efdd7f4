// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ACPI device that stands for the bus: parent of all VMBus devices, and
 * where the memory windows come from.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include "irq.h"
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
	ret = irq_find(adev);
	if (ret) {
		mmio_stop();
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
	irq_forget();
	mmio_stop();
	bus->acpi = NULL;
	bus->dev = NULL;
}

static const struct acpi_device_id platform_ids[] = {
	{ "VMBUS" },
	{ "VMBus" },
	{ }
};
MODULE_DEVICE_TABLE(acpi, platform_ids);

#ifdef HV_HAVE_ACPI_DRIVER
HV_ACPI_REMOVE(platform_remove)

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

#define platform_register()	acpi_bus_register_driver(&platform_driver)
#define platform_unregister()	acpi_bus_unregister_driver(&platform_driver)
#else
/* Newer kernels bind drivers to the platform device that stands for the firmware's. */
static int platform_probe(struct platform_device *pdev)
{
	struct acpi_device *adev = ACPI_COMPANION(&pdev->dev);

	return adev ? platform_add(adev) : -ENODEV;
}

static void platform_gone(struct platform_device *pdev)
{
	struct acpi_device *adev = ACPI_COMPANION(&pdev->dev);

	if (adev)
		platform_remove(adev);
}

static struct platform_driver platform_driver = {
	.probe = platform_probe,
	.remove = platform_gone,
	.driver = {
		.name		= "vmbus",
		.acpi_match_table = platform_ids,
		.pm		= &vmbus_parent_pm,
		.suppress_bind_attrs = true,
	},
};

#define platform_register()	platform_driver_register(&platform_driver)
#define platform_unregister()	platform_driver_unregister(&platform_driver)
#endif

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
	int ret = platform_register();

	if (ret)
		return ret;
	if (bus->acpi)
		return 0;
	pr_err("the firmware describes no VMBus (no ACPI device VMBUS)\n");
	platform_unregister();
	return -ENODEV;
}

void platform_stop(struct vmbus *bus)
{
	platform_unregister();
}
