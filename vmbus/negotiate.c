// SPDX-License-Identifier: GPL-2.0-only
/*
 * The version answer that all integration services give ("Integration
 * components, negotiation"), as the drivers ask for it.
 */
#include <linux/hyperv.h>
#include "versions.h"
#include "vmbus_priv.h"

/**
 * vmbus_prep_negotiate_resp() - turn a negotiation request into its answer
 * @hdr: service header, inside @packet
 * @packet: the whole packet, edited in place
 * @len: its length
 * @fw: framework versions of ours, newest first
 * @fw_count: their number
 * @srv: service versions of ours, newest first
 * @srv_count: their number
 * @agreed_fw: gets the agreed framework version; may be NULL
 * @agreed_srv: gets the agreed service version; may be NULL
 *
 * Both counts in the answer are 0 if either list has nothing in common.
 *
 * Context: any.
 * Return: true if both versions were agreed.
 */
bool vmbus_prep_negotiate_resp(struct icmsg_hdr *hdr, u8 *packet, u32 len, const int *fw,
			       int fw_count, const int *srv, int srv_count, int *agreed_fw,
			       int *agreed_srv)
{
	const struct version_list frameworks = { fw, fw_count };
	const struct version_list messages = { srv, srv_count };
	int framework, message, ret;

	ret = versions_answer(packet, len, &frameworks, &messages, &framework, &message);
	if (ret == -EINVAL)
		vmbus_bad(&vmbus_bus, VERR_PACKET,
			  "service negotiation of %u bytes that lists more versions", len);
	if (ret)
		return false;
	if (agreed_fw)
		*agreed_fw = framework;
	if (agreed_srv)
		*agreed_srv = message;
	return true;
}
