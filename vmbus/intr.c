// SPDX-License-Identifier: GPL-2.0-only
/*
 * What arrives at a CPU: event flags become channel callbacks, control
 * messages are copied, judged and handed to their handlers.
 *
 * Nothing here sleeps.  Owns no lock; takes a channel's sched_lock, which keeps a
 * callback from being started once it has been taken away.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bitops.h>
#include <linux/kthread.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/smpboot.h>
#include <hv/hv_wire.h>
#include "irq.h"
#include "trace.h"
#include "vmbus_priv.h"

#define MSG_RETRY_MS	10
/* A host that sends faster than we work leaves its next message in the slot. */
#define CTL_WORKS_MAX	1024

/* A control message on its way to process context */
struct ctl_work {
	struct work_struct work;
	struct vmbus *bus;
	const struct vmbus_msg_entry *entry;
	size_t len;
	u8 msg[VMBUS_MSG_MAX] __aligned(8);
};

static void ctl_work_run(struct work_struct *work)
{
	struct ctl_work *w = container_of(work, struct ctl_work, work);

	trace_vmbus_on_message(((struct vmbus_channel_message_header *)w->msg)->msgtype);
	w->entry->handler(w->bus, w->msg, w->len);
	atomic_dec(&w->bus->ctl_works);
	kfree(w);
}

static int ctl_work_queue(struct vmbus *bus, const struct vmbus_msg_entry *entry,
			  const void *msg, size_t len)
{
	struct ctl_work *w;

	if (atomic_read(&bus->ctl_works) >= CTL_WORKS_MAX)
		return -ENOMEM;
	w = kmalloc(sizeof(*w), GFP_ATOMIC | __GFP_NOWARN);
	if (!w)
		return -ENOMEM;
	atomic_inc(&bus->ctl_works);
	INIT_WORK(&w->work, ctl_work_run);
	w->bus = bus;
	w->entry = entry;
	w->len = len;
	memcpy(w->msg, msg, len);
	queue_work(bus->ctl_wq, &w->work);
	return 0;
}

/*
 * Judge a message, and handle or queue it.  Returns -ENOMEM if it must be
 * offered again; everything else is the end of it.
 */
static int receive(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_message_header *hdr = msg;
	const struct vmbus_msg_entry *entry;
	enum vmbus_err err;

	err = vmbus_dispatch_check(vmbus_messages, CHANNELMSG_COUNT, msg, len, bus->phase,
				   vmbus_proto_version, &entry);
	if (err != VERR_COUNT) {
		vmbus_bad(bus, err, "control message type %u, %zu bytes, phase %#x, ignored",
			  len >= sizeof(*hdr) ? hdr->msgtype : 0, len, bus->phase);
		return 0;
	}
	if (hdr->msgtype == CHANNELMSG_RESCIND_CHANNELOFFER)
		vmbus_rescind_came(bus, msg);
	else if (hdr->msgtype == CHANNELMSG_OFFERCHANNEL)
		vmbus_tl_came(bus, msg, len);
	if (entry->context == MSG_WORK)
		return ctl_work_queue(bus, entry, msg, len);
	trace_vmbus_on_message(hdr->msgtype);
	entry->handler(bus, msg, len);
	return 0;
}

/* On PREEMPT_RT the CPU's thread takes messages: a tasklet would never come before it. */
static void message_start(struct vmbus_cpu *vc)
{
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		tasklet_schedule(&vc->msg_tasklet);
	else if (vc->thread)
		wake_up_process(vc->thread);
}

static void message_retry(struct timer_list *t)
{
	struct vmbus_cpu *vc = timer_container_of(vc, t, msg_retry);

	message_start(vc);
}

/* Copy once, judge the copy.  The slot is emptied only when the message is safe with us. */
static void message_take(struct vmbus_cpu *vc)
{
	struct hv_message *slot = (struct hv_message *)vc->msg_page + VMBUS_SINT;
	u32 type = READ_ONCE(slot->header.message_type);
	u8 msg[VMBUS_MSG_MAX] __aligned(8);
	u8 len = READ_ONCE(slot->header.payload_size);

	if (type == HV_MSG_NONE)
		return;
	trace_vmbus_on_msg_dpc(type);
	atomic64_inc(&vc->bus->msgs_in);
	if (type != HV_MSG_VMBUS || len > sizeof(msg)) {
		vmbus_bad(vc->bus, type != HV_MSG_VMBUS ? VERR_MSG_TYPE : VERR_MSG_SIZE,
			  "message of type %#x, %u bytes, ignored", type, len);
	} else {
		memcpy(msg, slot->u.payload, len);
		if (receive(vc->bus, msg, len)) {
			vmbus_count(vc->bus, VERR_NOMEM);
			mod_timer(&vc->msg_retry, jiffies + msecs_to_jiffies(MSG_RETRY_MS));
			return;
		}
	}
	hv_message_done(slot, type);
}

static void message_tasklet(struct tasklet_struct *t)
{
	struct vmbus_cpu *vc = from_tasklet(vc, t, msg_tasklet);

	message_take(vc);
}

/**
 * intr_poll_message() - look for the answer to UNLOAD without interrupts
 * @bus: the bus
 * @cpu: whose message slot; that CPU may be stopped
 *
 * Other messages are dropped: this kernel is about to end.
 * Context: crash; any.
 * Return: true if the slot held the answer.
 */
bool intr_poll_message(struct vmbus *bus, unsigned int cpu)
{
	struct vmbus_cpu *vc = per_cpu_ptr(bus->cpu, cpu);
	struct vmbus_channel_message_header hdr;
	struct hv_message *slot;
	u32 type;

	if (!vc->msg_page)
		return false;
	slot = (struct hv_message *)vc->msg_page + VMBUS_SINT;
	type = READ_ONCE(slot->header.message_type);
	if (type == HV_MSG_NONE)
		return false;
	memcpy(&hdr, slot->u.payload, sizeof(hdr));
	hv_message_done(slot, type);
	return type == HV_MSG_VMBUS && hdr.msgtype == CHANNELMSG_UNLOAD_RESPONSE;
}

/* Start a channel's callback, in the way that its driver has asked for. */
static void channel_event(struct vmbus_channel *ch)
{
	void (*callback)(void *context);

	trace_vmbus_chan_sched(ch);
	ch->interrupts++;

	spin_lock(&ch->sched_lock);
	callback = ch->onchannel_callback;
	if (callback) {
		if (ch->callback_mode == HV_CALL_ISR) {
			callback(ch->channel_callback_context);
		} else {
			if (ch->callback_mode == HV_CALL_BATCHED)
				hv_begin_read(&ch->inbound);
			tasklet_schedule(&ch->callback_event);
		}
	}
	spin_unlock(&ch->sched_lock);
}

/* Under RCU. */
static void relid_event(struct vmbus *bus, unsigned int relid)
{
	struct vmbus_chan *chan = rcu_dereference(bus->relid[relid]);

	if (unlikely(!chan))
		vmbus_bad(bus, VERR_EVENT, "event flag %u belongs to no channel, cleared", relid);
	else if (likely(!chan->ch.rescind))
		channel_event(&chan->ch);
}

/*
 * Serve and clear what is set in one word of a CPU's event flags; false if nothing is.
 * Under RCU.
 */
static __always_inline bool scan_word(struct vmbus *bus, unsigned long *flags, unsigned int word)
{
	unsigned long set;

	if (!READ_ONCE(flags[word]))
		return false;
	set = xchg(&flags[word], 0);
	for (; set; set &= set - 1)
		relid_event(bus, word * BITS_PER_LONG + __ffs(set));
	return true;
}

/* None is set where a channel has its flag; the host may have set one that belongs to none. */
static noinline void scan_all(struct vmbus *bus, unsigned long *flags)
{
	unsigned int word;

	for (word = 0; word < VMBUS_EVENT_WORDS; word++)
		scan_word(bus, flags, word);
}

/**
 * intr_scan_events() - serve and clear the event flags of a CPU
 * @bus: the bus
 * @cpu: whose; the calling CPU, or one that no longer takes interrupts
 *
 * Looks at the words in which a channel has its flag. If none is set there, the host may have
 * set one that belongs to no channel: then at all of them.
 *
 * Flag 0 is the shared signal of protocols before 2.4, which we do not speak.
 * Context: interrupts off; on PREEMPT_RT softirqs off.
 */
void intr_scan_events(struct vmbus *bus, unsigned int cpu)
{
	union hv_synic_event_flags *events = per_cpu_ptr(bus->cpu, cpu)->event_page;
	unsigned long *flags = events[VMBUS_SINT].flags;
	unsigned long words;
	bool found = false;

	rcu_read_lock();
	for (words = READ_ONCE(bus->event_words); words; words &= words - 1)
		found |= scan_word(bus, flags, __ffs(words));
	if (unlikely(!found))
		scan_all(bus, flags);
	rcu_read_unlock();
}

/**
 * intr_scan_late() - serve what a CPU was signalled before its channels moved away
 * @bus: the bus
 * @cpu: the calling CPU, about to go offline
 *
 * As the interrupt would: with interrupts off; on PREEMPT_RT, where channels' locks sleep,
 * as the CPU's thread, which may run beside this and finds what is left.  Softirqs that
 * callbacks raise run at the end.
 *
 * Context: process, pinned to @cpu.
 */
void intr_scan_late(struct vmbus *bus, unsigned int cpu)
{
	unsigned long flags;

	local_bh_disable();
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_save(flags);
	intr_scan_events(bus, cpu);
	if (!IS_ENABLED(CONFIG_PREEMPT_RT))
		local_irq_restore(flags);
	local_bh_enable();
}

static void intr_service(struct vmbus_cpu *vc)
{
	struct hv_message *slot = (struct hv_message *)vc->msg_page + VMBUS_SINT;

	intr_scan_events(vc->bus, vc->cpu);
	/* No timer of ours ticks through the slot (synic.c): a timer message is a wrong one. */
	if (READ_ONCE(slot->header.message_type) == HV_MSG_NONE)
		return;
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		message_take(vc);
	else
		tasklet_schedule(&vc->msg_tasklet);
}

/* The interrupt vector's handler.  On PREEMPT_RT channel callbacks take sleeping locks. */
static void vmbus_isr(void)
{
	struct vmbus_cpu *vc = this_cpu_ptr(vmbus_bus.cpu);

	if (vc->bus) {
		if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
			if (vc->thread)
				wake_up_process(vc->thread);
		} else {
			intr_service(vc);
		}
	}
	add_interrupt_randomness(irq_number());
}

/**
 * intr_on_event() - a channel's tasklet: run its callback
 * @channel: struct vmbus_channel
 *
 * In batched mode the callback reads until the ring is empty while the host is told not
 * to signal; after the mask is lifted the ring is looked at once more, because
 * the host may have written in between.
 */
void intr_on_event(unsigned long channel)
{
	struct vmbus_channel *ch = (struct vmbus_channel *)channel;
	/* Pairs with callback_start(): the context is there. */
	void (*callback)(void *context) = virt_load_acquire(&ch->onchannel_callback);

	trace_vmbus_on_event(ch);
	debugfs_delay(ch, DELAY_INTERRUPT);
	if (unlikely(!callback))
		return;
	callback(ch->channel_callback_context);
	if (ch->callback_mode != HV_CALL_BATCHED)
		return;
	if (!hv_end_read(&ch->inbound) || chan_io_broken(ch))
		return;
	hv_begin_read(&ch->inbound);
	tasklet_schedule(&ch->callback_event);
}

void intr_init_cpu(struct vmbus_cpu *vc)
{
	tasklet_setup(&vc->msg_tasklet, message_tasklet);
	/* Pinned: hv_message_done() speaks to the host for the CPU that it runs on. */
	timer_setup(&vc->msg_retry, message_retry, TIMER_PINNED);
}

void intr_exit_cpu(struct vmbus_cpu *vc)
{
	hv_timer_delete_sync(&vc->msg_retry);
	tasklet_kill(&vc->msg_tasklet);
}

/* PREEMPT_RT: one thread per CPU does what the interrupt does elsewhere. */
static int rt_should_run(unsigned int cpu)
{
	struct vmbus_cpu *vc = per_cpu_ptr(vmbus_bus.cpu, cpu);
	union hv_synic_event_flags *events = vc->event_page;
	struct hv_message *msgs = vc->msg_page;

	if (!vc->bus)
		return false;
	/* A message that has to wait for memory is not a reason to run. */
	return !bitmap_empty(events[VMBUS_SINT].flags, VMBUS_RELIDS) ||
	       (READ_ONCE(msgs[VMBUS_SINT].header.message_type) != HV_MSG_NONE &&
		!timer_pending(&vc->msg_retry));
}

/* Softirqs that callbacks raise (NAPI) run when they are enabled again, not some time later. */
static void rt_run(unsigned int cpu)
{
	local_bh_disable();
	intr_service(per_cpu_ptr(vmbus_bus.cpu, cpu));
	local_bh_enable();
}

static void rt_setup(unsigned int cpu)
{
	sched_set_fifo(current);
	per_cpu_ptr(vmbus_bus.cpu, cpu)->thread = current;
}

static void rt_cleanup(unsigned int cpu, bool online)
{
	per_cpu_ptr(vmbus_bus.cpu, cpu)->thread = NULL;
}

static DEFINE_PER_CPU(struct task_struct *, rt_thread);
static struct smp_hotplug_thread rt_threads = {
	.store			= &rt_thread,
	.setup			= rt_setup,
	.cleanup		= rt_cleanup,
	.thread_should_run	= rt_should_run,
	.thread_fn		= rt_run,
	.thread_comm		= "vmbus_irq/%u",
};

/**
 * intr_start() - take over the hypervisor's interrupt
 * @bus: the bus, its per-CPU memory ready
 *
 * Return: 0 or a negative errno.
 */
int intr_start(struct vmbus *bus)
{
	int ret;

	if (IS_ENABLED(CONFIG_PREEMPT_RT)) {
		ret = smpboot_register_percpu_thread(&rt_threads);
		if (ret)
			return ret;
	}
	ret = irq_start(vmbus_isr);
	if (ret && IS_ENABLED(CONFIG_PREEMPT_RT))
		smpboot_unregister_percpu_thread(&rt_threads);
	return ret;
}

void intr_stop(struct vmbus *bus)
{
	irq_stop();
	if (IS_ENABLED(CONFIG_PREEMPT_RT))
		smpboot_unregister_percpu_thread(&rt_threads);
}
