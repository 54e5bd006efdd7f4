/* SPDX-License-Identifier: GPL-2.0-only */
/* What the headers of a coalesced frame say of how it can be cut again.  Pure. */
#ifndef _NETVSC_GSO_H
#define _NETVSC_GSO_H

#include <linux/types.h>

struct nv_gso {
	u32 l4;		/* where the TCP header starts */
	u32 head;	/* bytes of headers in front of the data */
	bool cwr;	/* window reduced, by explicit congestion notification */
};

bool nv_gso_parse(const u8 *p, u32 linear, u32 len, bool v6, struct nv_gso *g);

#endif
