// SPDX-License-Identifier: GPL-2.0-only
/* Our ring, by the files of vmbus/ as they are. */
#include "packet.h"
#include "ring_read.h"
#include "ring_write.h"
#include "bench.h"

uint64_t signals;
static struct ring_writer writer;
static struct ring_reader reader;
static u64 copy[512];

void writer_init(void *ring, uint32_t bytes)
{
	if (ring_writer_init(&writer, ring, bytes + sizeof(struct hv_ring_buffer)))
		abort();
}

void reader_init(void *ring, uint32_t bytes)
{
	if (ring_reader_init(&reader, ring, bytes + sizeof(struct hv_ring_buffer)))
		abort();
}

int write_one(const void *payload, uint32_t len, uint64_t id)
{
	struct ring_packet p;
	struct ring_mark mark;

	p.list = NULL;
	p.data = payload;
	packet_build(&p, VM_PKT_DATA_INBAND, 0, len, 0);
	p.id = id;
	if (ring_room(&writer, p.len))
		return 0;
	ring_stage(&writer, &p);
	ring_commit(&writer, &mark);
	signals += ring_wants_signal(&mark) == 1;
	return 1;
}

unsigned int read_some(unsigned int limit, uint64_t *sum)
{
	unsigned int n = 0;

	while (n < limit) {
		int len = ring_fetch(&reader, (void *)copy, sizeof(copy));

		if (len <= 0)
			break;
		*sum += copy[1] + copy[len / 8 - 2];
		ring_skip(&reader, len);
		n++;
	}
	ring_release(&reader);
	return n;
}
