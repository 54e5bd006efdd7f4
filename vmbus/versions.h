/* SPDX-License-Identifier: GPL-2.0-only */
/* Choice of an integration service's versions.  Pure. */
#ifndef _VMBUS_VERSIONS_H
#define _VMBUS_VERSIONS_H

#include <linux/types.h>

/**
 * struct version_list - versions, newest first, each major << 16 | minor
 * @v: the versions
 * @count: their number
 */
struct version_list {
	const int *v;
	int count;
};

int versions_answer(void *packet, u32 len, const struct version_list *frameworks,
		    const struct version_list *messages, int *framework, int *message);

#endif
