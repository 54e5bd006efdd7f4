/* SPDX-License-Identifier: GPL-2.0-only */
/* Frame of the integration services' messages: checks and answers.  Pure. */
#ifndef _HVU_IC_MSG_H
#define _HVU_IC_MSG_H

#include <hv/ic_wire.h>

/* Why a message is refused */
enum ic_flaw {
	IC_GOOD,
	IC_SHORT,	/* no room for the header */
	IC_LENGTH,	/* a length in it is past the packet's end */
	IC_ANSWER,	/* not a request */
	IC_COUNTS,	/* negotiation: more versions than there is room or sense for */
	IC_NR_FLAWS,
};

enum ic_flaw ic_check_head(const void *packet, u32 len);
enum ic_flaw ic_check_negotiation(const void *packet, u32 len);
void ic_make_answer(void *packet, u32 status);
bool ic_only_told(const void *packet);
void ic_make_no_version(void *packet, u32 len);
const char *ic_flaw_name(enum ic_flaw flaw);

#endif
