/* SPDX-License-Identifier: GPL-2.0-only */
/* machine_run.h - main.c's and options.c's view of the machines. */
#ifndef HVROOT_MACHINE_RUN_H
#define HVROOT_MACHINE_RUN_H

#include <stdbool.h>

struct machine_ops;
struct machine_options;

/* "kvm" or "process"; NULL for other names. */
const struct machine_ops *machine_find(const char *name);
const char *machine_name(const struct machine_ops *m);

/* Has option --@option no meaning for it? */
bool machine_refuses(const struct machine_ops *m, const char *option);

/* Fill in the machine's defaults and see whether it can do what is asked. 0, or -1 after log_err(). */
int machine_check(struct machine_options *o);

/* Build, run until it ends; the exit status. */
int machine_run(const struct machine_options *o);
void machine_free(void);

#endif
