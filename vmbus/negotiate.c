// SPDX-License-Identifier: GPL-2.0-only
/*
 * The version answer that all integration services give ("Integration
 * components, negotiation").  Pure.
 */
#include <linux/hyperv.h>
#include "vmbus_priv.h"

/* Our newest version that the host has as well; versions are major << 16 | minor. */
static int pick(const struct ic_version *host, unsigned int host_count, const int *ours, int count)
{
	unsigned int h;
	int i;

	for (i = 0; i < count; i++) {
		for (h = 0; h < host_count; h++) {
			if (host[h].major == ours[i] >> 16 && host[h].minor == (ours[i] & 0xffff))
				return i;
		}
	}
	return -1;
}

static struct ic_version to_wire(int version)
{
	return (struct ic_version) { .major = version >> 16, .minor = version & 0xffff };
}

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
	struct icmsg_negotiate *neg;
	unsigned int host_fw, host_srv;
	int f, s;

	if (len < ICMSG_HDR + sizeof(*neg)) {
		vmbus_bad(&vmbus_bus, VERR_PACKET, "service negotiation of %u bytes", len);
		return false;
	}
	neg = (struct icmsg_negotiate *)(packet + ICMSG_HDR);
	host_fw = neg->icframe_vercnt;
	host_srv = neg->icmsg_vercnt;
	if (host_fw > IC_VERSION_NEGOTIATION_MAX_VER_COUNT ||
	    host_srv > IC_VERSION_NEGOTIATION_MAX_VER_COUNT ||
	    ICMSG_NEGOTIATE_PKT_SIZE(host_fw, host_srv) > len) {
		vmbus_bad(&vmbus_bus, VERR_PACKET,
			  "service negotiation of %u bytes with %u and %u versions",
			  len, host_fw, host_srv);
		return false;
	}

	f = pick(neg->icversion_data, host_fw, fw, fw_count);
	s = pick(neg->icversion_data + host_fw, host_srv, srv, srv_count);
	hdr->icmsgsize = 0x10;	/* two counts, the reserved word, two versions */
	if (f < 0 || s < 0) {
		neg->icframe_vercnt = 0;
		neg->icmsg_vercnt = 0;
		return false;
	}
	/* Two versions must have room even if the host listed none of one kind: it listed both. */
	neg->icframe_vercnt = 1;
	neg->icmsg_vercnt = 1;
	neg->icversion_data[0] = to_wire(fw[f]);
	neg->icversion_data[1] = to_wire(srv[s]);
	if (agreed_fw)
		*agreed_fw = fw[f];
	if (agreed_srv)
		*agreed_srv = srv[s];
	return true;
}
