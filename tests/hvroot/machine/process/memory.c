// SPDX-License-Identifier: GPL-2.0-only
/*
 * memory.c - the guest's memory: a file of the guest's, mapped over a range of
 * addresses that hvroot reserves once. Where no guest has shown memory, the
 * range has zeros, so that a late access harms nobody.
 *
 * The file stays the guest's, who may cut it short at any time. An access
 * behind its end then is SIGBUS: the handler puts zeros there, for good.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loop/log.h"
#include "machine/process/process.h"

#define PAGE	4096ull

/*
 * UML adds to what it is told by mem= the gap between its image and its heap,
 * which the host's kernel makes at random, up to 1 GiB.
 */
#define SLACK	(2ull << 30)

/* For the signal handler, any thread: written before the guest runs. */
static uint8_t *range;
static uint64_t range_bytes;
static dev_t file_dev;
static ino_t file_ino;

static void on_bus_error(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr, start = (uintptr_t)range;
	int saved = errno;

	if (info->si_code <= 0 || at < start || at - start >= range_bytes ||
	    mmap((void *)(at & ~(PAGE - 1)), PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		signal(SIGBUS, SIG_DFL);	/* not ours: the access is made again, and ends us */
	errno = saved;
}

static int zeros(uint64_t from, uint64_t bytes)
{
	return mmap(range + from, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED ? -1 : 0;
}

int memory_reserve(struct process *p)
{
	struct sigaction sa = { .sa_sigaction = on_bus_error, .sa_flags = SA_SIGINFO };
	uint64_t bytes = p->vm.o->memory + SLACK;
	void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED) {
		log_err("no room for %llu MiB of guest memory", (unsigned long long)bytes >> 20);
		return -1;
	}
	range = at;
	range_bytes = bytes;
	p->vm.ram = at;
	sigaction(SIGBUS, &sa, NULL);
	return 0;
}

bool memory_is(const struct process *p, int fd)
{
	struct stat st;

	return p->vm.ram_low && !fstat(fd, &st) && st.st_dev == file_dev && st.st_ino == file_ino;
}

/* NULL, or why @fd cannot be the memory of this machine. */
static const char *refuse(int fd, uint64_t size, struct stat *st)
{
	int flags = fcntl(fd, F_GETFL);

	if (size > range_bytes)
		return "it is larger than --memory allows";
	if (fstat(fd, st) || !S_ISREG(st->st_mode))
		return "its descriptor is not one of a file";
	if (flags < 0 || (flags & O_ACCMODE) != O_RDWR)
		return "its descriptor is not for reading and writing";
	if (st->st_size < 0 || (uint64_t)st->st_size < size)
		return "its file is shorter than it says";
	return NULL;
}

int memory_map(struct process *p, int fd, uint64_t size)
{
	struct stat st;
	const char *why = refuse(fd, size, &st);

	if (!why && mmap(range, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
		why = strerror(errno);
		zeros(0, range_bytes);	/* what was there may be unmapped by now */
	}
	if (why) {
		log_guest("its memory of %llu bytes cannot be used: %s", (unsigned long long)size, why);
		return -1;
	}
	file_dev = st.st_dev;
	file_ino = st.st_ino;
	p->vm.ram_low = size;
	trace("GUEST_MEMORY", "%llu bytes", (unsigned long long)size);
	return 0;
}

void memory_forget(struct process *p)
{
	if (p->vm.ram_low && zeros(0, range_bytes))
		log_err("the guest's memory stays mapped: %s", strerror(errno));
	p->vm.ram_low = 0;
}

void memory_release(struct process *p)
{
	if (!range)
		return;
	signal(SIGBUS, SIG_DFL);
	munmap(range, range_bytes);
	range = NULL;
	p->vm.ram = NULL;
	p->vm.ram_low = 0;
}
