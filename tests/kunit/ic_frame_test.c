// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frame of the integration services' messages: bytes as the protocol prints
 * them, and every length and count that cannot be right.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/string.h>
#include "ic_msg.h"
#include "params.h"
#include "versions.h"

/* What a host of today asks a heartbeat: frameworks 1.0 and 3.0, messages 1.0 and 3.0 */
static const u8 asked[52] = {
	1, 0, 0, 0,	44, 0, 0, 0,		/* pipe: a message of 44 bytes */
	1, 0, 0, 0,	0, 0,	1, 0, 0, 0,	/* framework 1.0, negotiate, message 1.0 */
	24, 0,		0, 0, 0, 0,		/* 24 bytes of data, status */
	7,		3,	0, 0,		/* transaction 7, request */
	2, 0,		2, 0,	0, 0, 0, 0,	/* two and two versions */
	1, 0, 0, 0,	3, 0, 0, 0,
	1, 0, 0, 0,	3, 0, 0, 0,
};

static void frame_of_a_negotiation(struct kunit *test)
{
	struct hv_ic_head h;

	memcpy(&h, asked, sizeof(h));
	KUNIT_EXPECT_EQ(test, le32_to_cpu(h.pipe_len), 44u);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(h.framework[0]), 1);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(h.type), HV_IC_NEGOTIATE);
	KUNIT_EXPECT_EQ(test, le16_to_cpu(h.len), 24);
	KUNIT_EXPECT_EQ(test, h.transaction, 7);
	KUNIT_EXPECT_EQ(test, h.flags, HV_IC_TRANSACTION | HV_IC_REQUEST);
	KUNIT_EXPECT_EQ(test, (int)ic_check_head(asked, sizeof(asked)), (int)IC_GOOD);
	KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(asked, sizeof(asked)), (int)IC_GOOD);
}

static void frame_padding_is_no_flaw(struct kunit *test)
{
	u8 b[56] = {};

	memcpy(b, asked, sizeof(asked));
	KUNIT_EXPECT_EQ(test, (int)ic_check_head(b, sizeof(b)), (int)IC_GOOD);
	KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(b, sizeof(b)), (int)IC_GOOD);
}

static void frame_every_cut(struct kunit *test)
{
	u32 len;

	for (len = 0; len < 28; len++)
		KUNIT_EXPECT_EQ(test, (int)ic_check_head(asked, len), (int)IC_SHORT);
	for (; len < sizeof(asked); len++)
		KUNIT_EXPECT_EQ(test, (int)ic_check_head(asked, len), (int)IC_LENGTH);
	for (len = 28; len < 36; len++)
		KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(asked, len), (int)IC_SHORT);
	for (; len < sizeof(asked); len++)
		KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(asked, len), (int)IC_COUNTS);
}

struct head_case {
	const char *name;
	u32 at;
	u8 value;
	enum ic_flaw want;
};

static const struct head_case head_cases[] = {
	{ "pipe length one too many", 4, 45, IC_LENGTH },
	{ "pipe length huge", 7, 0xff, IC_LENGTH },
	{ "data length one too many", 18, 25, IC_LENGTH },
	{ "data length huge", 19, 0xff, IC_LENGTH },
	{ "an answer", 25, 5, IC_ANSWER },
	{ "both", 25, 7, IC_ANSWER },
	{ "no flags", 25, 0, IC_GOOD },
	{ "data length of the older kind", 18, 0x10, IC_GOOD },
	{ "pipe length short", 4, 20, IC_GOOD },
};

KUNIT_ARRAY_PARAM_DESC(head_cases, head_cases, name);

static void frame_head_fields(struct kunit *test)
{
	const struct head_case *c = test->param_value;
	u8 b[sizeof(asked)];

	memcpy(b, asked, sizeof(b));
	b[c->at] = c->value;
	KUNIT_EXPECT_EQ(test, (int)ic_check_head(b, sizeof(b)), (int)c->want);
}

struct count_case {
	const char *name;
	u16 frameworks, messages;
	enum ic_flaw want;
};

static const struct count_case count_cases[] = {
	{ "none", 0, 0, IC_GOOD },
	{ "one kind", 4, 0, IC_GOOD },
	{ "one more than there are", 2, 3, IC_COUNTS },
	{ "all of one kind and one", 5, 0, IC_COUNTS },
	{ "sum wraps 16 bits", 0xfffe, 2, IC_COUNTS },
	{ "too many frameworks", 101, 0, IC_COUNTS },
	{ "too many messages", 0, 101, IC_COUNTS },
	{ "largest", 0xffff, 0xffff, IC_COUNTS },
};

KUNIT_ARRAY_PARAM_DESC(count_cases, count_cases, name);

static void frame_negotiation_counts(struct kunit *test)
{
	const struct count_case *c = test->param_value;
	u8 b[sizeof(asked)];

	memcpy(b, asked, sizeof(b));
	b[28] = c->frameworks;
	b[29] = c->frameworks >> 8;
	b[30] = c->messages;
	b[31] = c->messages >> 8;
	KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(b, sizeof(b)), (int)c->want);
}

static void frame_too_many_though_there_is_room(struct kunit *test)
{
	u8 *b = kunit_kzalloc(test, 1024, GFP_KERNEL);

	KUNIT_ASSERT_TRUE(test, !!b);
	b[28] = 100;
	b[30] = 100;
	KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(b, 36 + 800), (int)IC_GOOD);
	b[30] = 101;
	KUNIT_EXPECT_EQ(test, (int)ic_check_negotiation(b, 1024), (int)IC_COUNTS);
}

static void frame_answer_bytes(struct kunit *test)
{
	u8 b[sizeof(asked)];

	memcpy(b, asked, sizeof(b));
	ic_make_answer(b, HV_IC_FAIL);
	KUNIT_EXPECT_EQ(test, b[20], 0x05);
	KUNIT_EXPECT_EQ(test, b[21], 0x40);
	KUNIT_EXPECT_EQ(test, b[22], 0x00);
	KUNIT_EXPECT_EQ(test, b[23], 0x80);
	KUNIT_EXPECT_EQ(test, b[24], 7);
	KUNIT_EXPECT_EQ(test, b[25], 5);
	/* the rest as it came */
	KUNIT_EXPECT_EQ(test, memcmp(b, asked, 20), 0);
	KUNIT_EXPECT_EQ(test, memcmp(b + 26, asked + 26, sizeof(b) - 26), 0);
}

static void frame_asked_or_told(struct kunit *test)
{
	u8 b[sizeof(asked)];

	memcpy(b, asked, sizeof(b));
	for (int flags = 0; flags < 4; flags++) {
		b[25] = flags;
		KUNIT_EXPECT_EQ(test, ic_only_told(b), flags == 0);
	}
}

static void frame_no_version(struct kunit *test)
{
	u8 b[sizeof(asked)];

	memcpy(b, asked, sizeof(b));
	ic_make_no_version(b, 35);	/* no room: not touched */
	KUNIT_EXPECT_EQ(test, memcmp(b, asked, sizeof(b)), 0);
	ic_make_no_version(b, 36);
	KUNIT_EXPECT_EQ(test, b[28] | b[29] | b[30] | b[31], 0);
}

/* The log's word for each flaw, which the scenarios look for */
static void frame_flaws_in_words(struct kunit *test)
{
	KUNIT_EXPECT_STREQ(test, ic_flaw_name(IC_GOOD), "nothing wrong");
	KUNIT_EXPECT_STREQ(test, ic_flaw_name(IC_SHORT), "too short");
	KUNIT_EXPECT_STREQ(test, ic_flaw_name(IC_LENGTH), "a length past its end");
	KUNIT_EXPECT_STREQ(test, ic_flaw_name(IC_ANSWER), "not a request");
	KUNIT_EXPECT_STREQ(test, ic_flaw_name(IC_COUNTS), "impossible version counts");
}

/* ---- which versions ---- */

static const int our_frameworks[] = { 3 << 16, 1 << 16 };
static const int our_messages[] = { 3 << 16 | 2, 3 << 16 | 1, 3 << 16, 1 << 16 };
static const struct version_list frameworks = { our_frameworks, 2 };
static const struct version_list messages = { our_messages, 4 };

struct choice_case {
	const char *name;
	u16 fw_count, msg_count;
	u8 list[6][2];		/* frameworks, then messages */
	int framework, message;	/* 0: none */
};

static const struct choice_case choice_cases[] = {
	{ "one of each", 1, 1, { { 1, 0 }, { 1, 0 } }, 1 << 16, 1 << 16 },
	{ "newest of ours", 2, 4, { { 1, 0 }, { 3, 0 }, { 1, 0 }, { 3, 0 }, { 3, 1 }, { 3, 2 } },
	  3 << 16, 3 << 16 | 2 },
	{ "whatever the order", 2, 2, { { 3, 0 }, { 1, 0 }, { 3, 1 }, { 1, 0 } },
	  3 << 16, 3 << 16 | 1 },
	{ "newer of the host's left aside", 2, 2, { { 4, 0 }, { 3, 0 }, { 9, 9 }, { 3, 0 } },
	  3 << 16, 3 << 16 },
	{ "only the major fits", 1, 1, { { 3, 0 }, { 3, 5 } }, 0, 0 },
	{ "no framework fits", 1, 1, { { 2, 0 }, { 3, 0 } }, 0, 0 },
	{ "no message fits", 1, 1, { { 3, 0 }, { 2, 0 } }, 0, 0 },
	{ "no framework listed", 0, 2, { { 3, 0 }, { 3, 0 } }, 0, 0 },
	{ "no message listed", 2, 0, { { 3, 0 }, { 3, 0 } }, 0, 0 },
	{ "nothing listed", 0, 0, { { 0 } }, 0, 0 },
};

KUNIT_ARRAY_PARAM_DESC(choice_cases, choice_cases, name);

static u32 put_choice(u8 *b, const struct choice_case *c)
{
	u32 i, n = c->fw_count + c->msg_count;

	memset(b, 0, 64);
	b[28] = c->fw_count;
	b[30] = c->msg_count;
	for (i = 0; i < n; i++) {
		b[36 + 4 * i] = c->list[i][0];
		b[38 + 4 * i] = c->list[i][1];
	}
	return 36 + 4 * n;
}

static void versions_chosen(struct kunit *test)
{
	const struct choice_case *c = test->param_value;
	int fw = -1, msg = -1;
	u8 b[64];
	u32 len = put_choice(b, c);
	int ret = versions_answer(b, len, &frameworks, &messages, &fw, &msg);

	KUNIT_EXPECT_EQ(test, b[18], 0x10);
	KUNIT_EXPECT_EQ(test, b[28], c->message ? 1 : 0);
	KUNIT_EXPECT_EQ(test, b[30], c->message ? 1 : 0);
	if (!c->message) {
		KUNIT_EXPECT_EQ(test, ret, -ENOENT);
		KUNIT_EXPECT_EQ(test, fw & msg, -1);
		return;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, fw, c->framework);
	KUNIT_EXPECT_EQ(test, msg, c->message);
	KUNIT_EXPECT_EQ(test, b[36] << 16 | b[38], c->framework);
	KUNIT_EXPECT_EQ(test, b[40] << 16 | b[42], c->message);
}

static void versions_refused_untouched(struct kunit *test)
{
	int fw, msg;
	u8 b[64], was[64];
	u32 len = put_choice(b, &choice_cases[1]), cut;

	memcpy(was, b, sizeof(b));
	for (cut = 0; cut < len; cut++)
		KUNIT_EXPECT_EQ(test, versions_answer(b, cut, &frameworks, &messages, &fw, &msg),
				-EINVAL);
	b[28] = 101;
	KUNIT_EXPECT_EQ(test, versions_answer(b, 64, &frameworks, &messages, &fw, &msg), -EINVAL);
	b[28] = was[28];
	b[31] = 0xff;
	KUNIT_EXPECT_EQ(test, versions_answer(b, 64, &frameworks, &messages, &fw, &msg), -EINVAL);
	b[31] = 0;
	KUNIT_EXPECT_EQ(test, memcmp(b, was, sizeof(b)), 0);
}

static struct kunit_case ic_frame_cases[] = {
	KUNIT_CASE(frame_of_a_negotiation),
	KUNIT_CASE(frame_padding_is_no_flaw),
	KUNIT_CASE(frame_every_cut),
	KUNIT_CASE_PARAM(frame_head_fields, head_cases_gen_params),
	KUNIT_CASE_PARAM(frame_negotiation_counts, count_cases_gen_params),
	KUNIT_CASE(frame_too_many_though_there_is_room),
	KUNIT_CASE(frame_answer_bytes),
	KUNIT_CASE(frame_asked_or_told),
	KUNIT_CASE(frame_no_version),
	KUNIT_CASE(frame_flaws_in_words),
	KUNIT_CASE_PARAM(versions_chosen, choice_cases_gen_params),
	KUNIT_CASE(versions_refused_untouched),
	{}
};

static struct kunit_suite ic_frame_suite = {
	.name = "utils_frame",
	.test_cases = ic_frame_cases,
};
kunit_test_suite(ic_frame_suite);
