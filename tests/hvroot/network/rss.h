/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: receive-side scaling, the Toeplitz hash and the queue table. */
#ifndef HVROOT_NET_RSS_H
#define HVROOT_NET_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NET_KEY		40
#define NET_TABLE	128

struct net_rss {
	bool on;
	uint32_t hash;		/* HASH_* bits */
	uint8_t key[NET_KEY];
	uint32_t table[NET_TABLE];
	unsigned int entries;
};

uint32_t net_toeplitz(const uint8_t key[NET_KEY], const uint8_t *in, size_t len);
/* Hash of an untagged Ethernet frame; false when it has none of the types. */
bool net_frame_hash(const struct net_rss *r, const uint8_t *f, size_t len,
		    uint32_t *hash);
/* The queue that the table names for a hash. */
uint32_t net_rss_queue(const struct net_rss *r, uint32_t hash);

#endif
