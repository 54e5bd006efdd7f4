/* SPDX-License-Identifier: GPL-2.0-only */
/* machine_run.h - main.c's view of the machine. */
#ifndef HVROOT_MACHINE_RUN_H
#define HVROOT_MACHINE_RUN_H

struct machine_options;

/* Build, run until it ends; the exit status. */
int machine_run(const struct machine_options *o);
void machine_free(void);

#endif
