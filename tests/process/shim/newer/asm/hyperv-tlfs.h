/* SPDX-License-Identifier: GPL-2.0-only */
/* In newer kernels these are types of all machines. */
#ifndef _HVGLUE_HYPERV_TLFS_H
#define _HVGLUE_HYPERV_TLFS_H

#include <hyperv/hvhdk.h>

#endif
