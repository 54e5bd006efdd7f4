// SPDX-License-Identifier: GPL-2.0-only
/*
 * crosstime DEVICE [TIMES]: a PTP clock and the system's at one moment, as the kernel's driver tells it
 * (PTP_SYS_OFFSET_PRECISE). A line of each: the clock's nanoseconds, CLOCK_REALTIME's, CLOCK_MONOTONIC_RAW's.
 * crosstime -x DEVICE [TIMES]: the clock between two readings of the system's
 * (PTP_SYS_OFFSET_EXTENDED). A line of each: CLOCK_REALTIME's nanoseconds before, the clock's, CLOCK_REALTIME's after.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/ptp_clock.h>

static long long ns(const struct ptp_clock_time *t)
{
	return t->sec * 1000000000ll + t->nsec;
}

static bool precise(int fd)
{
	struct ptp_sys_offset_precise at = { 0 };

	if (ioctl(fd, PTP_SYS_OFFSET_PRECISE, &at))
		return false;
	printf("%lld %lld %lld\n", ns(&at.device), ns(&at.sys_realtime), ns(&at.sys_monoraw));
	return true;
}

static bool between(int fd)
{
	struct ptp_sys_offset_extended at = { .n_samples = 1 };

	if (ioctl(fd, PTP_SYS_OFFSET_EXTENDED, &at))
		return false;
	printf("%lld %lld %lld\n", ns(&at.ts[0][0]), ns(&at.ts[0][1]), ns(&at.ts[0][2]));
	return true;
}

int main(int argc, char **argv)
{
	bool two = argc > 1 && !strcmp(argv[1], "-x");
	int times, fd;

	argc -= two;
	argv += two;
	times = argc > 2 ? atoi(argv[2]) : 1;
	fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
	if (argc < 2 || argc > 3 || times < 1) {
		fprintf(stderr, "usage: crosstime [-x] DEVICE [TIMES]\n");
		return 2;
	}
	if (fd < 0) {
		fprintf(stderr, "crosstime: %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	while (times--)
		if (!(two ? between : precise)(fd)) {
			fprintf(stderr, "crosstime: %s: %s\n", argv[1], strerror(errno));
			return 1;
		}
	return 0;
}
