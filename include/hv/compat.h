/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place where kernels differ.  Tests are on what a header defines,
 * or on HV_HAVE_* from a test compile (include/hv/probes.mk), never on a
 * version number: stable trees carry changes back.
 */
#ifndef _HV_COMPAT_H
#define _HV_COMPAT_H

#include <linux/types.h>
#include <asm/mshyperv.h>

/* Synthetic MSRs: renamed together with their accessors. */
#ifdef HV_MSR_EOM
#define hv_msr_get(name)	hv_get_msr(HV_MSR_##name)
#define hv_msr_set(name, v)	hv_set_msr(HV_MSR_##name, v)
#define HV_MSR_SINT_BASE	HV_MSR_SINT0
#define hv_sint_get(n)		hv_get_msr(HV_MSR_SINT0 + (n))
#define hv_sint_set(n, v)	hv_set_msr(HV_MSR_SINT0 + (n), v)
#else
#define hv_msr_get(name)	hv_get_register(HV_REGISTER_##name)
#define hv_msr_set(name, v)	hv_set_register(HV_REGISTER_##name, v)
#define hv_sint_get(n)		hv_get_register(HV_REGISTER_SINT0 + (n))
#define hv_sint_set(n, v)	hv_set_register(HV_REGISTER_SINT0 + (n), v)
#endif

/* A variable that became a function. */
#ifdef HV_HAVE_ROOT_FUNCTION
#define hv_is_root()	hv_root_partition()
#else
#define hv_is_root()	hv_root_partition
#endif

#endif
