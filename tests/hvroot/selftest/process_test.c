// SPDX-License-Identifier: GPL-2.0-only
/* The machine that is a process: what its guest may say, and the command line it gets. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/process/process.h"
#include "test.h"

static const struct process_call good[] = {
	{ .op = PROCESS_HELLO, .a = 64 << 20, .b = PROCESS_WIRE_VERSION, .c = 2 },
	{ .op = PROCESS_HYPERCALL, .a = 0x5c, .b = 0x1000 },
	{ .op = PROCESS_SIGNAL, .a = PROCESS_SIGNAL_CONTROL, .b = 0xffffffffffffffff },
	{ .op = PROCESS_SYNIC, .a = 1, .b = 0x1001, .c = 0x2001 },
	{ .op = PROCESS_EOM },
	{ .op = PROCESS_REGISTER, .a = PROCESS_CRASH_CTL, .b = PROCESS_CRASH_NOTIFY },
	{ .op = PROCESS_TIME },
};

static const char *check(struct process_call c)
{
	return process_call_check(&c, 2);
}

static void takes_every_call(void)
{
	CHECK(sizeof(good) / sizeof(good[0]) == PROCESS_OPS);
	for (unsigned int i = 0; i < PROCESS_OPS; i++) {
		struct process_call c = good[i];

		CHECK(c.op == i);
		CHECK(!check(c));
		c.vp = 1;
		CHECK(!check(c));
		CHECK(process_call_answered(&c) == (i != PROCESS_SIGNAL && i != PROCESS_EOM));
	}
}

static void refuses_other_processors(void)
{
	for (unsigned int i = 0; i < PROCESS_OPS; i++) {
		struct process_call c = good[i];

		c.vp = 2;
		CHECK(check(c));
		c.vp = 0xffffffff;
		CHECK(check(c));
	}
}

static void refuses_other_calls(void)
{
	struct process_call c = { .op = PROCESS_OPS };

	CHECK(check(c));
	CHECK(!process_call_answered(&c));
	c.op = 0xffffffff;
	CHECK(check(c));
	CHECK(!process_call_answered(&c));
}

/* What a later version may give a meaning is 0 in this one. */
static void refuses_fields_without_a_meaning(void)
{
	CHECK(check((struct process_call){ .op = PROCESS_HYPERCALL, .a = 0x5c, .c = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_SIGNAL, .a = PROCESS_SIGNAL_CONTROL, .c = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_EOM, .a = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_EOM, .b = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_REGISTER, .c = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_TIME, .a = 1 }));
	CHECK(check((struct process_call){ .op = PROCESS_TIME, .c = 1ull << 63 }));
}

static void refuses_bad_hellos(void)
{
	struct process_call c = good[PROCESS_HELLO];

	c.b = PROCESS_WIRE_VERSION + 1;
	CHECK(check(c));
	c.b = 0;
	CHECK(check(c));
	c = good[PROCESS_HELLO];
	c.a = 0;
	CHECK(check(c));
	c.a = 4097;
	CHECK(check(c));
	c = good[PROCESS_HELLO];
	c.c = 0;
	CHECK(check(c));
}

static void refuses_signals_that_are_other_calls(void)
{
	CHECK(check((struct process_call){ .op = PROCESS_SIGNAL, .a = 0x5d }));
	CHECK(check((struct process_call){ .op = PROCESS_SIGNAL, .a = 0x5c }));
	CHECK(check((struct process_call){ .op = PROCESS_SIGNAL, .a = 0x1005c }));
}

static bool has(char **argv, const char *word)
{
	for (; *argv; argv++)
		if (!strcmp(*argv, word))
			return true;
	return false;
}

static void makes_the_command_line(void)
{
	struct machine_options o = {
		.kernel = "/boot/linux", .initrd = "/boot/initrd", .memory = 256ull << 20,
		.append = " quiet  x=\"a b\"\tnohz=off ", .agent = "/run/agent",
	};
	const char *why;
	char **argv = process_args(&o, "/tmp/d", &why);

	CHECK(argv);
	if (!argv)
		return;
	CHECK(!strcmp(argv[0], "/boot/linux"));
	CHECK(has(argv, "mem=256M"));
	CHECK(has(argv, "hvglue.call_fd=3"));
	CHECK(has(argv, "hvglue.irq_fd=8"));
	CHECK(has(argv, "ssl0=fd:4"));
	CHECK(has(argv, "ssl1=fd:5"));
	CHECK(has(argv, "uml_dir=/tmp/d/"));
	CHECK(has(argv, "initrd=/boot/initrd"));
	CHECK(has(argv, "x=\"a"));
	CHECK(has(argv, "b\""));
	CHECK(has(argv, "nohz=off"));
	CHECK(!has(argv, ""));
	process_args_free(argv);
}

static void asks_for_processors(void)
{
	struct machine_options o = { .kernel = "/linux", .memory = 64ull << 20, .cpus = 4 };
	const char *why;
	char **argv = process_args(&o, "/tmp/d", &why);

	CHECK(argv && has(argv, "ncpus=4") && has(argv, "seccomp=on"));
	process_args_free(argv);
	o.cpus = 1;		/* a kernel without SMP does not know the words */
	argv = process_args(&o, "/tmp/d", &why);
	CHECK(argv && !has(argv, "ncpus=1") && !has(argv, "seccomp=on"));
	process_args_free(argv);
}

static void leaves_out_what_is_not_there(void)
{
	struct machine_options o = { .kernel = "linux", .memory = 64ull << 20 };
	const char *why;
	char **argv = process_args(&o, "/tmp/d", &why);

	CHECK(argv);
	if (!argv)
		return;
	/* executed again at a reboot, by a search in PATH */
	CHECK(!strcmp(argv[0], "./linux"));
	CHECK(!has(argv, "ssl1=fd:5"));
	for (char **a = argv; *a; a++)
		CHECK(strncmp(*a, "initrd", 6));
	process_args_free(argv);
}

static void refuses_what_the_kernel_would_cut(void)
{
	struct machine_options o = { .kernel = "/linux", .memory = 64ull << 20 };
	char text[8192];
	const char *why = NULL;

	memset(text, 'x', sizeof(text));
	text[5000] = 0;
	o.append = text;
	CHECK(!process_args(&o, "/tmp/d", &why) && why);
	for (unsigned int i = 0; i < 4000; i++)
		text[i] = i % 2 ? ' ' : 'x';
	text[4000] = 0;
	why = NULL;
	CHECK(!process_args(&o, "/tmp/d", &why) && why);
	text[300] = 0;
	why = NULL;
	process_args_free(process_args(&o, "/tmp/d", &why));
}

const struct test process_tests[] = {
	{ "takes_every_call", takes_every_call },
	{ "refuses_other_processors", refuses_other_processors },
	{ "refuses_other_calls", refuses_other_calls },
	{ "refuses_fields_without_a_meaning", refuses_fields_without_a_meaning },
	{ "refuses_bad_hellos", refuses_bad_hellos },
	{ "refuses_signals_that_are_other_calls", refuses_signals_that_are_other_calls },
	{ "makes_the_command_line", makes_the_command_line },
	{ "asks_for_processors", asks_for_processors },
	{ "leaves_out_what_is_not_there", leaves_out_what_is_not_there },
	{ "refuses_what_the_kernel_would_cut", refuses_what_the_kernel_would_cut },
	{ 0 },
};
