// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pure: assembles guest memory lists from messages and checks every number
 * in them. Knows neither channels nor who wants the memory.
 */
#include <stdlib.h>
#include <string.h>
#include "vmbus/gpadl.h"

struct gpadl *gpadl_find(const struct gpadl_table *t, uint32_t handle)
{
	for (struct gpadl *g = t->head; g; g = g->next)
		if (g->handle == handle)
			return g;
	return NULL;
}

void gpadl_remove(struct gpadl_table *t, struct gpadl *g)
{
	for (struct gpadl **p = &t->head; *p; p = &(*p)->next) {
		if (*p != g)
			continue;
		*p = g->next;
		t->frames -= g->frames;
		t->count--;
		free(g);
		return;
	}
}

void gpadl_clear(struct gpadl_table *t)
{
	while (t->head)
		gpadl_remove(t, t->head);
}

/*
 * Takes frames from a message; more bytes than needed are ignored, since
 * senders may round a payload up.
 */
static bool take_frames(struct gpadl_table *t, struct gpadl *g,
			const uint8_t *p, size_t len)
{
	while (len >= sizeof(uint64_t) && g->have < g->frames) {
		uint64_t pfn;

		memcpy(&pfn, p, sizeof(pfn));
		if (t->frame_ok && !t->frame_ok(t->ctx, pfn))
			return false;
		g->pfn[g->have++] = pfn;
		p += sizeof(pfn);
		len -= sizeof(pfn);
	}
	return true;
}

static enum gpadl_result taken(struct gpadl_table *t, struct gpadl *g, bool ok)
{
	if (!ok) {
		gpadl_remove(t, g);
		return GPADL_BAD;
	}
	return g->have == g->frames ? GPADL_COMPLETE : GPADL_MORE;
}

/* Number of frames that a range needs, 0 if the range makes no sense. */
static uint32_t range_frames(const struct gpa_range *r, uint16_t range_bytes)
{
	uint64_t frames;

	if (r->offset >= VMBUS_PAGE || !r->length)
		return 0;
	frames = ((uint64_t)r->offset + r->length + VMBUS_PAGE - 1) / VMBUS_PAGE;
	if (sizeof(*r) + frames * 8 != range_bytes)
		return 0;
	return frames;
}

/* A list for HEADER, linked into the table; NULL if it must be refused. */
static struct gpadl *list_new(struct gpadl_table *t,
			      const struct msg_gpadl_header *h,
			      const struct gpa_range *r)
{
	uint32_t frames = range_frames(r, h->range_bytes);
	struct gpadl *g;

	if (!frames || h->range_count != 1 || gpadl_find(t, h->gpadl))
		return NULL;
	if (t->frames + frames > GPADL_QUOTA_FRAMES)
		return NULL;
	g = calloc(1, sizeof(*g) + frames * sizeof(g->pfn[0]));
	if (!g)
		return NULL;
	g->handle = h->gpadl;
	g->relid = h->relid;
	g->bytes = r->length;
	g->offset = r->offset;
	g->frames = frames;
	g->next = t->head;
	t->head = g;
	t->frames += frames;
	t->count++;
	return g;
}

/* @out is set only for GPADL_COMPLETE and GPADL_MORE. */
enum gpadl_result gpadl_header(struct gpadl_table *t, const void *msg,
			       size_t len, struct gpadl **out)
{
	const size_t fixed = sizeof(struct msg_gpadl_header) +
			     sizeof(struct gpa_range);
	struct msg_gpadl_header h;
	struct gpa_range r;
	struct gpadl *g;

	if (len < sizeof(h))
		return GPADL_UNKNOWN;
	memcpy(&h, msg, sizeof(h));
	if (len < fixed)
		return GPADL_BAD;
	memcpy(&r, (const uint8_t *)msg + sizeof(h), sizeof(r));
	g = list_new(t, &h, &r);
	if (!g)
		return GPADL_BAD;
	*out = g;
	return taken(t, g, take_frames(t, g, (const uint8_t *)msg + fixed,
				       len - fixed));
}

enum gpadl_result gpadl_body(struct gpadl_table *t, const void *msg,
			     size_t len, struct gpadl **out)
{
	struct msg_gpadl_body b;
	struct gpadl *g;

	if (len < sizeof(b))
		return GPADL_UNKNOWN;
	memcpy(&b, msg, sizeof(b));
	g = gpadl_find(t, b.gpadl);
	if (!g || g->have == g->frames)
		return GPADL_UNKNOWN;
	*out = g;
	return taken(t, g, take_frames(t, g, (const uint8_t *)msg + sizeof(b),
				       len - sizeof(b)));
}
