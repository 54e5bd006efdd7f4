// SPDX-License-Identifier: GPL-2.0-only
/*
 * How long a host waits for an answer, and which of its questions may wait for
 * a daemon.  Pure.
 */
#include <linux/kernel.h>
#include "ic_limits.h"

/**
 * lim_negotiation_wait() - how long a negotiation waits for the daemon
 * @wanted: what the user wants, seconds
 *
 * Return: seconds, so few that the answer is still in time.
 */
unsigned int lim_negotiation_wait(unsigned int wanted)
{
	return min_t(unsigned int, wanted, LIM_NEGOTIATION - LIM_NEGOTIATION_MARGIN);
}

/**
 * lim_left() - how much is left of a time limit
 * @began: when it began, in a clock that may wrap around once, like jiffies
 * @limit: the limit, in the clock's units
 * @now: the clock
 *
 * Return: units of the clock; 0 if it is over.
 */
unsigned long lim_left(unsigned long began, unsigned long limit, unsigned long now)
{
	unsigned long past = now - began;

	return past < limit ? limit - past : 0;
}

/**
 * lim_may_wait() - may a request wait until there is a daemon?
 * @type: message type of the service
 * @op: the operation
 *
 * Not if a daemon that comes later could not do it, or nobody need: it did not
 * see the beginning of a file that the host goes on to copy, and a filesystem
 * that an earlier one froze has been thawed when that went away.
 */
bool lim_may_wait(u16 type, u32 op)
{
	switch (type) {
	case HV_IC_KVP:
		return true;
	case HV_IC_VSS:
		return op == HV_VSS_HOT_BACKUP || op == HV_VSS_FREEZE;
	case HV_IC_FCOPY:
		return op == HV_FCOPY_START;
	}
	return false;
}
