// SPDX-License-Identifier: GPL-2.0-only
/*
 * synic.c - each processor's synthetic registers, and its interrupt.
 *
 * Hvroot has a socket for each processor. User Mode Linux hears of all descriptors on its first
 * processor, which hands on to the others what is theirs, as an interrupt between processors.
 */
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <asm/mshyperv.h>
#include <irq_kern.h>
#include <os.h>
#include "glue.h"
#include "process_wire.h"

#define SINT_VMBUS	2

/* The registers' names changed together with their accessors'. */
#ifdef HV_MSR_EOM
#define REG(name)	HV_MSR_##name
#else
#define REG(name)	HV_REGISTER_##name
#endif

struct vp {
	/* only its own processor touches these */
	u64 scontrol, simp, siefp, sint[HV_SYNIC_SINT_COUNT];
	/* set before its interrupt is there */
	unsigned int cpu;
	int irq, fd;
	call_single_data_t call;
};

static DEFINE_PER_CPU(struct vp, vps);
static void (*vmbus_handler)(void);

/* ---- registers ---- */

static u64 *reg_of(struct vp *vp, unsigned int reg)
{
	switch (reg) {
	case REG(SCONTROL):
		return &vp->scontrol;
	case REG(SIMP):
		return &vp->simp;
	case REG(SIEFP):
		return &vp->siefp;
	case REG(SINT0) ... REG(SINT0) + HV_SYNIC_SINT_COUNT - 1:
		return &vp->sint[reg - REG(SINT0)];
	default:
		return NULL;
	}
}

u64 hv_get_register(unsigned int reg)
{
	u64 *value = reg_of(raw_cpu_ptr(&vps), reg);

	return value ? *value : 0;
}
EXPORT_SYMBOL_GPL(hv_get_register);

void hv_set_register(unsigned int reg, u64 value)
{
	struct vp *vp = raw_cpu_ptr(&vps);
	u64 *to = reg_of(vp, reg);

	if (reg == REG(EOM))
		glue_tell(PROCESS_EOM, 0, 0, 0);
	if (!to)
		return;
	*to = value;
	if (reg < REG(SINT0))
		glue_ask(PROCESS_SYNIC, vp->scontrol, vp->siefp, vp->simp);
}
EXPORT_SYMBOL_GPL(hv_set_register);

/* ---- interrupts ---- */

/* On its own processor, with interrupts off. */
static void look(void *data)
{
	struct vp *vp = data;
	void (*handler)(void) = READ_ONCE(vmbus_handler);
	union hv_synic_sint s = { .as_uint64 = vp->sint[SINT_VMBUS] };

	if (handler && !s.masked)
		handler();
}

/* On whatever processor hears of descriptors. One that was handed on and has not been looked at stands for this too. */
static irqreturn_t on_irq(int n, void *dev)
{
	struct vp *vp = dev;
	char drop[256];

	while (os_read_file(vp->fd, drop, sizeof(drop)) == sizeof(drop))
		;
	if (vp->cpu == smp_processor_id())
		look(vp);
	else
		smp_call_function_single_async(vp->cpu, &vp->call);
	return IRQ_HANDLED;
}

void hv_setup_vmbus_handler(void (*handler)(void))
{
	WRITE_ONCE(vmbus_handler, handler);
}
EXPORT_SYMBOL_GPL(hv_setup_vmbus_handler);

static void nothing(void *unused)
{
}

void hv_remove_vmbus_handler(void)
{
	unsigned int cpu;

	WRITE_ONCE(vmbus_handler, NULL);
	for_each_possible_cpu(cpu)
		synchronize_irq(per_cpu_ptr(&vps, cpu)->irq);
	/* what was handed on comes before this */
	on_each_cpu(nothing, NULL, true);
}
EXPORT_SYMBOL_GPL(hv_remove_vmbus_handler);

/**
 * glue_synic_stop() - the reverse of glue_synic_start()
 */
void glue_synic_stop(void)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct vp *vp = per_cpu_ptr(&vps, cpu);

		if (vp->irq > 0)
			um_free_irq(vp->irq, vp);
		vp->irq = 0;
	}
	on_each_cpu(nothing, NULL, true);
}

/**
 * glue_synic_start() - an interrupt for each processor
 * @fd: of the first processor; the others' follow
 *
 * Return: 0 or a negative errno.
 */
int glue_synic_start(int fd)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) {
		struct vp *vp = per_cpu_ptr(&vps, cpu);

		vp->cpu = cpu;
		vp->fd = fd + cpu;
		INIT_CSD(&vp->call, look, vp);
		vp->irq = um_request_irq(UM_IRQ_ALLOC, vp->fd, IRQ_READ, on_irq, 0, "hyperv", vp);
		if (vp->irq < 0) {
			int ret = vp->irq;

			glue_synic_stop();
			return ret;
		}
	}
	return 0;
}
