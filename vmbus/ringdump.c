// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints a channel's rings for people: both ends' indices, and the packets that
 * went through last, found by walking back along the trailers.
 *
 * Nothing is recorded for this; it reads what still lies in the ring. All of it
 * is memory that the host may change meanwhile, so each value is copied and
 * checked, and a walk that meets nonsense just ends.
 */
#include <linux/hyperv.h>
#include <linux/seq_file.h>
#include "packet.h"
#include "ring_math.h"
#include "ringdump.h"
#include "vmbus_priv.h"

#define DUMP_PACKETS	16
#define DUMP_PAYLOAD	64

struct ring_view {
	const u8 *data;
	u32 size;
};

/*
 * The packet that ends at @end: sets *@start and @desc.
 * Returns false if nothing that makes sense ends there.
 */
static bool packet_before(const struct ring_view *v, u32 end, u32 *start,
			  struct vmpacket_descriptor *desc)
{
	u32 trailer[2], len;

	ring_bytes(v->data, v->size, (end ?: v->size) - RING_TRAILER, trailer, RING_TRAILER);
	*start = trailer[1];
	if (trailer[0] || *start >= v->size || *start & 7)
		return false;
	ring_bytes(v->data, v->size, *start, desc, sizeof(*desc));
	len = end > *start ? end - *start : end + v->size - *start;
	return packet_type_known(desc->type) &&
	       hv_pkt_len(desc) + RING_TRAILER == len &&
	       packet_check(packet_head(desc->type, desc->offset8 * 8u, hv_pkt_len(desc),
					desc->flags), len - RING_TRAILER) == RING_OK;
}

static const char *packet_type_name(u16 type)
{
	switch (type) {
	case VM_PKT_DATA_INBAND:		return "data";
	case VM_PKT_DATA_USING_XFER_PAGES:	return "xfer-pages";
	case VM_PKT_DATA_USING_GPA_DIRECT:	return "gpa-direct";
	case VM_PKT_COMP:			return "completion";
	default:				return "other";
	}
}

/* Storage packets get a line of their own; see "StorVSP" in the protocol. */
static void show_storage(struct seq_file *s, const u8 *payload, u32 len)
{
	u32 op, status;

	if (len < 36)
		return;
	memcpy(&op, payload, sizeof(op));
	memcpy(&status, payload + 8, sizeof(status));
	seq_printf(s, "\t\tstorage op %u status 0x%x srb 0x%x scsi 0x%x lun %u bytes %u",
		   op, status, payload[14], payload[15], payload[19],
		   payload[24] | payload[25] << 8 | payload[26] << 16 |
		   (u32)payload[27] << 24);
	seq_printf(s, " cdb %*ph\n", 8, payload + 28);
}

/*
 * What is printed here is made to be sent with a report.  Of these devices the first bytes of
 * a packet are headers; of others they may be what somebody types (keyboard) or sends (sockets).
 */
static bool begins_with_headers(const struct vmbus_channel *ch)
{
	switch (ch->device_id) {
	case HV_IDE: case HV_SCSI: case HV_FC: case HV_NIC: case HV_PCIE: case HV_DM:
	case HV_KVP: case HV_TS: case HV_HB: case HV_SHUTDOWN: case HV_FCOPY: case HV_BACKUP:
		return true;
	default:
		return false;
	}
}

static void show_packet(struct seq_file *s, const struct vmbus_channel *ch,
			const struct ring_view *v, u32 start,
			const struct vmpacket_descriptor *desc)
{
	u8 payload[DUMP_PAYLOAD];
	u32 len = min_t(u32, hv_pkt_datalen(desc), sizeof(payload));
	u32 at = start + desc->offset8 * 8u;

	seq_printf(s, "\t0x%05x %s len %u flags 0x%x id 0x%llx", start,
		   packet_type_name(desc->type), hv_pkt_len(desc), desc->flags,
		   desc->trans_id);
	if (!begins_with_headers(ch)) {
		seq_puts(s, "\n");
		return;
	}
	ring_bytes(v->data, v->size, at < v->size ? at : at - v->size, payload, len);
	seq_printf(s, ": %*ph\n", (int)min_t(u32, len, 32), payload);
	if (ch->device_id == HV_SCSI || ch->device_id == HV_IDE ||
	    ch->device_id == HV_FC)
		show_storage(s, payload, len);
}

/* The last packets before index @end, newest first. */
static void show_packets(struct seq_file *s, const struct vmbus_channel *ch,
			 const struct ring_view *v, u32 end)
{
	struct vmpacket_descriptor desc;
	u32 start, seen = 0;
	unsigned int i;

	for (i = 0; i < DUMP_PACKETS; i++) {
		if (!packet_before(v, end, &start, &desc))
			return;
		seen += hv_pkt_len(&desc) + RING_TRAILER;
		if (seen > v->size)
			return;
		show_packet(s, ch, v, start, &desc);
		end = start;
	}
}

static void show_shared(struct seq_file *s, const struct hv_ring_buffer *ring)
{
	seq_printf(s, "shared write 0x%x read 0x%x mask %u pending %u\n",
		   READ_ONCE(ring->write_index), READ_ONCE(ring->read_index),
		   READ_ONCE(ring->interrupt_mask),
		   READ_ONCE(ring->pending_send_sz));
}

static void show_outbound(struct seq_file *s, struct vmbus_channel *ch)
{
	const struct ring_writer *tx = &to_chan(ch)->io.tx;
	struct ring_view v = { .data = tx->data, .size = tx->size };

	seq_printf(s, " outbound size 0x%x own write 0x%x, host's read seen 0x%x, high-water %u, error: %s\n  ",
		   tx->size, tx->write, tx->read, tx->high,
		   ring_error_name(tx->error));
	show_shared(s, ch->outbound.ring_buffer);
	show_packets(s, ch, &v, READ_ONCE(tx->published));
}

static void show_inbound(struct seq_file *s, struct vmbus_channel *ch)
{
	const struct ring_reader *rx = &to_chan(ch)->io.rx;
	struct ring_view v = { .data = rx->data, .size = rx->size };

	seq_printf(s, " inbound size 0x%x own read 0x%x, told host 0x%x, host's write seen 0x%x, error: %s\n  ",
		   rx->size, rx->read, rx->published, rx->write,
		   ring_error_name(rx->error));
	show_shared(s, ch->inbound.ring_buffer);
	show_packets(s, ch, &v, READ_ONCE(rx->read));
}

/**
 * ringdump_show - print one channel's rings
 * @s: where to
 * @ch: the channel, open or not
 *
 * Context: process, may sleep.
 */
void ringdump_show(struct seq_file *s, struct vmbus_channel *ch)
{
	seq_printf(s, "channel %u sub-channel %u cpu %u requests in flight %u of %u\n",
		   chan_relid(ch), ch->offermsg.offer.sub_channel_index,
		   ch->target_cpu, to_chan(ch)->io.ids.used,
		   to_chan(ch)->io.ids.size);
	mutex_lock(&ch->outbound.ring_buffer_mutex);
	if (ch->outbound.ring_buffer)
		show_outbound(s, ch);
	mutex_unlock(&ch->outbound.ring_buffer_mutex);
	mutex_lock(&ch->inbound.ring_buffer_mutex);
	if (ch->inbound.ring_buffer)
		show_inbound(s, ch);
	mutex_unlock(&ch->inbound.ring_buffer_mutex);
}

/**
 * hv_ringbuffer_get_debuginfo - the shared state of a ring
 * @ring_info: a channel's inbound or outbound ring
 * @debug_info: gets it; values that the host wrote are as it wrote them
 *
 * Context: process, may sleep.
 * Return: 0, or -EINVAL if the ring is not open.
 */
int hv_ringbuffer_get_debuginfo(struct hv_ring_buffer_info *ring_info,
				struct hv_ring_buffer_debug_info *debug_info)
{
	const struct hv_ring_buffer *ring;
	int ret = -EINVAL;

	mutex_lock(&ring_info->ring_buffer_mutex);
	ring = ring_info->ring_buffer;
	if (ring) {
		debug_info->current_interrupt_mask = READ_ONCE(ring->interrupt_mask);
		debug_info->current_write_index = READ_ONCE(ring->write_index);
		debug_info->current_read_index = READ_ONCE(ring->read_index);
		debug_info->bytes_avail_towrite = hv_get_bytes_to_write(ring_info);
		debug_info->bytes_avail_toread = hv_get_bytes_to_read(ring_info);
		ret = 0;
	}
	mutex_unlock(&ring_info->ring_buffer_mutex);
	return ret;
}

/**
 * hv_ringbuffer_spinlock_busy - would sending wait for a lock
 * @channel: an open channel
 *
 * For code that runs in a panic, where the lock's owner may never go on.
 *
 * Return: true if the lock is taken.
 */
bool hv_ringbuffer_spinlock_busy(struct vmbus_channel *channel)
{
	return spin_is_locked(&channel->outbound.ring_lock);
}
