// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: ring arithmetic of the host's side. See hring.h.
 */
#include <errno.h>
#include <string.h>
#include "vmbus/hring.h"

void hring_init(struct hring *r, uint8_t **pages, uint32_t npages)
{
	memset(r, 0, sizeof(*r));
	r->ctl = (uint32_t *)pages[0];
	r->page = pages + 1;
	r->size = (npages - 1) * VMBUS_PAGE;
}

uint32_t hring_word(const struct hring *r, enum ring_word w)
{
	return __atomic_load_n(&r->ctl[w], __ATOMIC_ACQUIRE);
}

void hring_set_word(struct hring *r, enum ring_word w, uint32_t value)
{
	__atomic_store_n(&r->ctl[w], value, __ATOMIC_RELEASE);
}

static void full_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

static uint32_t wrap(const struct hring *r, uint32_t index)
{
	return index >= r->size ? index - r->size : index;
}

static bool index_ok(const struct hring *r, uint32_t index)
{
	return index < r->size && !(index & 7);
}

/* Bytes from @from up to @to, going round. */
static uint32_t distance(const struct hring *r, uint32_t from, uint32_t to)
{
	return to >= from ? to - from : r->size - from + to;
}

/* One piece that does not leave its page. */
static uint32_t piece(const struct hring *r, uint32_t index, size_t len)
{
	uint32_t room = VMBUS_PAGE - index % VMBUS_PAGE;

	(void)r;
	return len < room ? len : room;
}

static void copy_out(const struct hring *r, uint32_t index, void *to, size_t len)
{
	uint8_t *p = to;

	while (len) {
		uint32_t n = piece(r, index, len);

		memcpy(p, r->page[index / VMBUS_PAGE] + index % VMBUS_PAGE, n);
		index = wrap(r, index + n);
		p += n;
		len -= n;
	}
}

static uint32_t copy_in(struct hring *r, uint32_t index, const void *from,
			size_t len)
{
	const uint8_t *p = from;

	while (len) {
		uint32_t n = piece(r, index, len);

		memcpy(r->page[index / VMBUS_PAGE] + index % VMBUS_PAGE, p, n);
		index = wrap(r, index + n);
		p += n;
		len -= n;
	}
	return index;
}

static void check_trailer(struct hring *r, uint32_t start, uint32_t at)
{
	uint32_t trailer[2];

	copy_out(r, at, trailer, sizeof(trailer));
	if (trailer[1] != start)
		r->bad_trailers++;
}

long hring_get(struct hring *r, void *buf, size_t cap)
{
	uint32_t write = hring_word(r, RING_WRITE);
	struct packet_header h;
	uint32_t have, len, offset;

	if (!index_ok(r, write))
		return -EPROTO;
	have = distance(r, r->index, write);
	if (!have)
		return 0;
	if (have < sizeof(h) + PKT_TRAILER)
		return -EPROTO;
	copy_out(r, r->index, &h, sizeof(h));
	len = h.len8 * 8u;
	offset = h.offset8 * 8u;
	if (offset < sizeof(h) || offset > len || len + PKT_TRAILER > have)
		return -EPROTO;
	if (len > cap)
		return -EMSGSIZE;
	memcpy(buf, &h, sizeof(h));	/* the checked copy, not a second read */
	copy_out(r, wrap(r, r->index + sizeof(h)), (uint8_t *)buf + sizeof(h),
		 len - sizeof(h));
	check_trailer(r, r->index, wrap(r, r->index + len));
	r->index = wrap(r, r->index + len + PKT_TRAILER);
	return len;
}

bool hring_release(struct hring *r)
{
	uint32_t before, after, pending, write;

	if (r->index == r->published)
		return false;
	hring_set_word(r, RING_READ, r->index);
	full_barrier();
	pending = hring_word(r, RING_PENDING);
	write = hring_word(r, RING_WRITE);
	before = r->size - distance(r, r->published, write);
	after = r->size - distance(r, r->index, write);
	r->published = r->index;
	if (!pending || !(hring_word(r, RING_FEATURES) & RING_FEATURE_PENDING_SEND))
		return false;
	return before <= pending && pending < after;
}

void hring_mask(struct hring *r, bool masked)
{
	hring_set_word(r, RING_MASK, masked);
	full_barrier();
}

bool hring_pending(const struct hring *r)
{
	return hring_word(r, RING_WRITE) != r->index;
}

int hring_put(struct hring *r, const void *hdr, size_t hdr_len,
	      const void *body, size_t len)
{
	static const uint8_t zero[8];
	size_t pad = -(hdr_len + len) & 7;
	uint32_t need = hdr_len + len + pad + PKT_TRAILER;
	uint32_t read = hring_word(r, RING_READ);
	uint32_t trailer[2] = { 0, r->index };
	uint32_t index;

	if (need >= r->size)
		return -EMSGSIZE;
	if (!index_ok(r, read))
		return -EPROTO;
	if (need >= r->size - distance(r, read, r->index))
		return -EAGAIN;
	index = copy_in(r, r->index, hdr, hdr_len);
	index = copy_in(r, index, body, len);
	index = copy_in(r, index, zero, pad);
	r->index = copy_in(r, index, trailer, sizeof(trailer));
	return 0;
}

uint32_t hring_room(const struct hring *r)
{
	uint32_t read = hring_word(r, RING_READ);

	return index_ok(r, read) ? r->size - distance(r, read, r->index) : 0;
}

bool hring_publish(struct hring *r)
{
	uint32_t old = r->published;

	if (r->index == old)
		return false;
	hring_set_word(r, RING_WRITE, r->index);
	full_barrier();
	r->published = r->index;
	return !hring_word(r, RING_MASK) && hring_word(r, RING_READ) == old;
}

void hring_want_room(struct hring *r, uint32_t bytes)
{
	hring_set_word(r, RING_PENDING, bytes);
	full_barrier();
}
