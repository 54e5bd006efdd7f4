/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who owns a command: a small table, indexed by the block tag that all queues of
 * a controller share.
 *
 * The host is given an id made of queue, tag and a generation that changes
 * with every use of the tag.  Whoever moves the slot's word from "host owns"
 * to "idle" with exactly that generation has the right to finish the command,
 * once.  Unknown, repeated, late and invented ids therefore find nothing.
 *
 *   state   event                               next    who owns the command
 *   idle    arm, by the submitter               out     the host
 *   out     answer with this generation, on     idle    whoever got it
 *           the channel it went out on
 *   out     could not be sent, by the submitter idle    the submitter again
 *   out     evict, once the host has let go     idle    whoever evicts
 *   out     arm                                 out     nothing changes
 *   idle    answer, evict                       idle    nothing changes
 */
#ifndef _STOR_SLOT_H
#define _STOR_SLOT_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct scsi_cmnd;
struct stor_chan;

/* The queue number that internal requests use in their ids. */
#define STOR_ID_INTERNAL	0xffff

/**
 * struct stor_slot - one tag
 * @word: generation << 1 | 1 while the host owns the command
 * @late: timer periods of the disk that the host has had the command for
 * @part: expiries of a shorter timer of the command's own, in the period that runs
 * @cmd: written before @word, valid while the host owns it
 * @chan: the channel it went out on; the answer must come back there
 */
struct stor_slot {
	u32 word;
	u16 late;
	u16 part;
	struct scsi_cmnd *cmd;
	struct stor_chan *chan;
};

/**
 * struct stor_id - a transaction id taken apart
 * @gen: generation, never 0 in an id of ours
 * @queue: hardware queue that sent it, or STOR_ID_INTERNAL
 * @index: slot
 */
struct stor_id {
	u32 gen;
	u16 queue;
	u16 index;
};

enum stor_claim {
	STOR_CLAIMED,		/* the caller finishes the command */
	STOR_CLAIM_REPEATED,	/* this very use has been answered before */
	STOR_CLAIM_STALE,	/* another use of the tag, or one that never was */
	STOR_CLAIM_FOREIGN,	/* this use, but it went out on another channel */
};

static inline u64 stor_id_pack(u32 gen, u16 queue, u16 index)
{
	return (u64)gen << 32 | (u32)queue << 16 | index;
}

static inline struct stor_id stor_id_unpack(u64 id)
{
	return (struct stor_id) {
		.gen = id >> 32,
		.queue = id >> 16,
		.index = id,
	};
}

static inline bool stor_slot_busy(const struct stor_slot *slot)
{
	return READ_ONCE(slot->word) & 1;
}

/**
 * stor_slot_next() - the generation that the next use of a tag will have
 * @slot: slot of the tag
 *
 * Only the submitter, who has the tag to himself, may ask.
 *
 * Return: a generation for stor_slot_arm(), or 0 if the host still owns the
 * command that used the tag before.
 */
static inline u32 stor_slot_next(const struct stor_slot *slot)
{
	u32 word = READ_ONCE(slot->word);
	u32 gen = ((word >> 1) + 1) & 0x7fffffff;

	if (word & 1)
		return 0;
	return gen ?: 1;
}

/**
 * stor_slot_arm() - hand a command to the host
 * @slot: slot of the command's tag
 * @gen: what stor_slot_next() said
 * @cmd: the command; all that its completion needs must be filled in
 * @chan: channel that the command is about to be written to
 *
 * A host may guess the id and answer before it has seen the packet.  So whatever
 * the packet needs of the command has been read before: after this call the
 * command may be finished, and its memory may be that of the next one.
 */
static inline void stor_slot_arm(struct stor_slot *slot, u32 gen, struct scsi_cmnd *cmd,
				 struct stor_chan *chan)
{
	WRITE_ONCE(slot->late, 0);
	WRITE_ONCE(slot->part, 0);
	WRITE_ONCE(slot->cmd, cmd);
	WRITE_ONCE(slot->chan, chan);
	/* cmd and chan come first: pairs with the acquire in stor_slot_out() */
	smp_store_release(&slot->word, gen << 1 | 1);
}

enum stor_claim stor_slot_claim(struct stor_slot *slot, u32 gen,
				const struct stor_chan *chan,
				struct scsi_cmnd **cmd);
struct scsi_cmnd *stor_slot_evict(struct stor_slot *slot,
				  const struct stor_chan *only);
struct scsi_cmnd *stor_slot_peek(const struct stor_slot *slot);
unsigned int stor_slot_overdue(struct stor_slot *slot,
			       const struct scsi_cmnd *cmd, unsigned int parts);

#endif
