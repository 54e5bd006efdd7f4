/* SPDX-License-Identifier: GPL-2.0-only */
/* kvm.h - private to the KVM machine and its firmware. */
#ifndef HVROOT_KVM_H
#define HVROOT_KVM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>

#include "machine/vmm.h"

#define VM_GSI_SINT	24		/* first GSI behind the IOAPIC's pins */

struct sint;

enum gate {
	GATE_RUN,	/* processors run the guest */
	GATE_PARK,	/* they stand still */
	GATE_EXIT,	/* their threads end */
};

struct vcpu {
	struct vm *vm;
	unsigned int index;
	int fd;
	int stats_fd;
	struct kvm_run *run;
	pthread_t thread;
	bool started;
};

struct kvm_vm {
	struct vm vm;		/* first: to_kvm() */
	int kvm;		/* /dev/kvm */
	int fd;			/* the VM; a machine reset makes a new one */
	int delay_fd;		/* takes the writes to port 0x80 */
	size_t run_size;
	uint8_t *fb;		/* frame buffer, mapped when first wanted */
	struct vcpu *vcpu;
	struct sint *sint;	/* one for each processor */

	pthread_mutex_t lock;	/* protects: parked, and waits for gate */
	pthread_cond_t cond;
	_Atomic int gate;
	unsigned int parked;
};

static inline struct kvm_vm *to_kvm(struct vm *vm)
{
	return (struct kvm_vm *)vm;
}

/* vm.c. Functions return 0, or -1 after log_err(). */
int vm_open(struct vm *vm, const struct machine_options *o);
int vm_build(struct vm *vm);		/* a fresh KVM VM with its processors */
void vm_demolish(struct vm *vm);	/* threads end, the KVM VM goes, RAM stays */
void vm_close(struct vm *vm);
int vm_irq(struct vm *vm, unsigned int gsi, bool level);
int kvm_frame_buffer(struct vm *vm, uint64_t gpa, uint64_t size);
uint64_t kvm_reference_time(struct vm *vm);
int kvm_signal_fd(struct vm *vm, uint32_t conn_id, int fd, bool on);

/* sint.c */
int sint_build(struct vm *vm);		/* after the vCPUs are there: routes and irqfds */
void sint_demolish(struct vm *vm);
void kvm_sint_raise(struct vm *vm, unsigned int vp);
void kvm_sint_watch(struct vm *vm, unsigned int vp, bool on);

/* vcpu.c */
int vcpu_create(struct vm *vm, unsigned int index);
void vcpu_destroy(struct vcpu *v);
int vcpu_start(struct vcpu *v);
int vcpu_set_msr(struct vcpu *v, uint32_t msr, uint64_t value);
int vcpu_get_msr(struct vcpu *v, uint32_t msr, uint64_t *value);
void vcpus_park(struct vm *vm);		/* returns when all stand still */
void vcpus_ask_park(struct vm *vm);	/* the same, not waiting; any thread */
void vcpus_go(struct vm *vm);
void vcpus_end(struct vm *vm);		/* threads joined */
void vcpu_signal_init(void);

/* firmware/cpuid.c */
int cpuid_set(struct vcpu *v);
bool cpuid_under_tcg(void);		/* the processor is QEMU's software */
int cpuid_mask_check(const char *names);	/* 0, or -1 after log_err() */

/* firmware/boot.c */
int boot_load(struct vm *vm, uint64_t *rip, uint64_t *rsi);
int boot_cpu(struct vcpu *v, uint64_t rip, uint64_t rsi);

/* firmware/acpi.c: writes the tables below 1 MiB, returns the address of the RSDP, 0 = failed. */
uint64_t acpi_build(struct vm *vm);

/* regs.c; the processors stand still */
struct reply;
void regs_show(struct reply *r, struct vm *vm);

/* kvmstats.c */
void kvmstats_init(struct vm *vm);
void kvmstats_restart(void);		/* a new KVM VM counts from zero */

/* machine.c */
enum machine_event {
	MACHINE_OFF,
	MACHINE_RESET,
	MACHINE_TRIPLE_FAULT,
	MACHINE_FAILED,
	MACHINE_CRASHED,
};

/* Any thread. All but MACHINE_CRASHED park the processors. */
void machine_event(struct vm *vm, enum machine_event ev);

#endif
