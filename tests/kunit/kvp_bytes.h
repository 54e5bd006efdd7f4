/* SPDX-License-Identifier: GPL-2.0-only */
/* Key-value messages put together byte by byte, for the suites of both forms. */
#ifndef _HV_KUNIT_KVP_BYTES_H
#define _HV_KUNIT_KVP_BYTES_H

#include <kunit/test.h>
#include <linux/string.h>
#include "kvp_msg.h"

#define V4	(4 << 16)	/* message version 4.0 */
#define V5	(5 << 16)

#define BAD	0x80070057u	/* the status of a bad argument */

static inline void word(u8 *b, u32 at, u32 v)
{
	b[at] = v;
	b[at + 1] = v >> 8;
	b[at + 2] = v >> 16;
	b[at + 3] = v >> 24;
}

static inline u32 word_at(const u8 *b, u32 at)
{
	return b[at] | b[at + 1] << 8 | b[at + 2] << 16 | (u32)b[at + 3] << 24;
}

/* ASCII as UTF-16.  Returns its bytes, with the zero. */
static inline u32 wide(u8 *to, const char *text)
{
	u32 n = 0;

	do {
		to[n++] = *text;
		to[n++] = 0;
	} while (*text++);
	return n;
}

static inline bool is_wide(const u8 *b, const char *text)
{
	u8 want[256];

	return !memcmp(b, want, wide(want, text));
}

struct kvp_fake {
	u8 host[8192];
	struct hv_kvp_msg daemon;
};

static inline struct kvp_fake *fake(struct kunit *test, u8 op, u8 pool)
{
	struct kvp_fake *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	if (!f)
		return NULL;
	f->host[0] = op;
	f->host[1] = pool;
	return f;
}

#endif
