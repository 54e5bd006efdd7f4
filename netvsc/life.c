// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a device's connection as one table: in which state which turn leads where.
 * What is not in the table is refused and changes nothing.
 *
 * Pure: nv_turn() in rebuild.c has the lock.  The suite tries every pair.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include "life.h"

struct step {
	bool legal;
	u8 to;		/* enum nv_life */
};

#define GO(next)	{ .legal = true, .to = NV_##next }

static const struct step steps[NV_LIVES][NV_TURNS] = {
	[NV_DOWN] = {
		[NV_TURN_PROBE] = GO(CONNECTING),
		[NV_TURN_END] = GO(DOWN),
	},
	/* Whoever wants something else waits for the builder, or is told to come again. */
	[NV_CONNECTING] = {
		[NV_TURN_CONNECTED] = GO(UP),
		[NV_TURN_FAILED] = GO(LOST),
		[NV_TURN_END] = GO(DOWN),
	},
	[NV_UP] = {
		[NV_TURN_CHANGE] = GO(CONNECTING),
		[NV_TURN_RESET] = GO(CONNECTING),
		[NV_TURN_SUSPEND] = GO(SUSPENDED),
		[NV_TURN_END] = GO(DOWN),
	},
	[NV_LOST] = {
		[NV_TURN_RETRY] = GO(CONNECTING),
		[NV_TURN_SUSPEND] = GO(SUSPENDED),
		[NV_TURN_END] = GO(DOWN),
	},
	[NV_SUSPENDED] = {
		[NV_TURN_RESUME] = GO(CONNECTING),
		[NV_TURN_END] = GO(DOWN),
	},
};

/**
 * nv_life_step() - what a turn does to a connection's life
 * @from: where it is
 * @turn: what happens
 * @to: gets where it is then; as @from if the turn is refused
 *
 * Return: 0; -EBUSY if it has to wait for what is under way; -ENODEV if there is no
 * connection that it could concern; -EINVAL if it makes no sense in this state.
 */
int nv_life_step(enum nv_life from, enum nv_turn turn, enum nv_life *to)
{
	const struct step *s = &steps[from][turn];

	*to = from;
	if (s->legal) {
		*to = s->to;
		return 0;
	}
	if (turn == NV_TURN_CONNECTED || turn == NV_TURN_FAILED || turn == NV_TURN_PROBE)
		return -EINVAL;
	return from == NV_CONNECTING ? -EBUSY : -ENODEV;
}

const char *nv_life_name(enum nv_life at)
{
	static const char * const names[NV_LIVES] = {
		[NV_DOWN] = "down", [NV_CONNECTING] = "connecting", [NV_UP] = "up",
		[NV_LOST] = "lost", [NV_SUSPENDED] = "suspended",
	};

	return names[at];
}

/**
 * nv_again() - is what failed so said to the host again
 * @error: 0 or what became of it
 *
 * Nobody else would: the stack says things once.  A host that has refused it would again, and
 * the next connection is told everything.
 *
 * Return: whether it passes: no answer in time or none that fits, no room in the ring, no memory.
 */
bool nv_again(int error)
{
	return error < 0 && error != -EIO && error != -ENODEV;
}
