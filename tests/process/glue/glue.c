// SPDX-License-Identifier: GPL-2.0-only
/*
 * glue.c - what a Hyper-V kernel gives to hv_vmbus, on User Mode Linux.
 *
 * The hypervisor is hvroot, another process: hypercalls and synthetic registers
 * go over a socket (process_wire.h), interrupts come over one for each processor
 * (synic.c), and hvroot maps the file that is our memory. The sockets were inherited;
 * the module's parameters name their descriptors.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <linux/timekeeping.h>
#include <asm/mshyperv.h>
#include <hv/compat.h>
#include <as-layout.h>
#include <mem.h>
#include <os.h>
#include "glue.h"
#include "process_wire.h"

extern unsigned long long physmem_size;	/* exported, in no header */

#define POST_PAYLOAD	4	/* of a message's input, in words: where VMBus' type is */
#define MESSAGE_GPADL_HEADER	8
#define FAST_SIGNAL	(HVCALL_SIGNAL_EVENT | HV_HYPERCALL_FAST_BIT)

static int call_fd = -1;
module_param(call_fd, int, 0444);
static int irq_fd = -1;		/* of the first processor; the others' follow */
module_param(irq_fd, int, 0444);

static void (*kexec_handler)(void);
static void (*crash_handler)(struct pt_regs *regs);

struct ms_hyperv_info ms_hyperv;
EXPORT_SYMBOL_GPL(ms_hyperv);
/* What CPUID would tell of isolation, for who wants to see it refused: our memory stays open to the host */
module_param_named(priv_high, ms_hyperv.priv_high, uint, 0644);
module_param_named(isolation_config_b, ms_hyperv.isolation_config_b, uint, 0644);
void * __percpu *hyperv_pcpu_input_arg;
EXPORT_SYMBOL_GPL(hyperv_pcpu_input_arg);
static u32 vp_index[NR_CPUS];
u32 *hv_vp_index = vp_index;
EXPORT_SYMBOL_GPL(hv_vp_index);
#ifndef HV_HAVE_ROOT_FUNCTION
bool hv_root_partition;
EXPORT_SYMBOL_GPL(hv_root_partition);
#endif
#ifdef HV_HAVE_SYSFB_DISPLAY
struct sysfb_display_info sysfb_primary_display;
EXPORT_SYMBOL_GPL(sysfb_primary_display);
#else
struct screen_info screen_info;
EXPORT_SYMBOL_GPL(screen_info);
#endif

/* ---- the other process ---- */

/* One question at a time is on the socket, so the answer is its asker's. Calls without one need no lock. */
static DEFINE_RAW_SPINLOCK(ask_lock);

void glue_tell(u32 op, u64 a, u64 b, u64 c)
{
	struct process_call call = { .op = op, .vp = raw_smp_processor_id(), .a = a, .b = b, .c = c };
	int ret;

	do {
		ret = os_write_file(call_fd, &call, sizeof(call));
	} while (ret == -EINTR);
	if (ret != sizeof(call))
		panic("hvglue: hvroot is gone");
}

static u64 answer(void)
{
	struct process_answer a;
	int ret;

	do {
		ret = os_read_file(call_fd, &a, sizeof(a));
	} while (ret == -EINTR);
	if (ret != sizeof(a))
		panic("hvglue: hvroot is gone");
	return a.result;
}

u64 glue_ask(u32 op, u64 a, u64 b, u64 c)
{
	unsigned long flags;
	u64 result;

	raw_spin_lock_irqsave(&ask_lock, flags);
	glue_tell(op, a, b, c);
	result = answer();
	raw_spin_unlock_irqrestore(&ask_lock, flags);
	return result;
}

/* Any page tells which file is our memory. */
static int hello(void *page)
{
	struct process_call call = {
		.op = PROCESS_HELLO, .a = physmem_size, .b = PROCESS_WIRE_VERSION, .c = num_possible_cpus(),
	};
	unsigned long long offset;
	int fd = phys_mapping(virt_to_phys(page), &offset);
	int ret;

	ret = os_sendmsg_fds(call_fd, &call, sizeof(call), &fd, 1);
	if (ret < 0)
		return ret;
	return answer() ? -ENODEV : 0;
}

/* ---- hypercalls and registers ---- */

/* The memory list of a ring, or of buffers: see mapped.c. */
static bool tells_of_memory(u64 control, const u32 *input)
{
	return (u16)control == HVCALL_POST_MESSAGE && input[POST_PAYLOAD] == MESSAGE_GPADL_HEADER;
}

u64 hv_do_hypercall(u64 control, void *input, void *output)
{
	if (tells_of_memory(control, input))
		glue_keep_mapped();
	return glue_ask(PROCESS_HYPERCALL, control, input ? virt_to_phys(input) : 0, 0);
}
EXPORT_SYMBOL_GPL(hv_do_hypercall);

u64 hv_do_fast_hypercall8(u16 code, u64 input)
{
	if (code != HVCALL_SIGNAL_EVENT)
		return glue_ask(PROCESS_HYPERCALL, code | HV_HYPERCALL_FAST_BIT, input, 0);
	glue_tell(PROCESS_SIGNAL, FAST_SIGNAL, input, 0);
	return HV_STATUS_SUCCESS;
}
EXPORT_SYMBOL_GPL(hv_do_fast_hypercall8);

/*
 * The partition's reference time when this module was loaded, less the guest's raw clock then.
 * Both count the same seconds: UML's clock is the one that hvroot reads.
 */
static u64 reference_base;

static u64 read_reference_counter(void)
{
	return reference_base + div_u64(ktime_get_raw_ns(), 100);
}

u64 (*hv_read_reference_counter)(void) = read_reference_counter;
EXPORT_SYMBOL_GPL(hv_read_reference_counter);

/* ---- ends ---- */

/* Remembered, not called: UML has no kexec. */
void hv_setup_kexec_handler(void (*handler)(void))
{
	kexec_handler = handler;
}
EXPORT_SYMBOL_GPL(hv_setup_kexec_handler);

void hv_remove_kexec_handler(void)
{
	kexec_handler = NULL;
}
EXPORT_SYMBOL_GPL(hv_remove_kexec_handler);

void hv_setup_crash_handler(void (*handler)(struct pt_regs *regs))
{
	crash_handler = handler;
}
EXPORT_SYMBOL_GPL(hv_setup_crash_handler);

void hv_remove_crash_handler(void)
{
	crash_handler = NULL;
}
EXPORT_SYMBOL_GPL(hv_remove_crash_handler);

/*
 * UML ends in its own panic notifier, the second of all, and hv_vmbus wants to be among the last.
 * So we come first: tell hvroot, as a kernel on Hyper-V does, and call the handler that such a
 * kernel calls before it starts a crash kernel.
 */
static int on_panic(struct notifier_block *nb, unsigned long event, void *text)
{
	glue_ask(PROCESS_REGISTER, PROCESS_CRASH_CTL, PROCESS_CRASH_NOTIFY, 0);
	if (crash_handler)
		crash_handler(NULL);
	return NOTIFY_DONE;
}

static struct notifier_block panic_block = { .notifier_call = on_panic, .priority = INT_MAX };

/* ---- facts ---- */

bool hv_is_hyperv_initialized(void)
{
	return true;
}
EXPORT_SYMBOL_GPL(hv_is_hyperv_initialized);

bool hv_is_hibernation_supported(void)
{
	return false;
}
EXPORT_SYMBOL_GPL(hv_is_hibernation_supported);

void hv_setup_dma_ops(struct device *dev, bool coherent)
{
}
EXPORT_SYMBOL_GPL(hv_setup_dma_ops);

/* ---- set-up ---- */

static void free_inputs(void)
{
	unsigned int cpu;

	if (!hyperv_pcpu_input_arg)
		return;
	for_each_possible_cpu(cpu)
		free_page((unsigned long)*per_cpu_ptr(hyperv_pcpu_input_arg, cpu));
	free_percpu(hyperv_pcpu_input_arg);
}

/* Each processor has a number at the hypervisor and a page for the arguments of hypercalls. */
static int make_inputs(void)
{
	unsigned int cpu;

	hyperv_pcpu_input_arg = alloc_percpu(void *);
	if (!hyperv_pcpu_input_arg)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		void *page = (void *)get_zeroed_page(GFP_KERNEL);

		if (!page)
			return -ENOMEM;
		*per_cpu_ptr(hyperv_pcpu_input_arg, cpu) = page;
		vp_index[cpu] = cpu;
	}
	hv_max_vp_index = num_possible_cpus();
	return 0;
}

static int __init hvglue_init(void)
{
	u64 began;
	int ret;

	if (call_fd < 0 || irq_fd < 0)
		return -EINVAL;
	ret = make_inputs();
	if (ret)
		goto free;
	ret = hello(*per_cpu_ptr(hyperv_pcpu_input_arg, 0));
	if (ret)
		goto free;
	/* before the question: a guest's reference time is never behind what its host has read */
	began = div_u64(ktime_get_raw_ns(), 100);
	reference_base = glue_ask(PROCESS_TIME, 0, 0, 0) - began;
	ret = glue_synic_start(irq_fd);
	if (ret)
		goto free;
	ret = glue_mapped_start();
	if (ret)
		goto no_interrupt;
	ret = glue_acpi_start();
	if (ret)
		goto no_device;
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	glue_cover_start();
	return 0;

no_device:
	glue_mapped_stop();
no_interrupt:
	glue_synic_stop();
free:
	free_inputs();
	return ret;
}

static void __exit hvglue_exit(void)
{
	atomic_notifier_chain_unregister(&panic_notifier_list, &panic_block);
	glue_cover_stop();
	glue_acpi_stop();
	glue_mapped_stop();
	glue_synic_stop();
	free_inputs();
}

module_init(hvglue_init);
module_exit(hvglue_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hyper-V's kernel side for User Mode Linux, against hvroot");
