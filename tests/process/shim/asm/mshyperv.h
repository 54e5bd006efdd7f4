/* SPDX-License-Identifier: GPL-2.0-only */
/* In place of x86's: the hypervisor is another process (glue/glue.c). */
#ifndef _HVGLUE_MSHYPERV_H
#define _HVGLUE_MSHYPERV_H

#include <linux/types.h>
#include <asm/hyperv-tlfs.h>
#include <asm/irq_vectors.h>	/* of x86's own headers, interrupt.h has it already */

u64 hv_get_register(unsigned int reg);
void hv_set_register(unsigned int reg, u64 value);
/* what newer kernels call them */
#define hv_get_msr(reg)		hv_get_register(reg)
#define hv_set_msr(reg, value)	hv_set_register(reg, value)

#include <asm-generic/mshyperv.h>

#endif
