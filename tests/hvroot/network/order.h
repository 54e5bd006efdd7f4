/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: what a guest may say to its NIC at this moment of their conversation. */
#ifndef HVROOT_NET_ORDER_H
#define HVROOT_NET_ORDER_H

#include <stdbool.h>
#include <stdint.h>

struct net_order {		/* what has come since the channel was opened */
	bool ndis, config, recv, send;
	bool rndis;		/* RNDIS INITIALIZE */
	bool revoked;		/* one of the buffers */
};

/* Takes note of an NVSP message; NULL, or why the host does nothing more for this guest. */
const char *order_nvsp(struct net_order *o, uint32_t version, uint32_t type);
/* The same for an RNDIS message; @control: the packet says that it is one of control. */
const char *order_rndis(struct net_order *o, uint32_t type, bool control, bool sub);

#endif
