// SPDX-License-Identifier: GPL-2.0-only
/*
 * Polled I/O (io_uring with IORING_SETUP_IOPOLL): queues of their own, behind the others, each with
 * a channel of its own that does not interrupt.  Who waits for such a command looks into the
 * ring until the answer is there.
 *
 * Only commands that are polled for are sent there.  One that finds no room, or whose channel is
 * not there, goes on another channel, is answered with an interrupt, and is no polled one any more.
 *
 * An answer is never read in an interrupt: some kernels free what is polled for only in a task.
 */
#include <linux/blk-mq.h>
#include <linux/crash_dump.h>
#include <linux/rcupdate.h>

#include "storvsc.h"

/**
 * stor_wanted_polled() - how many queues are polled
 * @ctl: controller, negotiated
 *
 * Each takes a sub-channel, of which the others get what is left.
 */
unsigned int stor_wanted_polled(const struct stor_ctl *ctl)
{
	if (is_kdump_kernel())
		return 0;
	return min3(storvsc_poll_queues, num_possible_cpus(), (unsigned int)ctl->max_subchans);
}

/* The bus was told of such a ring, because it had been full: who waits looks by himself. */
static void stor_on_polled(void *context)
{
}

/**
 * stor_polled_mode() - how a channel is opened whose queue is polled
 * @channel: channel that is about to be opened
 *
 * With HV_CALL_DIRECT the bus leaves the ring's interrupt mask to us, and does not come again
 * because there is something to read.
 *
 * Return: the callback for vmbus_open().
 */
stor_callback_t stor_polled_mode(struct vmbus_channel *channel)
{
	set_channel_read_mode(channel, HV_CALL_DIRECT);
	return stor_on_polled;
}

/**
 * stor_ask_no_interrupts() - the host need not say when it has answered
 * @channel: channel that is open
 *
 * It would be heard, and nothing done.
 */
void stor_ask_no_interrupts(struct vmbus_channel *channel)
{
	WRITE_ONCE(channel->inbound.ring_buffer->interrupt_mask, 1);
}

/**
 * stor_no_polled() - a command that is polled for goes where nobody polls
 * @cmd: command that is about to be sent
 *
 * Whoever looks for it finds it ended.
 */
void stor_no_polled(struct scsi_cmnd *cmd)
{
	struct request *rq = scsi_cmd_to_rq(cmd);
	struct bio *bio;

	if (!(rq->cmd_flags & REQ_POLLED))
		return;
	__rq_for_each_bio(bio, rq)
		bio_clear_polled(bio);
}

/* Whoever has the bit finds what there is, so that the others need not wait for it. */
static int stor_poll_channel(struct stor_chan *chan, struct vmbus_channel *channel)
{
	int found;

	if (!hv_get_bytes_to_read(&channel->inbound))
		return 0;
	if (test_and_set_bit_lock(0, &chan->reading))
		return 0;
	found = stor_read_ring(chan, channel);
	clear_bit_unlock(0, &chan->reading);
	return found;
}

/**
 * stor_poll() - look for answers on the channel of a polled queue
 * @shost: SCSI host
 * @hwq: hardware queue
 *
 * Context: process, with softirqs.  The RCU section is what closing the channels waits
 * for, after it has set STOR_GONE.
 *
 * Return: how many packets there were.
 */
int stor_poll(struct Scsi_Host *shost, unsigned int hwq)
{
	struct stor_ctl *ctl = shost_priv(shost);
	struct vmbus_channel *channel;
	int found = 0;

	rcu_read_lock();
	channel = rcu_dereference(ctl->chans[hwq].channel);
	if (likely(channel && !test_bit(STOR_GONE, &ctl->state)))
		found = stor_poll_channel(&ctl->chans[hwq], channel);
	rcu_read_unlock();
	return found;
}

/**
 * stor_poll_all() - look for answers on all channels that are polled
 * @ctl: controller
 *
 * For who waits for commands that somebody else has sent and may not poll for: he is stopped, or
 * frozen.
 *
 * Context: process.
 */
void stor_poll_all(struct stor_ctl *ctl)
{
	unsigned int i;

	for (i = 0; i < ctl->nr_polled; i++)
		stor_poll(ctl->shost, stor_nr_irq(ctl) + i);
}
