/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to hv_storvsc: the controller object and what its files offer each
 * other.
 *
 * Life of a controller (life.c, tend.c): it opens the primary channel and
 * negotiates (proto.c), opens sub-channels (subchan.c), then announces a SCSI
 * host with one hardware queue per channel (host.c).  Commands run through io.c;
 * eh.c and scan.c deal with what goes wrong and with disks that come and go.
 *
 * Lock order: life_mutex > chan_mutex > call_lock.  A queue's lock is taken alone.
 */
#ifndef _STORVSC_H
#define _STORVSC_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/completion.h>
#include <linux/hyperv.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <scsi/scsi_cmnd.h>
#include <scsi/scsi_device.h>
#include <scsi/scsi_host.h>
#include <hv/compat_driver.h>
#include <hv/compat_scsi.h>
#include <hv/compat_work.h>
#include <hv/stor_wire.h>

#include "kind.h"
#include "life.h"
#include "limits.h"
#include "lun_life.h"
#include "slot.h"

/* Time limits, all of them for answers of the host. */
#define STOR_LOUD_AFTER		(30 * HZ)	/* of waiting: a line */
#define STOR_WATCH		(HZ / 2)	/* looks for a rescind that nobody tells of */
#define STOR_RESET_TIMEOUT	(30 * HZ)
#define STOR_PROBE_TIMEOUT	(10 * HZ)	/* REPORT LUNS, TEST UNIT READY, at first */
#define STOR_SUBCHAN_TIMEOUT	(5 * HZ)	/* all promised offers */
#define STOR_RQ_TIMEOUT		(180 * HZ)	/* then somebody is told */
#define STOR_PAGE_LEN		255		/* of a page of product data */
#define STOR_SILENT_LIMIT	(600 * HZ)	/* LUN of which the host says nothing */
#define STOR_DOUBT_LIMIT	(60 * HZ)	/* LUN listed but not reached */
#define STOR_INVALID_LIMIT	(20 * HZ)	/* LUN listed but called invalid */

/* Default of storvsc_vcpus_per_sub_channel: the host decides. */
#define STOR_VCPUS_PER_SUBCHAN	4

/* Commands held back for a batch at most. */
#define STOR_BATCH		32

/* Packets handled before others get the CPU; the bus calls again. */
#define STOR_RX_BUDGET		256

/* Requests of our own that may be with the host at the same time. */
#define STOR_CALLS		16

enum stor_counter {
	STOR_CNT_RING_FULL,		/* command put back, ring was full */
	STOR_CNT_SLOT_BUSY,		/* host still owned the tag */
	STOR_CNT_MAP_FAILED,		/* DMA mapping or page list */
	STOR_CNT_DETOUR,		/* sent on another queue's channel */
	STOR_CNT_NO_CONNECT,		/* failed because the host is gone */
	STOR_CNT_START_OVER,		/* channels closed and opened again */
	STOR_CNT_CHAN_REAPED,		/* sub-channel closed that the host took */
	STOR_CNT_CHAN_KEPT,		/* whose commands it did not let go of then */
	STOR_CNT_EVICTED,		/* taken from a host that went away */
	STOR_CNT_TIMEOUT,		/* timer re-armed, host owns the buffer */
	STOR_CNT_LUN_RESET,
	STOR_CNT_ADAPTER_RESET,
	STOR_CNT_BUS_RESET,
	STOR_CNT_RESCAN,		/* LUN lists compared */
	STOR_CNT_LUN_DOUBTED,
	STOR_CNT_LUN_ADDED,
	STOR_CNT_LUN_REMOVED,
	STOR_CNT_BAD_PACKET,		/* length, offset or type */
	STOR_CNT_BAD_OPERATION,
	STOR_CNT_UNKNOWN_ID,
	STOR_CNT_REPEATED_ID,
	STOR_CNT_STALE_ID,
	STOR_CNT_WRONG_CHANNEL,
	STOR_CNT_LATE_ANSWER,		/* to a request of ours given up on */
	STOR_CNT_CALL_TIMEOUT,
	STOR_CNT_NR
};

/* Bits of stor_ctl.state */
enum {
	STOR_HALTED,		/* no command goes to the host; life says what to do */
	STOR_GONE,		/* nothing at all goes to the host */
	STOR_REMOVING,		/* the device is about to go */
	STOR_HURRY,		/* so it is, or to sleep: nobody waits for the host */
	STOR_SCAN_FIRST,	/* find the disks of a controller that came late */
	STOR_LIMITS,		/* the host's have changed */
	STOR_UNSURE,		/* some LUN may be another by now, sure.c */
	STOR_LAST_LOOK,		/* it is about to be removed, and asks that once more */
	STOR_SCAN_BUS,		/* compare LUN lists in the next scan */
	STOR_DOUBTS,		/* some LUN is doubted */
	STOR_CHAN_LOST,		/* a sub-channel was rescinded */
	STOR_CHAN_MOVED,	/* a channel interrupts another CPU now */
	STOR_CMD_LOST,		/* a command is out for too many timer periods */
	STOR_MEDIUM,		/* the medium of some LUN changed */
	STOR_SUBS_WANTED,	/* sub-channel offers are welcome */
};

struct stor_ctl;

/**
 * struct stor_chan - one open channel, the receiving side
 * @ctl: its controller
 * @channel: the VMBus channel, for senders; NULL while there is none that is open
 * @in: the same for the callback, which may be called before the open returns
 * @index: 0 for the primary, otherwise the host's sub-channel index
 * @kept: it is closed, but the host has not let go of it, nor of commands; under chan_mutex
 * @waiting: what the host offers in its place meanwhile; under chan_mutex
 * @gpadl: the host's handle of its rings, while it is open or @kept
 * @reading: of a polled queue: bit 0 is a lock of who reads the ring
 * @completed: commands finished; only who reads the ring writes
 * @bytes: data moved by them
 */
struct stor_chan {
	struct stor_ctl *ctl;
	struct vmbus_channel __rcu *channel;
	struct vmbus_channel *in;
	u16 index;
	bool kept;
	u32 gpadl;
	struct vmbus_channel *waiting;
	unsigned long reading;
	u64 completed;
	u64 bytes;
} ____cacheline_aligned_in_smp;

/**
 * struct stor_queue - one hardware queue, the sending side
 * @index: hardware queue number
 * @home: index of the channel that it sends on
 * @nr_staged: commands held back until the last of a batch
 * @staged: these, in order
 * @big: page list for commands of more than STOR_SMALL_BYTES
 * @lock: protects: nr_staged, staged, big
 * @batches: batches written; under @lock
 * @batched: commands in them; under @lock
 */
struct stor_queue {
	u16 index;
	u16 home;
	unsigned int nr_staged;
	struct scsi_cmnd *staged[STOR_BATCH];
	struct vmbus_packet_mpb_array *big;
	spinlock_t lock;		/* protects: nr_staged, staged, big */
	u64 batches;
	u64 batched;
} ____cacheline_aligned_in_smp;

/**
 * struct stor_call - a request of our own, one at a time per object
 * @ctl: its controller
 * @ref: caller's and table's
 * @done: answered, or never will be
 * @error: why there is no answer
 * @gen: generation in the id
 * @pkt: request, then answer
 * @data: one page for data from the device, or NULL
 * @data_len: bytes of it that the host may fill
 * @dma: bus address of @data
 */
struct stor_call {
	struct stor_ctl *ctl;
	struct kref ref;
	struct completion done;
	int error;
	u32 gen;
	struct hv_stor_packet pkt;
	void *data;
	u32 data_len;
	dma_addr_t dma;
};

/**
 * struct stor_lun - our side of a struct scsi_device
 * @ref: the device's until it is destroyed, and of whoever looks at it meanwhile
 * @sdev: the device
 * @rescan: reads capacity and limits again; stor_lun_free() waits for it
 * @life: enum stor_lun_life; changed by stor_lun_turn() only
 * @doubt_since: jiffies, of the doubt; written before it
 * @medium: the host said that there is another one
 * @unsure_since: jiffies, since it may be another one; written before that, under life_mutex
 * @page: the identification page (VPD 83h) of the LUN that commands were meant for when it
 *	became unsure: the midlayer reads its own anew whenever it likes
 * @page_len: bytes of it; 0 if it has none
 * @errors: commands that failed below the SCSI layer
 * @timeouts: times that a command outlived its timer
 */
struct stor_lun {
	struct kref ref;
	struct scsi_device *sdev;
	struct delayed_work rescan;
	atomic_t life;
	unsigned long doubt_since;
	unsigned long medium;
	unsigned long unsure_since;
	u8 page[STOR_PAGE_LEN];
	u32 page_len;
	atomic_t errors;
	atomic_t timeouts;
};

/**
 * struct stor_ctl - a controller; lives in the private part of the SCSI host
 *
 * The first group is read for every command and written by probe only.
 */
struct stor_ctl {
	struct hv_device *dev;
	struct Scsi_Host *shost;
	const struct stor_kind *kind;
	struct stor_queue *queues;
	u16 *queue_of;			/* by CPU, as the midlayer was told; none of those polled */
	struct stor_chan *chans;	/* one per queue */
	struct stor_slot *slots;	/* one per tag; all queues share the tags */
	unsigned int nr_queues;
	unsigned int nr_polled;		/* of them, the last */
	unsigned int depth;		/* slots */
	unsigned int max_frames;	/* page list of the largest command */
	void (*hold)(struct vmbus_channel *channel);	/* NULL: this bus sends */
	void (*let_go)(struct vmbus_channel *channel);	/* packets one by one */
	void *(*place)(struct vmbus_channel *channel, u32 len);	/* NULL: it copies them */
	void (*placed)(struct vmbus_channel *channel, u64 head, u32 len, u64 id);
	void (*forget)(struct vmbus_channel *channel);
	bool (*kept)(struct vmbus_channel *channel);	/* NULL: it waits by itself */
	bool (*gpadl_kept)(struct vmbus_channel *channel, u32 gpadl);
	bool direct;			/* bus addresses are physical ones (dma.c) */
	unsigned int agreed;		/* how often, while there were disks; under life_mutex */
	unsigned long up_since;		/* jiffies, when commands last began to flow */
	unsigned long state;
	atomic_t draining;		/* waiting on drained, or in and not to be freed */

	/* negotiated */
	u16 version;
	u16 max_subchans;
	u32 max_transfer;
	u32 ring_size;
	u8 wwn[16];			/* FC: port, node, of the pair in use */

	struct mutex life_mutex;	/* protects: every turn of life, added */
	enum stor_life life;
	bool added;			/* the SCSI host */
	unsigned long lost_since;	/* jiffies, when STOR_LOST or STOR_HELD began */
	unsigned long try_after;	/* jiffies, doubles */
	struct delayed_work tend;
	struct delayed_work watch;	/* while we wait and hold the device's lock */

	struct mutex chan_mutex;	/* protects: opening, closing, nr_open */
	struct work_struct open_waiting; /* sub-channels whose places are free now */
	bool chan_late;			/* tend found chan_mutex taken, see stor_chan_unlock() */
	unsigned int nr_open;
	bool open;			/* primary channel */
	int close_error;		/* of the primary channel, under life_mutex */
	wait_queue_head_t subchan_wait;
	wait_queue_head_t drained;

	spinlock_t call_lock;		/* protects: calls, call_gen */
	struct stor_call *calls[STOR_CALLS];
	u32 call_gen;

	spinlock_t lun_lock;	/* protects: hostdata of the devices */
	struct delayed_work scan;
	unsigned long probe_timeout;	/* jiffies, grows while the host is slow */
	unsigned long scan_after;	/* likewise, until the next try */
	struct work_struct force_close;

	struct ratelimit_state limit;
	atomic64_t count[STOR_CNT_NR];
	atomic64_t srb_status[HV_SRB_CODE_MASK + 1];
};

/* For who brings channels and takes them away, under chan_mutex; others are readers of RCU. */
static inline struct vmbus_channel *stor_channel(const struct stor_chan *chan)
{
	return rcu_dereference_protected(chan->channel, lockdep_is_held(&chan->ctl->chan_mutex));
}

/* Queues whose channels interrupt; behind them come those that are polled. */
static inline unsigned int stor_nr_irq(const struct stor_ctl *ctl)
{
	return ctl->nr_queues - ctl->nr_polled;
}

#define stor_count(ctl, what)	atomic64_inc(&(ctl)->count[STOR_CNT_##what])

/* Everything that the host can cause goes through here: limited, or silent. */
extern int logging_level;
#define stor_report(ctl, level, fmt, ...)				\
do {									\
	if (logging_level >= (level) && __ratelimit(&(ctl)->limit))	\
		dev_warn(&(ctl)->dev->device, fmt, ##__VA_ARGS__);	\
} while (0)
#define STOR_LOG_ERROR		1
#define STOR_LOG_WARN		2

/* main.c: module parameters */
extern int storvsc_ringbuffer_size;
extern unsigned int storvsc_max_hw_queues;
extern unsigned int storvsc_poll_queues;
extern int storvsc_vcpus_per_sub_channel;
extern int ring_avail_percent_lowater;
extern unsigned int storvsc_host_timeout;
extern unsigned int storvsc_lost_after;
extern unsigned int storvsc_wait_limit;

/* A time limit that the user sets, in jiffies. */
static inline unsigned long stor_step_timeout(void)
{
	return clamp(READ_ONCE(storvsc_host_timeout), 1U, 3600U) * HZ;
}

static inline unsigned long stor_reset_timeout(void)
{
	return min_t(unsigned long, stor_step_timeout(), STOR_RESET_TIMEOUT);
}

/* So long commands wait for a host that is silent, in jiffies; 0: for ever. */
static inline unsigned long stor_wait_limit(void)
{
	return min(READ_ONCE(storvsc_wait_limit), 86400U) * HZ;
}

/* After six periods the midlayer fails commands that are to go again. */
static inline unsigned int stor_lost_after(void)
{
	return min(READ_ONCE(storvsc_lost_after), 5U);
}

/* Finish a command that was never answered. */
static inline void stor_finish(struct scsi_cmnd *cmd, int host_byte)
{
	cmd->result = host_byte << 16;
	scsi_done(cmd);
}

/* proto.c */
struct stor_call *stor_call_new(struct stor_ctl *ctl, u32 op, u32 data_len);
int stor_call_run(struct stor_call *call, unsigned long timeout);
void stor_call_put(struct stor_call *call);
void stor_call_answer(struct stor_ctl *ctl, struct stor_id id,
		      const struct hv_stor_packet *pkt);
void stor_calls_fail(struct stor_ctl *ctl);
int stor_negotiate(struct stor_ctl *ctl);
int stor_create_subchans(struct stor_ctl *ctl, u16 count);

/* dma.c */
bool stor_dma_direct(struct device *dev);

/* Data buffers for the host; nothing to do where bus addresses are physical ones. */
static inline bool stor_map(const struct stor_ctl *ctl, struct scsi_cmnd *cmd)
{
	return ctl->direct || scsi_dma_map(cmd) >= 0;
}

static inline void stor_unmap(const struct stor_ctl *ctl, struct scsi_cmnd *cmd)
{
	if (!ctl->direct)
		scsi_dma_unmap(cmd);
}

/* send.c */
int stor_no_channel(const struct stor_ctl *ctl);
int stor_send(struct stor_ctl *ctl, struct stor_queue *q, u16 tag,
	      struct scsi_cmnd *cmd, bool locked);

/* io.c */
hv_queue_status_t stor_queuecommand(struct Scsi_Host *shost,
				    struct scsi_cmnd *cmd);
void stor_commit_rqs(struct Scsi_Host *shost, u16 hwq);

/* done.c */
void stor_on_channel(void *context);
int stor_read_ring(struct stor_chan *chan, struct vmbus_channel *channel);
void stor_evict_all(struct stor_ctl *ctl, struct stor_chan *only,
		    int host_byte);

/* subchan.c */
int stor_open_primary(struct stor_ctl *ctl);
int stor_close_channels(struct stor_ctl *ctl);
bool stor_rings_kept(struct stor_ctl *ctl);
bool stor_reap_channels(struct stor_ctl *ctl);
void stor_open_waiting_work(struct work_struct *work);
bool stor_kept_channels(struct stor_ctl *ctl);
void stor_find_homes(struct stor_ctl *ctl);
void stor_open_subchans(struct stor_ctl *ctl);
unsigned int stor_wanted_subchans(const struct stor_ctl *ctl);

/* queues.c */
int stor_alloc_queues(struct stor_ctl *ctl);
void stor_free_queues(struct stor_ctl *ctl);
void stor_map_queues(struct Scsi_Host *shost);

/* poll.c */
unsigned int stor_wanted_polled(const struct stor_ctl *ctl);
typedef void (*stor_callback_t)(void *context);
stor_callback_t stor_polled_mode(struct vmbus_channel *channel);
void stor_ask_no_interrupts(struct vmbus_channel *channel);
void stor_no_polled(struct scsi_cmnd *cmd);
int stor_poll(struct Scsi_Host *shost, unsigned int hwq);
void stor_poll_all(struct stor_ctl *ctl);

/* host.c */
struct Scsi_Host *stor_host_alloc(void);
void stor_host_limits(struct stor_ctl *ctl);
void stor_follow_limits(struct stor_ctl *ctl);

/* eh.c */
bool stor_drain(struct stor_ctl *ctl, const struct scsi_device *sdev,
		unsigned long timeout);
void stor_leave(struct stor_ctl *ctl);
void stor_note_timeout(struct scsi_cmnd *cmd);
int stor_eh_device_reset(struct scsi_cmnd *cmd);
int stor_eh_bus_reset(struct scsi_cmnd *cmd);
int stor_eh_host_reset(struct scsi_cmnd *cmd);

/* tend.c */
void stor_tend_init(struct stor_ctl *ctl);
void stor_tend_kick(struct stor_ctl *ctl, int what);
int stor_agree(struct stor_ctl *ctl);
void stor_try_later(struct stor_ctl *ctl);
int stor_start_over(struct stor_ctl *ctl);
void stor_end(struct stor_ctl *ctl);
void stor_watch(struct stor_ctl *ctl);
void stor_unwatch(struct stor_ctl *ctl);
int stor_sleep(struct stor_ctl *ctl);
int stor_wake(struct stor_ctl *ctl);

/* Address of something on the controller, for a command of our own. */
struct stor_where {
	u8 path;
	u8 target;
	u8 lun;
};

#define STOR_LUNS	256

/* The host did not say anything, which may be otherwise another time. */
static inline bool stor_unanswered(int error)
{
	return error == -ETIMEDOUT || error == -EBUSY || error == -EAGAIN ||
	       error == -ENOMEM;
}

/* ask.c */
void stor_ask_init(struct stor_ctl *ctl);
int stor_report_luns(struct stor_ctl *ctl, struct stor_where at, unsigned long *luns);
int stor_ask_lun(struct stor_ctl *ctl, struct scsi_device *sdev);
int stor_ask_same(struct stor_ctl *ctl, struct scsi_device *sdev, const struct stor_lun *lun);
int stor_ask_sectors(struct stor_ctl *ctl, struct scsi_device *sdev, u64 *sectors);

/* sure.c */
void stor_be_unsure(struct stor_ctl *ctl);
void stor_be_unsure_of(struct stor_ctl *ctl, struct stor_lun *lun);
bool stor_make_sure(struct stor_ctl *ctl);
void stor_end_unsure(struct stor_ctl *ctl);
bool stor_waits(struct scsi_cmnd *cmd);

/* lun.c */
int stor_lun_alloc(struct scsi_device *sdev);
struct stor_lun *stor_lun_get(struct scsi_device *sdev);
void stor_lun_put(struct stor_lun *lun);
void stor_lun_free(struct scsi_device *sdev);
enum stor_lun_life stor_lun_turn(struct stor_lun *lun, enum stor_lun_turn turn);
bool stor_each_lun(struct stor_ctl *ctl,
		   bool (*fn)(struct stor_ctl *ctl, struct stor_lun *lun, void *arg), void *arg);
void stor_remove_lun(struct stor_ctl *ctl, struct scsi_device *sdev);
void stor_rescan_lun(struct scsi_device *sdev);
void stor_note_medium(struct stor_ctl *ctl, const struct hv_stor_event *event);
void stor_medium_changed(struct stor_ctl *ctl);
bool stor_doubt_lun(struct stor_ctl *ctl, struct scsi_device *sdev);
bool stor_settle_all(struct stor_ctl *ctl);
void stor_fail_device(struct scsi_device *sdev, struct stor_lun *lun);
void stor_end_doubts(struct stor_ctl *ctl);

/* scan.c */
int stor_scan_first(struct stor_ctl *ctl);
void stor_scan_init(struct stor_ctl *ctl);
void stor_scan_kick(struct stor_ctl *ctl, int what);
void stor_scan_bus(struct stor_ctl *ctl);
void stor_on_event(struct stor_ctl *ctl, const struct hv_stor_event *event);

/* fc.c */
int stor_fc_start(void);
void stor_fc_stop(void);
void stor_fc_prepare(struct stor_ctl *ctl);
void stor_fc_names(struct stor_ctl *ctl);
void stor_fc_arrive(struct stor_ctl *ctl);
void stor_fc_leave(struct stor_ctl *ctl);

/* sysfs.c */
extern const struct attribute_group *stor_host_groups[];
extern const struct attribute_group *stor_lun_groups[];

#endif
