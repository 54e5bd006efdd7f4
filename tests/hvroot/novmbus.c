// SPDX-License-Identifier: GPL-2.0-only
/* novmbus.c - lets the VMM link, and boot a guest without VMBus, on its own. */
#include "machine.h"

__attribute__((weak)) int vmbus_init(struct vm *vm, const struct machine_options *o)
{
	return 0;
}

__attribute__((weak)) void vmbus_reset(struct vm *vm)
{
}

__attribute__((weak)) void vmbus_exit(struct vm *vm)
{
}
