/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * keeper.h - starts the guest's process and sees to it that nothing of it is
 * left, whatever happens to hvroot. Loop thread.
 */
#ifndef HVROOT_KEEPER_H
#define HVROOT_KEEPER_H

#include <sys/types.h>

struct keeper;

struct keeper_fd {
	int from, to;		/* the guest gets @from as @to */
};

struct keeper_job {
	char **argv;		/* argv[0] is the path of the program */
	const struct keeper_fd *fds;
	unsigned int nfds;
	const char *dir;	/* its own folder, removed with all that UML leaves there */
	/* The guest stands still, as keeper_stop_guest() asked. */
	void (*stopped)(void *ctx);
	/*
	 * The guest and all that it started are gone; @k is freed when this
	 * returns. @error is an errno when the program could not be run, else
	 * @status is what wait() gives.
	 */
	void (*ended)(void *ctx, int error, int status);
	void *ctx;
};

/* What @job points to is needed until this returns. NULL after log_err(). */
struct keeper *keeper_start(const struct keeper_job *job);

/* Stop the guest where it is; let it go on. */
void keeper_stop_guest(struct keeper *k);
void keeper_continue_guest(struct keeper *k);

/* Kill the guest; ended() follows. */
void keeper_kill(struct keeper *k);

/* Kill it, wait until all is gone, free @k. No callback. NULL is ignored. */
void keeper_free(struct keeper *k);

/* The guest's process, 0 = not known yet. */
pid_t keeper_guest(const struct keeper *k);

#endif
