/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_LIFE_H
#define _STOR_LIFE_H

/* Where a controller is in its life. */
enum stor_life {
	STOR_NEW,	/* not agreed with the host yet */
	STOR_UP,	/* channel open and agreed */
	STOR_LOST,	/* closed since the host was silent, tried again; commands wait */
	STOR_DOWN,	/* as LOST, for too long: commands fail */
	STOR_HELD,	/* the host did not confirm the close, it keeps its commands; others wait */
	STOR_STUCK,	/* as HELD, for too long: others fail */
	STOR_ASLEEP,	/* suspended; commands wait */
	STOR_DEAD,	/* the host or the device is gone; commands fail */
	STOR_LIVES
};

enum stor_turn {
	STOR_TURN_AGREED,	/* the handshake succeeded */
	STOR_TURN_SILENT,	/* channel closed, the host has let go */
	STOR_TURN_HELD,		/* channel closed, the host has not let go */
	STOR_TURN_TOO_LONG,	/* commands have waited long enough */
	STOR_TURN_SLEEP,	/* suspended, channel closed */
	STOR_TURN_END,		/* rescinded or removed, channel closed */
	STOR_TURNS
};

/* What becomes of commands that the midlayer has. */
enum stor_flow {
	STOR_FLOW_SEND,
	STOR_FLOW_WAIT,
	STOR_FLOW_FAIL,
};

enum stor_life stor_life_next(enum stor_life now, enum stor_turn turn);
enum stor_flow stor_life_flow(enum stor_life now);
bool stor_life_tries(enum stor_life now);
bool stor_life_held(enum stor_life now);
const char *stor_life_name(enum stor_life now);

#endif
