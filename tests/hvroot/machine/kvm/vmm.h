/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmm.h - private to the files that know KVM (vm, vcpu, cpuid, synic, hcall,
 * boot, acpi, machine). The VMBus server does not include it.
 */
#ifndef HVROOT_VMM_H
#define HVROOT_VMM_H

#include <linux/kvm.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "machine/vm.h"

/* Guest physical map: RAM, then a hole for devices up to 4 GiB, then RAM. */
#define MEM_HOLE_START	0xc0000000ull
#define MEM_HOLE_END	0x100000000ull
#define MEM_MAX		(56ull << 30)	/* the high window of the DSDT starts there */

#define VM_GSI_SINT	24		/* first GSI behind the IOAPIC's pins */

struct hcall;
struct synic;

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

struct vm {
	const struct machine_options *o;
	int kvm;		/* /dev/kvm */
	int fd;			/* the VM; a machine reset makes a new one */
	int delay_fd;		/* takes the writes to port 0x80 */
	size_t run_size;
	uint8_t *ram;
	uint8_t *fb;		/* frame buffer, mapped when first wanted */
	uint64_t ram_low;	/* bytes below the hole */
	uint64_t ram_high;	/* bytes from 4 GiB on */
	unsigned int cpus;
	struct vcpu *vcpu;
	struct synic *synic;
	struct hcall *hcall;
	uint64_t crash[5];	/* P0 .. P4 of the last report */

	pthread_mutex_t lock;	/* protects: parked, and waits for gate */
	pthread_cond_t cond;
	_Atomic int gate;
	unsigned int parked;
};

/* vm.c. Functions return 0, or -1 after log_err(). */
int vm_open(struct vm *vm, const struct machine_options *o);
int vm_build(struct vm *vm);		/* a fresh KVM VM with its processors */
void vm_demolish(struct vm *vm);	/* threads end, the KVM VM goes, RAM stays */
void vm_close(struct vm *vm);
int vm_irq(struct vm *vm, unsigned int gsi, bool level);

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

/* cpuid.c */
int cpuid_set(struct vcpu *v);
bool cpuid_under_tcg(void);		/* the processor is QEMU's software */
int cpuid_mask_check(const char *names);	/* 0, or -1 after log_err() */

/* boot.c */
int boot_load(struct vm *vm, uint64_t *rip, uint64_t *rsi);
int boot_cpu(struct vcpu *v, uint64_t rip, uint64_t rsi);

/* acpi.c: writes the tables below 1 MiB, returns the address of the RSDP, 0 = failed. */
uint64_t acpi_build(struct vm *vm);

/* synic.c */
int synic_init(struct vm *vm);
int synic_build(struct vm *vm);		/* after the vCPUs are there: routes and irqfds */
void synic_demolish(struct vm *vm);
void synic_exit(struct vm *vm);
void synic_msr_exit(struct vm *vm, unsigned int vp, const struct kvm_hyperv_exit *x);

/* hcall.c */
int hcall_init(struct vm *vm);
void hcall_drop_all(struct vm *vm);	/* queued messages and event connections */
void hcall_exit(struct vm *vm);
void hcall_kvm_exit(struct vm *vm, struct kvm_hyperv_exit *x);

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
