// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmrun_mend.c - for the outer kernel under QEMU's software emulation: what
 * its VMRUN gets wrong (seen with 7.2).
 *
 * 1. The vector of an interrupt that VMRUN injects stays in the CPU's
 * exception_index. Should the CPU return to QEMU's main loop before its next
 * exit or exception, as it does for each timer that expires, the vector is
 * delivered again, wherever the guest is then and whether or not it takes
 * interrupts. Between SWAPGS and SYSRET that is the guest's end.
 *
 * An interrupt of the outer kernel's own that is pending at VMRUN prevents it:
 * the guest exits right after the injection, which clears the vector.
 *
 * 2. VMRUN forgets the interrupt shadow of the VMCB. A guest that exits between
 * STI and HLT gets its interrupt before the HLT, goes to sleep with what
 * the interrupt brought still to be done, and does it at the next interrupt,
 * which an idle processor may not see for minutes.
 *
 * Such a guest goes back to its STI, where the emulated CPU knows of the shadow.
 */
#include <linux/irq_work.h>
#include <linux/kprobes.h>
#include <linux/kvm_host.h>
#include <linux/module.h>
#include <linux/percpu.h>

#define STI_BYTES	1

struct injection {
	struct irq_work work;	/* its interrupt is all that is wanted of it */
	bool fresh;
};

static u32 (*get_shadow)(struct kvm_vcpu *vcpu);

static ulong shadows;
module_param(shadows, ulong, 0444);
MODULE_PARM_DESC(shadows, "how often a guest went back to its STI");

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

/*
 * In a 64-bit kernel with interrupts on, which is the upper half of the
 * addresses, a shadow is that of STI. What is injected belongs to the
 * instruction after it.
 */
static bool after_sti(struct kvm_vcpu *vcpu)
{
	const struct kvm_vcpu_arch *arch = &vcpu->arch;

	return get_shadow(vcpu) && (long)arch->regs[VCPU_REGS_RIP] < 0 &&
	       (kvm_get_rflags(vcpu) & X86_EFLAGS_IF) &&
	       !arch->exception.injected && !arch->interrupt.injected && !arch->nmi_injected;
}

/* Interrupts are off from here to VMRUN, which takes RIP from the vCPU's registers. */
static int before_run(struct kprobe *p, struct pt_regs *regs)
{
	struct kvm_vcpu *vcpu = (struct kvm_vcpu *)regs->di;

	if (after_sti(vcpu)) {
		vcpu->arch.regs[VCPU_REGS_RIP] -= STI_BYTES;
		kvm_set_rflags(vcpu, kvm_get_rflags(vcpu) & ~X86_EFLAGS_IF);
		shadows++;
	}
	if (this_cpu_read(injection.fresh)) {
		this_cpu_write(injection.fresh, false);
		irq_work_queue(this_cpu_ptr(&injection.work));
	}
	return 0;
}

static struct kprobe inject = { .symbol_name = "svm_inject_irq", .pre_handler = before_inject };
static struct kprobe run = { .symbol_name = "svm_vcpu_run", .pre_handler = before_run };
static struct kprobe *probes[] = { &inject, &run };

/* KVM has no exported function that asks for the shadow. */
static int __init find_get_shadow(void)
{
	struct kprobe p = { .symbol_name = "svm_get_interrupt_shadow" };
	int ret = register_kprobe(&p);

	if (ret)
		return ret;
	get_shadow = (void *)p.addr;
	unregister_kprobe(&p);
	return 0;
}

static int __init vmrun_mend_init(void)
{
	int cpu, ret = find_get_shadow();

	if (ret)
		return ret;
	for_each_possible_cpu(cpu)
		per_cpu(injection.work, cpu) = IRQ_WORK_INIT_HARD(nothing);
	return register_kprobes(probes, ARRAY_SIZE(probes));
}

static void __exit vmrun_mend_exit(void)
{
	unregister_kprobes(probes, ARRAY_SIZE(probes));
}

module_init(vmrun_mend_init);
module_exit(vmrun_mend_exit);
MODULE_DESCRIPTION("Mends what VMRUN gets wrong under QEMU's software emulation");
MODULE_LICENSE("GPL");
