/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Workqueues; see compat.h.  Linux 6.17 gave the shared ones names that say where they run,
 * and wants each queue to say so: one that does not warns when it is made or used.
 */
#ifndef _HV_COMPAT_WORK_H
#define _HV_COMPAT_WORK_H

#include <linux/workqueue.h>

#ifdef HV_HAVE_PERCPU_WQ
#define system_wq		system_percpu_wq
#define system_unbound_wq	system_dfl_wq
#endif

/* A stable 6.12 has the names without the flag. */
#ifdef HV_HAVE_PERCPU_FLAG
#define HV_WQ_PERCPU		WQ_PERCPU
#else
#define HV_WQ_PERCPU		0
#endif

#endif
