/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_LUN_LIFE_H
#define _STOR_LUN_LIFE_H

#include <linux/types.h>

/*
 * What is known of a LUN.  "Doubted": the host said that it does not reach it; its device is
 * blocked, and the host is asked until it answers.  "Unsure": it may be another one than the
 * one that commands are meant for; ordinary commands wait until the host was asked which it is.
 */
enum stor_lun_life {
	STOR_LUN_SURE,
	STOR_LUN_DOUBTED,
	STOR_LUN_UNSURE,
	STOR_LUN_BOTH,
	STOR_LUN_GONE,		/* the device goes, whose state fails what comes */
	STOR_LUN_LIVES
};

enum stor_lun_turn {
	STOR_LUN_NOT_REACHED,	/* so the host answered a command */
	STOR_LUN_NOT_BLOCKED,	/* no doubt after all: its device does not take any */
	STOR_LUN_REACHED,	/* asked for that, it answered: whichever it is now */
	STOR_LUN_AGREED,	/* the host was agreed with anew */
	STOR_LUN_SAME,		/* asked which it is, the host said: the one */
	STOR_LUN_AWAY,		/* it is not there, is another, or nobody says for too long */
	STOR_LUN_TURNS
};

enum stor_lun_life stor_lun_next(enum stor_lun_life now, enum stor_lun_turn turn);
bool stor_lun_doubted(enum stor_lun_life now);
bool stor_lun_unsure(enum stor_lun_life now);
bool stor_lun_sends(enum stor_lun_life now);

#endif
