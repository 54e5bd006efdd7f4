// SPDX-License-Identifier: GPL-2.0-only
/*
 * mapring FILE: map the ring file of a channel (/sys/.../channels/N/ring) to its end, as DPDK
 * does, and print what stands at pending_send_sz of both control pages: outbound, inbound.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PENDING	12	/* offset in a control page */

int main(int argc, char **argv)
{
	const volatile uint8_t *map;
	struct stat st;
	int fd = argc == 2 ? open(argv[1], O_RDWR) : -1;

	if (fd < 0 || fstat(fd, &st)) {
		fprintf(stderr, "mapring: cannot open %s\n", argc == 2 ? argv[1] : "nothing");
		return 1;
	}
	map = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED) {
		perror("mapring: mmap");
		return 1;
	}
	printf("%#x %#x\n", *(const volatile uint32_t *)(map + PENDING),
	       *(const volatile uint32_t *)(map + st.st_size / 2 + PENDING));
	return 0;
}
