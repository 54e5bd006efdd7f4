/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: comparing Ethernet addresses. */
#include <string.h>
#include <linux/types.h>

static inline bool ether_addr_equal_unaligned(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, 6);
}
