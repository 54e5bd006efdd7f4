/* SPDX-License-Identifier: GPL-2.0-only */
/* The version of all modules, shown by modinfo; in-tree modules have none. */
#ifndef _HV_VERSION_H
#define _HV_VERSION_H

#define HV_MODULES_VERSION	"0.1"

#endif
