// SPDX-License-Identifier: GPL-2.0-only
/* vm.c - the virtual machine as the server sees it, whatever it is made of. */
#include <errno.h>
#include <stddef.h>

#include "machine/vmm.h"

void *vm_mem(struct vm *vm, uint64_t gpa, uint64_t len)
{
	if (gpa < vm->ram_low)
		return len <= vm->ram_low - gpa ? vm->ram + gpa : NULL;
	if (gpa < MEM_HOLE_END)
		return NULL;
	gpa -= MEM_HOLE_END;
	if (gpa >= vm->ram_high || len > vm->ram_high - gpa)
		return NULL;
	return vm->ram + vm->ram_low + gpa;
}

int vm_frame_buffer(struct vm *vm, uint64_t gpa, uint64_t size)
{
	return vm->ops->frame_buffer ? vm->ops->frame_buffer(vm, gpa, size) : -EINVAL;
}

uint64_t vm_reference_time(struct vm *vm)
{
	return vm->ops->reference_time(vm);
}

unsigned int vm_cpus(const struct vm *vm)
{
	return vm->cpus;
}
