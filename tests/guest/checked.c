// SPDX-License-Identifier: GPL-2.0-only
/*
 * checked BYTES WORKERS: write and read the disk of that size, which comes and goes, and check
 * every block: each has the generation that was acknowledged last; one whose write failed has
 * that or the one before, the same at each look.
 *
 * Leaves the disk alone, with nothing open, while /run/checked.hold is there. Ends when
 * /run/checked.stop is there, after a look at every block. Prints totals, or what is wrong.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define BLOCK	4096
#define BLOCKS	128		/* of each worker */
#define SPAN	16		/* blocks in one write at the most */
#define WORKERS	8

struct worker {
	unsigned int id;
	uint64_t bytes;		/* the disk's size */
	int fd;			/* -1: not open */
	uint64_t gen;		/* last one given out */
	uint64_t known[BLOCKS];	/* acknowledged, or seen since */
	uint64_t maybe[BLOCKS];	/* of a write that failed, 0 = none */
	uint64_t writes, reads, failures, openings;
	uint8_t *buf;		/* SPAN blocks */
};

static uint64_t word(const struct worker *w, unsigned int block, uint64_t gen, unsigned int i)
{
	uint64_t x = gen * 0x9e3779b97f4a7c15 + (w->id * 4096 + block) * 0xbf58476d1ce4e5b9 + i;

	x ^= x >> 29;
	return x * 0x94d049bb133111eb;
}

/* A block starts with its generation; 0: never written, all zero. */
static void fill(const struct worker *w, uint64_t *p, unsigned int block, uint64_t gen)
{
	p[0] = gen;
	for (unsigned int i = 1; i < BLOCK / 8; i++)
		p[i] = gen ? word(w, block, gen, i) : 0;
}

static bool whole(const struct worker *w, const uint64_t *p, unsigned int block)
{
	for (unsigned int i = 1; i < BLOCK / 8; i++)
		if (p[i] != (p[0] ? word(w, block, p[0], i) : 0))
			return false;
	return true;
}

static bool there(const char *path)
{
	return !access(path, F_OK);
}

static off_t place(const struct worker *w, unsigned int block)
{
	return (off_t)(w->id * BLOCKS + block) * BLOCK;
}

static void leave(struct worker *w)
{
	if (w->fd >= 0)
		close(w->fd);
	w->fd = -1;
}

static int open_if(const char *name, uint64_t bytes)
{
	char path[300];
	uint64_t got;
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", name);
	fd = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (fd >= 0 && !ioctl(fd, BLKGETSIZE64, &got) && got == bytes)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

static bool find(struct worker *w)
{
	DIR *d = opendir("/sys/block");
	struct dirent *e;

	while (d && w->fd < 0 && (e = readdir(d)))
		if (!strncmp(e->d_name, "sd", 2))
			w->fd = open_if(e->d_name, w->bytes);
	if (d)
		closedir(d);
	w->openings += w->fd >= 0;
	return w->fd >= 0;
}

/* False: the disk failed. What is on it decides which of the two a block in doubt has. */
static bool look(struct worker *w, unsigned int block)
{
	uint64_t *p = (uint64_t *)w->buf;

	if (pread(w->fd, p, BLOCK, place(w, block)) != BLOCK) {
		w->failures++;
		return false;
	}
	w->reads++;
	if (!whole(w, p, block) || (p[0] != w->known[block] && (!w->maybe[block] || p[0] != w->maybe[block]))) {
		printf("checked: worker %u block %u: generation %#llx%s, not %#llx (%#llx)\n", w->id, block,
		       (unsigned long long)p[0], whole(w, p, block) ? "" : " with other content",
		       (unsigned long long)w->known[block], (unsigned long long)w->maybe[block]);
		fflush(stdout);
		_exit(3);
	}
	w->known[block] = p[0];
	w->maybe[block] = 0;
	return true;
}

static bool settle_doubts(struct worker *w)
{
	for (unsigned int i = 0; i < BLOCKS; i++)
		if (w->maybe[i] && !look(w, i))
			return false;
	return true;
}

static bool store(struct worker *w, unsigned int block, unsigned int count)
{
	ssize_t len = (ssize_t)count * BLOCK;
	bool good;

	w->gen++;
	for (unsigned int i = 0; i < count; i++)
		fill(w, (uint64_t *)(w->buf + (size_t)i * BLOCK), block + i, w->gen);
	good = pwrite(w->fd, w->buf, len, place(w, block)) == len;
	for (unsigned int i = 0; i < count; i++)
		*(good ? &w->known[block + i] : &w->maybe[block + i]) = w->gen;
	w->writes += good;
	w->failures += !good;
	return good;
}

static bool work(struct worker *w)
{
	unsigned int block = rand() % BLOCKS, count = 1 + rand() % SPAN;

	if (rand() % 2)
		return look(w, block);
	return store(w, block, count < BLOCKS - block ? count : BLOCKS - block);
}

/* True: over, and every block is what it should be. */
static bool ended(struct worker *w)
{
	for (unsigned int i = 0; i < BLOCKS; i++)
		if (!look(w, i))
			return false;
	printf("checked: worker %u: %llu writes, %llu reads, %llu failed, opened %llu times\n", w->id,
	       (unsigned long long)w->writes, (unsigned long long)w->reads,
	       (unsigned long long)w->failures, (unsigned long long)w->openings);
	fflush(stdout);
	return true;
}

static void run(struct worker *w)
{
	for (;;) {
		bool good;

		if (there("/run/checked.hold") || (w->fd < 0 && !find(w))) {
			leave(w);
			usleep(5000);
			continue;
		}
		good = settle_doubts(w);
		if (good && there("/run/checked.stop")) {
			if (ended(w))
				_exit(0);
			good = false;
		}
		for (unsigned int i = 0; i < 8 && good; i++)
			good = work(w);
		if (!good)
			leave(w);
	}
}

int main(int argc, char **argv)
{
	unsigned int count = argc == 3 ? atoi(argv[2]) : 0;
	int status, bad = 0;

	if (!count || count > WORKERS) {
		fprintf(stderr, "checked BYTES WORKERS (1 to %d)\n", WORKERS);
		return 2;
	}
	for (unsigned int i = 0; i < count; i++) {
		static struct worker w;

		if (fork())
			continue;
		srand(i + 1);
		w.id = i;
		w.fd = -1;
		w.bytes = strtoull(argv[1], NULL, 0);
		w.buf = mmap(NULL, SPAN * BLOCK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (w.buf == MAP_FAILED)
			_exit(2);
		run(&w);
	}
	while (wait(&status) > 0)
		if (status && !bad)
			bad = WIFEXITED(status) ? WEXITSTATUS(status) : 4;
	return bad;
}
