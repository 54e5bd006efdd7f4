/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * process_wire.h - between a guest that is a process and hvroot. Both include
 * this file: the guest is a kernel, hvroot is not.
 *
 * The guest inherits descriptors of these numbers:
 *
 *   PROCESS_FD_CALLS  SOCK_SEQPACKET. Each packet from the guest is one struct
 *                     process_call; those that are answered get one struct
 *                     process_answer, with the op and vp of the call.
 *   PROCESS_FD_IRQ+n  SOCK_STREAM, one for each processor. Bytes say nothing
 *                     but: look at your message and event flags pages.
 *   PROCESS_FD_CONSOLE, PROCESS_FD_AGENT  SOCK_STREAM, serial lines.
 *
 * The first call is PROCESS_HELLO. It carries the descriptor of the file that
 * is the guest's memory, guest physical address 0 at offset 0; hvroot maps it.
 * A second PROCESS_HELLO with another file means that the guest has started
 * anew (a machine reset); with the same file, that the guest's glue has.
 */
#ifndef PROCESS_WIRE_H
#define PROCESS_WIRE_H

#include <linux/types.h>

#define PROCESS_WIRE_VERSION	2

#define PROCESS_FD_CALLS	3
#define PROCESS_FD_CONSOLE	4
#define PROCESS_FD_AGENT	5
#define PROCESS_FD_IRQ		8

/* The fields that an op does not name are 0. */
enum process_op {
	PROCESS_HELLO,		/* a = bytes of memory, b = PROCESS_WIRE_VERSION, c = processors; answer 0, 1 = refused */
	PROCESS_HYPERCALL,	/* a = control, b = input: address, or value of a fast call; answer: the result */
	PROCESS_SIGNAL,		/* a = control, b = input of a fast signal-event call; no answer */
	PROCESS_SYNIC,		/* a = SCONTROL, b = SIEFP, c = SIMP of the processor; answer 0 */
	PROCESS_EOM,		/* end of message; no answer */
	PROCESS_REGISTER,	/* a = register, b = value: the crash registers; answer 0, 1 = no such register */
	PROCESS_TIME,		/* answer: the partition's reference time, 100 ns */
	PROCESS_OPS
};

/* Hyper-V's crash registers: P0 .. P4, and the control register that reports them. */
#define PROCESS_CRASH_P0	0x40000100u
#define PROCESS_CRASH_CTL	0x40000105u
#define PROCESS_CRASH_NOTIFY	(1ull << 63)

#define PROCESS_SIGNAL_CONTROL	0x1005du	/* signal event, fast */

struct process_call {
	__u32 op;		/* enum process_op */
	__u32 vp;		/* the processor that calls */
	__u64 a, b, c;
};
_Static_assert(sizeof(struct process_call) == 32, "call packet");

struct process_answer {
	__u64 result;
	__u32 op;
	__u32 vp;
};
_Static_assert(sizeof(struct process_answer) == 16, "answer packet");

#endif
