/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets to the host: what answers a request for one. Pure. */
#ifndef _HV_TL_H
#define _HV_TL_H

#include <linux/hyperv.h>
#include <linux/types.h>

/**
 * struct tl_connect_result - the host refuses a socket ("TL_CONNECT_RESULT")
 * @header: type 23
 * @guest_endpoint_id: as in the request
 * @host_service_id: as in the request
 * @status: why, an NTSTATUS
 */
struct tl_connect_result {
	struct vmbus_channel_message_header header;
	guid_t guest_endpoint_id;
	guid_t host_service_id;
	u32 status;
} __packed;
static_assert(sizeof(struct tl_connect_result) == 44);

/**
 * struct tl_ends - which socket
 * @guest: first four bytes of the guest's endpoint, which are its port
 * @host: the same of the host's service
 */
struct tl_ends {
	u32 guest;
	u32 host;
};

void tl_ends_of(const guid_t *guest, const guid_t *host, struct tl_ends *ends);
bool tl_answered(const void *msg, struct tl_ends *ends);
int tl_verdict(const void *msg);

#endif
