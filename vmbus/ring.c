// SPDX-License-Identifier: GPL-2.0-only
/*
 * What both ends of a ring have in common: the control page before anybody uses it, and
 * the names of what can be wrong. Pure.
 */
#include <linux/errno.h>
#include <linux/hyperv.h>
#include "ring.h"

/* Before the host knows of the ring: as if it had never been used. */
static void ring_reset(struct hv_ring_buffer *shared)
{
	WRITE_ONCE(shared->read_index, 0);
	WRITE_ONCE(shared->write_index, 0);
	WRITE_ONCE(shared->interrupt_mask, 0);
	WRITE_ONCE(shared->pending_send_sz, 0);
	WRITE_ONCE(shared->feature_bits.value, 1);
}

/**
 * ring_prepare - a ring as if it had never been used
 * @shared: control page, followed by the data area; the host does not know of it yet
 * @bytes: size of both together
 *
 * Announces that we store the pending send size when blocked.
 *
 * Return: bytes in the data area, or -EINVAL for an impossible size.
 */
int ring_prepare(struct hv_ring_buffer *shared, u32 bytes)
{
	if (!shared || bytes & 7)
		return -EINVAL;
	if (bytes < sizeof(*shared) + RING_MIN_PACKET + RING_TRAILER)
		return -EINVAL;
	ring_reset(shared);
	return bytes - sizeof(*shared);
}

/**
 * ring_error_name - what is wrong, for people
 * @error: enum ring_error
 *
 * Return: a few words.
 */
const char *ring_error_name(enum ring_error error)
{
	static const char * const names[RING_NR_ERRORS] = {
		[RING_OK] = "none",
		[RING_READ_INDEX] = "read index outside the ring",
		[RING_READ_JUMP] = "read index moved past unread data",
		[RING_WRITE_INDEX] = "write index outside the ring",
		[RING_SHORT] = "less data than a packet header",
		[RING_LENGTH] = "packet length",
		[RING_OFFSET] = "packet data offset",
		[RING_TYPE] = "packet type",
		[RING_OVERSIZE] = "packet longer than the receive buffer",
		[RING_READ_MOVED] = "read index written by the host",
	};

	return error < RING_NR_ERRORS ? names[error] : "unknown";
}
