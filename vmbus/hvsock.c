// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets to the host: asking for a connection.  The answer is an offer of a
 * socket channel; or, from VMBus 4.1 on, a refusal.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "trace.h"
#include "vmbus_priv.h"

/* 5.2 added the silo of the guest to the message; we are in none. */
struct tl_connect_5_2 {
	struct vmbus_channel_tl_connect_request request;
	guid_t silo;
} __packed;
static_assert(sizeof(struct tl_connect_5_2) == 56);

/**
 * vmbus_send_tl_connect_request() - ask the host for a socket
 * @shv_guest_servie_id: endpoint in the guest
 * @shv_host_servie_id: service of the host
 *
 * Context: may sleep.
 * Return: 0 if the host was asked; -EOPNOTSUPP before VMBus 4.0; or an error of vmbus_post().
 */
int vmbus_send_tl_connect_request(const guid_t *shv_guest_servie_id,
				  const guid_t *shv_host_servie_id)
{
	struct tl_connect_5_2 msg = {
		.request = {
			.header.msgtype = CHANNELMSG_TL_CONNECT_REQUEST,
			.guest_endpoint_id = *shv_guest_servie_id,
			.host_service_id = *shv_host_servie_id,
		},
	};
	size_t len = vmbus_proto_version < VERSION_WIN10_V5_2 ? sizeof(msg.request) : sizeof(msg);
	int ret;

	if (vmbus_proto_version < VERSION_WIN10)
		return -EOPNOTSUPP;
	ret = vmbus_post(&vmbus_bus, &msg, len);
	trace_vmbus_send_tl_connect_request(&msg.request, ret);
	return ret;
}

struct tl_connect_result {
	struct vmbus_channel_message_header header;
	guid_t guest_endpoint_id;
	guid_t host_service_id;
	u32 status;
} __packed;
static_assert(sizeof(struct tl_connect_result) == 44);

/**
 * vmbus_on_tl_result() - the host refused a socket
 * @bus: the bus
 * @msg: checked for length
 * @len: its length
 *
 * The socket driver has no call for this in its interface: its connect() ends by its own
 * time limit.  Said once in the log, so that the user knows why.
 */
void vmbus_on_tl_result(struct vmbus *bus, const void *msg, size_t len)
{
	const struct tl_connect_result *m = msg;

	if (m->status)
		pr_info_ratelimited("the host refused a socket to service %pUl: status %#x\n",
				    &m->host_service_id, m->status);
}
