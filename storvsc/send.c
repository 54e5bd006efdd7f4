// SPDX-License-Identifier: GPL-2.0-only
/*
 * One command: a channel for it, its packet, and into the ring.
 *
 * Sending allocates nothing.  On a bus that can do that, packet and page list are
 * written where they will lie in the ring (hv/ring_hold.h).  Otherwise, and
 * around the ring's end, the page list of a command of up to
 * STOR_SMALL_BYTES is built on the stack, a larger one in its queue's own
 * buffer; both are copied into the ring before the call returns.
 */
#include <linux/topology.h>
#include <hv/packet_head.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

#include "sgl.h"
#include "srb.h"
#include "storvsc.h"
#include "trace.h"

union stor_small_mpb {
	struct vmbus_packet_mpb_array mpb;
	u8 room[STOR_MPB_LEN(STOR_SMALL_FRAMES)];
};

static unsigned int stor_room(const struct vmbus_channel *channel)
{
	return hv_get_avail_to_write_percent(&channel->outbound);
}

/* The queue's own channel is missing, nearly full or gone: the best other, none that is polled. */
static struct stor_chan *stor_pick_other(struct stor_ctl *ctl,
					 struct stor_queue *q)
{
	struct stor_chan *best = NULL;
	int best_score = -1;
	unsigned int i;

	for (i = 0; i < stor_nr_irq(ctl); i++) {
		struct stor_chan *chan = &ctl->chans[i];
		struct vmbus_channel *channel = rcu_dereference(chan->channel);
		int score;

		if (!channel)
			continue;
		if (channel->rescind) {
			if (i)
				stor_tend_kick(ctl, STOR_CHAN_LOST);
			continue;
		}
		score = stor_room(channel);
		if (score > ring_avail_percent_lowater &&
		    cpu_to_node(channel->target_cpu) == numa_node_id())
			score += 100;
		if (score > best_score) {
			best_score = score;
			best = chan;
		}
	}
	if (best && best->index != q->home)
		stor_count(ctl, DETOUR);
	return best;
}

/* Whether a queue's own channel takes the next command. */
static bool stor_at_home(const struct stor_ctl *ctl, const struct vmbus_channel *channel)
{
	return channel && !channel->rescind &&
	       (ctl->nr_queues == 1 || (int)stor_room(channel) > ring_avail_percent_lowater);
}

static __always_inline void stor_build(struct scsi_cmnd *cmd, struct hv_stor_packet *pkt)
{
	struct scsi_device *sdev = cmd->device;
	struct stor_request req = {
		.cdb = cmd->cmnd,
		.cdb_len = cmd->cmd_len,
		.direction = HV_SRB_DIR_NONE,
		.tagged = sdev->tagged_supported,
		.port = sdev->host->host_no,
		.path = sdev->channel,
		.target = sdev->id,
		.lun = sdev->lun,
		.data_len = scsi_bufflen(cmd),
	};

	if (cmd->sc_data_direction == DMA_TO_DEVICE)
		req.direction = HV_SRB_DIR_OUT;
	else if (cmd->sc_data_direction == DMA_FROM_DEVICE)
		req.direction = HV_SRB_DIR_IN;
	stor_srb_build(pkt, &req);
}

/**
 * stor_no_channel() - what becomes of a command for which there is no channel
 * @ctl: controller
 *
 * Return: -EAGAIN if there will be one, else -ENODEV.
 */
int stor_no_channel(const struct stor_ctl *ctl)
{
	return stor_life_flow(READ_ONCE(ctl->life)) == STOR_FLOW_FAIL ||
	       ctl->dev->channel->rescind ? -ENODEV : -EAGAIN;
}

/* Where a command goes, and what it is known by there */
struct stor_way {
	struct stor_chan *chan;
	struct vmbus_channel *channel;
	struct stor_slot *slot;
	u32 gen;
	u64 id;
};

/* Frames that the data of a command lies in: used in full, all but the first and the last. */
static __always_inline unsigned int stor_frames(struct scsi_cmnd *cmd, bool mapped)
{
	u32 head = offset_in_hvpage(mapped ? sg_dma_address(scsi_sglist(cmd)) :
				    scsi_sglist(cmd)->offset);

	return HVPFN_UP((u64)head + scsi_bufflen(cmd));
}

/* Fill in the one range of a packet; true if it takes just @frames. */
static __always_inline bool stor_range(struct stor_ctl *ctl, struct scsi_cmnd *cmd,
				       struct vmbus_packet_mpb_array *mpb,
				       unsigned int frames, bool mapped)
{
	u32 len = scsi_bufflen(cmd);
	int n;

	n = stor_sgl_to_frames(scsi_sglist(cmd), cmd->sdb.table.nents, len,
			       mpb->range.pfn_array, frames, &mpb->range.offset, mapped);
	if (unlikely(n != frames)) {
		stor_count(ctl, MAP_FAILED);
		return false;
	}
	mpb->reserved = 0;
	mpb->rangecount = 1;
	mpb->range.len = len;
	return true;
}

/*
 * Packet and page list where they will lie in the ring.  Nothing can go wrong once the
 * slot is armed, so that what the command has to give is read before.  1: not this way.
 */
static __always_inline int stor_send_placed(struct stor_ctl *ctl, const struct stor_way *way,
					    struct scsi_cmnd *cmd, bool mapped)
{
	unsigned int frames = stor_frames(cmd, mapped);
	u32 header = STOR_MPB_LEN(frames), len = header + sizeof(struct hv_stor_packet);
	struct vmbus_packet_mpb_array *mpb = ctl->place(way->channel, len);

	if (unlikely(!mpb))
		return 1;
	if (unlikely(!stor_range(ctl, cmd, mpb, frames, mapped))) {
		ctl->forget(way->channel);
		return -EINVAL;
	}
	stor_build(cmd, (void *)mpb + header);
	trace_storvsc_submit(cmd, way->chan->index, way->id);
	stor_slot_arm(way->slot, way->gen, cmd, way->chan);
	ctl->placed(way->channel, packet_head(VM_PKT_DATA_USING_GPA_DIRECT, header, len,
					      VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED),
		    len, way->id);
	return 0;
}

/* Packet, and page list in @mpb if there is data, are copied.  Built first, armed last. */
static int stor_send_copied(struct stor_ctl *ctl, const struct stor_way *way,
			    struct scsi_cmnd *cmd, struct vmbus_packet_mpb_array *mpb,
			    unsigned int max_frames)
{
	struct hv_stor_packet pkt HV_UNINITIALIZED;
	unsigned int frames = 0;
	int ret;

	if (scsi_bufflen(cmd)) {
		frames = stor_frames(cmd, !ctl->direct);
		if (unlikely(frames > max_frames)) {
			stor_count(ctl, MAP_FAILED);
			return -E2BIG;
		}
		if (unlikely(!stor_range(ctl, cmd, mpb, frames, !ctl->direct)))
			return -EINVAL;
	}
	stor_build(cmd, &pkt);
	trace_storvsc_submit(cmd, way->chan->index, way->id);
	stor_slot_arm(way->slot, way->gen, cmd, way->chan);
	if (frames)
		ret = vmbus_sendpacket_mpb_desc(way->channel, mpb, STOR_MPB_LEN(frames), &pkt,
						sizeof(pkt), way->id);
	else
		ret = vmbus_sendpacket(way->channel, &pkt, sizeof(pkt), way->id,
				       VM_PKT_DATA_INBAND,
				       VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
	if (likely(!ret) || stor_slot_claim(way->slot, way->gen, NULL, &cmd) != STOR_CLAIMED)
		return 0;

	if (ret == -EAGAIN)
		stor_count(ctl, RING_FULL);
	else if (way->chan->index && !ctl->dev->channel->rescind)
		ret = -EAGAIN;		/* only this sub-channel went away */
	return ret;
}

/* The same with a page list of its own: on the stack, or the queue's. */
static noinline int stor_send_listed(struct stor_ctl *ctl, struct stor_queue *q,
				     const struct stor_way *way, struct scsi_cmnd *cmd,
				     bool locked)
{
	union stor_small_mpb small HV_UNINITIALIZED;
	int ret;

	if (scsi_bufflen(cmd) <= STOR_SMALL_BYTES)
		return stor_send_copied(ctl, way, cmd, &small.mpb, STOR_SMALL_FRAMES);
	if (locked)
		return stor_send_copied(ctl, way, cmd, q->big, ctl->max_frames);
	spin_lock(&q->lock);
	ret = stor_send_copied(ctl, way, cmd, q->big, ctl->max_frames);
	spin_unlock(&q->lock);
	return ret;
}

/* The command with its tag, on @channel of @chan. */
static __always_inline void stor_way_make(struct stor_way *way, const struct stor_ctl *ctl,
					  const struct stor_queue *q, struct stor_chan *chan,
					  struct vmbus_channel *channel, u16 tag)
{
	way->chan = chan;
	way->channel = channel;
	way->slot = &ctl->slots[tag];
	way->gen = stor_slot_next(way->slot);
	way->id = stor_id_pack(way->gen, q->index, tag);
}

/* Not the usual way: another channel, a bus that copies, no data, or around the ring's end. */
static noinline int stor_send_slow(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
				   struct scsi_cmnd *cmd, bool locked)
{
	struct stor_chan *chan = &ctl->chans[READ_ONCE(q->home)];
	struct vmbus_channel *channel = rcu_dereference(chan->channel);
	struct stor_way way HV_UNINITIALIZED;
	int ret;

	if (!stor_at_home(ctl, channel)) {
		chan = stor_pick_other(ctl, q);
		if (!chan)
			return stor_no_channel(ctl);
		channel = rcu_dereference(chan->channel);
		if (!channel)
			return chan->index && !ctl->dev->channel->rescind ? -EAGAIN : -ENODEV;
	}
	if (unlikely(q->index >= stor_nr_irq(ctl)) && chan->index < stor_nr_irq(ctl))
		stor_no_polled(cmd);
	stor_way_make(&way, ctl, q, chan, channel, tag);
	if (!way.gen) {
		stor_count(ctl, SLOT_BUSY);
		return -EAGAIN;
	}
	if (ctl->place && scsi_bufflen(cmd)) {
		ret = stor_send_placed(ctl, &way, cmd, !ctl->direct);
		if (ret <= 0)
			return ret;
	}
	return stor_send_listed(ctl, q, &way, cmd, locked);
}

/**
 * stor_send() - hand a mapped command to the host
 * @ctl: controller
 * @q: hardware queue
 * @tag: the command's
 * @cmd: the command
 * @locked: the caller holds the queue's lock
 *
 * Context: within the RCU section that closing the channels waits for.
 * Return: 0, also if the host answered before the command was sent; -EAGAIN if there is no
 * room, -ENODEV if there is nobody to send it to, another error if it cannot be sent: then it
 * is still the caller's.
 */
int stor_send(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
	      struct scsi_cmnd *cmd, bool locked)
{
	struct stor_chan *chan = &ctl->chans[READ_ONCE(q->home)];
	struct vmbus_channel *channel = rcu_dereference(chan->channel);
	struct stor_way way HV_UNINITIALIZED;
	int ret;

	if (likely(ctl->place && ctl->direct && scsi_bufflen(cmd) && stor_at_home(ctl, channel))) {
		stor_way_make(&way, ctl, q, chan, channel, tag);
		if (likely(way.gen)) {
			ret = stor_send_placed(ctl, &way, cmd, false);
			if (likely(ret <= 0))
				return ret;
		}
	}
	return stor_send_slow(ctl, q, tag, cmd, locked);
}
