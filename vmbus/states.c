// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which moves between states are legal, of a channel and of the connection. Pure.
 */
#include "states.h"

/**
 * chan_move_legal() - may a channel go from one state to another
 * @from: its state
 * @to: the other
 *
 * Return: true if so; staying is no move.
 */
bool chan_move_legal(enum vmbus_channel_state from, enum vmbus_channel_state to)
{
	switch (from) {
	case CHANNEL_OFFER_STATE:	/* not yet known to any driver */
		return to == CHANNEL_OPEN_STATE;
	case CHANNEL_OPEN_STATE:	/* may be opened */
		return to == CHANNEL_OPENING_STATE;
	case CHANNEL_OPENING_STATE:	/* being opened or closed by one thread */
		return to == CHANNEL_OPENED_STATE || to == CHANNEL_OPEN_STATE;
	case CHANNEL_OPENED_STATE:
		return to == CHANNEL_OPENING_STATE;
	}
	return false;
}

/**
 * phase_move_legal() - may the connection go from one phase to another
 * @from: its phase
 * @to: the other
 *
 * A crash may interrupt the version walk, and a host before 3.0 knows no unload: then
 * the connection is just dropped.
 *
 * Return: true if so; staying down is legal, for a connection that never came up.
 */
bool phase_move_legal(enum vmbus_phase from, enum vmbus_phase to)
{
	switch (from) {
	case VMBUS_PHASE_DOWN:
		return to == VMBUS_PHASE_CONTACT || to == VMBUS_PHASE_DOWN;
	case VMBUS_PHASE_CONTACT:
		return to == VMBUS_PHASE_UP || to == VMBUS_PHASE_DOWN || to == VMBUS_PHASE_UNLOAD;
	case VMBUS_PHASE_UP:
		return to == VMBUS_PHASE_UNLOAD || to == VMBUS_PHASE_DOWN;
	case VMBUS_PHASE_UNLOAD:	/* contact: resumed, and the host had not confirmed */
		return to == VMBUS_PHASE_DOWN || to == VMBUS_PHASE_CONTACT;
	}
	return false;
}
