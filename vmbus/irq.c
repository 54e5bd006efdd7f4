// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hypervisor's interrupt on arm64: a per-CPU interrupt of the GIC, whose number stands in the
 * resources of the ACPI device of VMBus.  Built there only; irq.h has what x86 does.
 *
 * Owns no lock: all is set before the first CPU takes the interrupt and cleared after the last.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/acpi.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include "irq.h"
#include "vmbus_priv.h"

static struct {
	u32 id;			/* of the GIC; 0: the firmware names none */
	u8 trigger;
	u8 polarity;
	unsigned int number;	/* the kernel's; 0: not registered */
	void (*handler)(void);
} irq;

/* The kernel wants one thing for each CPU to tell who asked. */
static DEFINE_PER_CPU(struct vmbus *, irq_owner);

/**
 * irq_vector() - what the synthetic interrupt source is told to raise
 *
 * Return: the number of the GIC (TLFS, "Synthetic Interrupt Sources", the vector).
 */
u32 irq_vector(void)
{
	return irq.id;
}

/** irq_number() - what the kernel knows that interrupt by */
unsigned int irq_number(void)
{
	return irq.number;
}

static irqreturn_t irq_came(int number, void *owner)
{
	irq.handler();
	return IRQ_HANDLED;
}

static acpi_status irq_resource(struct acpi_resource *res, void *unused)
{
	const struct acpi_resource_extended_irq *e = &res->data.extended_irq;

	if (res->type != ACPI_RESOURCE_TYPE_EXTENDED_IRQ || !e->interrupt_count)
		return AE_OK;
	irq.id = e->interrupts[0];
	irq.trigger = e->triggering;
	irq.polarity = e->polarity;
	return AE_CTRL_TERMINATE;
}

/**
 * irq_find() - learn the interrupt from the firmware, and register it
 * @adev: ACPI node of VMBus
 *
 * Return: 0; -ENODEV if the firmware names none; else what the interrupt controller says.
 */
int irq_find(struct acpi_device *adev)
{
	int ret;

	acpi_walk_resources(adev->handle, METHOD_NAME__CRS, irq_resource, NULL);
	if (!irq.id) {
		dev_err(&adev->dev, "the firmware names no interrupt of VMBus\n");
		return -ENODEV;
	}
	ret = acpi_register_gsi(&adev->dev, irq.id, irq.trigger, irq.polarity);
	if (ret <= 0) {
		dev_err(&adev->dev, "cannot take interrupt %u: error %d\n", irq.id, ret);
		irq.id = 0;
		return ret ? ret : -EINVAL;
	}
	irq.number = ret;
	return 0;
}

/** irq_forget() - the reverse of irq_find() */
void irq_forget(void)
{
	if (irq.number)
		acpi_unregister_gsi(irq.id);
	irq.number = 0;
	irq.id = 0;
}

/**
 * irq_start() - have @handler called on each CPU that has called irq_enable_cpu()
 * @handler: in interrupt context
 *
 * Context: process.
 * Return: 0 or a negative errno.
 */
int irq_start(void (*handler)(void))
{
	irq.handler = handler;
	return request_percpu_irq(irq.number, irq_came, "vmbus", &irq_owner);
}

/** irq_stop() - the reverse of irq_start(); all CPUs have called irq_disable_cpu() */
void irq_stop(void)
{
	free_percpu_irq(irq.number, &irq_owner);
}

/**
 * irq_enable_cpu() - the calling CPU takes the interrupt
 *
 * Context: pinned; also with interrupts off.
 */
void irq_enable_cpu(void)
{
	enable_percpu_irq(irq.number, IRQ_TYPE_NONE);
}

/** irq_disable_cpu() - the reverse of irq_enable_cpu() */
void irq_disable_cpu(void)
{
	disable_percpu_irq(irq.number);
}
