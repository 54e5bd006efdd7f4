// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmrun_once.c - for the outer kernel under QEMU's software emulation: an
 * interrupt that VMRUN injects is delivered once.
 *
 * QEMU (seen with 7.2) leaves the vector of such an interrupt in the CPU's
 * exception_index. Should the CPU return to QEMU's main loop before its next
 * exit or exception, as it does for each timer that expires, the vector is
 * delivered again, wherever the guest is then and whether or not it takes
 * interrupts. Between SWAPGS and SYSRET that is the guest's end.
 *
 * An interrupt of the outer kernel's own that is pending at VMRUN prevents it:
 * the guest exits right after the injection, which clears the vector.
 */
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/percpu.h>

struct injection {
	struct irq_work work;	/* its interrupt is all that is wanted of it */
	bool fresh;
};

static void nothing(struct irq_work *work)
{
}

static DEFINE_PER_CPU(struct injection, injection);

/* A vCPU that moves to another CPU before its VMRUN leaves a mark here, which costs one exit. */
static int before_inject(struct kprobe *p, struct pt_regs *regs)
{
	this_cpu_write(injection.fresh, true);
	return 0;
}

/* Interrupts are off from here to VMRUN. */
static int before_run(struct kprobe *p, struct pt_regs *regs)
{
	if (this_cpu_read(injection.fresh)) {
		this_cpu_write(injection.fresh, false);
		irq_work_queue(this_cpu_ptr(&injection.work));
	}
	return 0;
}

static struct kprobe inject = { .symbol_name = "svm_inject_irq", .pre_handler = before_inject };
static struct kprobe run = { .symbol_name = "svm_vcpu_run", .pre_handler = before_run };
static struct kprobe *probes[] = { &inject, &run };

static int __init vmrun_once_init(void)
{
	int cpu;

	for_each_possible_cpu(cpu)
		per_cpu(injection.work, cpu) = IRQ_WORK_INIT_HARD(nothing);
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit vmrun_once_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(vmrun_once_init);
module_exit(vmrun_once_exit);
MODULE_DESCRIPTION("An interrupt that VMRUN injects is delivered once under QEMU's software emulation");
MODULE_LICENSE("GPL");
