// SPDX-License-Identifier: GPL-2.0-only
/*
 * Time: one sync when the service is ready, then a sample every five seconds
 * unless told otherwise, of the host's clock plus an offset.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/vm.h"
#include "services/ic.h"
#include "services/time_msg.h"
#include "vmbus/fault.h"

#define INTERVAL_MS	5000u
#define ANSWER_MS	10000u

static struct {
	struct vm *vm;
	unsigned int interval;		/* of the samples, milliseconds, 0 = none */
	bool no_sync;			/* no sync when ready, samples only */
	bool told;			/* as OpenVMM's: no transaction, and no answer is wanted */
	struct ptimer *timer;
	int64_t offset;			/* host clock minus real clock, 100 ns */
	uint8_t leap, stratum;
} clk = { .interval = INTERVAL_MS };

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	struct ic_time old = { 0 };
	struct ic_time4 new = { 0 };
	char when[40];

	memcpy(&old, data, len < sizeof(old) ? len : sizeof(old));
	memcpy(&new, data, len < sizeof(new) ? len : sizeof(new));
	if (ic->message.major < 4)
		snprintf(text, size, "host=%s flags=%u guest=%llu round-trip=%llu",
			 time_text(old.host, when, sizeof(when)), old.flags,
			 (unsigned long long)old.guest, (unsigned long long)old.round_trip);
	else
		snprintf(text, size, "host=%s reference=%llu flags=%u leap=%u stratum=%u",
			 time_text(new.host, when, sizeof(when)),
			 (unsigned long long)new.reference, new.flags, new.leap, new.stratum);
}

/* Both clocks as they were @age ago (100 ns). */
static struct time_sample sample_now(uint8_t flags, int64_t age)
{
	struct time_sample s = { .flags = flags, .leap = clk.leap, .stratum = clk.stratum };
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	s.reference = vm_reference_time(clk.vm) - age;
	s.unix_time = t.tv_sec * TIME_UNITS + t.tv_nsec / 100 + clk.offset - age;
	return s;
}

static void periodic_done(void *ctx, const struct ic_answer *a)
{
}

static void send_flags(struct ic *ic, uint8_t flags)
{
	struct time_sample s = sample_now(flags, 0);
	uint8_t msg[sizeof(struct ic_time)];
	size_t len = time_put(msg, ic->message, &s);

	if (clk.told)
		ic_tell(ic, msg, len);
	else
		ic_request(ic, msg, len, ANSWER_MS, periodic_done, NULL);
}

static void tick(void *ctx)
{
	struct ic *ic = ctx;

	clk.timer = NULL;
	if (!clk.interval || ic_not_ready(ic))
		return;
	if (!ic->queue)
		send_flags(ic, TIME_SAMPLE);
	clk.timer = timer_start(clk.interval, tick, ic);
}

static void restart(struct ic *ic)
{
	timer_cancel(clk.timer);
	clk.timer = clk.interval ? timer_start(clk.interval, tick, ic) : NULL;
}

static void ready(struct ic *ic)
{
	if (!clk.no_sync)
		send_flags(ic, TIME_SYNC);
	restart(ic);
}

static void closed(struct ic *ic)
{
	timer_cancel(clk.timer);
	clk.timer = NULL;
}

/* ---- time ---- */

static int take_seconds(struct reply *r, int argc, char **argv, const char *key, int64_t *units)
{
	const char *text = control_arg(argc, argv, key);

	if (text && time_seconds_parse(text, units))
		return reply_error(r, "%s=%s: want seconds, as -3600 or 0.5", key, text);
	return 0;
}

static int take_settings(struct reply *r, int argc, char **argv)
{
	unsigned long long interval, leap, stratum, at_open, told;

	if (control_num(r, argc, argv, "interval", clk.interval, &interval) ||
	    control_num(r, argc, argv, "leap", clk.leap, &leap) ||
	    control_num(r, argc, argv, "stratum", clk.stratum, &stratum) ||
	    control_num(r, argc, argv, "at-open", !clk.no_sync, &at_open) ||
	    control_num(r, argc, argv, "told", clk.told, &told) ||
	    take_seconds(r, argc, argv, "offset", &clk.offset))
		return -1;
	if (interval > 3600000 || leap > 255 || stratum > 255 || at_open > 1 || told > 1)
		return reply_error(r, "interval is at most 3600000 ms, leap and stratum 255, at-open and told 1");
	clk.leap = leap;
	clk.stratum = stratum;
	clk.no_sync = !at_open;
	clk.told = told;
	if (interval != clk.interval) {
		clk.interval = interval;
		restart(ic_get(IC_TIME));
	}
	return 0;
}

static int send_one(struct reply *r, int argc, char **argv, const char *what)
{
	struct ic *ic = ic_get(IC_TIME);
	unsigned long long flags = strcmp(what, "sync") ? TIME_SAMPLE : TIME_SYNC, reference;
	struct time_sample s;
	uint8_t msg[sizeof(struct ic_time)];
	char when[40];
	int64_t age = 0;
	unsigned int limit;

	if (control_num(r, argc, argv, "flags", flags, &flags) ||
	    take_seconds(r, argc, argv, "age", &age) ||
	    ic_limit(r, argc, argv, ANSWER_MS, &limit) || ic_check(r, ic))
		return -1;
	s = sample_now(flags, age);
	if (control_num(r, argc, argv, "reference", s.reference, &reference))
		return -1;
	s.reference = reference;
	reply_printf(r, "host time %s\n",
		     time_text(s.unix_time + TIME_UNIX_EPOCH, when, sizeof(when)));
	return ic_ask(r, ic, "time", msg, time_put(msg, ic->message, &s), limit, NULL);
}

static int cmd_time(struct reply *r, int argc, char **argv, void *ctx)
{
	const char *what = argc > 1 && !strchr(argv[1], '=') ? argv[1] : "";

	if (*what && strcmp(what, "sync") && strcmp(what, "sample"))
		return reply_error(r, "time [sync|sample] [offset=SECONDS] ... (see help)");
	if (take_settings(r, argc, argv))
		return -1;
	if (*what)
		return send_one(r, argc, argv, what);
	reply_printf(r, "offset=%.7f interval=%u at-open=%d told=%d leap=%u stratum=%u reference=%llu\n",
		     clk.offset / (double)TIME_UNITS, clk.interval, !clk.no_sync, clk.told, clk.leap,
		     clk.stratum, (unsigned long long)vm_reference_time(clk.vm));
	return 0;
}

void ic_time_init(struct bus *b)
{
	clk.vm = b->vm;
	control_register("time",
		"sync|sample [offset=SECONDS] [age=SECONDS] [leap=N] [stratum=N] [flags=N] [reference=N]  send the host's clock plus an offset, taken some time ago\n"
		"[offset=SECONDS] [interval=MS] [at-open=0|1] [told=0|1] [leap=N] [stratum=N]  settings, which last: offset of the clock, pause between samples (5000; 0 = none), a sync when the guest opens, messages that want no answer as OpenVMM's do",
		cmd_time, NULL);
}

const struct ic_service ic_time = {
	.name = "timesync", .type = IC_TYPE_TIME, .messages = "1.0+3.0+4.0", .depth = 1,
	.ready = ready, .closed = closed, .describe = describe,
};
