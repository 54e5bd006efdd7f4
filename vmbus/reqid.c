// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transaction ids ("Transaction ids" in the VMBus protocol). An id is slot + 1
 * in the low 32 bits and the slot's generation above, checked in both parts
 * when the host returns it.
 *
 * Pure: the caller brings the memory and the lock.
 */
#include <linux/errno.h>
#include "reqid.h"

/**
 * reqid_reset - start with every slot free
 * @t: the table
 * @value: @size values
 * @gen: @size generations
 * @size: slots
 */
void reqid_reset(struct reqid_table *t, u64 *value, u16 *gen, u32 size)
{
	u32 slot;

	for (slot = 0; slot < size; slot++) {
		value[slot] = slot + 1;
		gen[slot] = 0;
	}
	*t = (struct reqid_table){ .value = value, .gen = gen, .size = size };
}

static u64 make_id(u32 slot, u16 gen)
{
	return ((u64)gen << 32) | (slot + 1);
}

/**
 * reqid_get - take an id for a request
 * @t: the table
 * @value: what reqid_put() shall return for it
 *
 * The slot freed last is taken first: it is the one still in the cache.
 *
 * Return: the id, or REQID_NONE if all are in use.
 */
u64 reqid_get(struct reqid_table *t, u64 value)
{
	u32 slot = t->free;

	if (slot >= t->size)
		return REQID_NONE;
	t->free = t->value[slot];
	t->value[slot] = value;
	t->used++;
	return make_id(slot, ++t->gen[slot]);
}

/**
 * reqid_peek - look up an id that came back from the host
 * @t: the table
 * @id: the id
 * @value: gets what it stands for
 *
 * Return: 0, or -ENOENT if no request in flight has this id.
 */
int reqid_peek(const struct reqid_table *t, u64 id, u64 *value)
{
	u32 slot = (u32)id - 1;

	if (slot >= t->size || !(t->gen[slot] & 1))
		return -ENOENT;
	if (id >> 32 != t->gen[slot])
		return -ENOENT;
	*value = t->value[slot];
	return 0;
}

/**
 * reqid_put - retire an id
 * @t: the table
 * @id: the id
 * @value: gets what it stood for
 *
 * Return: 0, or -ENOENT if no request in flight has this id.
 */
int reqid_put(struct reqid_table *t, u64 id, u64 *value)
{
	u32 slot = (u32)id - 1;

	if (reqid_peek(t, id, value))
		return -ENOENT;
	t->gen[slot]++;
	t->value[slot] = t->free;
	t->free = slot;
	t->used--;
	return 0;
}
