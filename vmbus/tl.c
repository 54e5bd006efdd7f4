// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sockets to the host: which message answers a request for one, and what it says.
 *
 * Pure: looks at messages that were checked for length and copied out of shared memory.
 */
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include "tl.h"

#define USER_FROM_HOST	0	/* in a socket offer's user data, behind the pipe's mode */

/* What hosts say; anything else is a refusal all the same. */
static const struct {
	u32 status;
	int error;
} reasons[] = {
	{ 0xc0000022, -EACCES },	/* access denied */
	{ 0xc00000b5, -ETIMEDOUT },	/* I/O timeout */
	{ 0xc000009a, -ENOBUFS },	/* insufficient resources */
	{ 0xc000023c, -ENETUNREACH },	/* network unreachable */
	{ 0xc000023d, -EHOSTUNREACH },	/* host unreachable */
};

/**
 * tl_ends_of() - the two ends of a socket
 * @guest: the guest's endpoint
 * @host: the host's service
 * @ends: gets what tells sockets apart: their ports, which are what differs between such ids
 */
void tl_ends_of(const guid_t *guest, const guid_t *host, struct tl_ends *ends)
{
	memcpy(&ends->guest, guest, sizeof(ends->guest));
	memcpy(&ends->host, host, sizeof(ends->host));
}

/**
 * tl_answered() - does a message answer a request for a socket?
 * @msg: OFFERCHANNEL or TL_CONNECT_RESULT
 * @ends: gets which
 *
 * An offer with the guest's endpoint as its instance is the socket; an offer that the
 * host makes to a listener in the guest is not.  A result that reports no failure says nothing yet:
 * the offer will.
 *
 * Return: true if so.
 */
bool tl_answered(const void *msg, struct tl_ends *ends)
{
	const struct vmbus_channel_message_header *head = msg;
	const struct tl_connect_result *r = msg;
	const struct vmbus_channel_offer *o =
		&((const struct vmbus_channel_offer_channel *)msg)->offer;

	if (head->msgtype == CHANNELMSG_TL_CONNECT_RESULT) {
		tl_ends_of(&r->guest_endpoint_id, &r->host_service_id, ends);
		return r->status;
	}
	tl_ends_of(&o->if_instance, &o->if_type, ends);
	return head->msgtype == CHANNELMSG_OFFERCHANNEL &&
	       (o->chn_flags & VMBUS_CHANNEL_TLNPI_PROVIDER_OFFER) &&
	       !o->u.pipe.user_def[USER_FROM_HOST];
}

/**
 * tl_verdict() - what an answer says
 * @msg: a message of which tl_answered() says yes
 *
 * Return: 0 if the socket comes, otherwise why it does not.
 */
int tl_verdict(const void *msg)
{
	const struct vmbus_channel_message_header *head = msg;
	const struct tl_connect_result *r = msg;

	if (head->msgtype != CHANNELMSG_TL_CONNECT_RESULT)
		return 0;
	for (int i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].status == r->status)
			return reasons[i].error;
	return -ECONNREFUSED;
}
