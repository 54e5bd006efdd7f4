// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ring of the kernel's own bus: run.py cuts the functions out of its source into
 * build/bench/ring/intree.h, which is not part of this project. What they want of the kernel is
 * here, as little as does. Locks are left out, as with ours: there is one writer.
 */
#define hv_ring_buffer		shim_ring_buffer	/* its flags have no names there */
#include <linux/hyperv.h>
#undef hv_ring_buffer
#include <linux/types.h>
#include <linux/atomic.h>
#include <asm/barrier.h>
#include "bench.h"

#define EXPORT_SYMBOL(x)
#define virt_rmb()			__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define spin_lock_irqsave(l, f)		((void)(l), (void)((f) = 0))
#define spin_unlock_irqrestore(l, f)	((void)(l), (void)(f))
#define hv_debug_delay_test(c, d)	((void)(c))
#define VMBUS_RQST_ERROR		(U64_MAX - 1)
#define VMBUS_NO_RQSTOR			U64_MAX

struct hv_ring_buffer {
	u32 write_index, read_index, interrupt_mask, pending_send_sz;
	u32 reserved1[12];
	union {
		struct {
			u32 feat_pending_send_sz : 1;
		};
		u32 value;
	} feature_bits;
	u8 reserved2[4096 - 68];
	u8 buffer[];
} __packed;

struct hv_ring_buffer_info {
	struct hv_ring_buffer *ring_buffer;
	int ring_lock;
	u32 ring_datasize;
	u32 priv_read_index;
	void *pkt_buffer;
	u32 pkt_buffer_size;
};

struct kvec {
	void *iov_base;
	size_t iov_len;
};

struct vmbus_channel {
	struct hv_ring_buffer_info outbound, inbound;
	bool rescind, out_full_flag;
	u64 out_full_total, out_full_first, intr_out_empty, intr_in_full;
	u64 (*next_request_id_callback)(struct vmbus_channel *channel, u64 rqst_addr);
	u64 (*request_addr_callback)(struct vmbus_channel *channel, u64 rqst_id);
};

uint64_t signals;

static void vmbus_setevent(struct vmbus_channel *channel)
{
	signals++;
}

static inline void *hv_get_ring_buffer(const struct hv_ring_buffer_info *ring)
{
	return ring->ring_buffer->buffer;
}

static inline u32 hv_get_bytes_to_write(const struct hv_ring_buffer_info *ring)
{
	u32 read = READ_ONCE(ring->ring_buffer->read_index);
	u32 write = READ_ONCE(ring->ring_buffer->write_index);

	return write >= read ? ring->ring_datasize - (write - read) : read - write;
}

#include "intree.h"

static struct vmbus_channel channel;
static u64 copy[512];

static void init(struct hv_ring_buffer_info *info, void *ring, uint32_t bytes)
{
	info->ring_buffer = ring;
	info->ring_buffer->feature_bits.value = 1;
	info->ring_datasize = bytes;
}

void writer_init(void *ring, uint32_t bytes)
{
	init(&channel.outbound, ring, bytes);
}

void reader_init(void *ring, uint32_t bytes)
{
	init(&channel.inbound, ring, bytes);
	channel.inbound.pkt_buffer = copy;
	channel.inbound.pkt_buffer_size = sizeof(copy);
}

/* What the bus makes of a payload before it is written: three pieces. */
int write_one(const void *payload, uint32_t len, uint64_t id)
{
	u32 padded = ALIGN(sizeof(struct vmpacket_descriptor) + len, 8);
	u64 zero = 0;
	struct vmpacket_descriptor desc = {
		.type = VM_PKT_DATA_INBAND,
		.offset8 = sizeof(desc) >> 3,
		.len8 = padded >> 3,
		.trans_id = VMBUS_RQST_ERROR,
	};
	struct kvec list[] = {
		{ &desc, sizeof(desc) }, { (void *)payload, len }, { &zero, padded - sizeof(desc) - len },
	};

	return !hv_ringbuffer_write(&channel, list, 3, id, NULL);
}

unsigned int read_some(unsigned int limit, uint64_t *sum)
{
	struct vmpacket_descriptor *d = hv_pkt_iter_first(&channel);
	unsigned int n = 0;

	for (; d && n < limit; n++) {
		*sum += d->trans_id + ((u64 *)d)[d->len8 - 1];
		d = __hv_pkt_iter_next(&channel, d);
	}
	if (n)
		hv_pkt_iter_close(&channel);
	return n;
}
