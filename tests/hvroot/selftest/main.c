// SPDX-License-Identifier: GPL-2.0-only
/* Runs the suites of hvroot's pure files; no KVM needed. */
#include <stdio.h>
#include <string.h>
#include "test.h"

static unsigned int failures;	/* of the running test */

void test_failed(const char *file, int line, const char *what)
{
	const char *base = strrchr(file, '/');

	failures++;
	if (failures <= 5)
		printf("    # %s:%d: %s\n", base ? base + 1 : file, line, what);
}

static unsigned int run_suite(const char *name, const struct test *t,
			      unsigned int *passed)
{
	unsigned int failed = 0, n = 0;

	printf("    # suite %s\n", name);
	for (; t->fn; t++) {
		failures = 0;
		t->fn();
		n++;
		printf("    %s %u %s.%s\n", failures ? "not ok" : "ok", n, name, t->name);
		failed += failures != 0;
		*passed += failures == 0;
	}
	return failed;
}

int main(void)
{
	static const struct {
		const char *name;
		const struct test *tests;
	} suites[] = {
		{ "ring", ring_tests }, { "gpadl", gpadl_tests },
		{ "ctl", ctl_tests }, { "chan", chan_tests }, { "scsi", scsi_tests },
		{ "ic", ic_tests }, { "process", process_tests },
		{ "poll", poll_tests }, { "hostile", hostile_tests }, { "delay", delay_tests },
		{ "book", book_tests }, { "net", net_tests },
	};
	unsigned int count = sizeof(suites) / sizeof(suites[0]), failed = 0, passed = 0;

	printf("KTAP version 1\n1..%u\n", count);
	for (unsigned int i = 0; i < count; i++) {
		unsigned int bad = run_suite(suites[i].name, suites[i].tests, &passed);

		printf("%s %u %s\n", bad ? "not ok" : "ok", i + 1, suites[i].name);
		failed += bad;
	}
	printf("%u passed, %u failed\n", passed, failed);
	return failed != 0;
}
