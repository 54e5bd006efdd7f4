/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the hypervisor's interrupt reaches a CPU.  x86 has a vector of its own for it, to which the
 * kernel adds a handler; arm64 has a per-CPU interrupt, which the firmware names (irq.c).
 */
#ifndef _VMBUS_IRQ_H
#define _VMBUS_IRQ_H

#include <linux/types.h>
#include <asm/mshyperv.h>

struct acpi_device;

#ifndef CONFIG_ARM64
#include <asm/irq_vectors.h>

/* What the synthetic interrupt source is told to raise, and what the kernel knows that by. */
static inline u32 irq_vector(void) { return HYPERVISOR_CALLBACK_VECTOR; }
static inline unsigned int irq_number(void) { return HYPERVISOR_CALLBACK_VECTOR; }

/* The hypervisor may acknowledge for the kernel, where it does not advise against that. */
static inline bool irq_auto_eoi(void)
{
	return !(ms_hyperv.hints & HV_DEPRECATING_AEOI_RECOMMENDED);
}

static inline int irq_find(struct acpi_device *adev) { return 0; }
static inline void irq_forget(void) { }

static inline int irq_start(void (*handler)(void))
{
	hv_setup_vmbus_handler(handler);
	return 0;
}

static inline void irq_stop(void)
{
	hv_remove_vmbus_handler();
}

static inline void irq_enable_cpu(void) { }
static inline void irq_disable_cpu(void) { }

#else
u32 irq_vector(void);
unsigned int irq_number(void);
static inline bool irq_auto_eoi(void) { return false; }
int irq_find(struct acpi_device *adev);
void irq_forget(void);
int irq_start(void (*handler)(void));
void irq_stop(void);
void irq_enable_cpu(void);
void irq_disable_cpu(void);
#endif

#endif
