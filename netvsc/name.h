/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: the name that the host's administrator gave the NIC. */
#ifndef _NETVSC_NAME_H
#define _NETVSC_NAME_H

#include <linux/types.h>

u32 nv_friendly_name(const u8 *text, u32 len, char *name, u32 cap);

#endif
