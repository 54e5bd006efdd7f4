// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the host is slow or silent: late commands, resets, waiting until the
 * host has given everything back.
 */
#include <linux/rcupdate.h>
#include <linux/wait_bit.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>

#include "storvsc.h"

#define STOR_POLL_EACH	(HZ / 50)

/*
 * Whether no slot from @from on is busy with a command of @sdev; if one is, @from is
 * moved there.  Nothing new must be coming, so what was idle need not be looked at
 * again, and the looks of a whole drain add up to one walk over the slots.
 */
static bool stor_idle_from(struct stor_ctl *ctl, const struct scsi_device *sdev,
			   unsigned int *from)
{
	for (; *from < ctl->depth; (*from)++) {
		const struct scsi_cmnd *cmd = stor_slot_peek(&ctl->slots[*from]);

		if (cmd && (!sdev || cmd->device == sdev))
			return false;
	}
	return true;
}

/**
 * stor_leave() - the opposite of raising stor_ctl.draining
 * @ctl: controller, which may be gone afterwards
 */
void stor_leave(struct stor_ctl *ctl)
{
	if (atomic_dec_and_test(&ctl->draining))
		wake_up_var(&ctl->draining);
}

/* Of those that are polled for nobody tells, unless somebody looks. */
static bool stor_wait_idle(struct stor_ctl *ctl, const struct scsi_device *sdev,
			   unsigned long timeout)
{
	unsigned long end = jiffies + timeout, step = ctl->nr_polled ? STOR_POLL_EACH : timeout;
	unsigned int from = 0;

	do {
		stor_poll_all(ctl);
		if (wait_event_timeout(ctl->drained, stor_idle_from(ctl, sdev, &from),
				       min(step, timeout)))
			return true;
	} while (time_before(jiffies, end));
	return false;
}

/**
 * stor_drain() - wait until the host has finished what it has
 * @ctl: controller
 * @sdev: only commands of this device, or NULL for all
 * @timeout: limit in jiffies
 *
 * Nothing new must be coming, or this may see the limit.
 *
 * Return: whether nothing is left.
 */
bool stor_drain(struct stor_ctl *ctl, const struct scsi_device *sdev,
		unsigned long timeout)
{
	bool done;

	atomic_inc(&ctl->draining);
	/* the count is up before slots are looked at; claims are barriers */
	smp_mb__after_atomic();
	done = stor_wait_idle(ctl, sdev, timeout);
	stor_leave(ctl);
	return done;
}

/* Anything to be done about a late command beside saying so? */
static void stor_react_to_late(struct stor_ctl *ctl, unsigned int late)
{
	unsigned int i;

	/* nobody can wait for ever for a device that is gone or on its way out */
	if (test_bit(STOR_REMOVING, &ctl->state) || ctl->dev->channel->rescind) {
		schedule_work(&ctl->force_close);
		return;
	}
	/* as a sender: whoever closes channels waits for those who look at them */
	rcu_read_lock();
	for (i = 1; i < ctl->nr_queues && !test_bit(STOR_HALTED, &ctl->state); i++) {
		struct vmbus_channel *channel = rcu_dereference(ctl->chans[i].channel);

		if (channel && channel->rescind)
			stor_tend_kick(ctl, STOR_CHAN_LOST);
	}
	rcu_read_unlock();
	if (stor_lost_after() && late >= stor_lost_after())
		stor_tend_kick(ctl, STOR_CMD_LOST);
}

/*
 * How often a command's timer runs out in a period of its disk's.  User space chooses
 * timers of a second for its own commands, which is no time to give a host up after.
 */
static unsigned int stor_timer_parts(struct scsi_cmnd *cmd)
{
	unsigned int own = scsi_cmd_to_rq(cmd)->timeout;

	return own ? DIV_ROUND_UP(cmd->device->request_queue->rq_timeout, own) : 1;
}

/**
 * stor_note_timeout() - a command has been with the host for its timer's time
 * @cmd: command; its timer is about to start again
 *
 * Context: block timeout work.
 */
void stor_note_timeout(struct scsi_cmnd *cmd)
{
	struct scsi_device *sdev = cmd->device;
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_lun *lun = sdev->hostdata;
	u32 unique = blk_mq_unique_tag(scsi_cmd_to_rq(cmd));
	u16 hwq = blk_mq_unique_tag_to_hwq(unique);
	u16 tag = blk_mq_unique_tag_to_tag(unique);

	/* held back for a batch of which the block layer has dropped the end */
	if (READ_ONCE(ctl->queues[hwq].nr_staged))
		stor_commit_rqs(sdev->host, hwq);
	/* answered, but who is to poll for it does not */
	if (hwq >= stor_nr_irq(ctl)) {
		stor_poll(sdev->host, hwq);
		if (stor_slot_peek(&ctl->slots[tag]) != cmd)
			return;
	}
	stor_count(ctl, TIMEOUT);
	if (lun)
		atomic_inc(&lun->timeouts);
	stor_report(ctl, STOR_LOG_ERROR,
		    "%u:%u:%llu op %#04x (queue %u tag %u) with the host for %u s, waiting on\n",
		    sdev->channel, sdev->id, sdev->lun, cmd->cmnd[0],
		    hwq, tag,
		    jiffies_to_msecs(jiffies - cmd->jiffies_at_alloc) / 1000);
	stor_react_to_late(ctl, stor_slot_overdue(&ctl->slots[tag], cmd,
						  stor_timer_parts(cmd)));
}

/* Send a reset and let the host give back what it has of the device. */
static int stor_send_reset(struct scsi_cmnd *cmd, u32 op,
			   const struct scsi_device *only)
{
	struct scsi_device *sdev = cmd->device;
	struct stor_ctl *ctl = shost_priv(sdev->host);
	struct stor_call *call = stor_call_new(ctl, op, 0);
	u32 status = 0;
	int ret;

	if (!call)
		return FAILED;
	call->pkt.srb.length = cpu_to_le16(sizeof(call->pkt.srb));
	call->pkt.srb.path = sdev->channel;
	call->pkt.srb.target = sdev->id;
	call->pkt.srb.lun = sdev->lun;
	ret = stor_call_run(call, stor_reset_timeout());
	if (!ret)
		status = le32_to_cpu(call->pkt.status);
	stor_call_put(call);

	if (ret || status) {
		stor_report(ctl, STOR_LOG_ERROR,
			    "reset (operation %u) of %u:%u:%llu failed: error %d, status %#x\n",
			    op, sdev->channel, sdev->id, sdev->lun, ret, status);
		return FAILED;
	}
	return stor_drain(ctl, only, stor_reset_timeout()) ? SUCCESS : FAILED;
}

/* User space asks for it too, also while the controller goes: stor_release() waits for us. */
static int stor_reset(struct scsi_cmnd *cmd, u32 op,
		      const struct scsi_device *only)
{
	struct stor_ctl *ctl = shost_priv(cmd->device->host);
	int ret;

	atomic_inc(&ctl->draining);
	ret = stor_send_reset(cmd, op, only);
	stor_leave(ctl);
	return ret;
}

int stor_eh_device_reset(struct scsi_cmnd *cmd)
{
	struct stor_ctl *ctl = shost_priv(cmd->device->host);

	stor_count(ctl, LUN_RESET);
	return stor_reset(cmd, HV_STOR_RESET_LUN, cmd->device);
}

int stor_eh_bus_reset(struct scsi_cmnd *cmd)
{
	struct stor_ctl *ctl = shost_priv(cmd->device->host);

	stor_count(ctl, ADAPTER_RESET);
	return stor_reset(cmd, HV_STOR_RESET_ADAPTER, NULL);
}

int stor_eh_host_reset(struct scsi_cmnd *cmd)
{
	struct stor_ctl *ctl = shost_priv(cmd->device->host);

	stor_count(ctl, BUS_RESET);
	if (stor_reset(cmd, HV_STOR_RESET_BUS, NULL) == SUCCESS)
		return SUCCESS;
	/*
	 * The last one to be asked: the midlayer takes its commands back now, those
	 * that it sent to find out what is wrong too, and uses their tags again.
	 */
	return stor_start_over(ctl);
}
