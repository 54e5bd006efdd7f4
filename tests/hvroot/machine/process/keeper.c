// SPDX-License-Identifier: GPL-2.0-only
/*
 * keeper.c - between hvroot and the guest's process stands a small one, the
 * keeper, the parent of the guest.
 *
 * User Mode Linux runs its user space in further processes, which outlive it
 * when it is killed. So the guest leads a process group, which the keeper kills
 * before it reaps the guest (until then the number cannot be anybody else's);
 * what left the group becomes the keeper's child (PR_SET_CHILD_SUBREAPER) and
 * is killed as such. A socket ties the keeper to hvroot: when that ends, even
 * by SIGKILL, the guest does too. Should the keeper itself be killed, the guest
 * goes by PR_SET_PDEATHSIG, and hvroot kills the group.
 *
 * Between fork() and the end the keeper makes system calls only: hvroot has
 * threads, whose locks it may have inherited.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "loop/log.h"
#include "loop/poll.h"
#include "machine/process/keeper.h"

#define FDS_MAX		80
#define FD_ASIDE	200	/* above all numbers that the guest gets */
#define STEP_MS		5
#define REAP_STEPS	400
#define STOP_STEPS	400
#define ANSWER_MS	5000	/* for the keeper to kill and reap; it takes a few milliseconds */

/* Keeper to hvroot, a packet each. */
struct report {
	enum { GUEST_STARTED, GUEST_NO_EXEC, GUEST_STOPPED, GUEST_ENDED } what;
	int value;		/* pid, errno, -, status */
};

/* Hvroot to keeper, a byte each. The end of the stream is an order too: to kill. */
enum { ORDER_STOP = 'S', ORDER_CONTINUE = 'C' };

struct keeper {
	int link;
	pid_t pid;		/* the keeper's */
	pid_t guest;
	int error;		/* of exec */
	char dir[96];
	void (*stopped)(void *ctx);
	void (*ended)(void *ctx, int error, int status);
	void *ctx;
};

/* ---- in the keeper and the guest, after fork() ---- */

static void report(int link, int what, int value)
{
	struct report r = { .what = what, .value = value };

	send(link, &r, sizeof(r), MSG_NOSIGNAL);
}

static void nap(void)
{
	struct timespec step = { .tv_nsec = STEP_MS * 1000000 };

	nanosleep(&step, NULL);
}

static void be_guest(const struct keeper_job *j, int link, pid_t keeper)
{
	struct rlimit none = { 0, 0 };
	int aside[FDS_MAX];
	sigset_t set;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != keeper)
		_exit(127);
	setrlimit(RLIMIT_CORE, &none);		/* UML aborts when it panics: no core of all its memory */
	link = fcntl(link, F_DUPFD_CLOEXEC, FD_ASIDE);
	for (unsigned int i = 0; i < j->nfds; i++)
		aside[i] = fcntl(j->fds[i].from, F_DUPFD_CLOEXEC, FD_ASIDE);
	syscall(SYS_close_range, 3, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */);
	for (unsigned int i = 0; i < j->nfds; i++)
		dup2(aside[i], j->fds[i].to);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	execv(j->argv[0], j->argv);
	report(link, GUEST_NO_EXEC, errno);
	_exit(127);
}

/* Kill all children, by the kernel's list of them: numbers in decimal. */
static void kill_children(void)
{
	int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	char text[4096];
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text));
	pid_t pid = 0;

	for (ssize_t i = 0; i < n; i++) {
		if (text[i] >= '0' && text[i] <= '9') {
			pid = pid * 10 + text[i] - '0';
			continue;
		}
		if (pid)
			kill(pid, SIGKILL);
		pid = 0;
	}
	if (fd >= 0)
		close(fd);
}

/* The guest is killed or has ended: nothing of it stays. */
static int clear_away(pid_t guest)
{
	int status = 0;
	pid_t gone;

	kill(-guest, SIGKILL);
	while (waitpid(guest, &status, 0) < 0 && errno == EINTR)
		;
	for (unsigned int i = 0; i < REAP_STEPS; i++) {
		kill_children();
		do {
			gone = waitpid(-1, NULL, WNOHANG);
		} while (gone > 0 || (gone < 0 && errno == EINTR));
		if (gone < 0)
			break;		/* no child is left */
		nap();
	}
	return status;
}

/* The names that UML gives: a folder of its umid with two files. */
static void remove_folder(const char *dir)
{
	static const char *const names[] = { "/hvroot/mconsole", "/hvroot/pid", "/hvroot", "" };
	char path[128];

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t n = strlen(dir), m = strlen(names[i]);

		if (n + m >= sizeof(path))
			return;
		memcpy(path, dir, n);
		memcpy(path + n, names[i], m + 1);
		if (unlink(path))
			rmdir(path);
	}
}

static void stop_guest(int link, pid_t guest)
{
	siginfo_t info = { .si_pid = 0 };

	kill(guest, SIGSTOP);
	/*
	 * It stops or ends at once; the end stays to be waited for. Not for ever:
	 * while hvroot traces it (`regs`) its stops are told to hvroot alone.
	 */
	for (unsigned int i = 0; i < STOP_STEPS; i++) {
		if (waitid(P_PID, guest, &info, WSTOPPED | WEXITED | WNOWAIT | WNOHANG) || info.si_pid)
			break;
		nap();
	}
	report(link, GUEST_STOPPED, 0);
}

static void keep(int link, pid_t guest)
{
	struct pollfd p[2] = {
		{ .fd = link, .events = POLLIN },
		{ .fd = syscall(SYS_pidfd_open, guest, 0), .events = POLLIN },
	};

	while (p[1].fd >= 0) {
		char order;
		ssize_t n;

		if (poll(p, 2, -1) < 0)
			continue;
		if (p[1].revents)
			return;
		if (!p[0].revents)
			continue;
		n = recv(link, &order, 1, MSG_DONTWAIT);
		if (n == 1 && order == ORDER_STOP)
			stop_guest(link, guest);
		else if (n == 1)
			kill(guest, SIGCONT);
		else if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return;
	}
}

static void be_keeper(const struct keeper_job *j, int link)
{
	pid_t self = getpid(), guest;
	int status;

	setsid();			/* no terminal's Ctrl-C */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	guest = fork();
	if (!guest)
		be_guest(j, link, self);
	if (guest < 0) {
		report(link, GUEST_NO_EXEC, errno);
		remove_folder(j->dir);
		_exit(1);
	}
	setpgid(guest, guest);		/* whoever of the two comes first */
	/* Disks, taps and sockets are hvroot's: nobody else keeps them open. */
	dup2(link, 0);
	syscall(SYS_close_range, 1, ~0u, 0);
	link = 0;
	report(link, GUEST_STARTED, guest);
	keep(link, guest);
	status = clear_away(guest);
	remove_folder(j->dir);
	report(link, GUEST_ENDED, status);
	_exit(0);
}

/* ---- in hvroot ---- */

static void reap(struct keeper *k)
{
	poll_del(k->link);
	close(k->link);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* One report. True: the guest has ended, *@status is how. */
static bool take_report(struct keeper *k, int flags, int *status)
{
	struct report r;
	ssize_t n = recv(k->link, &r, sizeof(r), flags);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n != sizeof(r)) {		/* the keeper was killed */
		if (k->guest > 0)
			kill(-k->guest, SIGKILL);
		remove_folder(k->dir);
		*status = SIGKILL;
		return true;
	}
	switch (r.what) {
	case GUEST_STARTED:
		k->guest = r.value;
		break;
	case GUEST_NO_EXEC:
		k->error = r.value;
		break;
	case GUEST_STOPPED:
		if (k->stopped)
			k->stopped(k->ctx);
		break;
	case GUEST_ENDED:
		*status = r.value;
		return true;
	}
	return false;
}

static void on_link(void *ctx, uint32_t events)
{
	struct keeper *k = ctx;
	int status;

	if (!take_report(k, MSG_DONTWAIT, &status))
		return;
	reap(k);
	k->ended(k->ctx, k->error, status);
	free(k);
}

struct keeper *keeper_start(const struct keeper_job *job)
{
	struct keeper *k = calloc(1, sizeof(*k));
	int s[2];

	if (!k || job->nfds > FDS_MAX || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s)) {
		log_err("no keeper for the guest's process: %s", k ? strerror(errno) : "out of memory");
		free(k);
		return NULL;
	}
	*k = (struct keeper){
		.link = s[0], .stopped = job->stopped, .ended = job->ended, .ctx = job->ctx,
	};
	snprintf(k->dir, sizeof(k->dir), "%s", job->dir);
	k->pid = fork();
	if (!k->pid) {
		close(s[0]);		/* or the end of hvroot would not show */
		be_keeper(job, s[1]);
	}
	close(s[1]);
	if (k->pid < 0 || poll_add(k->link, EPOLLIN, on_link, k)) {
		log_err("no keeper for the guest's process: %s", strerror(errno));
		keeper_free(k);
		return NULL;
	}
	return k;
}

static void order(struct keeper *k, char what)
{
	send(k->link, &what, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
}

void keeper_stop_guest(struct keeper *k)
{
	order(k, ORDER_STOP);
}

void keeper_continue_guest(struct keeper *k)
{
	order(k, ORDER_CONTINUE);
}

void keeper_kill(struct keeper *k)
{
	shutdown(k->link, SHUT_WR);
}

void keeper_free(struct keeper *k)
{
	struct pollfd p;
	int status;

	if (!k)
		return;
	if (k->pid < 0) {
		close(k->link);
		free(k);
		return;
	}
	k->stopped = NULL;
	keeper_kill(k);
	p = (struct pollfd){ .fd = k->link, .events = POLLIN };
	do {
		if (poll(&p, 1, ANSWER_MS) == 0) {
			kill(k->pid, SIGKILL);	/* then the end of the stream comes */
			log_err("the guest's processes do not end");
		}
	} while (!take_report(k, MSG_DONTWAIT, &status));
	reap(k);
	free(k);
}

pid_t keeper_guest(const struct keeper *k)
{
	return k->guest;
}
