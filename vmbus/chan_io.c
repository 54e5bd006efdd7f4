// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of a channel: its rings made ready and taken away, and what is said and
 * counted when the host does something wrong there. chan_send.c and chan_recv.c use it.
 *
 * A ring that the host has corrupted is given up: its sends fail with -EIO and
 * its reads find nothing until the channel is opened anew.
 */
#include <linux/hyperv.h>
#include <linux/reciprocal_div.h>
#include "ring_read.h"
#include "ring_write.h"
#include "vmbus_priv.h"

/**
 * ring_attach - make one of a channel's rings ready
 * @rbi: its outbound or its inbound ring
 * @map: control page and data area
 * @bytes: size of both
 * @outbound: which of both
 *
 * Context: process; the caller holds rbi->ring_buffer_mutex and nobody uses
 * the ring yet.
 * Return: 0, or -EINVAL for an impossible size.
 */
int ring_attach(struct hv_ring_buffer_info *rbi, struct hv_ring_buffer *map,
		u32 bytes, bool outbound)
{
	struct vmbus_chan *chan;
	int ret;

	if (outbound) {
		chan = container_of(rbi, struct vmbus_chan, ch.outbound);
		ret = ring_writer_init(&chan->io.tx, map, bytes);
	} else {
		chan = container_of(rbi, struct vmbus_chan, ch.inbound);
		ret = ring_reader_init(&chan->io.rx, map, bytes);
		chan->io.rx_len = 0;
		chan->io.repaired = 0;
	}
	if (ret)
		return ret;
	chan->io.told = 0;
	rbi->ring_size = bytes;
	rbi->ring_datasize = bytes - sizeof(*map);
	rbi->ring_size_div10_reciprocal = reciprocal_value(bytes / 10);
	rbi->priv_read_index = 0;
	rbi->ring_buffer = map;
	return 0;
}

/**
 * ring_detach - forget the mapping of a ring
 * @rbi: a ring that ring_attach() made ready
 *
 * Context: process; the caller holds rbi->ring_buffer_mutex. A late send or
 * read finds no ring. Of the outbound one, senders may still look at the shared page:
 * before it is unmapped, wait for RCU.
 */
void ring_detach(struct hv_ring_buffer_info *rbi)
{
	unsigned long flags;

	if (!rbi->ring_buffer)
		return;
	spin_lock_irqsave(&rbi->ring_lock, flags);
	rbi->ring_buffer = NULL;
	spin_unlock_irqrestore(&rbi->ring_lock, flags);
}

/**
 * chan_io_broken - has the host corrupted one of the rings
 * @ch: a channel
 *
 * Return: true until the channel is opened anew.
 */
bool chan_io_broken(const struct vmbus_channel *ch)
{
	return READ_ONCE(to_chan(ch)->io.told);
}

static enum vmbus_err bus_error(enum ring_error error)
{
	switch (error) {
	case RING_READ_INDEX:
	case RING_READ_JUMP:
	case RING_WRITE_INDEX:
	case RING_READ_MOVED:
		return VERR_RING_INDEX;
	default:
		return VERR_PACKET;
	}
}

/**
 * chan_io_bad - count what the host did and say so; once per ring if that gives it up
 * @ch: channel
 * @outbound: in which of its rings
 * @error: what
 * @value: what was wrong
 * @fatal: the ring is given up
 *
 * Context: any.
 */
void chan_io_bad(struct vmbus_channel *ch, bool outbound,
		 enum ring_error error, u32 value, bool fatal)
{
	struct chan_io *io = chan_io_of(ch);

	if (fatal && test_and_set_bit(outbound, &io->told))
		return;
	atomic_inc(&io->errors[error]);
	chan_bad(ch, bus_error(error), "%s ring: %s 0x%x%s",
		 outbound ? "outbound" : "inbound", ring_error_name(error),
		 value, fatal ? ", no more I/O" : "");
}
