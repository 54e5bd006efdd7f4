/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults that commands ask for: control messages to the guest (fault.c) and
 * storage requests (storage/fault.c).
 */
#ifndef HVROOT_FAULT_H
#define HVROOT_FAULT_H

#include <stdbool.h>

struct bus;
struct reply;

/* How often a fault still strikes; "count=all" never ends. */
#define FAULT_FOREVER 0xFFFFFFFFu

/* Parses count=N|all, default 1. 0 or -1 with the reply set. */
int fault_count(struct reply *r, int argc, char **argv, unsigned int *count);
/* True when a bare word or "word=..." is among the arguments. */
bool fault_word(int argc, char **argv, const char *word);

/* "fault storage ..." and "fault clear" */
int stor_fault_command(struct reply *r, int argc, char **argv, struct bus *b);
void stor_fault_clear(struct bus *b);

#endif
