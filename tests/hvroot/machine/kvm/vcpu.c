// SPDX-License-Identifier: GPL-2.0-only
/*
 * vcpu.c - virtual processors: creation, the run loop, exits, parking.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "control/counters.h"
#include "loop/log.h"
#include "machine/kvm/iobus.h"
#include "machine/kvm/kvm.h"

#define KICK_SIGNAL		SIGUSR1
#define MSR_MTRR_DEF_TYPE	0x2ff
#define MTRR_ON_WRITEBACK	0xc06
#define HV_MSR_CRASH_P0		0x40000100
#define HV_MSR_CRASH_CTL	0x40000105
#define HV_CRASH_NOTIFY		(1ull << 63)
#define APIC_LVT_LINT0		0x350
#define APIC_LVT_LINT1		0x360
#define APIC_LVT_EXTINT		0x700
#define APIC_LVT_NMI		0x400

static struct counter exits_io = { .name = "exits.io" };
static struct counter exits_mmio = { .name = "exits.mmio" };
static struct counter exits_synic = { .name = "exits.synic_msr" };
static struct counter exits_hcall = { .name = "exits.hypercall" };
static struct counter exits_other = { .name = "exits.other" };

static void on_kick(int sig)
{

}

void vcpu_signal_init(void)
{
	struct sigaction sa = { .sa_handler = on_kick };

	sigaction(KICK_SIGNAL, &sa, NULL);
	counter_register(&exits_io);
	counter_register(&exits_mmio);
	counter_register(&exits_synic);
	counter_register(&exits_hcall);
	counter_register(&exits_other);
}

int vcpu_set_msr(struct vcpu *v, uint32_t msr, uint64_t value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry e;
	} m = { .head.nmsrs = 1, .e = { .index = msr, .data = value } };

	return ioctl(v->fd, KVM_SET_MSRS, &m) == 1 ? 0 : -1;
}

int vcpu_get_msr(struct vcpu *v, uint32_t msr, uint64_t *value)
{
	struct {
		struct kvm_msrs head;
		struct kvm_msr_entry e;
	} m = { .head.nmsrs = 1, .e = { .index = msr } };

	if (ioctl(v->fd, KVM_GET_MSRS, &m) != 1)
		return -1;
	*value = m.e.data;
	return 0;
}

/* As firmware leaves it: LINT0 takes the PIC, LINT1 the NMI. */
static void lapic_virtual_wire(struct vcpu *v)
{
	struct kvm_lapic_state s;
	uint32_t *lint0 = (uint32_t *)(s.regs + APIC_LVT_LINT0);
	uint32_t *lint1 = (uint32_t *)(s.regs + APIC_LVT_LINT1);

	if (ioctl(v->fd, KVM_GET_LAPIC, &s) < 0)
		return;
	*lint0 = APIC_LVT_EXTINT;
	*lint1 = APIC_LVT_NMI;
	ioctl(v->fd, KVM_SET_LAPIC, &s);
}

static int enable_hyperv(struct vcpu *v)
{
	struct kvm_enable_cap synic = { .cap = KVM_CAP_HYPERV_SYNIC2 };
	struct kvm_enable_cap enforce = { .cap = KVM_CAP_HYPERV_ENFORCE_CPUID, .args[0] = 1 };

	if (ioctl(v->fd, KVM_ENABLE_CAP, &synic) < 0) {
		log_err("vCPU %u: no SynIC: %s", v->index, strerror(errno));
		return -1;
	}
	if (ioctl(to_kvm(v->vm)->kvm, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_ENFORCE_CPUID) > 0)
		ioctl(v->fd, KVM_ENABLE_CAP, &enforce);
	if (vcpu_set_msr(v, HV_MSR_CRASH_CTL, HV_CRASH_NOTIFY))
		log_err("vCPU %u: no crash registers", v->index);
	return 0;
}

int vcpu_create(struct vm *vm, unsigned int index)
{
	struct kvm_vm *k = to_kvm(vm);
	struct vcpu *v = &k->vcpu[index];

	v->vm = vm;
	v->index = index;
	v->fd = ioctl(k->fd, KVM_CREATE_VCPU, index);
	if (v->fd < 0) {
		log_err("KVM_CREATE_VCPU %u: %s", index, strerror(errno));
		return -1;
	}
	fcntl(v->fd, F_SETFD, FD_CLOEXEC);
	v->run = mmap(NULL, k->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, 0);
	if (v->run == MAP_FAILED) {
		v->run = NULL;
		log_err("vCPU %u: %s", index, strerror(errno));
		return -1;
	}
	v->stats_fd = ioctl(v->fd, KVM_GET_STATS_FD, NULL);
	if (cpuid_set(v) || enable_hyperv(v))
		return -1;
	lapic_virtual_wire(v);
	vcpu_set_msr(v, MSR_MTRR_DEF_TYPE, MTRR_ON_WRITEBACK);
	return 0;
}

void vcpu_destroy(struct vcpu *v)
{
	if (v->run)
		munmap(v->run, to_kvm(v->vm)->run_size);
	if (v->stats_fd >= 0)
		close(v->stats_fd);
	if (v->fd >= 0)
		close(v->fd);
}

static void read_crash(struct vcpu *v)
{
	for (unsigned int i = 0; i < CRASH_WORDS; i++)
		if (vcpu_get_msr(v, HV_MSR_CRASH_P0 + i, &v->vm->crash[i]))
			v->vm->crash[i] = 0;
}

static void system_event(struct vcpu *v)
{
	switch (v->run->system_event.type) {
	case KVM_SYSTEM_EVENT_CRASH:
		read_crash(v);
		machine_event(v->vm, MACHINE_CRASHED);
		break;
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		machine_event(v->vm, MACHINE_OFF);
		break;
	default:
		machine_event(v->vm, MACHINE_RESET);
	}
}

static void hyperv_exit(struct vcpu *v)
{
	struct kvm_hyperv_exit *x = &v->run->hyperv;

	if (x->type == KVM_EXIT_HYPERV_SYNIC) {
		counter_add(&exits_synic, 1);
		synic_set_pages(v->vm, v->index, x->u.synic.control, x->u.synic.evt_page,
				x->u.synic.msg_page);
	} else if (x->type == KVM_EXIT_HYPERV_HCALL) {
		counter_add(&exits_hcall, 1);
		x->u.hcall.result = hcall_call(v->vm, x->u.hcall.input, x->u.hcall.params[0]);
	}
}

static void report_failure(struct vcpu *v)
{
	struct kvm_run *r = v->run;
	struct kvm_regs regs = { 0 };

	ioctl(v->fd, KVM_GET_REGS, &regs);
	log_err("vCPU %u: KVM cannot go on: exit %u, detail %u/%#llx, rip %#llx",
		v->index, r->exit_reason, r->internal.suberror,
		(unsigned long long)r->hw.hardware_exit_reason, (unsigned long long)regs.rip);
	machine_event(v->vm, MACHINE_FAILED);
}

static void handle_exit(struct vcpu *v)
{
	struct kvm_run *r = v->run;

	switch (r->exit_reason) {
	case KVM_EXIT_IO:
		counter_add(&exits_io, 1);
		iobus_io(r->io.port, r->io.direction == KVM_EXIT_IO_OUT, r->io.size,
			 r->io.count, (uint8_t *)r + r->io.data_offset);
		break;
	case KVM_EXIT_MMIO:
		counter_add(&exits_mmio, 1);
		if (!r->mmio.is_write)
			memset(r->mmio.data, 0xff, sizeof(r->mmio.data));
		if (trace_verbose())
			trace("MMIO", "vp %u %s %#llx", v->index, r->mmio.is_write ? "write" : "read",
			      (unsigned long long)r->mmio.phys_addr);
		break;
	case KVM_EXIT_HYPERV:
		hyperv_exit(v);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		system_event(v);
		break;
	case KVM_EXIT_SHUTDOWN:
		machine_event(v->vm, MACHINE_TRIPLE_FAULT);
		break;
	case KVM_EXIT_INTR:
	case KVM_EXIT_IRQ_WINDOW_OPEN:
		counter_add(&exits_other, 1);
		break;
	default:
		report_failure(v);
	}
}

/* Wait at the gate; false: the thread has to end. */
static bool pass_gate(struct vcpu *v)
{
	struct vm *vm = v->vm;
	struct kvm_vm *k = to_kvm(vm);

	if (k->gate == GATE_RUN)
		return true;
	pthread_mutex_lock(&k->lock);
	k->parked++;
	pthread_cond_broadcast(&k->cond);
	while (k->gate == GATE_PARK)
		pthread_cond_wait(&k->cond, &k->lock);
	k->parked--;
	pthread_mutex_unlock(&k->lock);
	return k->gate != GATE_EXIT;
}

static void *vcpu_thread(void *arg)
{
	struct vcpu *v = arg;
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, KICK_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	for (;;) {
		/* Before the gate is read: a kick after that sets it again. */
		__atomic_store_n(&v->run->immediate_exit, 0, __ATOMIC_SEQ_CST);
		if (!pass_gate(v))
			return NULL;
		if (ioctl(v->fd, KVM_RUN, 0) == 0) {
			handle_exit(v);
		} else if (errno != EINTR && errno != EAGAIN) {
			log_err("vCPU %u: KVM_RUN: %s", v->index, strerror(errno));
			machine_event(v->vm, MACHINE_FAILED);
		}
	}
}

int vcpu_start(struct vcpu *v)
{
	if (pthread_create(&v->thread, NULL, vcpu_thread, v)) {
		log_err("vCPU %u: no thread", v->index);
		return -1;
	}
	v->started = true;
	return 0;
}

/* GATE_EXIT is left through GATE_RUN alone: a late machine event cannot undo it. */
static void set_gate(struct vm *vm, enum gate gate)
{
	struct kvm_vm *k = to_kvm(vm);

	pthread_mutex_lock(&k->lock);
	if (k->gate != GATE_EXIT || gate == GATE_RUN)
		k->gate = gate;
	pthread_cond_broadcast(&k->cond);
	pthread_mutex_unlock(&k->lock);
	if (gate == GATE_RUN)
		return;
	for (unsigned int i = 0; k->vcpu && i < vm->cpus; i++) {
		struct vcpu *v = &k->vcpu[i];

		if (!v->started)
			continue;
		__atomic_store_n(&v->run->immediate_exit, 1, __ATOMIC_SEQ_CST);
		pthread_kill(v->thread, KICK_SIGNAL);
	}
}

void vcpus_ask_park(struct vm *vm)
{
	set_gate(vm, GATE_PARK);
}

void vcpus_park(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);
	unsigned int started = 0;

	set_gate(vm, GATE_PARK);
	for (unsigned int i = 0; k->vcpu && i < vm->cpus; i++)
		started += k->vcpu[i].started;
	pthread_mutex_lock(&k->lock);
	while (k->parked < started)
		pthread_cond_wait(&k->cond, &k->lock);
	pthread_mutex_unlock(&k->lock);
}

void vcpus_go(struct vm *vm)
{
	set_gate(vm, GATE_RUN);
}

void vcpus_end(struct vm *vm)
{
	struct kvm_vm *k = to_kvm(vm);

	set_gate(vm, GATE_EXIT);
	for (unsigned int i = 0; k->vcpu && i < vm->cpus; i++) {
		if (k->vcpu[i].started)
			pthread_join(k->vcpu[i].thread, NULL);
		k->vcpu[i].started = false;
	}
}
