// SPDX-License-Identifier: GPL-2.0-only
/* check.c - whether a call of the guest keeps to process_wire.h. Pure. */
#include <stddef.h>

#include "machine/process/process.h"

/* Which fields an op names, and whether it is answered. */
static const struct {
	bool a, b, c, answered;
} ops[PROCESS_OPS] = {
	[PROCESS_HELLO] =	{ .a = true, .b = true, .c = true, .answered = true },
	[PROCESS_HYPERCALL] =	{ .a = true, .b = true, .answered = true },
	[PROCESS_SIGNAL] =	{ .a = true, .b = true },
	[PROCESS_SYNIC] =	{ .a = true, .b = true, .c = true, .answered = true },
	[PROCESS_EOM] =		{ .answered = false },
	[PROCESS_REGISTER] =	{ .a = true, .b = true, .answered = true },
	[PROCESS_TIME] =	{ .answered = true },
};

bool process_call_answered(const struct process_call *c)
{
	return c->op < PROCESS_OPS && ops[c->op].answered;
}

const char *process_call_check(const struct process_call *c, unsigned int cpus)
{
	if (c->op >= PROCESS_OPS)
		return "no such call";
	if (c->vp >= cpus)
		return "no such processor";
	if ((c->a && !ops[c->op].a) || (c->b && !ops[c->op].b) || (c->c && !ops[c->op].c))
		return "a field that has to be 0 is not";
	if (c->op == PROCESS_HELLO && c->b != PROCESS_WIRE_VERSION)
		return "another version of process_wire.h";
	if (c->op == PROCESS_HELLO && (!c->a || c->a % 4096))
		return "memory that is not whole pages";
	if (c->op == PROCESS_HELLO && !c->c)
		return "a machine without processors";
	if (c->op == PROCESS_SIGNAL && c->a != PROCESS_SIGNAL_CONTROL)
		return "a signal that is not a fast signal-event call";
	return NULL;
}
