/* SPDX-License-Identifier: GPL-2.0-only */
/* User-space stand-in: what the pure files need of the kernel's basics. */
#ifndef _SHIM_TYPES_H
#define _SHIM_TYPES_H

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;
typedef u8 __u8;
typedef u16 __u16;
typedef u32 __u32;
typedef u64 __u64;
typedef s64 __s64;
typedef u16 __le16;
typedef u32 __le32;
typedef u64 __le64;
typedef u16 __be16;
typedef u32 __be32;
typedef u64 __be64;
typedef unsigned int gfp_t;
typedef u64 dma_addr_t;

#define __packed		__attribute__((packed))
#define __aligned(x)		__attribute__((aligned(x)))
#define __maybe_unused		__attribute__((unused))
#define noinline		__attribute__((noinline))
#define __weak			__attribute__((weak))
#define __user
#define __rcu
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define BIT(n)			(1ul << (n))
#define BIT_ULL(n)		(1ull << (n))
#define strscpy(to, from, n)	snprintf(to, n, "%s", from)
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))
#define min_t(t, a, b)		((t)(a) < (t)(b) ? (t)(a) : (t)(b))
#define max_t(t, a, b)		((t)(a) > (t)(b) ? (t)(a) : (t)(b))
#define clamp_t(t, v, lo, hi)	min_t(t, max_t(t, v, lo), hi)
#define round_down(x, a)	((x) & ~((typeof(x))(a) - 1))
#define DIV_ROUND_UP(a, b)	(((a) + (b) - 1) / (b))
#define ALIGN(x, a)		(((x) + (a) - 1) & ~((typeof(x))(a) - 1))
#define offsetofend(t, m)	(offsetof(t, m) + sizeof(((t *)0)->m))
#define READ_ONCE(x)		(*(volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile typeof(x) *)&(x) = (v))
#define OPTIMIZER_HIDE_VAR(x)	__asm__ ("" : "+r" (x))
#define le16_to_cpu(x)		(x)
#define le32_to_cpu(x)		(x)
#define le64_to_cpu(x)		(x)
#define cpu_to_le16(x)		(x)
#define cpu_to_le32(x)		(x)
#define cpu_to_le64(x)		(x)
#define check_add_overflow(a, b, d)	__builtin_add_overflow(a, b, d)
#define check_mul_overflow(a, b, d)	__builtin_mul_overflow(a, b, d)
#define fallthrough		__attribute__((fallthrough))
#define U16_MAX			0xffffu
#define U32_MAX			0xffffffffu
#define U64_MAX			(~0ull)
#define S64_MAX			((s64)(U64_MAX >> 1))
#define PAGE_SHIFT		12
#define PAGE_SIZE		4096u
#define PAGE_MASK		(~(PAGE_SIZE - 1))
#define EXPORT_SYMBOL_GPL(x)
#define GFP_KERNEL		0

#endif
