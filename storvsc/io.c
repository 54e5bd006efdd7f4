// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands: from the midlayer, one by one or in batches, to send.c.
 */
#include <linux/rcupdate.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_dbg.h>
#include <scsi/scsi_proto.h>

#include "storvsc.h"

/* A command that will not be sent after all. */
static void stor_refuse(struct stor_ctl *ctl, struct scsi_cmnd *cmd, int error)
{
	stor_unmap(ctl, cmd);
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

/* Commands of a batch that could not be sent. */
struct stor_refused {
	unsigned int count;
	struct scsi_cmnd *cmd[STOR_BATCH];
	s16 error[STOR_BATCH];
};

static u16 stor_tag(struct scsi_cmnd *cmd)
{
	return scsi_cmd_to_rq(cmd)->tag;
}

/* Write out what was held back, with one signal if the bus can do that. */
static void stor_flush(struct stor_ctl *ctl, struct stor_queue *q,
		       struct stor_refused *refused)
{
	/* the rings may be on their way out */
	bool halted = test_bit(STOR_HALTED, &ctl->state);
	bool unsure = test_bit(STOR_UNSURE, &ctl->state);
	struct vmbus_channel *held = NULL;
	unsigned int i;

	lockdep_assert_held(&q->lock);
	/* what takes another channel is shown there one by one */
	if (q->nr_staged > 1 && !halted && ctl->hold && ctl->let_go)
		held = rcu_dereference(ctl->chans[READ_ONCE(q->home)].channel);
	if (held)
		ctl->hold(held);
	for (i = 0; i < q->nr_staged; i++) {
		struct scsi_cmnd *cmd = q->staged[i];
		int ret;

		if (unlikely(halted))
			ret = stor_no_channel(ctl);
		else if (unlikely(unsure && stor_waits(cmd)))
			ret = -EAGAIN;
		else
			ret = stor_send(ctl, q, stor_tag(cmd), cmd, true);
		if (unlikely(ret)) {
			refused->cmd[refused->count] = cmd;
			refused->error[refused->count++] = ret;
		}
	}
	if (held)
		ctl->let_go(held);
	q->batches += !!q->nr_staged;
	q->batched += q->nr_staged;
	q->nr_staged = 0;
}

/* Not under the lock: whoever waits for a command may submit the next. */
static void stor_refuse_all(struct stor_ctl *ctl,
			    const struct stor_refused *refused)
{
	unsigned int i;

	for (i = 0; i < refused->count; i++)
		stor_refuse(ctl, refused->cmd[i], refused->error[i]);
}

/*
 * Not the last of a batch: keep it until the batch is complete, so that the
 * host finds all of it when the doorbell for the first one wakes it.
 */
static int stor_stage(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
		      struct scsi_cmnd *cmd)
{
	struct stor_refused refused HV_UNINITIALIZED;
	int ret = 0;

	refused.count = 0;
	spin_lock(&q->lock);
	if (unlikely(stor_slot_busy(&ctl->slots[tag]))) {
		stor_count(ctl, SLOT_BUSY);
		ret = -EAGAIN;
	} else {
		q->staged[q->nr_staged++] = cmd;
		if (q->nr_staged == STOR_BATCH || cmd->flags & SCMD_LAST)
			stor_flush(ctl, q, &refused);
	}
	spin_unlock(&q->lock);
	stor_refuse_all(ctl, &refused);
	return ret;
}

/* The rest of queuecommand, with the host known to be there. */
static int stor_submit(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
		       struct scsi_cmnd *cmd)
{
	int ret;

	/* the time that it waited for the host to come back is not counted against it */
	if (unlikely(time_before(cmd->jiffies_at_alloc, READ_ONCE(ctl->up_since))))
		cmd->jiffies_at_alloc = jiffies;
	if (unlikely(!stor_map(ctl, cmd))) {
		stor_count(ctl, MAP_FAILED);
		return SCSI_MLQUEUE_TARGET_BUSY;
	}

	if (cmd->flags & SCMD_LAST && !READ_ONCE(q->nr_staged))
		ret = stor_send(ctl, q, tag, cmd, false);
	else
		ret = stor_stage(ctl, q, tag, cmd);

	if (likely(!ret))
		return 0;
	if (ret == -EAGAIN) {
		stor_unmap(ctl, cmd);
		/*
		 * Every ring is full, of other disks' commands for all we know.  With
		 * DEVICE_BUSY the block layer tries again when one of this disk's comes
		 * back, which may have none out; with this it also tries by itself.
		 */
		return SCSI_MLQUEUE_TARGET_BUSY;
	}
	stor_refuse(ctl, cmd, ret);
	return 0;
}

/*
 * No channel: commands wait until there is one again, or will not be one.  Or one, and
 * nobody knows yet what is behind it.
 */
static int stor_turn_away(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
			  struct scsi_cmnd *cmd, unsigned long state)
{
	if (!(state & BIT(STOR_HALTED))) {
		/* pairs with the barrier in stor_be_unsure() */
		smp_rmb();
		return stor_waits(cmd) ? SCSI_MLQUEUE_TARGET_BUSY : stor_submit(ctl, q, tag, cmd);
	}
	if (stor_life_flow(READ_ONCE(ctl->life)) != STOR_FLOW_FAIL)
		return SCSI_MLQUEUE_HOST_BUSY;
	stor_count(ctl, NO_CONNECT);
	stor_finish(cmd, DID_NO_CONNECT);
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
	struct request *rq = scsi_cmd_to_rq(cmd);
	struct stor_queue *q = &ctl->queues[rq->mq_hctx->queue_num];
	bool last = cmd->flags & SCMD_LAST;
	unsigned long state;
	int ret = 0;

	rcu_read_lock();
	state = READ_ONCE(ctl->state);
	if (stor_refused_opcode(ctl, cmd))
		;
	else if (likely(!(state & (BIT(STOR_HALTED) | BIT(STOR_UNSURE)))))
		ret = stor_submit(ctl, q, rq->tag, cmd);
	else
		ret = stor_turn_away(ctl, q, rq->tag, cmd, state);
	/* the last of a batch may be finished here, and with it nothing more comes */
	if (unlikely(last && READ_ONCE(q->nr_staged)))
		stor_commit_rqs(shost, q->index);
	rcu_read_unlock();
	return ret;
}

/**
 * stor_commit_rqs() - no more commands of a batch will come
 * @shost: SCSI host
 * @hwq: hardware queue
 *
 * Context: as stor_queuecommand(), and the timer of a command that was held back.
 */
void stor_commit_rqs(struct Scsi_Host *shost, u16 hwq)
{
	struct stor_ctl *ctl = shost_priv(shost);
	struct stor_queue *q = &ctl->queues[hwq];
	struct stor_refused refused HV_UNINITIALIZED;

	refused.count = 0;
	rcu_read_lock();
	spin_lock(&q->lock);
	stor_flush(ctl, q, &refused);
	spin_unlock(&q->lock);
	rcu_read_unlock();
	stor_refuse_all(ctl, &refused);
}
