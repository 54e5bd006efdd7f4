// SPDX-License-Identifier: GPL-2.0-only
/* unixsock.c - listening and connecting unix stream sockets by path. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "loop/log.h"
#include "loop/unixsock.h"

static int unix_socket(const char *path, struct sockaddr_un *sa)
{
	int fd;

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (strlen(path) >= sizeof(sa->sun_path)) {
		log_err("%s: socket path longer than %zu bytes", path, sizeof(sa->sun_path) - 1);
		return -1;
	}
	strcpy(sa->sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		log_err("socket: %s", strerror(errno));
	return fd;
}

int unix_listen(const char *path)
{
	struct sockaddr_un sa;
	struct stat st;
	int fd = unix_socket(path, &sa);

	if (fd < 0)
		return -1;
	if (!lstat(path, &st) && S_ISSOCK(st.st_mode))
		unlink(path);
	if (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, 8) < 0) {
		log_err("%s: cannot listen: %s", path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}

int unix_connect(const char *path)
{
	struct sockaddr_un sa;
	int fd = unix_socket(path, &sa);

	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0) {
		log_err("%s: cannot connect: %s; is a hvroot running with --control there?",
			path, strerror(errno));
		close(fd);
		return -1;
	}
	return fd;
}
