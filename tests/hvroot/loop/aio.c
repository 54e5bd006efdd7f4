// SPDX-License-Identifier: GPL-2.0-only
/*
 * Asynchronous file operations: io_uring or worker threads behind one call.
 * The loop thread submits and completes; workers only run operations.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <liburing.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "loop/aio.h"
#include "loop/log.h"
#include "loop/poll.h"

#define URING_ENTRIES	256
#define WORKERS		8

static struct {
	void (*begin)(void *ctx), (*end)(void *ctx);
	void *ctx;
	bool uring;
	struct io_uring ring;
	unsigned int unsubmitted;
	unsigned int inflight;		/* loop thread only */
	int event;			/* workers and io_uring say: something is done */
	pthread_t worker[WORKERS];
	unsigned int nworkers;
	pthread_mutex_t lock;		/* protects: todo, todo_end, finished, stop */
	pthread_cond_t more;
	struct aio *todo, **todo_end;
	struct aio *finished;
	bool stop;
} engine = { .event = -1, .lock = PTHREAD_MUTEX_INITIALIZER,
	     .more = PTHREAD_COND_INITIALIZER, .todo_end = &engine.todo };

/* Moves past @n bytes that are done. */
static void advance(struct aio *a, size_t n)
{
	a->moved += n;
	while (a->first < a->niov && n >= a->iov[a->first].iov_len)
		n -= a->iov[a->first++].iov_len;
	if (a->first < a->niov) {
		a->iov[a->first].iov_base = (uint8_t *)a->iov[a->first].iov_base + n;
		a->iov[a->first].iov_len -= n;
	}
}

static void zero_rest(struct aio *a)
{
	for (; a->first < a->niov; a->first++) {
		memset(a->iov[a->first].iov_base, 0, a->iov[a->first].iov_len);
		a->moved += a->iov[a->first].iov_len;
	}
}

/*
 * Takes one result of a transfer; true when the operation is over and
 * a->result holds its outcome, false when the rest must still be moved.
 */
static bool transfer_over(struct aio *a, long r)
{
	if (a->op != AIO_READ && a->op != AIO_WRITE) {
		a->result = r;
		return true;
	}
	if (r == -EINTR || r == -EAGAIN)
		return false;
	if (r > 0)
		advance(a, r);
	else if (!r && a->op == AIO_READ)
		zero_rest(a);
	else if (a->first < a->niov) {
		a->result = r ? r : -EIO;
		return true;
	}
	a->result = a->moved;
	return a->first >= a->niov;
}

static long run_once(struct aio *a)
{
	off_t off = a->off + a->moved;
	long r;

	switch (a->op) {
	case AIO_READ:
		r = preadv(a->fd, a->iov + a->first, a->niov - a->first, off);
		break;
	case AIO_WRITE:
		r = pwritev2(a->fd, a->iov + a->first, a->niov - a->first, off,
			     a->dsync ? RWF_DSYNC : 0);
		break;
	case AIO_SYNC:
		r = fdatasync(a->fd);
		break;
	case AIO_PUNCH:
		r = fallocate(a->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			      a->off, a->len);
		break;
	default:
		return a->call(a);
	}
	return r < 0 ? -errno : r;
}

static void *worker(void *unused)
{
	uint64_t one = 1;

	pthread_mutex_lock(&engine.lock);
	while (!engine.stop) {
		struct aio *a = engine.todo;

		if (!a) {
			pthread_cond_wait(&engine.more, &engine.lock);
			continue;
		}
		engine.todo = a->next;
		if (!engine.todo)
			engine.todo_end = &engine.todo;
		pthread_mutex_unlock(&engine.lock);
		while (!transfer_over(a, run_once(a)))
			;
		pthread_mutex_lock(&engine.lock);
		a->next = engine.finished;
		engine.finished = a;
		if (write(engine.event, &one, sizeof(one)) < 0)
			log_err("cannot wake the loop: %m");
	}
	pthread_mutex_unlock(&engine.lock);
	return NULL;
}

static void start_workers(void)
{
	while (engine.nworkers < WORKERS &&
	       !pthread_create(&engine.worker[engine.nworkers], NULL, worker, NULL))
		engine.nworkers++;
}

static void to_worker(struct aio *a)
{
	if (!engine.nworkers)
		start_workers();
	pthread_mutex_lock(&engine.lock);
	a->next = NULL;
	*engine.todo_end = a;
	engine.todo_end = &a->next;
	pthread_cond_signal(&engine.more);
	pthread_mutex_unlock(&engine.lock);
}

static void to_uring(struct aio *a)
{
	struct io_uring_sqe *sqe = io_uring_get_sqe(&engine.ring);
	uint64_t off = a->off + a->moved;

	while (!sqe) {
		aio_flush();
		sqe = io_uring_get_sqe(&engine.ring);
	}
	switch (a->op) {
	case AIO_READ:
		io_uring_prep_readv(sqe, a->fd, a->iov + a->first,
				    a->niov - a->first, off);
		break;
	case AIO_WRITE:
		io_uring_prep_writev2(sqe, a->fd, a->iov + a->first,
				      a->niov - a->first, off,
				      a->dsync ? RWF_DSYNC : 0);
		break;
	case AIO_SYNC:
		io_uring_prep_fsync(sqe, a->fd, IORING_FSYNC_DATASYNC);
		break;
	default:
		io_uring_prep_fallocate(sqe, a->fd, FALLOC_FL_PUNCH_HOLE |
					FALLOC_FL_KEEP_SIZE, a->off, a->len);
		break;
	}
	io_uring_sqe_set_data(sqe, a);
	engine.unsubmitted++;
}

void aio_submit(struct aio *a)
{
	a->first = 0;
	a->moved = 0;
	engine.inflight++;
	if (engine.uring && a->op != AIO_CALL)
		to_uring(a);
	else
		to_worker(a);
}

void aio_flush(void)
{
	if (!engine.unsubmitted)
		return;
	engine.unsubmitted = 0;
	io_uring_submit(&engine.ring);
}

static void finish(struct aio *a)
{
	engine.inflight--;
	a->done(a, a->result);
}

static void reap_uring(void)
{
	struct io_uring_cqe *cqe;

	while (engine.uring && !io_uring_peek_cqe(&engine.ring, &cqe)) {
		struct aio *a = io_uring_cqe_get_data(cqe);
		long r = cqe->res;

		io_uring_cqe_seen(&engine.ring, cqe);
		if (transfer_over(a, r))
			finish(a);
		else
			to_uring(a);
	}
}

static void reap_workers(void)
{
	struct aio *list, *a;

	pthread_mutex_lock(&engine.lock);
	list = engine.finished;
	engine.finished = NULL;
	pthread_mutex_unlock(&engine.lock);
	while ((a = list)) {
		list = a->next;
		finish(a);
	}
}

static void on_event(void *unused, uint32_t events)
{
	uint64_t n;

	if (read(engine.event, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return;
	engine.begin(engine.ctx);
	reap_uring();
	reap_workers();
	engine.end(engine.ctx);
	aio_flush();
}

unsigned int aio_inflight(void)
{
	return engine.inflight;
}

void aio_drain(void)
{
	while (engine.inflight) {
		uint64_t n;
		int flags = fcntl(engine.event, F_GETFL);

		aio_flush();
		fcntl(engine.event, F_SETFL, flags & ~O_NONBLOCK);
		n = 0;
		if (read(engine.event, &n, sizeof(n)) < 0 && errno != EINTR)
			return;
		fcntl(engine.event, F_SETFL, flags);
		engine.begin(engine.ctx);
		reap_uring();
		reap_workers();
		engine.end(engine.ctx);
	}
}

static int uring_init(const char *how)
{
	struct io_uring_params params = {
		.flags = IORING_SETUP_CQSIZE, .cq_entries = 16 * URING_ENTRIES,
	};
	int r = io_uring_queue_init_params(URING_ENTRIES, &engine.ring, &params);

	if (!r)
		r = io_uring_register_eventfd(&engine.ring, engine.event);
	engine.uring = !r;
	if (r && how) {
		log_err("--io uring: this kernel has no usable io_uring: %s", strerror(-r));
		return -1;
	}
	return 0;
}

int aio_init(const char *how, void (*begin)(void *ctx), void (*end)(void *ctx),
	     void *ctx)
{
	engine.begin = begin;
	engine.end = end;
	engine.ctx = ctx;
	if (how && strcmp(how, "uring") && strcmp(how, "threads")) {
		log_err("--io is uring or threads, not %s", how);
		return -1;
	}
	engine.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (engine.event < 0 || poll_add(engine.event, EPOLLIN, on_event, NULL)) {
		log_err("cannot set up an event descriptor: %m");
		return -1;
	}
	return how && !strcmp(how, "threads") ? 0 : uring_init(how);
}

void aio_exit(void)
{
	if (engine.event < 0)
		return;
	aio_drain();
	pthread_mutex_lock(&engine.lock);
	engine.stop = true;
	pthread_cond_broadcast(&engine.more);
	pthread_mutex_unlock(&engine.lock);
	while (engine.nworkers)
		pthread_join(engine.worker[--engine.nworkers], NULL);
	if (engine.uring)
		io_uring_queue_exit(&engine.ring);
	poll_del(engine.event);
	close(engine.event);
	engine.event = -1;
}
