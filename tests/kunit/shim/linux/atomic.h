/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in. */
#ifndef _SHIM_ATOMIC_H
#define _SHIM_ATOMIC_H

#include <linux/types.h>

typedef struct { int counter; } atomic_t;

#define atomic_read(v)		__atomic_load_n(&(v)->counter, __ATOMIC_SEQ_CST)
#define atomic_set(v, n)	__atomic_store_n(&(v)->counter, n, __ATOMIC_SEQ_CST)
#define atomic_inc(v)		((void)__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST))
#define cmpxchg(p, old, new)	__sync_val_compare_and_swap(p, old, new)
#define smp_store_release(p, v)	__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p)	__atomic_load_n(p, __ATOMIC_ACQUIRE)

#endif
