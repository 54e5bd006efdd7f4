// SPDX-License-Identifier: GPL-2.0-only
/*
 * One hardware queue for each channel: their memory, and which CPU uses which.
 */
#include <linux/blk-mq.h>
#include <linux/cpumask.h>
#include <linux/crash_dump.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "storvsc.h"

#define STOR_KDUMP_DEPTH	32U

static int stor_alloc_queue(const struct stor_ctl *ctl, struct stor_queue *q)
{
	spin_lock_init(&q->lock);
	q->big = kvzalloc(STOR_MPB_LEN(ctl->max_frames), GFP_KERNEL);
	return q->big ? 0 : -ENOMEM;
}

static void stor_put_queues(struct stor_queue *queues, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		kvfree(queues[i].big);
	kvfree(queues);
}

/**
 * stor_alloc_queues() - memory for all queues, nothing per command later
 * @ctl: controller, negotiated; nr_queues is set
 *
 * Return: 0 or -ENOMEM, with no queues then.
 */
int stor_alloc_queues(struct stor_ctl *ctl)
{
	struct stor_queue *queues;
	struct stor_slot *slots;
	u16 *queue_of;
	unsigned int i;

	ctl->depth = stor_depth(ctl->ring_size, ctl->nr_queues);
	/* a crash kernel has little memory and one disk to write to */
	if (is_kdump_kernel())
		ctl->depth = min(ctl->depth, STOR_KDUMP_DEPTH);
	slots = kvcalloc(ctl->depth, sizeof(*slots), GFP_KERNEL);
	queues = kvcalloc(ctl->nr_queues, sizeof(*queues), GFP_KERNEL);
	queue_of = kvcalloc(nr_cpu_ids, sizeof(*queue_of), GFP_KERNEL);
	if (!queues || !slots || !queue_of) {
		kvfree(queue_of);
		kvfree(queues);
		kvfree(slots);
		return -ENOMEM;
	}
	for (i = 0; i < ctl->nr_queues; i++) {
		queues[i].index = i;
		if (stor_alloc_queue(ctl, &queues[i])) {
			stor_put_queues(queues, ctl->nr_queues);
			kvfree(queue_of);
			kvfree(slots);
			return -ENOMEM;
		}
	}
	ctl->queue_of = queue_of;
	ctl->queues = queues;
	/*
	 * pairs with the address dependency in stor_on_completion(): what the
	 * host completes that was never sent finds whole slots or none
	 */
	smp_store_release(&ctl->slots, slots);
	return 0;
}

void stor_free_queues(struct stor_ctl *ctl)
{
	if (ctl->queues)
		stor_put_queues(ctl->queues, ctl->nr_queues);
	ctl->queues = NULL;
	kvfree(ctl->queue_of);
	ctl->queue_of = NULL;
	kvfree(ctl->slots);
	ctl->slots = NULL;
}

/* The least used queue, one on the CPU's own node if there is any; under RCU. */
static unsigned int stor_queue_for(struct stor_ctl *ctl, unsigned int cpu,
				   const unsigned int *users)
{
	unsigned int best = 0, best_cost = UINT_MAX;
	unsigned int i;

	for (i = 0; i < stor_nr_irq(ctl); i++) {
		struct vmbus_channel *channel = rcu_dereference(ctl->chans[i].channel);
		unsigned int cost = users[i];

		if (!channel || cpu_to_node(channel->target_cpu) != cpu_to_node(cpu))
			cost += nr_cpu_ids;
		if (cost < best_cost) {
			best_cost = cost;
			best = i;
		}
	}
	return best;
}

/*
 * The CPU that takes a channel's interrupts submits to that channel, so its
 * commands complete where they began; the other CPUs spread over the queues
 * of their node.
 */
static void stor_map_irq(struct stor_ctl *ctl, struct blk_mq_queue_map *map)
{
	unsigned int *users = kcalloc(stor_nr_irq(ctl), sizeof(*users), GFP_KERNEL);
	cpumask_var_t homes;
	unsigned int cpu, i;

	if (!users || !zalloc_cpumask_var(&homes, GFP_KERNEL)) {
		kfree(users);
		blk_mq_map_queues(map);
		return;
	}
	rcu_read_lock();
	for (i = 0; i < stor_nr_irq(ctl); i++) {
		struct vmbus_channel *channel = rcu_dereference(ctl->chans[i].channel);

		if (!channel || cpumask_test_cpu(channel->target_cpu, homes))
			continue;
		cpumask_set_cpu(channel->target_cpu, homes);
		map->mq_map[channel->target_cpu] = i;
		users[i]++;
	}
	for_each_possible_cpu(cpu) {
		if (cpumask_test_cpu(cpu, homes))
			continue;
		i = stor_queue_for(ctl, cpu, users);
		map->mq_map[cpu] = i;
		users[i]++;
	}
	rcu_read_unlock();
	free_cpumask_var(homes);
	kfree(users);
}

/**
 * stor_map_queues() - which CPU submits to which queue
 * @shost: SCSI host
 */
void stor_map_queues(struct Scsi_Host *shost)
{
	struct blk_mq_queue_map *map = shost->tag_set.map;
	struct stor_ctl *ctl = shost_priv(shost);
	unsigned int cpu;

	map[HCTX_TYPE_DEFAULT].nr_queues = stor_nr_irq(ctl);
	stor_map_irq(ctl, &map[HCTX_TYPE_DEFAULT]);
	/* the midlayer's own goes with its host, beside those who look after the channels */
	for_each_possible_cpu(cpu)
		WRITE_ONCE(ctl->queue_of[cpu], map[HCTX_TYPE_DEFAULT].mq_map[cpu]);
	if (!ctl->nr_polled)
		return;
	map[HCTX_TYPE_READ].nr_queues = 0;	/* as the others */
	map[HCTX_TYPE_POLL].nr_queues = ctl->nr_polled;
	map[HCTX_TYPE_POLL].queue_offset = stor_nr_irq(ctl);
	blk_mq_map_queues(&map[HCTX_TYPE_POLL]);
}
