/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver that a user wants for a device (driver_override in sysfs).  Some
 * kernels keep it for the buses that ask for it; with the others it is ours.
 */
#ifndef _HV_OVERRIDE_H
#define _HV_OVERRIDE_H

#include <linux/hyperv.h>
#include <linux/sysfs.h>

int override_of(struct hv_device *dev, const struct hv_driver *drv);
void override_free(struct hv_device *dev);

#ifdef HV_HAVE_CORE_OVERRIDE
#define OVERRIDE_BY_CORE	.driver_override = true,
#define OVERRIDE_GROUP
#else
extern const struct attribute_group override_group;
#define OVERRIDE_BY_CORE
#define OVERRIDE_GROUP		&override_group,
#endif

#endif
