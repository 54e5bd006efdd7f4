/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: looks into Ethernet frames, computes and checks Internet checksums. */
#ifndef HVROOT_NET_FRAME_H
#define HVROOT_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETH_HEADER	14u
#define IPPROTO_TCP_NR	6
#define IPPROTO_UDP_NR	17

struct frame_info {
	bool l3_ok;		/* IP header whole */
	bool l4_ok;		/* TCP or UDP header whole, not a later fragment */
	bool v6;
	bool fragment;
	uint8_t proto;
	uint32_t l3, l4;	/* offsets in the frame */
	uint32_t end;		/* of the IP packet, frame padding excluded */
};

static inline uint16_t get16be(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void put16be(uint8_t *p, uint16_t v)
{
	p[0] = v >> 8;
	p[1] = v;
}

/* False when it is too short for Ethernet; else @i says what was found. */
bool frame_parse(const uint8_t *f, size_t len, struct frame_info *i);

uint32_t csum_add(uint32_t sum, const uint8_t *p, size_t len);
uint16_t csum_fold(uint32_t sum);
/* Sum over addresses, protocol and @len. */
uint32_t csum_pseudo(const uint8_t *f, const struct frame_info *i, uint32_t len);
void frame_fill_ip_csum(uint8_t *f, const struct frame_info *i);
bool frame_ip_csum_ok(const uint8_t *f, const struct frame_info *i);
/* Offset of the checksum field in the frame. */
uint32_t frame_l4_csum_at(const struct frame_info *i);
void frame_fill_l4_csum(uint8_t *f, const struct frame_info *i);
bool frame_l4_csum_ok(const uint8_t *f, const struct frame_info *i);

#endif
