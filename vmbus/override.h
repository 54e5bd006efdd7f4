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

extern const struct attribute_group override_group;	/* not where the core has it */

#endif
