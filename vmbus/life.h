/* SPDX-License-Identifier: GPL-2.0-only */
/* The life of a channel: one table of states and events. Pure. */
#ifndef _HV_LIFE_H
#define _HV_LIFE_H

#include <linux/hyperv.h>
#include <linux/types.h>

/*
 * Where a channel is in its life.  "Back": the host has taken it back, and its removal by
 * the bus is under way.  "Last": that removal is over, what is left is its driver's to end.
 */
enum life {
	LIFE_NEW,		/* offered; no driver knows of it */
	LIFE_CLOSED,		/* handed over; may be opened */
	LIFE_OPENING,		/* one thread opens it */
	LIFE_OPEN,
	LIFE_CLOSING,		/* one thread closes it */
	LIFE_NEW_BACK,
	LIFE_CLOSED_BACK,
	LIFE_OPENING_BACK,
	LIFE_OPEN_BACK,
	LIFE_CLOSING_BACK,
	LIFE_OPENING_LAST,
	LIFE_OPEN_LAST,
	LIFE_CLOSING_LAST,
	LIFE_NEW_PAUSED,	/* hibernation: the host knows nothing of it */
	LIFE_CLOSED_PAUSED,
	LIFE_GONE,		/* in no list; memory goes with the last reference */
	LIFE_COUNT
};

enum life_event {
	EV_HAND,		/* its device is registered, or its driver is told of it */
	EV_UNHAND,		/* the device could not be: nobody knows of it after all */
	EV_OPEN,		/* a driver wants to open it */
	EV_OPENED,		/* the host agreed */
	EV_FAILED,		/* the host did not, or not in time; the opener has undone all */
	EV_CLOSE,		/* a driver wants to close it */
	EV_CLOSED,		/* the host let go, or what it keeps is in quarantine */
	EV_MODIFY,		/* may the host be told of another CPU, or would it ignore it */
	EV_RESCIND,		/* the host takes it back, or did not offer it again */
	EV_RELEASE,		/* the bus is through with the removal: no device, driver told */
	EV_PAUSE,		/* hibernation: the host is about to forget it */
	EV_AGAIN,		/* the host offers it again */
	EV_END,			/* the bus itself ends, no driver is left */
	EV_COUNT
};

/* What has to be done by whoever caused the event; nobody else will. */
enum life_action {
	ACT_POST_CLOSE	= 1 << 0,	/* tell the host */
	ACT_REMOVE	= 1 << 1,	/* start the removal */
	ACT_FORGET	= 1 << 2,	/* out of the lists, relid back, drop their reference */
	ACT_ADD		= 1 << 3,	/* start the registration, if it is not on its way */
};

int life_step(enum life from, enum life_event event, enum life *to);
bool life_rescinded(enum life at);
bool life_in_use(enum life at);
bool life_closing(enum life at);
bool life_paused(enum life at);
enum vmbus_channel_state life_public(enum life at);

#endif
