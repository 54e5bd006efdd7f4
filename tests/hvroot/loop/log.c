// SPDX-License-Identifier: GPL-2.0-only
/* log.c - lines for the user and the protocol trace. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "loop/log.h"

#define GUEST_LINES_PER_SECOND	5
#define TRACE_BUFFER		65536

bool log_wrong_option;
static bool muted;
static FILE *trace_file;
static int trace_level;
static struct timespec trace_start;
/* protects: the order of lines and struct log_limit */
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void log_err(const char *fmt, ...)
{
	char line[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	if (!muted)
		fprintf(stderr, "hvroot: %s\n", line);
	trace("LOG", "%s", line);
}

void log_mute(void)
{
	muted = true;
}

bool log_may(struct log_limit *l)
{
	struct timespec ts;
	bool may;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	pthread_mutex_lock(&log_lock);
	if (l->second != ts.tv_sec) {
		l->second = ts.tv_sec;
		l->printed = 0;
	}
	may = l->printed++ < GUEST_LINES_PER_SECOND;
	pthread_mutex_unlock(&log_lock);
	return may;
}

bool trace_on(void)
{
	return trace_file;
}

bool trace_verbose(void)
{
	return trace_file && trace_level > 1;
}

void trace(const char *name, const char *fmt, ...)
{
	struct timespec ts;
	long us;
	va_list ap;

	if (!trace_file)
		return;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	us = (ts.tv_sec - trace_start.tv_sec) * 1000000 +
	     (ts.tv_nsec - trace_start.tv_nsec) / 1000;
	pthread_mutex_lock(&log_lock);
	fprintf(trace_file, "%4ld.%06ld %-24s ", us / 1000000, us % 1000000, name);
	va_start(ap, fmt);
	vfprintf(trace_file, fmt, ap);
	va_end(ap);
	putc('\n', trace_file);
	pthread_mutex_unlock(&log_lock);
}

int trace_open(const char *path, int level)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return -errno;
	setvbuf(f, NULL, _IOFBF, TRACE_BUFFER);
	clock_gettime(CLOCK_MONOTONIC, &trace_start);
	trace_level = level;
	trace_file = f;
	return 0;
}

void trace_flush(void)
{
	if (trace_file)
		fflush(trace_file);
}

void trace_close(void)
{
	if (trace_file)
		fclose(trace_file);
	trace_file = NULL;
}
