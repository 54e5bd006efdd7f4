/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A few lines of unit test: each test is a function in a table, CHECK() says
 * what must hold, the output is KTAP.
 */
#ifndef HVROOT_SELFTEST_H
#define HVROOT_SELFTEST_H

#include <stdbool.h>

struct test {
	const char *name;
	void (*fn)(void);
};

extern const struct test ctl_tests[], chan_tests[], ring_tests[], gpadl_tests[],
	scsi_tests[], ic_tests[], process_tests[], poll_tests[], hostile_tests[], delay_tests[], book_tests[], net_tests[];

/* Records a failure of the running test and goes on. */
void test_failed(const char *file, int line, const char *what);

#define CHECK(cond) do {						\
		if (!(cond))						\
			test_failed(__FILE__, __LINE__, #cond);		\
	} while (0)

#endif
