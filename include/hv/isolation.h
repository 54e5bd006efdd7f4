/* SPDX-License-Identifier: GPL-2.0-only */
/* Isolated (confidential) VMs, which these drivers do not support yet. */
#ifndef _HV_ISOLATION_H
#define _HV_ISOLATION_H

#include <linux/bits.h>
#include <linux/types.h>
#include <asm/mshyperv.h>

#define HV_PRIV_ISOLATED	BIT(22)		/* CPUID leaf 0x40000003 EBX */
#define HV_ISOLATED_KIND	GENMASK(3, 0)	/* leaf 0x4000000C EBX: none, VBS, SNP, TDX */

/* What the user reads then, after the module's name */
#define HV_ISOLATED_LINE							\
	"not loaded: this is an isolated VM, and these drivers cannot share its memory with the host yet\n"

/**
 * hv_isolated() - is the guest's memory hidden from the host
 *
 * Then rings, buffers and pages of requests would have to be shared one by one before
 * the host could use them, and what it writes could not be read as it stands.
 * A module that shares memory must not be loaded.
 *
 * Context: any.
 * Return: true for every kind of isolation, known to this kernel or not.
 */
static inline bool hv_isolated(void)
{
	return ms_hyperv.priv_high & HV_PRIV_ISOLATED &&
	       ms_hyperv.isolation_config_b & HV_ISOLATED_KIND;
}

#endif
