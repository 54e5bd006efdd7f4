// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data buffer of a GPA-direct packet: its page range, checked and turned
 * into pieces of guest memory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "machine/vm.h"
#include "vmbus/bus.h"

/* Adds @len bytes at @p, joined to the last piece where they touch. */
static void add_piece(struct iovec *iov, int *n, uint8_t *p, size_t len)
{
	struct iovec *last = *n ? &iov[*n - 1] : NULL;

	if (last && (uint8_t *)last->iov_base + last->iov_len == p) {
		last->iov_len += len;
		return;
	}
	iov[*n].iov_base = p;
	iov[*n].iov_len = len;
	++*n;
}

static int map_range(struct vm *vm, const struct gpa_range *r,
		     const uint8_t *frames, uint32_t count, struct iovec *iov)
{
	uint32_t offset = r->offset, left = r->length;
	int n = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t len = VMBUS_PAGE - offset;
		uint64_t pfn;
		uint8_t *p;

		if (len > left)
			len = left;
		memcpy(&pfn, frames + 8 * i, sizeof(pfn));
		if (pfn >= UINT64_MAX / VMBUS_PAGE)
			return -EINVAL;
		p = vm_mem(vm, pfn * VMBUS_PAGE, VMBUS_PAGE);
		if (!p)
			return -EINVAL;
		add_piece(iov, &n, p + offset, len);
		left -= len;
		offset = 0;
	}
	return n;
}

int vsp_pages(struct vsp_chan *ch, const struct vsp_packet *p,
	      struct iovec **iov, size_t *bytes)
{
	struct packet_ranges head;
	struct gpa_range r;
	uint32_t count;
	int n;

	*iov = NULL;
	*bytes = 0;
	if (p->type != PKT_GPA_DIRECT)
		return 0;
	if (p->ext_len < sizeof(head) + sizeof(r))
		return -EINVAL;
	memcpy(&head, p->ext, sizeof(head));
	memcpy(&r, p->ext + sizeof(head), sizeof(r));
	count = ((uint64_t)r.offset + r.length + VMBUS_PAGE - 1) / VMBUS_PAGE;
	if (head.count != 1 || r.offset >= VMBUS_PAGE || !r.length ||
	    p->ext_len != sizeof(head) + sizeof(r) + 8 * (size_t)count)
		return -EINVAL;
	*iov = calloc(count, sizeof(**iov));
	if (!*iov)
		return -EINVAL;
	n = map_range(ch->dev->bus->vm, &r, p->ext + sizeof(head) + sizeof(r),
		      count, *iov);
	if (n < 0) {
		free(*iov);
		*iov = NULL;
		return n;
	}
	*bytes = r.length;
	return n;
}
