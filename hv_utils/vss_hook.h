/* SPDX-License-Identifier: GPL-2.0-only */
/* A program of the administrator's around freezing. */
#ifndef _HVU_VSS_HOOK_H
#define _HVU_VSS_HOOK_H

#include <linux/pid.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

/* One run at a time */
struct vss_hook {
	spinlock_t lock;		/* protects: */
	struct pid *pid;		/* the program, from its start to its end */
	bool killed;			/* this run is to end */
	bool undoing;			/* this run is the one after thawing */

	struct delayed_work limit;	/* of a run, on the system's queue */
};

void vss_hook_init(struct vss_hook *h);
bool vss_hook_wanted(void);
bool vss_hook_refused(void);
unsigned int vss_hook_limit(void);
void vss_hook_next(struct vss_hook *h, bool undoing);
int vss_hook_run(struct vss_hook *h, const char *what);
void vss_hook_give_up(struct vss_hook *h);

#endif
