/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a request's slot: nobody, one thread of ours, or the host.  Pure.
 *
 * The host is given an id with the slot's number and a generation that changes with
 * every hand-over.  A host may complete an id before it has seen the packet, twice, or
 * one that it made up, on another processor than the sender's; so the slot comes back
 * to whoever changes the word first, and the other one is told that it lost.
 *
 *   state   event                                   next    who may touch the request
 *   free    hold, by a sender                       held    the sender
 *   held    give, by the sender                     out     nobody: it may be over at once
 *   held    hold                                    held    nothing changes
 *   out     take with this generation: its          held    whoever got it
 *           completion, or a sender whose packet
 *           did not go out
 *   held,   take                                    same    nothing changes, the taker lost
 *   free
 *   held    release                                 free    nobody
 */
#ifndef _NETVSC_OWNER_H
#define _NETVSC_OWNER_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

#define NV_OWNER_GENS	0x1000000u	/* as many as an id has room for */

/**
 * struct nv_owner - the word that decides
 * @word: generation << 2 | state; what the request says is written before "out"
 */
struct nv_owner {
	u32 word;
};

#define NV_OWNER_FREE	0u
#define NV_OWNER_HELD	1u
#define NV_OWNER_OUT	2u
#define NV_OWNER_STATE	3u

static inline u32 nv_owner_word(u32 gen, u32 state)
{
	return gen << 2 | state;
}

static inline u32 nv_owner_gen(u32 word)
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
static __always_inline bool nv_owner_hold(struct nv_owner *o)
{
	u32 word = READ_ONCE(o->word);

	/* fully ordered: what the last holder did with the request is over */
	return (word & NV_OWNER_STATE) == NV_OWNER_FREE &&
	       cmpxchg(&o->word, word, word | NV_OWNER_HELD) == word;
}

/**
 * nv_owner_next() - the generation that nv_owner_give() will hand over
 * @o: word of a slot that the caller holds
 *
 * Return: what belongs into the packet's id, below NV_OWNER_GENS.
 */
static __always_inline u32 nv_owner_next(const struct nv_owner *o)
{
	return (nv_owner_gen(READ_ONCE(o->word)) + 1) % NV_OWNER_GENS;
}

/**
 * nv_owner_give() - the host has it, before the packet is written
 * @o: word of a slot that the caller holds; all that a completion needs is filled in
 *
 * From here on the request may be over at any moment: what the sender still wants to
 * know of it must have been read before.
 */
static __always_inline void nv_owner_give(struct nv_owner *o)
{
	/* the request first: pairs with the cmpxchg in nv_owner_take() */
	smp_store_release(&o->word, nv_owner_word(nv_owner_next(o), NV_OWNER_OUT));
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
static __always_inline bool nv_owner_take(struct nv_owner *o, u32 gen)
{
	u32 out = nv_owner_word(gen, NV_OWNER_OUT);

	/* fully ordered: what the sender filled in is seen */
	return cmpxchg(&o->word, out, nv_owner_word(gen, NV_OWNER_HELD)) == out;
}

/**
 * nv_owner_take_left() - take what the host never gave back
 * @o: the slot's word
 *
 * Context: the channel is closed or taken back; nobody sends, or the caller has the queue's
 * transmit lock.  A completion that comes all the same loses.
 * Return: whether there was something: the caller holds the slot then.
 */
static inline bool nv_owner_take_left(struct nv_owner *o)
{
	u32 word = READ_ONCE(o->word);

	return (word & NV_OWNER_STATE) == NV_OWNER_OUT && nv_owner_take(o, nv_owner_gen(word));
}

/**
 * nv_owner_release() - the request is over, the slot may be used again
 * @o: word of a slot that the caller holds
 */
static __always_inline void nv_owner_release(struct nv_owner *o)
{
	/* pairs with the cmpxchg in nv_owner_hold(): the request is left alone after this */
	smp_store_release(&o->word, nv_owner_word(nv_owner_gen(READ_ONCE(o->word)), NV_OWNER_FREE));
}

#endif
