// SPDX-License-Identifier: GPL-2.0-only
/*
 * Answers: out of a ring, checked, back to the midlayer; and the end of
 * commands that will never be answered.
 */
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_eh.h>
#include <scsi/scsi_proto.h>

#include "srb.h"
#include "storvsc.h"
#include "trace.h"

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

/* What the answer to a command of the midlayer is measured by. */
static struct stor_asked stor_asked(struct scsi_cmnd *cmd)
{
	struct request *rq = scsi_cmd_to_rq(cmd);
	struct stor_asked asked = {
		.cdb = cmd->cmnd,
		.bytes = scsi_bufflen(cmd),
	};

	/* of those without payload, discards for one, sd.c counts all or nothing */
	if (req_op(rq) == REQ_OP_READ || req_op(rq) == REQ_OP_WRITE)
		asked.unit = cmd->device->sector_size;
	return asked;
}

/* Not a clean success: work out what it is and who has to know. */
static noinline void stor_complete_judged(struct stor_chan *chan, struct scsi_cmnd *cmd,
					  const struct hv_stor_srb *reply)
{
	struct stor_ctl *ctl = chan->ctl;
	struct scsi_device *sdev = cmd->device;
	struct stor_lun *lun = sdev->hostdata;
	struct stor_asked asked = stor_asked(cmd);
	struct stor_verdict v;
	bool failed;

	stor_srb_judge(reply, &asked, &v);

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

	failed = v.host_byte != DID_OK && v.host_byte != DID_REQUEUE;
	if (failed && lun)
		atomic_inc(&lun->errors);
	stor_report(ctl, failed ? STOR_LOG_ERROR : STOR_LOG_WARN,
		    "%u:%u:%llu op %#04x: srb status %#04x scsi status %#04x, host byte %#x\n",
		    sdev->channel, sdev->id, sdev->lun, cmd->cmnd[0],
		    reply->srb_status, reply->scsi_status, v.host_byte);

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
	stor_unmap(ctl, cmd);
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
	struct stor_slot *slots = READ_ONCE(ctl->slots);
	struct stor_id id = stor_id_unpack(trans_id);
	struct stor_slot *slot;
	struct scsi_cmnd *cmd;

	if (id.queue == STOR_ID_INTERNAL) {
		stor_call_answer(ctl, id, pkt);
		return;
	}
	if (unlikely(!slots || id.queue >= ctl->nr_queues ||
		     id.index >= ctl->depth)) {
		stor_bad_id(chan, trans_id, STOR_CNT_UNKNOWN_ID, "unknown");
		return;
	}
	slot = &slots[id.index];
	switch (stor_slot_claim(slot, id.gen, chan, &cmd)) {
	case STOR_CLAIMED:
		stor_complete(chan, cmd, pkt);
		break;
	case STOR_CLAIM_FOREIGN:
		stor_bad_id(chan, trans_id, STOR_CNT_WRONG_CHANNEL, "foreign");
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

/* Read what is there, but not too much at once.  The bus hands out private copies of packets. */
static __always_inline int stor_read(struct stor_chan *chan, struct vmbus_channel *channel)
{
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
	return STOR_RX_BUDGET - budget;
}

/**
 * stor_on_channel() - the host has put something into a ring
 * @context: struct stor_chan
 *
 * Context: softirq.  The bus calls again if this returns with the ring not empty.
 */
void stor_on_channel(void *context)
{
	struct stor_chan *chan = context;
	struct vmbus_channel *channel = READ_ONCE(chan->in);

	/* on the in-tree bus a sub-channel that was reaped is not closed */
	if (likely(channel))
		stor_read(chan, channel);
}

/**
 * stor_read_ring() - the same for who looks by himself
 * @chan: its queue is polled
 * @channel: the channel of it
 *
 * Context: process; holds stor_chan.reading.
 *
 * Return: how many packets there were.
 */
int stor_read_ring(struct stor_chan *chan, struct vmbus_channel *channel)
{
	return stor_read(chan, channel);
}

/*
 * What the host may have done without saying so is done again only if that makes
 * no difference: not so for what a program sends by itself, to a tape for one.
 */
static int stor_evict_byte(struct scsi_cmnd *cmd, int host_byte)
{
	if (host_byte == DID_REQUEUE && cmd->sc_data_direction == DMA_TO_DEVICE &&
	    blk_rq_is_passthrough(scsi_cmd_to_rq(cmd)))
		return DID_ABORT;
	return host_byte;
}

/**
 * stor_evict_all() - finish commands that the host will not finish
 * @ctl: controller
 * @only: only those sent on this channel, or NULL for all
 * @host_byte: DID_* for them; DID_REQUEUE only for those that may be done twice
 *
 * Context: process; the host must have let go of the memory, that is the
 * channel was closed or rescinded.
 */
void stor_evict_all(struct stor_ctl *ctl, struct stor_chan *only, int host_byte)
{
	unsigned int tag;

	for (tag = 0; ctl->slots && tag < ctl->depth; tag++) {
		struct scsi_cmnd *cmd = stor_slot_evict(&ctl->slots[tag], only);

		if (!cmd)
			continue;
		stor_count(ctl, EVICTED);
		stor_unmap(ctl, cmd);
		/* not with softirqs disabled, see poll.c */
		stor_finish(cmd, stor_evict_byte(cmd, host_byte));
	}
	wake_up(&ctl->drained);
}
