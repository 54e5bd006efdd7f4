// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ownership of commands between this driver and the host (pure: no device, no
 * locks, no sleeping).  One submitter per tag is guaranteed by the block
 * layer; any number of channels may try to finish the same tag at once.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "slot.h"

/**
 * stor_slot_arm() - hand a command to the host
 * @slot: slot of the command's tag
 * @cmd: the command; all that its completion needs must be filled in
 * @chan: channel that the command is about to be written to
 *
 * Return: the generation to put into the id, or 0 if the host still owns an
 * earlier command of this tag (then nothing has changed).
 */
u32 stor_slot_arm(struct stor_slot *slot, struct scsi_cmnd *cmd,
		  struct stor_chan *chan)
{
	u32 word = READ_ONCE(slot->word);
	u32 gen;

	if (word & 1)
		return 0;

	gen = ((word >> 1) + 1) & 0x7fffffff;
	if (!gen)
		gen = 1;
	slot->cmd = cmd;
	slot->chan = chan;
	/* pairs with the cmpxchg of whoever claims: cmd and chan come first */
	smp_store_release(&slot->word, gen << 1 | 1);
	return gen;
}

/**
 * stor_slot_claim() - try to become the one who finishes a command
 * @slot: slot that the id names
 * @gen: generation out of the id
 *
 * Also how a submitter takes back a command that could not be sent.
 *
 * Return: STOR_CLAIMED once per use of the slot, otherwise why not.
 */
enum stor_claim stor_slot_claim(struct stor_slot *slot, u32 gen)
{
	u32 armed = gen << 1 | 1;
	u32 seen;

	if (!gen || gen >> 31)
		return STOR_CLAIM_STALE;

	seen = cmpxchg(&slot->word, armed, armed & ~1U);
	if (seen == armed)
		return STOR_CLAIMED;
	return seen == (armed & ~1U) ? STOR_CLAIM_REPEATED : STOR_CLAIM_STALE;
}

/**
 * stor_slot_evict() - take a command from a host that is gone
 * @slot: any slot
 *
 * Return: the command that the caller has to finish, or NULL.
 */
struct scsi_cmnd *stor_slot_evict(struct stor_slot *slot)
{
	u32 word = READ_ONCE(slot->word);

	if (!(word & 1) || stor_slot_claim(slot, word >> 1) != STOR_CLAIMED)
		return NULL;
	return slot->cmd;
}
