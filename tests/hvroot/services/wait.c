// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integration components: `ic wait`, which ends when versions are agreed, or
 * when a daemon in the guest has answered a question that only it can answer.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "vmbus/fault.h"
#include "services/ic.h"
#include "loop/poll.h"

#define PAUSE_MS 200u		/* before a question is asked again that failed at once */

struct ic_wait {
	struct reply *r;
	bool daemon;			/* is waited for, not only versions */
	unsigned int limit;
	uint64_t began;
	struct ptimer *over;		/* the limit */
	struct ptimer *turn;		/* what is to be done next, from the loop */
	struct probe *asked;		/* what is not answered yet */
	bool failed;			/* an answer, with */
	uint32_t status;
};

struct probe {
	struct ic_wait *wait;		/* NULL: nobody waits any more */
};

static void wait_over(struct ic *ic, const char *why)
{
	struct ic_wait *w = ic->wait;
	int ret = 0;

	ic->wait = NULL;
	timer_cancel(w->over);
	timer_cancel(w->turn);
	if (w->asked && ic_take_back(ic, w->asked))
		free(w->asked);
	else if (w->asked)
		w->asked->wait = NULL;
	if (why && w->daemon && w->failed)
		ret = reply_error(w->r, "%s: %s: status 0x%08x (%s)", ic_name(ic), why,
				  w->status, ic_status_name(w->status));
	else if (why)
		ret = reply_error(w->r, "%s: %s", ic_name(ic), why);
	else
		reply_printf(w->r, "%s: %sframework %u.%u message %u.%u\n", ic_name(ic),
			     w->daemon ? "a daemon answers, " : "", ic->framework.major,
			     ic->framework.minor, ic->message.major, ic->message.minor);
	reply_finish(w->r, ret);
	free(w);
}

static void on_limit(void *ctx)
{
	struct ic *ic = ctx;
	const char *why = ic_not_ready(ic);

	ic->wait->over = NULL;
	wait_over(ic, why || !ic->wait->daemon ? why : "no daemon has answered");
}

static void look(void *ctx);

static void look_in(struct ic *ic, unsigned int ms)
{
	timer_cancel(ic->wait->turn);
	ic->wait->turn = timer_start(ms, look, ic);
}

static void answered(void *ctx, const struct ic_answer *a)
{
	struct probe *p = ctx;
	struct ic_wait *w = p->wait;
	struct ic *ic = NULL;

	free(p);
	if (!w)
		return;
	for (unsigned int i = 0; i < IC_ALL; i++)
		if (ic_get(i)->wait == w)
			ic = ic_get(i);
	w->asked = NULL;
	if (a->how == IC_ANSWERED && ic_daemon_says(ic->service->type, a->status)) {
		wait_over(ic, NULL);
		return;
	}
	w->failed = a->how == IC_ANSWERED;
	w->status = a->status;
	look_in(ic, PAUSE_MS);
}

/* Asks what only a daemon can answer, at most until the limit. */
static void ask(struct ic *ic)
{
	struct ic_wait *w = ic->wait;
	uint64_t past = (ic_now() - w->began) / 1000;
	unsigned int left = past < w->limit ? w->limit - past : 1;
	static uint8_t data[IC_DATA_MAX];
	size_t len = ic->service->probe(data);
	struct probe *p = calloc(1, sizeof(*p));

	if (p)
		p->wait = w;
	w->asked = p;
	if (p && ic_request(ic, data, len, left < IC_ANSWER_MS ? left : IC_ANSWER_MS, answered, p))
		return;
	w->asked = NULL;
	free(p);
	wait_over(ic, "out of memory");
}

/* When the state has changed, or a question has to be asked again. */
static void look(void *ctx)
{
	struct ic *ic = ctx;
	struct ic_wait *w = ic->wait;

	w->turn = NULL;
	if (ic->state == IC_REFUSED || ic->state == IC_SILENT)
		wait_over(ic, ic_not_ready(ic));
	else if (ic->state == IC_READY && !w->daemon)
		wait_over(ic, NULL);
	else if (ic->state == IC_READY && !w->asked)
		ask(ic);
}

/* The caller may be in the middle of something: what is to be done is done at the next turn. */
void ic_waiters(struct ic *ic)
{
	if (ic->wait)
		look_in(ic, 0);
}

void ic_wait_exit(struct ic *ic)
{
	if (ic->wait)
		wait_over(ic, "hvroot ends");
}

int ic_wait_command(struct reply *r, int argc, char **argv, struct ic *ic)
{
	bool daemon = fault_word(argc, argv, "daemon");
	unsigned int limit = IC_NEGOTIATION_MS;
	struct ic_wait *w;

	for (int i = 3; i < argc; i++)
		if (strcmp(argv[i], "daemon") && strncmp(argv[i], "limit=", 6))
			return reply_error(r, "ic wait NAME [daemon] [limit=MS]: what is '%s'?", argv[i]);
	if (ic_limit(r, argc, argv, limit, &limit))
		return -1;
	if (daemon && !ic->service->probe)
		return reply_error(r, "%s has no daemon: ic wait kvp|vss|fcopy daemon", ic_name(ic));
	if (ic->wait)
		return reply_error(r, "somebody else waits for %s", ic_name(ic));
	w = calloc(1, sizeof(*w));
	if (!w)
		return reply_error(r, "out of memory");
	*w = (struct ic_wait){ .r = r, .daemon = daemon, .limit = limit, .began = ic_now() };
	ic->wait = w;
	w->over = timer_start(limit, on_limit, ic);
	ic_waiters(ic);
	return CONTROL_LATER;
}
