/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_LIMITS_H
#define _STOR_LIMITS_H

#include <linux/hyperv.h>
#include <linux/types.h>

/* Bytes up to which the page list of a command fits on the stack. */
#define STOR_SMALL_BYTES	(128 * 1024)
#define STOR_SMALL_FRAMES	(STOR_SMALL_BYTES / HV_HYP_PAGE_SIZE + 1)
#define STOR_MAX_TRANSFER	(4 * 1024 * 1024)
#define STOR_MPB_LEN(frames) \
	(sizeof(struct vmbus_packet_mpb_array) + (frames) * sizeof(u64))

#define STOR_MIN_DEPTH		16
#define STOR_MAX_DEPTH		2048

unsigned int stor_depth(u32 ring_size, unsigned int rings);
u32 stor_clamp_transfer(u32 claimed, u32 ring_size, u32 most);

#endif
