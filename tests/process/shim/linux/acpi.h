/* SPDX-License-Identifier: GPL-2.0-only */
/* A firmware with one device, that of VMBus, and no memory windows (glue/acpi.c). */
#ifndef _HVGLUE_ACPI_H
#define _HVGLUE_ACPI_H

#include_next <linux/acpi.h>

#ifndef CONFIG_ACPI
#include <linux/device.h>
#include <linux/mod_devicetable.h>

struct acpi_device {
	acpi_handle handle;
	struct {
		bool coherent_dma;
		bool cca_seen;
	} flags;
	struct device dev;
};

typedef int (*acpi_op_remove)(struct acpi_device *dev);

struct acpi_device_ops {
	int (*add)(struct acpi_device *dev);
	acpi_op_remove remove;
};

struct acpi_driver {
	char name[80];
	const struct acpi_device_id *ids;
	struct acpi_device_ops ops;
	struct device_driver drv;
};

int acpi_bus_register_driver(struct acpi_driver *drv);
void acpi_bus_unregister_driver(struct acpi_driver *drv);

static inline struct acpi_device *acpi_dev_parent(const struct acpi_device *dev)
{
	return NULL;
}

/* There is nothing to walk, which is no error. */
static inline acpi_status acpi_walk_nothing(acpi_handle handle, char *name, acpi_walk_resource_callback fn, void *context)
{
	return AE_OK;
}

#define acpi_walk_resources				acpi_walk_nothing
#define acpi_dev_resource_interrupt(ares, n, res)	((void)(ares), false)
#define acpi_dev_resource_memory(ares, res)		((void)(ares), false)
#define acpi_dev_resource_address_space(ares, win)	((void)(ares), false)
#define acpi_dev_resource_ext_address_space(ares, win)	((void)(ares), false)
#endif

#endif
