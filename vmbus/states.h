/* SPDX-License-Identifier: GPL-2.0-only */
/* Which moves between phases of the connection are legal. Pure. */
#ifndef _HV_STATES_H
#define _HV_STATES_H

#include <linux/types.h>
#include "dispatch.h"

bool phase_move_legal(enum vmbus_phase from, enum vmbus_phase to);

#endif
