// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of free slots, as they are made (pure: no device, no locks, no memory of its own).
 */
#include <linux/kernel.h>

#include "free_list.h"

/**
 * nv_free_room() - entries that a list needs
 * @count: of so many slots
 *
 * Return: a power of two above @count.
 */
u32 nv_free_room(u32 count)
{
	u32 room = 1;

	while (room <= count)
		room <<= 1;
	return room;
}

/**
 * nv_free_fill() - make a list of slots that are all free
 * @f: the list, empty so far
 * @slot: nv_free_room() entries, which it keeps
 * @first: number of the first slot
 * @count: how many; the last number has 16 bits
 *
 * Context: any; the NAPI of the queue may look at the list already.
 */
void nv_free_fill(struct nv_free *f, u16 *slot, u32 first, u32 count)
{
	u32 i;

	for (i = 0; i < count; i++)
		slot[i] = first + i;
	f->slot = slot;
	f->mask = nv_free_room(count) - 1;
	f->take = 0;
	/* the numbers first: pairs with the acquire in nv_free_peek() */
	smp_store_release(&f->put, count);
}

/**
 * nv_tx_sections() - sections that a queue makes use of
 * @sections: those that are its
 *
 * A host chooses how large a section is, and so how many there are.
 *
 * Return: no more than what leaves numbers of 16 bits for the slots without one.
 */
u32 nv_tx_sections(u32 sections)
{
	return min_t(u32, sections, NV_TX_SECTIONS_MAX);
}
