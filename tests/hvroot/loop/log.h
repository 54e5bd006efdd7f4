/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - one line to the user (stderr), and the protocol trace (--trace).
 * Any thread; a line is never torn.
 */
#ifndef HVROOT_LOG_H
#define HVROOT_LOG_H

#include <stdbool.h>

/* One line on stderr, "hvroot: " in front, newline behind. */
void log_err(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* The same about an option that is wrong, found where it is used. */
#define log_usage(...) do {						\
		log_err(__VA_ARGS__);					\
		log_wrong_option = true;				\
	} while (0)

/* What main() ends with depends on it; set before the loop runs, by its thread. */
extern bool log_wrong_option;

/* No more lines: the fuzzer makes hvroot complain all the time. */
void log_mute(void);

/* A second identical cause within a second is dropped and counted: guest-made lines. */
#define log_guest(...) do {						\
		static struct log_limit limit_;				\
		if (log_may(&limit_))					\
			log_err("guest: " __VA_ARGS__);			\
	} while (0)

struct log_limit {
	long long second;
	unsigned int printed;
};

bool log_may(struct log_limit *l);

/* One trace line: time since start in seconds, @name, the fields. */
void trace(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* False: nobody reads the trace, do not bother to build the fields. */
bool trace_on(void);

/* Verbose trace (--trace-level 2): exits, interrupts, ring packets. */
bool trace_verbose(void);

/*
 * Lines are written out in blocks, since the file may lie on something slow:
 * every 100 ms, after each control command, and when this is called.
 */
void trace_flush(void);

/* Open the trace file; main.c alone. 0 or -errno. */
int trace_open(const char *path, int level);
void trace_close(void);

#endif
