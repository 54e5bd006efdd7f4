// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - fuzz [FIRST [SEEDS [STEPS]]]: a lying guest against the whole VMBus
 * server, without KVM. After each seed an honest conversation must still work.
 * Meant for SANITIZE=1; KTAP on the output.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fuzz.h"

static const char *one_seed(unsigned long seed, unsigned long steps)
{
	guest_start(seed);
	while (steps--)
		guest_step();
	return guest_honest();
}

int main(int argc, char **argv)
{
	unsigned long first = argc > 1 ? strtoul(argv[1], NULL, 0) : 1;
	unsigned long seeds = argc > 2 ? strtoul(argv[2], NULL, 0) : 8;
	unsigned long steps = argc > 3 ? strtoul(argv[3], NULL, 0) : 50000;
	unsigned int failed = 0;

	if (fuzz_setup())
		return 2;
	printf("KTAP version 1\n1..%lu\n", seeds);
	for (unsigned long s = first; s < first + seeds; s++) {
		const char *why = one_seed(s, steps);
		unsigned int depth[3];

		failed += why != NULL;
		guest_depth(depth);
		printf("# %u messages, %u opens, %u answers\n", depth[0], depth[1], depth[2]);
		printf("%s %lu - seed %lu, %lu steps%s%s\n", why ? "not ok" : "ok", s - first + 1,
		       s, steps, why ? ": " : "", why ? why : "");
		fflush(stdout);
	}
	fuzz_cleanup();
	return failed ? 1 : 0;
}
