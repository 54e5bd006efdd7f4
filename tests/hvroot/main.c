// SPDX-License-Identifier: GPL-2.0-only
/* main.c - options, build the machine, run it, exit status. */
#include <stdio.h>

#include "control.h"
#include "counters.h"
#include "hcall.h"
#include "log.h"
#include "machine.h"
#include "poll.h"
#include "synic.h"
#include "vm.h"

int main(void)
{
	fprintf(stderr, "hvroot: the machine is being written\n");
	return 2;
}
