/* SPDX-License-Identifier: GPL-2.0-only */
/* Both rings, as the benchmark uses them. */
#ifndef _BENCH_RING_H
#define _BENCH_RING_H

#include <stdint.h>

/* RING is a control page and BYTES of data, which follow once more behind themselves. */
void writer_init(void *ring, uint32_t bytes);
void reader_init(void *ring, uint32_t bytes);
/* 0: there is no room */
int write_one(const void *payload, uint32_t len, uint64_t id);
/* Reads what there is, at most LIMIT packets; their number. SUM gets their ids and last words. */
unsigned int read_some(unsigned int limit, uint64_t *sum);

extern uint64_t signals;

#endif
