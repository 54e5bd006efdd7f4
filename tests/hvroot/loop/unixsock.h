/* SPDX-License-Identifier: GPL-2.0-only */
/* unixsock.h - listening and connecting unix stream sockets by path. */
#ifndef HVROOT_UNIXSOCK_H
#define HVROOT_UNIXSOCK_H

/* A listening socket at @path (an old socket there is replaced), or -1 after log_err(). */
int unix_listen(const char *path);

/* A connection to @path, or -1 after log_err(). */
int unix_connect(const char *path);

#endif
