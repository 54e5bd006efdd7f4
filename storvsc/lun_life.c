// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a LUN, as a table (pure: no device, no locks, no sleeping): whether the host
 * reaches it, and whether it is still the one that commands are meant for.
 *
 * Anybody turns it, in any context, by stor_lun_turn(): of two events at once each finds
 * what the other has left.
 */
#include <linux/kernel.h>
#include <linux/types.h>

#include "lun_life.h"

#define SURE	STOR_LUN_SURE
#define DOUBTED	STOR_LUN_DOUBTED
#define UNSURE	STOR_LUN_UNSURE
#define BOTH	STOR_LUN_BOTH
#define GONE	STOR_LUN_GONE

/*
 * What was not reached for a while may be exchanged meanwhile: no doubt that was settled leads
 * to SURE.
 */
static const u8 stor_lun_lives[STOR_LUN_LIVES][STOR_LUN_TURNS] = {
	/*	      NOT_REACHED  NOT_BLOCKED  REACHED  AGREED  SAME	  AWAY */
	[SURE]	  = { DOUBTED,	   SURE,	SURE,	 UNSURE, SURE,	  GONE },
	[DOUBTED] = { DOUBTED,	   SURE,	UNSURE,	 BOTH,	 DOUBTED, GONE },
	[UNSURE]  = { BOTH,	   UNSURE,	UNSURE,	 UNSURE, SURE,	  GONE },
	[BOTH]	  = { BOTH,	   UNSURE,	UNSURE,	 BOTH,	 DOUBTED, GONE },
	[GONE]	  = { GONE,	   GONE,	GONE,	 GONE,	 GONE,	  GONE },
};

/**
 * stor_lun_next() - the state that an event leads to
 * @now: state
 * @turn: what happened
 */
enum stor_lun_life stor_lun_next(enum stor_lun_life now, enum stor_lun_turn turn)
{
	return stor_lun_lives[now][turn];
}

/**
 * stor_lun_doubted() - whether the host is to be asked if it reaches the LUN
 * @now: state
 */
bool stor_lun_doubted(enum stor_lun_life now)
{
	return now == DOUBTED || now == BOTH;
}

/**
 * stor_lun_unsure() - whether the host is to be asked which LUN it is
 * @now: state
 */
bool stor_lun_unsure(enum stor_lun_life now)
{
	return now == UNSURE || now == BOTH;
}

/**
 * stor_lun_sends() - whether ordinary commands go to the host
 * @now: state
 *
 * A doubt keeps them in the midlayer, whose device it blocks; what passed that before may go.
 */
bool stor_lun_sends(enum stor_lun_life now)
{
	return now == SURE || now == DOUBTED;
}
