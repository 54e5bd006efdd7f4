/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: the fields of a VLAN tag (IEEE 802.1Q). */
#include <linux/types.h>

#define VLAN_PRIO_SHIFT		13
#define VLAN_CFI_MASK		0x1000
#define VLAN_VID_MASK		0x0fff
