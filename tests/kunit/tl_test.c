// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which message answers a request for a socket to the host, and with what error a refusal ends
 * it. Messages are written by the offsets of the protocol.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/hyperv.h>
#include <linux/string.h>
#include "params.h"
#include "tl.h"

#define GUEST	0x11223344	/* port of the guest's endpoint */
#define HOST	5000		/* and of the host's service */

static void put(u8 *msg, int at, u32 value)
{
	memcpy(msg + at, &value, sizeof(value));
}

/* TL_CONNECT_RESULT: 8 endpoint, 24 service, 40 status */
static void result(u8 msg[240], u32 status)
{
	memset(msg, 0x5a, 240);
	put(msg, 0, 23);
	put(msg, 8, GUEST);
	put(msg, 24, HOST);
	put(msg, 40, status);
}

/* OFFERCHANNEL: 8 type, 24 instance, 56 flags, 64 the user data of a pipe */
static void offer(u8 msg[240], u32 flags, u8 from_host)
{
	memset(msg, 0x5a, 240);
	put(msg, 0, 1);
	put(msg, 8, HOST);
	put(msg, 24, GUEST);
	put(msg, 56, flags);
	msg[64] = from_host;
}

struct refusal {
	const char *name;
	u32 status;
	int error;
};

static const struct refusal refusals[] = {
	{ "nobody listens", 0xc0000236, -ECONNREFUSED },
	{ "not allowed", 0xc0000022, -EACCES },
	{ "no answer from the service", 0xc00000b5, -ETIMEDOUT },
	{ "no resources", 0xc000009a, -ENOBUFS },
	{ "no way to the network", 0xc000023c, -ENETUNREACH },
	{ "no way to the host", 0xc000023d, -EHOSTUNREACH },
	{ "a reason nobody knows", 1, -ECONNREFUSED },
};

KUNIT_ARRAY_PARAM_DESC(refusals, refusals, name);

static void tl_refused(struct kunit *test)
{
	const struct refusal *r = test->param_value;
	struct tl_ends ends;
	u8 msg[240];

	result(msg, r->status);
	KUNIT_EXPECT_TRUE(test, tl_answered(msg, &ends));
	KUNIT_EXPECT_EQ(test, (u32)GUEST, ends.guest);
	KUNIT_EXPECT_EQ(test, (u32)HOST, ends.host);
	KUNIT_EXPECT_EQ(test, r->error, tl_verdict(msg));
}

static void tl_no_failure_is_no_answer(struct kunit *test)
{
	struct tl_ends ends;
	u8 msg[240];

	result(msg, 0);
	KUNIT_EXPECT_FALSE(test, tl_answered(msg, &ends));
}

static void tl_offered(struct kunit *test)
{
	struct tl_ends ends, asked;
	guid_t guest, host;
	u8 msg[240];

	offer(msg, 0x2000, 0);
	KUNIT_EXPECT_TRUE(test, tl_answered(msg, &ends));
	memcpy(&guest, msg + 24, sizeof(guest));
	memcpy(&host, msg + 8, sizeof(host));
	tl_ends_of(&guest, &host, &asked);
	KUNIT_EXPECT_EQ(test, asked.guest, ends.guest);
	KUNIT_EXPECT_EQ(test, asked.host, ends.host);
	KUNIT_EXPECT_EQ(test, 0, tl_verdict(msg));
}

static void tl_other_offers(struct kunit *test)
{
	struct tl_ends ends;
	u8 msg[240];

	offer(msg, 0x2000, 1);		/* to a listener in the guest */
	KUNIT_EXPECT_FALSE(test, tl_answered(msg, &ends));
	offer(msg, 0x0400, 0);		/* a pipe, but no socket */
	KUNIT_EXPECT_FALSE(test, tl_answered(msg, &ends));
}

static struct kunit_case tl_cases[] = {
	KUNIT_CASE_PARAM(tl_refused, refusals_gen_params),
	KUNIT_CASE(tl_no_failure_is_no_answer),
	KUNIT_CASE(tl_offered),
	KUNIT_CASE(tl_other_offers),
	{}
};

static struct kunit_suite tl_suite = {
	.name = "vmbus_tl",
	.test_cases = tl_cases,
};

kunit_test_suite(tl_suite);
MODULE_LICENSE("GPL");
