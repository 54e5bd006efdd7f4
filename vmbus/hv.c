// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls into the hypervisor: is there one, post a message, signal an event,
 * empty a message slot.  Takes no locks and knows nothing of VMBus.
 *
 * The other processor is always there: the host writes our memory even when this kernel
 * was built for one CPU, and then smp_*() barriers and the lock prefixes of plain
 * atomic operations are left out.  So words that both write are touched by virt_*() and
 * sync_*() only.  They are:
 *	message slots (SIMP page)	hv_message_done() here, written by the hypervisor
 *	event flags (SIEFP page)	intr.c; xchg() locks the bus on every kernel
 *	interrupt and monitor pages	signal.c, sync_set_bit()
 *	ring control pages		ring_*.[ch]; each word has one writer: virt_load_acquire(),
 *					virt_store_release(), virt_mb()
 * scripts/style looks for other operations in these files.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/errno.h>
#include <linux/irqflags.h>
#include <linux/percpu.h>
#include <linux/string.h>
#include <asm/sync_bitops.h>
#include <hv/hv_wire.h>
#include <hv/isolation.h>
#include "vmbus_priv.h"

/**
 * hv_platform_check() - can there be a VMBus on this machine
 *
 * Return: 0, or -ENODEV after a line that says why not.
 */
int hv_platform_check(void)
{
	if (!hv_is_hyperv_initialized()) {
		pr_err("not loaded: this kernel does not run as a Hyper-V guest\n");
		return -ENODEV;
	}
	if (hv_is_root()) {
		pr_err("not loaded: this is the Hyper-V root partition, which has no VMBus to connect to\n");
		return -ENODEV;
	}
	if (hv_isolated()) {
		pr_err(HV_ISOLATED_LINE);
		return -ENODEV;
	}
	if (!hyperv_pcpu_input_arg) {
		pr_err("not loaded: the kernel has no hypercall argument pages\n");
		return -ENODEV;
	}
	return 0;
}

/**
 * hv_post_message() - one attempt to post a message to the root partition
 * @conn_id: port
 * @payload: the message, copied
 * @len: its length, at most VMBUS_MSG_MAX
 *
 * Context: any.  The CPU's argument page is shared with the rest of the
 * kernel, which keeps interrupts off while it uses it; so do we.
 * Return: HV_STATUS_*, 0 for success.
 */
u16 hv_post_message(u32 conn_id, const void *payload, size_t len)
{
	struct hv_post_input *in;
	unsigned long flags;
	u64 status;

	if (len > sizeof(in->payload))
		return HV_STATUS_INVALID_PARAMETER;

	local_irq_save(flags);
	in = *this_cpu_ptr(hyperv_pcpu_input_arg);
	in->conn_id = conn_id;
	in->reserved = 0;
	in->type = HV_MSG_VMBUS;
	in->size = len;
	memcpy(in->payload, payload, len);
	status = hv_do_hypercall(HVCALL_POST_MESSAGE, in, NULL);
	local_irq_restore(flags);
	return hv_result(status);
}

/**
 * hv_signal_event() - tell the host that a channel has something
 * @sig_event: the channel's connection id, with flag number 0
 *
 * Context: any.
 * Return: the hypercall's result.
 */
u64 hv_signal_event(u64 sig_event)
{
	return hv_do_fast_hypercall8(HVCALL_SIGNAL_EVENT, sig_event);
}

u32 hv_cpu_to_vp(unsigned int cpu)
{
	return hv_cpu_number_to_vp_number(cpu);
}

/**
 * hv_message_done() - empty a message slot
 * @msg: the slot
 * @type: the type that was read from it
 *
 * If the host has queued another message meanwhile, it wants to hear that
 * the slot is free.  The exchange is a full barrier, also without SMP: the slot is seen
 * empty before the pending flag is read; the hypervisor sets the flag before it looks at the
 * slot again.  In a crash another CPU's slot may have been emptied
 * and refilled by its owner; then it is left alone.
 *
 * Context: the CPU of the slot, whose host hears of it; in a crash any.
 */
void hv_message_done(struct hv_message *msg, u32 type)
{
	if (sync_cmpxchg(&msg->header.message_type, type, HV_MSG_NONE) != type)
		return;
	if (READ_ONCE(msg->header.message_flags.asu8) & 1)
		hv_msr_set(EOM, 0);
}
