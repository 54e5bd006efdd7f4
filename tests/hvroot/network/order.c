// SPDX-License-Identifier: GPL-2.0-only
/*
 * The order in which a host takes messages. OpenVMM (netvsp, initialize() and
 * handle_rndis_control_message()) ends a channel's work at the first that comes too early,
 * or twice: the guest hears nothing more until it opens the channel again.
 */
#include <stddef.h>
#include "network/order.h"
#include "network/wire.h"

/* What is said once, while buffers and RNDIS are still to come. */
static const char *once(struct net_order *o, bool *said, const char *why)
{
	if (*said || o->rndis)
		return why;
	*said = true;
	return NULL;
}

const char *order_nvsp(struct net_order *o, uint32_t version, uint32_t type)
{
	bool config = o->config || version < NVSP_V2;

	if (type == NVSP_REVOKE_RECV_BUF || type == NVSP_REVOKE_SEND_BUF) {
		o->revoked = true;
		return NULL;
	}
	if (o->revoked)
		return "a message behind the one that took a buffer back";
	switch (type) {
	case NVSP_NDIS_VERSION:
		return once(o, &o->ndis, "NDIS version twice, or late");
	case NVSP_NDIS_CONFIG:
		return once(o, &o->config, "NDIS configuration twice, or late");
	case NVSP_RECV_BUF:
		if (!config)
			return "a receive buffer before the NDIS configuration";
		return once(o, &o->recv, "a receive buffer twice, or late");
	case NVSP_SEND_BUF:
		return once(o, &o->send, "a send buffer twice, or late");
	case NVSP_RNDIS:
		return config && o->ndis && o->recv ? NULL : "RNDIS before NDIS version, configuration and receive buffer";
	}
	return NULL;
}

const char *order_rndis(struct net_order *o, uint32_t type, bool control, bool sub)
{
	if (control != (type != RNDIS_PACKET))
		return "an RNDIS message of another kind than its packet says";
	if (sub && control)
		return "an RNDIS control message on a sub-channel";
	if (type != RNDIS_INITIALIZE)
		return o->rndis ? NULL : "an RNDIS message before RNDIS is initialized";
	if (o->rndis)
		return "RNDIS initialized twice";
	o->rndis = true;
	return NULL;
}
