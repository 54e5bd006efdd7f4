// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integration components: --ic, the command `ic`, and what the commands of the
 * services share.
 */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "control/counters.h"
#include "control/hex.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "services/ic.h"

#define LIMIT_MAX	(24 * 3600 * 1000u)

const char *ic_state_name(enum ic_state s)
{
	static const char *const names[] = { "closed", "negotiating", "silent", "refused", "ready" };

	return names[s];
}

int ic_limit(struct reply *r, int argc, char **argv, unsigned int dflt, unsigned int *limit)
{
	unsigned long long v;

	if (control_num(r, argc, argv, "limit", dflt, &v))
		return -1;
	if (!v || v > LIMIT_MAX)
		return reply_error(r, "limit is 1 to %u milliseconds", LIMIT_MAX);
	*limit = v;
	return 0;
}

int ic_check(struct reply *r, const struct ic *ic)
{
	const char *why = ic_not_ready(ic);

	return why ? reply_error(r, "%s: %s", ic_name(ic), why) : 0;
}

int ic_report(struct reply *r, const struct ic *ic, const char *what, const struct ic_answer *a)
{
	switch (a->how) {
	case IC_TIMED_OUT:
		return reply_error(r, "%s: no answer in %llu ms", what,
				   (unsigned long long)a->micros / 1000);
	case IC_GONE:
		return reply_error(r, "%s: the guest closed the channel", what);
	case IC_ANSWERED:
		break;
	}
	reply_printf(r, "%s: status 0x%08x (%s) in %llu us\n", what, a->status,
		     ic_status_name(a->status), (unsigned long long)a->micros);
	if (a->status == IC_OK)
		return 0;
	return reply_error(r, "%s: status 0x%08x (%s)", what, a->status, ic_status_name(a->status));
}

struct ask {
	struct reply *r;
	struct ic *ic;
	char what[48];
	ic_print_fn print;
};

static void ask_done(void *ctx, const struct ic_answer *a)
{
	struct ask *k = ctx;

	if (k->print && a->how == IC_ANSWERED)
		k->print(k->r, k->ic, a);
	reply_finish(k->r, ic_report(k->r, k->ic, k->what, a));
	free(k);
}

int ic_ask(struct reply *r, struct ic *ic, const char *what, const void *data, size_t len,
	   unsigned int limit, ic_print_fn print)
{
	struct ask *k;

	if (ic_check(r, ic))
		return -1;
	k = calloc(1, sizeof(*k));
	if (!k)
		return reply_error(r, "out of memory");
	k->r = r;
	k->ic = ic;
	k->print = print;
	snprintf(k->what, sizeof(k->what), "%s", what);
	if (ic_request(ic, data, len, limit, ask_done, k))
		return CONTROL_LATER;
	free(k);
	return reply_error(r, "%s: out of memory", what);
}

/* ---- versions ---- */

static int parse_into(const char *text, size_t len, struct ic_versions *to)
{
	struct ic_versions v;

	if (ic_versions_parse(text, len, &v))
		return -1;
	*to = v;
	return 0;
}

/* "kvp=4.0+3.0" or "framework=3.0": the second applies to @last, or to all. */
static int option_part(const char *part, size_t len, struct ic **last)
{
	const char *eq = memchr(part, '=', len);
	size_t name_len = eq ? (size_t)(eq - part) : len;
	char name[32];

	if (!eq || name_len >= sizeof(name))
		return -1;
	snprintf(name, sizeof(name), "%.*s", (int)name_len, part);
	len -= name_len + 1;
	if (!strcmp(name, "framework")) {
		for (unsigned int i = 0; i < IC_SERVICES; i++) {
			struct ic *ic = ic_get(i);

			if ((!*last || *last == ic) && parse_into(eq + 1, len, &ic->frameworks))
				return -1;
		}
		return 0;
	}
	*last = ic_find(name);
	return *last ? parse_into(eq + 1, len, &(*last)->messages) : -1;
}

int ic_options(const struct machine_options *o)
{
	for (unsigned int i = 0; i < o->nic_specs; i++) {
		const char *p = o->ic_specs[i];
		struct ic *last = NULL;

		while (*p) {
			size_t len = strcspn(p, ",");

			if (option_part(p, len, &last)) {
				log_usage("--ic %s: want NAME=VERSIONS[,framework=VERSIONS] with NAME of shutdown, timesync, heartbeat, kvp, vss, fcopy and VERSIONS as 3.0+4.0 or none",
					o->ic_specs[i]);
				return -1;
			}
			p += len + (p[len] == ',');
		}
	}
	return 0;
}

/* ---- ic ---- */

static int list(struct reply *r)
{
	for (unsigned int i = 0; i < IC_ALL; i++) {
		const struct ic *ic = ic_get(i);
		char fw[64], msg[64], agreed[64] = "-";

		if (!ic->dev)
			continue;
		if (ic->state == IC_READY)
			snprintf(agreed, sizeof(agreed), "framework=%u.%u message=%u.%u",
				 ic->framework.major, ic->framework.minor,
				 ic->message.major, ic->message.minor);
		reply_printf(r, "%-9s %-11s %s offered framework=%s message=%s; sent %llu answered %llu failed %llu timeouts %llu late %llu bad %llu, %llu s\n",
			     ic_name(ic), ic->dev->plugged ? ic_state_name(ic->state) : "withheld",
			     agreed, ic_versions_text(&ic->frameworks, fw, sizeof(fw)),
			     ic_versions_text(&ic->messages, msg, sizeof(msg)),
			     (unsigned long long)ic->stat.sent, (unsigned long long)ic->stat.answered,
			     (unsigned long long)ic->stat.failed, (unsigned long long)ic->stat.timeouts,
			     (unsigned long long)ic->stat.late, (unsigned long long)ic->stat.bad,
			     (unsigned long long)(ic_now() - ic->since) / 1000000);
	}
	return 0;
}

static int set(struct reply *r, int argc, char **argv, struct ic *ic)
{
	const char *framework = control_arg(argc, argv, "framework");
	const char *message = control_arg(argc, argv, "message");

	if (!framework && !message)
		return reply_error(r, "ic set NAME [framework=VERSIONS] [message=VERSIONS], as 3.0+4.0 or none");
	if (framework && parse_into(framework, strlen(framework), &ic->frameworks))
		return reply_error(r, "framework=%s: want as 1.0+3.0, or none", framework);
	if (message && parse_into(message, strlen(message), &ic->messages))
		return reply_error(r, "message=%s: want as 3.0+4.0, or none", message);
	return 0;
}

static int negotiate(struct reply *r, int argc, char **argv, struct ic *ic)
{
	unsigned int limit = IC_NEGOTIATION_MS;
	unsigned long long frameworks, messages;

	if (ic_limit(r, argc, argv, limit, &limit) ||
	    control_num(r, argc, argv, "frameworks", ic->frameworks.n, &frameworks) ||
	    control_num(r, argc, argv, "messages", ic->messages.n, &messages))
		return -1;
	if (frameworks > 0xFFFF || messages > 0xFFFF)
		return reply_error(r, "a count is at most 65535");
	if (!ic->ch)
		return reply_error(r, "%s: %s", ic_name(ic), ic_not_ready(ic));
	ic_negotiate(ic, frameworks, messages, limit);
	return 0;
}

static int send_raw(struct reply *r, int argc, char **argv, struct ic *ic)
{
	const char *text = control_arg(argc, argv, "data");
	uint8_t msg[IC_MESSAGE_MAX];
	struct ic_header h = { .framework = ic->framework, .message = ic->message };
	unsigned long long type, flags, transaction, status, size;
	long n = hex_bytes(text ? text : "", msg + sizeof(h), sizeof(msg) - sizeof(h));

	if (n < 0)
		return reply_error(r, "data is hex, at most %zu bytes", IC_DATA_MAX);
	if (!ic->ch)
		return reply_error(r, "%s: %s", ic_name(ic), ic_not_ready(ic));
	if (control_num(r, argc, argv, "type", ic->service->type, &type) ||
	    control_num(r, argc, argv, "flags", 3, &flags) ||
	    control_num(r, argc, argv, "transaction", 200, &transaction) ||
	    control_num(r, argc, argv, "status", 0, &status) ||
	    control_num(r, argc, argv, "size", n, &size))
		return -1;
	h.type = type;
	h.flags = flags;
	h.transaction = transaction;
	h.status = status;
	h.size = size;
	memcpy(msg, &h, sizeof(h));
	ic_send_raw(ic, msg, sizeof(h) + n);
	return 0;
}

static int second(struct reply *r, int argc, char **argv, struct ic *ic)
{
	if (ic->second)
		return reply_error(r, "%s is a second one already", ic_name(ic));
	return ic_second(ic) ? 0 : reply_error(r, "out of memory");
}

static int cmd_ic(struct reply *r, int argc, char **argv, void *ctx)
{
	static const struct {
		const char *word;
		int (*fn)(struct reply *r, int argc, char **argv, struct ic *ic);
	} verbs[] = {
		{ "set", set }, { "negotiate", negotiate }, { "send", send_raw },
		{ "wait", ic_wait_command }, { "second", second },
	};
	struct ic *ic;

	if (argc < 2 || !strcmp(argv[1], "list"))
		return list(r);
	for (unsigned int i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		if (strcmp(argv[1], verbs[i].word))
			continue;
		ic = argc > 2 ? ic_find(argv[2]) : NULL;
		if (!ic)
			return reply_error(r, "no such service: %s (see ic)", argc > 2 ? argv[2] : "(none named)");
		return verbs[i].fn(r, argc, argv, ic);
	}
	return reply_error(r, "ic [list|set|negotiate|send|wait|second]");
}

static void print_counters(struct reply *r, bool reset, void *ctx)
{
	for (unsigned int i = 0; i < IC_ALL; i++) {
		struct ic *ic = ic_get(i);
		const char *n = ic->dev ? ic_name(ic) : NULL;

		if (!n)
			continue;
		if (reset)
			memset(&ic->stat, 0, sizeof(ic->stat));
		else
			reply_printf(r, "ic.%s.negotiated=%llu\nic.%s.sent=%llu\nic.%s.answered=%llu\nic.%s.failed=%llu\nic.%s.timeouts=%llu\nic.%s.late=%llu\nic.%s.bad=%llu\n",
				     n, (unsigned long long)ic->stat.negotiated,
				     n, (unsigned long long)ic->stat.sent,
				     n, (unsigned long long)ic->stat.answered,
				     n, (unsigned long long)ic->stat.failed,
				     n, (unsigned long long)ic->stat.timeouts,
				     n, (unsigned long long)ic->stat.late,
				     n, (unsigned long long)ic->stat.bad);
	}
}

void ic_cmd_init(struct bus *b)
{
	counters_provider(print_counters, b);
	control_register("ic",
		" the integration services: state, versions, counters\n"
		"set NAME [framework=VERSIONS] [message=VERSIONS]  what its next negotiation offers, as 3.0+4.0 or none\n"
		"negotiate NAME [frameworks=N] [messages=N] [limit=MS]  negotiate again, with counts that may lie\n"
		"wait NAME [limit=MS]  until versions are agreed\n"
		"wait NAME daemon [limit=MS]  until a daemon in the guest answers; NAME is kvp, vss or fcopy\n"
		"second NAME  offer another device of the service, NAME2, which answers to ic and to nothing else\n"
		"send NAME [type=N] [flags=N] [transaction=N] [status=N] [size=N] [data=HEX]  any message",
		cmd_ic, b);
	ic_shutdown_init(b);
	ic_time_init(b);
	ic_heartbeat_init(b);
	ic_kvp_init(b);
	ic_vss_init(b);
	ic_fcopy_init(b);
}
