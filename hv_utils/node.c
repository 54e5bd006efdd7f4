// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which services wait for a daemon: their names in /dev/vmbus, and who of them
 * is meant by a message of the connector.  A host may offer a service twice;
 * then the first is "hv_kvp", as daemons expect, and the second "hv_kvp1".
 *
 * The list is the driver's, not a device's: two devices have to agree on names,
 * and the connector passes nothing of ours to its callback.
 */
#include <linux/list.h>
#include "daemon.h"

static DEFINE_MUTEX(node_lock);	/* protects node_list; before ic->lock */
static LIST_HEAD(node_list);

static struct dmn *find_number(const struct dmn_ops *ops, unsigned int number)
{
	struct dmn *dmn;

	list_for_each_entry(dmn, &node_list, node_entry)
		if (dmn->ops == ops && dmn->number == number)
			return dmn;
	return NULL;
}

/**
 * node_claim() - take the lowest free number of a service
 * @dmn: a daemon's side of a service; its number and name are set
 *
 * Only the first of a service listens to the connector.
 */
void node_claim(struct dmn *dmn)
{
	mutex_lock(&node_lock);
	dmn->number = 0;
	while (find_number(dmn->ops, dmn->number))
		dmn->number++;
	snprintf(dmn->node, sizeof(dmn->node), dmn->number ? "vmbus/%s%u" : "vmbus/%s",
		 dmn->ops->node, dmn->number);
	list_add_tail(&dmn->node_entry, &node_list);
	mutex_unlock(&node_lock);
}

/**
 * node_release() - give it back
 * @dmn: a daemon's side of a service; no message of the connector reaches it any more
 *
 * Context: without ic->lock.
 */
void node_release(struct dmn *dmn)
{
	mutex_lock(&node_lock);
	list_del(&dmn->node_entry);
	mutex_unlock(&node_lock);
}

/**
 * node_input() - a message of the connector
 * @id: whom it is for
 * @msg: the message
 * @len: its length
 *
 * The lock on the list keeps the service while it is at work.
 */
void node_input(const struct cb_id *id, const void *msg, u32 len)
{
	struct dmn *dmn;

	mutex_lock(&node_lock);
	list_for_each_entry(dmn, &node_list, node_entry) {
		if (dmn->number || dmn->ops->connector.idx != id->idx ||
		    dmn->ops->connector.val != id->val)
			continue;
		mutex_lock(&dmn->ic->lock);
		dmn_input(dmn, DMN_CONNECTOR, msg, len);
		mutex_unlock(&dmn->ic->lock);
		break;
	}
	mutex_unlock(&node_lock);
}
