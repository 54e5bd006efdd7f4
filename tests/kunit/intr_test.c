// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where callbacks run on PREEMPT_RT, whose channel locks sleep: with interrupts on, and with
 * softirqs off, so that what a callback raises (NAPI) runs when it is over, and not some time.
 *
 * Kernel only: it runs intr.c itself, as it is on such a kernel.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/interrupt.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include "vmbus_priv.h"

/* no tracepoints, no debugfs, no interrupt vector */
#define _HV_VMBUS_TRACE_H
#define trace_vmbus_on_msg_dpc(type)		((void)(type))
#define trace_vmbus_on_message(type)		((void)(type))
#define trace_vmbus_chan_sched(ch)		((void)(ch))
#define trace_vmbus_on_event(ch)		((void)(ch))
#define debugfs_delay(ch, what)			((void)(ch))
#define hv_setup_vmbus_handler(handler)		((void)(handler))
#define hv_remove_vmbus_handler()		((void)0)
#define add_interrupt_randomness(vector)	((void)(vector))
#define hv_message_done(slot, type)		((void)(slot), (void)(type))
#define hv_begin_read(ring)			((void)(ring))
#define hv_end_read(ring)			((void)(ring), 0)
#define chan_io_broken(ch)			(!(ch))
#define vmbus_tl_came(bus, msg, len)		((void)(bus), (void)(msg), (void)(len))
/* the played ones of fakebus.c have these names */
#define intr_on_event				rt_intr_on_event
#define intr_scan_late				rt_intr_scan_late
#define vmbus_bus				rt_bus
static struct vmbus rt_bus;
static void intr_on_event(unsigned long channel);
static void intr_scan_late(struct vmbus *bus, unsigned int cpu);
#undef CONFIG_PREEMPT_RT
#define CONFIG_PREEMPT_RT 1
#include "../../vmbus/intr.c"

#define RT_RELID	70

/* What the callback saw */
static struct {
	unsigned int calls, irqs_off, softirqs_on;
} rt_seen;

static void rt_callback(void *context)
{
	rt_seen.calls++;
	rt_seen.irqs_off += irqs_disabled();
	rt_seen.softirqs_on += !softirq_count();
}

static struct vmbus_chan *rt_chan;

static int rt_init(struct kunit *test)
{
	struct vmbus_cpu *vc;

	memset(&rt_bus, 0, sizeof(rt_bus));
	memset(&rt_seen, 0, sizeof(rt_seen));
	rt_bus.cpu = alloc_percpu(struct vmbus_cpu);
	rt_bus.relid = kunit_kzalloc(test, VMBUS_RELIDS * sizeof(*rt_bus.relid), GFP_KERNEL);
	rt_chan = kunit_kzalloc(test, sizeof(*rt_chan), GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rt_bus.cpu);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rt_bus.relid);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, rt_chan);
	vc = per_cpu_ptr(rt_bus.cpu, 0);
	vc->bus = &rt_bus;
	vc->msg_page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	vc->event_page = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vc->msg_page);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, vc->event_page);
	spin_lock_init(&rt_chan->ch.sched_lock);
	rt_chan->ch.callback_mode = HV_CALL_ISR;
	rt_chan->ch.onchannel_callback = rt_callback;
	RCU_INIT_POINTER(rt_bus.relid[RT_RELID], rt_chan);
	rt_bus.event_words = BIT(RT_RELID / BITS_PER_LONG);
	return 0;
}

static void rt_exit(struct kunit *test)
{
	free_percpu(rt_bus.cpu);
}

static void rt_signal(void)
{
	union hv_synic_event_flags *events = per_cpu_ptr(rt_bus.cpu, 0)->event_page;

	set_bit(RT_RELID, events[VMBUS_SINT].flags);
}

static void rt_check(struct kunit *test, unsigned int calls)
{
	KUNIT_EXPECT_EQ(test, calls, rt_seen.calls);
	KUNIT_EXPECT_EQ(test, 0u, rt_seen.irqs_off);
	KUNIT_EXPECT_EQ(test, 0u, rt_seen.softirqs_on);
}

/* The CPU's thread, which has nothing to do when no flag is set */
static void rt_thread_calls(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, rt_should_run(0));
	rt_signal();
	KUNIT_EXPECT_TRUE(test, rt_should_run(0));
	rt_run(0);
	rt_check(test, 1);
	KUNIT_EXPECT_FALSE(test, rt_should_run(0));
	rt_run(0);
	rt_check(test, 1);
}

/* A CPU that goes offline serves what it was signalled before: as its thread. */
static void rt_late_scan_calls(struct kunit *test)
{
	rt_signal();
	intr_scan_late(&rt_bus, 0);
	rt_check(test, 1);
}

/* The interrupt itself calls nobody. */
static void rt_interrupt_calls_nobody(struct kunit *test)
{
	unsigned long flags;

	rt_signal();
	local_irq_save(flags);
	vmbus_isr();
	local_irq_restore(flags);
	rt_check(test, 0);
}

static struct kunit_case rt_cases[] = {
	KUNIT_CASE(rt_thread_calls),
	KUNIT_CASE(rt_late_scan_calls),
	KUNIT_CASE(rt_interrupt_calls_nobody),
	{}
};

static struct kunit_suite rt_suite = {
	.name = "vmbus_interrupts_rt",
	.init = rt_init,
	.exit = rt_exit,
	.test_cases = rt_cases,
};

kunit_test_suite(rt_suite);
