// SPDX-License-Identifier: GPL-2.0-only
/*
 * regs.c - where the processors are, what interrupts them and what does not: for
 * a guest that does not answer any more.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#include "control/control.h"
#include "machine/kvm/uart.h"
#include "machine/kvm/kvm.h"

#define APIC_TPR	0x080
#define APIC_ISR	0x100
#define APIC_IRR	0x200
#define APIC_TIMER	0x320
#define APIC_TIMER_NOW	0x390
#define TIMER_DEADLINE	0x40000
#define MSR_TSC		0x10
#define MSR_DEADLINE	0x6e0
#define MSR_REFERENCE	0x40000020
#define MSR_TSC_PAGE	0x40000021

static uint32_t apic_reg(const struct kvm_lapic_state *s, unsigned int reg)
{
	uint32_t v;

	memcpy(&v, s->regs + reg, sizeof(v));
	return v;
}

/* The vectors of one of the APIC's bit maps, as " 0x30 0xf3". */
static void show_vectors(struct reply *r, const struct kvm_lapic_state *s, const char *name, unsigned int reg)
{
	reply_printf(r, " %s=", name);
	for (unsigned int v = 0; v < 256; v++)
		if (apic_reg(s, reg + v / 32 * 16) >> v % 32 & 1)
			reply_printf(r, "%#x,", v);
}

static void show_timer(struct reply *r, struct vcpu *v, const struct kvm_lapic_state *s)
{
	uint64_t now = 0, deadline = 0, reference = 0;

	vcpu_get_msr(v, MSR_TSC, &now);
	vcpu_get_msr(v, MSR_DEADLINE, &deadline);
	vcpu_get_msr(v, MSR_REFERENCE, &reference);
	reply_printf(r, " tsc=%llu reference=%llu timer=%#x", (unsigned long long)now,
		     (unsigned long long)reference, apic_reg(s, APIC_TIMER));
	if (apic_reg(s, APIC_TIMER) & TIMER_DEADLINE)
		reply_printf(r, " deadline=%llu\n", (unsigned long long)deadline);
	else
		reply_printf(r, " count=%u\n", apic_reg(s, APIC_TIMER_NOW));
}

static void show_vcpu(struct reply *r, struct vcpu *v)
{
	struct kvm_lapic_state apic = { 0 };
	struct kvm_mp_state mp = { 0 };
	struct kvm_regs g = { 0 };

	ioctl(v->fd, KVM_GET_REGS, &g);
	ioctl(v->fd, KVM_GET_MP_STATE, &mp);
	ioctl(v->fd, KVM_GET_LAPIC, &apic);
	reply_printf(r, "vp %u rip=%#llx rsp=%#llx rflags=%#llx rax=%#llx%s tpr=%#x", v->index,
		     g.rip, g.rsp, g.rflags, g.rax, mp.mp_state == KVM_MP_STATE_HALTED ? " halted" : "",
		     apic_reg(&apic, APIC_TPR));
	show_vectors(r, &apic, "requested", APIC_IRR);
	show_vectors(r, &apic, "in_service", APIC_ISR);
	show_timer(r, v, &apic);
}

/* The I/O APIC's pins that are in use: what they lead to, and whether they wait. */
static void show_pins(struct reply *r, struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	struct kvm_irqchip chip = { .chip_id = KVM_IRQCHIP_IOAPIC };

	if (ioctl(k->fd, KVM_GET_IRQCHIP, &chip) < 0)
		return;
	for (unsigned int pin = 0; pin < KVM_IOAPIC_NUM_PINS; pin++)
		if (!chip.chip.ioapic.redirtbl[pin].fields.mask)
			reply_printf(r, "pin %u entry=%#llx%s\n", pin,
				     (unsigned long long)chip.chip.ioapic.redirtbl[pin].bits,
				     chip.chip.ioapic.irr >> pin & 1 ? " requested" : "");
}

/* The reference TSC page: what the guest makes of its TSC, beside the counter itself. */
static void show_clock(struct reply *r, struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	uint64_t at = 0, tsc = 0, reference = 0;
	struct { uint32_t sequence, reserved; uint64_t scale; int64_t offset; } page;
	const void *p;

	vcpu_get_msr(&k->vcpu[0], MSR_TSC_PAGE, &at);
	p = at & 1 ? vm_mem(vm, at & ~0xfffull, sizeof(page)) : NULL;
	if (!p)
		return;
	memcpy(&page, p, sizeof(page));
	vcpu_get_msr(&k->vcpu[0], MSR_TSC, &tsc);
	vcpu_get_msr(&k->vcpu[0], MSR_REFERENCE, &reference);
	reply_printf(r, "clock page sequence=%u says=%llu reference=%llu (100 ns)\n", page.sequence,
		     (unsigned long long)(((unsigned __int128)tsc * page.scale >> 64) + page.offset),
		     (unsigned long long)reference);
}

void regs_show(struct reply *r, struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	for (unsigned int i = 0; i < vm->cpus; i++)
		show_vcpu(r, &k->vcpu[i]);
	show_clock(r, vm);
	show_pins(r, vm);
}
