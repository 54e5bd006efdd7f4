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
 * @icmsghdrp: service header, inside @buf
 * @buf: the whole packet, edited in place
 * @buflen: its length
 * @fw_version: framework versions of ours, newest first
 * @fw_vercnt: their number
 * @srv_version: service versions of ours, newest first
 * @srv_vercnt: their number
 * @nego_fw_version: gets the agreed framework version; may be NULL
 * @nego_srv_version: gets the agreed service version; may be NULL
 *
 * Both counts in the answer are 0 if either list has nothing in common.
 *
 * Context: any.
 * Return: true if both versions were agreed.
 */
bool vmbus_prep_negotiate_resp(struct icmsg_hdr *icmsghdrp, u8 *buf, u32 buflen,
			       const int *fw_version, int fw_vercnt,
			       const int *srv_version, int srv_vercnt,
			       int *nego_fw_version, int *nego_srv_version)
{
	struct icmsg_negotiate *neg;
	unsigned int host_fw, host_srv;
	int fw, srv;

	if (buflen < ICMSG_HDR + sizeof(*neg)) {
		vmbus_bad(&vmbus_bus, VERR_PACKET, "service negotiation of %u bytes", buflen);
		return false;
	}
	neg = (struct icmsg_negotiate *)(buf + ICMSG_HDR);
	host_fw = neg->icframe_vercnt;
	host_srv = neg->icmsg_vercnt;
	if (host_fw > IC_VERSION_NEGOTIATION_MAX_VER_COUNT ||
	    host_srv > IC_VERSION_NEGOTIATION_MAX_VER_COUNT ||
	    ICMSG_NEGOTIATE_PKT_SIZE(host_fw, host_srv) > buflen) {
		vmbus_bad(&vmbus_bus, VERR_PACKET,
			  "service negotiation of %u bytes with %u and %u versions",
			  buflen, host_fw, host_srv);
		return false;
	}

	fw = pick(neg->icversion_data, host_fw, fw_version, fw_vercnt);
	srv = pick(neg->icversion_data + host_fw, host_srv, srv_version, srv_vercnt);
	icmsghdrp->icmsgsize = 0x10;	/* two counts, the reserved word, two versions */
	if (fw < 0 || srv < 0) {
		neg->icframe_vercnt = 0;
		neg->icmsg_vercnt = 0;
		return false;
	}
	/* Two versions must have room even if the host listed none of one kind: it listed both. */
	neg->icframe_vercnt = 1;
	neg->icmsg_vercnt = 1;
	neg->icversion_data[0] = to_wire(fw_version[fw]);
	neg->icversion_data[1] = to_wire(srv_version[srv]);
	if (nego_fw_version)
		*nego_fw_version = fw_version[fw];
	if (nego_srv_version)
		*nego_srv_version = srv_version[srv];
	return true;
}
