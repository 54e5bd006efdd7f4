// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel as an object: made for an offer, counted by references, found by the number that
 * the host knows it by, freed when nobody refers to it any more.
 */
#include <linux/slab.h>
#include "vmbus_priv.h"

static void rings_init(struct vmbus_channel *ch)
{
	struct hv_ring_buffer_info *rbi[] = { &ch->outbound, &ch->inbound };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(rbi); i++) {
		spin_lock_init(&rbi[i]->ring_lock);
		mutex_init(&rbi[i]->ring_buffer_mutex);
	}
}

/**
 * chan_alloc() - a channel for an offer
 * @bus: the bus
 * @offer: checked copy of the offer
 *
 * Return: channel with one reference, in no list; NULL without memory.
 */
struct vmbus_chan *chan_alloc(struct vmbus *bus, const struct vmbus_channel_offer_channel *offer)
{
	struct vmbus_chan *chan = kzalloc(sizeof(*chan), GFP_KERNEL);
	struct vmbus_channel *ch;

	if (!chan)
		return NULL;
	chan->bus = bus;
	chan_set_offer(&chan->ch, offer);
	if (affinity_alloc(chan)) {
		kfree(chan);
		return NULL;
	}
	spin_lock_init(&chan->life_lock);
	mutex_init(&chan->reg);
	mutex_init(&chan->move);
	mutex_init(&chan->tell);
	init_completion(&chan->listed);
	ch = &chan->ch;
	rings_init(ch);
	INIT_LIST_HEAD(&ch->listentry);
	INIT_LIST_HEAD(&ch->sc_list);
	INIT_LIST_HEAD(&chan->new_subs);
	INIT_LIST_HEAD(&chan->closing);
	INIT_WORK(&chan->late_work, chan_late_open);
	init_completion(&ch->rescind_event);
	spin_lock_init(&ch->sched_lock);
	spin_lock_init(&ch->requestor.req_lock);
	tasklet_init(&ch->callback_event, intr_on_event, (unsigned long)ch);
	ch->max_pkt_size = VMBUS_DEFAULT_MAX_PKT_SIZE;
	chan->life = LIFE_NEW;
	chan->serial = quarantine_serial();
	ch->state = life_public(LIFE_NEW);
	kobject_init(&ch->kobj, &vmbus_chan_ktype);
	return chan;
}

/**
 * chan_set_offer() - take over what the host says about a channel
 * @ch: channel
 * @offer: checked copy
 *
 * Context: nobody signals the channel (new, or the system resumes).
 */
void chan_set_offer(struct vmbus_channel *ch, const struct vmbus_channel_offer_channel *offer)
{
	ch->offermsg = *offer;
	ch->monitor_grp = offer->monitorid / 32;
	ch->monitor_bit = offer->monitorid % 32;
	ch->is_dedicated_interrupt = offer->is_dedicated_interrupt;
	ch->sig_event = offer->connection_id;
	ch->device_id = devtype_of(offer);
}

/* The last reference is gone: interrupts may still look at it until a grace period is over. */
void chan_free(struct vmbus_chan *chan)
{
	if (chan->ch.primary_channel)
		chan_put(chan->ch.primary_channel);
	kfree(chan->on_cpu);
	kfree_rcu(chan, ch.rcu);
}

void chan_get(struct vmbus_channel *ch)
{
	kobject_get(&ch->kobj);
}

void chan_put(struct vmbus_channel *ch)
{
	kobject_put(&ch->kobj);
}

/**
 * vmbus_relid_get() - channel of a relid
 * @bus: the bus
 * @relid: any number
 *
 * Return: channel with a reference, or NULL.
 */
struct vmbus_channel *vmbus_relid_get(struct vmbus *bus, u32 relid)
{
	struct vmbus_chan *chan;

	if (relid >= VMBUS_RELIDS)
		return NULL;
	rcu_read_lock();
	chan = rcu_dereference(bus->relid[relid]);
	if (chan && !kobject_get_unless_zero(&chan->ch.kobj))
		chan = NULL;
	rcu_read_unlock();
	return chan ? &chan->ch : NULL;
}

/**
 * vmbus_relid_next() - walk through all channels that are found by a relid
 * @bus: the bus
 * @relid: where the walk is, 0 before it begins
 *
 * Return: the next channel with a reference, or NULL at the end.
 */
struct vmbus_channel *vmbus_relid_next(struct vmbus *bus, u32 *relid)
{
	struct vmbus_channel *ch = NULL;

	while (!ch && ++*relid < VMBUS_RELIDS)
		ch = vmbus_relid_get(bus, *relid);
	return ch;
}

/**
 * chan_reset_driver() - forget what a driver has set, for the next one
 * @ch: closed channel of a device that lost its driver
 */
void chan_reset_driver(struct vmbus_channel *ch)
{
	ch->sc_creation_callback = NULL;
	ch->chn_rescind_callback = NULL;
	ch->change_target_cpu_callback = NULL;
	ch->next_request_id_callback = NULL;
	ch->request_addr_callback = NULL;
	ch->per_channel_state = NULL;
	ch->callback_mode = HV_CALL_BATCHED;
	ch->low_latency = false;
	ch->rqstor_size = 0;
	ch->max_pkt_size = VMBUS_DEFAULT_MAX_PKT_SIZE;
	clear_bit(CHAN_RING_BLOCK, &to_chan(ch)->flags);
	clear_bit(CHAN_NO_SUBS, &to_chan(ch)->flags);
	/* In-tree hv_utils disables it for a pause, and may not have come back from that. */
	atomic_set(&ch->callback_event.count, 0);
}
