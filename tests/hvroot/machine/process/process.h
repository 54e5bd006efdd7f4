/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process.h - private to the machine that is a process: a User Mode Linux that
 * hvroot starts. Its files, in reading order: machine.c (the life), keeper.c
 * (processes), args.c (command line), calls.c and check.c (what the guest
 * asks), memory.c, line.c (serial lines), debug.c (sysrq, regs). All on the
 * loop thread.
 */
#ifndef HVROOT_PROCESS_H
#define HVROOT_PROCESS_H

#include <sys/types.h>

#include "machine/process/keeper.h"
#include "machine/process/process_wire.h"
#include "machine/vmm.h"

struct line;
struct ptimer;
struct reply;

struct process {
	struct vm vm;		/* first: to_process() */
	struct keeper *keeper;	/* of the running guest, NULL = none runs */
	char dir[80];		/* the guest's own folder, gone with it; its socket's path has 108 bytes */
	int calls;		/* our end of the call socket, -1 = none, or the guest closed its end */
	int irq[MACHINE_CPUS_MAX];	/* our ends of the interrupt sockets */
	struct line *console, *agent;	/* agent: NULL without --agent */
	uint64_t born;		/* reference time 0, ns of CLOCK_MONOTONIC */
	bool vmbus;		/* vmbus_init() is done */
	bool paused, resetting, crashed;
	struct ptimer *grace;	/* the time between a crash report and the end */
	struct reply *pausing;	/* waits until the guest stands still */
	int mconsole;		/* our socket to the guest's management console */
};

static inline struct process *to_process(struct vm *vm)
{
	return (struct process *)vm;
}

/* machine.c */
void process_start_clock(struct process *p);
void process_guest_again(struct process *p);	/* the guest has started anew by itself */
void process_guest_crashed(struct process *p);	/* it says so; vm->crash is set */
void process_forget(struct process *p);		/* the server and the SynIC forget the guest */

/*
 * args.c, pure: the guest's command line, ended by NULL. NULL and *@why set
 * when it does not fit. To be freed by process_args_free().
 */
char **process_args(const struct machine_options *o, const char *dir, const char **why);
void process_args_free(char **argv);

/* check.c, pure: NULL, or why no guest that keeps to process_wire.h sends this. */
const char *process_call_check(const struct process_call *c, unsigned int cpus);
bool process_call_answered(const struct process_call *c);

/* calls.c */
void calls_init(void);			/* counters */
int calls_watch(struct process *p);	/* 0 or -errno */
void calls_drain(struct process *p);	/* what a guest that has ended still had to say */
void calls_close(struct process *p);

/* memory.c: 0, or -1 after log_err() or log_guest() */
int memory_reserve(struct process *p);
int memory_map(struct process *p, int fd, uint64_t size);
bool memory_is(const struct process *p, int fd);	/* the mapped file */
void memory_forget(struct process *p);		/* zeros take its place */
void memory_release(struct process *p);

/* debug.c */
void debug_init(struct process *p);		/* commands sysrq, regs, nmi */
void debug_exit(struct process *p);

#endif
