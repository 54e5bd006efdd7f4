// SPDX-License-Identifier: GPL-2.0-only
/* counters.c - the `counters [reset]` command and the VMM's own numbers. */
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "control/counters.h"

#define PROVIDERS_MAX	16

struct provider {
	void (*print)(struct reply *r, bool reset, void *ctx);
	void *ctx;
};

struct counter counter_messages_in = { .name = "messages_in" };
struct counter counter_messages_out = { .name = "messages_out" };
struct counter counter_signals = { .name = "signals" };
struct counter counter_interrupts = { .name = "interrupts" };

static struct counter *counters;
static struct provider providers[PROVIDERS_MAX];
static unsigned int nproviders;

void counter_register(struct counter *c)
{
	struct counter **p = &counters;

	while (*p && strcmp((*p)->name, c->name) < 0)
		p = &(*p)->next;
	c->next = *p;
	*p = c;
}

void counter_unregister(struct counter *c)
{
	for (struct counter **p = &counters; *p; p = &(*p)->next) {
		if (*p != c)
			continue;
		*p = c->next;
		return;
	}
}

void counters_provider(void (*print)(struct reply *r, bool reset, void *ctx), void *ctx)
{
	if (nproviders == PROVIDERS_MAX)
		abort();	/* a fixed number of callers, all ours */
	providers[nproviders++] = (struct provider){ print, ctx };
}

static void counters_zero(struct reply *r)
{
	for (struct counter *c = counters; c; c = c->next)
		atomic_store(&c->value, 0);
	for (unsigned int i = 0; i < nproviders; i++)
		providers[i].print(r, true, providers[i].ctx);
}

static int cmd_counters(struct reply *r, int argc, char **argv, void *ctx)
{
	if (argc > 2 || (argc == 2 && strcmp(argv[1], "reset")))
		return reply_error(r, "usage: counters [reset]");
	if (argc == 2) {
		counters_zero(r);
		return 0;
	}
	for (struct counter *c = counters; c; c = c->next)
		reply_printf(r, "%s=%llu\n", c->name, (unsigned long long)counter_get(c));
	for (unsigned int i = 0; i < nproviders; i++)
		providers[i].print(r, false, providers[i].ctx);
	return 0;
}

void counters_init(void)
{
	counter_register(&counter_messages_in);
	counter_register(&counter_messages_out);
	counter_register(&counter_signals);
	counter_register(&counter_interrupts);
	control_register("counters", "[reset]  print the counters, or set them to zero",
			 cmd_counters, NULL);
}
