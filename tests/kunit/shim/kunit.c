// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs the suites in user space: kunit_shim [suite...]. Exit status 1 if a
 * case failed; with KUNIT_STOP in the environment at once.
 */
#include <kunit/test.h>
#include <setjmp.h>

static struct kunit_suite *suites, **last = &suites;
static jmp_buf abort_case;

void kunit_shim_register(struct kunit_suite *suite)
{
	*last = suite;
	last = &suite->next;
}

void kunit_shim_abort(void)
{
	longjmp(abort_case, 1);
}

void kunit_shim_fail(struct kunit *test, const char *file, int line,
		     const char *what, long long left, long long right)
{
	test->failed = true;
	if (getenv("KUNIT_STOP"))
		exit(1);
	printf("    # %s: FAILED at %s:%d\n    #   expected %s, found %lld and %lld\n",
	       test->name, file, line, what, left, right);
}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp)
{
	struct kunit_allocation *a = calloc(1, sizeof(*a) + size);

	(void)gfp;
	a->next = test->allocations;
	test->allocations = a;
	return a->memory;
}

static bool run_one(struct kunit_suite *suite, struct kunit_case *c,
		    const void *param, const char *name)
{
	struct kunit test = { .param_value = param };
	struct kunit_allocation *a;

	snprintf(test.name, sizeof(test.name), "%s", name);
	if (!setjmp(abort_case)) {
		if (suite->init && suite->init(&test))
			test.failed = true;
		else
			c->run_case(&test);
	}
	if (suite->exit)
		suite->exit(&test);
	while ((a = test.allocations)) {
		test.allocations = a->next;
		free(a);
	}
	return !test.failed;
}

static bool run_case(struct kunit_suite *suite, struct kunit_case *c)
{
	const void *param = NULL;
	char desc[KUNIT_PARAM_DESC_SIZE];
	bool ok = true;

	if (!c->generate_params)
		return run_one(suite, c, NULL, c->name);
	while ((param = c->generate_params(param, desc))) {
		if (run_one(suite, c, param, desc))
			continue;
		printf("    # %s: case \"%s\" failed\n", c->name, desc);
		ok = false;
	}
	return ok;
}

int main(int argc, char **argv)
{
	int passed = 0, failed = 0;
	struct kunit_suite *s;
	struct kunit_case *c;
	int i;

	for (s = suites; s; s = s->next) {
		for (i = 1; i < argc && strcmp(argv[i], s->name); i++)
			;
		if (argc > 1 && i == argc)
			continue;
		printf("# Subtest: %s\n", s->name);
		for (c = s->test_cases; c->run_case; c++) {
			bool ok = run_case(s, c);

			ok ? passed++ : failed++;
			printf("    %sok %d %s\n", ok ? "" : "not ",
			       (int)(c - s->test_cases) + 1, c->name);
		}
	}
	printf("%d passed, %d failed\n", passed, failed);
	return failed || !passed;
}
