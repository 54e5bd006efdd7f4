// SPDX-License-Identifier: GPL-2.0-only
/*
 * rings.c - the guest's half of the rings and what it puts there: storage
 * requests that make sense, some that do not, and broken packets.
 */
#include <string.h>

#include "fuzz.h"
#include "storage/wire.h"
#include "vmbus/wire.h"

#define RING_BASE	16u		/* first page that holds rings */
#define DATA_BASE	1024u		/* first page that holds data buffers */
#define FRAMES_MAX	9u		/* of a data buffer */

unsigned int ring_answers;

uint64_t ring_pfn(uint32_t relid, uint32_t page)
{
	return RING_BASE + (uint64_t)relid * RING_PAGES + page;
}

static uint32_t *ring_words(uint32_t relid, uint32_t first_page)
{
	return (uint32_t *)(fake_ram() + ring_pfn(relid, first_page) * 4096);
}

/* The data area of the ring to the host lies in consecutive pages. */
void ring_put(uint32_t relid, const void *data, size_t len)
{
	uint32_t *ctl = ring_words(relid, 0), size = (RING_SPLIT - 1) * 4096;
	uint8_t *area = (uint8_t *)ctl + 4096;
	uint32_t at = ctl[0] % size & ~7u;
	uint64_t trailer = (uint64_t)at << 32;

	for (size_t i = 0; i < len; i++)
		area[(at + i) % size] = ((const uint8_t *)data)[i];
	for (size_t i = 0; i < sizeof(trailer); i++)
		area[(at + len + i) % size] = trailer >> 8 * i;
	ctl[0] = (at + len + sizeof(trailer)) % size;
}

struct guest_packet {
	struct packet_header h;
	union {
		uint8_t raw[256];
		struct stor_packet in_band;
		struct {
			uint32_t reserved, ranges, length, offset;
			uint64_t pfn[FRAMES_MAX + 8];	/* the storage packet follows the last one */
		} __attribute__((packed)) direct;
	};
} __attribute__((packed));

static const uint8_t scsi_ops[] = {
	0x00, 0x03, 0x12, 0x1a, 0x1b, 0x25, 0x28, 0x2a, 0x2f, 0x35, 0x41, 0x42, 0x5a, 0x5e, 0x5f,
	0x88, 0x8a, 0x8f, 0x91, 0x93, 0x9e, 0xa0, 0xa3, 0x43, 0x46, 0x4a, 0x51, 0x1e, 0x08, 0x0a,
};

static void fill_srb(struct stor_srb *s)
{
	s->length = sizeof(*s);
	s->lun = one_in(8) ? rnd() : below(3);
	s->target = one_in(16);
	s->cdb_len = one_in(12) ? nasty() : 16;
	s->sense_len = one_in(12) ? nasty() : 20;
	s->direction = below(3);
	s->data_len = one_in(8) ? nasty() : 512u << below(6);
	s->cdb[0] = one_in(10) ? rnd() : scsi_ops[below(sizeof(scsi_ops))];
	for (unsigned int i = 1; i < 16; i++)
		s->cdb[i] = one_in(3) ? rnd() : 0;
}

/* A read or write that fits its buffer and the disk. */
static void sane_transfer(struct stor_srb *s)
{
	unsigned int blocks = 1u << below(5);

	memset(s, 0, sizeof(*s));
	s->length = sizeof(*s);
	s->cdb_len = 16;
	s->sense_len = 20;
	s->lun = one_in(4);
	s->data_len = blocks * 512;
	s->direction = one_in(2) ? STOR_OUT : STOR_IN;
	s->cdb[0] = s->direction == STOR_OUT ? 0x2a : 0x28;
	s->cdb[1] = one_in(8) ? 0x08 : 0;
	s->cdb[4] = below(0x40);
	s->cdb[5] = rnd() & 0xf0;
	s->cdb[8] = blocks;
}

/* One whose data is a list of parameters: persistent reservations, mode select, unmap. */
static void parameter_command(struct stor_srb *s)
{
	static const uint8_t ops[] = { 0x5f, 0x5e, 0x42, 0x55, 0x93, 0xa0, 0x12, 0x1a };

	fill_srb(s);
	s->lun = 0;
	s->data_len = 24 + 8 * below(4);
	s->cdb_len = 16;
	s->cdb[0] = ops[below(sizeof(ops))];
	s->cdb[1] = below(8);
	s->cdb[7] = s->cdb[5] = s->cdb[6] = 0;
	s->cdb[8] = s->cdb[4] = s->data_len;
	s->direction = s->cdb[0] == 0x5e || s->cdb[0] >= 0xa0 || s->cdb[0] < 0x20 ? STOR_IN : STOR_OUT;
}

static void stor_packet(struct stor_packet *p)
{
	p->op = one_in(30) ? nasty() : !one_in(8) ? STOR_EXECUTE_SRB : 1 + below(STOR_EVENT + 1);
	p->flags = 1;
	if (p->op == STOR_EXECUTE_SRB && one_in(2))
		sane_transfer(&p->srb);
	else if (p->op == STOR_EXECUTE_SRB && one_in(3))
		parameter_command(&p->srb);
	else if (p->op == STOR_EXECUTE_SRB || one_in(4))
		fill_srb(&p->srb);
	else if (p->op == STOR_QUERY_VERSION)
		p->version.version = one_in(2) ? STOR_V6_0 : nasty();
	else if (p->op == STOR_CREATE_SUBS)
		p->subs = nasty();
}

/* hvroot gives a storage channel up at the first packet that makes no sense: few shall be so. */
static void mend(struct stor_packet *p, uint32_t bytes)
{
	if (one_in(40))
		return;
	if (p->op < STOR_EXECUTE_SRB || p->op > STOR_CREATE_SUBS || p->op == STOR_ENUMERATE_BUS)
		p->op = STOR_EXECUTE_SRB;
	if (p->op == STOR_EXECUTE_SRB && p->srb.data_len > bytes)
		p->srb.data_len = bytes;
}

static void lie_in_packet(struct guest_packet *p)
{
	switch (below(5)) {
	case 0:
		p->h.type = nasty();
		break;
	case 1:
		p->h.offset8 = nasty();
		break;
	case 2:
		p->h.len8 = one_in(2) ? nasty() : below(64);
		break;
	default:
		p->raw[below(sizeof(p->raw))] = rnd();
	}
}

/* As many frames as the buffer needs, then the storage packet. The length in bytes. */
static size_t direct_packet(struct guest_packet *p)
{
	struct stor_packet stor = { 0 };
	uint32_t frames, n = 0;

	stor_packet(&stor);
	p->h.type = PKT_GPA_DIRECT;
	p->direct.ranges = one_in(400) ? nasty() : 1;
	p->direct.offset = one_in(6) ? 8 * below(one_in(40) ? 520 : 512) : 0;
	p->direct.length = one_in(60) ? nasty() : stor.srb.data_len;
	frames = ((uint64_t)p->direct.offset + p->direct.length + 4095) / 4096;
	if (frames > FRAMES_MAX)
		frames = FRAMES_MAX;
	for (; n < frames; n++)
		p->direct.pfn[n] = one_in(2000) ? nasty() : DATA_BASE + below(512);
	mend(&stor, p->direct.length);
	memcpy(&p->direct.pfn[n], &stor, sizeof(stor));
	p->h.offset8 = (sizeof(p->h) + 16 + 8 * n) / 8;
	return sizeof(p->h) + 16 + 8 * n + sizeof(stor);
}

static size_t in_band_packet(struct guest_packet *p)
{
	p->h.type = one_in(100) ? PKT_COMPLETION : PKT_INBAND;
	p->h.offset8 = sizeof(p->h) / 8;
	stor_packet(&p->in_band);
	mend(&p->in_band, 0);
	if (one_in(50))
		for (size_t i = 0; i < sizeof(p->raw); i++)
			p->raw[i] = one_in(2) ? 0 : rnd();
	return sizeof(p->h) + (one_in(50) ? 8 * below(32) : sizeof(p->in_band));
}

static void packet(uint32_t relid)
{
	struct guest_packet p = { 0 };
	size_t len = one_in(4) ? in_band_packet(&p) : direct_packet(&p);

	p.h.len8 = len / 8;
	p.h.flags = one_in(100) ? rnd() : 1;
	p.h.id = one_in(4) ? below(4) : rnd();
	if (one_in(100))
		lie_in_packet(&p);
	ring_put(relid, &p, len);
}

/* Take what hvroot answered, so that the ring to us does not stay full. */
static void eat_answers(uint32_t relid)
{
	uint32_t *ctl = ring_words(relid, RING_SPLIT);

	ring_answers += ctl[1] != ctl[0];
	ctl[1] = ctl[0];
}

static void spoil_ring(uint32_t relid)
{
	uint32_t *ctl = ring_words(relid, one_in(2) ? 0 : RING_SPLIT);

	ctl[below(4)] = one_in(2) ? nasty() : below(4 * 4096) & ~7u;
}

void ring_handshake(uint32_t relid)
{
	static const uint32_t ops[] = {
		STOR_BEGIN_INIT, STOR_QUERY_VERSION, STOR_QUERY_PROPERTIES, STOR_END_INIT,
	};
	struct guest_packet p = { .h = { .type = PKT_INBAND, .offset8 = 2, .flags = 1 } };

	p.h.len8 = (sizeof(p.h) + sizeof(p.in_band)) / 8;
	p.in_band.flags = 1;
	for (unsigned int i = 0; i < 4; i++) {
		p.in_band.op = ops[i];
		p.in_band.version.version = i == 1 ? STOR_V6_0 : 0;
		ring_put(relid, &p, sizeof(p.h) + sizeof(p.in_band));
	}
}

size_t ring_take(uint32_t relid, void *to, size_t cap)
{
	uint32_t *ctl = ring_words(relid, RING_SPLIT), size = (RING_PAGES - RING_SPLIT - 1) * 4096;
	uint8_t *area = (uint8_t *)ctl + 4096;
	uint32_t at = ctl[1] % size & ~7u;
	struct packet_header h = { 0 };
	size_t len;

	if (ctl[0] == ctl[1])
		return 0;
	for (size_t i = 0; i < sizeof(h); i++)
		((uint8_t *)&h)[i] = area[(at + i) % size];
	len = h.len8 * 8u < cap ? h.len8 * 8u : cap;
	for (size_t i = 0; i < len; i++)
		((uint8_t *)to)[i] = area[(at + i) % size];
	ctl[1] = (at + h.len8 * 8u + 8) % size;
	ring_answers++;
	return len;
}

void ring_traffic(uint32_t relid, unsigned int kind, uint32_t conn)
{
	if (kind == RING_NET && !one_in(20)) {
		net_traffic(relid);
	} else if (kind >= RING_IC && !one_in(20)) {
		for (unsigned int n = 1 + below(3); n; n--)
			ic_traffic(relid, kind - RING_IC);
		fake_signal(conn);
		return;
	} else {
		if (one_in(25))
			ring_handshake(relid);
		for (unsigned int n = 1 + below(6); n; n--)
			packet(relid);
	}
	if (one_in(500))
		spoil_ring(relid);
	if (!one_in(4))
		eat_answers(relid);
	fake_signal(conn);
}

void ring_clear(uint32_t relid)
{
	memset(ring_words(relid, 0), 0, 4096);
	memset(ring_words(relid, RING_SPLIT), 0, 4096);
}

bool ring_answered(uint32_t relid)
{
	return ring_words(relid, RING_SPLIT)[0];
}
