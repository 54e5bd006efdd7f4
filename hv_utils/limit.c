// SPDX-License-Identifier: GPL-2.0-only
/*
 * Module parameters in seconds, with bounds.  A value outside is refused with a line that says
 * which there are, and not taken for another one.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/kernel.h>
#include <linux/module.h>
#include "limit.h"

/**
 * hvu_param_refused() - what a parameter's write gives that is not taken
 * @error: why
 *
 * When the module is being loaded, an error would end that, and all services with it: for a
 * mistake in one line of modprobe.d no shutdown and no heartbeat.
 *
 * Context: under the parameters' lock.
 * Return: @error, or 0 while the module is being loaded.
 */
int hvu_param_refused(int error)
{
	return THIS_MODULE->state == MODULE_STATE_LIVE ? error : 0;
}

static int set_limit(const char *text, const struct kernel_param *p)
{
	struct hvu_limit *limit = p->arg;
	unsigned int value;

	if (kstrtouint(text, 0, &value) || value < limit->min || value > limit->max) {
		pr_err("%s: %u to %u seconds, it stays %u\n", p->name, limit->min, limit->max,
		       limit->value);
		return hvu_param_refused(-EINVAL);
	}
	WRITE_ONCE(limit->value, value);
	return 0;
}

static int get_limit(char *to, const struct kernel_param *p)
{
	const struct hvu_limit *limit = p->arg;

	return scnprintf(to, PAGE_SIZE, "%u\n", limit->value);
}

const struct kernel_param_ops hvu_limit_ops = { .set = set_limit, .get = get_limit };
