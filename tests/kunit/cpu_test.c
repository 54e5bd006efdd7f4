// SPDX-License-Identifier: GPL-2.0-only
/*
 * Below the bus: on which machines it loads, what a CPU is told when it comes, goes or pauses, how
 * a message slot is emptied, and how a kernel ends.  Never are the kernel's timers taken that tick
 * by messages, and nothing sleeps where it must not.
 *
 * Kernel only: it runs hv.c, synic.c and power.c themselves, on registers of its own.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <kunit/test.h>
#include <linux/cpu.h>
#include <linux/gfp.h>
#include <linux/irqflags.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>
#include <clocksource/hyperv_timer.h>
#include <hv/hv_wire.h>
/* the played ones of other suites have these names */
#define hv_cpu_to_vp			box_cpu_to_vp
#define hv_post_message			box_post_message
#define hv_signal_event			box_signal_event
#define hv_platform_check		box_platform_check
#define hv_message_done			box_message_done
#include "vmbus_priv.h"

/* What the machine is, what it was told, and what was asked of the kernel's timers */
static struct {
	struct { u32 number; u64 value; } reg[8];
	u32 written[16];
	unsigned int writes;
	bool hyperv, root;
	struct ms_hyperv_info ms;
	unsigned int legacy, timers, unloads;
	int (*online)(unsigned int cpu);
	int (*offline)(unsigned int cpu);
} box;

static struct vmbus box_bus;
static void * __percpu *box_arg;

static u64 *box_reg(u32 number)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(box.reg) - 1 && box.reg[i].number; i++) {
		if (box.reg[i].number == number)
			break;
	}
	box.reg[i].number = number;
	return &box.reg[i].value;
}

static void box_write(u32 number, u64 value)
{
	*box_reg(number) = value;
	if (box.writes < ARRAY_SIZE(box.written))
		box.written[box.writes] = number;
	box.writes++;
}

/* On such a kernel, whatever this is */
#undef CONFIG_X86
#define CONFIG_X86 1
#define hv_get_register(number)		(*box_reg(number))
#define hv_set_register(number, value)	box_write(number, value)
#define hv_get_msr(number)		(*box_reg(number))
#define hv_set_msr(number, value)	box_write(number, value)
#define ms_hyperv			box.ms
#define vmbus_bus			box_bus
#define hyperv_pcpu_input_arg		box_arg
#define hv_is_hyperv_initialized()	box.hyperv
#undef hv_is_root
#define hv_is_root()			box.root
#define hv_do_hypercall(code, in, out)	((u64)(code))
#define hv_do_fast_hypercall8(code, in)	((u64)(code) + (in))
#define hv_cpu_number_to_vp_number(cpu)	((u32)(cpu))
#define hv_stimer_alloc(percpu)		(box.legacy++)
#define hv_stimer_legacy_init(cpu, n)	((void)(cpu), box.legacy++)
#define hv_stimer_legacy_cleanup(cpu)	((void)(cpu), box.legacy++)
#define hv_stimer_cleanup(cpu)		((void)(cpu), box.timers++)
#define hv_stimer_global_cleanup()	(box.timers++)
#define hv_setup_kexec_handler(fn)	((void)(fn))
#define hv_setup_crash_handler(fn)	((void)(fn))
#define hv_remove_kexec_handler()	((void)0)
#define hv_remove_crash_handler()	((void)0)
#define vmbus_unload(bus, crash)	(box.unloads++)
#define intr_init_cpu(vc)		((void)(vc))
#define intr_exit_cpu(vc)		((void)(vc))
#define cpuhp_setup_state(state, name, on, off)	(box.online = (on), box.offline = (off), 1)
#define cpuhp_remove_state(state)	((void)(state))
#define chan_vacate_cpu(bus, cpu)	((cpu) ? -EBUSY : 0)

#include "../../vmbus/hv.c"
#include "../../vmbus/synic.c"
#include "../../vmbus/power.c"

static int box_init(struct kunit *test)
{
	memset(&box, 0, sizeof(box));
	memset(&box_bus, 0, sizeof(box_bus));
	box.hyperv = true;
	box_arg = alloc_percpu(void *);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, box_arg);
	KUNIT_ASSERT_EQ(test, 0, synic_alloc(&box_bus));
	KUNIT_ASSERT_EQ(test, 0, synic_start(&box_bus));
	return 0;
}

static void box_exit(struct kunit *test)
{
	synic_stop(&box_bus);
	synic_free(&box_bus);
	free_percpu(box_arg);
}

/* Memory that the host may not see is refused, of whatever kind; so is what is no guest. */
static void cpu_where_it_loads(struct kunit *test)
{
	unsigned int kind;

	KUNIT_EXPECT_EQ(test, 0, hv_platform_check());
	box.ms.priv_high = HV_PRIV_ISOLATED;
	KUNIT_EXPECT_EQ(test, 0, hv_platform_check());
	for (kind = 1; kind < 16; kind++) {
		box.ms.isolation_config_b = kind;
		KUNIT_EXPECT_EQ(test, -ENODEV, hv_platform_check());
	}
	box.ms.priv_high = 0;
	KUNIT_EXPECT_EQ(test, 0, hv_platform_check());
	box.root = true;
	KUNIT_EXPECT_EQ(test, -ENODEV, hv_platform_check());
	box.root = false;
	box.hyperv = false;
	KUNIT_EXPECT_EQ(test, -ENODEV, hv_platform_check());
}

static void expect_on(struct kunit *test, const char *when)
{
	struct vmbus_cpu *vc = per_cpu_ptr(box_bus.cpu, 0);
	union hv_synic_sint sint = { .as_uint64 = hv_sint_get(VMBUS_SINT) };

	KUNIT_EXPECT_EQ_MSG(test, virt_to_phys(vc->msg_page) | SYNIC_ENABLE, hv_msr_get(SIMP),
			    "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, virt_to_phys(vc->event_page) | SYNIC_ENABLE, hv_msr_get(SIEFP),
			    "%s", when);
	KUNIT_EXPECT_FALSE_MSG(test, sint.masked, "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, HYPERVISOR_CALLBACK_VECTOR, (int)sint.vector, "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, SYNIC_ENABLE, hv_msr_get(SCONTROL), "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, 0u, box.legacy, "%s", when);
}

static void expect_off(struct kunit *test, const char *when)
{
	union hv_synic_sint sint = { .as_uint64 = hv_sint_get(VMBUS_SINT) };

	KUNIT_EXPECT_TRUE_MSG(test, sint.masked, "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, 0ull, hv_msr_get(SIMP), "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, 0ull, hv_msr_get(SIEFP), "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, 0ull, hv_msr_get(SCONTROL), "%s", when);
	KUNIT_EXPECT_EQ_MSG(test, 0u, box.legacy, "%s", when);
}

/* Timers that tick by messages are the kernel's to keep: no host makes a difference. */
static void cpu_comes_and_goes(struct kunit *test)
{
	unsigned int direct, i;

	for (direct = 0; direct < 2; direct++) {
		box.ms.misc_features = direct ? HV_FEATURE_DIRECT_TIMERS : 0;
		KUNIT_EXPECT_EQ(test, 0, box.online(0));
		expect_on(test, "online");
		KUNIT_EXPECT_EQ(test, 0, box.offline(0));
		expect_off(test, "offline");
	}
	KUNIT_EXPECT_EQ(test, 0u, box.timers);
	box.writes = 0;
	KUNIT_EXPECT_EQ(test, 0, box.online(0));
	/* pages first, the whole last */
	KUNIT_ASSERT_EQ(test, 4u, box.writes);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_NE(test, box.written[i], box.written[3]);
	*box_reg(box.written[3]) = 5;
	KUNIT_EXPECT_EQ(test, 5ull, hv_msr_get(SCONTROL));
}

/* While connected the CPU that hears the host stays, and others if a channel does. */
static void cpu_stays_while_connected(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0, box.online(0));
	box_bus.phase = VMBUS_PHASE_UP;
	KUNIT_EXPECT_EQ(test, -EBUSY, box.offline(VMBUS_CONNECT_CPU));
	KUNIT_EXPECT_EQ(test, -EBUSY, box.offline(1));
	expect_on(test, "still connected");
	box_bus.suspended = true;
	KUNIT_EXPECT_EQ(test, 0, box.offline(VMBUS_CONNECT_CPU));
	expect_off(test, "suspended");
}

#ifdef HV_HAVE_SYSCORE
#define NO_DATA	NULL
#else
#define NO_DATA
#endif

/* The last CPU: interrupts are off, and only its controller is programmed. */
static void cpu_pauses(struct kunit *test)
{
	unsigned long flags;
	int ret;

	KUNIT_EXPECT_EQ(test, 0, box.online(0));
	*box_reg(box.written[0]) |= 6;		/* bits of the hypervisor's */
	local_irq_save(flags);
	ret = cpu_suspend(NO_DATA);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, 6ull, *box_reg(box.written[0]));
	*box_reg(box.written[0]) = 0;
	expect_off(test, "paused");
	local_irq_save(flags);
	cpu_resume(NO_DATA);
	local_irq_restore(flags);
	KUNIT_EXPECT_EQ(test, 0u, box.timers);
	expect_on(test, "awake");
}

/* Direct timers would tick into the next kernel; of others there is nothing to clean up. */
static void cpu_ends(struct kunit *test)
{
	unsigned int direct;

	for (direct = 0; direct < 2; direct++) {
		box.timers = 0;
		box.unloads = 0;
		box.ms.misc_features = direct ? HV_FEATURE_DIRECT_TIMERS : 0;
		on_kexec();
		KUNIT_EXPECT_EQ(test, direct, box.timers);
		KUNIT_EXPECT_EQ(test, 1u, box.unloads);
		KUNIT_EXPECT_EQ(test, 0, box.online(0));
		preempt_disable();
		on_crash(NULL);
		preempt_enable();
		KUNIT_EXPECT_EQ(test, 2 * direct, box.timers);
		KUNIT_EXPECT_EQ(test, 2u, box.unloads);
		expect_off(test, "crashed");
		on_panic(NULL, 0, NULL);
		KUNIT_EXPECT_EQ(test, 3u, box.unloads);
	}
}

/* Whose slot was refilled meanwhile is left alone; who waits for it to be empty is told. */
static void cpu_empties_slots(struct kunit *test)
{
	struct hv_message *slot = kunit_kzalloc(test, sizeof(*slot), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, slot);
	slot->header.message_type = HV_MSG_VMBUS;
	hv_message_done(slot, HV_MSG_VMBUS);
	KUNIT_EXPECT_EQ(test, (u32)HV_MSG_NONE, (u32)slot->header.message_type);
	KUNIT_EXPECT_EQ(test, 0u, box.writes);
	slot->header.message_type = HV_MSG_VMBUS;
	slot->header.message_flags.asu8 = 1;
	hv_message_done(slot, 7);
	KUNIT_EXPECT_EQ(test, (u32)HV_MSG_VMBUS, (u32)slot->header.message_type);
	KUNIT_EXPECT_EQ(test, 0u, box.writes);
	hv_message_done(slot, HV_MSG_VMBUS);
	KUNIT_EXPECT_EQ(test, (u32)HV_MSG_NONE, (u32)slot->header.message_type);
	KUNIT_EXPECT_EQ(test, 1u, box.writes);
}

static struct kunit_case cpu_cases[] = {
	KUNIT_CASE(cpu_where_it_loads),
	KUNIT_CASE(cpu_comes_and_goes),
	KUNIT_CASE(cpu_stays_while_connected),
	KUNIT_CASE(cpu_pauses),
	KUNIT_CASE(cpu_ends),
	KUNIT_CASE(cpu_empties_slots),
	{}
};

static struct kunit_suite cpu_suite = {
	.name = "vmbus_cpus",
	.init = box_init,
	.exit = box_exit,
	.test_cases = cpu_cases,
};

kunit_test_suite(cpu_suite);
