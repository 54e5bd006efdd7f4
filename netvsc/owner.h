/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who has a request's slot: nobody, one thread of ours, or the host.
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

#include <linux/types.h>

#define NV_OWNER_GENS	0x1000000u	/* as many as an id has room for */

/**
 * struct nv_owner - the word that decides
 * @word: generation << 2 | state; what the request says is written before "out"
 */
struct nv_owner {
	u32 word;
};

bool nv_owner_hold(struct nv_owner *o);
u32 nv_owner_next(const struct nv_owner *o);
void nv_owner_give(struct nv_owner *o);
bool nv_owner_take(struct nv_owner *o, u32 gen);
bool nv_owner_take_left(struct nv_owner *o);
void nv_owner_release(struct nv_owner *o);

#endif
