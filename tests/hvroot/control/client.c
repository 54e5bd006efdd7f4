// SPDX-License-Identifier: GPL-2.0-only
/* client.c - `hvroot ctl SOCKET CMD...`: send one command, print the reply. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "control/control.h"
#include "loop/log.h"
#include "loop/unixsock.h"

static int send_command(int fd, int argc, char **argv)
{
	FILE *f = fdopen(dup(fd), "w");

	if (!f)
		return -1;
	for (int i = 0; i < argc; i++)
		fprintf(f, "%s%s", i ? " " : "", argv[i]);
	fputc('\n', f);
	return fclose(f);
}

int control_client(int argc, char **argv)
{
	char line[4096];
	int fd, status = 1;
	FILE *f;

	if (argc < 4) {
		log_err("usage: hvroot ctl SOCKET COMMAND [WORD...] (try: help)");
		return 2;
	}
	fd = unix_connect(argv[2]);
	if (fd < 0)
		return 1;
	f = fdopen(fd, "r");
	if (!f || send_command(fd, argc - 3, argv + 3)) {
		log_err("%s: cannot send", argv[2]);
		return 1;
	}
	while (fgets(line, sizeof(line), f)) {
		if (!strcmp(line, "ok\n")) {
			status = 0;
			break;
		}
		if (!strncmp(line, "error: ", 7)) {
			fputs(line, stderr);
			break;
		}
		fputs(line, stdout);
	}
	fclose(f);
	return status;
}
