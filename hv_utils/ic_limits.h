/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long a host waits for an answer, and which of its questions may wait for
 * a daemon.  Pure.
 *
 * Hosts do not say how long they wait.  What is known:
 *
 * - a negotiation: about 75 s, after which a Windows host gives the service up
 *   until the channel is opened anew (changelog of Linux 4dbfc2e68004, which
 *   made in-tree KVP wait 55 s for its daemon at most).  OpenVMM's hyperv_ic
 *   has no limit.
 * - a request: in-tree KVP, file copy and VSS give up after 30 s, and VSS'
 *   freeze after 15 minutes, by comment "based on expectations from host".
 *   OpenVMM's hyperv_ic has no limit.
 */
#ifndef _HVU_IC_LIMITS_H
#define _HVU_IC_LIMITS_H

#include <hv/ic_wire.h>

/* Seconds */
#define LIM_NEGOTIATION		75	/* the host's */
#define LIM_NEGOTIATION_WAIT	55	/* ours, by default */
#define LIM_NEGOTIATION_MARGIN	5	/* the least between the two */
#define LIM_REQUEST		30	/* ours, from its arrival to its answer */
#define LIM_FREEZE		900	/* the same of VSS' freeze, by default */

unsigned int lim_negotiation_wait(unsigned int wanted);
unsigned long lim_left(unsigned long began, unsigned long limit, unsigned long now);
bool lim_may_wait(u16 type, u32 op);

#endif
