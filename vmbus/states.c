// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which moves between phases of the connection are legal. Pure.
 */
#include "states.h"

/**
 * phase_move_legal() - may the connection go from one phase to another
 * @from: its phase
 * @to: the other
 *
 * A crash may interrupt the version walk, and a host before 3.0 knows no unload: then
 * the connection is just dropped, and lost, as after an unload without an answer.  Only an
 * unload that is confirmed leads down from there.
 *
 * Return: true if so; staying down or lost is legal, for a connection that never came up.
 */
bool phase_move_legal(enum vmbus_phase from, enum vmbus_phase to)
{
	switch (from) {
	case VMBUS_PHASE_DOWN:
		return to == VMBUS_PHASE_CONTACT || to == VMBUS_PHASE_DOWN;
	case VMBUS_PHASE_CONTACT:
		return to == VMBUS_PHASE_UP || to == VMBUS_PHASE_DOWN ||
		       to == VMBUS_PHASE_UNLOAD || to == VMBUS_PHASE_LOST;
	case VMBUS_PHASE_UP:
		return to == VMBUS_PHASE_UNLOAD || to == VMBUS_PHASE_LOST;
	case VMBUS_PHASE_UNLOAD:	/* contact: resumed, and the host had not confirmed */
		return to == VMBUS_PHASE_DOWN || to == VMBUS_PHASE_CONTACT ||
		       to == VMBUS_PHASE_LOST;
	case VMBUS_PHASE_LOST:
		return to == VMBUS_PHASE_CONTACT || to == VMBUS_PHASE_LOST;
	}
	return false;
}
