/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of the host (UTF-16LE) and of daemons (UTF-8).  Pure. */
#ifndef _HVU_TEXT_H
#define _HVU_TEXT_H

#include <linux/types.h>

int text_from_host(const u8 *in, u32 size, u8 *out, u32 room);
u32 text_fit_from_host(const u8 *in, u32 size, u8 *out, u32 room);
u32 text_fit_to_host(const u8 *in, u32 size, u8 *out, u32 room);

#endif
