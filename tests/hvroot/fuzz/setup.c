// SPDX-License-Identifier: GPL-2.0-only
/* setup.c - the machine that is fuzzed: every class of device, disks in a file in /tmp. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/machine.h"

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

int fuzz_setup(void)
{
	static struct machine_options o = {
		.cpus = FUZZ_VPS, .memory = FUZZ_RAM, .subchannels = 2, .offers = "all",
	};

	o.nics[o.nnics++] = "tap=fake";
	if (make_disk(&o) || poll_init() || vmbus_init(fake_vm(), &o))
		return -1;
	log_mute();
	return 0;
}

void fuzz_cleanup(void)
{
	vmbus_exit(fake_vm());
	poll_exit();
	tap_close();
	fake_vm_free();
	unlink(disk);
}
