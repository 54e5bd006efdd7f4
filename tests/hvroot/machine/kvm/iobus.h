/* SPDX-License-Identifier: GPL-2.0-only */
/* iobus.h - port I/O: devices claim ranges, vCPU threads dispatch. */
#ifndef HVROOT_IOBUS_H
#define HVROOT_IOBUS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One access of @size (1, 2, 4) bytes to @port. A read returns the value; a
 * write's result is ignored. Runs on vCPU threads: devices lock for themselves.
 */
typedef uint32_t (*iobus_fn)(void *ctx, uint16_t port, bool write, unsigned int size,
			     uint32_t value);

/* Claim ports before the guest runs. */
void iobus_claim(uint16_t base, uint16_t len, iobus_fn fn, void *ctx);

/* Perform @count accesses. Ports nobody claimed read all ones. */
void iobus_io(uint16_t port, bool write, unsigned int size, unsigned int count, void *data);

#endif
