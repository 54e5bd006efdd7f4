// SPDX-License-Identifier: GPL-2.0-only
/*
 * The network driver's virtual function: which device is it, and which path
 * data takes through its life, whatever order things happen in.
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "params.h"
#include "vf_state.h"

static const u8 ours[6] = { 0x00, 0x15, 0x5d, 1, 2, 3 };
static const u8 other[6] = { 0x00, 0x15, 0x5d, 1, 2, 4 };

struct match_case {
	const char *name;
	const u8 *theirs;
	const char *slot;
	bool assoc;
	u32 serial;
	enum nv_vf_fit want;
};

static const struct match_case match_cases[] = {
	{ "address and serial", ours, "7", true, 7, NV_VF_BY_SERIAL },
	{ "address, another serial", ours, "8", true, 7, NV_VF_NOT_OURS },
	{ "another address, the serial", other, "7", true, 7, NV_VF_NOT_OURS },
	{ "no slot", ours, NULL, true, 7, NV_VF_BY_ADDRESS },
	{ "number of two digits", ours, "10", true, 10, NV_VF_BY_SERIAL },
	{ "slot without a number", ours, "0000:00:02", true, 7, NV_VF_BY_ADDRESS },
	{ "serial not known yet", ours, "8", false, 0, NV_VF_BY_ADDRESS },
	{ "another address, nothing known", other, NULL, false, 0, NV_VF_NOT_OURS },
	{ "large serial", ours, "4294967295", true, 0xffffffffu, NV_VF_BY_SERIAL },
	{ "number too large for a serial", ours, "4294967303", true, 7, NV_VF_BY_ADDRESS },
};

KUNIT_ARRAY_PARAM_DESC(match_cases, match_cases, name);

static void vf_match(struct kunit *test)
{
	const struct match_case *c = test->param_value;

	KUNIT_EXPECT_EQ(test, (int)nv_vf_match(ours, c->theirs, c->slot, c->assoc, c->serial),
			(int)c->want);
}

/* Two NICs with one address: the one with the slot's serial wins, known of the other or not. */
static void vf_serial_wins(struct kunit *test)
{
	int right = nv_vf_match(ours, ours, "7", true, 7);

	KUNIT_EXPECT_GT(test, right, (int)nv_vf_match(ours, ours, "7", false, 0));
	KUNIT_EXPECT_GT(test, right, (int)nv_vf_match(ours, ours, "7", true, 8));
	KUNIT_EXPECT_GT(test, (int)nv_vf_match(ours, ours, NULL, true, 7),
			(int)nv_vf_match(ours, ours, "7", true, 8));
}

/* The view number @n: one bit for each fact. */
static struct nv_vf_view view(unsigned int n)
{
	return (struct nv_vf_view){
		.assoc = n & 1, .joined = n & 2, .running = n & 4, .carrier = n & 8,
		.ours_up = n & 16,
	};
}

#define ALL_VIEWS	32u
#define READY		31u

static void vf_only_ready_is_used(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < ALL_VIEWS; n++) {
		struct nv_vf_view v = view(n);

		KUNIT_EXPECT_EQ(test, nv_vf_next(&v, false) == NV_VF_TO_VF, n == READY);
		KUNIT_EXPECT_EQ(test, nv_vf_next(&v, true) == NV_VF_TO_SYNTHETIC, n != READY);
	}
}

static void vf_is_opened_only_for_us(struct kunit *test)
{
	unsigned int n;

	for (n = 0; n < ALL_VIEWS; n++) {
		struct nv_vf_view v = view(n);
		bool wanted = v.assoc && v.joined && v.ours_up && !v.running;

		KUNIT_EXPECT_EQ(test, nv_vf_next(&v, false) == NV_VF_OPEN, wanted);
		KUNIT_EXPECT_NE(test, (int)nv_vf_next(&v, true), (int)NV_VF_OPEN);
	}
}

/* Takes steps until none is left; the path at the end, or -1 if there is no end. */
static int settle(struct nv_vf_view *v, bool on_vf)
{
	unsigned int i;

	for (i = 0; i < 4; i++) {
		switch (nv_vf_next(v, on_vf)) {
		case NV_VF_OPEN:
			v->running = true;
			v->carrier = true;
			break;
		case NV_VF_TO_VF:
			on_vf = true;
			break;
		case NV_VF_TO_SYNTHETIC:
			on_vf = false;
			break;
		case NV_VF_NOTHING:
			return on_vf;
		}
	}
	return -1;
}

/* Everything comes and goes in every order: the path follows, and comes to rest. */
static void vf_every_order_settles(struct kunit *test)
{
	unsigned int from, to;

	for (from = 0; from < ALL_VIEWS; from++) {
		for (to = 0; to < ALL_VIEWS; to++) {
			struct nv_vf_view a = view(from), b = view(to);
			int path = settle(&a, false);
			bool can = b.assoc && b.joined && b.ours_up &&
				   (!b.running || b.carrier);

			KUNIT_ASSERT_GE(test, path, 0);
			KUNIT_EXPECT_EQ(test, settle(&b, path), (int)can);
		}
	}
}

static void vf_flapping_association(struct kunit *test)
{
	struct nv_vf_view v = view(READY);
	unsigned int i;
	bool on = false;

	for (i = 0; i < 1000; i++) {
		v.assoc = i & 1;
		on = settle(&v, on);
		KUNIT_ASSERT_EQ(test, on, v.assoc);
	}
}

static struct kunit_case net_vf_cases[] = {
	KUNIT_CASE_PARAM(vf_match, match_cases_gen_params),
	KUNIT_CASE(vf_serial_wins),
	KUNIT_CASE(vf_only_ready_is_used),
	KUNIT_CASE(vf_is_opened_only_for_us),
	KUNIT_CASE(vf_every_order_settles),
	KUNIT_CASE(vf_flapping_association),
	{}
};

static struct kunit_suite net_vf_suite = {
	.name = "netvsc_vf",
	.test_cases = net_vf_cases,
};
kunit_test_suite(net_vf_suite);
