// SPDX-License-Identifier: GPL-2.0-only
/*
 * common.c - what a Hyper-V kernel gives to its own bus and drivers beside what ours ask for.
 *
 * This machine's memory is open to the host, so all that has to do with isolation
 * says no. It is here that tests/process/intree finds it.
 */
#include <linux/export.h>
#include <linux/gfp.h>
#include <linux/vmalloc.h>
#include <asm/mshyperv.h>

u32 hv_max_vp_index;	/* glue.c */
EXPORT_SYMBOL_GPL(hv_max_vp_index);

bool hv_is_isolation_supported(void)
{
	return false;
}
EXPORT_SYMBOL_GPL(hv_is_isolation_supported);

bool hv_isolation_type_snp(void)
{
	return false;
}
EXPORT_SYMBOL_GPL(hv_isolation_type_snp);

/* Newer kernels, which have other names for the registers, do without these. */
#ifndef HV_MSR_EOM

u64 hv_ghcb_hypercall(u64 control, void *input, void *output, u32 input_size)
{
	return HV_STATUS_INVALID_PARAMETER;
}
EXPORT_SYMBOL_GPL(hv_ghcb_hypercall);

void *hv_map_memory(void *addr, unsigned long size)
{
	return NULL;
}
EXPORT_SYMBOL_GPL(hv_map_memory);

void hv_unmap_memory(void *addr)
{
}
EXPORT_SYMBOL_GPL(hv_unmap_memory);

/* This kernel has it for Hyper-V alone, which takes it for memory that an isolated guest shares. */
void *vmap_pfn(unsigned long *pfns, unsigned int count, pgprot_t prot)
{
	return NULL;
}
EXPORT_SYMBOL_GPL(vmap_pfn);

/* A page of the hypervisor's is one of ours. */
void *hv_alloc_hyperv_page(void)
{
	return (void *)__get_free_page(GFP_KERNEL);
}
EXPORT_SYMBOL_GPL(hv_alloc_hyperv_page);

void *hv_alloc_hyperv_zeroed_page(void)
{
	return (void *)get_zeroed_page(GFP_KERNEL);
}
EXPORT_SYMBOL_GPL(hv_alloc_hyperv_zeroed_page);

void hv_free_hyperv_page(void *page)
{
	free_page((unsigned long)page);
}
EXPORT_SYMBOL_GPL(hv_free_hyperv_page);
#endif
