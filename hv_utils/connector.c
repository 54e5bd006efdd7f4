// SPDX-License-Identifier: GPL-2.0-only
/*
 * Daemons of before Linux 4.2 talk over the netlink connector: the same
 * messages, in both directions, to the group that has the service's id.
 */
#include <linux/capability.h>
#include <linux/slab.h>
#include "daemon.h"

#if IS_REACHABLE(CONFIG_CONNECTOR)

static void cn_receive(struct cn_msg *cn, struct netlink_skb_parms *from)
{
	if (capable(CAP_SYS_ADMIN))
		node_input(&cn->id, cn->data, cn->len);
}

/**
 * cn_start() - listen
 * @dmn: a daemon's side of a service
 */
int cn_start(struct dmn *dmn)
{
	if (!dmn->ops->connector.idx || dmn->number)
		return 0;
	return cn_add_callback(&dmn->ops->connector, dmn->ops->node, cn_receive);
}

/**
 * cn_stop() - listen no more
 * @dmn: a daemon's side of a service
 */
void cn_stop(struct dmn *dmn)
{
	if (dmn->ops->connector.idx && !dmn->number)
		cn_del_callback(&dmn->ops->connector);
}

/**
 * cn_send() - send a message to whoever listens
 * @dmn: a daemon's side of a service
 * @msg: the message
 * @len: its length
 *
 * Return: 0, or an error if nobody listens.
 */
int cn_send(struct dmn *dmn, const void *msg, u32 len)
{
	struct cn_msg *cn = kzalloc(sizeof(*cn) + len, GFP_KERNEL);
	int ret;

	if (!cn)
		return -ENOMEM;
	cn->id = dmn->ops->connector;
	cn->len = len;
	memcpy(cn->data, msg, len);
	ret = cn_netlink_send(cn, 0, 0, GFP_KERNEL);
	kfree(cn);
	return ret;
}

#else

int cn_start(struct dmn *dmn)
{
	return 0;
}

void cn_stop(struct dmn *dmn)
{
}

int cn_send(struct dmn *dmn, const void *msg, u32 len)
{
	return -EOPNOTSUPP;
}

#endif
