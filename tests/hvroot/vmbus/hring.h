/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's side of a channel's two rings. Reads what the guest wrote with
 * every index and length checked, writes packets for the guest, and says when
 * the other side must be signalled; signalling itself is the caller's job.
 * The ring's pages are guest memory: the guest may change them at any time.
 */
#ifndef HVROOT_HRING_H
#define HVROOT_HRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vmbus/wire.h"

/* Words of the control page, as indexes of u32. */
enum ring_word {
	RING_WRITE = 0,
	RING_READ = 1,
	RING_MASK = 2,
	RING_PENDING = 3,
	RING_FEATURES = 16,
};

struct hring {
	uint32_t *ctl;		/* control page */
	uint8_t **page;		/* data pages, not contiguous */
	uint32_t size;		/* bytes of data */
	uint32_t index;		/* our index, ahead of the published one */
	uint32_t published;
	uint64_t bad_trailers;	/* packets whose trailer named another start */
};

/* @pages: the control page, then the data pages; kept by reference. */
void hring_init(struct hring *r, uint8_t **pages, uint32_t npages);

uint32_t hring_word(const struct hring *r, enum ring_word w);
void hring_set_word(struct hring *r, enum ring_word w, uint32_t value);

/* ---- guest to host: we consume ---- */

/*
 * Copies the next packet (header included) to @buf of @cap bytes. Returns its
 * length, 0 when there is none, -EPROTO when the guest's index or the packet's
 * lengths make no sense, -EMSGSIZE when it is larger than @cap.
 */
long hring_get(struct hring *r, void *buf, size_t cap);
/* Frees what hring_get() took; true: the guest waits for room, signal it. */
bool hring_release(struct hring *r);
/* Whether the guest may skip signals while we look at the ring anyway. */
void hring_mask(struct hring *r, bool masked);
bool hring_pending(const struct hring *r);

/* ---- host to guest: we produce ---- */

/*
 * Puts a packet of @hdr and @len bytes of @body into the ring, not visible
 * before hring_publish(). 0, -EAGAIN when it does not fit now, -EPROTO when
 * the guest's read index makes no sense. A packet that can never fit is
 * -EMSGSIZE.
 */
int hring_put(struct hring *r, const void *hdr, size_t hdr_len,
	      const void *body, size_t len);
/* Bytes that are free, if the guest's read index makes sense. */
uint32_t hring_room(const struct hring *r);
/* Makes the packets visible; true: the guest must be signalled. */
bool hring_publish(struct hring *r);
/* Asks the guest for a signal when @bytes are free; 0 = no longer. */
void hring_want_room(struct hring *r, uint32_t bytes);

#endif
