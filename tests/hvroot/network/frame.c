// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: what is in an Ethernet frame, and its checksums.
 */
#include <string.h>
#include "network/frame.h"

static void find_l4(const uint8_t *f, struct frame_info *i)
{
	uint32_t left = i->end - i->l4;

	if (i->proto == IPPROTO_TCP_NR)
		i->l4_ok = left >= 20 && (f[i->l4 + 12] >> 4) * 4u <= left &&
			   f[i->l4 + 12] >> 4 >= 5;
	else if (i->proto == IPPROTO_UDP_NR)
		i->l4_ok = left >= 8;
}

static void parse_v4(const uint8_t *f, size_t len, struct frame_info *i)
{
	uint32_t hlen, total;

	if (len < i->l3 + 20 || f[i->l3] >> 4 != 4)
		return;
	hlen = (f[i->l3] & 15) * 4u;
	total = get16be(f + i->l3 + 2);
	if (!total)		/* large send: the host fills it in */
		total = len - i->l3;
	if (hlen < 20 || total < hlen || i->l3 + total > len)
		return;
	i->l3_ok = true;
	i->proto = f[i->l3 + 9];
	i->l4 = i->l3 + hlen;
	i->end = i->l3 + total;
	i->fragment = get16be(f + i->l3 + 6) & 0x3FFF;
	if (!(get16be(f + i->l3 + 6) & 0x1FFF))
		find_l4(f, i);
}

/* Walks over extension headers; a fragment's ports are not looked at. */
static void parse_v6(const uint8_t *f, size_t len, struct frame_info *i)
{
	uint32_t at = i->l3 + 40, total;
	uint8_t next;

	if (len < at || f[i->l3] >> 4 != 6)
		return;
	total = get16be(f + i->l3 + 4);
	if (!total)
		total = len - at;
	if (at + total > len)
		return;
	i->l3_ok = true;
	i->v6 = true;
	i->end = at + total;
	next = f[i->l3 + 6];
	while ((next == 0 || next == 43 || next == 60) && at + 8 <= i->end) {
		next = f[at];
		at += 8 + f[at + 1] * 8u;
	}
	i->fragment = next == 44;
	i->proto = next;
	i->l4 = at;
	if (!i->fragment && at <= i->end)
		find_l4(f, i);
}

bool frame_parse(const uint8_t *f, size_t len, struct frame_info *i)
{
	uint16_t type;

	memset(i, 0, sizeof(*i));
	if (len < ETH_HEADER)
		return false;
	i->l3 = ETH_HEADER;
	type = get16be(f + 12);
	if (type == 0x8100 && len >= ETH_HEADER + 4) {
		i->l3 += 4;
		type = get16be(f + 16);
	}
	if (type == 0x0800)
		parse_v4(f, len, i);
	else if (type == 0x86DD)
		parse_v6(f, len, i);
	return true;
}

uint32_t csum_add(uint32_t sum, const uint8_t *p, size_t len)
{
	uint64_t s = sum;
	uint64_t v;
	uint32_t w;

	for (; len >= 8; len -= 8, p += 8) {
		memcpy(&v, p, 8);
		s += (v & 0xFFFFFFFFu) + (v >> 32);
	}
	for (; len >= 4; len -= 4, p += 4) {
		memcpy(&w, p, 4);
		s += w;
	}
	w = 0;
	memcpy(&w, p, len);
	s += w;
	s = (s & 0xFFFFFFFFu) + (s >> 32);
	return (s & 0xFFFFFFFFu) + (s >> 32);
}

/* In memory order: to be stored with memcpy. */
uint16_t csum_fold(uint32_t sum)
{
	sum = (sum & 0xFFFF) + (sum >> 16);
	sum = (sum & 0xFFFF) + (sum >> 16);
	return ~sum;
}

uint32_t csum_pseudo(const uint8_t *f, const struct frame_info *i, uint32_t len)
{
	uint8_t tail[8] = { 0, 0, 0, 0, 0, 0, 0, i->proto };
	uint32_t sum;

	tail[0] = len >> 24;
	tail[1] = len >> 16;
	tail[2] = len >> 8;
	tail[3] = len;
	sum = i->v6 ? csum_add(0, f + i->l3 + 8, 32) : csum_add(0, f + i->l3 + 12, 8);
	return csum_add(sum, tail, sizeof(tail));
}

void frame_fill_ip_csum(uint8_t *f, const struct frame_info *i)
{
	uint16_t c;

	if (i->v6 || !i->l3_ok)
		return;
	memset(f + i->l3 + 10, 0, 2);
	c = csum_fold(csum_add(0, f + i->l3, (f[i->l3] & 15) * 4u));
	memcpy(f + i->l3 + 10, &c, 2);
}

bool frame_ip_csum_ok(const uint8_t *f, const struct frame_info *i)
{
	return !csum_fold(csum_add(0, f + i->l3, (f[i->l3] & 15) * 4u));
}

uint32_t frame_l4_csum_at(const struct frame_info *i)
{
	return i->l4 + (i->proto == IPPROTO_TCP_NR ? 16 : 6);
}

void frame_fill_l4_csum(uint8_t *f, const struct frame_info *i)
{
	uint32_t len = i->end - i->l4, at = frame_l4_csum_at(i);
	uint16_t c;

	memset(f + at, 0, 2);
	c = csum_fold(csum_add(csum_pseudo(f, i, len), f + i->l4, len));
	if (!c && i->proto == IPPROTO_UDP_NR)
		c = 0xFFFF;
	memcpy(f + at, &c, 2);
}

bool frame_l4_csum_ok(const uint8_t *f, const struct frame_info *i)
{
	uint32_t len = i->end - i->l4, at = frame_l4_csum_at(i);

	if (i->proto == IPPROTO_UDP_NR && !i->v6 && !f[at] && !f[at + 1])
		return true;	/* sent without one */
	return !csum_fold(csum_add(csum_pseudo(f, i, len), f + i->l4, len));
}
