// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets to the host: asking for a connection.  The answer is an offer of a
 * socket channel; or, from VMBus 4.1 on, a refusal.
 *
 * The socket driver has no call for a refusal in its interface: its connect() would end by its own
 * time limit, seconds later, with an error that does not tell why.  So the request itself
 * waits until the host has said one or the other, and a refusal is its error.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include "tl.h"
#include "trace.h"
#include "vmbus_priv.h"

/*
 * Hosts answer in microseconds.  From one that does not, the socket driver's own limit protects
 * who connects; until then the caller has its socket locked, and may have asked not to wait.
 */
#define TL_WAIT_MS	1000

/* 5.2 added the silo of the guest to the message; we are in none. */
struct tl_connect_5_2 {
	struct vmbus_channel_tl_connect_request request;
	guid_t silo;
} __packed;
static_assert(sizeof(struct tl_connect_5_2) == 56);

static int post_request(const guid_t *guest, const guid_t *host)
{
	struct tl_connect_5_2 msg = {
		.request = {
			.header.msgtype = CHANNELMSG_TL_CONNECT_REQUEST,
			.guest_endpoint_id = *guest,
			.host_service_id = *host,
		},
	};
	size_t len = vmbus_proto_version < VERSION_WIN10_V5_2 ? sizeof(msg.request) : sizeof(msg);
	int ret = vmbus_post(&vmbus_bus, &msg, len);

	trace_vmbus_send_tl_connect_request(&msg.request, ret);
	return ret;
}

/* A host that has said nothing may still do so; a signal is for the socket driver to see. */
static int wait_for_host(struct vmbus_req *req)
{
	wait_for_completion_interruptible_timeout(&req->done, msecs_to_jiffies(TL_WAIT_MS));
	vmbus_req_cancel(&vmbus_bus, req);
	if (req->result == -ETIMEDOUT)
		return 0;
	return req->result ?: tl_verdict(req->reply);
}

/**
 * vmbus_send_tl_connect_request() - ask the host for a socket
 * @shv_guest_servie_id: endpoint in the guest
 * @shv_host_servie_id: service of the host
 *
 * Waits until the host has offered or refused it, but for no longer than a second, nor when a
 * signal is pending ("TL_CONNECT_REQUEST", "TL_CONNECT_RESULT").
 *
 * Context: may sleep.
 * Return: 0 if the socket's channel was offered, or the host has not said anything yet;
 * -ECONNREFUSED if it refuses, or another error if it says why; -EOPNOTSUPP before VMBus 4.0;
 * -ENODEV if the connection to the host ended; or an error of vmbus_post().
 */
int vmbus_send_tl_connect_request(const guid_t *shv_guest_servie_id,
				  const guid_t *shv_host_servie_id)
{
	struct vmbus_req req = { .type = CHANNELMSG_TL_CONNECT_RESULT };
	struct tl_ends ends;
	int ret;

	if (vmbus_proto_version < VERSION_WIN10)
		return -EOPNOTSUPP;
	if (vmbus_proto_version < VERSION_WIN10_V4_1)	/* where refusals are not told */
		return post_request(shv_guest_servie_id, shv_host_servie_id);
	tl_ends_of(shv_guest_servie_id, shv_host_servie_id, &ends);
	req.relid = ends.host;
	req.key = ends.guest;
	vmbus_req_start(&vmbus_bus, &req);
	ret = post_request(shv_guest_servie_id, shv_host_servie_id);
	if (!ret)
		return wait_for_host(&req);
	vmbus_req_cancel(&vmbus_bus, &req);
	return ret;
}

/**
 * vmbus_tl_came() - an offer or a refusal has come
 * @bus: the bus
 * @msg: OFFERCHANNEL or TL_CONNECT_RESULT, checked for length
 * @len: its length
 *
 * An offer is put into its queue after this: the socket driver, which is given it later, waits for
 * the socket's lock, and whoever connects has that while it waits here.
 *
 * Context: any.
 * Return: false if it answers nobody's request.
 */
bool vmbus_tl_came(struct vmbus *bus, const void *msg, size_t len)
{
	struct tl_ends ends;

	return tl_answered(msg, &ends) &&
	       vmbus_req_answer(bus, CHANNELMSG_TL_CONNECT_RESULT, ends.host, ends.guest, msg, len);
}

/**
 * vmbus_on_tl_result() - the host refused a socket
 * @bus: the bus
 * @msg: checked for length
 * @len: its length
 *
 * When nobody waits for that any more, a line in the log tells the user why there was no
 * connection.
 */
void vmbus_on_tl_result(struct vmbus *bus, const void *msg, size_t len)
{
	const struct tl_connect_result *m = msg;

	if (!vmbus_tl_came(bus, msg, len) && m->status)
		pr_info_ratelimited("the host refused a socket to service %pUl: status %#x\n",
				    &m->host_service_id, m->status);
}
