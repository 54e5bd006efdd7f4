// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: which queue a frame goes to.
 */
#include <string.h>
#include "network/frame.h"
#include "network/rss.h"
#include "network/wire.h"

uint32_t net_toeplitz(const uint8_t key[NET_KEY], const uint8_t *in, size_t len)
{
	uint64_t window = 0;
	uint32_t hash = 0;
	size_t next = 8;

	for (int i = 0; i < 8; i++)
		window = window << 8 | key[i];
	for (size_t i = 0; i < len; i++) {
		for (int bit = 7; bit >= 0; bit--)
			if (in[i] & (1u << bit))
				hash ^= window << (7 - bit) >> 32;
		window = window << 8 | (next < NET_KEY ? key[next] : 0);
		next++;
	}
	return hash;
}

/* Whether the table's owner wants ports in the hash of this packet. */
static bool with_ports(const struct net_rss *r, const struct frame_info *i)
{
	if (i->fragment)
		return false;
	if (i->proto == IPPROTO_TCP_NR)
		return r->hash & (i->v6 ? HASH_TCP6 : HASH_TCP4);
	if (i->proto == IPPROTO_UDP_NR)
		return r->hash & (i->v6 ? HASH_UDP6 : HASH_UDP4);
	return false;
}

bool net_frame_hash(const struct net_rss *r, const uint8_t *f, size_t len,
		    uint32_t *hash)
{
	struct frame_info i;
	uint8_t in[36];
	size_t n;

	if (!frame_parse(f, len, &i) || !i.l3_ok)
		return false;
	n = i.v6 ? 32 : 8;
	memcpy(in, f + i.l3 + (i.v6 ? 8 : 12), n);
	if (i.l4_ok && with_ports(r, &i)) {
		memcpy(in + n, f + i.l4, 4);
		n += 4;
	} else if (!(r->hash & (i.v6 ? HASH_V6 : HASH_V4))) {
		return false;
	}
	*hash = net_toeplitz(r->key, in, n);
	return true;
}

uint32_t net_rss_queue(const struct net_rss *r, uint32_t hash)
{
	return r->entries ? r->table[hash % r->entries] : 0;
}
