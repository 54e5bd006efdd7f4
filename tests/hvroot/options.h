/* SPDX-License-Identifier: GPL-2.0-only */
/* options.h - the command line. */
#ifndef HVROOT_OPTIONS_H
#define HVROOT_OPTIONS_H

struct machine_options;

/* Exit statuses; --help documents them. */
enum {
	EXIT_OFF = 0,
	EXIT_TROUBLE = 1,
	EXIT_USAGE = 2,
	EXIT_CRASH = 3,
	EXIT_RESET = 4,
};

/* 0 = go on, 1 = --help was served, -1 after log_err(). */
int options_parse(struct machine_options *o, int argc, char **argv);

#endif
