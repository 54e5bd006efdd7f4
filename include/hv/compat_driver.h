/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ in what every VMBus driver has; see compat.h.
 */
#ifndef _HV_COMPAT_DRIVER_H
#define _HV_COMPAT_DRIVER_H

#include <linux/hyperv.h>

/* remove() returned an int that nobody looked at, before it returned nothing. */
#define hv_remove_t \
	typeof(((struct hv_driver *)0)->remove((struct hv_device *)0))
#define HV_REMOVED	((hv_remove_t)0)

#endif
