/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two ends of a VMBus ring, as index arithmetic over shared memory.
 *
 * ring_write.h and ring_read.h have the ends' functions.
 *
 * Pure: no device, no sleeping, no globals, no locks. The caller serialises
 * each end. Nothing in the shared page is believed before it was copied and
 * checked, and the index that belongs to our end is never read back from it.
 */
#ifndef _HV_RING_H
#define _HV_RING_H

#include <linux/compiler.h>
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

/**
 * struct ring_packet - a packet to be sent
 * @head: first word of its descriptor: type, offset, length, flags (packet_head())
 * @id: second word of its descriptor
 * @list: what stands between descriptor and payload, page ranges for one
 * @data: payload
 * @list_len: bytes of @list, a multiple of 8
 * @data_len: bytes of @data
 * @len: of the whole packet without trailer: both and the descriptor, padded to 8
 */
struct ring_packet {
	u64 head;
	u64 id;
	const void *list;
	const void *data;
	u32 list_len;
	u32 data_len;
	u32 len;
};

/**
 * struct ring_mark - what a commit leaves to decide on, once others may go on
 * @shared: control page
 * @size: bytes in the data area
 * @read: the peer's index as was known
 * @old: what the peer could see before the commit
 * @now: what it can see from then on
 */
struct ring_mark {
	struct hv_ring_buffer *shared;
	u32 size;
	u32 read;
	u32 old;
	u32 now;
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
 * @clear: a packet shorter than this has room, by what is known, and does not reach the end of
 *	the data area with its trailer; 0 if there is none, ever after an @error
 * @high: most bytes in use, staged ones included, whenever the peer's index was taken
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
	u32 clear;
	u32 high;
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

int ring_prepare(struct hv_ring_buffer *shared, u32 bytes);
const char *ring_error_name(enum ring_error error);

#endif
