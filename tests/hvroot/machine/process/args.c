// SPDX-License-Identifier: GPL-2.0-only
/* args.c - the command line of the guest's program. Pure. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "machine/process/process.h"

#define WORDS_MAX	250
#define LINE_MAX_BYTES	4095		/* UML's COMMAND_LINE_SIZE, less the end */

struct args {
	char **argv;
	unsigned int n;
	size_t bytes;
	const char *why;
};

static void add(struct args *a, const char *word, size_t len)
{
	char *copy;

	if (a->why)
		return;
	copy = a->n < WORDS_MAX ? strndup(word, len) : NULL;
	if (!copy) {
		a->why = a->n < WORDS_MAX ? "out of memory" : "too many words";
		return;
	}
	a->argv[a->n++] = copy;
	a->bytes += len + 1;
	if (a->bytes > LINE_MAX_BYTES)
		a->why = "the kernel takes 4095 bytes";
}

__attribute__((format(printf, 2, 3)))
static void addf(struct args *a, const char *fmt, ...)
{
	char word[LINE_MAX_BYTES + 1];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(word, sizeof(word), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(word))
		a->why = "the kernel takes 4095 bytes";
	else
		add(a, word, n);
}

/* UML joins the words again, with one blank between. */
static void add_words(struct args *a, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, " \t\n");

		if (n)
			add(a, text, n);
		text += n + (text[n] != 0);
	}
}

char **process_args(const struct machine_options *o, const char *dir, const char **why)
{
	struct args a = { .argv = calloc(WORDS_MAX + 1, sizeof(char *)) };

	*why = "out of memory";
	if (!a.argv)
		return NULL;
	/* UML starts itself anew by a search in PATH, unless there is a slash. */
	addf(&a, "%s%s", strchr(o->kernel, '/') ? "" : "./", o->kernel);
	addf(&a, "mem=%lluM", (unsigned long long)o->memory >> 20);
	addf(&a, "hvglue.call_fd=%d", PROCESS_FD_CALLS);
	addf(&a, "hvglue.irq_fd=%d", PROCESS_FD_IRQ);
	/* UML has several processors only with a user space that is kept by seccomp, not ptrace. */
	if (o->cpus > 1) {
		addf(&a, "ncpus=%u", o->cpus);
		addf(&a, "seccomp=on");
	}
	addf(&a, "con=null");
	addf(&a, "con0=null,fd:1");
	addf(&a, "ssl=null");
	addf(&a, "ssl0=fd:%d", PROCESS_FD_CONSOLE);
	if (o->agent)
		addf(&a, "ssl1=fd:%d", PROCESS_FD_AGENT);
	addf(&a, "umid=hvroot");
	addf(&a, "uml_dir=%s/", dir);
	if (o->initrd)
		addf(&a, "initrd=%s", o->initrd);
	add_words(&a, o->append ? o->append : "");
	if (!a.why)
		return a.argv;
	*why = a.why;
	process_args_free(a.argv);
	return NULL;
}

void process_args_free(char **argv)
{
	for (unsigned int i = 0; argv && argv[i]; i++)
		free(argv[i]);
	free(argv);
}
