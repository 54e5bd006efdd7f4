// SPDX-License-Identifier: GPL-2.0-only
/*
 * A host believes what the guest says of a frame and does not look at it: OpenVMM (netvsp,
 * handle_rndis_packet_message()) takes the lengths of headers from the offset of TCP, IPv4 or IPv6
 * from a bit, and sends rubbish when they are wrong. This host looks, and refuses.
 */
#include <stddef.h>
#include "network/info.h"

#define CSUM_TX_KNOWN	(CSUM_TX_IPV4 | CSUM_TX_IPV6 | CSUM_TX_TCP | CSUM_TX_UDP | CSUM_TX_IPHDR | CSUM_TX_L4_AT)

const char *header_wrong(const struct rndis_packet *p)
{
	if (p->oob_offset || p->oob_len || p->oob_count)
		return "out-of-band data, which nobody takes";
	if (p->vc || p->reserved)
		return "reserved fields of the packet in use";
	return p->data_len ? NULL : "no frame in the packet";
}

/* Which of the two IPs, and where TCP or UDP begins. */
static const char *place_wrong(const struct frame_info *i, bool v4, bool v6, uint32_t at)
{
	if (v4 == v6 || v6 != i->v6)
		return "info says another version of IP";
	if (!i->l4_ok || i->fragment)
		return "info about a frame without TCP or UDP";
	return at == i->l4 ? NULL : "info says TCP or UDP elsewhere";
}

static const char *csum_wrong(uint32_t v, const struct frame_info *i)
{
	uint32_t l4 = v & (CSUM_TX_TCP | CSUM_TX_UDP);
	const char *why;

	if (v & ~CSUM_TX_KNOWN)
		return "reserved bits of the checksum info";
	if (v & CSUM_TX_IPHDR && (!i->l3_ok || i->v6 || !(v & CSUM_TX_IPV4)))
		return "an IPv4 header checksum without IPv4";
	if (!l4)
		return NULL;
	why = place_wrong(i, v & CSUM_TX_IPV4, v & CSUM_TX_IPV6, v >> CSUM_TX_L4_SHIFT & 0x3FF);
	if (why)
		return why;
	return l4 == (i->proto == IPPROTO_TCP_NR ? CSUM_TX_TCP : CSUM_TX_UDP) ? NULL : "info says TCP for UDP, or both";
}

static const char *lso_wrong(uint32_t v, const struct frame_info *i, size_t payload, size_t most)
{
	const char *why;

	if (!(v & LSO_TYPE_2))
		return "a large send of the old kind";
	why = place_wrong(i, !(v & LSO_IPV6), v & LSO_IPV6, v >> LSO_L4_SHIFT & 0x3FF);
	if (why)
		return why;
	if (i->proto != IPPROTO_TCP_NR)
		return "a large send without TCP";
	if (!(v & LSO_MSS) || (v & LSO_MSS) > 65535)
		return "segments of no size, or too large";
	return payload <= most ? NULL : "a large send that is larger than was offered";
}

const char *info_wrong(const struct tx_info *t, const struct frame_info *i, size_t payload, size_t most)
{
	const char *why = t->has_csum ? csum_wrong(t->csum, i) : NULL;

	return why || !t->has_lso ? why : lso_wrong(t->lso, i, payload, most);
}
