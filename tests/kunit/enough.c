// SPDX-License-Identifier: GPL-2.0-only
/*
 * Behind the suites that are wanted, when only some are: a suite that ends the machine.  Older
 * kernels run all suites of a module, whatever is asked for.
 */
#include <kunit/test.h>
#include <linux/reboot.h>

static void enough(struct kunit *test)
{
	pr_info("hvguest-kunit: done\n");
	kernel_power_off();
}

static struct kunit_case enough_cases[] = {
	KUNIT_CASE(enough),
	{}
};

static struct kunit_suite enough_suite = {
	.name = "enough",
	.test_cases = enough_cases,
};

kunit_test_suite(enough_suite);
