// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ends of a kernel: crash, panic and kexec unload, so that the next kernel finds a
 * clean host.  And the interrupts of the CPU that does not go offline in a pause; the rest
 * of a pause is pause.c's.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/syscore_ops.h>
#include <clocksource/hyperv_timer.h>
#include <hv/hv_wire.h>
#include "vmbus_priv.h"

/* ---- the end ---- */

/*
 * Direct-mode timers are the kernel's own and run without us, but must not tick into
 * the next kernel.  Others were never started (synic.c); to clean them up would run into
 * lists that nobody has set up.
 */
static bool timers_tick(void)
{
	return !IS_ENABLED(CONFIG_X86) || ms_hyperv.misc_features & HV_FEATURE_DIRECT_TIMERS;
}

static void on_kexec(void)
{
	if (timers_tick())
		hv_stimer_global_cleanup();
	vmbus_unload(&vmbus_bus, false);
	synic_stop(&vmbus_bus);
}

static void on_crash(struct pt_regs *regs)
{
	unsigned int cpu = smp_processor_id();

	vmbus_unload(&vmbus_bus, true);
	if (timers_tick())
		hv_stimer_cleanup(cpu);
	synic_disable_cpu();
}

/* A panic without a crash kernel: the host shall not wait for this guest. */
static int on_panic(struct notifier_block *nb, unsigned long event, void *arg)
{
	vmbus_unload(&vmbus_bus, true);
	return NOTIFY_DONE;
}

/* After all that still want their devices: consoles and framebuffers */
static struct notifier_block panic_block = {
	.notifier_call	= on_panic,
	.priority	= INT_MIN + 1,
};

/* ---- the CPU that does not go offline: interrupts are off, nothing may sleep ---- */

static int cpu_suspend(HV_SYSCORE_ARG)
{
	synic_disable_cpu();
	return 0;
}

static void cpu_resume(HV_SYSCORE_ARG)
{
	synic_enable_cpu(&vmbus_bus, smp_processor_id());
}

HV_SYSCORE_DEFINE(vmbus_syscore, cpu_suspend, cpu_resume);

/**
 * power_start() - from now on the host is told when this kernel ends
 * @bus: connected
 *
 * Return: 0.
 */
int power_start(struct vmbus *bus)
{
	hv_setup_kexec_handler(on_kexec);
	hv_setup_crash_handler(on_crash);
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	HV_SYSCORE_REGISTER(vmbus_syscore);
	return 0;
}

void power_stop(struct vmbus *bus)
{
	HV_SYSCORE_UNREGISTER(vmbus_syscore);
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	hv_remove_crash_handler();
	hv_remove_kexec_handler();
}
