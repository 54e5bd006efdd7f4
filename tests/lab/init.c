// SPDX-License-Identifier: GPL-2.0-only
/*
 * The outer VM's init: makes the machine's own file system its root
 * (read-only, over 9p), runs one command there, and carries the command's
 * input, output, signals and exit status over one virtio-serial port.
 *
 * Frames on the port, both ways: type (1 byte), length (4 bytes, little
 * endian), payload.
 *   from the machine   S start: NUL-ended strings, first byte says what:
 *                        A argument, E environment, C current directory,
 *                        B folder to show even if hidden, O results folder
 *                      I input, Z end of input, K signal (1 byte), N nothing
 *   to the machine     R running, O output, E errors, X exit status (1 byte),
 *                      A input taken (4 bytes), F failed (text)
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PIECE 16384
#define WINDOW 65536 /* input that the machine may send before it is taken */
#define MAX_STRINGS 4096
#define MODPROBE "/run/lab-modprobe"
#define MAX_FRAME (4 << 20)

struct job {
	char *argv[MAX_STRINGS];
	char *envp[MAX_STRINGS];
	char *shown[64];
	char *out;
	char *cwd;
	int argc, envc, shownc;
	pid_t pid;
	int in, stdout_fd, stderr_fd;
	char pending[WINDOW];
	size_t pending_len;
	int input_ended;
};

static int port = -1;

static void write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EAGAIN) {
			struct pollfd w = { .fd = fd, .events = POLLOUT };

			poll(&w, 1, 1000);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		p += n;
		len -= n;
	}
}

static void send_frame(char type, const void *data, uint32_t len)
{
	char head[5] = { type };

	memcpy(head + 1, &len, 4);
	write_all(port, head, sizeof(head));
	write_all(port, data, len);
}

static void die(const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fprintf(stderr, "lab: %s\n", text);
	if (port >= 0)
		send_frame('F', text, strlen(text));
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void read_all(void *data, size_t len)
{
	char *p = data;

	while (len) {
		ssize_t n = read(port, p, len);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			struct pollfd r = { .fd = port, .events = POLLIN };

			poll(&r, 1, 1000);
			continue;
		}
		if (n == 0) { /* the machine's end is not there (yet) */
			usleep(2000);
			continue;
		}
		if (n < 0)
			die("port: %s", strerror(errno));
		p += n;
		len -= n;
	}
}

static char *read_frame(char *type, uint32_t *len)
{
	char head[5], *data;

	read_all(head, sizeof(head));
	*type = head[0];
	memcpy(len, head + 1, 4);
	if (*len > MAX_FRAME)
		die("frame of %u bytes", *len);
	data = malloc(*len + 1);
	if (!data)
		die("no memory");
	read_all(data, *len);
	data[*len] = 0;
	return data;
}

/* /m/00-name.ko, /m/01-name.ko...: dependencies come first */
static void load_modules(void)
{
	struct dirent **e;
	int n = scandir("/m", &e, NULL, alphasort);

	for (int i = 0; i < n; i++) {
		char path[300];
		int fd;

		if (e[i]->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/m/%s", e[i]->d_name);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST))
			fprintf(stderr, "lab: %s: %s\n", path, strerror(errno));
		close(fd);
	}
}

static void open_port(void)
{
	for (int i = 0; i < 5000; i++) {
		port = open("/dev/vport0p1", O_RDWR | O_CLOEXEC);
		if (port < 0)
			port = open("/dev/vport1p1", O_RDWR | O_CLOEXEC);
		if (port >= 0)
			return;
		usleep(2000);
	}
	die("no virtio-serial port");
}

static void must_mount(const char *what, const char *where, const char *type, unsigned long flags,
		       const char *options)
{
	if (mount(what, where, type, flags, options))
		die("cannot mount %s at %s: %s", what, where, strerror(errno));
}

static void make_path(const char *path)
{
	char copy[4096], *p;

	snprintf(copy, sizeof(copy), "%s", path);
	for (p = copy + 1; *p; p++) {
		if (*p != '/')
			continue;
		*p = 0;
		mkdir(copy, 0755);
		*p = '/';
	}
	mkdir(copy, 0755);
}

static void parse_start(struct job *job, char *data, uint32_t len)
{
	for (char *s = data; s < data + len; s += strlen(s) + 1) {
		switch (*s) {
		case 'A':
			if (job->argc < MAX_STRINGS - 1)
				job->argv[job->argc++] = s + 1;
			break;
		case 'E':
			if (job->envc < MAX_STRINGS - 1)
				job->envp[job->envc++] = s + 1;
			break;
		case 'B':
			if (job->shownc < 64)
				job->shown[job->shownc++] = s + 1;
			break;
		case 'C':
			job->cwd = s + 1;
			break;
		case 'O':
			job->out = s + 1;
			break;
		}
	}
	if (!job->argc || !job->cwd || !job->out)
		die("bad start frame");
}

/* Folders under /tmp, /run or /dev of the machine would be hidden by ours. */
static int hidden(const char *path)
{
	static const char *const tops[] = { "/tmp/", "/run/", "/dev/" };

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++)
		if (!strncmp(path, tops[i], strlen(tops[i])))
			return 1;
	return 0;
}

static void enter_machine(struct job *job)
{
	int shown[64];
	char path[64];

	must_mount("root", "/new", "9p", MS_RDONLY | MS_NOATIME,
		   "trans=virtio,version=9p2000.L,msize=1048576,cache=loose,access=any");
	if (chdir("/new"))
		die("/new: %s", strerror(errno));
	for (int i = 0; i < job->shownc; i++)
		shown[i] = hidden(job->shown[i]) ? open(job->shown[i] + 1, O_PATH | O_DIRECTORY) : -1;
	must_mount("/proc", "proc", NULL, MS_MOVE, NULL);
	must_mount("/sys", "sys", NULL, MS_MOVE, NULL);
	must_mount("/dev", "dev", NULL, MS_MOVE, NULL);
	must_mount("tmpfs", "tmp", "tmpfs", 0, "mode=1777,size=90%");
	must_mount("tmpfs", "run", "tmpfs", 0, "mode=0755");
	must_mount(".", "/", NULL, MS_MOVE, NULL);
	if (chroot(".") || chdir("/"))
		die("chroot: %s", strerror(errno));
	mkdir("/dev/pts", 0755);
	mkdir("/dev/shm", 01777);
	mkdir("/run/lock", 01777);
	mount("devpts", "/dev/pts", "devpts", 0, "ptmxmode=0666");
	mount("tmpfs", "/dev/shm", "tmpfs", 0, "mode=1777");
	mount("debugfs", "/sys/kernel/debug", "debugfs", 0, NULL);
	symlink("/proc/self/fd", "/dev/fd");
	symlink("/proc/self/fd/0", "/dev/stdin");
	symlink("/proc/self/fd/1", "/dev/stdout");
	symlink("/proc/self/fd/2", "/dev/stderr");
	for (int i = 0; i < job->shownc; i++) {
		if (shown[i] < 0)
			continue;
		make_path(job->shown[i]);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", shown[i]);
		must_mount(path, job->shown[i], NULL, MS_BIND, NULL);
		close(shown[i]);
	}
	make_path(job->out);
	must_mount("out", job->out, "9p", MS_NOATIME,
		   "trans=virtio,version=9p2000.L,msize=1048576,cache=none,access=any");
}

static void write_file(const char *path, int mode, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	if (fd < 0)
		die("%s: %s", path, strerror(errno));
	write_all(fd, text, strlen(text));
	close(fd);
}

/*
 * modprobe looks in /lib/modules, which the machine may not even have as an empty
 * folder. MODPROBE_OPTIONS has the right one; the kernel's own calls do not see it.
 */
static void tell_modprobe(struct job *job)
{
	static const char name[] = "MODPROBE_OPTIONS=";
	char script[PATH_MAX + 100];

	for (int i = 0; i < job->envc; i++) {
		if (strncmp(job->envp[i], name, sizeof(name) - 1))
			continue;
		snprintf(script, sizeof(script), "#!/bin/sh\n%s'%s' exec /sbin/modprobe \"$@\"\n",
			 name, job->envp[i] + sizeof(name) - 1);
		write_file(MODPROBE, 0755, script);
		write_file("/proc/sys/kernel/modprobe", 0, MODPROBE);
	}
}

static void loopback_up(void)
{
	struct ifreq ifr = { .ifr_name = "lo" };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !ioctl(fd, SIOCGIFFLAGS, &ifr)) {
		ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
		ioctl(fd, SIOCSIFFLAGS, &ifr);
	}
	close(fd);
}

static void start(struct job *job)
{
	int in[2], out[2], err[2];
	sigset_t none;

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC) || pipe2(err, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	job->pid = fork();
	if (job->pid < 0)
		die("fork: %s", strerror(errno));
	if (!job->pid) {
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		setsid();
		dup2(in[0], 0);
		dup2(out[1], 1);
		dup2(err[1], 2);
		if (chdir(job->cwd)) {
			fprintf(stderr, "scripts/lab: %s: %s\n", job->cwd, strerror(errno));
			_exit(126);
		}
		environ = job->envp;
		execvp(job->argv[0], job->argv);
		fprintf(stderr, "scripts/lab: %s: %s\n", job->argv[0], strerror(errno));
		_exit(errno == ENOENT ? 127 : 126);
	}
	close(in[0]);
	close(out[1]);
	close(err[1]);
	job->in = in[1];
	job->stdout_fd = out[0];
	job->stderr_fd = err[0];
	fcntl(job->in, F_SETFL, O_NONBLOCK);
	fcntl(job->stdout_fd, F_SETFL, O_NONBLOCK);
	fcntl(job->stderr_fd, F_SETFL, O_NONBLOCK);
}

/* One piece of the command's output; 0 when there is no more for now. */
static int carry(int *fd, char type)
{
	char buf[PIECE];
	ssize_t n;

	if (*fd < 0)
		return 0;
	n = read(*fd, buf, sizeof(buf));
	if (n > 0) {
		send_frame(type, buf, n);
		return 1;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
	return 0;
}

static void feed(struct job *job)
{
	if (job->in >= 0 && job->pending_len) {
		ssize_t n = write(job->in, job->pending, job->pending_len);
		uint32_t taken = n > 0 ? n : 0;

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			taken = job->pending_len; /* nobody reads it: swallow */
			close(job->in);
			job->in = -1;
		}
		memmove(job->pending, job->pending + taken, job->pending_len - taken);
		job->pending_len -= taken;
		if (taken)
			send_frame('A', &taken, 4);
	}
	if (job->in >= 0 && job->input_ended && !job->pending_len) {
		close(job->in);
		job->in = -1;
	}
}

static void from_machine(struct job *job)
{
	uint32_t len;
	char type, *data = read_frame(&type, &len);

	if (type == 'I' && job->in >= 0 && len <= WINDOW - job->pending_len) {
		memcpy(job->pending + job->pending_len, data, len);
		job->pending_len += len;
	} else if (type == 'I') {
		send_frame('A', &len, 4);
	} else if (type == 'Z') {
		job->input_ended = 1;
	} else if (type == 'K' && len == 1) {
		kill(-job->pid, data[0]);
	}
	free(data);
	feed(job);
}

/* Reap; returns 1 with the status when it was the command itself. */
static int reaped(struct job *job, int *status)
{
	pid_t pid;
	int st, mine = 0;

	while ((pid = waitpid(-1, &st, WNOHANG)) > 0)
		if (pid == job->pid) {
			*status = WIFSIGNALED(st) ? 128 + WTERMSIG(st) : WEXITSTATUS(st);
			mine = 1;
		}
	return mine;
}

static int serve(struct job *job, int sigfd)
{
	struct signalfd_siginfo si;
	int status = 0;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = port, .events = POLLIN },
			{ .fd = sigfd, .events = POLLIN },
			{ .fd = job->stdout_fd, .events = POLLIN },
			{ .fd = job->stderr_fd, .events = POLLIN },
			{ .fd = job->pending_len ? job->in : -1, .events = POLLOUT },
		};

		poll(p, 5, -1);
		if (p[2].revents)
			carry(&job->stdout_fd, 'O');
		if (p[3].revents)
			carry(&job->stderr_fd, 'E');
		if (p[4].revents)
			feed(job);
		if (p[1].revents) {
			(void)!read(sigfd, &si, sizeof(si));
			if (reaped(job, &status))
				return status;
		}
		if (p[0].revents & POLLIN)
			from_machine(job);
	}
}

int main(void)
{
	static struct job job;
	unsigned char status;
	sigset_t child;
	uint32_t len;
	char type, *data;
	int sigfd;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	load_modules();
	open_port();
	data = read_frame(&type, &len);
	if (type != 'S')
		die("frame '%c' before the start", type);
	parse_start(&job, data, len);
	enter_machine(&job);
	tell_modprobe(&job);
	loopback_up();

	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_BLOCK, &child, NULL);
	sigfd = signalfd(-1, &child, SFD_CLOEXEC);
	signal(SIGPIPE, SIG_IGN);
	for (int i = 0; i < job.envc; i++)
		if (!strncmp(job.envp[i], "PATH=", 5))
			putenv(job.envp[i]);
	start(&job);
	send_frame('R', NULL, 0);
	status = serve(&job, sigfd);
	while (carry(&job.stdout_fd, 'O') || carry(&job.stderr_fd, 'E'))
		;
	sync();
	umount2(job.out, MNT_DETACH);
	send_frame('X', &status, 1);
	for (;;)
		pause(); /* the machine ends the VM */
}
