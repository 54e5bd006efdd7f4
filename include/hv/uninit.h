/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables that kernels need not clear; nothing else. */
#ifndef _HV_UNINIT_H
#define _HV_UNINIT_H

/*
 * For large variables on the hot path whose every used byte is written first:
 * kernels that clear the stack need not clear these.
 */
#if __has_attribute(__uninitialized__)
#define HV_UNINITIALIZED	__attribute__((__uninitialized__))
#else
#define HV_UNINITIALIZED
#endif

#endif
