/* SPDX-License-Identifier: GPL-2.0-only */
/* Key-value pairs: the host's messages to the daemon's and back.  Pure. */
#ifndef _HVU_KVP_MSG_H
#define _HVU_KVP_MSG_H

#include <uapi/linux/hyperv.h>
#include <hv/ic_wire.h>

u32 kvp_from_host(struct hv_kvp_msg *to, const void *data, u32 len, int version);
u32 kvp_to_host(void *data, const struct hv_kvp_msg *from, int version);

/* ---- kvp_addr.c ---- */

u32 kvp_addr_from_host(struct hv_kvp_ipaddr_value *to, const struct hv_kvp_ip5 *m);
void kvp_addr_to_host(struct hv_kvp_ip5 *m, const struct hv_kvp_ipaddr_value *from);

#endif
