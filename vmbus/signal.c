// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the host to look at a ring: by hypercall on the channel's connection
 * id, or by a bit in the monitor page that the hypervisor scans now and then
 * ("Signalling" and "Monitor page" in the VMBus protocol).
 */
#include <linux/hyperv.h>
#include <asm/sync_bitops.h>
#include "trace.h"
#include "vmbus_priv.h"

/*
 * Without a dedicated interrupt the host also wants the channel's bit in the
 * half of the interrupt page that the guest writes.
 */
static void mark_interrupt_page(struct vmbus_channel *channel)
{
	unsigned long *page = READ_ONCE(vmbus_connection.send_int_page);
	u32 relid = READ_ONCE(channel->offermsg.child_relid);

	/* A socket's rest may be read after a pause, when the channel has no number any more. */
	if (page && relid < VMBUS_RELIDS)
		sync_set_bit(relid, page);
}

/**
 * vmbus_set_event - signal the host by hypercall
 * @channel: an open channel
 *
 * Context: any.
 */
void vmbus_set_event(struct vmbus_channel *channel)
{
	if (!channel->is_dedicated_interrupt)
		mark_interrupt_page(channel);
	to_chan(channel)->io.signals++;
	hv_signal_event(channel->sig_event);
}

/* The trigger word of a channel that has a monitor, else NULL. */
static unsigned long *monitor_pending(const struct vmbus_channel *channel)
{
	struct hv_monitor_page *page = READ_ONCE(vmbus_connection.monitor_pages[1]);

	if (!channel->offermsg.monitor_allocated || channel->low_latency)
		return NULL;
	/* The monitor id came from the host. */
	if (!page || channel->monitor_grp >= ARRAY_SIZE(page->trigger_group))
		return NULL;
	return (unsigned long *)&page->trigger_group[channel->monitor_grp];
}

/**
 * vmbus_setevent - signal the host in the way that the channel asks for
 * @channel: an open channel
 *
 * A channel with a monitor trades latency for fewer exits, unless it is
 * marked low_latency.
 *
 * Context: any.
 */
void vmbus_setevent(struct vmbus_channel *channel)
{
	unsigned long *pending = monitor_pending(channel);

	trace_vmbus_setevent(channel);
	if (!pending) {
		vmbus_set_event(channel);
		return;
	}
	mark_interrupt_page(channel);
	sync_set_bit(channel->monitor_bit & 31, pending);
}
