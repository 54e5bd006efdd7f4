// SPDX-License-Identifier: GPL-2.0-only
/* machine.c - the machines there are, and how one ends. */
#include <string.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/machine_run.h"
#include "machine/vmm.h"
#include "options.h"

static const struct machine_ops *const machines[] = { &machine_kvm, &machine_process };

static const struct machine_ops *running;
static int exit_status;

const struct machine_ops *machine_find(const char *name)
{
	for (unsigned int i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		if (!strcmp(machines[i]->name, name))
			return machines[i];
	return NULL;
}

const char *machine_name(const struct machine_ops *m)
{
	return m->name;
}

bool machine_refuses(const struct machine_ops *m, const char *option)
{
	for (const char *const *p = m->refuses; p && *p; p++)
		if (!strcmp(*p, option))
			return true;
	return false;
}

int machine_check(struct machine_options *o)
{
	const struct machine_ops *m = o->machine;

	if (!o->append)
		o->append = m->append;
	if (o->cpus > m->cpus_max) {
		log_err("--cpus %u: --machine %s has %u at most", o->cpus, m->name, m->cpus_max);
		return -1;
	}
	return m->check ? m->check(o) : 0;
}

void machine_end(int status)
{
	exit_status = status;
	poll_stop();
}

void machine_crash_report(struct vm *vm)
{
	const uint64_t *p = vm->crash;

	log_err("guest crash: P0=%#llx P1=%#llx P2=%#llx P3=%#llx P4=%#llx",
		(unsigned long long)p[0], (unsigned long long)p[1], (unsigned long long)p[2],
		(unsigned long long)p[3], (unsigned long long)p[4]);
}

static int cmd_quit(struct reply *r, int argc, char **argv, void *ctx)
{
	machine_end(EXIT_OFF);
	return 0;
}

int machine_run(const struct machine_options *o)
{
	running = o->machine;
	control_register("quit", " end hvroot", cmd_quit, NULL);
	if (running->build(o))
		return EXIT_TROUBLE;
	poll_run();
	return exit_status;
}

void machine_free(void)
{
	if (running)
		running->free();
}
