/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest memory list (GPADL) as the control messages that announce it. Pure.
 */
#ifndef _HV_GPADL_PACK_H
#define _HV_GPADL_PACK_H

#include <linux/types.h>

/* Payload of one control message, and what fits into it. */
#define GPADL_MSG_MAX		240
#define GPADL_HEADER_FRAMES	26
#define GPADL_BODY_FRAMES	28
/* The header counts the bytes of the range, 8 + 8 per frame, in 16 bits. */
#define GPADL_MAX_FRAMES	8190

int gpadl_pack_header(void *buf, u32 relid, u32 gpadl, u32 bytes, u32 offset,
		      const u64 *pfns, u32 npfns, u32 *used);
int gpadl_pack_body(void *buf, u32 seq, u32 gpadl, const u64 *pfns, u32 npfns,
		    u32 *used);

#endif
