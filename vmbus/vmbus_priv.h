/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of hv_vmbus share: the bus object, the private half of a
 * channel, and the prototypes of every file, lower layers first.
 *
 * Lock order, outermost first:
 *	vmbus_chan.reg		(per channel, primary before sub) registration against removal
 *	vmbus_chan.move		(per channel) a user's moves, one at a time
 *	cpu_hotplug_lock	the kernel's: CPUs cannot come or go
 *	vmbus.chan_mutex	the channel list, sub-channel lists
 *	vmbus_chan.tell		(per channel) what the host is told of an open channel
 *	ring_buffer_mutex	(per ring) the ring's mapping against readers of sysfs
 *	vmbus.quarantine_lock	memory that the host may still have mapped
 *	vmbus.req_lock		pending requests; taken in softirq context
 *	vmbus_chan.life_lock	(per channel) where it is in its life; a leaf
 *	vmbus.spread_lock	how many channels each CPU has; a leaf
 *	vmbus_channel.sched_lock  the channel callback; taken in hard interrupt context
 *	outbound.ring_lock	(per ring) writers; taken in any context
 *	requestor.req_lock	(per channel) request ids; taken in any context
 * vmbus.relid[] is read under RCU and written under chan_mutex.
 */
#ifndef _HV_VMBUS_PRIV_H
#define _HV_VMBUS_PRIV_H

#include <linux/cpumask.h>
#include <linux/hashtable.h>
#include <linux/hyperv.h>
#include <linux/interrupt.h>
#include <linux/ratelimit.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <asm/mshyperv.h>
#include <hv/compat.h>
#include "chan_io.h"
#include "connection_abi.h"
#include "dispatch.h"
#include "gpadl_pack.h"
#include "life.h"
#include "spread.h"
#include "states.h"

struct acpi_device;
struct hv_device;

#define VMBUS_SINT		2	/* the synthetic interrupt of VMBus */
#define VMBUS_CONNECT_CPU	0	/* gets all control messages */
#define VMBUS_RELIDS		2048	/* relids are 1..2047: one event flag each */
#define VMBUS_EVENT_WORDS	(VMBUS_RELIDS / BITS_PER_LONG)
#define VMBUS_MAX_OFFERS	2047	/* no more channels than that at a time */
#define VMBUS_NAME_BITS		9	/* four channels to a hash bucket at the most, on average */

static_assert(VMBUS_EVENT_WORDS <= BITS_PER_LONG);	/* vmbus.event_words */
static_assert(VMBUS_MSG_MAX == HV_MESSAGE_PAYLOAD_BYTE_COUNT);

extern const char * const vmbus_err_names[VERR_COUNT];

#define VMBUS_LATE_ANSWERS	16

/* What the host said of a memory list that nobody waited for, nor was in quarantine yet. */
struct late_answer {
	u32 gpadl;
	bool known, created;
};

/*
 * struct vmbus - the one VMBus instance
 */
struct vmbus {
	struct device *dev;		/* parent of all VMBus devices (the ACPI node) */
	struct acpi_device *acpi;
	enum vmbus_phase phase;		/* written by connect.c only */
	bool unconfirmed;		/* the host was left, and has not said that it let go */
	bool ignore_offers;		/* suspended or unloading: drop offers */
	bool keep_offers;		/* about to suspend: put them off */
	bool suspended;			/* between suspend and resume of the bus */
	bool asleep;			/* the system is: add no devices; under chan_mutex */
	bool crashing;			/* crash or panic: nobody may sleep */

	/* pending requests (msg.c) */
	spinlock_t req_lock;		/* protects: reqs */
	struct list_head reqs;
	atomic_t next_open_id;

	/* channels (chans.c, offer.c, channel.c, object.c) */
	/* protects: chans, sc_lists, names, writes to relid[] and event_words */
	struct mutex chan_mutex;
	struct list_head chans;		/* primary channels, vmbus_channel.listentry */
	DECLARE_HASHTABLE(names, VMBUS_NAME_BITS);	/* all in lists, by instance and index */
	u32 names_seed;			/* so that no host chooses who shares a bucket */
	unsigned int nr_chans;
	struct vmbus_chan __rcu **relid;	/* VMBUS_RELIDS entries */
	unsigned long event_words;	/* bit n: word n of the event flags has had a channel's */
	DECLARE_BITMAP(refused, VMBUS_RELIDS);	/* relids of refused offers: release at rescind */
	wait_queue_head_t chan_wait;	/* a channel went away, or is no longer "opening" */
	struct list_head storms;	/* history of devices that come and go, newest first */
	unsigned int nr_storms;
	struct completion offers_done;	/* "all offers delivered" came */

	/* pause.c: offers that were put off, in their order; of ctl_wq alone */
	struct list_head kept;
	unsigned int nr_kept;
	struct work_struct kept_work;

	spinlock_t spread_lock;		/* protects: spread, on_cpu of each primary channel */
	struct spread spread;		/* channels of disks and NICs by CPU (affinity.c) */

	atomic_t ctl_works;		/* messages on their way through ctl_wq */
	struct workqueue_struct *ctl_wq;	/* ordered: offers and rescinds as they come */
	struct workqueue_struct *primary_wq;	/* ordered: devices take their places */
	struct workqueue_struct *probe_wq;	/* register devices, each at its own pace */
	struct workqueue_struct *sub_wq;	/* hand over sub-channels, and remove them */
	struct workqueue_struct *rescind_wq;	/* remove devices */

	spinlock_t quarantine_lock;	/* protects: quarantine, and the late answers */
	struct list_head quarantine;
	size_t quarantine_bytes;
	struct work_struct quarantine_work;
	struct late_answer late[VMBUS_LATE_ANSWERS];
	unsigned int next_late;		/* the oldest of them */

	struct vmbus_cpu __percpu *cpu;	/* synic.c */
	int cpuhp_state;

	/* for debugfs and sysfs; the numbers never go down */
	atomic64_t err[VERR_COUNT];
	atomic64_t msgs_in;
	atomic64_t msgs_out;
	struct dentry *debugfs, *debugfs_delays;
};

/**
 * struct vmbus_req - a message to the host that has an answer
 * @type: type of the answer
 * @relid: the answer's relid, or 0 if it has none
 * @key: the answer's open id or GPADL handle, or 0
 * @chan: rescind of this channel ends the wait with -ENODEV; NULL = none
 * @reply: the answer as it came, valid if the wait returned 0
 *
 * The caller's, on its stack or in its object, between vmbus_req_start() and
 * vmbus_req_wait(): the latter takes it off the list under the lock, so an answer that
 * comes later finds nobody and is only counted.
 */
struct vmbus_req {
	struct list_head entry;
	struct completion done;
	u32 type;
	u32 relid;
	u32 key;
	struct vmbus_chan *chan;
	int result;
	u8 reply[64];
	size_t reply_len;
};

/* A memory list that the host was asked to let go of, see gpadl_ask_back(). */
struct gpadl_asked {
	struct vmbus_req req;		/* a rescind ends this wait, */
	struct vmbus_req late;		/* and this one takes its place */
	unsigned long when;		/* jiffies */
	int state;			/* of the asking: 0 done, 1 to be waited for, or an error */
};

/*
 * struct vmbus_chan - the private half of a channel
 *
 * Drivers see only @ch.  Reference counted by ch.kobj; the last reference
 * frees it after an RCU grace period.
 */
struct vmbus_chan {
	struct vmbus_channel ch;
	struct vmbus *bus;

	/* life cycle (life.c, chans.c, offer.c) */
	unsigned long flags;		/* enum vmbus_chan_flags, atomic bit operations */
	spinlock_t life_lock;		/* protects: life, and ch.state and ch.rescind with it */
	enum life life;			/* changed by chan_step() only */
	unsigned int opens;		/* which opening this is; written under tell */
	u32 serial;			/* of this channel, on this connection: quarantine.c */
	struct delayed_work add_work;	/* primary: its place in line, then probe_work */
	struct work_struct probe_work;	/* primary: register the device */
	struct completion listed;	/* its device has its place on the bus, or gets none */
	struct hlist_node name;		/* in vmbus.names */
	struct list_head new_subs;	/* those its driver has not heard of; sub: entry there */
	u16 *on_cpu;			/* primary of a disk or NIC: its device's channels by CPU */
	struct work_struct subs_work;	/* primary: hand over its new sub-channels, one by one */
	struct delayed_work rescind_work;
	struct mutex reg;		/* protects: device registration against removal */
	struct mutex move;		/* protects: one move to another CPU at a time */
	struct mutex tell;		/* protects: what the host hears of an open channel */
	atomic_t moving;		/* enum vmbus_move; left from MOVE_ASKED without tell only
					 * by the answer
					 */
	unsigned int asked_cpu;		/* of the last move; written under tell */
	atomic_t owed;			/* answers to moves that may still come, at most */
	atomic_t need;			/* so many until one must be to the last move */
	struct vmbus_req *asking;	/* who waits for its answer; under tell */

	/* ring memory (ringmem.c); pages[] in wire order, first the outbound ring */
	struct page **ring_pages;
	unsigned int ring_npages;
	unsigned int ring_order;	/* >0: one block of that order (vmbus_alloc_ring) */

	/* an opening that was given up; the host may be at it still (channel.c) */
	u32 gave_up;			/* its open id, if it kept the ring; under tell */
	u32 late_open;			/* of which the host said later that it did it */
	struct work_struct late_work;

	/* being closed (channel.c); of whoever closes it */
	struct list_head closing;
	struct gpadl_asked ring_asked;
	unsigned long back_since;	/* jiffies, when the host took it back; see CHAN_LEAVING */

	struct chan_io io;		/* data path (chan_io.c) */
	atomic64_t err[VERR_COUNT];

	struct dentry *debugfs;		/* of a primary channel: its device's */
};

/* What the host has said of a channel's last move to another CPU */
enum vmbus_move {
	MOVE_NONE,		/* all: its interrupts come on target_cpu */
	MOVE_ASKED,		/* nothing yet: they may come on asked_cpu as well */
	MOVE_UNSURE,		/* something, maybe to a move of before: the same as nothing, but
				 * asked again it says more
				 */
	MOVE_LATE,		/* yes, when nobody waited any more: they come on asked_cpu */
};

enum vmbus_chan_flags {
	CHAN_LISTED,		/* found by its relid */
	CHAN_RELID_HELD,	/* the host still counts the relid as ours */
	CHAN_REGISTERED,	/* device registered, or sub-channel handed over */
	CHAN_COUNTED,		/* in vmbus.spread, on its target CPU */
	CHAN_WAITS,		/* primary: for its former self to go */
	CHAN_PUT_OFF,		/* primary: to be added when the system is awake */
	CHAN_LEAVING,		/* the host's rescind has come, and is in the queue */
	CHAN_NO_CALLBACK,	/* about to be rescinded: no callback may be set any more */
	CHAN_NO_SUBS,		/* primary: nobody waits for its sub-channels to be opened */
	CHAN_RING_BLOCK,	/* primary: its driver maps rings to user space */
	CHAN_WAS_OPEN,		/* some open succeeded */
	CHAN_RING_USED,		/* one with the rings that it has: the host may work on them */
	CHAN_KOBJ_ADDED,	/* shows in sysfs */
};

static inline struct vmbus_chan *to_chan(const struct vmbus_channel *ch)
{
	return container_of(ch, struct vmbus_chan, ch);
}

static inline u32 chan_relid(const struct vmbus_channel *ch)
{
	return ch->offermsg.child_relid;
}

/* the primary channel of a device, for a primary itself and its sub-channels */
static inline struct vmbus_channel *chan_primary(struct vmbus_channel *ch)
{
	return ch->primary_channel ?: ch;
}

static inline struct chan_io *chan_io_of(struct vmbus_channel *ch)
{
	return &to_chan(ch)->io;
}

/* open, or being opened or closed; may change at once unless the caller is who changes it */
static inline bool chan_in_use(const struct vmbus_channel *ch)
{
	return life_in_use(READ_ONCE(to_chan(ch)->life));
}

/* The host has taken it back: its rescind may still be in the queue. */
static inline bool chan_leaving(const struct vmbus_channel *ch)
{
	return READ_ONCE(ch->rescind) || test_bit(CHAN_LEAVING, &to_chan(ch)->flags);
}

/* A sub-channel whose device is about to be closed, or to go: nobody waits for its opening. */
static inline bool sub_unwanted(const struct vmbus_channel *ch)
{
	const struct vmbus_channel *primary = ch->primary_channel;

	return primary && (chan_leaving(primary) ||
			   test_bit(CHAN_NO_SUBS, &to_chan(primary)->flags));
}

/* A rescinded channel's lists are answered at once, or not at all. */
#define RESCINDED_TEARDOWN	(5 * HZ)
/*
 * Nor while it is at the opening; the close of the device ends that, which waits for us.  Until the
 * host lets go the ring is in quarantine.
 */
#define UNWANTED_TEARDOWN	(HZ / 5)

/* main.c: the one instance, and the limits */
extern struct vmbus vmbus_bus;
extern uint vmbus_host_timeout;		/* module parameter, seconds */
extern uint vmbus_max_version;		/* module parameter */
static inline unsigned long vmbus_timeout(void)
{
	return READ_ONCE(vmbus_host_timeout) * HZ;
}

static inline unsigned long left_until(unsigned long deadline)
{
	unsigned long now = jiffies;

	return time_before(now, deadline) ? deadline - now : 0;
}

static inline void vmbus_count(struct vmbus *bus, enum vmbus_err e)
{
	atomic64_inc(&bus->err[e]);
}

static inline void chan_count(struct vmbus_channel *ch, enum vmbus_err e)
{
	atomic64_inc(&to_chan(ch)->err[e]);
	vmbus_count(to_chan(ch)->bus, e);
}

/* The host did something wrong: count it and say so, rate limited, one line */
#define vmbus_bad(bus, what, fmt, ...)					\
do {									\
	enum vmbus_err __err = (what);					\
									\
	vmbus_count(bus, __err);					\
	pr_warn_ratelimited("%s: " fmt "\n", vmbus_err_names[__err],	\
			    ##__VA_ARGS__);				\
} while (0)

#define chan_bad(channel, what, fmt, ...)				\
do {									\
	struct vmbus_channel *__ch = (channel);				\
	enum vmbus_err __err = (what);					\
									\
	chan_count(__ch, __err);					\
	pr_warn_ratelimited("channel %u: %s: " fmt "\n", chan_relid(__ch),\
			    vmbus_err_names[__err], ##__VA_ARGS__);	\
} while (0)

/* hv.c: the only calls into the hypervisor */
int hv_platform_check(void);
u16 hv_post_message(u32 conn_id, const void *payload, size_t len);
u64 hv_signal_event(u64 sig_event);
u32 hv_cpu_to_vp(unsigned int cpu);
void hv_message_done(struct hv_message *msg, u32 type);

/* synic.c */
struct vmbus_cpu {
	void *msg_page;				/* SIMP */
	void *event_page;			/* SIEFP */
	struct vmbus *bus;			/* NULL until all of this is ready */
	unsigned int cpu;
	struct tasklet_struct msg_tasklet;
	struct timer_list msg_retry;		/* no memory for a message: look again later */
	struct task_struct *thread;		/* PREEMPT_RT: stands in for the interrupt */
};

int synic_alloc(struct vmbus *bus);
void synic_free(struct vmbus *bus);
int synic_start(struct vmbus *bus);
void synic_stop(struct vmbus *bus);
void synic_enable_cpu(struct vmbus *bus, unsigned int cpu);
void synic_disable_cpu(void);

/* intr.c */
void intr_init_cpu(struct vmbus_cpu *vc);
void intr_exit_cpu(struct vmbus_cpu *vc);
int intr_start(struct vmbus *bus);
void intr_stop(struct vmbus *bus);
void intr_scan_events(struct vmbus *bus, unsigned int cpu);
void intr_scan_late(struct vmbus *bus, unsigned int cpu);
bool intr_poll_message(struct vmbus *bus, unsigned int cpu);
void intr_on_event(unsigned long channel);

/* msg.c */

int vmbus_post(struct vmbus *bus, const void *msg, size_t len);
void vmbus_req_start(struct vmbus *bus, struct vmbus_req *req);
int vmbus_req_wait(struct vmbus *bus, struct vmbus_req *req, unsigned long timeout);
void vmbus_req_cancel(struct vmbus *bus, struct vmbus_req *req);
bool vmbus_req_end(struct vmbus *bus, struct vmbus_req *req, int err);
bool vmbus_req_answer(struct vmbus *bus, u32 type, u32 relid, u32 key, const void *msg, size_t len);
void vmbus_req_fail_chan(struct vmbus *bus, struct vmbus_chan *chan, int err);
void vmbus_req_end_opens(struct vmbus *bus);

/* connect.c */
int vmbus_connect(struct vmbus *bus);
void vmbus_disconnect(struct vmbus *bus);
int vmbus_ask_offers(struct vmbus *bus);
void vmbus_unload(struct vmbus *bus, bool crash);

/* gpadl.c */
int gpadl_create(struct vmbus_channel *ch, const u64 *pfns, u32 count, u32 bytes, u32 offset,
		 u32 *handle);
int gpadl_destroy(struct vmbus *bus, u32 relid, u32 gpadl, unsigned long timeout);
void gpadl_ask_back(struct vmbus_channel *ch, u32 gpadl, struct gpadl_asked *asked);
int gpadl_wait_back(struct vmbus_channel *ch, struct gpadl_asked *asked, unsigned long deadline);
unsigned long gpadl_patience(const struct vmbus_channel *ch);

/* quarantine.c: memory that the host may still have mapped */
void quarantine_init(struct vmbus *bus);
bool quarantine_full(struct vmbus *bus);
void quarantine_pages(struct vmbus *bus, u32 relid, u32 gpadl, u32 serial, struct page **pages,
		      unsigned int count, unsigned int order);
u32 quarantine_serial(void);
void quarantine_taken_back(struct vmbus_channel *ch);
void quarantine_buffer(struct vmbus *bus, u32 relid, u32 gpadl, void *buffer, u32 bytes);
bool quarantine_answer(struct vmbus *bus, u32 gpadl, bool created);
void quarantine_drop_all(struct vmbus *bus);
void quarantine_abandon(struct vmbus *bus);

/*
 * chan_io.c.  reqid_init() and reqid_free() of a channel's requestor; the
 * caller is about to open the channel, or has closed it.
 *
 * ring_attach() makes @rbi, which is the outbound or inbound ring of a
 * struct vmbus_chan, ready over @map: one control page, then the data; @bytes counts
 * both.  It zeroes the indices and sets the feature bit.  ring_detach()
 * forgets the mapping.  The caller holds ring_buffer_mutex around both.
 */
int reqid_init(struct vmbus_requestor *rq, u32 size);
void reqid_free(struct vmbus_requestor *rq);
int ring_attach(struct hv_ring_buffer_info *rbi, struct hv_ring_buffer *map, u32 bytes,
		bool outbound);
void ring_detach(struct hv_ring_buffer_info *rbi);
bool chan_io_broken(const struct vmbus_channel *ch);
void chan_io_bad(struct vmbus_channel *ch, bool outbound, enum ring_error error, u32 value,
		 bool fatal);

/* ringmem.c: pages, mappings and bounce buffer of a channel's two rings */
int ringmem_alloc(struct vmbus_channel *ch, u32 send_bytes, u32 recv_bytes, bool contiguous);
int ringmem_map(struct vmbus_channel *ch);
void ringmem_unmap(struct vmbus_channel *ch);
void ringmem_free(struct vmbus_channel *ch);
void ringmem_free_pages(struct page **pages, unsigned int count, unsigned int order);
u64 *ringmem_pfns(struct vmbus_channel *ch);

/* object.c */
struct vmbus_chan *chan_alloc(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer);
void chan_free(struct vmbus_chan *chan);	/* from the kobject's release */
void chan_reset_driver(struct vmbus_channel *ch);
void chan_get(struct vmbus_channel *ch);
void chan_put(struct vmbus_channel *ch);
void chan_set_offer(struct vmbus_channel *ch, const struct vmbus_channel_offer_channel *offer);
struct vmbus_channel *vmbus_relid_get(struct vmbus *bus, u32 relid);	/* with a reference */
struct vmbus_channel *vmbus_relid_next(struct vmbus *bus, u32 *relid);	/* with a reference */

/* channel.c */
void chan_mute(struct vmbus_channel *ch);
void chan_late_open(struct work_struct *work);

/* affinity.c */
int affinity_start(struct vmbus *bus);
void affinity_stop(struct vmbus *bus);
int affinity_alloc(struct vmbus_chan *chan);
void affinity_join(struct vmbus_channel *ch);
void affinity_leave(struct vmbus_channel *ch);
bool affinity_usable(unsigned int cpu);
void affinity_place(struct vmbus_channel *ch, unsigned int cpu);
void affinity_reserve(struct vmbus_channel *ch, unsigned int cpu, int by);
unsigned int affinity_pick(struct vmbus_channel *ch, unsigned int not);

/* move.c */
int chan_move(struct vmbus_channel *ch, unsigned int cpu);	/* chan_mutex is not held */
void chan_forget_move(struct vmbus_channel *ch);
int chan_vacate_cpu(struct vmbus *bus, unsigned int cpu);

/* devtypes.c: class GUIDs */
extern const struct vmbus_device vmbus_devs[];
u16 devtype_of(const struct vmbus_channel_offer_channel *offer);
bool devtype_perf(u16 type);
bool devtype_silent(const guid_t *type);

/* chans.c */
int chan_step(struct vmbus_channel *ch, enum life_event event);
enum vmbus_err chan_enlist(struct vmbus *bus, struct vmbus_chan *chan);
struct vmbus_channel *chan_of_name(struct vmbus *bus, const guid_t *name,
				   bool (*fits)(const struct vmbus_channel *ch));
struct vmbus_channel *chan_next_sub(struct vmbus_channel *primary, struct vmbus_channel *last);
struct vmbus_channel *chan_new_sub(struct vmbus_channel *primary);
void chan_publish(struct vmbus_channel *ch);
void chan_withdraw(struct vmbus_channel *ch);
bool chan_must_wait(struct vmbus_channel *ch);
void chan_add_now(struct vmbus_channel *ch);
void chan_finish(struct vmbus_channel *ch, enum life_event event);
void chan_release(struct vmbus_channel *ch);
void relid_release(struct vmbus *bus, u32 relid);

/* offer.c */
void chan_listed(struct vmbus_channel *ch);
bool chan_rescind(struct vmbus_channel *ch, unsigned long delay);
void vmbus_rescind_came(struct vmbus *bus, const void *msg);
void chan_forget_driver(struct vmbus_channel *primary);
void chan_start_add(struct vmbus_channel *ch);
void vmbus_remove_all(struct vmbus *bus);

/* hvsock.c */
bool vmbus_tl_came(struct vmbus *bus, const void *msg, size_t len);

/* storm.c: devices that come and go */
void storm_note_rescind(struct vmbus *bus, struct vmbus_channel *ch);
unsigned long storm_delay(struct vmbus *bus, struct vmbus_channel *ch);
void storm_forget_all(struct vmbus *bus);

/* bus.c */
extern HV_BUS_TYPE_CONST struct bus_type hv_bus;
int bus_start(struct vmbus *bus);
void bus_stop(struct vmbus *bus);
struct hv_device *vmbus_device_new(struct vmbus_channel *ch);
int vmbus_device_add(struct hv_device *dev);	/* calls chan_listed() on the way */
void vmbus_device_unregister(struct hv_device *device_obj);

/* dynid.c */
extern const struct attribute_group *vmbus_drv_groups[];
bool dynid_known(struct hv_driver *drv, const guid_t *guid);
void dynid_free_all(struct hv_driver *drv);

/* power.c */
int power_start(struct vmbus *bus);
void power_stop(struct vmbus *bus);

/* pause.c: hibernation */
void pause_init(struct vmbus *bus);
bool pause_keep_offer(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer);
bool pause_drop_kept(struct vmbus *bus, u32 relid);
bool pause_put_off(struct vmbus_channel *ch);
bool pause_offer_again(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer);
extern const struct dev_pm_ops vmbus_device_pm;		/* of each VMBus device */
extern const struct dev_pm_ops vmbus_parent_pm;		/* of the ACPI node */

/* platform.c */
int platform_start(struct vmbus *bus);
void platform_stop(struct vmbus *bus);

/* mmio.c: @dev is the ACPI node; its _CRS and its ancestors' are searched */
int mmio_start(struct acpi_device *dev);
void mmio_stop(void);

/*
 * sysfs.c.  Device attributes are a group list of the bus; the kobject type of a channel
 * calls chan_free() on release.  add/remove are called with the device
 * registered, in process context.
 */
extern const struct attribute_group *vmbus_dev_groups[];
extern struct kobj_type vmbus_chan_ktype;
int sysfs_add_channel(struct hv_device *dev, struct vmbus_channel *ch);
void sysfs_rename_channel(struct vmbus_channel *ch);
void sysfs_remove_channel(struct vmbus_channel *ch);
#ifdef HV_HAVE_RING_SYSFS	/* newer kernels; private to the bus and uio_hv_generic */
int hv_create_ring_sysfs(struct vmbus_channel *channel,
			 int (*mmap)(struct vmbus_channel *channel, struct hv_ring_area *area));
int hv_remove_ring_sysfs(struct vmbus_channel *channel);
#endif

/* debugfs.c: optional at run time, all tolerate failure */
void debugfs_start(struct vmbus *bus);
void debugfs_stop(struct vmbus *bus);
void debugfs_add_device(struct hv_device *dev);
void debugfs_remove_device(struct hv_device *dev);
enum debugfs_delay { DELAY_INTERRUPT, DELAY_MESSAGE };
void debugfs_delay_now(struct vmbus_channel *ch, enum debugfs_delay what);
extern bool debugfs_testing;		/* module parameter */
static inline void debugfs_delay(struct vmbus_channel *ch, enum debugfs_delay what)
{
	if (unlikely(debugfs_testing))
		debugfs_delay_now(ch, what);
}

/* chan_send.c, chan_recv.c: the data path's exports are in <linux/hyperv.h> */
void vmbus_set_event(struct vmbus_channel *channel);

#endif
