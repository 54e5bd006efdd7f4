/* SPDX-License-Identifier: GPL-2.0-only */
/* Manners: how hosts that exist behave otherwise than our default. */
#ifndef HVROOT_MANNER_H
#define HVROOT_MANNER_H

#include <stdbool.h>
#include <stdint.h>

/* One bit each in machine_options.manners */
enum manner {
	MANNER_NO_DIRECT_TIMERS = 1 << 0,
	MANNER_ISOLATED = 1 << 1,
	MANNER_NIC_FRAME = 1 << 16,
	MANNER_NIC_NAME = 1 << 17,
	MANNER_NIC_TABLE = 1 << 18,
	MANNER_NIC_RSC = 1 << 19,
	MANNER_NIC_HEADER = 1 << 20,
	MANNER_NIC_VLAN = 1 << 21,
};

int manners_parse(const char *names, uint32_t *manners);
void manners_help(void);

#endif
