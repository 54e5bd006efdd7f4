/* SPDX-License-Identifier: GPL-2.0-only */
#include <arpa/inet.h>
#include <linux/string.h>
#include <linux/types.h>

#ifndef HV_SHIM_INET
#define HV_SHIM_INET
/* Of the kernel's only what is asked for: the whole text is one address. */
static inline int hv_shim_pton(int family, const char *src, u8 *dst)
{
	return inet_pton(family, src, dst) == 1;
}

#define in4_pton(src, len, dst, delim, end)	hv_shim_pton(AF_INET, src, dst)
#define in6_pton(src, len, dst, delim, end)	hv_shim_pton(AF_INET6, src, dst)
#endif
