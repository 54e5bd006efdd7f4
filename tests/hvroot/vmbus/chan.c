// SPDX-License-Identifier: GPL-2.0-only
/*
 * One open channel: its rings, the turn that the event loop gives it when the
 * guest signals, sending with a queue for a full ring, and the interrupt.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hostile/hostile.h"
#include "loop/aio.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/hcall.h"
#include "machine/synic.h"
#include "machine/vm.h"
#include "session/session.h"
#include "vmbus/bus.h"

/* Packets taken from one channel before others get their turn. */
#define TURN_PACKETS 128

static void turn(void *ctx);

static uint32_t relid(const struct vsp_chan *ch)
{
	return ch->ctl->offer.relid;
}

static void interrupt(struct vsp_chan *ch)
{
	struct bus *b = ch->dev->bus;

	if (ch->ctl->target_vp == VMBUS_NO_VP)
		return;
	if (hostile_on && hostile_event(ch))
		return;
	if (synic_signal(b->vm, ch->ctl->target_vp, ch->ctl->target_sint,
			 ch->ctl->event_flag) == 1)
		ch->interrupts++;
}

void vsp_fail(struct vsp_chan *ch, const char *why)
{
	if (ch->failed)
		return;
	ch->failed = true;
	ch->errors++;
	trace("CHANNEL_FAILED", "%s relid=%u: %s; in write=%u read=%u, out write=%u read=%u",
	      ch->dev->name, relid(ch), why,
	      hring_word(&ch->in, RING_WRITE), hring_word(&ch->in, RING_READ),
	      hring_word(&ch->out, RING_WRITE), hring_word(&ch->out, RING_READ));
	log_guest("channel %u (%s) failed: %s", relid(ch), ch->dev->name, why);
}

void vsp_reject(struct vsp_chan *ch, const struct vsp_packet *p, const char *why)
{
	ch->errors++;
	ch->dev->bus->rejected++;
	trace("PACKET_REFUSED", "%s relid=%u type=%u id=%#llx len=%zu: %s",
	      ch->dev->name, relid(ch), p->type, (unsigned long long)p->id,
	      p->len, why);
}

static void publish(struct vsp_chan *ch)
{
	bool tell = hring_publish(&ch->out);

	if (hostile_on)
		hostile_ring(ch);
	if (tell)
		interrupt(ch);
}

void vsp_batch_begin(struct bus *b)
{
	b->batch++;
}

void vsp_batch_end(struct bus *b)
{
	if (--b->batch)
		return;
	while (b->dirty) {
		struct vsp_chan *ch = b->dirty;

		b->dirty = ch->dirty_next;
		ch->dirty = false;
		publish(ch);
	}
	aio_flush();
}

static void set_dirty(struct vsp_chan *ch)
{
	struct bus *b = ch->dev->bus;

	if (ch->dirty)
		return;
	ch->dirty = true;
	ch->dirty_next = b->dirty;
	b->dirty = ch;
}

static void drop_dirty(struct vsp_chan *ch)
{
	struct vsp_chan **p = &ch->dev->bus->dirty;

	while (*p && *p != ch)
		p = &(*p)->dirty_next;
	if (*p)
		*p = ch->dirty_next;
}

static void queue_out(struct vsp_chan *ch, const struct packet_header *h,
		      const void *body, size_t len)
{
	struct vsp_out *o = calloc(1, sizeof(*o) + sizeof(*h) + len);

	if (!o) {
		vsp_fail(ch, "out of memory");
		return;
	}
	o->len = sizeof(*h) + len;
	memcpy(o->data, h, sizeof(*h));
	if (len)
		memcpy(o->data + sizeof(*h), body, len);
	*ch->outq_end = o;
	ch->outq_end = &o->next;
}

static void drop_out(struct vsp_chan *ch)
{
	while (ch->outq) {
		struct vsp_out *o = ch->outq;

		ch->outq = o->next;
		free(o);
	}
	ch->outq_end = &ch->outq;
}

/* Puts one packet in the ring; false when it has to wait in the queue. */
static bool put(struct vsp_chan *ch, const void *data, size_t hdr_len,
		const void *body, size_t len)
{
	int r = hring_put(&ch->out, data, hdr_len, body, len);

	if (r == -EAGAIN)
		return false;
	if (r)
		vsp_fail(ch, r == -EPROTO ? "bad read index in the ring to the guest" :
			 "packet larger than the ring to the guest");
	return true;
}

/* Moves queued packets to the ring; arms the guest's signal for the rest. */
static void flush_queue(struct vsp_chan *ch)
{
	while (ch->outq && !ch->failed) {
		struct vsp_out *o = ch->outq;

		if (!put(ch, o->data, o->len, NULL, 0)) {
			publish(ch);
			ch->full++;
			hring_want_room(&ch->out, ((o->len + 7) & ~7u) + PKT_TRAILER);
			if (!put(ch, o->data, o->len, NULL, 0))
				return;
		}
		ch->outq = o->next;
		free(o);
	}
	drop_out(ch);
	hring_want_room(&ch->out, 0);
	publish(ch);
	if (ch->dev->ops->room && !ch->failed)
		ch->dev->ops->room(ch);
}

static void send(struct vsp_chan *ch, const struct packet_header *h, const void *body, size_t len)
{
	if (ch->outq || !put(ch, h, sizeof(*h), body, len)) {
		queue_out(ch, h, body, len);
		flush_queue(ch);
	}
	if (ch->dev->bus->batch)
		set_dirty(ch);
	else
		publish(ch);
}

void vsp_send_ext(struct vsp_chan *ch, uint16_t type, uint16_t flags, uint64_t id,
		  const void *body, size_t ext, size_t len)
{
	struct packet_header h = {
		.type = type, .offset8 = (sizeof(h) + ext) / 8,
		.len8 = (sizeof(h) + len + 7) / 8, .flags = flags, .id = id,
	};

	if (ch->closing || ch->failed)
		return;
	if (session_on)
		session_packet(ch, &h, &body, &len);
	if (hostile_on && hostile_packet(ch, &h, body, len))
		return;
	send(ch, &h, body, len);
}

void vsp_send_raw(struct vsp_chan *ch, const void *packet, size_t len)
{
	struct packet_header h;

	if (ch->closing || ch->failed)
		return;
	memcpy(&h, packet, sizeof(h));
	send(ch, &h, (const uint8_t *)packet + sizeof(h), len - sizeof(h));
}

void vsp_send(struct vsp_chan *ch, uint16_t type, uint16_t flags, uint64_t id,
	      const void *body, size_t len)
{
	vsp_send_ext(ch, type, flags, id, body, 0, len);
}

void vsp_complete(struct vsp_chan *ch, uint64_t id, const void *body, size_t len)
{
	vsp_send(ch, PKT_COMPLETION, 0, id, body, len);
}

/*
 * What a ring may not carry at all: a host that finds it (OpenVMM's vmbus_ring,
 * InvalidDescriptorFlags and InvalidDescriptorType) looks at that ring no more.
 */
static const char *header_fault(const struct packet_header *h)
{
	if (h->flags & ~PKT_COMPLETION_WANTED)
		return "unknown packet flags";
	if (h->type != PKT_INBAND && h->type != PKT_TRANSFER_PAGES &&
	    h->type != PKT_GPA_DIRECT && h->type != PKT_COMPLETION)
		return "unknown packet type";
	return NULL;
}

/* Takes the checked copy in ch->buf apart and gives it to the device. */
static void deliver(struct vsp_chan *ch, size_t len)
{
	struct packet_header h;
	struct vsp_packet p;
	const char *why;

	memcpy(&h, ch->buf, sizeof(h));
	why = header_fault(&h);
	if (why) {
		vsp_fail(ch, why);
		return;
	}
	p.type = h.type;
	p.flags = h.flags;
	p.id = h.id;
	p.ext = ch->buf + sizeof(h);
	p.ext_len = h.offset8 * 8u - sizeof(h);
	p.body = ch->buf + h.offset8 * 8u;
	p.len = len - h.offset8 * 8u;
	ch->requests++;
	if (trace_verbose())
		trace("PACKET_IN", "%s relid=%u type=%u id=%#llx flags=%u len=%zu",
		      ch->dev->name, relid(ch), p.type,
		      (unsigned long long)p.id, p.flags, p.len);
	if (steps_take_later(ch->dev, "before", "packet")) {
		ch->frozen = true;	/* so that nothing follows it */
		return;
	}
	if (session_on)
		session_packet_in(ch, &p);
	if (hostile_on && hostile_swallows(ch, p.id))
		trace("SWALLOWED", "%s id=%#llx", ch->dev->name, (unsigned long long)p.id);
	else if (p.type == PKT_TRANSFER_PAGES)
		vsp_reject(ch, &p, "packet type not used here");
	else
		ch->dev->ops->packet(ch, &p);
	if (session_on)
		session_asked();
	if (steps_take_later(ch->dev, "after", "packet"))
		ch->frozen = true;
}

/* Reading would only add to what the guest has no room for, or nobody takes it. */
static bool must_wait(const struct vsp_chan *ch)
{
	return ch->frozen || (ch->outq && !ch->dev->ops->stream);
}

/* Reads packets; false when the ring is empty or must wait, true for more. */
static bool read_some(struct vsp_chan *ch)
{
	unsigned int left = TURN_PACKETS;
	long n = 0;

	while (left && !ch->closing && !ch->failed && !must_wait(ch)) {
		n = hring_get(&ch->in, ch->buf, ch->cap);
		if (n <= 0)
			break;
		left--;
		deliver(ch, n);
	}
	if (n < 0)
		vsp_fail(ch, "bad index or packet length from the guest");
	if (!ch->closing && !ch->failed && hring_release(&ch->in))
		interrupt(ch);
	return !left;
}

static void next_turn(struct vsp_chan *ch)
{
	if (!ch->turn)
		ch->turn = timer_start(0, turn, ch);
}

/*
 * One turn: answers first, then packets until the ring is empty, with the
 * guest's signals masked meanwhile. A channel whose answers wait for room
 * stays masked, unless it is a stream; the guest signals when it has made room.
 */
static void run(struct vsp_chan *ch)
{
	bool more;

	if (ch->outq)
		flush_queue(ch);
	if (ch->failed || must_wait(ch))
		return;
	ch->wakes++;
	hring_mask(&ch->in, true);
	more = read_some(ch);
	if (ch->closing || ch->failed || must_wait(ch))
		return;
	if (!more) {
		hring_mask(&ch->in, false);
		more = hring_pending(&ch->in);
	}
	if (more)
		next_turn(ch);
}

static void turn(void *ctx)
{
	struct vsp_chan *ch = ctx;
	struct bus *b = ch->dev->bus;

	ch->turn = NULL;
	vsp_batch_begin(b);
	run(ch);
	vsp_batch_end(b);
}

/* Looks at the ring as if the guest had signalled. */
void chan_kick(struct vsp_chan *ch)
{
	next_turn(ch);
}

void chan_signalled(struct vsp_chan *ch)
{
	struct bus *b = ch->dev->bus;

	ch->signals++;
	if (ch->turn)
		return;		/* due anyway */
	if (hostile_on && hostile_unheard(ch))
		return;
	vsp_batch_begin(b);
	run(ch);
	vsp_batch_end(b);
}

static void on_signal(void *ctx)
{
	chan_signalled(ctx);
}

/* Maps the frames of the ring list; each was found to be guest memory. */
static uint8_t **map_pages(struct bus *b, const struct gpadl *g)
{
	uint8_t **pages = calloc(g->frames, sizeof(*pages));

	for (uint32_t i = 0; pages && i < g->frames; i++) {
		pages[i] = vm_mem(b->vm, g->pfn[i] * VMBUS_PAGE, VMBUS_PAGE);
		if (pages[i])
			continue;
		free(pages);
		return NULL;
	}
	return pages;
}

/* Both rings normally start at zero; a bad start is refused. */
static bool rings_start(struct vsp_chan *ch)
{
	uint32_t in = hring_word(&ch->in, RING_READ);
	uint32_t out = hring_word(&ch->out, RING_WRITE);

	if (in >= ch->in.size || out >= ch->out.size || (in | out) & 7)
		return false;
	ch->in.index = ch->in.published = in;
	ch->out.index = ch->out.published = out;
	hring_set_word(&ch->out, RING_FEATURES, RING_FEATURE_PENDING_SEND);
	hring_set_word(&ch->in, RING_MASK, 0);
	return true;
}

static void chan_free(struct vsp_chan *ch)
{
	timer_cancel(ch->turn);
	drop_out(ch);
	drop_dirty(ch);
	free(ch->pages);
	free(ch->buf);
	free(ch);
}

static struct vsp_chan *chan_new(struct bus *b, struct ctl_chan *cc)
{
	const struct gpadl *g = cc->ring;
	uint32_t split = cc->open.page_offset;
	struct vsp_chan *ch = calloc(1, sizeof(*ch));

	if (!ch)
		return NULL;
	ch->dev = cc->owner;
	ch->ctl = cc;
	ch->sub = cc->offer.sub_index;
	ch->outq_end = &ch->outq;
	ch->pages = map_pages(b, g);
	ch->cap = (size_t)(split - 1) * VMBUS_PAGE;
	ch->buf = malloc(ch->cap);
	if (ch->pages && ch->buf) {
		hring_init(&ch->in, ch->pages, split);
		hring_init(&ch->out, ch->pages + split, g->frames - split);
		if (rings_start(ch))
			return ch;
	}
	chan_free(ch);
	return NULL;
}

uint32_t chan_open(struct bus *b, struct ctl_chan *cc)
{
	struct vsp_chan *ch = chan_new(b, cc);
	uint32_t status = 0;

	if (!ch)
		return NTSTATUS_INVALID_PARAMETER;
	if (hcall_event_add(b->vm, cc->connection_id, on_signal, ch)) {
		chan_free(ch);
		return NTSTATUS_INVALID_PARAMETER;
	}
	ch->next = b->chans;
	b->chans = ch;
	cc->priv = ch;
	status = ch->dev->refuse_open;
	ch->dev->refuse_open = 0;
	if (!status && ch->dev->ops->open)
		status = ch->dev->ops->open(ch);
	if (!status)
		return 0;
	hcall_event_del(b->vm, cc->connection_id);
	b->chans = ch->next;
	cc->priv = NULL;
	chan_free(ch);
	return status;
}

void chan_close(struct ctl_chan *cc)
{
	struct vsp_chan *ch = cc->priv;

	hcall_event_del(ch->dev->bus->vm, cc->connection_id);
	timer_cancel(ch->turn);
	ch->turn = NULL;
	publish(ch);
	ch->closing = true;
	drop_out(ch);
	if (ch->dev->ops->close)
		ch->dev->ops->close(ch);
	else
		vsp_closed(ch);
}

static void keep_counters(struct bus *b, const struct vsp_chan *ch)
{
	b->past.signals += ch->signals;
	b->past.interrupts += ch->interrupts;
	b->past.wakes += ch->wakes;
	b->past.requests += ch->requests;
	b->past.errors += ch->errors;
	b->past.full += ch->full;
}

void vsp_closed(struct vsp_chan *ch)
{
	struct bus *b = ch->dev->bus;
	struct ctl_chan *cc = ch->ctl;
	struct vsp_chan **p = &b->chans;

	keep_counters(b, ch);
	while (*p != ch)
		p = &(*p)->next;
	*p = ch->next;
	cc->priv = NULL;
	/* what was published last may be a lie, too: now nobody writes to the rings any more */
	hostile_forget();
	chan_free(ch);
	ctl_closed(cc);
}
