// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest memory lists (GPADLs): have the host map pages of ours, and have it
 * let go again ("Sequences, GPADL").  Memory whose fate is unknown is handed to
 * quarantine.c by whoever owns it.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/slab.h>
#include "trace.h"
#include "vmbus_priv.h"

/* Header and bodies.  *posted tells how many frames the host has heard of. */
static int post_list(struct vmbus *bus, u32 relid, u32 gpadl, u32 bytes, u32 offset,
		     const u64 *pfns, u32 count, u32 *posted)
{
	u8 msg[VMBUS_MSG_MAX] __aligned(8);
	u32 used, seq = 1;
	int len, ret;

	*posted = 0;
	len = gpadl_pack_header(msg, relid, gpadl, bytes, offset, pfns, count, &used);
	if (len < 0)
		return len;
	ret = vmbus_post(bus, msg, len);
	trace_vmbus_establish_gpadl_header((void *)msg, ret);
	if (ret)
		return ret;
	for (*posted = used; *posted < count; *posted += used) {
		len = gpadl_pack_body(msg, seq++, gpadl, pfns + *posted, count - *posted, &used);
		if (len < 0)
			return len;
		ret = vmbus_post(bus, msg, len);
		trace_vmbus_establish_gpadl_body((void *)msg, ret);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * The channel was taken back before the list was answered.  The host takes messages in order
 * and answers all the same: it made the list, and must let go before the relid is given
 * back; or it refused, knows nothing of it, and would not answer a teardown.
 *
 * Returns the handle if the host may still have the memory.
 */
static u32 create_undo(struct vmbus_channel *ch, struct vmbus_req *late, u32 gpadl)
{
	struct vmbus *bus = to_chan(ch)->bus;
	const struct vmbus_channel_gpadl_created *rsp = (void *)late->reply;

	if (!vmbus_req_wait(bus, late, gpadl_patience(ch)) && rsp->creation_status)
		return 0;
	return gpadl_destroy(bus, chan_relid(ch), gpadl, gpadl_patience(ch)) ? gpadl : 0;
}

/*
 * As vmbus_req_wait().  @late is for the answer that comes after a rescind, which ends the wait
 * for @req; both are started, and neither is afterwards.  A silent host is not asked again, its
 * late answer is quarantine.c's.  *handle: see gpadl_create().
 */
static int wait_created(struct vmbus_channel *ch, struct vmbus_req *req, struct vmbus_req *late,
			u32 *handle)
{
	int ret = vmbus_req_wait(to_chan(ch)->bus, req, vmbus_timeout());

	if (ret == -ENODEV) {
		*handle = create_undo(ch, late, req->key);
		return ret;
	}
	vmbus_req_cancel(to_chan(ch)->bus, late);
	if (ret)
		*handle = req->key;
	return ret;
}

/**
 * gpadl_create() - have the host map a list of page frames
 * @ch: channel that the memory is for
 * @pfns: frames of HV_HYP_PAGE_SIZE
 * @count: their number, at most GPADL_MAX_FRAMES
 * @bytes: length of the range
 * @offset: of its start in the first frame
 * @handle: gets the handle; left non-zero after a failure if the host may have
 *	mapped the memory all the same, which must then go into quarantine
 *
 * Context: may sleep, at most vmbus_timeout() for the answer.
 * Return: 0; -EINVAL, -EAGAIN, -EIO: not posted; -ENODEV: channel rescinded;
 * -ETIMEDOUT; -EDQUOT: the host refused; -ENOMEM: it keeps too much already.
 */
int gpadl_create(struct vmbus_channel *ch, const u64 *pfns, u32 count, u32 bytes, u32 offset,
		 u32 *handle)
{
	struct vmbus *bus = to_chan(ch)->bus;
	u32 posted, gpadl = atomic_inc_return(&vmbus_connection.next_gpadl_handle) - 1;
	struct vmbus_req req = {
		.type = CHANNELMSG_GPADL_CREATED,
		.relid = chan_relid(ch),
		.key = gpadl,
		.chan = to_chan(ch),
	};
	struct vmbus_req late = { .type = req.type, .relid = req.relid, .key = gpadl };
	const struct vmbus_channel_gpadl_created *rsp = (void *)req.reply;
	int ret;

	*handle = 0;
	if (quarantine_full(bus)) {
		chan_bad(ch, VERR_QUARANTINE,
			 "the host keeps %zu MiB that it shall give back, nothing more is shared with it",
			 READ_ONCE(bus->quarantine_bytes) >> 20);
		return -ENOMEM;
	}
	/* An answer is given to the first that still waits. */
	vmbus_req_start(bus, &req);
	vmbus_req_start(bus, &late);
	ret = post_list(bus, chan_relid(ch), gpadl, bytes, offset, pfns, count, &posted);
	if (ret) {
		vmbus_req_cancel(bus, &req);
		vmbus_req_cancel(bus, &late);
		*handle = posted ? gpadl : 0;
		return ret;
	}
	ret = wait_created(ch, &req, &late, handle);
	if (ret)
		return ret;
	if (rsp->creation_status) {
		chan_bad(ch, VERR_REFUSED, "GPADL %#x of %u frames, status %#x", gpadl, count,
			 rsp->creation_status);
		return -EDQUOT;
	}
	*handle = gpadl;
	return 0;
}

/*
 * Tell the host to let go.  1: it answers to @req, and to @late if that is not NULL and the first
 * does not wait any more; both are started then.
 */
static int post_teardown(struct vmbus *bus, u32 relid, struct vmbus_req *req,
			 struct vmbus_req *late)
{
	struct vmbus_channel_gpadl_teardown msg = {
		.header.msgtype = CHANNELMSG_GPADL_TEARDOWN,
		.child_relid = relid,
		.gpadl = req->key,
	};
	enum vmbus_phase phase = READ_ONCE(bus->phase);
	int ret;

	if (phase == VMBUS_PHASE_DOWN)
		return 0;	/* unloaded, or never met: the host has nothing of ours */
	/* Its answer would not be heard; that to an unload is for all of it. */
	if (phase != VMBUS_PHASE_UP)
		return -ENOTCONN;
	/* Of a channel from before a pause: with the new contact the host forgot the old one. */
	if (relid == INVALID_RELID)
		return 0;
	vmbus_req_start(bus, req);
	if (late)
		vmbus_req_start(bus, late);
	ret = vmbus_post(bus, &msg, sizeof(msg));
	trace_vmbus_teardown_gpadl(&msg, ret);
	if (!ret)
		return 1;
	vmbus_req_cancel(bus, req);
	if (late)
		vmbus_req_cancel(bus, late);
	return ret;
}

/**
 * gpadl_destroy() - have the host let go of a list
 * @bus: the bus
 * @relid: channel that it was made for
 * @gpadl: handle
 * @timeout: for the answer
 *
 * Not cut short by a rescind: only the answer tells that the memory is ours.
 *
 * Context: may sleep.
 * Return: 0 if the memory is ours again; -ETIMEDOUT, -ENOTCONN if there is no connection to
 * ask by, or an error of vmbus_post() if the host may still use it.
 */
int gpadl_destroy(struct vmbus *bus, u32 relid, u32 gpadl, unsigned long timeout)
{
	struct vmbus_req req = { .type = CHANNELMSG_GPADL_TORNDOWN, .key = gpadl };
	int ret = post_teardown(bus, relid, &req, NULL);

	return ret <= 0 ? ret : vmbus_req_wait(bus, &req, timeout);
}

/**
 * gpadl_ask_back() - tell the host to let go of a closed channel's ring
 * @ch: channel
 * @gpadl: its ring's handle, not 0
 * @asked: for gpadl_wait_back(), which must follow
 *
 * Context: may sleep, but not for the answer.
 */
void gpadl_ask_back(struct vmbus_channel *ch, u32 gpadl, struct gpadl_asked *asked)
{
	struct vmbus_req late = { .type = CHANNELMSG_GPADL_TORNDOWN, .key = gpadl };

	asked->late = late;
	asked->req = late;
	asked->req.chan = to_chan(ch);
	asked->when = jiffies;
	asked->state = post_teardown(to_chan(ch)->bus, chan_relid(ch), &asked->req, &asked->late);
}

/**
 * gpadl_wait_back() - wait until the host has let go
 * @ch: channel
 * @asked: by gpadl_ask_back()
 * @deadline: jiffies
 *
 * A rescind cuts the wait short, not at once: the answer may be right behind it.  Some hosts do
 * not give it then.
 *
 * Context: may sleep.
 * Return: as gpadl_destroy().
 */
int gpadl_wait_back(struct vmbus_channel *ch, struct gpadl_asked *asked, unsigned long deadline)
{
	struct vmbus *bus = to_chan(ch)->bus;
	unsigned long end, back;
	int ret;

	if (asked->state <= 0)
		return asked->state;
	ret = vmbus_req_wait(bus, &asked->req, left_until(deadline));
	if (ret != -ENODEV) {
		vmbus_req_cancel(bus, &asked->late);
		return ret;
	}
	back = READ_ONCE(to_chan(ch)->back_since);
	end = (time_after(back, asked->when) ? back : asked->when) + RESCINDED_TEARDOWN;
	return vmbus_req_wait(bus, &asked->late,
			      left_until(time_before(end, deadline) ? end : deadline));
}

/* The patience that a channel's teardown deserves */
unsigned long gpadl_patience(const struct vmbus_channel *ch)
{
	unsigned long patience = vmbus_timeout();

	if (sub_unwanted(ch))
		return min_t(unsigned long, UNWANTED_TEARDOWN, patience);
	return chan_leaving(ch) ? min_t(unsigned long, RESCINDED_TEARDOWN, patience) : patience;
}

/**
 * vmbus_establish_gpadl() - share a buffer with the host
 * @channel: channel that it is for
 * @kbuffer: page-aligned kernel memory, linear or vmalloc
 * @size: in bytes, whole pages
 * @gpadl: gets the handle, and what is needed to undo
 *
 * The memory stays the caller's.  After a failure in which the host may have
 * mapped it all the same, its pages are kept from reuse until the host lets go,
 * even if the caller frees the buffer.
 *
 * Context: may sleep.
 * Return: 0 or a negative errno, as gpadl_create().
 */
int vmbus_establish_gpadl(struct vmbus_channel *channel, void *kbuffer, u32 size,
			  struct vmbus_gpadl *gpadl)
{
	u32 i, handle, offset = offset_in_hvpage(kbuffer), count;
	u64 *pfns;
	int ret;

	gpadl->gpadl_handle = 0;
	if (!size || size > U32_MAX - HV_HYP_PAGE_SIZE)
		return -EINVAL;
	count = HVPFN_UP(offset + size);
	if (count > GPADL_MAX_FRAMES)
		return -EINVAL;
	pfns = kvmalloc_array(count, sizeof(*pfns), GFP_KERNEL);
	if (!pfns)
		return -ENOMEM;
	for (i = 0; i < count; i++)
		pfns[i] = virt_to_hvpfn(kbuffer + ((size_t)i << HV_HYP_PAGE_SHIFT));

	ret = gpadl_create(channel, pfns, count, size, offset, &handle);
	kvfree(pfns);
	if (ret) {
		if (handle)
			quarantine_buffer(to_chan(channel)->bus, chan_relid(channel), handle,
					  kbuffer, size);
		return ret;
	}
	gpadl->gpadl_handle = handle;
	gpadl->buffer = kbuffer;
	gpadl->size = size;
	gpadl->decrypted = false;
	return 0;
}

/**
 * vmbus_teardown_gpadl() - take a shared buffer back
 * @channel: channel that it was for
 * @gpadl: from vmbus_establish_gpadl(); its handle is cleared on success
 *
 * Context: may sleep.
 * Return: 0: the memory is the caller's alone.  -ETIMEDOUT, -ENOTCONN, -EAGAIN, -EIO: the
 * host may still use it; the caller may free it, its pages are kept from reuse.
 */
int vmbus_teardown_gpadl(struct vmbus_channel *channel, struct vmbus_gpadl *gpadl)
{
	struct vmbus *bus = to_chan(channel)->bus;
	int ret;

	if (!gpadl->gpadl_handle)
		return 0;
	ret = gpadl_destroy(bus, chan_relid(channel), gpadl->gpadl_handle, gpadl_patience(channel));
	if (ret)
		quarantine_buffer(bus, chan_relid(channel), gpadl->gpadl_handle, gpadl->buffer,
				  gpadl->size);
	else
		gpadl->gpadl_handle = 0;
	return ret;
}

static const char *who_waits(bool kept)
{
	return kept ? "its memory is in quarantine" : "nobody waits";
}

void vmbus_on_gpadl_created(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_gpadl_created *m = msg;

	trace_vmbus_ongpadl_created(m);
	if (vmbus_req_answer(bus, CHANNELMSG_GPADL_CREATED, m->child_relid, m->gpadl, msg, len))
		return;
	vmbus_bad(bus, VERR_LATE_REPLY, "GPADL %#x (relid %u) created, %s", m->gpadl,
		  m->child_relid,
		  who_waits(quarantine_answer(bus, m->gpadl, !m->creation_status)));
}

void vmbus_on_gpadl_torndown(struct vmbus *bus, const void *msg, size_t len)
{
	const struct vmbus_channel_gpadl_torndown *m = msg;

	trace_vmbus_ongpadl_torndown(m);
	if (vmbus_req_answer(bus, CHANNELMSG_GPADL_TORNDOWN, 0, m->gpadl, msg, len))
		return;
	vmbus_bad(bus, VERR_LATE_REPLY, "GPADL %#x torn down, %s", m->gpadl,
		  who_waits(quarantine_answer(bus, m->gpadl, false)));
}
