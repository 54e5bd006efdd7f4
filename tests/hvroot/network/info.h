/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: what a guest says of a frame, compared with the frame. */
#ifndef HVROOT_NET_INFO_H
#define HVROOT_NET_INFO_H

#include "network/frame.h"
#include "network/wire.h"

struct tx_info {		/* per-packet info */
	uint32_t csum, lso, vlan;
	bool has_csum, has_lso, has_vlan;
};

/* NULL, or what is wrong with the header of a frame's message. */
const char *header_wrong(const struct rndis_packet *p);
/*
 * The same with its info. @payload: bytes behind the TCP header, of which a large send has
 * @most.
 */
const char *info_wrong(const struct tx_info *t, const struct frame_info *i, size_t payload, size_t most);

#endif
