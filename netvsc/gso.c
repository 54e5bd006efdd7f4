// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks at the headers of a frame that the host put together of several (pure: no buffer
 * of the stack, no device).  Whoever cuts it again believes them.
 */
#include <linux/kernel.h>

#include "gso.h"

#define V4_MIN		20
#define V6_LEN		40
#define TCP_MIN		20
#define TCP		6
#define CWR		0x80
#define FRAGMENT	0x3fff	/* more of them, and the offset */

static u32 get16(const u8 *p)
{
	return p[0] << 8 | p[1];
}

/* Where TCP starts in a whole IPv4 packet of @len bytes; 0: there is none. */
static u32 v4_tcp(const u8 *p, u32 linear, u32 len)
{
	u32 head;

	if (linear < V4_MIN || p[0] >> 4 != 4)
		return 0;
	head = (p[0] & 15) * 4;
	if (head < V4_MIN || get16(p + 2) != len || get16(p + 6) & FRAGMENT || p[9] != TCP)
		return 0;
	return head;
}

/* The same with IPv6; TCP behind an extension header is none. */
static u32 v6_tcp(const u8 *p, u32 linear, u32 len)
{
	if (linear < V6_LEN || p[0] >> 4 != 6 || get16(p + 4) + V6_LEN != len || p[6] != TCP)
		return 0;
	return V6_LEN;
}

/**
 * nv_gso_parse() - can a coalesced frame be cut into segments again?
 * @p: the frame from its IP header on
 * @linear: bytes there
 * @len: length of the IP packet, of which @linear are there
 * @v6: IPv6
 * @g: gets what the headers say
 *
 * Return: true if it is one whole TCP packet with data, and all of its headers are there.
 */
bool nv_gso_parse(const u8 *p, u32 linear, u32 len, bool v6, struct nv_gso *g)
{
	u32 l4 = v6 ? v6_tcp(p, linear, len) : v4_tcp(p, linear, len), tcp;

	if (!l4 || linear < l4 + TCP_MIN)
		return false;
	tcp = (p[l4 + 12] >> 4) * 4;
	if (tcp < TCP_MIN || linear < l4 + tcp || len <= l4 + tcp)
		return false;
	g->l4 = l4;
	g->head = l4 + tcp;
	g->cwr = p[l4 + 13] & CWR;
	return true;
}
