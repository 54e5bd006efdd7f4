/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guest memory lists (GPADLs): assembled from one HEADER and any number of
 * BODY messages, checked, and kept until the guest tears them down.
 */
#ifndef HVROOT_GPADL_H
#define HVROOT_GPADL_H

#include <stdbool.h>
#include <stdint.h>
#include "vmbus/wire.h"

struct gpadl {
	struct gpadl *next;
	uint32_t handle;
	uint32_t relid;
	uint32_t bytes;		/* length of the buffer that it describes */
	uint32_t offset;	/* of its first byte in the first frame */
	uint32_t frames;	/* how many there are when complete */
	uint32_t have;		/* how many have arrived */
	unsigned int users;	/* open channels that live in it */
	bool teardown;		/* wanted by the guest, waits for its users */
	uint64_t pfn[];
};

struct gpadl_table {
	struct gpadl *head;
	uint64_t frames;	/* of all lists together */
	unsigned int count;
	/* says whether a frame is guest memory; NULL accepts all */
	bool (*frame_ok)(void *ctx, uint64_t pfn);
	void *ctx;
};

enum gpadl_result {
	GPADL_COMPLETE,		/* answer CREATED with success */
	GPADL_MORE,		/* more BODY messages must follow */
	GPADL_BAD,		/* answer CREATED with an error */
	GPADL_UNKNOWN,		/* cannot be answered at all */
};

/* How much memory a guest may list in all, as on recent hosts. */
#define GPADL_QUOTA_FRAMES (1280ull << 8)

enum gpadl_result gpadl_header(struct gpadl_table *t, const void *msg,
			       size_t len, struct gpadl **out);
enum gpadl_result gpadl_body(struct gpadl_table *t, const void *msg,
			     size_t len, struct gpadl **out);
struct gpadl *gpadl_find(const struct gpadl_table *t, uint32_t handle);
void gpadl_remove(struct gpadl_table *t, struct gpadl *g);
void gpadl_clear(struct gpadl_table *t);

#endif
