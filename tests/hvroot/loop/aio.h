/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asynchronous file operations and calls off the loop thread. io_uring where
 * the kernel has it, else worker threads; ordinary calls (SG_IO) always run
 * on worker threads.
 */
#ifndef HVROOT_AIO_H
#define HVROOT_AIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

enum aio_op {
	AIO_READ,	/* past the end of the file: zeros */
	AIO_WRITE,
	AIO_SYNC,	/* fdatasync */
	AIO_PUNCH,	/* make @len bytes at @off a hole */
	AIO_CALL,	/* run @call on a worker thread */
};

struct aio {
	enum aio_op op;
	int fd;
	bool dsync;			/* a write that is durable when done */
	struct iovec *iov;		/* consumed: changed by short transfers */
	unsigned int niov;
	uint64_t off, len;
	long (*call)(struct aio *a);
	/* on the loop thread; bytes or 0, or -errno. May free @a. */
	void (*done)(struct aio *a, long result);
	/* private */
	struct aio *next;
	unsigned int first;
	uint64_t moved;
	long result;
};

/*
 * @how: "uring", "threads" or NULL for the best there is. @begin and @end are
 * called around each batch of done() calls. 0 or -1 after log_err().
 */
int aio_init(const char *how, void (*begin)(void *ctx), void (*end)(void *ctx),
	     void *ctx);
void aio_submit(struct aio *a);
/* Starts what aio_submit() collected; called once per batch. */
void aio_flush(void);
/* Waits until nothing is in flight, calling done() for each. */
void aio_drain(void);
/* Operations that are not done. */
unsigned int aio_inflight(void);
void aio_exit(void);

#endif
