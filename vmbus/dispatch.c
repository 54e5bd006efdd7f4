// SPDX-License-Identifier: GPL-2.0-only
/*
 * May this control message be handled now, and by whom.
 *
 * Pure: looks at a table, the message (already copied out of shared memory)
 * and the connection's state; touches nothing else.
 */
#include "dispatch.h"

/**
 * vmbus_dispatch_check() - judge one control message of the host
 * @table: by message type
 * @entries: length of @table
 * @msg: private copy of the message, aligned to 4 bytes
 * @len: its length; may exceed what the type needs (the protocol lets the host
 *	round it up)
 * @phase: of the connection
 * @version: agreed version, 0 before
 * @found: gets the table entry
 *
 * Return: VERR_COUNT if the message may be handled, otherwise what is wrong.
 */
enum vmbus_err vmbus_dispatch_check(const struct vmbus_msg_entry *table, size_t entries,
				    const void *msg, size_t len, enum vmbus_phase phase,
				    u32 version, const struct vmbus_msg_entry **found)
{
	const struct vmbus_channel_message_header *hdr = msg;
	const struct vmbus_msg_entry *e;

	if (len < sizeof(*hdr) || len > VMBUS_MSG_MAX)
		return VERR_MSG_SIZE;
	if (hdr->msgtype >= entries)
		return VERR_MSG_TYPE;
	e = &table[hdr->msgtype];
	if (!e->handler)
		return VERR_MSG_TYPE;
	if (len < e->min_size)
		return VERR_MSG_SIZE;
	if (!(e->phases & phase) || version < e->min_version)
		return VERR_MSG_STATE;
	*found = e;
	return VERR_COUNT;
}
