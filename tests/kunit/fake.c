// SPDX-License-Identifier: GPL-2.0-only
/* The peer at the other end of a ring; see fake.h. */
#include <linux/string.h>
#include <linux/module.h>
#include "fake.h"

struct fake_ring *fake_ring_new(struct kunit *test, u32 size)
{
	struct fake_ring *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f);
	f->shared = kunit_kzalloc(test, 4096 + size + FAKE_GUARD, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, f->shared);
	f->data = (u8 *)f->shared + 4096;
	f->size = size;
	memset(f->data + size, FAKE_GUARD_BYTE, FAKE_GUARD);
	return f;
}

u32 fake_ring_bytes(const struct fake_ring *f)
{
	return 4096 + f->size;
}

bool fake_guard_intact(const struct fake_ring *f)
{
	u32 i;

	for (i = 0; i < FAKE_GUARD; i++)
		if (f->data[f->size + i] != FAKE_GUARD_BYTE)
			return false;
	return true;
}

/* Both indices of a ring not yet in use. */
void fake_start_at(struct fake_ring *f, u32 index)
{
	f->shared->write_index = index;
	f->shared->read_index = index;
}

static void put_byte(struct fake_ring *f, u32 *at, u8 byte)
{
	f->data[*at] = byte;
	*at = (*at + 1) % f->size;
}

static void put_le(struct fake_ring *f, u32 *at, u64 value, unsigned int bytes)
{
	while (bytes--) {
		put_byte(f, at, value);
		value >>= 8;
	}
}

/* Descriptor, then @fill up to the length the descriptor claims, then trailer. */
void fake_write(struct fake_ring *f, const struct fake_packet *p, u8 fill)
{
	u32 start = f->shared->write_index, at = start;
	int left = p->len8 * 8 - 16;

	put_le(f, &at, p->type, 2);
	put_le(f, &at, p->offset8, 2);
	put_le(f, &at, p->len8, 2);
	put_le(f, &at, p->flags, 2);
	put_le(f, &at, p->id, 8);
	while (left-- > 0)
		put_byte(f, &at, fill);
	put_le(f, &at, (u64)start << 32, 8);
	f->shared->write_index = at;
}

void fake_write_inband(struct fake_ring *f, u32 payload, u64 id, u8 fill)
{
	struct fake_packet p = {
		.type = 6, .offset8 = 2, .len8 = 2 + (payload + 7) / 8, .id = id,
	};

	fake_write(f, &p, fill);
}

u8 fake_byte(const struct fake_ring *f, u32 at)
{
	return f->data[at % f->size];
}

u64 fake_u64(const struct fake_ring *f, u32 at)
{
	u64 value = 0;
	int i;

	for (i = 7; i >= 0; i--)
		value = value << 8 | fake_byte(f, at + i);
	return value;
}

u32 fake_used(const struct fake_ring *f)
{
	return (f->shared->write_index + f->size - f->shared->read_index) % f->size;
}

/* Take one packet. Returns its length without trailer, 0 if the ring is empty. */
u32 fake_read_packet(struct fake_ring *f)
{
	u32 at = f->shared->read_index;
	u32 len;

	if (!fake_used(f))
		return 0;
	len = (fake_byte(f, at + 4) | fake_byte(f, at + 5) << 8) * 8;
	f->shared->read_index = (at + len + 8) % f->size;
	return len;
}

void fake_read_all(struct fake_ring *f)
{
	f->shared->read_index = f->shared->write_index;
}

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("KUnit suites of hvguest");
