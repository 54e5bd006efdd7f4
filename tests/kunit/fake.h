/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A ring in flat memory and the peer at its other end, for the suites.
 *
 * The peer is written byte by byte from the VMBus protocol, without a look at
 * ring.c, and writes whatever a test asks for, sense or nonsense.
 */
#ifndef _HV_KUNIT_FAKE_H
#define _HV_KUNIT_FAKE_H

#include <kunit/test.h>
#include <linux/hyperv.h>

#define FAKE_GUARD	64
#define FAKE_GUARD_BYTE	0xa5

/*
 *	| control page | data area (size) | guard |
 */
struct fake_ring {
	struct hv_ring_buffer *shared;
	u8 *data;
	u32 size;
};

/* A packet as the peer writes it, field by field. */
struct fake_packet {
	u16 type, offset8, len8, flags;
	u64 id;
};

struct fake_ring *fake_ring_new(struct kunit *test, u32 size);
u32 fake_ring_bytes(const struct fake_ring *f);
bool fake_guard_intact(const struct fake_ring *f);
void fake_start_at(struct fake_ring *f, u32 index);

/* peer as producer */
void fake_write(struct fake_ring *f, const struct fake_packet *p, u8 fill);
void fake_write_inband(struct fake_ring *f, u32 payload, u64 id, u8 fill);

/* peer as consumer */
u8 fake_byte(const struct fake_ring *f, u32 at);
u64 fake_u64(const struct fake_ring *f, u32 at);
u32 fake_used(const struct fake_ring *f);
u32 fake_read_packet(struct fake_ring *f);
void fake_read_all(struct fake_ring *f);

#endif
