/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * User-space stand-in for KUnit: the part of its interface that our suites
 * use, so that they run in a second while a pure file is being written.
 * Prints KTAP like the kernel's.
 */
#ifndef _SHIM_KUNIT_H
#define _SHIM_KUNIT_H

#include <linux/types.h>

struct kunit_allocation {
	struct kunit_allocation *next;
	max_align_t memory[];
};

struct kunit {
	void *priv;
	const void *param_value;
	bool failed;
	char name[128];
	struct kunit_allocation *allocations;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_PARAM_DESC_SIZE	128
#define KUNIT_CASE(fn)		{ .run_case = fn, .name = #fn }
#define KUNIT_CASE_PARAM(fn, g)	{ .run_case = fn, .name = #fn, .generate_params = g }

#define KUNIT_ARRAY_PARAM(id, array, get_desc)				\
	static const void *id##_gen_params(const void *prev, char *desc)	\
	{								\
		typeof((array)[0]) *n = prev ?				\
			(typeof((array)[0]) *)prev + 1 : (array);	\
		if (n - (array) >= (ptrdiff_t)ARRAY_SIZE(array))	\
			return NULL;					\
		((void (*)(typeof((array)[0]) *, char *))get_desc)(n, desc); \
		return n;						\
	}

void *kunit_kzalloc(struct kunit *test, size_t size, gfp_t gfp);
void kunit_shim_register(struct kunit_suite *suite);
void kunit_shim_abort(void) __attribute__((noreturn));
void kunit_shim_fail(struct kunit *test, const char *file, int line,
		     const char *what, long long left, long long right);

#define kunit_test_suite(suite)						\
	static void __attribute__((constructor)) register_##suite(void)	\
	{								\
		kunit_shim_register(&(suite));				\
	}

#define __SHIM_CMP(test, a, op, b, abort)				\
	do {								\
		typeof(a) __a = (a);					\
		typeof(b) __b = (b);					\
		if (!(__a op __b)) {					\
			kunit_shim_fail(test, __FILE__, __LINE__,	\
					#a " " #op " " #b,		\
					(long long)__a, (long long)__b);	\
			if (abort)					\
				kunit_shim_abort();			\
		}							\
	} while (0)

#define KUNIT_EXPECT_EQ(t, a, b)	__SHIM_CMP(t, a, ==, b, 0)
#define KUNIT_EXPECT_NE(t, a, b)	__SHIM_CMP(t, a, !=, b, 0)
#define KUNIT_EXPECT_LT(t, a, b)	__SHIM_CMP(t, a, <, b, 0)
#define KUNIT_EXPECT_LE(t, a, b)	__SHIM_CMP(t, a, <=, b, 0)
#define KUNIT_EXPECT_GT(t, a, b)	__SHIM_CMP(t, a, >, b, 0)
#define KUNIT_EXPECT_GE(t, a, b)	__SHIM_CMP(t, a, >=, b, 0)
#define KUNIT_ASSERT_EQ(t, a, b)	__SHIM_CMP(t, a, ==, b, 1)
#define KUNIT_ASSERT_NE(t, a, b)	__SHIM_CMP(t, a, !=, b, 1)
#define KUNIT_ASSERT_GT(t, a, b)	__SHIM_CMP(t, a, >, b, 1)
#define KUNIT_ASSERT_GE(t, a, b)	__SHIM_CMP(t, a, >=, b, 1)
#define KUNIT_ASSERT_LE(t, a, b)	__SHIM_CMP(t, a, <=, b, 1)
#define KUNIT_EXPECT_TRUE(t, a)		__SHIM_CMP(t, !!(a), ==, true, 0)
#define KUNIT_EXPECT_FALSE(t, a)	__SHIM_CMP(t, !!(a), ==, false, 0)
#define KUNIT_ASSERT_TRUE(t, a)		__SHIM_CMP(t, !!(a), ==, true, 1)
#define KUNIT_ASSERT_FALSE(t, a)	__SHIM_CMP(t, !!(a), ==, false, 1)
#define KUNIT_EXPECT_PTR_EQ(t, a, b)	__SHIM_CMP(t, (uintptr_t)(a), ==, (uintptr_t)(b), 0)
#define KUNIT_EXPECT_PTR_NE(t, a, b)	__SHIM_CMP(t, (uintptr_t)(a), !=, (uintptr_t)(b), 0)
#define KUNIT_EXPECT_NULL(t, a)		__SHIM_CMP(t, (uintptr_t)(a), ==, (uintptr_t)0, 0)
#define KUNIT_EXPECT_NOT_NULL(t, a)	__SHIM_CMP(t, (uintptr_t)(a), !=, (uintptr_t)0, 0)
#define KUNIT_ASSERT_NOT_NULL(t, a)	__SHIM_CMP(t, (uintptr_t)(a), !=, (uintptr_t)0, 1)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(t, a)	KUNIT_ASSERT_NOT_NULL(t, a)
#define KUNIT_EXPECT_STREQ(t, a, b)	__SHIM_CMP(t, strcmp(a, b), ==, 0, 0)
#define KUNIT_FAIL(t, ...)						\
	kunit_shim_fail(t, __FILE__, __LINE__, "failed", 0, 0)

/* With a message: printed by the kernel's KUnit, dropped here. */
#define KUNIT_EXPECT_EQ_MSG(t, a, b, ...)	KUNIT_EXPECT_EQ(t, a, b)
#define KUNIT_EXPECT_NE_MSG(t, a, b, ...)	KUNIT_EXPECT_NE(t, a, b)
#define KUNIT_ASSERT_EQ_MSG(t, a, b, ...)	KUNIT_ASSERT_EQ(t, a, b)
#define KUNIT_EXPECT_TRUE_MSG(t, a, ...)	KUNIT_EXPECT_TRUE(t, a)
#define KUNIT_EXPECT_FALSE_MSG(t, a, ...)	KUNIT_EXPECT_FALSE(t, a)

#define MODULE_LICENSE(x)
#define MODULE_DESCRIPTION(x)

#endif
