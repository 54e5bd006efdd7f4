/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a VMBus ring, as index arithmetic over shared memory.
 *
 * Pure: no device, no sleeping, no globals, no locks. The caller serialises
 * each end. Nothing in the shared page is believed before it was copied and
 * checked, and the index that belongs to our end is never read back from it.
 */
#ifndef _HV_RING_H
#define _HV_RING_H

#include <linux/hyperv.h>

/* Every packet is followed by eight bytes that name its start. */
#define RING_TRAILER	8
/* The least that a producer can publish: a descriptor and its trailer. */
#define RING_MIN_PACKET	(sizeof(struct vmpacket_descriptor) + RING_TRAILER)

/* So many packets in a row that make no sense, and the ring is given up. */
#define RING_JUNK_MOST	16

/* What can be wrong with a ring or a packet that the host wrote. */
enum ring_error {
	RING_OK,
	RING_READ_INDEX,	/* outside the ring or not a multiple of 8 */
	RING_READ_JUMP,		/* passed the write index, or went backwards */
	RING_WRITE_INDEX,	/* outside the ring or not a multiple of 8 */
	RING_SHORT,		/* fewer bytes than any packet needs */
	RING_LENGTH,		/* packet shorter than its header, or past the data */
	RING_OFFSET,		/* payload starts in the header or past the packet */
	RING_TYPE,		/* packet of a type that does not exist */
	RING_OVERSIZE,		/* packet longer than the channel's buffer */
	RING_READ_MOVED,	/* host wrote the index that is ours */
	RING_NR_ERRORS
};

/* One piece of a packet to be sent. */
struct ring_piece {
	const void *base;
	u32 len;
};

/**
 * struct ring_writer - the producing end of a ring
 * @shared: control page
 * @data: data area
 * @size: bytes in the data area
 * @write: where the next packet goes; the shared copy is write-only for us
 * @published: what the peer can see
 * @read: the peer's index as last seen and checked; the free space computed
 *	from it can only be too small, never too large
 * @error: first thing found wrong; the end refuses all work from then on
 * @bad: the value that was wrong
 */
struct ring_writer {
	struct hv_ring_buffer *shared;
	u8 *data;
	u32 size;
	u32 write;
	u32 published;
	u32 read;
	enum ring_error error;
	u32 bad;
};

/**
 * struct ring_reader - the consuming end of a ring
 * @shared: control page
 * @data: data area
 * @size: bytes in the data area
 * @read: where the next packet starts; the shared copy is write-only for us
 * @published: what the peer was told
 * @write: the peer's index as last seen and checked
 * @error: what made us give the ring up; the end finds no more packets from
 *	then on
 * @dropped: what was wrong with the packet dropped last
 * @bad: the value that was wrong
 * @junk: packets dropped since the last good one
 * @repaired: times the host had changed the index that is ours
 */
struct ring_reader {
	struct hv_ring_buffer *shared;
	u8 *data;
	u32 size;
	u32 read;
	u32 published;
	u32 write;
	enum ring_error error;
	enum ring_error dropped;
	u32 bad;
	u32 junk;
	u32 repaired;
};

int ring_writer_init(struct ring_writer *w, struct hv_ring_buffer *shared,
		     u32 bytes);
u32 ring_writer_free(const struct ring_writer *w);
int ring_room(struct ring_writer *w, u32 len);
int ring_stage(struct ring_writer *w, const struct ring_piece *pieces,
	       unsigned int nr, u32 len);
bool ring_publish(struct ring_writer *w);

int ring_reader_init(struct ring_reader *r, struct hv_ring_buffer *shared,
		     u32 bytes);
int ring_peek(struct ring_reader *r, struct vmpacket_descriptor *desc);
void ring_bytes(const u8 *data, u32 size, u32 at, void *to, u32 len);
void ring_copy_out(const struct ring_reader *r, void *to, u32 offset, u32 len);
void ring_skip(struct ring_reader *r, u32 len);
bool ring_release(struct ring_reader *r);
void ring_drain(struct ring_reader *r);

const char *ring_error_name(enum ring_error error);

#endif
