/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_SGL_H
#define _STOR_SGL_H

#include <linux/types.h>

struct scatterlist;

int stor_sgl_to_frames(struct scatterlist *sgl, unsigned int nents, u32 len,
		       u64 *frames, unsigned int max, u32 *offset, bool mapped);

#endif
