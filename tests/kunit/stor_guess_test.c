// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host that guesses the id of a command and answers before it was told of it: at each look of
 * the submitter at anything, the answer may come. A command that was answered is freed at once,
 * so that KASAN tells who reads it after that.
 *
 * Kernel only: it runs send.c itself, with a ring that is played.
 */
#include <kunit/test.h>
#include <linux/hyperv.h>
#include <linux/module.h>
#include <linux/ratelimit.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <hv/compat_driver.h>
#include <hv/compat_scsi.h>
#include <hv/compat_work.h>
#include <hv/stor_wire.h>
#include "params.h"

#include "looks.h"

/* How much a command wants is asked for again and again. */
#define scsi_bufflen(cmd)			(look(), (cmd)->sdb.length)
/* this copy's bus */
#define vmbus_sendpacket			guess_sendpacket
#define vmbus_sendpacket_mpb_desc		guess_sendpacket_mpb_desc
#include "storvsc.h"

/* no tracepoints, but who has them on reads the command there */
#define _STOR_TRACE_H
#define trace_storvsc_submit(cmd, chan, id)	guess_trace(cmd)

#define GUESS_LUN	5
#define GUESS_OP	0x2a

static struct stor_ctl *guess_ctl;
static unsigned int looks, at;		/* so far; before which one the host answers */
static unsigned int taken;		/* commands that it ended */
static struct scatterlist *guess_sgl;
static u64 ring[8192];			/* where packets are placed */
static struct hv_stor_packet sent;	/* what was copied into it */
static u64 sent_frame;
static unsigned int placed, forgotten;
static int send_error;

static void guess_free(struct scsi_cmnd *cmd)
{
	memset(cmd, 0x6b, sizeof(*cmd));
	kfree(cmd);
	memset(guess_sgl, 0x6b, sizeof(*guess_sgl));
	kfree(guess_sgl);
	guess_sgl = NULL;
}

/* The id is that of the first use of tag 0 on queue 0. */
static void look(void)
{
	struct scsi_cmnd *cmd;

	if (++looks != at)
		return;
	if (stor_slot_claim(&guess_ctl->slots[0], 1, &guess_ctl->chans[0], &cmd) != STOR_CLAIMED)
		return;
	taken++;
	guess_free(cmd);
}

static void guess_trace(const struct scsi_cmnd *cmd)
{
	look();
	KUNIT_EXPECT_EQ(current->kunit_test, (u8)GUESS_OP, cmd->cmnd[0]);
}

static void *guess_place(struct vmbus_channel *channel, u32 len)
{
	look();
	return len <= sizeof(ring) ? ring : NULL;
}

static void guess_placed(struct vmbus_channel *channel, u64 head, u32 len, u64 id)
{
	look();
	placed++;
	sent = *(struct hv_stor_packet *)((void *)ring + (head >> 16 & 0xffff) * 8);
	sent_frame = ((struct vmbus_packet_mpb_array *)ring)->range.pfn_array[0];
	look();
}

static void guess_forget(struct vmbus_channel *channel)
{
	forgotten++;
}

static int guess_sendpacket(struct vmbus_channel *channel, void *buffer, u32 len, u64 id,
			    enum vmbus_packet_type type, u32 flags)
{
	look();
	sent = *(struct hv_stor_packet *)buffer;
	look();
	return send_error;
}

static int guess_sendpacket_mpb_desc(struct vmbus_channel *channel,
				     struct vmbus_packet_mpb_array *mpb, u32 desc_len,
				     void *buffer, u32 len, u64 id)
{
	sent_frame = mpb->range.pfn_array[0];
	return guess_sendpacket(channel, buffer, len, id, VM_PKT_DATA_USING_GPA_DIRECT, 0);
}

int ring_avail_percent_lowater = 10;

#include "../../storvsc/send.c"

struct guess_way {
	const char *name;
	bool places, direct;
	u32 len;		/* of the data */
	int error;		/* of the ring */
};

static const struct guess_way guess_ways[] = {
	{ "placed", true, true, 4096 },
	{ "placed, many pages", true, true, 64 * 1024 },
	{ "placed by bus address", true, false, 4096 },
	{ "no data", true, true, 0 },
	{ "copied", false, true, 4096 },
	{ "copied by bus address", false, false, 4096 },
	{ "copied with the queue's list", false, true, STOR_SMALL_BYTES + 4096 },
	{ "copied, ring full", false, true, 4096, -EAGAIN },
	{ "no data, ring gone", false, true, 0, -ENODEV },
};

KUNIT_ARRAY_PARAM_DESC(guess_ways, guess_ways, name);

/* A controller with one queue, on which nothing was sent yet. */
static void guess_begin(struct kunit *test, const struct guess_way *way)
{
	struct stor_ctl *ctl = kunit_kzalloc(test, sizeof(*ctl), GFP_KERNEL);
	struct vmbus_channel *channel = kunit_kzalloc(test, sizeof(*channel), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ctl);
	KUNIT_ASSERT_NOT_NULL(test, channel);
	ctl->chans = kunit_kzalloc(test, sizeof(*ctl->chans), GFP_KERNEL);
	ctl->queues = kunit_kzalloc(test, sizeof(*ctl->queues), GFP_KERNEL);
	ctl->slots = kunit_kzalloc(test, sizeof(*ctl->slots), GFP_KERNEL);
	ctl->dev = kunit_kzalloc(test, sizeof(*ctl->dev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctl->chans);
	KUNIT_ASSERT_NOT_NULL(test, ctl->queues);
	KUNIT_ASSERT_NOT_NULL(test, ctl->slots);
	KUNIT_ASSERT_NOT_NULL(test, ctl->dev);
	ctl->max_frames = STOR_SMALL_FRAMES + 2;
	ctl->queues->big = kunit_kzalloc(test, STOR_MPB_LEN(ctl->max_frames), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, ctl->queues->big);
	spin_lock_init(&ctl->queues->lock);
	ctl->dev->channel = channel;
	ctl->chans->ctl = ctl;
	RCU_INIT_POINTER(ctl->chans->channel, channel);
	ctl->nr_queues = 1;
	ctl->depth = 1;
	ctl->life = STOR_UP;
	ctl->direct = way->direct;
	ctl->place = way->places ? guess_place : NULL;
	ctl->placed = guess_placed;
	ctl->forget = guess_forget;
	guess_ctl = ctl;
}

static struct scsi_cmnd *guess_cmd(struct kunit *test, struct scsi_device *sdev, u32 len)
{
	struct scsi_cmnd *cmd = kzalloc(sizeof(*cmd), GFP_KERNEL);

	guess_sgl = kzalloc(sizeof(*guess_sgl), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, cmd);
	KUNIT_ASSERT_NOT_NULL(test, guess_sgl);
	sg_init_one(guess_sgl, page_address(ZERO_PAGE(0)), PAGE_SIZE);
	guess_sgl->length = len;
	sg_dma_address(guess_sgl) = 77 << PAGE_SHIFT;
	sg_dma_len(guess_sgl) = len;
	cmd->device = sdev;
	cmd->cmnd[0] = GUESS_OP;
	cmd->cmd_len = 10;
	cmd->sdb.length = len;
	cmd->sdb.table.sgl = guess_sgl;
	cmd->sdb.table.nents = 1;
	cmd->sc_data_direction = len ? DMA_TO_DEVICE : DMA_NONE;
	return cmd;
}

/* Whoever had it in the end had it alone, and the host was told what was wanted. */
static void guess_check(struct kunit *test, const struct guess_way *way, struct scsi_cmnd *cmd,
			int ret)
{
	struct stor_slot *slot = guess_ctl->slots;
	struct scsi_cmnd *out = NULL;

	KUNIT_EXPECT_EQ(test, (u8)GUESS_OP, sent.srb.cdb[0]);
	KUNIT_EXPECT_EQ(test, (u8)GUESS_LUN, sent.srb.lun);
	KUNIT_EXPECT_EQ(test, way->len, le32_to_cpu(sent.srb.data_len));
	if (way->len)
		KUNIT_EXPECT_EQ(test, sent_frame, (u64)(way->direct ? page_to_hvpfn(ZERO_PAGE(0)) :
							77));
	if (taken) {
		KUNIT_EXPECT_EQ_MSG(test, 0, ret, "answered before look %u", at);
		KUNIT_EXPECT_FALSE(test, stor_slot_busy(slot));
		return;
	}
	KUNIT_EXPECT_EQ_MSG(test, way->error, ret, "no answer before look %u", at);
	KUNIT_EXPECT_EQ(test, !ret, stor_slot_busy(slot));
	if (!ret) {
		at = 0;
		KUNIT_EXPECT_EQ(test, STOR_CLAIMED,
				stor_slot_claim(slot, 1, guess_ctl->chans, &out));
		KUNIT_EXPECT_PTR_EQ(test, cmd, out);
	}
	guess_free(cmd);
}

static void stor_guess_test_each_look(struct kunit *test)
{
	const struct guess_way *way = test->param_value;
	struct Scsi_Host *shost = kunit_kzalloc(test, sizeof(*shost), GFP_KERNEL);
	struct scsi_device *sdev = kunit_kzalloc(test, sizeof(*sdev), GFP_KERNEL);
	unsigned int n, most = 1, guessed = 0;

	KUNIT_ASSERT_NOT_NULL(test, shost);
	KUNIT_ASSERT_NOT_NULL(test, sdev);
	sdev->host = shost;
	sdev->lun = GUESS_LUN;
	for (n = 1; n <= most; n++) {
		struct scsi_cmnd *cmd;
		int ret;

		guess_begin(test, way);
		cmd = guess_cmd(test, sdev, way->len);
		memset(&sent, 0, sizeof(sent));
		send_error = way->error;
		taken = 0;
		looks = 0;
		at = n;
		rcu_read_lock();
		ret = stor_send(guess_ctl, guess_ctl->queues, 0, cmd, false);
		rcu_read_unlock();
		most = looks > most ? looks : most;
		guessed += taken;
		guess_check(test, way, cmd, ret);
	}
	at = 0;
	KUNIT_EXPECT_GE(test, guessed, 1u);
	KUNIT_EXPECT_LT(test, guessed, most);
	KUNIT_EXPECT_EQ(test, 0u, forgotten);
}

static struct kunit_case stor_guess_cases[] = {
	KUNIT_CASE_PARAM(stor_guess_test_each_look, guess_ways_gen_params),
	{}
};

static struct kunit_suite stor_guess_suite = {
	.name = "storvsc_guess",
	.test_cases = stor_guess_cases,
};
kunit_test_suite(stor_guess_suite);
MODULE_LICENSE("GPL");
