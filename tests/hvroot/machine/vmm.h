/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmm.h - below the seam: what all machines share, and what each of them is
 * to the shared files (vm, synic, hcall, machine). The VMBus server does not
 * include it.
 */
#ifndef HVROOT_VMM_H
#define HVROOT_VMM_H

#include <stdbool.h>
#include <stdint.h>

#include "machine/machine.h"
#include "machine/vm.h"

/* Guest physical map: RAM, then a hole for devices up to 4 GiB, then RAM. */
#define MEM_HOLE_START	0xc0000000ull
#define MEM_HOLE_END	0x100000000ull
#define MEM_MAX		(56ull << 30)	/* the high window of the DSDT starts there */

#define CRASH_WORDS	5		/* P0 .. P4 of a crash report */
#define CRASH_GRACE_MS	2000		/* for the rest of the guest's console output */

struct hcall;
struct machine_ops;
struct synic;

/* The part that every machine has; each embeds it in a struct of its own. */
struct vm {
	const struct machine_options *o;
	const struct machine_ops *ops;
	uint8_t *ram;		/* at one address for the life of hvroot */
	uint64_t ram_low;	/* bytes below the hole; 0 = the guest has shown no memory yet */
	uint64_t ram_high;	/* bytes from 4 GiB on */
	unsigned int cpus;
	struct synic *synic;
	struct hcall *hcall;
	uint64_t crash[CRASH_WORDS];
};

/*
 * A machine. Loop thread, unless it says otherwise. A NULL function means
 * that the machine has nothing to do there.
 */
struct machine_ops {
	const char *name;			/* of --machine */
	const char *append;			/* the default of --append */
	unsigned int cpus_max;
	const char *const *refuses;		/* options that have no meaning for it; ends with NULL */

	/* Are the options usable, beyond what the table in options.c sees? 0, or -1 after log_err(). */
	int (*check)(const struct machine_options *o);

	/* Make the machine and let it run: 0, or -1 after log_err(). free() comes in any case. */
	int (*build)(const struct machine_options *o);
	void (*free)(void);

	/* vm_frame_buffer() and vm_reference_time() of vm.h. */
	int (*frame_buffer)(struct vm *vm, uint64_t gpa, uint64_t size);
	uint64_t (*reference_time)(struct vm *vm);

	/*
	 * Signals of the guest on @conn_id may be written to the eventfd @fd
	 * (@on) until that ends; those that are not come by hcall_call().
	 * 0 or -errno.
	 */
	int (*signal_fd)(struct vm *vm, uint32_t conn_id, int fd, bool on);

	/* Raise SINT2 of processor @vp. */
	void (*sint_raise)(struct vm *vm, unsigned int vp);

	/* From now on each end of a message of @vp has to come by synic_ack(), or need not. */
	void (*sint_watch)(struct vm *vm, unsigned int vp, bool on);
};

extern const struct machine_ops machine_kvm, machine_process;

/* machine.c */
void machine_end(int status);		/* hvroot ends with that exit status; loop thread */
void machine_crash_report(struct vm *vm);	/* prints vm->crash */

/* synic.c: 0, or -1 after log_err(); vm->cpus is known before */
int synic_init(struct vm *vm);
void synic_exit(struct vm *vm);
/* All pages are off, nothing is queued or watched: the processors are gone or start anew. */
void synic_off(struct vm *vm);
/* Processor @vp, which exists, has written one of these registers. Any thread. */
void synic_set_pages(struct vm *vm, unsigned int vp, uint64_t control, uint64_t events, uint64_t messages);
/* Processor @vp said end of message, or may have. */
void synic_ack(struct vm *vm, unsigned int vp);

/* hcall.c: as above */
int hcall_init(struct vm *vm);
void hcall_drop_all(struct vm *vm);	/* queued messages and event connections */
void hcall_exit(struct vm *vm);
/* A hypercall: @input is an address, or the value of a fast call. The status. Any thread. */
uint64_t hcall_call(struct vm *vm, uint64_t control, uint64_t input);

#endif
