/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Pure: whether a queue is polled once more although its NAPI is done.
 */
#ifndef _NETVSC_POLL_H
#define _NETVSC_POLL_H

#include <linux/types.h>

/* Polls in a row that found nothing although the ring claimed to have more. */
#define NV_EMPTY_POLLS	64

/**
 * nv_poll_again - whether to poll at once, after interrupts were allowed again
 * @empty: polls in a row that found nothing of what the ring claimed to hold
 * @work: what this poll found
 * @claimed: the ring claims to hold something
 *
 * A ring may do so although nothing can be read from it: that is the host's doing, and after
 * a while only its next interrupt counts.  Busy polling of an empty ring is no fault, however
 * often it happens: what comes next may come without an interrupt, and must not be left there.
 */
static inline bool nv_poll_again(u32 *empty, int work, bool claimed)
{
	if (!claimed || work) {
		*empty = 0;
		return claimed;
	}
	return ++*empty <= NV_EMPTY_POLLS;
}

/**
 * nv_poll_drained - whether a poll has read the ring empty
 * @budget: of the poll; 0 for netpoll, which takes completions only, up to a limit of its own
 * @work: what it found
 */
static inline bool nv_poll_drained(int budget, int work)
{
	return budget && work < budget;
}

#endif
