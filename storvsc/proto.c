// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests of the driver's own: send one, wait for the answer with a limit,
 * and the handshake that is made of such requests.
 *
 * A request that the host does not answer in time stays in the table, with
 * the memory that the host may still write, until the answer comes or the
 * channel is closed; the caller gets its error at once.
 */
#include <linux/dma-mapping.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include "storvsc.h"

static void stor_call_free(struct kref *ref)
{
	struct stor_call *call = container_of(ref, struct stor_call, ref);

	if (call->data) {
		dma_unmap_single(&call->ctl->dev->device, call->dma,
				 call->data_len, DMA_FROM_DEVICE);
		free_page((unsigned long)call->data);
	}
	kfree(call);
}

void stor_call_put(struct stor_call *call)
{
	kref_put(&call->ref, stor_call_free);
}

static bool stor_call_map(struct stor_call *call, u32 len)
{
	struct device *dev = &call->ctl->dev->device;

	call->data = (void *)get_zeroed_page(GFP_NOIO);
	if (!call->data)
		return false;
	call->dma = dma_map_single(dev, call->data, len, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, call->dma)) {
		free_page((unsigned long)call->data);
		call->data = NULL;
		return false;
	}
	call->data_len = len;
	return true;
}

/**
 * stor_call_new() - prepare a request
 * @ctl: controller
 * @op: HV_STOR_* operation
 * @data_len: room for data from the device, up to a page; 0 for none
 *
 * Return: a request whose packet the caller may complete, or NULL.
 */
struct stor_call *stor_call_new(struct stor_ctl *ctl, u32 op, u32 data_len)
{
	struct stor_call *call = kzalloc(sizeof(*call), GFP_NOIO);

	if (!call)
		return NULL;
	call->ctl = ctl;
	kref_init(&call->ref);
	init_completion(&call->done);
	call->pkt.operation = cpu_to_le32(op);
	call->pkt.flags = cpu_to_le32(HV_STOR_FLAG_COMPLETION);
	if (data_len && !stor_call_map(call, data_len)) {
		kfree(call);
		return NULL;
	}
	return call;
}

/* Put into the table, which is where answers look; returns the id or 0. */
static u64 stor_call_enter(struct stor_call *call)
{
	struct stor_ctl *ctl = call->ctl;
	unsigned long flags;
	u64 id = 0;
	u16 i;

	spin_lock_irqsave(&ctl->call_lock, flags);
	for (i = 0; i < STOR_CALLS && ctl->calls[i]; i++)
		;
	if (i < STOR_CALLS && !test_bit(STOR_GONE, &ctl->state)) {
		if (!++ctl->call_gen)
			ctl->call_gen = 1;
		call->gen = ctl->call_gen;
		kref_get(&call->ref);
		ctl->calls[i] = call;
		id = stor_id_pack(call->gen, STOR_ID_INTERNAL, i);
	}
	spin_unlock_irqrestore(&ctl->call_lock, flags);
	return id;
}

/* Take out of the table; the one who gets it owns the table's reference. */
static struct stor_call *stor_call_leave(struct stor_ctl *ctl, u16 index,
					 u32 gen)
{
	struct stor_call *call = NULL;
	unsigned long flags;

	if (index >= STOR_CALLS)
		return NULL;
	spin_lock_irqsave(&ctl->call_lock, flags);
	if (ctl->calls[index] && ctl->calls[index]->gen == gen) {
		call = ctl->calls[index];
		ctl->calls[index] = NULL;
	}
	spin_unlock_irqrestore(&ctl->call_lock, flags);
	return call;
}

static int stor_call_send(struct stor_call *call, u64 id)
{
	struct vmbus_channel *channel = call->ctl->dev->channel;
	struct {
		struct vmbus_packet_mpb_array mpb;
		u64 frame;
	} __packed range = {};

	if (!call->data)
		return vmbus_sendpacket(channel, &call->pkt, sizeof(call->pkt),
					id, VM_PKT_DATA_INBAND,
					VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);

	range.mpb.rangecount = 1;
	range.mpb.range.len = call->data_len;
	range.mpb.range.offset = offset_in_hvpage(call->dma);
	range.frame = HVPFN_DOWN(call->dma);
	return vmbus_sendpacket_mpb_desc(channel, &range.mpb, sizeof(range),
					 &call->pkt, sizeof(call->pkt), id);
}

static bool stor_is_reset(u32 op)
{
	return op == HV_STOR_RESET_LUN || op == HV_STOR_RESET_ADAPTER ||
	       op == HV_STOR_RESET_BUS;
}

/*
 * The bus does not tell drivers of a rescind while they wait, so look.  A device
 * that is about to go waits for resets only, on which commands depend.
 */
static int stor_call_wait(struct stor_call *call, u32 op, unsigned long timeout)
{
	struct stor_ctl *ctl = call->ctl;
	unsigned long start = jiffies;
	bool said = false;

	while (!wait_for_completion_timeout(&call->done, HZ / 10)) {
		if (ctl->dev->channel->rescind)
			return -ENODEV;
		if (test_bit(STOR_HURRY, &ctl->state) && !stor_is_reset(op) &&
		    !test_bit(STOR_LAST_LOOK, &ctl->state))
			return -ECANCELED;
		if (time_after(jiffies, start + timeout))
			return -ETIMEDOUT;
		if (!said && time_after(jiffies, start + STOR_LOUD_AFTER)) {
			said = true;
			dev_warn(&ctl->dev->device,
				 "no answer to operation %u for %u s, waiting on\n",
				 op, STOR_LOUD_AFTER / HZ);
		}
	}
	return call->error;
}

/**
 * stor_call_run() - send a request on the primary channel and wait
 * @call: prepared request; on success its packet is the answer
 * @timeout: limit in jiffies
 *
 * Context: process, may sleep.
 *
 * Return: 0, -ETIMEDOUT, -ENODEV if the host or the channel is gone,
 * -EBUSY if too many requests were never answered, or what the bus said.
 */
int stor_call_run(struct stor_call *call, unsigned long timeout)
{
	struct stor_ctl *ctl = call->ctl;
	u32 op = le32_to_cpu(call->pkt.operation);
	struct stor_call *mine;
	int ret = 0;
	u64 id;

	/* as a sender: whoever sees STOR_GONE clear is waited for before a close */
	rcu_read_lock();
	id = stor_call_enter(call);
	if (id)
		ret = stor_call_send(call, id);
	rcu_read_unlock();

	if (!id)
		return test_bit(STOR_GONE, &ctl->state) ? -ENODEV : -EBUSY;
	if (ret) {
		struct stor_id where = stor_id_unpack(id);

		mine = stor_call_leave(ctl, where.index, where.gen);
		if (mine)
			stor_call_put(mine);
		return ret;
	}

	ret = stor_call_wait(call, op, timeout);
	if (ret) {
		stor_count(ctl, CALL_TIMEOUT);
		stor_report(ctl, STOR_LOG_ERROR,
			    "no answer to operation %u (error %d)\n", op, ret);
	}
	return ret;
}

/**
 * stor_call_answer() - a completion with an internal id arrived
 * @ctl: controller
 * @id: the id taken apart
 * @pkt: private copy of the packet, whole
 *
 * Context: channel callback.
 */
void stor_call_answer(struct stor_ctl *ctl, struct stor_id id,
		      const struct hv_stor_packet *pkt)
{
	struct stor_call *call = stor_call_leave(ctl, id.index, id.gen);

	if (!call) {
		stor_count(ctl, STALE_ID);
		stor_report(ctl, STOR_LOG_ERROR,
			    "answer to no request: index %u generation %u\n",
			    id.index, id.gen);
		return;
	}
	if (kref_read(&call->ref) == 1)
		stor_count(ctl, LATE_ANSWER);
	call->pkt = *pkt;
	complete(&call->done);
	stor_call_put(call);
}

/**
 * stor_calls_fail() - nobody will answer any more
 * @ctl: controller whose channels are closed
 */
void stor_calls_fail(struct stor_ctl *ctl)
{
	struct stor_call *call;
	unsigned long flags;
	u16 i;

	for (i = 0; i < STOR_CALLS; i++) {
		spin_lock_irqsave(&ctl->call_lock, flags);
		call = ctl->calls[i];
		ctl->calls[i] = NULL;
		spin_unlock_irqrestore(&ctl->call_lock, flags);
		if (!call)
			continue;
		call->error = -ENODEV;
		complete(&call->done);
		stor_call_put(call);
	}
}

/*
 * One handshake step: send what *pkt says, get the answer in *pkt.  A refusal
 * is the (positive) NTSTATUS, everything else an error.
 */
static int stor_step(struct stor_ctl *ctl, u32 op, struct hv_stor_packet *pkt,
		     u32 *status, unsigned long timeout)
{
	struct stor_call *call = stor_call_new(ctl, op, 0);
	int ret;

	if (!call)
		return -ENOMEM;
	memcpy(call->pkt.payload, pkt->payload, sizeof(pkt->payload));
	ret = stor_call_run(call, timeout);
	if (!ret) {
		*pkt = call->pkt;
		*status = le32_to_cpu(pkt->status);
	}
	stor_call_put(call);
	return ret;
}

/* A step that the host has no reason to refuse. */
static int stor_must_within(struct stor_ctl *ctl, u32 op, struct hv_stor_packet *pkt,
			    unsigned long timeout)
{
	u32 status = 0;
	int ret = stor_step(ctl, op, pkt, &status, timeout);

	if (!ret && status) {
		stor_report(ctl, STOR_LOG_ERROR,
			    "host refused operation %u with status %#x\n",
			    op, status);
		ret = -EIO;
	}
	return ret;
}

static int stor_must(struct stor_ctl *ctl, u32 op, struct hv_stor_packet *pkt)
{
	return stor_must_within(ctl, op, pkt, stor_step_timeout());
}

static int stor_ask_version(struct stor_ctl *ctl)
{
	static const u16 versions[] = {
		HV_STOR_V6_2, HV_STOR_V6_0, HV_STOR_V5_1,
	};
	struct hv_stor_packet pkt;
	unsigned int i;
	u32 status;
	int ret;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		memset(&pkt, 0, sizeof(pkt));
		pkt.version.version = cpu_to_le16(versions[i]);
		ret = stor_step(ctl, HV_STOR_QUERY_VERSION, &pkt, &status,
				stor_step_timeout());
		if (ret)
			return ret;
		if (!status) {
			ctl->version = versions[i];
			return 0;
		}
	}
	stor_report(ctl, STOR_LOG_ERROR,
		    "host knows no protocol version of ours (status %#x)\n",
		    status);
	return -EPROTO;
}

static int stor_ask_properties(struct stor_ctl *ctl)
{
	struct hv_stor_packet pkt = {};
	int ret = stor_must(ctl, HV_STOR_QUERY_PROPERTIES, &pkt);
	u32 claimed = le32_to_cpu(pkt.properties.max_transfer);

	if (ret)
		return ret;
	ctl->max_transfer = stor_clamp_transfer(claimed, ctl->ring_size,
						ctl->kind->max_transfer);
	if (ctl->max_transfer != claimed)
		dev_info(&ctl->dev->device,
			 "host claims %u bytes per transfer, using %u\n",
			 claimed, ctl->max_transfer);
	/* one more, for a buffer that starts inside a page; there are page lists once */
	if (!ctl->slots)
		ctl->max_frames = DIV_ROUND_UP(ctl->max_transfer,
					       HV_HYP_PAGE_SIZE) + 1;
	ctl->max_subchans = 0;
	if (le32_to_cpu(pkt.properties.flags) & HV_STOR_PROP_MULTI_CHANNEL)
		ctl->max_subchans = le16_to_cpu(pkt.properties.max_subchannels);
	return 0;
}

static int stor_ask_wwn(struct stor_ctl *ctl)
{
	struct hv_stor_packet pkt = {};
	int ret = stor_must(ctl, HV_STOR_FC_HBA_DATA, &pkt);
	bool first = pkt.fc.primary_active;

	if (ret)
		return ret;
	/* two pairs, of which one is logged in to the fabric */
	memcpy(ctl->wwn, first ? pkt.fc.primary_port : pkt.fc.secondary_port, 8);
	memcpy(ctl->wwn + 8, first ? pkt.fc.primary_node : pkt.fc.secondary_node, 8);
	return 0;
}

/**
 * stor_negotiate() - the handshake on a freshly opened primary channel
 * @ctl: controller; version, max_transfer, max_frames, max_subchans are set
 *
 * BEGIN, version, properties, END, as the storage protocol orders them.
 *
 * Return: 0 or an error that names the first step that failed.
 */
int stor_negotiate(struct stor_ctl *ctl)
{
	struct hv_stor_packet pkt = {};
	int ret;

	ret = stor_must(ctl, HV_STOR_BEGIN_INIT, &pkt);
	if (!ret)
		ret = stor_ask_version(ctl);
	if (!ret)
		ret = stor_ask_properties(ctl);
	if (!ret && ctl->kind->fc)
		ret = stor_ask_wwn(ctl);
	if (!ret) {
		memset(&pkt, 0, sizeof(pkt));
		ret = stor_must(ctl, HV_STOR_END_INIT, &pkt);
	}
	return ret;
}

/**
 * stor_create_subchans() - ask the host to offer more channels
 * @ctl: controller
 * @count: how many; the offers come later, to the bus
 *
 * The disks wait for this, and need none of them: a host may answer, and offer, later.
 *
 * Return: 0 or an error; without them everything works, on one channel.
 */
int stor_create_subchans(struct stor_ctl *ctl, u16 count)
{
	struct hv_stor_packet pkt = {};

	pkt.subchannels = cpu_to_le16(count);
	return stor_must_within(ctl, HV_STOR_CREATE_SUBCHANNELS, &pkt,
				min_t(unsigned long, stor_step_timeout(), STOR_SUBCHAN_TIMEOUT));
}
