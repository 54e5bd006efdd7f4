// SPDX-License-Identifier: GPL-2.0-only
/*
 * main.c - fuzz [FIRST [SEEDS [STEPS]]]: a lying guest against the whole VMBus
 * server, without KVM. After each seed an honest conversation must still work.
 * Meant for SANITIZE=1; KTAP on the output.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../control.h"
#include "../log.h"
#include "../machine.h"
#include "../poll.h"
#include "fuzz.h"

#define DISK_BYTES	(8 << 20)

static char disk[] = "/tmp/hvroot-fuzz-XXXXXX";
static char spec[3][64];

static int make_disk(struct machine_options *o)
{
	int fd = mkstemp(disk);

	if (fd < 0 || ftruncate(fd, DISK_BYTES)) {
		fprintf(stderr, "fuzz: no disk file in /tmp\n");
		return -1;
	}
	close(fd);
	snprintf(spec[0], sizeof(spec[0]), "file=%s", disk);
	snprintf(spec[1], sizeof(spec[1]), "file=%s,lun=1,ro", disk);
	snprintf(spec[2], sizeof(spec[2]), "file=%s", disk);
	for (unsigned int i = 0; i < 3; i++)
		o->disks[o->ndisks++] = (struct disk_option){ .ide = i == 2, .spec = spec[i] };
	return 0;
}

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
	struct machine_options o = {
		.cpus = FUZZ_VPS, .memory = FUZZ_RAM, .subchannels = 2, .offers = "all",
	};
	unsigned int failed = 0;

	o.nics[o.nnics++] = "tap=fake";
	if (make_disk(&o) || poll_init() || vmbus_init(fake_vm(), &o))
		return 2;
	log_mute();
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
	vmbus_exit(fake_vm());
	poll_exit();
	tap_close();
	fake_vm_free();
	unlink(disk);
	return failed ? 1 : 0;
}
