/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: kernel threads as POSIX threads. */
#ifndef _SHIM_KTHREAD_H
#define _SHIM_KTHREAD_H

#include <pthread.h>
#include <sched.h>
#include <unistd.h>
#include <linux/atomic.h>

struct task_struct {
	pthread_t thread;
	int (*fn)(void *data);
	void *data;
};

static inline void *shim_thread(void *task)
{
	struct task_struct *t = task;

	t->fn(t->data);
	return NULL;
}

static inline struct task_struct *shim_run(int (*fn)(void *data), void *data)
{
	struct task_struct *t = malloc(sizeof(*t));

	*t = (struct task_struct){ .fn = fn, .data = data };
	if (!pthread_create(&t->thread, NULL, shim_thread, t))
		return t;
	free(t);
	return NULL;
}

#define kthread_run(fn, data, ...)	shim_run(fn, data)
#define kthread_stop(t)			pthread_join((t)->thread, NULL)
#define get_task_struct(t)		((void)(t))
#define put_task_struct(t)		free(t)
#define cond_resched()			sched_yield()
#define schedule_timeout_uninterruptible(n)	usleep(1000 * (n))

#endif
