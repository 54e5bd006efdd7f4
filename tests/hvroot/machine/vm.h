/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vm.h - the virtual machine as the server sees it: memory, time, number of processors.
 *
 * Every address that comes from the guest goes through vm_mem(); nothing else
 * in hvroot turns a guest physical address into a pointer.
 */
#ifndef HVROOT_VM_H
#define HVROOT_VM_H

#include <stdbool.h>
#include <stdint.h>

struct vm;

/*
 * Pointer to @len bytes of guest RAM at @gpa, or NULL unless all of them are
 * RAM of one memory slot. The guest may change those bytes at any time: copy
 * once, then check, then use. Stays a valid address for the life of hvroot, also
 * over a machine reset, but what it shows is the guest's only until then. Any thread.
 */
void *vm_mem(struct vm *vm, uint64_t gpa, uint64_t len);

/*
 * Back @size bytes at @gpa, inside a window that the ACPI tables give to
 * VMBus, with memory: a frame buffer that the guest placed there. One at a
 * time, a new one takes the place of the old. vm_mem() does not see it. Gone
 * after a machine reset. Loop thread. 0 or -errno: -EINVAL where it may not be,
 * or on a machine without such windows.
 */
int vm_frame_buffer(struct vm *vm, uint64_t gpa, uint64_t size);

/*
 * The partition's reference time in units of 100 ns, as the guest would read
 * it now; starts at 0 with the machine. Loop thread.
 */
uint64_t vm_reference_time(struct vm *vm);

/* Number of virtual CPUs; VP index = 0 .. n-1. */
unsigned int vm_cpus(const struct vm *vm);

#endif
