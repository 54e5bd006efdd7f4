// SPDX-License-Identifier: GPL-2.0-only
/*
 * ring PACKETS BYTES BURST: nanoseconds for a packet through a ring: written and read in
 * bursts by one thread, then by two, a writer and a reader, each on a processor of its own.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "bench.h"

#define DATA	(128u << 10)
#define PAGE	4096u

static unsigned long packets;
static unsigned int bytes, burst;
static uint64_t payload[512];

/* A control page, and data that follow once more behind themselves, as the kernel's bus has it. */
static void *ring(void)
{
	const int rw = PROT_READ | PROT_WRITE, fixed = MAP_SHARED | MAP_FIXED;
	int fd = memfd_create("ring", 0);
	uint8_t *at = mmap(NULL, PAGE + 2 * DATA, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || ftruncate(fd, PAGE + DATA) || at == MAP_FAILED ||
	    mmap(at, PAGE + DATA, rw, fixed, fd, 0) == MAP_FAILED ||
	    mmap(at + PAGE + DATA, DATA, rw, fixed, fd, PAGE) == MAP_FAILED) {
		perror("ring");
		exit(1);
	}
	close(fd);
	return at;
}

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return t.tv_sec * 1e9 + t.tv_nsec;
}

static void on_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void check(uint64_t sum)
{
	/* ids 0, 1, ..., and the payload's last word each time */
	if (sum == packets * (packets - 1) / 2 + packets * payload[bytes / 8 - 1])
		return;
	fprintf(stderr, "ring: packets were lost or changed\n");
	exit(1);
}

/* Of this thread's own time: what else runs takes none of it. */
static double alone(void)
{
	uint64_t sum = 0, id = 0, got = 0;
	double start = now(CLOCK_THREAD_CPUTIME_ID);

	while (got < packets) {
		for (unsigned int i = 0; i < burst && id < packets; i++)
			id += write_one(payload, bytes, id);
		got += read_some(burst, &sum);
	}
	check(sum);
	return (now(CLOCK_THREAD_CPUTIME_ID) - start) / packets;
}

static void *writes(void *arg)
{
	on_cpu(1);
	for (uint64_t id = 0; id < packets;)
		if (write_one(payload, bytes, id))
			id++;
	return NULL;
}

static double together(void)
{
	uint64_t sum = 0, got = 0;
	double start = now(CLOCK_MONOTONIC);
	pthread_t other;

	on_cpu(0);
	if (pthread_create(&other, NULL, writes, NULL))
		exit(1);
	while (got < packets)
		got += read_some(burst, &sum);
	pthread_join(other, NULL);
	check(sum);
	return (now(CLOCK_MONOTONIC) - start) / packets;
}

int main(int argc, char **argv)
{
	void *at = ring();

	if (argc != 4)
		return 2;
	packets = strtoul(argv[1], NULL, 0);
	bytes = atoi(argv[2]);
	burst = atoi(argv[3]);
	if (!packets || bytes % 8 || bytes < 8 || bytes > sizeof(payload) || !burst ||
	    burst * (bytes + 32ul) > DATA / 2)
		return 2;
	for (unsigned int i = 0; i < bytes / 8; i++)
		payload[i] = 0x0101010101010101u * i;
	writer_init(at, DATA);
	reader_init(at, DATA);
	alone();			/* warm */
	printf("%.2f", alone());
	printf(" %.2f\n", together());
	return 0;
}
