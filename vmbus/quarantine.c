// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that was shared with the host and that the host has not given back.
 *
 * It must not be used for anything else until the host says that it let go:
 * by a late answer to the teardown, or by the answer to unload.  Buffers that
 * belong to a driver are kept by a reference to each page, so the driver may
 * free them as always.
 *
 * Owns vmbus.quarantine_lock.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <hv/ring_hold.h>
#include "vmbus_priv.h"

struct quarantined {
	struct list_head entry;
	u32 relid;
	u32 gpadl;
	u32 serial;			/* of the primary channel whose device's ring it is, or 0 */
	bool taken_back;		/* that channel, @since jiffies */
	unsigned long since;
	struct page **pages;		/* kvmalloc'ed */
	unsigned int count;
	unsigned int order;		/* of pages[0], if it is one block */
	bool created_late;		/* the host has it: ask for teardown */
	bool released;			/* the host let go: free */
};

/**
 * quarantine_full() - does the host keep so much that it shall get no more
 * @bus: the bus
 *
 * A host that never lets go, of one new device after the other, takes this much of the
 * guest's memory and then what is shared at that moment, but not all of it.
 *
 * Context: any.  A look without the lock will do: what is shared at the same time
 * elsewhere comes on top anyway.
 * Return: true until it lets go of enough, by a late answer or an unload.
 */
bool quarantine_full(struct vmbus *bus)
{
	size_t most = max_t(size_t, totalram_pages() << PAGE_SHIFT >> 2, SZ_32M);

	return READ_ONCE(bus->quarantine_bytes) >= most;
}

static void free_entry(struct quarantined *q)
{
	ringmem_free_pages(q->pages, q->count, q->order);
	kfree(q);
}

static void free_released(struct vmbus *bus)
{
	struct quarantined *q, *next;
	LIST_HEAD(done);

	spin_lock_irq(&bus->quarantine_lock);
	list_for_each_entry_safe(q, next, &bus->quarantine, entry) {
		if (!q->released)
			continue;
		list_move(&q->entry, &done);
		bus->quarantine_bytes -= (size_t)q->count << PAGE_SHIFT;
	}
	spin_unlock_irq(&bus->quarantine_lock);
	list_for_each_entry_safe(q, next, &done, entry) {
		list_del(&q->entry);
		free_entry(q);
	}
}

/* One that the host has, and is asked for now.  It stays in the list: this work alone frees. */
static struct quarantined *next_created(struct vmbus *bus)
{
	struct quarantined *q, *found = NULL;

	spin_lock_irq(&bus->quarantine_lock);
	list_for_each_entry(q, &bus->quarantine, entry) {
		if (!q->created_late || q->released)
			continue;
		q->created_late = false;
		found = q;
		break;
	}
	spin_unlock_irq(&bus->quarantine_lock);
	return found;
}

static void quarantine_work(struct work_struct *work)
{
	struct vmbus *bus = container_of(work, struct vmbus, quarantine_work);
	struct quarantined *q;

	free_released(bus);
	while ((q = next_created(bus))) {
		if (gpadl_destroy(bus, q->relid, q->gpadl, vmbus_timeout()))
			continue;
		spin_lock_irq(&bus->quarantine_lock);
		q->released = true;
		spin_unlock_irq(&bus->quarantine_lock);
	}
	free_released(bus);
}

void quarantine_init(struct vmbus *bus)
{
	spin_lock_init(&bus->quarantine_lock);
	INIT_LIST_HEAD(&bus->quarantine);
	INIT_WORK(&bus->quarantine_work, quarantine_work);
}

/* Torn down is the last word. */
static void take_answer(struct quarantined *q, bool created)
{
	if (created)
		q->created_late = true;
	else
		q->released = true;
}

/*
 * Between the end of a wait for an answer and the memory's arrival here it may come all the
 * same, and it comes once.
 */
static void remember(struct vmbus *bus, u32 gpadl, bool created)
{
	lockdep_assert_held(&bus->quarantine_lock);
	bus->late[bus->next_late] = (struct late_answer) {
		.gpadl = gpadl, .known = true, .created = created,
	};
	bus->next_late = (bus->next_late + 1) % VMBUS_LATE_ANSWERS;
}

static bool recall(struct vmbus *bus, struct quarantined *q)
{
	struct late_answer *late;
	bool found = false;

	lockdep_assert_held(&bus->quarantine_lock);
	for (late = bus->late; late < bus->late + VMBUS_LATE_ANSWERS; late++) {
		if (!late->known || late->gpadl != q->gpadl)
			continue;
		take_answer(q, late->created);
		late->known = false;
		found = true;
	}
	return found;
}

/**
 * quarantine_serial() - a number that no other channel has, 0 excepted
 */
u32 quarantine_serial(void)
{
	static atomic_t last;
	u32 serial;

	do
		serial = atomic_inc_return(&last);
	while (!serial);
	return serial;
}

/**
 * quarantine_pages() - keep pages until the host gives them back
 * @bus: the bus
 * @relid: of the channel that shared them
 * @gpadl: their handle
 * @serial: of the device's primary channel, for hv_ring_kept(); 0 for none
 * @pages: kvmalloc'ed array, ownership passes; each page has a reference
 * @count: its length
 * @order: above 0 if @pages is one block of this order
 *
 * Context: may sleep.
 */
void quarantine_pages(struct vmbus *bus, u32 relid, u32 gpadl, u32 serial, struct page **pages,
		      unsigned int count, unsigned int order)
{
	struct quarantined *q = kzalloc(sizeof(*q), GFP_KERNEL | __GFP_NOFAIL);
	bool answered;

	q->relid = relid;
	q->gpadl = gpadl;
	q->serial = serial;
	q->pages = pages;
	q->count = count;
	q->order = order;
	vmbus_bad(bus, VERR_QUARANTINE,
		  "the host still holds GPADL %#x (relid %u): %u pages are kept for it",
		  gpadl, relid, count);
	spin_lock_irq(&bus->quarantine_lock);
	list_add(&q->entry, &bus->quarantine);
	bus->quarantine_bytes += (size_t)count << PAGE_SHIFT;
	answered = recall(bus, q);
	spin_unlock_irq(&bus->quarantine_lock);
	if (answered)
		schedule_work(&bus->quarantine_work);
}

static struct page *page_of(const void *addr)
{
	return is_vmalloc_addr(addr) ? vmalloc_to_page(addr) : virt_to_page(addr);
}

static bool can_keep(struct page *page, unsigned int count)
{
	return !PageSlab(page) && (count == 1 || PageCompound(page));
}

/**
 * quarantine_taken_back() - the host has taken a channel back
 * @ch: channel that chan_leaving() is true of
 *
 * A host need not say any more that it let go of its ring.
 *
 * Context: may sleep.
 */
void quarantine_taken_back(struct vmbus_channel *ch)
{
	struct vmbus *bus = to_chan(ch)->bus;
	struct quarantined *q;

	spin_lock_irq(&bus->quarantine_lock);
	list_for_each_entry(q, &bus->quarantine, entry) {
		if (!q->serial || q->relid != chan_relid(ch) || q->taken_back)
			continue;
		q->since = READ_ONCE(to_chan(ch)->back_since);
		q->taken_back = true;
	}
	spin_unlock_irq(&bus->quarantine_lock);
}

/**
 * quarantine_buffer() - the same for memory that a driver owns
 * @bus: the bus
 * @relid: of the channel that shared it
 * @gpadl: its handle
 * @buffer: page-aligned, linear or vmalloc memory
 * @bytes: its length
 *
 * Linear memory of a slab, or of a block without a compound head, cannot be
 * kept by references; that is said in the log.
 */
void quarantine_buffer(struct vmbus *bus, u32 relid, u32 gpadl, void *buffer, u32 bytes)
{
	unsigned int i, count = DIV_ROUND_UP(bytes, PAGE_SIZE);
	bool linear = !is_vmalloc_addr(buffer);
	struct page **pages;

	if (linear && !can_keep(page_of(buffer), count)) {
		vmbus_bad(bus, VERR_QUARANTINE,
			  "the host still holds GPADL %#x (relid %u) in memory that cannot be kept",
			  gpadl, relid);
		return;
	}
	pages = kvmalloc_array(count, sizeof(*pages), GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < count; i++) {
		pages[i] = page_of(buffer + i * PAGE_SIZE);
		get_page(pages[i]);
	}
	quarantine_pages(bus, relid, gpadl, 0, pages, count, 0);
}

/**
 * quarantine_answer() - the host said something about a handle after all
 * @bus: the bus
 * @gpadl: the handle
 * @created: it mapped the memory (late); otherwise it let go
 *
 * Context: any.
 * Return: false if no such memory is kept.
 */
bool quarantine_answer(struct vmbus *bus, u32 gpadl, bool created)
{
	struct quarantined *q;
	unsigned long flags;
	bool found = false;

	spin_lock_irqsave(&bus->quarantine_lock, flags);
	list_for_each_entry(q, &bus->quarantine, entry) {
		if (q->gpadl != gpadl)
			continue;
		take_answer(q, created);
		found = true;
		break;
	}
	if (!found)
		remember(bus, gpadl, created);
	spin_unlock_irqrestore(&bus->quarantine_lock, flags);
	if (found)
		schedule_work(&bus->quarantine_work);
	return found;
}

/**
 * hv_ring_kept - does the host still have a ring of a device's channels that were closed
 * @channel: the device's primary channel
 *
 * For a driver whose close was not confirmed: until the host lets go, by a late answer, it may
 * work on what it found in the ring.  The device may be opened anew before that, if its driver
 * wants nothing back.  A ring of a sub-channel that the host took back, before it was closed or
 * after that, does not count, but for the moment in which the answer may be right behind: the
 * host need not give it.  Nor does one in which nothing ever was, since the open failed.
 *
 * Context: any.
 * Return: true if so.
 */
bool hv_ring_kept(struct vmbus_channel *channel)
{
	struct vmbus_chan *chan = to_chan(channel);
	struct vmbus *bus = chan->bus;
	struct quarantined *q;
	unsigned long flags;
	bool kept = false;

	spin_lock_irqsave(&bus->quarantine_lock, flags);
	list_for_each_entry(q, &bus->quarantine, entry) {
		if (q->serial != chan->serial || q->released)
			continue;
		/* for good: jiffies come round */
		if (q->taken_back && time_after(jiffies, q->since + RESCINDED_TEARDOWN))
			q->serial = 0;
		else
			kept = true;
	}
	spin_unlock_irqrestore(&bus->quarantine_lock, flags);
	return kept;
}

/**
 * hv_gpadl_kept - does the host still have a ring that was closed
 * @channel: any channel of the bus
 * @gpadl: handle that the ring had when its channel was open
 *
 * For a driver that closed a channel which the host has taken back: until it says that it let
 * go, it may still work on what it found in the ring.
 *
 * Context: any.
 * Return: true if so.
 */
bool hv_gpadl_kept(struct vmbus_channel *channel, u32 gpadl)
{
	struct vmbus *bus = to_chan(channel)->bus;
	struct quarantined *q;
	unsigned long flags;
	bool kept = false;

	spin_lock_irqsave(&bus->quarantine_lock, flags);
	list_for_each_entry(q, &bus->quarantine, entry)
		kept |= q->gpadl == gpadl && !q->released;
	spin_unlock_irqrestore(&bus->quarantine_lock, flags);
	return kept;
}

/**
 * quarantine_drop_all() - the host has let go of everything (unload)
 * @bus: the bus
 *
 * Context: may sleep.
 */
void quarantine_drop_all(struct vmbus *bus)
{
	struct quarantined *q;

	/* What the work has asked back just now had no answer. */
	flush_work(&bus->quarantine_work);
	spin_lock_irq(&bus->quarantine_lock);
	list_for_each_entry(q, &bus->quarantine, entry)
		q->released = true;
	spin_unlock_irq(&bus->quarantine_lock);
	schedule_work(&bus->quarantine_work);
	flush_work(&bus->quarantine_work);
}

/**
 * quarantine_abandon() - forget what is kept, and leave it to the host for good
 * @bus: about to be unloaded
 */
void quarantine_abandon(struct vmbus *bus)
{
	struct quarantined *q, *next;

	flush_work(&bus->quarantine_work);
	if (bus->quarantine_bytes)
		pr_warn("%zu bytes are lost: the host never gave them back\n",
			bus->quarantine_bytes);
	list_for_each_entry_safe(q, next, &bus->quarantine, entry) {
		list_del(&q->entry);
		kvfree(q->pages);
		kfree(q);
	}
}
