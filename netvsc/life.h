/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a device's connection to the host: one table of states and turns.  Pure.
 *
 * The device's mutex (struct nv.lock) is held from the turn that begins something to the
 * one that ends it, so two threads never build connections for one device.
 */
#ifndef _NETVSC_LIFE_H
#define _NETVSC_LIFE_H

#include <linux/types.h>

enum nv_life {
	NV_DOWN,	/* not probed yet, or removed: nothing starts here by itself */
	NV_CONNECTING,	/* one thread builds a connection, the old one is gone */
	NV_UP,		/* there is a connection, the stack uses it */
	NV_LOST,	/* there is none; it is tried again from time to time */
	NV_SUSPENDED,	/* there is none, and none is built before the resume */
	NV_LIVES,
};

enum nv_turn {
	NV_TURN_PROBE,		/* the device is new */
	NV_TURN_CHANGE,		/* a setting of the user's needs a new connection */
	NV_TURN_RESET,		/* the host lost its state, or a queue does not move */
	NV_TURN_RETRY,		/* it is time to try again */
	NV_TURN_RESUME,
	NV_TURN_CONNECTED,	/* the builder is done */
	NV_TURN_FAILED,		/* the builder has given up */
	NV_TURN_SUSPEND,
	NV_TURN_END,		/* the device goes */
	NV_TURNS,
};

int nv_life_step(enum nv_life from, enum nv_turn turn, enum nv_life *to);
const char *nv_life_name(enum nv_life at);
bool nv_again(int error);

#endif
