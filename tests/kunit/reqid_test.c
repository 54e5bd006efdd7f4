// SPDX-License-Identifier: GPL-2.0-only
/* Request ids: none twice, none after it was retired, none out of range. */
#include <kunit/test.h>
#include <linux/errno.h>
#include "reqid.h"

#define SLOTS	16

struct ids {
	struct reqid_table t;
	u64 value[SLOTS];
	u16 gen[SLOTS];
};

static struct ids *ids_new(struct kunit *test, u32 size)
{
	struct ids *i = kunit_kzalloc(test, sizeof(*i), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, i);
	reqid_reset(&i->t, i->value, i->gen, size);
	return i;
}

static void reqid_returns_what_was_put_in(struct kunit *test)
{
	struct ids *i = ids_new(test, SLOTS);
	u64 value = 0;
	u64 a = reqid_get(&i->t, 0xaaaa);
	u64 b = reqid_get(&i->t, ~0ull);

	KUNIT_EXPECT_NE(test, (u64)REQID_NONE, a);
	KUNIT_EXPECT_NE(test, a, b);
	KUNIT_EXPECT_EQ(test, 2u, i->t.used);
	KUNIT_EXPECT_EQ(test, 0, reqid_peek(&i->t, b, &value));
	KUNIT_EXPECT_EQ(test, ~0ull, value);
	KUNIT_EXPECT_EQ(test, 2u, i->t.used);
	KUNIT_EXPECT_EQ(test, 0, reqid_put(&i->t, a, &value));
	KUNIT_EXPECT_EQ(test, 0xaaaaull, value);
	KUNIT_EXPECT_EQ(test, 1u, i->t.used);
}

/* A channel that is opened again starts from nothing, whatever was there. */
static void reqid_reset_forgets(struct kunit *test)
{
	struct ids *i = ids_new(test, SLOTS);
	u64 first = reqid_get(&i->t, 1), value;

	reqid_reset(&i->t, i->value, i->gen, SLOTS);
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_peek(&i->t, first, &value));
	KUNIT_EXPECT_EQ(test, 0u, i->t.used);
	KUNIT_EXPECT_EQ(test, first, reqid_get(&i->t, 2));
}

static void reqid_runs_out_and_recovers(struct kunit *test)
{
	struct ids *i = ids_new(test, SLOTS);
	u64 id[SLOTS], value;
	u32 n, m;

	for (n = 0; n < SLOTS; n++) {
		id[n] = reqid_get(&i->t, n);
		KUNIT_ASSERT_NE(test, (u64)REQID_NONE, id[n]);
		for (m = 0; m < n; m++)
			KUNIT_EXPECT_NE(test, id[m], id[n]);
	}
	KUNIT_EXPECT_EQ(test, (u64)REQID_NONE, reqid_get(&i->t, 99));
	KUNIT_EXPECT_EQ(test, 0, reqid_put(&i->t, id[5], &value));
	KUNIT_EXPECT_NE(test, (u64)REQID_NONE, reqid_get(&i->t, 99));
	KUNIT_EXPECT_EQ(test, (u64)REQID_NONE, reqid_get(&i->t, 99));
}

static void reqid_refuses_a_repeated_id(struct kunit *test)
{
	struct ids *i = ids_new(test, SLOTS);
	u64 value, id = reqid_get(&i->t, 1);

	KUNIT_EXPECT_EQ(test, 0, reqid_put(&i->t, id, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_peek(&i->t, id, &value));
	KUNIT_EXPECT_EQ(test, 0u, i->t.used);
}

/* The slot is busy again, but with another request. */
static void reqid_refuses_a_late_id(struct kunit *test)
{
	struct ids *i = ids_new(test, 1);
	u64 value, old = reqid_get(&i->t, 1), new;

	reqid_put(&i->t, old, &value);
	new = reqid_get(&i->t, 2);
	KUNIT_EXPECT_NE(test, old, new);
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, old, &value));
	KUNIT_EXPECT_EQ(test, 0, reqid_put(&i->t, new, &value));
	KUNIT_EXPECT_EQ(test, 2ull, value);
}

static void reqid_refuses_ids_never_given(struct kunit *test)
{
	struct ids *i = ids_new(test, SLOTS);
	u64 value, id = reqid_get(&i->t, 1);

	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, 0, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id + 1, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id - 1, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id + SLOTS, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, ~0ull, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, ~0ull - 1, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id | 1ull << 63, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, (u32)id, &value));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&i->t, id + (2ull << 32), &value));
	KUNIT_EXPECT_EQ(test, 0, reqid_put(&i->t, id, &value));
}

static void reqid_empty_table_has_none(struct kunit *test)
{
	struct reqid_table t = { 0 };
	u64 value;

	KUNIT_EXPECT_EQ(test, (u64)REQID_NONE, reqid_get(&t, 1));
	KUNIT_EXPECT_EQ(test, -ENOENT, reqid_put(&t, 1, &value));
}

/* The generation has 16 bits: an id comes back after 32768 uses of its slot. */
static void reqid_generation_wraps(struct kunit *test)
{
	struct ids *i = ids_new(test, 1);
	u64 value, first = reqid_get(&i->t, 0), id;
	u32 n;

	reqid_put(&i->t, first, &value);
	for (n = 1; n < 32768; n++) {
		id = reqid_get(&i->t, n);
		KUNIT_ASSERT_NE(test, first, id);
		KUNIT_ASSERT_EQ(test, 0, reqid_put(&i->t, id, &value));
		KUNIT_ASSERT_EQ(test, (u64)n, value);
	}
	KUNIT_EXPECT_EQ(test, first, reqid_get(&i->t, 7));
}

static struct kunit_case reqid_cases[] = {
	KUNIT_CASE(reqid_returns_what_was_put_in),
	KUNIT_CASE(reqid_reset_forgets),
	KUNIT_CASE(reqid_runs_out_and_recovers),
	KUNIT_CASE(reqid_refuses_a_repeated_id),
	KUNIT_CASE(reqid_refuses_a_late_id),
	KUNIT_CASE(reqid_refuses_ids_never_given),
	KUNIT_CASE(reqid_empty_table_has_none),
	KUNIT_CASE(reqid_generation_wraps),
	{}
};

static struct kunit_suite reqid_suite = {
	.name = "vmbus_reqid",
	.test_cases = reqid_cases,
};

kunit_test_suite(reqid_suite);
