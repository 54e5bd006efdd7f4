// SPDX-License-Identifier: GPL-2.0-only
/*
 * Heartbeat: a sequence number that the guest answers plus one, every two
 * seconds unless told otherwise, and the command that shows the last answer.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "services/ic.h"

#define INTERVAL_MS	2000u
#define ANSWER_MS	10000u
#define BURST_MAX	64u

static struct {
	unsigned int interval;		/* milliseconds, 0 = only on command */
	struct ptimer *timer;
	uint64_t sequence;		/* the next to send */
	uint64_t wrong;			/* answers that did not count on */
} beat = { .interval = INTERVAL_MS, .sequence = 1 };

static const char *application_name(uint32_t state)
{
	static const char *const names[] = { "unknown", "healthy", "critical", "stopped" };

	return state < 4 ? names[state] : "undefined";
}

static bool parse(const uint8_t *data, size_t len, struct ic_heartbeat *m)
{
	memset(m, 0, sizeof(*m));
	memcpy(m, data, len < sizeof(*m) ? len : sizeof(*m));
	return len >= HEARTBEAT_MIN;
}

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	struct ic_heartbeat m;

	parse(data, len, &m);
	snprintf(text, size, "sequence=%llu", (unsigned long long)m.sequence);
	if (answer)
		snprintf(text, size, "sequence=%llu application=%u (%s)",
			 (unsigned long long)m.sequence, m.application,
			 application_name(m.application));
}

static bool send_beat(struct ic *ic, uint64_t sequence, unsigned int limit, ic_done_fn done, void *ctx)
{
	struct ic_heartbeat m = { .sequence = sequence };

	return ic_request(ic, &m, sizeof(m), limit, done, ctx);
}

static void check(const struct ic_answer *a, uint64_t sequence)
{
	struct ic_heartbeat m;

	if (a->how == IC_ANSWERED && (!parse(a->data, a->len, &m) || m.sequence != sequence + 1))
		beat.wrong++;
}

static void periodic_done(void *ctx, const struct ic_answer *a)
{
	check(a, (uint64_t)(uintptr_t)ctx);
}

static void tick(void *ctx)
{
	struct ic *ic = ctx;

	beat.timer = NULL;
	if (!beat.interval || ic_not_ready(ic))
		return;
	if (!ic->queue) {	/* a guest that does not answer is not flooded */
		send_beat(ic, beat.sequence, ANSWER_MS, periodic_done,
			  (void *)(uintptr_t)beat.sequence);
		beat.sequence++;
	}
	beat.timer = timer_start(beat.interval, tick, ic);
}

static void restart(struct ic *ic, unsigned int first)
{
	timer_cancel(beat.timer);
	beat.timer = beat.interval ? timer_start(first, tick, ic) : NULL;
}

static void ready(struct ic *ic)
{
	restart(ic, 0);
}

static void closed(struct ic *ic)
{
	timer_cancel(beat.timer);
	beat.timer = NULL;
}

/* ---- heartbeat ---- */

struct burst {
	struct reply *r;
	struct ic *ic;
	unsigned int left;
	uint64_t sequence;		/* of the next answer */
};

static void print_answer(struct burst *u, const struct ic_answer *a)
{
	struct ic_heartbeat m;

	if (!parse(a->data, a->len, &m))
		return;
	reply_printf(u->r, "sequence %llu answered %llu, application %s\n",
		     (unsigned long long)u->sequence, (unsigned long long)m.sequence,
		     application_name(m.application));
}

/* Answers come in order; the reply ends with the last one. */
static void burst_done(void *ctx, const struct ic_answer *a)
{
	struct burst *u = ctx;

	if (a->how == IC_ANSWERED)
		print_answer(u, a);
	check(a, u->sequence++);
	if (--u->left)
		return;
	reply_printf(u->r, "interval %u ms, %llu answers in all, %llu of them wrong\n",
		     beat.interval, (unsigned long long)u->ic->stat.answered,
		     (unsigned long long)beat.wrong);
	reply_finish(u->r, ic_report(u->r, u->ic, "heartbeat", a));
	free(u);
}

static int send_burst(struct reply *r, struct ic *ic, unsigned int count, unsigned int limit)
{
	struct burst *u = calloc(1, sizeof(*u));

	if (!u)
		return reply_error(r, "out of memory");
	u->r = r;
	u->ic = ic;
	u->sequence = beat.sequence;
	while (u->left < count && send_beat(ic, beat.sequence, limit, burst_done, u)) {
		beat.sequence++;
		u->left++;
	}
	if (u->left)
		return CONTROL_LATER;
	free(u);
	return reply_error(r, "out of memory");
}

static int cmd_heartbeat(struct reply *r, int argc, char **argv, void *ctx)
{
	struct ic *ic = ic_get(IC_HEARTBEAT);
	unsigned long long interval, burst, sequence;
	unsigned int limit;

	if (control_num(r, argc, argv, "interval", beat.interval, &interval) ||
	    control_num(r, argc, argv, "burst", 1, &burst) ||
	    control_num(r, argc, argv, "sequence", beat.sequence, &sequence) ||
	    ic_limit(r, argc, argv, ANSWER_MS, &limit))
		return -1;
	if (interval > 3600000 || !burst || burst > BURST_MAX)
		return reply_error(r, "interval is at most 3600000 ms, burst 1 to %u", BURST_MAX);
	beat.sequence = sequence;
	if (control_arg(argc, argv, "interval")) {
		beat.interval = interval;
		restart(ic, interval);
	}
	if (ic_check(r, ic))
		return control_arg(argc, argv, "interval") ? 0 : -1;
	return send_burst(r, ic, burst, limit);
}

void ic_heartbeat_init(struct bus *b)
{
	control_register("heartbeat",
		"[interval=MS] [burst=N] [sequence=N] [limit=MS]  one now (or N at once) with its answer, and one each interval (2000; 0 = no more)",
		cmd_heartbeat, NULL);
}

const struct ic_service ic_heartbeat = {
	.name = "heartbeat", .type = IC_TYPE_HEARTBEAT, .messages = "1.0+3.0", .depth = BURST_MAX,
	.ready = ready, .closed = closed, .describe = describe,
};
