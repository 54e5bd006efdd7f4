/* SPDX-License-Identifier: GPL-2.0-only */
/* Thawing without a daemon. */
#ifndef _HVU_THAW_H
#define _HVU_THAW_H

int thaw_all(void);

#endif
