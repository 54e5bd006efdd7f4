// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ring words, event flags and what lies in the receive buffer: memory that the
 * guest reads while it may change. And what a disk tells of itself, in the guest's buffers.
 */
#include <string.h>
#include "machine/synic.h"
#include "network/net.h"
#include "hostile/strike.h"

#define ROUNDS		400
#define REPORT_LUNS	0xa0
#define INQUIRY		0x12
#define PAGE_NAMES	0x83

static uint32_t *ring_at(struct hring *r, uint32_t at)
{
	return (uint32_t *)(r->page[at / VMBUS_PAGE] + at % VMBUS_PAGE);
}

/* The header of the @nth packet that the guest has not taken, by lengths that the server may have lied about. */
static uint32_t *header_of(struct hring *r, uint32_t nth)
{
	uint32_t at = hring_word(r, RING_READ);

	while (at < r->size && !(at & 7)) {
		uint32_t len = (ring_at(r, at)[1] & 0xffff) * 8 + 8;

		if (!nth-- || at == r->index)
			return ring_at(r, at);
		at = (at + len) % r->size;
	}
	return NULL;
}

uint32_t *hostile_ring_word(struct vsp_chan *ch, uint32_t at)
{
	struct hring *r = at & 256 ? &ch->in : &ch->out;
	uint32_t *head;

	if (at >= HEAD_OF(0)) {
		head = at < HEAD_OF(HEADS) ? header_of(&ch->out, (at - HEAD_OF(0)) / 2) : NULL;
		return head ? head + (at & 1) : NULL;
	}
	return (at & 255) <= RING_FEATURES ? &r->ctl[at & 255] : NULL;
}

void hostile_ring(struct vsp_chan *ch)
{
	uint32_t facts[4] = { ch->out.index, ch->in.index, ch->out.size, ch->in.size };
	char name[NAME_MAX_];
	struct strikes s;

	if (hostile.honest || ch->closing || hostile_aside(ch->dev))
		return;
	snprintf(name, sizeof(name), "%s.%u/ring", ch->dev->name, ch->sub);
	if (!hostile_choose(L_RING, name, (uint8_t *)facts, sizeof(facts), &s))
		return;
	for (unsigned int i = 0; i < s.n; i++) {
		uint32_t *word = hostile_ring_word(ch, s.s[i].at);

		if (word && s.s[i].op == OP_WORD)
			__atomic_store_n(word, (uint32_t)s.s[i].value, __ATOMIC_RELEASE);
		else if (word && s.s[i].op == OP_RACE)
			hostile_race(word, s.s[i].value, s.s[i].at >= HEAD_OF(0) ? HEAD_ROUNDS : ROUNDS);
	}
}

bool hostile_event(struct vsp_chan *ch)
{
	struct bus *b = hostile.bus;
	uint32_t flag = ch->ctl->event_flag;
	char name[NAME_MAX_];
	struct strikes s;

	if (hostile.honest || hostile_aside(ch->dev))
		return false;
	snprintf(name, sizeof(name), "%s.%u/event", ch->dev->name, ch->sub);
	if (!hostile_choose(L_EVENT, name, (uint8_t *)&flag, sizeof(flag), &s))
		return false;
	for (unsigned int i = 0; i < s.n; i++) {
		if (s.s[i].op == OP_DROP)
			return true;
		if (s.s[i].op >= OP_SET1 && s.s[i].op <= OP_SET8)
			synic_signal(b->vm, 0, SYNIC_SINT_VMBUS, s.s[i].value % VMBUS_RELIDS);
	}
	return false;
}

/* The aligned word at @at of the receive buffer, as it lies in the guest. */
static uint32_t *buffer_word(struct net_buf *b, uint32_t at)
{
	at = (at + b->offset) & ~3u;
	return (uint32_t *)(b->page[at / VMBUS_PAGE] + at % VMBUS_PAGE);
}

void hostile_section(struct nic *n, uint32_t at, uint32_t len)
{
	uint8_t p[128] = { 0 };
	size_t have = len < sizeof(p) ? len : sizeof(p);
	char name[NAME_MAX_];
	struct strikes s;
	uint32_t type;

	if (hostile.honest || hostile_aside(&n->dev))
		return;
	net_buf_read(&n->recv, at, p, have);
	memcpy(&type, p, sizeof(type));
	snprintf(name, sizeof(name), "%s/section/%#x", n->dev.name, type);
	if (!hostile_choose(L_SECTION, name, p, have, &s))
		return;
	for (unsigned int i = 0; i < s.n; i++) {
		size_t whole = have;

		if (s.s[i].op == OP_RACE && s.s[i].at + 4 <= have)
			hostile_race(buffer_word(&n->recv, at + s.s[i].at), s.s[i].value, ROUNDS);
		else if (s.s[i].op >= OP_SET1 && s.s[i].op <= OP_SET8)
			hostile_spoil(p, &whole, have, &s.s[i]);
	}
	net_buf_write(&n->recv, at, p, have);
}

/* What a driver reads by itself. All else is for the guest's SCSI layer, whose faults are its own. */
static bool is_for_driver(const uint8_t *cdb)
{
	return cdb[0] == REPORT_LUNS || (cdb[0] == INQUIRY && cdb[1] & 1 && cdb[2] == PAGE_NAMES);
}

void hostile_data(struct vsp_dev *d, const uint8_t *cdb, uint8_t *p, size_t len)
{
	char name[NAME_MAX_];
	struct strikes s;
	size_t n = len;

	if (hostile.honest || !is_for_driver(cdb) || !len || hostile_aside(d))
		return;
	snprintf(name, sizeof(name), "%s/data/%#x", d->name, cdb[0]);
	if (!hostile_choose(L_DATA, name, p, len, &s))
		return;
	for (unsigned int i = 0; i < s.n; i++)
		if (s.s[i].op >= OP_SET1 && s.s[i].op <= OP_SET8)
			hostile_spoil(p, &n, len, &s.s[i]);
	/* so much memory the guest's SCSI layer cannot have, and says so with a stack */
	if (cdb[0] == REPORT_LUNS && len >= 2 && (p[0] || p[1] & 0xe0)) {
		p[0] = 0;
		p[1] &= 0x1f;
	}
}
