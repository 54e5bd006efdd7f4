// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each CPU's synthetic interrupt controller: its message and event pages,
 * the interrupt source of VMBus, and their coming and going with the CPU.
 * What arrives there is intr.c's business.
 *
 * The kernel would have the bus start synthetic timers on hosts that know no direct-mode
 * ones (hv_stimer_legacy_init()): they tick through our message slots, so no CPU could
 * do without this module again. We leave them alone; the local APIC's timer ticks there.
 * Taking them back needs a replacement that clockevents does not always find, and fails
 * without a word.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/slab.h>
#include "irq.h"
#include "vmbus_priv.h"

#define SYNIC_ENABLE	BIT_ULL(0)	/* SCONTROL, SIMP and SIEFP alike */

static u64 page_msr(u64 old, void *page)
{
	/* bits 11:1 belong to the hypervisor */
	return (old & GENMASK_ULL(11, 1)) | virt_to_phys(page) | SYNIC_ENABLE;
}

/* Pages first, then the interrupt source, then the whole: no message finds a half-made CPU. */
static void synic_program(struct vmbus_cpu *vc)
{
	union hv_synic_sint sint = { .as_uint64 = hv_sint_get(VMBUS_SINT) };

	hv_msr_set(SIMP, page_msr(hv_msr_get(SIMP), vc->msg_page));
	hv_msr_set(SIEFP, page_msr(hv_msr_get(SIEFP), vc->event_page));

	sint.vector = irq_vector();
	sint.masked = false;
	sint.polling = false;
	sint.auto_eoi = irq_auto_eoi();
	hv_sint_set(VMBUS_SINT, sint.as_uint64);

	hv_msr_set(SCONTROL, hv_msr_get(SCONTROL) | SYNIC_ENABLE);
}

static void synic_unprogram(void)
{
	union hv_synic_sint sint = { .as_uint64 = hv_sint_get(VMBUS_SINT) };

	sint.masked = true;
	hv_sint_set(VMBUS_SINT, sint.as_uint64);
	hv_msr_set(SIMP, hv_msr_get(SIMP) & GENMASK_ULL(11, 1));
	hv_msr_set(SIEFP, hv_msr_get(SIEFP) & GENMASK_ULL(11, 1));
	hv_msr_set(SCONTROL, hv_msr_get(SCONTROL) & ~SYNIC_ENABLE);
}

/**
 * synic_enable_cpu() - start message and event delivery on the calling CPU
 * @bus: the bus
 * @cpu: the calling CPU
 *
 * Only programs the controller.
 * Context: pinned to @cpu; also with interrupts off (syscore resume).
 */
void synic_enable_cpu(struct vmbus *bus, unsigned int cpu)
{
	irq_enable_cpu();
	synic_program(per_cpu_ptr(bus->cpu, cpu));
}

/**
 * synic_disable_cpu() - the reverse of synic_enable_cpu()
 *
 * Context: as above; also on the crashing CPU.
 */
void synic_disable_cpu(void)
{
	synic_unprogram();
	irq_disable_cpu();
}

static int synic_alloc_cpu(struct vmbus *bus, unsigned int cpu)
{
	struct vmbus_cpu *vc = per_cpu_ptr(bus->cpu, cpu);

	if (vc->bus)
		return 0;
	if (!vc->msg_page)
		vc->msg_page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!vc->event_page)
		vc->event_page = (void *)get_zeroed_page(GFP_KERNEL);
	if (!vc->msg_page || !vc->event_page)
		return -ENOMEM;
	vc->cpu = cpu;
	intr_init_cpu(vc);
	vc->bus = bus;
	return 0;
}

static int synic_cpu_online(unsigned int cpu)
{
	struct vmbus *bus = &vmbus_bus;

	/* a CPU that was plugged in after the module was loaded has no pages yet */
	if (synic_alloc_cpu(bus, cpu))
		return -ENOMEM;
	synic_enable_cpu(bus, cpu);
	return 0;
}

static int synic_cpu_offline(unsigned int cpu)
{
	struct vmbus *bus = &vmbus_bus;
	int ret;

	/* While connected, the host's control messages go to one CPU, and channels own CPUs. */
	if (bus->phase == VMBUS_PHASE_UP && !bus->suspended) {
		if (cpu == VMBUS_CONNECT_CPU)
			return -EBUSY;
		ret = chan_vacate_cpu(bus, cpu);
		if (ret)
			return ret;
	}
	synic_disable_cpu();
	return 0;
}

/**
 * synic_alloc() - pages for every CPU that is there
 * @bus: the bus
 *
 * Return: 0 or -ENOMEM.
 */
int synic_alloc(struct vmbus *bus)
{
	unsigned int cpu;

	bus->cpu = alloc_percpu(struct vmbus_cpu);
	if (!bus->cpu)
		return -ENOMEM;
	for_each_present_cpu(cpu) {
		if (synic_alloc_cpu(bus, cpu)) {
			synic_free(bus);
			return -ENOMEM;
		}
	}
	return 0;
}

void synic_free(struct vmbus *bus)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct vmbus_cpu *vc = per_cpu_ptr(bus->cpu, cpu);

		if (vc->bus)
			intr_exit_cpu(vc);
		free_page((unsigned long)vc->msg_page);
		free_page((unsigned long)vc->event_page);
	}
	free_percpu(bus->cpu);
	bus->cpu = NULL;
}

/**
 * synic_start() - enable every online CPU, and those that come later
 * @bus: the bus
 *
 * Return: 0 or a negative errno.
 */
int synic_start(struct vmbus *bus)
{
	int ret = cpuhp_setup_state(CPUHP_AP_ONLINE_DYN, "hyperv/vmbus:online",
				    synic_cpu_online, synic_cpu_offline);

	if (ret < 0)
		return ret;
	bus->cpuhp_state = ret;
	return 0;
}

void synic_stop(struct vmbus *bus)
{
	if (bus->cpuhp_state > 0)
		cpuhp_remove_state(bus->cpuhp_state);
	bus->cpuhp_state = 0;
}
