// SPDX-License-Identifier: GPL-2.0-only
/* The event loop: what is due, and what is not any more. */
#include <stddef.h>
#include <string.h>

#include "loop/poll.h"
#include "test.h"

static char order[8];

static void note(void *ctx)
{
	strncat(order, ctx, 1);
}

static void begin(void)
{
	order[0] = 0;
	CHECK(poll_init() == 0);
}

static void calls_come_in_order(void)
{
	begin();
	poll_call(note, "a");
	poll_call(note, "b");
	poll_call(note, "c");
	poll_turn(0);
	CHECK(!strcmp(order, "abc"));
	poll_turn(0);
	CHECK(!strcmp(order, "abc"));
	poll_exit();
}

/* A serial line that has output to flush, say: it is freed before the loop. */
static void calls_that_come_too_late_are_dropped(void)
{
	begin();
	poll_call(note, "a");
	poll_turn(0);
	poll_call(note, "b");
	poll_exit();
	CHECK(!strcmp(order, "a"));
	begin();
	poll_turn(0);
	CHECK(!*order);
	poll_exit();
}

static void timers_that_come_too_late_are_dropped(void)
{
	begin();
	CHECK(timer_start(0, note, "a"));
	poll_exit();
	CHECK(!*order);
}

const struct test poll_tests[] = {
	{ "calls_come_in_order", calls_come_in_order },
	{ "calls_that_come_too_late_are_dropped", calls_that_come_too_late_are_dropped },
	{ "timers_that_come_too_late_are_dropped", timers_that_come_too_late_are_dropped },
	{ 0 },
};
