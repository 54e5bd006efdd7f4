/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic of the time messages. Pure. */
#ifndef HVROOT_IC_TIME_MSG_H
#define HVROOT_IC_TIME_MSG_H

#include <stddef.h>
#include <stdint.h>
#include "services/msg.h"

#define TIME_UNITS 10000000ll		/* of 100 ns in a second */

/* "-3600", "+1.5", "86400.0000001" in units of 100 ns: 0, or -1. */
int time_seconds_parse(const char *text, int64_t *units);

struct time_sample {
	int64_t unix_time;		/* of the host, 100 ns since 1970 */
	uint64_t reference;
	uint8_t flags, leap, stratum;
};

/* The message of a version: its length. @to has room for either form. */
size_t time_put(void *to, struct ic_version version, const struct time_sample *s);

/* "2026-11-23 04:05:06.1234567" of host time in a message. */
const char *time_text(uint64_t host, char *text, size_t size);

#endif
