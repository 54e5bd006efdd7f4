// SPDX-License-Identifier: GPL-2.0-only
/*
 * Phases of the connection: every move, legal or not.  A channel's life is life_test.c's.
 *
 *	down ----> contact ----> down, up, unload or lost
 *	up ------> unload or lost
 *	unload --> down, contact or lost
 *	from lost: contact
 */
#include <kunit/test.h>
#include <linux/string.h>
#include "params.h"
#include "states.h"

struct move {
	const char *name;
	int from, to;
	bool legal;
};

#define DOWN	VMBUS_PHASE_DOWN
#define CONTACT	VMBUS_PHASE_CONTACT
#define UP	VMBUS_PHASE_UP
#define UNLOAD	VMBUS_PHASE_UNLOAD
#define LOST	VMBUS_PHASE_LOST

static const struct move phase_moves[] = {
	{ "down to down: never came up", DOWN, DOWN, true },
	{ "down to contact", DOWN, CONTACT, true },
	{ "down to up: not without a version", DOWN, UP, false },
	{ "down to unload: nothing to unload", DOWN, UNLOAD, false },
	{ "contact to down: no version", CONTACT, DOWN, true },
	{ "contact to contact", CONTACT, CONTACT, false },
	{ "contact to up", CONTACT, UP, true },
	{ "contact to unload: a crash meanwhile", CONTACT, UNLOAD, true },
	{ "contact to lost: after an unload that was not confirmed", CONTACT, LOST, true },
	{ "up to down: not without unload", UP, DOWN, false },
	{ "up to lost: a host that knows no unload", UP, LOST, true },
	{ "up to contact: not without unload", UP, CONTACT, false },
	{ "up to up", UP, UP, false },
	{ "up to unload", UP, UNLOAD, true },
	{ "unload to down: confirmed", UNLOAD, DOWN, true },
	{ "unload to contact: resumed, never confirmed", UNLOAD, CONTACT, true },
	{ "unload to lost: never confirmed", UNLOAD, LOST, true },
	{ "unload to up", UNLOAD, UP, false },
	{ "unload to unload: once is enough", UNLOAD, UNLOAD, false },
	{ "lost to lost: never came up", LOST, LOST, true },
	{ "lost to contact", LOST, CONTACT, true },
	{ "lost to down: nobody confirmed", LOST, DOWN, false },
	{ "lost to up", LOST, UP, false },
	{ "lost to unload", LOST, UNLOAD, false },
	{ "down to lost: the host has nothing", DOWN, LOST, false },
	{ "from no phase", 0, CONTACT, false },
	{ "from two phases", CONTACT | UP, DOWN, false },
	{ "to no phase", UP, 0, false },
	{ "to two phases", CONTACT, UP | UNLOAD, false },
};

KUNIT_ARRAY_PARAM_DESC(phase_moves, phase_moves, name);

static void state_phase_move(struct kunit *test)
{
	const struct move *m = test->param_value;

	KUNIT_EXPECT_EQ(test, m->legal, phase_move_legal(m->from, m->to));
}

static struct kunit_case state_cases[] = {
	KUNIT_CASE_PARAM(state_phase_move, phase_moves_gen_params),
	{}
};

static struct kunit_suite state_suite = {
	.name = "vmbus_states",
	.test_cases = state_cases,
};

kunit_test_suite(state_suite);
