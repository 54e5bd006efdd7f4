// SPDX-License-Identifier: GPL-2.0-only
/*
 * liar.c - stands in for the kernel's program of --machine process: a guest
 * that does one thing, chosen by mode=NAME on its command line, that a guest
 * may do to hvroot, by mistake or to harm it. run.py judges hvroot; what hvroot
 * answers is judged here: exit status 9 when it is wrong.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "machine/process/process_wire.h"

#define BYTES		(1 << 20)
#define WRONG		9
#define POST_MESSAGE	0x5c
#define SHUT_CONNECTION	0x12
#define REFUSED		1

#define MUST(cond) do {								\
		if (!(cond)) {							\
			dprintf(2, "liar: line %d: not %s\n", __LINE__, #cond);	\
			exit(WRONG);						\
		}								\
	} while (0)

static const char *arg_of(char **argv, const char *name)
{
	size_t n = strlen(name);

	for (; *argv; argv++)
		if (!strncmp(*argv, name, n) && (*argv)[n] == '=')
			return *argv + n + 1;
	return "";
}

/* ---- the call socket ---- */

static void send_raw(const void *data, size_t len, const int *fds, unsigned int nfds)
{
	struct iovec iov = { .iov_base = (void *)data, .iov_len = len };
	union {
		struct cmsghdr h;
		char room[CMSG_SPACE(8 * sizeof(int))];
	} ctl = { 0 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nfds) {
		msg.msg_control = &ctl;
		msg.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		ctl.h.cmsg_level = SOL_SOCKET;
		ctl.h.cmsg_type = SCM_RIGHTS;
		ctl.h.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&ctl.h), fds, nfds * sizeof(int));
	}
	MUST(sendmsg(PROCESS_FD_CALLS, &msg, MSG_NOSIGNAL) == (ssize_t)len);
}

static uint64_t take_answer(const struct process_call *c)
{
	struct process_answer a;

	MUST(recv(PROCESS_FD_CALLS, &a, sizeof(a), 0) == sizeof(a));
	MUST(a.op == c->op && a.vp == c->vp);
	return a.result;
}

static uint64_t ask(struct process_call c)
{
	send_raw(&c, sizeof(c), NULL, 0);
	return take_answer(&c);
}

static void tell(struct process_call c)
{
	send_raw(&c, sizeof(c), NULL, 0);
}

static int new_memory(void)
{
	int fd = memfd_create("guest", 0);

	MUST(fd >= 0 && !ftruncate(fd, BYTES));
	return fd;
}

static uint64_t hello_with(uint64_t bytes, const int *fds, unsigned int nfds)
{
	struct process_call c = { .op = PROCESS_HELLO, .a = bytes, .b = PROCESS_WIRE_VERSION, .c = 1 };

	send_raw(&c, sizeof(c), fds, nfds);
	return take_answer(&c);
}

static int hello(void)
{
	int fd = new_memory();

	MUST(hello_with(BYTES, &fd, 1) == 0);
	return fd;
}

static uint64_t post(uint64_t at)
{
	return ask((struct process_call){ .op = PROCESS_HYPERCALL, .a = POST_MESSAGE, .b = at });
}

static void crash(void)
{
	for (unsigned int i = 0; i < 5; i++)
		MUST(!ask((struct process_call){ .op = PROCESS_REGISTER, .a = PROCESS_CRASH_P0 + i, .b = i + 10 }));
	MUST(!ask((struct process_call){
		.op = PROCESS_REGISTER, .a = PROCESS_CRASH_CTL, .b = PROCESS_CRASH_NOTIFY }));
}

/* ---- what it can do ---- */

static void do_off(void)
{
	hello();
}

static void do_status(void)
{
	exit(7);
}

static void do_abort(void)
{
	abort();
}

static void do_crash(void)
{
	hello();
	crash();
	exit(1);
}

static void do_crash_hang(void)
{
	crash();
	pause();
}

static void do_crash_flood(void)
{
	for (unsigned int i = 0; i < 1000; i++)
		crash();
	pause();
}

static void do_hang(void)
{
	hello();
	dprintf(1, "hanging\n");
	pause();
}

static void do_bad_calls(void)
{
	struct process_call eom = { .op = PROCESS_EOM }, many[2] = { eom, eom };

	send_raw("hello", 5, NULL, 0);
	send_raw(many, sizeof(many), NULL, 0);
	tell((struct process_call){ .op = PROCESS_OPS });
	tell((struct process_call){ .op = 0xffffffff, .vp = 0xffffffff });
	tell((struct process_call){ .op = PROCESS_EOM, .vp = 1 });
	tell((struct process_call){ .op = PROCESS_EOM, .a = 1 });
	tell((struct process_call){ .op = PROCESS_SIGNAL, .a = POST_MESSAGE });
	MUST(ask((struct process_call){ .op = PROCESS_TIME, .vp = 64 }) == REFUSED);
	MUST(ask((struct process_call){ .op = PROCESS_TIME, .c = 1 }) == REFUSED);
	MUST(ask((struct process_call){ .op = PROCESS_SYNIC, .vp = 0xffffffff, .a = 1 }) == REFUSED);
	MUST(ask((struct process_call){ .op = PROCESS_REGISTER, .a = PROCESS_CRASH_P0 + 6 }) == REFUSED);
	MUST(ask((struct process_call){ .op = PROCESS_REGISTER, .a = ~0ull }) == REFUSED);
	/* no memory yet, and then at its edge */
	MUST(ask((struct process_call){ .op = PROCESS_SYNIC, .a = 1, .b = 1, .c = ~0ull }) == 0);
	MUST(post(0) != 0);
	hello();
	MUST(ask((struct process_call){ .op = PROCESS_SYNIC, .a = 1, .b = BYTES | 1, .c = ~0ull }) == 0);
	MUST(post(BYTES) != 0 && post(BYTES - 8) != 0 && post(~7ull) != 0);
	MUST(post(BYTES - 256) == SHUT_CONNECTION);
}

static void do_bad_hellos(void)
{
	int ro = open("/dev/zero", O_RDONLY), dir = open("/", O_RDONLY), fd = new_memory(), pipes[2];
	int sealed = memfd_create("sealed", MFD_ALLOW_SEALING);
	char path[32];

	MUST(!pipe(pipes) && !ftruncate(sealed, BYTES) && !fcntl(sealed, F_ADD_SEALS, F_SEAL_WRITE));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	MUST(hello_with(BYTES, NULL, 0) == REFUSED);
	MUST(hello_with(BYTES, &ro, 1) == REFUSED);
	MUST(hello_with(BYTES, &dir, 1) == REFUSED);
	MUST(hello_with(BYTES, &pipes[0], 1) == REFUSED);
	ro = open(path, O_RDONLY);
	MUST(hello_with(BYTES, &ro, 1) == REFUSED);
	MUST(hello_with(BYTES, &sealed, 1) == REFUSED);
	MUST(hello_with(BYTES + 4096, &fd, 1) == REFUSED);
	MUST(hello_with(BYTES - 1, &fd, 1) == REFUSED);
	MUST(hello_with(1ull << 63, &fd, 1) == REFUSED);
	MUST(hello_with(0, &fd, 1) == REFUSED);
	MUST(post(0) != 0 && post(0) != SHUT_CONNECTION);
	MUST(hello_with(BYTES, &fd, 1) == 0);
	MUST(post(0) == SHUT_CONNECTION);
}

/* A descriptor with each message, or more, or where none belongs: run.py counts hvroot's. */
static void do_descriptors(void)
{
	int fd = new_memory(), fds[3] = { fd, fd, fd };
	struct process_call eom = { .op = PROCESS_EOM };

	for (unsigned int i = 0; i < 100; i++) {
		send_raw(&eom, sizeof(eom), fds, 3);
		send_raw(&eom, sizeof(eom), fds, 1);
		send_raw("x", 1, fds, 2);
	}
	MUST(hello_with(BYTES, &fd, 1) == 0);
	dprintf(1, "sent\n");
	pause();
}

/* Takes its memory away while hvroot uses it. */
static void do_truncate(void)
{
	int fd = hello();

	MUST(!ask((struct process_call){ .op = PROCESS_SYNIC, .a = 1, .b = 0x1001, .c = 0x2001 }));
	MUST(!ftruncate(fd, 0));
	MUST(post(0x3000) == SHUT_CONNECTION);
	MUST(!ask((struct process_call){ .op = PROCESS_SYNIC, .a = 1, .b = 0x4001, .c = 0x5001 }));
	MUST(ask((struct process_call){ .op = PROCESS_TIME }));
}

/* Asks and asks, and reads no answer. */
static void do_flood(void)
{
	hello();
	for (unsigned int i = 0; i < 50000; i++)
		tell((struct process_call){ .op = PROCESS_TIME });
}

static void do_deaf(void)
{
	hello();
	close(PROCESS_FD_CALLS);
	dprintf(1, "deaf\n");
	usleep(100000);
}

static void child(const char *what, int group, int done)
{
	if (group == 2)
		setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	dprintf(1, "%s=%d\n", what, getpid());
	MUST(write(done, "", 1) == 1);
	for (;;)
		pause();
}

/* As UML does with the processes of its user space, and worse. */
static void do_orphans(void)
{
	int done[2];
	char c;

	hello();
	MUST(!pipe(done));
	for (int group = 1; group <= 2; group++) {
		if (!fork())
			child("child", group, done[1]);
		if (!fork()) {
			if (!fork())
				child("grandchild", group, done[1]);
			_exit(0);
		}
	}
	for (unsigned int i = 0; i < 4; i++)
		MUST(read(done[0], &c, 1) == 1);
}

static void do_again(void)
{
	hello();
	hello();
}

static void do_same(void)
{
	int fd = hello();

	MUST(hello_with(BYTES, &fd, 1) == 0);
	MUST(post(0) == SHUT_CONNECTION);
}

static void do_again_hang(void)
{
	int fd = new_memory();

	hello();
	hello_with(BYTES, &fd, 1);
	pause();
}

/* Hvroot is the keeper's parent; it goes on when run.py says so. */
static void stop_hvroot(void)
{
	char path[32], text[256];
	const char *p;
	int fd, n;

	snprintf(path, sizeof(path), "/proc/%d/stat", getppid());
	fd = open(path, O_RDONLY);
	n = read(fd, text, sizeof(text) - 1);
	MUST(n > 0);
	text[n] = 0;
	p = strrchr(text, ')');
	MUST(p);
	MUST(!kill(atoi(p + 4), SIGSTOP));
}

/* The call socket holds more than hvroot takes at once, and the guest is gone. */
static void do_last_words(void)
{
	stop_hvroot();
	for (unsigned int i = 0; i < 240; i++)
		tell((struct process_call){ .op = PROCESS_EOM });
	for (unsigned int i = 0; i < 5; i++)
		tell((struct process_call){ .op = PROCESS_REGISTER, .a = PROCESS_CRASH_P0 + i, .b = i + 10 });
	tell((struct process_call){
		.op = PROCESS_REGISTER, .a = PROCESS_CRASH_CTL, .b = PROCESS_CRASH_NOTIFY });
}

/* More than hvroot's buffer, in few pieces, so that the socket takes it. */
static void do_talk(void)
{
	char text[132000 + 1];

	for (unsigned int i = 0; i < 12000; i++)
		snprintf(text + 11 * i, sizeof(text) - 11 * i, "line %05u\n", i);
	stop_hvroot();
	for (unsigned int at = 0; at < 132000; at += 12000)
		MUST(write(1, text + at, 12000) == 12000);
	MUST(write(2, "the end\n", 8) == 8);
	abort();
}

static void do_echo(void)
{
	char c;

	while (read(PROCESS_FD_AGENT, &c, 1) == 1 && c != '.')
		MUST(write(PROCESS_FD_AGENT, &c, 1) == 1);
}

/* Nothing that is not its own may have come along. */
static void do_descriptor_list(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			dprintf(1, "fd %d\n", fd);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*fn)(void);
	} modes[] = {
		{ "off", do_off }, { "status", do_status }, { "abort", do_abort }, { "crash", do_crash },
		{ "crash-hang", do_crash_hang }, { "crash-flood", do_crash_flood }, { "hang", do_hang }, { "bad-calls", do_bad_calls },
		{ "bad-hellos", do_bad_hellos }, { "descriptors", do_descriptors },
		{ "truncate", do_truncate }, { "flood", do_flood }, { "deaf", do_deaf },
		{ "orphans", do_orphans }, { "again", do_again }, { "same", do_same },
		{ "again-hang", do_again_hang }, { "talk", do_talk },
		{ "last-words", do_last_words }, { "echo", do_echo },
		{ "descriptor-list", do_descriptor_list },
	};
	const char *mode = arg_of(argv, "mode");

	for (unsigned int i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (!strcmp(modes[i].name, mode)) {
			modes[i].fn();
			return 0;
		}
	}
	dprintf(2, "liar: no mode '%s'\n", mode);
	return WRONG;
}
