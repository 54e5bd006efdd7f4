// SPDX-License-Identifier: GPL-2.0-only
/*
 * The receive and send buffers that the guest shares with its network device.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "hostile/hostile.h"
#include "machine/vm.h"
#include "network/net.h"

bool net_buf_take(struct nic *n, struct net_buf *b, uint32_t handle, uint16_t id)
{
	struct bus *bus = n->dev.bus;
	struct gpadl *g = gpadl_find(&bus->ctl.gpadls, handle);

	if (b->ok || !g || g->have != g->frames || g->teardown)
		return false;
	b->page = calloc(g->frames, sizeof(*b->page));
	if (!b->page)
		return false;
	for (uint32_t i = 0; i < g->frames; i++) {
		b->page[i] = vm_mem(bus->vm, g->pfn[i] * VMBUS_PAGE, VMBUS_PAGE);
		if (!b->page[i]) {
			free(b->page);
			b->page = NULL;
			return false;
		}
	}
	b->gpadl = handle;
	b->id = id;
	b->bytes = g->bytes;
	b->offset = g->offset;
	b->ok = true;
	return true;
}

void net_buf_drop(struct net_buf *b)
{
	hostile_forget();
	free(b->page);
	memset(b, 0, sizeof(*b));
}

bool net_buf_alive(struct nic *n, struct net_buf *b)
{
	struct gpadl *g;

	if (!b->ok)
		return false;
	g = gpadl_find(&n->dev.bus->ctl.gpadls, b->gpadl);
	if (g && !g->teardown)
		return true;
	net_buf_drop(b);
	return false;
}

static void copy(struct net_buf *b, uint32_t at, uint8_t *p, size_t len, bool in)
{
	at += b->offset;
	while (len) {
		uint32_t room = VMBUS_PAGE - at % VMBUS_PAGE;
		size_t part = len < room ? len : room;
		uint8_t *g = b->page[at / VMBUS_PAGE] + at % VMBUS_PAGE;

		if (in)
			memcpy(p, g, part);
		else
			memcpy(g, p, part);
		at += part;
		p += part;
		len -= part;
	}
}

void net_buf_write(struct net_buf *b, uint32_t at, const void *from, size_t len)
{
	copy(b, at, (uint8_t *)from, len, false);
}

void net_buf_read(struct net_buf *b, uint32_t at, void *to, size_t len)
{
	copy(b, at, to, len, true);
}

/* Pieces of one range of a packet; -EINVAL for what is not guest memory. */
static int one_range(struct vm *vm, const uint8_t **at, const uint8_t *end,
		     struct iovec *iov, size_t *bytes)
{
	struct gpa_range r;
	uint32_t left, frames;
	uint64_t pfn;

	if (end - *at < (long)sizeof(r))
		return -EINVAL;
	memcpy(&r, *at, sizeof(r));
	*at += sizeof(r);
	if (r.offset >= VMBUS_PAGE || !r.length)
		return -EINVAL;
	frames = ((uint64_t)r.offset + r.length + VMBUS_PAGE - 1) / VMBUS_PAGE;
	if (frames > (size_t)(end - *at) / sizeof(pfn))
		return -EINVAL;
	left = r.length;
	for (uint32_t i = 0; i < frames; i++, *at += sizeof(pfn)) {
		uint32_t off = i ? 0 : r.offset;
		uint32_t len = left < VMBUS_PAGE - off ? left : VMBUS_PAGE - off;

		memcpy(&pfn, *at, sizeof(pfn));
		iov[i].iov_base = pfn < UINT64_MAX / VMBUS_PAGE ?
			vm_mem(vm, pfn * VMBUS_PAGE + off, len) : NULL;
		iov[i].iov_len = len;
		if (!iov[i].iov_base)
			return -EINVAL;
		left -= len;
	}
	*bytes += r.length;
	return frames;
}

int net_gather_pages(struct vsp_chan *ch, const struct vsp_packet *p,
		     struct iovec **iov, size_t *bytes)
{
	const uint8_t *at = p->ext + sizeof(struct packet_ranges);
	const uint8_t *end = p->ext + p->ext_len;
	struct packet_ranges h;
	int pieces = 0;

	if (p->ext_len < sizeof(h))
		return -EINVAL;
	memcpy(&h, p->ext, sizeof(h));
	if (h.count > nic_of(ch)->pieces)
		return -EINVAL;
	*iov = calloc(p->ext_len / 8 + 1, sizeof(**iov));	/* a frame each at most */
	if (!*iov)
		return -EINVAL;
	for (uint32_t i = 0; i < h.count; i++) {
		int n = one_range(ch->dev->bus->vm, &at, end, *iov + pieces, bytes);

		if (n < 0)
			return n;
		pieces += n;
	}
	return pieces;
}
