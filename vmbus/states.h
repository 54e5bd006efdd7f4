/* SPDX-License-Identifier: GPL-2.0-only */
/* Which moves between states are legal, of a channel and of the connection. Pure. */
#ifndef _HV_STATES_H
#define _HV_STATES_H

#include <linux/hyperv.h>
#include "dispatch.h"

bool chan_move_legal(enum vmbus_channel_state from, enum vmbus_channel_state to);
bool phase_move_legal(enum vmbus_phase from, enum vmbus_phase to);

#endif
