/* SPDX-License-Identifier: GPL-2.0-only */
/* Module parameters in seconds, with bounds. */
#ifndef _HVU_LIMIT_H
#define _HVU_LIMIT_H

#include <linux/moduleparam.h>

/* Read by anybody, written under the parameters' lock */
struct hvu_limit {
	unsigned int value, min, max;
};

extern const struct kernel_param_ops hvu_limit_ops;	/* the argument is a struct hvu_limit */
int hvu_param_refused(int error);

static inline unsigned int hvu_limit(const struct hvu_limit *limit)
{
	return READ_ONCE(limit->value);
}

#endif
