// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ownership of commands between this driver and the host (pure: no device, no
 * locks, no sleeping).  One submitter per tag is guaranteed by the block
 * layer; any number of channels may try to finish the same tag at once.
 */
#include <linux/atomic.h>
#include <linux/compiler.h>

#include "slot.h"

/*
 * What a slot holds: its word, and if the host owns the command, the command
 * and its channel.  They belong to that word only as long as the word does not
 * change, which the caller finds out by changing it from exactly this value.
 */
static u32 stor_slot_out(const struct stor_slot *slot, struct scsi_cmnd **cmd,
			 const struct stor_chan **chan)
{
	/* pairs with the release in stor_slot_arm() */
	u32 word = smp_load_acquire(&slot->word);

	*cmd = READ_ONCE(slot->cmd);
	*chan = READ_ONCE(slot->chan);
	return word;
}

/**
 * stor_slot_claim() - try to become the one who finishes a command
 * @slot: slot that the id names
 * @gen: generation out of the id
 * @chan: channel that the answer came on; NULL for a submitter who takes back
 *	what could not be sent
 * @cmd: out: the command, if it was claimed
 *
 * Return: STOR_CLAIMED once per use of the slot, otherwise why not.
 */
enum stor_claim stor_slot_claim(struct stor_slot *slot, u32 gen,
				const struct stor_chan *chan,
				struct scsi_cmnd **cmd)
{
	const struct stor_chan *sent_on;
	u32 armed = gen << 1 | 1;
	u32 seen;

	if (!gen || gen >> 31)
		return STOR_CLAIM_STALE;

	seen = stor_slot_out(slot, cmd, &sent_on);
	if (seen == armed) {
		if (chan && chan != sent_on)
			return STOR_CLAIM_FOREIGN;
		/* the word is still the one that cmd and chan were read under */
		seen = cmpxchg(&slot->word, armed, armed & ~1U);
		if (seen == armed)
			return STOR_CLAIMED;
	}
	return seen == (armed & ~1U) ? STOR_CLAIM_REPEATED : STOR_CLAIM_STALE;
}

/**
 * stor_slot_evict() - take a command from a host that has let go
 * @slot: any slot
 * @only: only a command that went out on this channel, or NULL for any
 *
 * Return: the command that the caller has to finish, or NULL.
 */
struct scsi_cmnd *stor_slot_evict(struct stor_slot *slot,
				  const struct stor_chan *only)
{
	const struct stor_chan *sent_on;
	struct scsi_cmnd *cmd;
	u32 word = stor_slot_out(slot, &cmd, &sent_on);

	if (!(word & 1) || (only && sent_on != only))
		return NULL;
	/* exactly this use: a later one may be on another, living channel */
	return cmpxchg(&slot->word, word, word & ~1U) == word ? cmd : NULL;
}

/**
 * stor_slot_peek() - the command that the host owns, to look at
 * @slot: any slot
 *
 * Return: the command, which may be finished at any moment, or NULL.
 */
struct scsi_cmnd *stor_slot_peek(const struct stor_slot *slot)
{
	const struct stor_chan *sent_on;
	struct scsi_cmnd *cmd;

	return stor_slot_out(slot, &cmd, &sent_on) & 1 ? cmd : NULL;
}

/**
 * stor_slot_overdue() - a command's timer has run out once more
 * @slot: slot of the command's tag
 * @cmd: the command; only its timer calls this
 * @parts: how often it runs out in a timer period of the disk, at least 1
 *
 * Return: periods that the host has had the command for; 0 if it has it no more.
 */
unsigned int stor_slot_overdue(struct stor_slot *slot,
			       const struct scsi_cmnd *cmd, unsigned int parts)
{
	u16 late = READ_ONCE(slot->late), part = READ_ONCE(slot->part);

	if (stor_slot_peek(slot) != cmd)
		return 0;
	if (part < 0xffff)
		part++;
	if (part >= parts || part == 0xffff) {
		part = 0;
		if (late < 0xffff)
			WRITE_ONCE(slot->late, ++late);
	}
	WRITE_ONCE(slot->part, part);
	return late;
}
