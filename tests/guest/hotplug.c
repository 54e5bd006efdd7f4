// SPDX-License-Identifier: GPL-2.0-only
/*
 * What udev does for module loading, and no more: for each device that the
 * kernel announces, "modprobe MODALIAS". Nothing here names a module.
 *
 * /run/hotplug.seq holds the number of the last event that is wholly dealt
 * with; bin/settle compares it with the kernel's.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *field(const char *event, size_t len, const char *key)
{
	size_t n = strlen(key);

	for (const char *s = event; s < event + len; s += strlen(s) + 1)
		if (!strncmp(s, key, n) && s[n] == '=')
			return s + n + 1;
	return NULL;
}

static void probe(const char *alias)
{
	pid_t pid = fork();

	if (!pid) {
		execl("/sbin/modprobe", "modprobe", "-b", "-q", alias, NULL);
		_exit(127);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void done_with(const char *seq)
{
	int fd = open("/run/hotplug.seq", O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	char text[24];

	snprintf(text, sizeof(text), "%-20s\n", seq);
	if (fd >= 0 && pwrite(fd, text, strlen(text), 0) < 0)
		perror("hotplug");
	close(fd);
}

int main(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);
	int room = 4 << 20;
	char buf[16384];

	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room));
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror("hotplug");
		return 1;
	}
	if (daemon(0, 1))
		return 1;
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf) - 1, 0);
		const char *action, *alias, *seq;

		if (n <= 0) {
			if (errno == ENOBUFS)
				fprintf(stderr, "hotplug: events lost\n");
			continue;
		}
		buf[n] = 0;
		action = field(buf, n, "ACTION");
		alias = field(buf, n, "MODALIAS");
		seq = field(buf, n, "SEQNUM");
		if (action && alias && !strcmp(action, "add"))
			probe(alias);
		if (seq)
			done_with(seq);
	}
}
