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

uint32_t *hostile_ring_word(struct vsp_chan *ch, uint32_t at)
{
	struct hring *r = at & 256 ? &ch->in : &ch->out;
	uint32_t read = hring_word(&ch->out, RING_READ);

	if (at & 512)
		return read < ch->out.size && !(read & 7) ?
		       (uint32_t *)(ch->out.page[read / VMBUS_PAGE] + read % VMBUS_PAGE) + (at & 1) : NULL;
	return (at & 255) <= RING_FEATURES ? &r->ctl[at & 255] : NULL;
}

void hostile_ring(struct vsp_chan *ch)
{
	uint32_t facts[4] = { ch->out.index, ch->in.index, ch->out.size, ch->in.size };
	char name[NAME_MAX_];
	struct strikes s;

	if (hostile.honest || ch->closing || hostile_spared(ch->dev))
		return;
	snprintf(name, sizeof(name), "%s.%u/ring", ch->dev->name, ch->sub);
	if (!hostile_choose(L_RING, name, (uint8_t *)facts, sizeof(facts), &s))
		return;
	for (unsigned int i = 0; i < s.n; i++) {
		uint32_t *word = hostile_ring_word(ch, s.s[i].at);

		if (word && s.s[i].op == OP_WORD)
			__atomic_store_n(word, (uint32_t)s.s[i].value, __ATOMIC_RELEASE);
		else if (word && s.s[i].op == OP_RACE)
			hostile_race(word, s.s[i].value, ROUNDS);
	}
}

bool hostile_event(struct vsp_chan *ch)
{
	struct bus *b = hostile.bus;
	uint32_t flag = ch->ctl->event_flag;
	char name[NAME_MAX_];
	struct strikes s;

	if (hostile.honest || hostile_spared(ch->dev))
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

	if (hostile.honest || hostile_spared(&n->dev))
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

/* The list of LUNs, which a driver reads itself. All else is for the guest's SCSI layer, whose faults are its own. */
void hostile_data(struct vsp_dev *d, uint8_t opcode, uint8_t *p, size_t len)
{
	char name[NAME_MAX_];
	struct strikes s;
	size_t n = len;

	if (hostile.honest || opcode != REPORT_LUNS || !len || hostile_spared(d))
		return;
	snprintf(name, sizeof(name), "%s/data/%#x", d->name, opcode);
	if (!hostile_choose(L_DATA, name, p, len, &s))
		return;
	for (unsigned int i = 0; i < s.n; i++)
		if (s.s[i].op >= OP_SET1 && s.s[i].op <= OP_SET8)
			hostile_spoil(p, &n, len, &s.s[i]);
	if (len >= 2 && (p[0] || p[1] & 0xe0)) {	/* so much memory the guest's SCSI layer cannot have, and says so with a stack */
		p[0] = 0;
		p[1] &= 0x1f;
	}
}
