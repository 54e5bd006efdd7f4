/* SPDX-License-Identifier: GPL-2.0-only */
/* Newer kernels have one set of these types for all machines and choose x86's by its option, which UML has not. */
#ifndef _HVGLUE_HVHDK_H
#define _HVGLUE_HVHDK_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>

#ifdef CONFIG_X86
#include_next <hyperv/hvhdk.h>
#else
#define CONFIG_X86 1
#include_next <hyperv/hvhdk.h>
#undef CONFIG_X86
#endif

#endif
