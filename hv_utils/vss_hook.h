/* SPDX-License-Identifier: GPL-2.0-only */
/* A program of the administrator's around freezing. */
#ifndef _HVU_VSS_HOOK_H
#define _HVU_VSS_HOOK_H

#include <linux/types.h>

bool vss_hook_wanted(void);
int vss_hook_run(const char *what);

#endif
