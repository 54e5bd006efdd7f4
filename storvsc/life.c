// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a controller, as a table (pure: no device, no locks, no sleeping).
 * tend.c is the one who turns it, under stor_ctl.life_mutex.
 */
#include <linux/kernel.h>
#include <linux/types.h>

#include "life.h"

/*
 * What does not fit changes nothing; STOR_DEAD is for ever.  From HELD and STUCK only the
 * host's word that it let go leads back to where one tries to agree.  Who goes to sleep has
 * seen to it that nothing is with the host, so that does, too.
 */
static const u8 stor_lives[STOR_LIVES][STOR_TURNS] = {
	/*		   AGREED	SILENT	   HELD	       TOO_LONG	  SLEEP	       END */
	[STOR_NEW] =	 { STOR_UP,	STOR_NEW,  STOR_HELD,  STOR_NEW,  STOR_ASLEEP, STOR_DEAD },
	[STOR_UP] =	 { STOR_UP,	STOR_LOST, STOR_HELD,  STOR_UP,   STOR_ASLEEP, STOR_DEAD },
	[STOR_LOST] =	 { STOR_UP,	STOR_LOST, STOR_HELD,  STOR_DOWN, STOR_ASLEEP, STOR_DEAD },
	[STOR_DOWN] =	 { STOR_UP,	STOR_DOWN, STOR_STUCK, STOR_DOWN, STOR_ASLEEP, STOR_DEAD },
	[STOR_HELD] =	 { STOR_HELD,	STOR_LOST, STOR_HELD,  STOR_STUCK, STOR_ASLEEP, STOR_DEAD },
	[STOR_STUCK] =	 { STOR_STUCK,	STOR_LOST, STOR_STUCK, STOR_STUCK, STOR_ASLEEP, STOR_DEAD },
	[STOR_ASLEEP] = { STOR_UP, STOR_LOST, STOR_HELD, STOR_ASLEEP, STOR_ASLEEP, STOR_DEAD },
	[STOR_DEAD] =	 { STOR_DEAD, STOR_DEAD, STOR_DEAD, STOR_DEAD, STOR_DEAD, STOR_DEAD },
};

static const struct {
	const char *name;
	enum stor_flow flow;
	bool tries, held;
} stor_life_facts[STOR_LIVES] = {
	[STOR_NEW]	= { "new",	STOR_FLOW_WAIT, .tries = true },
	[STOR_UP]	= { "up",	STOR_FLOW_SEND },
	[STOR_LOST]	= { "lost",	STOR_FLOW_WAIT, .tries = true },
	[STOR_DOWN]	= { "down",	STOR_FLOW_FAIL, .tries = true },
	[STOR_HELD]	= { "held",	STOR_FLOW_WAIT, .tries = true, .held = true },
	[STOR_STUCK]	= { "stuck",	STOR_FLOW_FAIL, .tries = true, .held = true },
	[STOR_ASLEEP]	= { "asleep",	STOR_FLOW_WAIT },
	[STOR_DEAD]	= { "dead",	STOR_FLOW_FAIL },
};

/**
 * stor_life_next() - the state that an event leads to
 * @now: state
 * @turn: what happened
 */
enum stor_life stor_life_next(enum stor_life now, enum stor_turn turn)
{
	return stor_lives[now][turn];
}

/**
 * stor_life_flow() - what becomes of commands
 * @now: state
 */
enum stor_flow stor_life_flow(enum stor_life now)
{
	return stor_life_facts[now].flow;
}

/**
 * stor_life_tries() - whether to go on trying to agree with the host
 * @now: state
 */
bool stor_life_tries(enum stor_life now)
{
	return stor_life_facts[now].tries;
}

/**
 * stor_life_held() - whether the host has to let go of closed rings before anything else
 * @now: state
 */
bool stor_life_held(enum stor_life now)
{
	return stor_life_facts[now].held;
}

/**
 * stor_life_name() - for people
 * @now: state
 */
const char *stor_life_name(enum stor_life now)
{
	return stor_life_facts[now].name;
}
