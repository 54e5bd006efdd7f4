/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_IDENT_H
#define _STOR_IDENT_H

#include <linux/types.h>

bool stor_ident_same(const u8 *a, u32 a_len, const u8 *b, u32 b_len);
u64 stor_ident_sectors(const u8 *data, u32 len, bool sixteen);

#endif
