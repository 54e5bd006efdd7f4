/* SPDX-License-Identifier: GPL-2.0-only */
/* Manners: how hosts that exist behave otherwise than our default. */
#ifndef HVROOT_MANNER_H
#define HVROOT_MANNER_H

#include <stdbool.h>
#include <stdint.h>

/* One bit each in struct manners */
enum manner {
	MANNER_NO_DIRECT_TIMERS = 1 << 0,
	MANNER_ISOLATED = 1 << 1,
	MANNER_SLOW = 1 << 2,
	MANNER_MODIFY_ANSWERED = 1 << 3,
	MANNER_LISTS_REFUSED = 1 << 4,
	MANNER_RELIDS_REUSED = 1 << 5,
	MANNER_RESETS_IDLE = 1 << 6,
	MANNER_TEARDOWNS_DROPPED = 1 << 7,
	MANNER_SUBS_UNANSWERED = 1 << 8,
	MANNER_SUBS_UNOPENED = 1 << 9,
	MANNER_LUN_INVALID = 1 << 15,
	MANNER_NIC_FRAME = 1 << 16,
	MANNER_NIC_NAME = 1 << 17,
	MANNER_NIC_TABLE = 1 << 18,
	MANNER_NIC_RSC = 1 << 19,
	MANNER_NIC_HEADER = 1 << 20,
	MANNER_NIC_VLAN = 1 << 21,
	MANNER_NIC_BY_PAGES = 1 << 22,
	MANNER_NIC_SLOTS = 1 << 23,
	MANNER_NIC_PIECES = 1 << 24,
	MANNER_NICS = 0x1FF << 16,	/* all that a NIC has */
};

struct manners {
	uint32_t bits;
	unsigned int slow;		/* milliseconds, with MANNER_SLOW */
};

struct manner_problem {			/* why a list of manners is wrong: one line */
	char text[160];
};

/*
 * Adds what "NAME[=VALUE],..." names, a group all that it has; "none" takes back all that can change in a
 * running machine. @running: no machine is to be made any more, so nothing that only
 * a new one can have. 0, or -1 with @why.
 */
int manners_parse(const char *names, bool running, struct manners *m,
		  struct manner_problem *why);
void manners_help(void);
/* What hvroot does when nobody says otherwise. */
uint32_t manners_usual(void);

#endif
