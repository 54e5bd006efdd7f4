// SPDX-License-Identifier: GPL-2.0-only
/*
 * debug.c - looking at a guest that does not answer: `sysrq` by UML's own
 * management console, a datagram socket in the guest's folder, and `regs` by
 * ptrace, which needs nothing of the guest.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/process/line.h"
#include "machine/process/process.h"

#define MCONSOLE_MAGIC		0xcafebabeu
#define MCONSOLE_VERSION	2
#define MCONSOLE_DATA		512
#define STOP_STEP_MS		1
#define STOP_STEPS		200

struct mconsole_request {
	uint32_t magic;
	uint32_t version;
	uint32_t len;
	char data[MCONSOLE_DATA];
};
_Static_assert(sizeof(struct mconsole_request) == 12 + MCONSOLE_DATA, "mconsole request");

/* The answers are what the console shows too. Unread, they would make the guest wait. */
static void on_answer(void *ctx, uint32_t events)
{
	struct process *p = ctx;
	char drop[1024];

	for (unsigned int i = 0; i < 64; i++)
		if (recv(p->mconsole, drop, sizeof(drop), MSG_DONTWAIT) < 0)
			return;
}

static int open_mconsole(struct process *p)
{
	struct sockaddr_un any = { .sun_family = AF_UNIX };

	p->mconsole = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->mconsole < 0)
		return -1;
	/* With no name given the kernel makes one up, for the answers. */
	if (bind(p->mconsole, (struct sockaddr *)&any, sizeof(any.sun_family)) ||
	    poll_add(p->mconsole, EPOLLIN, on_answer, p)) {
		close(p->mconsole);
		p->mconsole = -1;
		return -1;
	}
	return 0;
}

static int cmd_sysrq(struct reply *r, int argc, char **argv, void *ctx)
{
	struct process *p = ctx;
	struct mconsole_request q = { .magic = MCONSOLE_MAGIC, .version = MCONSOLE_VERSION };
	struct sockaddr_un to = { .sun_family = AF_UNIX };

	if (argc != 2 || strlen(argv[1]) != 1)
		return reply_error(r, "sysrq KEY");
	if (p->mconsole < 0 && open_mconsole(p))
		return reply_error(r, "no socket: %s", strerror(errno));
	q.len = snprintf(q.data, sizeof(q.data), "sysrq %s", argv[1]);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s/hvroot/mconsole", p->dir);
	if (sendto(p->mconsole, &q, sizeof(q), MSG_NOSIGNAL, (struct sockaddr *)&to, sizeof(to)) < 0)
		return reply_error(r, "the guest does not take it: %s", strerror(errno));
	return 0;
}

static int cmd_nmi(struct reply *r, int argc, char **argv, void *ctx)
{
	return reply_error(r, "a guest that is a process has no NMI (sysrq l shows where it is)");
}

/* 0, or an errno. It runs again, or stands still as before, when this returns. */
static int read_registers(pid_t pid, struct user_regs_struct *regs)
{
	struct timespec step = { .tv_nsec = STOP_STEP_MS * 1000000 };
	pid_t stopped = 0;
	int ret = 0;

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL))
		return errno;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL))
		ret = errno;
	for (unsigned int i = 0; !ret && !stopped && i < STOP_STEPS; i++) {
		stopped = waitpid(pid, NULL, WNOHANG | __WALL);
		if (!stopped)
			nanosleep(&step, NULL);
	}
	if (!ret && stopped != pid)
		ret = ETIMEDOUT;
	if (!ret && ptrace(PTRACE_GETREGS, pid, NULL, regs))
		ret = errno;
	ptrace(PTRACE_DETACH, pid, NULL, NULL);
	return ret;
}

static int cmd_regs(struct reply *r, int argc, char **argv, void *ctx)
{
	struct process *p = ctx;
	pid_t pid = p->keeper ? keeper_guest(p->keeper) : 0;
	struct user_regs_struct regs;
	int ret;

	if (!pid)
		return reply_error(r, "no guest runs");
	ret = read_registers(pid, &regs);
	if (ret)
		return reply_error(r, "process %d: %s", pid, strerror(ret));
	reply_printf(r, "vp 0 process %d rip=%#llx rsp=%#llx rflags=%#llx rax=%#llx%s\n", pid, regs.rip, regs.rsp,
		     regs.eflags, regs.rax, p->paused ? " paused" : "");
	line_show(p->console, "console", r);
	if (p->agent)
		line_show(p->agent, "agent", r);
	return 0;
}

void debug_init(struct process *p)
{
	p->mconsole = -1;
	control_register("sysrq", "KEY  KEY as by the console: 9 shows all, w and t list tasks", cmd_sysrq, p);
	control_register("regs", " where the processor is, the serial lines", cmd_regs, p);
	control_register("nmi", " (refused: a process has none)", cmd_nmi, p);
}

void debug_exit(struct process *p)
{
	if (p->mconsole < 0)
		return;
	poll_del(p->mconsole);
	close(p->mconsole);
	p->mconsole = -1;
}
