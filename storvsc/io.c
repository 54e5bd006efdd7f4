// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: from the midlayer into a ring, and from an answer back.
 *
 * Sending allocates nothing.  The page list of a command of up to
 * STOR_SMALL_BYTES is built on the stack, a larger one in its queue's own
 * buffer; both are copied into the ring before the call returns.
 */
#include <linux/dma-mapping.h>
#include <linux/rcupdate.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_dbg.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_proto.h>

#include "sgl.h"
#include "srb.h"
#include "storvsc.h"
#include "trace.h"

/* Packets handled before others get the CPU; the bus calls again. */
#define STOR_RX_BUDGET	256

/* Commands held back for a batch at most. */
#define STOR_BATCH	32

union stor_small_mpb {
	struct vmbus_packet_mpb_array mpb;
	u8 room[STOR_MPB_LEN(STOR_SMALL_FRAMES)];
};

static void stor_finish(struct scsi_cmnd *cmd, int host_byte)
{
	cmd->result = host_byte << 16;
	scsi_done(cmd);
}

/* A command that will not be sent after all. */
static void stor_refuse(struct stor_ctl *ctl, struct scsi_cmnd *cmd, int error)
{
	scsi_dma_unmap(cmd);
	if (error == -EAGAIN) {
		stor_finish(cmd, DID_REQUEUE);
	} else if (error == -ENODEV) {
		stor_count(ctl, NO_CONNECT);
		stor_finish(cmd, DID_NO_CONNECT);
	} else {
		stor_finish(cmd, DID_ERROR);
	}
}

/* Hosts that speak 5.1 choke on these two. */
static bool stor_refused_opcode(struct stor_ctl *ctl, struct scsi_cmnd *cmd)
{
	u8 op = cmd->cmnd[0];

	if (likely(ctl->version > HV_STOR_V5_1) ||
	    (op != WRITE_SAME && op != SET_WINDOW))
		return false;
	scsi_build_sense(cmd, 0, ILLEGAL_REQUEST, 0x20, 0);
	scsi_done(cmd);
	return true;
}

static unsigned int stor_room(const struct vmbus_channel *channel)
{
	return hv_get_avail_to_write_percent(&channel->outbound);
}

/* The queue's own channel is missing, nearly full or gone: the best other. */
static struct stor_chan *stor_pick_other(struct stor_ctl *ctl,
					 struct stor_queue *q)
{
	struct stor_chan *best = NULL;
	int best_score = -1;
	unsigned int i;

	for (i = 0; i < ctl->nr_queues; i++) {
		struct stor_chan *chan = &ctl->chans[i];
		struct vmbus_channel *channel = READ_ONCE(chan->channel);
		int score;

		if (!channel)
			continue;
		if (channel->rescind) {
			if (i)
				stor_scan_kick(ctl, STOR_CHAN_LOST);
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
	if (best && best->index != q->index)
		stor_count(ctl, DETOUR);
	return best;
}

static struct stor_chan *stor_pick(struct stor_ctl *ctl, struct stor_queue *q)
{
	struct stor_chan *chan = &ctl->chans[q->index];
	struct vmbus_channel *channel = READ_ONCE(chan->channel);

	if (likely(channel && !channel->rescind &&
		   (ctl->nr_queues == 1 ||
		    (int)stor_room(channel) > ring_avail_percent_lowater)))
		return chan;
	return stor_pick_other(ctl, q);
}

static void stor_build(struct scsi_cmnd *cmd, struct hv_stor_packet *pkt)
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

/* Write one packet into the ring; the slot is armed. */
static int stor_write(struct stor_chan *chan, struct scsi_cmnd *cmd,
		      unsigned int frames, struct vmbus_packet_mpb_array *mpb,
		      u64 id)
{
	struct vmbus_channel *channel = READ_ONCE(chan->channel);
	struct hv_stor_packet pkt;

	if (unlikely(!channel))
		return -ENODEV;
	stor_build(cmd, &pkt);
	trace_storvsc_submit(cmd, chan->index, id);
	if (!frames)
		return vmbus_sendpacket(channel, &pkt, sizeof(pkt), id,
					VM_PKT_DATA_INBAND,
					VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
	return vmbus_sendpacket_mpb_desc(channel, mpb, STOR_MPB_LEN(frames),
					 &pkt, sizeof(pkt), id);
}

/*
 * Hand a mapped command to the host.  An error means that it is still ours;
 * 0 also covers a host that answered an id before it was sent.
 */
static int stor_send(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
		     struct scsi_cmnd *cmd, struct vmbus_packet_mpb_array *mpb,
		     unsigned int max_frames)
{
	struct stor_chan *chan = stor_pick(ctl, q);
	int frames = 0;
	u32 gen;
	int ret;

	if (unlikely(!chan))
		return -ENODEV;

	if (scsi_bufflen(cmd)) {
		mpb->range.len = scsi_bufflen(cmd);
		frames = stor_sgl_to_frames(scsi_sglist(cmd), cmd->sdb.table.nents,
					    scsi_bufflen(cmd), mpb->range.pfn_array,
					    max_frames, &mpb->range.offset);
		if (unlikely(frames < 0)) {
			stor_count(ctl, MAP_FAILED);
			return frames;
		}
	}

	gen = stor_slot_arm(&q->slots[tag], cmd, chan);
	if (unlikely(!gen)) {
		stor_count(ctl, SLOT_BUSY);
		return -EAGAIN;
	}

	ret = stor_write(chan, cmd, frames, mpb,
			 stor_id_pack(gen, q->index, tag));
	if (likely(!ret) ||
	    stor_slot_claim(&q->slots[tag], gen) != STOR_CLAIMED)
		return 0;

	if (ret == -EAGAIN)
		stor_count(ctl, RING_FULL);
	else if (chan->index && !ctl->dev->channel->rescind)
		ret = -EAGAIN;		/* only this sub-channel went away */
	return ret;
}

/* Commands of a batch that could not be sent. */
struct stor_refused {
	unsigned int count;
	u16 tag[STOR_BATCH];
	s16 error[STOR_BATCH];
};

/* Write out what was held back. */
static void stor_flush(struct stor_ctl *ctl, struct stor_queue *q,
		       struct stor_refused *refused)
{
	unsigned int i;

	lockdep_assert_held(&q->lock);
	for (i = 0; i < q->nr_staged; i++) {
		u16 tag = q->staged[i];
		int ret = stor_send(ctl, q, tag, q->slots[tag].cmd, q->big,
				    ctl->max_frames);

		if (unlikely(ret)) {
			refused->tag[refused->count] = tag;
			refused->error[refused->count++] = ret;
		}
	}
	q->batches += !!q->nr_staged;
	q->batched += q->nr_staged;
	q->nr_staged = 0;
}

/* Not under the lock: whoever waits for a command may submit the next. */
static void stor_refuse_all(struct stor_ctl *ctl, struct stor_queue *q,
			    const struct stor_refused *refused)
{
	unsigned int i;

	for (i = 0; i < refused->count; i++)
		stor_refuse(ctl, q->slots[refused->tag[i]].cmd,
			    refused->error[i]);
}

/*
 * Not the last of a batch: keep it until the batch is complete, so that the
 * host finds all of it when the doorbell for the first one wakes it.
 */
static int stor_stage(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
		      struct scsi_cmnd *cmd)
{
	struct stor_refused refused;
	int ret = 0;

	refused.count = 0;
	spin_lock(&q->lock);
	if (unlikely(stor_slot_busy(&q->slots[tag]))) {
		stor_count(ctl, SLOT_BUSY);
		ret = -EAGAIN;
	} else {
		q->slots[tag].cmd = cmd;
		q->staged[q->nr_staged++] = tag;
		if (q->nr_staged == STOR_BATCH || cmd->flags & SCMD_LAST)
			stor_flush(ctl, q, &refused);
	}
	spin_unlock(&q->lock);
	stor_refuse_all(ctl, q, &refused);
	return ret;
}

static int stor_send_now(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
			 struct scsi_cmnd *cmd)
{
	union stor_small_mpb small;
	int ret;

	if (likely(scsi_bufflen(cmd) <= STOR_SMALL_BYTES))
		return stor_send(ctl, q, tag, cmd, &small.mpb,
				 STOR_SMALL_FRAMES);
	spin_lock(&q->lock);
	ret = stor_send(ctl, q, tag, cmd, q->big, ctl->max_frames);
	spin_unlock(&q->lock);
	return ret;
}

/* The rest of queuecommand, with the host known to be there. */
static int stor_submit(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
		       struct scsi_cmnd *cmd)
{
	int ret;

	if (unlikely(scsi_dma_map(cmd) < 0)) {
		stor_count(ctl, MAP_FAILED);
		return SCSI_MLQUEUE_DEVICE_BUSY;
	}

	if (cmd->flags & SCMD_LAST && !READ_ONCE(q->nr_staged))
		ret = stor_send_now(ctl, q, tag, cmd);
	else
		ret = stor_stage(ctl, q, tag, cmd);

	if (likely(!ret))
		return 0;
	if (ret == -EAGAIN) {
		scsi_dma_unmap(cmd);
		return SCSI_MLQUEUE_HOST_BUSY;
	}
	stor_refuse(ctl, cmd, ret);
	return 0;
}

/**
 * stor_queuecommand() - midlayer hands over a command
 * @shost: SCSI host
 * @cmd: command
 *
 * Context: process, or error handling; never from a completion.  The RCU
 * section is what closing the channels waits for.
 *
 * Return: 0 or SCSI_MLQUEUE_*.
 */
hv_queue_status_t stor_queuecommand(struct Scsi_Host *shost, struct scsi_cmnd *cmd)
{
	struct stor_ctl *ctl = shost_priv(shost);
	u32 unique = blk_mq_unique_tag(scsi_cmd_to_rq(cmd));
	struct stor_queue *q = &ctl->queues[blk_mq_unique_tag_to_hwq(unique)];
	int ret;

	if (stor_refused_opcode(ctl, cmd))
		return 0;

	rcu_read_lock();
	if (likely(!test_bit(STOR_GONE, &ctl->state))) {
		ret = stor_submit(ctl, q, blk_mq_unique_tag_to_tag(unique),
				  cmd);
	} else {
		stor_count(ctl, NO_CONNECT);
		stor_finish(cmd, DID_NO_CONNECT);
		ret = 0;
	}
	rcu_read_unlock();
	return ret;
}

/**
 * stor_commit_rqs() - no more commands of a batch will come
 * @shost: SCSI host
 * @hwq: hardware queue
 */
void stor_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	struct stor_ctl *ctl = shost_priv(shost);
	struct stor_queue *q = &ctl->queues[hwq];
	struct stor_refused refused;

	refused.count = 0;
	rcu_read_lock();
	spin_lock(&q->lock);
	stor_flush(ctl, q, &refused);
	spin_unlock(&q->lock);
	rcu_read_unlock();
	stor_refuse_all(ctl, q, &refused);
}

/* Stand in for an answer that the host should have given. */
static void stor_patch(struct scsi_cmnd *cmd, u8 patch)
{
	u8 inquiry[36] = { 0x7f, 0, 5, 2, 31 };

	switch (patch) {
	case STOR_PATCH_BAD_FIELD:
		scsi_build_sense(cmd, 0, ILLEGAL_REQUEST, 0x24, 0);
		break;
	case STOR_PATCH_BAD_OPCODE:
		scsi_build_sense(cmd, 0, ILLEGAL_REQUEST, 0x20, 0);
		break;
	case STOR_PATCH_NO_LUN:
		scsi_set_resid(cmd, scsi_bufflen(cmd) -
			       scsi_sg_copy_from_buffer(cmd, inquiry,
							sizeof(inquiry)));
		break;
	}
}

/* Not a clean success: work out what it is and who has to know. */
static void stor_complete_judged(struct stor_chan *chan, struct scsi_cmnd *cmd,
				 const struct hv_stor_srb *reply)
{
	struct stor_ctl *ctl = chan->ctl;
	struct scsi_device *sdev = cmd->device;
	struct stor_lun *lun = sdev->hostdata;
	struct stor_verdict v;

	stor_srb_judge(reply, cmd->cmnd, scsi_bufflen(cmd), &v);

	switch (v.action) {
	case STOR_ACT_RESCAN_LUN:
		stor_rescan_lun(sdev);
		break;
	case STOR_ACT_RESCAN_BUS:
		stor_scan_bus(ctl);
		break;
	case STOR_ACT_DOUBT_LUN:
		if (stor_doubt_lun(ctl, sdev))
			v.host_byte = DID_REQUEUE;
		break;
	}

	if (v.host_byte != DID_OK && v.host_byte != DID_REQUEUE) {
		if (lun)
			atomic_inc(&lun->errors);
		stor_report(ctl, STOR_LOG_ERROR,
			    "%u:%u:%llu op %#04x: srb status %#04x scsi status %#04x, host byte %#x\n",
			    sdev->channel, sdev->id, sdev->lun, cmd->cmnd[0],
			    reply->srb_status, reply->scsi_status, v.host_byte);
	}

	chan->bytes += v.moved;
	scsi_set_resid(cmd, scsi_bufflen(cmd) - v.moved);
	cmd->result = v.host_byte << 16 | v.scsi_status;
	if (v.sense_len)
		memcpy(cmd->sense_buffer, reply->sense, v.sense_len);
	if (v.patch)
		stor_patch(cmd, v.patch);
}

/* A command came back; its slot is free, nobody else will finish it. */
static void stor_complete(struct stor_chan *chan, struct scsi_cmnd *cmd,
			  const struct hv_stor_packet *pkt)
{
	struct stor_ctl *ctl = chan->ctl;

	chan->completed++;
	trace_storvsc_complete(cmd, chan->index, pkt);
	scsi_dma_unmap(cmd);
	if (likely(stor_srb_clean(&pkt->srb, scsi_bufflen(cmd)))) {
		chan->bytes += scsi_bufflen(cmd);
		scsi_set_resid(cmd, 0);
		cmd->result = 0;
	} else {
		atomic64_inc(&ctl->srb_status[pkt->srb.srb_status &
					      HV_SRB_CODE_MASK]);
		stor_complete_judged(chan, cmd, &pkt->srb);
	}
	scsi_done(cmd);
	if (unlikely(atomic_read(&ctl->draining)))
		wake_up(&ctl->drained);
}

static void stor_bad_id(struct stor_chan *chan, u64 id, enum stor_counter what,
			const char *why)
{
	atomic64_inc(&chan->ctl->count[what]);
	stor_report(chan->ctl, STOR_LOG_ERROR,
		    "channel %u: completion with %s id %#llx dropped\n",
		    chan->index, why, id);
}

static void stor_on_completion(struct stor_chan *chan, u64 trans_id,
			       const struct hv_stor_packet *pkt)
{
	struct stor_ctl *ctl = chan->ctl;
	struct stor_id id = stor_id_unpack(trans_id);
	struct stor_slot *slot;

	if (id.queue == STOR_ID_INTERNAL) {
		stor_call_answer(ctl, id, pkt);
		return;
	}
	if (unlikely(!ctl->queues || id.queue >= ctl->nr_queues ||
		     id.index >= ctl->depth)) {
		stor_bad_id(chan, trans_id, STOR_CNT_UNKNOWN_ID, "unknown");
		return;
	}
	slot = &ctl->queues[id.queue].slots[id.index];
	if (unlikely(READ_ONCE(slot->chan) != chan)) {
		stor_bad_id(chan, trans_id, STOR_CNT_WRONG_CHANNEL, "foreign");
		return;
	}
	switch (stor_slot_claim(slot, id.gen)) {
	case STOR_CLAIMED:
		stor_complete(chan, slot->cmd, pkt);
		break;
	case STOR_CLAIM_REPEATED:
		stor_bad_id(chan, trans_id, STOR_CNT_REPEATED_ID, "repeated");
		break;
	case STOR_CLAIM_STALE:
		stor_bad_id(chan, trans_id, STOR_CNT_STALE_ID, "stale");
		break;
	}
}

/* Something the host says of its own accord. */
static void stor_on_unsolicited(struct stor_chan *chan, u64 id,
				const struct hv_stor_packet *pkt, u32 len)
{
	struct stor_ctl *ctl = chan->ctl;
	u32 op = le32_to_cpu(pkt->operation);

	switch (op) {
	case HV_STOR_ENUMERATE_BUS:
	case HV_STOR_REMOVE_DEVICE:
		trace_storvsc_event(ctl->shost->host_no, op);
		stor_scan_bus(ctl);
		return;
	case HV_STOR_EVENT:
		if (len >= offsetofend(struct hv_stor_packet, event)) {
			trace_storvsc_event(ctl->shost->host_no, op);
			stor_on_event(ctl, &pkt->event);
			return;
		}
		break;
	}
	stor_count(ctl, BAD_OPERATION);
	stor_report(ctl, STOR_LOG_ERROR,
		    "channel %u: operation %u, id %#llx, %u bytes dropped\n",
		    chan->index, op, id, len);
}

static void stor_on_packet(struct stor_chan *chan,
			   const struct vmpacket_descriptor *desc)
{
	const struct hv_stor_packet *pkt = hv_pkt_data(desc);
	u32 len = hv_pkt_datalen(desc);
	bool ok = desc->offset8 * 8 >= sizeof(*desc) &&
		  desc->offset8 <= desc->len8;

	if (likely(ok && desc->type == VM_PKT_COMP && len >= sizeof(*pkt) &&
		   pkt->operation == cpu_to_le32(HV_STOR_COMPLETE_IO))) {
		stor_on_completion(chan, desc->trans_id, pkt);
		return;
	}
	if (ok && desc->type == VM_PKT_DATA_INBAND &&
	    len >= sizeof(pkt->operation)) {
		stor_on_unsolicited(chan, desc->trans_id, pkt, len);
		return;
	}
	stor_count(chan->ctl, BAD_PACKET);
	stor_report(chan->ctl, STOR_LOG_ERROR,
		    "channel %u: packet type %u offset %u length %u id %#llx dropped\n",
		    chan->index, desc->type, desc->offset8 * 8, desc->len8 * 8,
		    desc->trans_id);
}

/**
 * stor_on_channel() - the host has put something into a ring
 * @context: struct stor_chan
 *
 * Context: softirq.  The bus hands out private copies of packets, and calls
 * again if this returns with the ring not empty.
 */
void stor_on_channel(void *context)
{
	struct stor_chan *chan = context;
	struct vmbus_channel *channel = chan->channel;
	struct vmpacket_descriptor *desc;
	unsigned int budget = STOR_RX_BUDGET;

	foreach_vmbus_pkt(desc, channel) {
		stor_on_packet(chan, desc);
		if (!--budget) {
			__hv_pkt_iter_next(channel, desc);
			hv_pkt_iter_close(channel);
			break;
		}
	}
}

/**
 * stor_evict_all() - finish commands that the host will not finish
 * @ctl: controller
 * @only: only those sent on this channel, or NULL for all
 * @host_byte: DID_* for them
 *
 * Context: process; the host must have let go of the memory, that is the
 * channel was closed or rescinded.
 */
void stor_evict_all(struct stor_ctl *ctl, struct stor_chan *only, int host_byte)
{
	unsigned int i, tag;

	for (i = 0; ctl->queues && i < ctl->nr_queues; i++) {
		for (tag = 0; tag < ctl->depth; tag++) {
			struct stor_slot *slot = &ctl->queues[i].slots[tag];
			struct scsi_cmnd *cmd;

			if (only && READ_ONCE(slot->chan) != only)
				continue;
			cmd = stor_slot_evict(slot);
			if (!cmd)
				continue;
			stor_count(ctl, EVICTED);
			scsi_dma_unmap(cmd);
			local_bh_disable();
			stor_finish(cmd, host_byte);
			local_bh_enable();
		}
	}
}
