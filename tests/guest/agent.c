// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's agent: runs shell scripts that come over a serial line and
 * answers with their output and exit status. It is the guest's PID 1, once
 * /init has set things up, so it also reaps.
 *
 *   to the machine    agent ready
 *   from the machine  run END
 *                     ...script...
 *                     .END
 *   to the machine    ...output (stdout and stderr)...
 *                     =END STATUS
 *
 * A Ctrl-C (byte 3) while a script runs kills it (status 137). The answer
 * always begins a line.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#define SCRIPT "/run/agent.sh"
#define CTRL_C 3

static int line = -1;

static void say(const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(line, p, len);

		if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
			struct pollfd w = { .fd = line, .events = POLLOUT };

			poll(&w, 1, 1000);
			continue;
		}
		if (n <= 0)
			return;
		p += n;
		len -= n;
	}
}

/* One byte of input; waits. */
static int next_byte(void)
{
	static unsigned char buf[4096];
	static ssize_t have, at;

	while (at == have) {
		struct pollfd r = { .fd = line, .events = POLLIN };

		poll(&r, 1, -1);
		at = 0;
		have = read(line, buf, sizeof(buf));
		if (have < 0)
			have = 0;
		if (!have)
			usleep(10000);
	}
	return buf[at++];
}

/* Read a line into a buffer that grows; returns it without its end. */
static char *read_line(void)
{
	static char *text;
	static size_t room;
	size_t len = 0;
	int c;

	while ((c = next_byte()) != '\n') {
		if (len + 2 > room) {
			room = room ? room * 2 : 256;
			text = realloc(text, room);
			if (!text)
				abort();
		}
		if (c != '\r')
			text[len++] = c;
	}
	if (!text)
		return "";
	text[len] = 0;
	return text;
}

/* Store the script up to the line ".END". */
static void take_script(const char *end)
{
	FILE *f = fopen(SCRIPT, "we");

	for (;;) {
		char *text = read_line();

		if (text[0] == '.' && !strcmp(text + 1, end))
			break;
		if (f)
			fprintf(f, "%s\n", text);
	}
	if (f)
		fclose(f);
}

static pid_t start(int *output)
{
	int p[2];
	pid_t pid;
	sigset_t none;

	if (pipe2(p, O_CLOEXEC))
		return -1;
	pid = fork();
	if (pid) {
		close(p[1]);
		fcntl(p[0], F_SETFL, O_NONBLOCK);
		*output = p[0];
		return pid;
	}
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	dup2(open("/dev/null", O_RDONLY), 0);
	dup2(p[1], 1);
	dup2(p[1], 2);
	execl("/bin/sh", "sh", SCRIPT, NULL);
	_exit(127);
}

/* Pass on what there is; returns 0 at the end of it. *begun: the last line has no end yet. */
static int carry(int fd, int *begun)
{
	char buf[4096];
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n <= 0)
		return n < 0 && errno == EAGAIN ? -1 : 0;
	say(buf, n);
	*begun = buf[n - 1] != '\n';
	return 1;
}

static int reap(pid_t wanted, int *status)
{
	int st, found = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		if (pid == wanted) {
			*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
			found = 1;
		}
	return found;
}

static int run(int sigfd, int *begun)
{
	struct signalfd_siginfo si;
	int output = -1, status = 126;
	pid_t pid = start(&output);

	if (pid < 0)
		return status;
	for (;;) {
		struct pollfd p[] = {
			{ .fd = output, .events = POLLIN },
			{ .fd = sigfd, .events = POLLIN },
			{ .fd = line, .events = POLLIN },
		};

		poll(p, 3, -1);
		if (p[0].revents && !carry(output, begun)) {
			close(output);
			output = -1;
		}
		if (p[2].revents & POLLIN && next_byte() == CTRL_C)
			kill(-pid, SIGKILL);
		if (p[1].revents) {
			(void)!read(sigfd, &si, sizeof(si));
			if (reap(pid, &status))
				break;
		}
	}
	while (output >= 0 && carry(output, begun) > 0)
		;
	if (output >= 0)
		close(output);
	return status;
}

static int open_line(const char *path)
{
	struct termios t;

	line = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	if (line < 0 || tcgetattr(line, &t))
		return -1;
	cfmakeraw(&t);
	t.c_cflag |= CLOCAL | CREAD;
	cfsetspeed(&t, B115200);
	return tcsetattr(line, TCSANOW, &t);
}

int main(int argc, char **argv)
{
	sigset_t child;
	int sigfd;

	if (argc != 2 || open_line(argv[1])) {
		fprintf(stderr, "agent: no serial line %s\n", argc == 2 ? argv[1] : "given");
		return 1;
	}
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigfd = signalfd(-1, &child, SFD_CLOEXEC);
	say("agent ready\n", 12);
	for (;;) {
		char *text = read_line();
		char end[64], answer[96];
		int begun = 0, status;

		if (sscanf(text, "run %63s", end) != 1)
			continue;
		take_script(end);
		status = run(sigfd, &begun);
		snprintf(answer, sizeof(answer), "%s=%s %d\n", begun ? "\n" : "", end, status);
		say(answer, strlen(answer));
	}
}
