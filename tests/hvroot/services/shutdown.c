// SPDX-License-Identifier: GPL-2.0-only
/* The command `shutdown`: power off, restart or hibernate the guest. */
#include <stdlib.h>
#include <string.h>
#include "control/control.h"
#include "services/ic.h"
#include "vmbus/fault.h"

#define ANSWER_MS	30000u
#define GUEST_SECONDS	60u

static void describe(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
		     char *text, size_t size)
{
	struct ic_shutdown m = { 0 };

	memcpy(&m, data, len < sizeof(m) ? len : sizeof(m));
	snprintf(text, size, "flags=%#x reason=%#x timeout=%u text=\"%.80s\"", m.flags, m.reason,
		 m.timeout, m.text);
}

static void unterminate(uint8_t *data, size_t len)
{
	size_t at = offsetof(struct ic_shutdown, text);

	if (len > at)
		memset(data + at, 'A', len - at);
}

/* Everything behind the word "reason", or the value of reason=. */
static void take_text(int argc, char **argv, char *text, size_t size)
{
	const char *value = control_arg(argc, argv, "reason");
	size_t at = 0;

	snprintf(text, size, "%s", value ? value : "requested by hvroot");
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "reason"))
			continue;
		text[0] = 0;
		for (i++; i < argc && at < size; i++)
			at += snprintf(text + at, size - at, "%s%s", at ? " " : "", argv[i]);
	}
}

static int cmd_shutdown(struct reply *r, int argc, char **argv, void *ctx)
{
	struct ic *ic = ic_get(IC_SHUTDOWN);
	struct ic_shutdown m = { .reason = SHUTDOWN_REASON_PLANNED };
	unsigned long long flags, timeout, reason;
	unsigned int limit;
	int words = 1;

	while (words < argc && strcmp(argv[words], "reason"))
		words++;
	flags = (fault_word(words, argv, "force") ? SHUTDOWN_FORCE : 0) |
		(fault_word(words, argv, "reboot") ? SHUTDOWN_RESTART : 0) |
		(fault_word(words, argv, "hibernate") ? SHUTDOWN_HIBERNATE : 0);
	if (control_num(r, words, argv, "flags", flags, &flags) ||
	    control_num(r, words, argv, "timeout", GUEST_SECONDS, &timeout) ||
	    control_num(r, words, argv, "code", m.reason, &reason) ||
	    ic_limit(r, words, argv, ANSWER_MS, &limit))
		return -1;
	m.flags = flags;
	m.timeout = timeout;
	m.reason = reason;
	take_text(argc, argv, m.text, sizeof(m.text));
	return ic_ask(r, ic, "shutdown", &m, sizeof(m), limit, NULL);
}

void ic_shutdown_init(struct bus *b)
{
	control_register("shutdown",
		"[now|force] [reboot|hibernate] [flags=N] [timeout=SECONDS] [code=N] [limit=MS] [reason TEXT]  ask the guest to end",
		cmd_shutdown, NULL);
}

const struct ic_service ic_shutdown = {
	.name = "shutdown", .type = IC_TYPE_SHUTDOWN, .messages = "1.0+3.0+3.1+3.2", .depth = 1,
	.describe = describe, .unterminate = unterminate,
};
