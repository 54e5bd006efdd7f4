// SPDX-License-Identifier: GPL-2.0-only
/*
 * One hand-over of a slot between its sender and its completion (pure: no device, no
 * locks, no sleeping).
 */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "owner.h"

#define FREE	0u
#define HELD	1u
#define OUT	2u
#define STATE	3u

#define WORD(gen, state)	((gen) << 2 | (state))

static u32 gen_of(u32 word)
{
	return word >> 2;
}

/**
 * nv_owner_hold() - a sender wants the slot
 * @o: the slot's word
 *
 * Context: any; several senders may try.
 * Return: whether the caller has it now.
 */
bool nv_owner_hold(struct nv_owner *o)
{
	u32 word = READ_ONCE(o->word);

	/* fully ordered: what the last holder did with the request is over */
	return (word & STATE) == FREE && cmpxchg(&o->word, word, word | HELD) == word;
}

/**
 * nv_owner_next() - the generation that nv_owner_give() will hand over
 * @o: word of a slot that the caller holds
 *
 * Return: what belongs into the packet's id, below NV_OWNER_GENS.
 */
u32 nv_owner_next(const struct nv_owner *o)
{
	return (gen_of(READ_ONCE(o->word)) + 1) % NV_OWNER_GENS;
}

/**
 * nv_owner_give() - the host has it, before the packet is written
 * @o: word of a slot that the caller holds; all that a completion needs is filled in
 *
 * From here on the request may be over at any moment: what the sender still wants to
 * know of it must have been read before.
 */
void nv_owner_give(struct nv_owner *o)
{
	/* the request first: pairs with the cmpxchg in nv_owner_take() */
	smp_store_release(&o->word, WORD(nv_owner_next(o), OUT));
}

/**
 * nv_owner_take() - get a request back
 * @o: the slot's word
 * @gen: generation of the id, below NV_OWNER_GENS
 *
 * For a completion, and for the sender when the packet did not go out.
 *
 * Context: any.
 * Return: true once per hand-over: the caller holds the slot, ends the request and
 * releases the slot.  False: somebody else has done so, or nothing was out.
 */
bool nv_owner_take(struct nv_owner *o, u32 gen)
{
	u32 out = WORD(gen, OUT);

	/* fully ordered: what the sender filled in is seen */
	return cmpxchg(&o->word, out, WORD(gen, HELD)) == out;
}

/**
 * nv_owner_take_left() - take what the host never gave back
 * @o: the slot's word
 *
 * Context: the channel is closed; nobody sends.
 * Return: whether there was something: the caller holds the slot then.
 */
bool nv_owner_take_left(struct nv_owner *o)
{
	u32 word = READ_ONCE(o->word);

	return (word & STATE) == OUT && nv_owner_take(o, gen_of(word));
}

/**
 * nv_owner_release() - the request is over, the slot may be used again
 * @o: word of a slot that the caller holds
 */
void nv_owner_release(struct nv_owner *o)
{
	/* pairs with the cmpxchg in nv_owner_hold(): the request is left alone after this */
	smp_store_release(&o->word, WORD(gen_of(READ_ONCE(o->word)), FREE));
}
