// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a channel as one table: in which state which event leads where, and what
 * has to be done then.  What is not in the table is refused and changes nothing.
 *
 * Late answers and time-outs are no events here: whoever waits turns them into EV_OPENED,
 * EV_FAILED or EV_CLOSED, once.  A crash ends no life: nothing runs after it.
 *
 * Pure: chan_step() in chans.c has the lock.  The suite tries every pair, and walks
 * through all orders in which opener, host, bus and a pause can cause them.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include "life.h"

struct step {
	bool legal;
	u8 to;		/* enum life */
	u8 actions;	/* enum life_action bits */
};

#define GO(next, act)	{ .legal = true, .to = LIFE_##next, .actions = act }

/*
 * EV_END comes when every driver and every work of the bus is gone; a channel that is still
 * open then was left so by a faulty driver, and keeps its rings for good.
 */
static const struct step steps[LIFE_COUNT][EV_COUNT] = {
	[LIFE_NEW] = {
		[EV_HAND] = GO(CLOSED, 0),
		[EV_RESCIND] = GO(NEW_BACK, ACT_REMOVE),
		[EV_PAUSE] = GO(NEW_PAUSED, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSED] = {
		[EV_UNHAND] = GO(NEW, 0),
		[EV_OPEN] = GO(OPENING, 0),
		[EV_RESCIND] = GO(CLOSED_BACK, ACT_REMOVE),
		[EV_PAUSE] = GO(CLOSED_PAUSED, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPENING] = {
		[EV_OPENED] = GO(OPEN, 0),
		[EV_FAILED] = GO(CLOSED, 0),
		[EV_RESCIND] = GO(OPENING_BACK, ACT_REMOVE),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPEN] = {
		[EV_CLOSE] = GO(CLOSING, ACT_POST_CLOSE),
		[EV_MODIFY] = GO(OPEN, 0),
		[EV_RESCIND] = GO(OPEN_BACK, ACT_REMOVE),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSING] = {
		[EV_CLOSED] = GO(CLOSED, 0),
		[EV_RESCIND] = GO(CLOSING_BACK, ACT_REMOVE),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	/* A pause makes no difference to what the host has taken back already. */
	[LIFE_NEW_BACK] = {
		[EV_RELEASE] = GO(GONE, ACT_FORGET),
		[EV_PAUSE] = GO(NEW_BACK, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSED_BACK] = {
		[EV_UNHAND] = GO(NEW_BACK, 0),
		[EV_RELEASE] = GO(GONE, ACT_FORGET),
		[EV_PAUSE] = GO(CLOSED_BACK, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPENING_BACK] = {
		[EV_OPENED] = GO(OPEN_BACK, 0),
		[EV_FAILED] = GO(CLOSED_BACK, 0),
		[EV_RELEASE] = GO(OPENING_LAST, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPEN_BACK] = {
		[EV_CLOSE] = GO(CLOSING_BACK, 0),
		[EV_RELEASE] = GO(OPEN_LAST, 0),
		[EV_PAUSE] = GO(OPEN_BACK, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSING_BACK] = {
		[EV_CLOSED] = GO(CLOSED_BACK, 0),
		[EV_RELEASE] = GO(CLOSING_LAST, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPENING_LAST] = {
		[EV_OPENED] = GO(OPEN_LAST, 0),
		[EV_FAILED] = GO(GONE, ACT_FORGET),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_OPEN_LAST] = {
		[EV_CLOSE] = GO(CLOSING_LAST, 0),
		[EV_PAUSE] = GO(OPEN_LAST, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSING_LAST] = {
		[EV_CLOSED] = GO(GONE, ACT_FORGET),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_NEW_PAUSED] = {
		[EV_RESCIND] = GO(NEW_BACK, ACT_REMOVE),
		[EV_PAUSE] = GO(NEW_PAUSED, 0),
		[EV_AGAIN] = GO(NEW, ACT_ADD),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
	[LIFE_CLOSED_PAUSED] = {
		[EV_RESCIND] = GO(CLOSED_BACK, ACT_REMOVE),
		[EV_PAUSE] = GO(CLOSED_PAUSED, 0),
		[EV_AGAIN] = GO(CLOSED, 0),
		[EV_END] = GO(GONE, ACT_FORGET),
	},
};

/* Whether the host knows the channel as ours to use; what drivers see as rescind. */
static const struct {
	u8 state;	/* enum vmbus_channel_state */
	bool rescinded, paused;
} seen[LIFE_COUNT] = {
	[LIFE_NEW] = { CHANNEL_OFFER_STATE },
	[LIFE_CLOSED] = { CHANNEL_OPEN_STATE },
	[LIFE_OPENING] = { CHANNEL_OPENING_STATE },
	[LIFE_OPEN] = { CHANNEL_OPENED_STATE },
	[LIFE_CLOSING] = { CHANNEL_OPENING_STATE },
	[LIFE_NEW_BACK] = { CHANNEL_OFFER_STATE, .rescinded = true },
	[LIFE_CLOSED_BACK] = { CHANNEL_OPEN_STATE, .rescinded = true },
	[LIFE_OPENING_BACK] = { CHANNEL_OPENING_STATE, .rescinded = true },
	[LIFE_OPEN_BACK] = { CHANNEL_OPENED_STATE, .rescinded = true },
	[LIFE_CLOSING_BACK] = { CHANNEL_OPENING_STATE, .rescinded = true },
	[LIFE_OPENING_LAST] = { CHANNEL_OPENING_STATE, .rescinded = true },
	[LIFE_OPEN_LAST] = { CHANNEL_OPENED_STATE, .rescinded = true },
	[LIFE_CLOSING_LAST] = { CHANNEL_OPENING_STATE, .rescinded = true },
	[LIFE_NEW_PAUSED] = { CHANNEL_OFFER_STATE, .paused = true },
	[LIFE_CLOSED_PAUSED] = { CHANNEL_OPEN_STATE, .paused = true },
	[LIFE_GONE] = { CHANNEL_OPEN_STATE, .rescinded = true },
};

/**
 * life_step() - what an event does to a channel
 * @from: where it is
 * @event: what happens
 * @to: gets where it is then; as @from if the event is refused
 *
 * Return: what has to be done, enum life_action bits; -ENODEV if the host has taken the
 * channel back or does not know it now, -EINVAL if the event is wrong in this state.
 */
int life_step(enum life from, enum life_event event, enum life *to)
{
	const struct step *s = &steps[from][event];

	*to = from;
	if (!s->legal)
		return seen[from].rescinded || seen[from].paused ? -ENODEV : -EINVAL;
	*to = s->to;
	return s->actions;
}

/* The host has taken it back: no interrupt, no answer, nothing new may be started. */
bool life_rescinded(enum life at)
{
	return seen[at].rescinded;
}

/* Open, or being opened or closed: there are rings, and somebody who will free them */
bool life_in_use(enum life at)
{
	return seen[at].state == CHANNEL_OPENING_STATE || seen[at].state == CHANNEL_OPENED_STATE;
}

/* Being closed: the host has heard of it, or knows by itself, and hears of no move any more */
bool life_closing(enum life at)
{
	return at == LIFE_CLOSING || at == LIFE_CLOSING_BACK || at == LIFE_CLOSING_LAST;
}

bool life_paused(enum life at)
{
	return seen[at].paused;
}

/* What drivers see as struct vmbus_channel.state */
enum vmbus_channel_state life_public(enum life at)
{
	return seen[at].state;
}
