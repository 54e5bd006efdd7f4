/* SPDX-License-Identifier: GPL-2.0-only */
#include <linux/types.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#ifndef HV_SHIM_KSTRTO
#define HV_SHIM_KSTRTO
static inline int kstrtou32(const char *s, unsigned int base, u32 *value)
{
	unsigned long long v;
	char *end;

	if (!isdigit((unsigned char)*s))
		return -EINVAL;
	v = strtoull(s, &end, base);
	if (*end && *end != '\n')
		return -EINVAL;
	if (v > 0xffffffffu)
		return -ERANGE;
	*value = v;
	return 0;
}
#endif
