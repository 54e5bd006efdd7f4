// SPDX-License-Identifier: GPL-2.0-only
/* Messages that are put off do not overtake each other. */
#include <stddef.h>
#include <stdint.h>
#include "selftest/test.h"
#include "vmbus/delay.h"

static struct delays q;
static struct delay d[4];

static void empty(void)
{
	q = (struct delays){ 0 };
	CHECK(delay_next(&q, 0) == -1);
	CHECK(!delay_pop(&q, INT64_MAX));
	CHECK(!delay_waits(&q, DELAY_ALL));
}

/* A host that gets faster, and then is not slow any more: in order all the same. */
static void in_order(void)
{
	q = (struct delays){ 0 };
	delay_add(&q, &d[0], 1000, 500, DELAY_ALL);
	delay_add(&q, &d[1], 1100, 50, DELAY_ALL);
	delay_add(&q, &d[2], 1200, 0, DELAY_ALL);
	delay_add(&q, &d[3], 1300, 400, DELAY_ALL);
	CHECK(delay_waits(&q, DELAY_ALL));
	CHECK(!delay_waits(&q, 5));
	CHECK(delay_next(&q, 1300) == 200);
	CHECK(!delay_pop(&q, 1499));
	CHECK(delay_pop(&q, 1500) == &d[0]);
	CHECK(delay_pop(&q, 1500) == &d[1]);
	CHECK(delay_next(&q, 1600) == 0);
	CHECK(delay_pop(&q, 1500) == &d[2]);
	CHECK(!delay_pop(&q, 1500));
	CHECK(delay_next(&q, 1600) == 100);
	CHECK(delay_pop(&q, 1700) == &d[3]);
	CHECK(delay_next(&q, 1700) == -1);
}

/* Faults put off messages by their names: each name is in order, another one passes. */
static void in_order_by_name(void)
{
	q = (struct delays){ 0 };
	delay_add(&q, &d[0], 0, 1000, 6);
	delay_add(&q, &d[1], 0, 200, 10);
	delay_add(&q, &d[2], 0, 100, 6);
	delay_add(&q, &d[3], 0, 1000, 10);
	CHECK(delay_pop(&q, 1000) == &d[1]);
	CHECK(delay_pop(&q, 1000) == &d[0]);
	CHECK(delay_pop(&q, 1000) == &d[2]);
	CHECK(delay_pop(&q, 1000) == &d[3]);
}

const struct test delay_tests[] = {
	{ "empty", empty },
	{ "in_order", in_order },
	{ "in_order_by_name", in_order_by_name },
	{ 0 },
};
