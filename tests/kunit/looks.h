/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For a suite that has a pure file in itself: whatever that file reads or writes for others to
 * see calls the suite's look() first, in which somebody else may come in.
 */
#ifndef _HV_KUNIT_LOOKS_H
#define _HV_KUNIT_LOOKS_H

#include <linux/atomic.h>
#include <linux/compiler.h>

static void look(void);

#undef READ_ONCE
#undef WRITE_ONCE
#undef smp_load_acquire
#undef smp_store_release
#undef cmpxchg
#define READ_ONCE(x)		({ look(); *(volatile typeof(x) *)&(x); })
#define WRITE_ONCE(x, v)	({ look(); *(volatile typeof(x) *)&(x) = (v); })
#define smp_load_acquire(p)	({ look(); *(volatile typeof(*(p)) *)(p); })
#define smp_store_release(p, v)	({ look(); *(volatile typeof(*(p)) *)(p) = (v); })
#define cmpxchg(p, old, new)						\
({									\
	typeof(*(p)) __was;						\
									\
	look();								\
	__was = *(p);							\
	if (__was == (old))						\
		*(p) = (new);						\
	__was;								\
})

#endif
