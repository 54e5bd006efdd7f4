/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to kvp.c and kvp_facts.c. */
#ifndef HVROOT_IC_KVP_H
#define HVROOT_IC_KVP_H

struct ic;
struct reply;

/* The service is ready: the facts go out, if they are wanted. */
void kvp_facts_ready(struct ic *ic);
int kvp_facts_command(struct reply *r, int argc, char **argv);

#endif
