/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * machine.h - what the user asked for, and the seam between the machine (KVM's
 * or a process) and the VMBus server, which knows neither.
 */
#ifndef HVROOT_MACHINE_H
#define HVROOT_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "manner.h"

#define MACHINE_CPUS_MAX	64
#define MACHINE_DISKS_MAX	64
#define MACHINE_NICS_MAX	16
#define MACHINE_ICS_MAX		8

struct machine_ops;
struct vm;

/* --disk SPEC or --ide SPEC: the text after the option, checked by the server. */
struct disk_option {
	bool ide;
	const char *spec;
};

struct machine_options {
	/* the machine */
	const struct machine_ops *machine;
	const char *kernel;
	const char *initrd;
	const char *append;
	const char *console;		/* NULL = stdin/stdout */
	const char *agent;		/* unix socket for ttyS1 */
	const char *control;
	const char *trace;
	const char *record;		/* --record: a session's file */
	const char *replay;
	const char *cpu_mask;		/* "auto", "none", or feature names */
	uint64_t memory;		/* bytes */
	unsigned int cpus;
	unsigned int numa;		/* nodes */
	unsigned int trace_level;
	bool gen1;
	bool auto_eoi;
	struct manners manners;		/* as the machine starts */
	bool no_stimer;			/* no synthetic timers: the guest takes its APIC's */
	bool hibernation;		/* the guest may be told to hibernate */
	bool no_reboot;			/* a reset ends hvroot */
	bool paused;			/* wait for `resume` */
	bool crash_goes_on;		/* do not end after a crash report */

	/* VMBus server */
	struct disk_option disks[MACHINE_DISKS_MAX];
	unsigned int ndisks;
	const char *nics[MACHINE_NICS_MAX];	/* --nic, checked by the server */
	unsigned int nnics;
	unsigned int subchannels;	/* besides the primary, per SCSI controller */
	uint32_t vmbus_version;		/* newest to accept, major << 16 | minor; 0 = all */
	const char *offers;		/* --offers: classes beside disks, NULL = the default */
	const char *ic_specs[MACHINE_ICS_MAX];	/* --ic, checked by the server */
	unsigned int nic_specs;
	const char *io;			/* --io: disk backend, NULL = the default */
};

/*
 * The VMBus server (vmbus.c). vmbus_init() is called once, before the guest
 * runs: registers its control commands, opens disks. 0, or -1 after log_err().
 * vmbus_reset() is called when the machine is reset while all processors
 * stand still: it ends every I/O into guest memory, forgets the guest's state
 * and keeps the devices. vmbus_exit() frees everything. Loop thread.
 */
int vmbus_init(struct vm *vm, const struct machine_options *o);
void vmbus_reset(struct vm *vm);
void vmbus_exit(struct vm *vm);

#endif
