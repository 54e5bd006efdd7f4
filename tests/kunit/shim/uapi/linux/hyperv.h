/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's interface to programs, which user space has as it is. */
#ifndef _SHIM_UAPI_HYPERV_H
#define _SHIM_UAPI_HYPERV_H

#include <linux/types.h>
#include "/usr/include/linux/hyperv.h"

#endif
