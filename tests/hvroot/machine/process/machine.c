// SPDX-License-Identifier: GPL-2.0-only
/*
 * machine.c - the life of a machine that is a process: started, paused, reset,
 * ended. A reset is one of two: the guest starts itself anew (UML executes its
 * own program again and says hello with new memory), or the command `reset`
 * kills it, and another is started.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/chardev.h"
#include "machine/hcall.h"
#include "machine/process/line.h"
#include "machine/process/process.h"
#include "machine/synic.h"
#include "options.h"

static struct process process = { .calls = -1, .mconsole = -1 };

static int start(struct process *p);

/* ---- time and interrupts ---- */

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

void process_start_clock(struct process *p)
{
	p->born = now();
}

static uint64_t reference_time(struct vm *vm)
{
	return (now() - to_process(vm)->born) / 100;
}

/* A full socket is as good: the guest has not read yet, and will look. */
static void sint_raise(struct vm *vm, unsigned int vp)
{
	int fd = to_process(vm)->irq[vp];

	if (fd >= 0)
		send(fd, "", 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* ---- the guest starts anew, reports a crash ---- */

void process_forget(struct process *p)
{
	hcall_drop_all(&p->vm);
	if (p->vmbus)
		vmbus_reset(&p->vm);	/* no I/O touches the old memory any more */
	synic_off(&p->vm);
	memory_forget(p);
}

void process_guest_again(struct process *p)
{
	trace("MACHINE_RESET", "%s", "");
	process_forget(p);
	process_start_clock(p);
	if (p->vm.o->no_reboot)
		machine_end(EXIT_RESET);
}

static void end_after_crash(void *ctx)
{
	struct process *p = ctx;

	p->grace = NULL;
	machine_end(EXIT_CRASH);
}

/* Once in a guest's life: it may say so as often as it likes. */
void process_guest_crashed(struct process *p)
{
	if (p->crashed)
		return;
	p->crashed = true;
	machine_crash_report(&p->vm);
	p->grace = timer_start(CRASH_GRACE_MS, end_after_crash, p);
}

static void forget_crash(struct process *p)
{
	timer_cancel(p->grace);
	p->grace = NULL;
	p->crashed = false;
}

/* ---- the end of the process ---- */

static void close_irqs(struct process *p)
{
	for (unsigned int i = 0; i < p->vm.cpus; i++) {
		if (p->irq[i] >= 0)
			close(p->irq[i]);
		p->irq[i] = -1;
	}
}

/* The guest has ended, or is to be killed by now. */
static void let_go(struct process *p)
{
	calls_close(p);
	close_irqs(p);
	line_close(p->console);
	if (p->agent)
		line_close(p->agent);
}

static void judge(struct process *p, int error, int status)
{
	if (error) {
		log_err("%s: %s", p->vm.o->kernel, strerror(error));
		machine_end(EXIT_TROUBLE);
	} else if (p->crashed) {
		machine_end(EXIT_CRASH);
	} else if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		machine_end(EXIT_OFF);
	} else {
		log_err("the guest's process ended with %s %d%s", WIFEXITED(status) ? "status" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status),
			p->vm.ram_low ? "" : " before it said hello: is --kernel the program of a kernel built with ARCH=um?");
		machine_end(EXIT_CRASH);
	}
}

static void on_ended(void *ctx, int error, int status)
{
	struct process *p = ctx;
	struct reply *pausing = p->pausing;

	p->keeper = NULL;		/* frees itself */
	p->pausing = NULL;
	if (pausing)
		reply_finish(pausing, 0);
	calls_drain(p);
	let_go(p);
	if (!p->resetting) {
		trace("MACHINE_OFF", "status %#x", status);
		judge(p, error, status);
		return;
	}
	p->resetting = false;
	forget_crash(p);
	trace("MACHINE_RESET", "%s", "");
	process_forget(p);
	if (!p->paused && start(p))
		machine_end(EXIT_TROUBLE);
}

/* ---- starting one ---- */

static void on_stopped(void *ctx)
{
	struct process *p = ctx;
	struct reply *r = p->pausing;

	p->pausing = NULL;
	if (r)
		reply_finish(r, 0);
}

/* What the guest inherits; the descriptors are its ends, -1 = none. */
struct ends {
	struct keeper_fd fd[8 + MACHINE_CPUS_MAX];
	unsigned int n;
};

static int add_end(struct ends *e, int from, int to)
{
	if (from < 0)
		return -1;
	e->fd[e->n++] = (struct keeper_fd){ from, to };
	return 0;
}

static void close_ends(struct ends *e)
{
	for (unsigned int i = 0; i < e->n; i++)
		if (e->fd[i].to != STDERR_FILENO && e->fd[i].to != STDOUT_FILENO)
			close(e->fd[i].from);
}

static int open_pair(int type, int *ours)
{
	int s[2];

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, s)) {
		log_err("no socket to the guest: %s", strerror(errno));
		return -1;
	}
	*ours = s[0];
	return s[1];
}

static int open_null(void)
{
	return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static int open_ends(struct process *p, struct ends *e)
{
	int console;

	if (add_end(e, open_null(), STDIN_FILENO) ||
	    add_end(e, open_pair(SOCK_SEQPACKET, &p->calls), PROCESS_FD_CALLS) || calls_watch(p))
		return -1;
	console = line_open(p->console);
	if (add_end(e, console, PROCESS_FD_CONSOLE))
		return -1;
	add_end(e, console, STDOUT_FILENO);
	add_end(e, console, STDERR_FILENO);
	if (p->agent && add_end(e, line_open(p->agent), PROCESS_FD_AGENT))
		return -1;
	for (unsigned int i = 0; i < p->vm.cpus; i++)
		if (add_end(e, open_pair(SOCK_STREAM, &p->irq[i]), PROCESS_FD_IRQ + i))
			return -1;
	return 0;
}

static int make_folder(struct process *p)
{
	const char *tmp = getenv("TMPDIR");

	if (!tmp || *tmp != '/' || strlen(tmp) > sizeof(p->dir) - sizeof("/hvroot-XXXXXX"))
		tmp = "/tmp";
	snprintf(p->dir, sizeof(p->dir), "%s/hvroot-XXXXXX", tmp);
	if (mkdtemp(p->dir))
		return 0;
	log_err("no folder in %s: %s", tmp, strerror(errno));
	return -1;
}

static int run_program(struct process *p, const struct ends *e)
{
	struct keeper_job job = {
		.fds = e->fd, .nfds = e->n, .dir = p->dir,
		.stopped = on_stopped, .ended = on_ended, .ctx = p,
	};
	const char *why;

	if (make_folder(p))
		return -1;
	job.argv = process_args(p->vm.o, p->dir, &why);
	if (job.argv)
		p->keeper = keeper_start(&job);
	else
		log_err("--append and the other words for the guest's kernel: %s", why);
	process_args_free(job.argv);
	if (!p->keeper)
		rmdir(p->dir);
	return p->keeper ? 0 : -1;
}

/* 0, or -1 after log_err(). */
static int start(struct process *p)
{
	struct ends e = { .n = 0 };
	int ret = open_ends(p, &e);

	if (!ret)
		ret = run_program(p, &e);
	close_ends(&e);
	if (ret)
		let_go(p);
	else
		process_start_clock(p);
	return ret;
}

/* ---- commands ---- */

static int cmd_reset(struct reply *r, int argc, char **argv, void *ctx)
{
	struct process *p = ctx;

	p->resetting = p->keeper;
	if (p->keeper)
		keeper_kill(p->keeper);
	return 0;
}

static int cmd_pause(struct reply *r, int argc, char **argv, void *ctx)
{
	struct process *p = ctx;

	if (p->pausing)
		return reply_error(r, "another pause is under way");
	p->paused = true;
	if (!p->keeper || p->resetting)
		return 0;
	p->pausing = r;
	keeper_stop_guest(p->keeper);
	return CONTROL_LATER;
}

static int cmd_resume(struct reply *r, int argc, char **argv, void *ctx)
{
	struct process *p = ctx;

	p->paused = false;
	if (p->keeper)
		keeper_continue_guest(p->keeper);
	else if (start(p))
		return reply_error(r, "the guest cannot be started");
	return 0;
}

/* ---- the machine ---- */

static int check(const struct machine_options *o)
{
	if (!access(o->kernel, X_OK))
		return 0;
	log_err("--kernel %s: %s; --machine process runs the program linux of a kernel built with ARCH=um",
		o->kernel, strerror(errno));
	return -1;
}

static int open_lines(struct process *p, const struct machine_options *o)
{
	p->console = line_new(o->console ? chardev_file(o->console) : chardev_stdio());
	if (!p->console)
		return -1;
	if (o->agent) {
		p->agent = line_new(chardev_listen(o->agent));
		if (!p->agent)
			return -1;
	}
	return 0;
}

static int build(const struct machine_options *o)
{
	struct process *p = &process;
	struct vm *vm = &p->vm;

	vm->o = o;
	vm->ops = &machine_process;
	vm->cpus = o->cpus;
	for (unsigned int i = 0; i < MACHINE_CPUS_MAX; i++)
		p->irq[i] = -1;
	process_start_clock(p);
	if (memory_reserve(p) || synic_init(vm) || hcall_init(vm) || open_lines(p, o))
		return -1;
	calls_init();
	debug_init(p);
	control_register("reset", " kill the guest and start it again", cmd_reset, p);
	control_register("pause", " stop the guest's process", cmd_pause, p);
	control_register("resume", " let it run again", cmd_resume, p);
	if (vmbus_init(vm, o))
		return -1;
	p->vmbus = true;
	p->paused = o->paused;
	return p->paused ? 0 : start(p);
}

static void free_machine(void)
{
	struct process *p = &process;
	struct vm *vm = &p->vm;

	keeper_free(p->keeper);
	p->keeper = NULL;
	forget_crash(p);
	calls_close(p);
	close_irqs(p);
	if (vm->hcall)
		hcall_drop_all(vm);
	if (p->vmbus)
		vmbus_exit(vm);
	hcall_exit(vm);
	synic_exit(vm);
	line_free(p->console);
	line_free(p->agent);
	debug_exit(p);
	memory_release(p);
}

static const char *const refuses[] = {
	"numa", "acpi", "cpu-mask", "auto-eoi", "timer", "on-crash", "hibernation", NULL
};

const struct machine_ops machine_process = {
	.name = "process",
	.append = "console=ttyS0 nohz=off",
	.cpus_max = MACHINE_CPUS_MAX,
	.refuses = refuses,
	.check = check,
	.build = build,
	.free = free_machine,
	.reference_time = reference_time,
	.sint_raise = sint_raise,
};
