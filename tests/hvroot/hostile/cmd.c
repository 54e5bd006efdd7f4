// SPDX-License-Identifier: GPL-2.0-only
/* The command `hostile`: on, off, and what was done. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "control/control.h"
#include "loop/log.h"
#include "machine/synic.h"
#include "machine/vm.h"
#include "session/session.h"
#include "hostile/strike.h"

#define SEED_MAX	8320

static const char *const layer_names[LAYERS] = {
	"message", "packet", "section", "ring", "event", "post", "say", "put", "race", "life", "data",
};

/* LAYER=N words overrule the mood. */
static int set_rates(struct reply *r, int argc, char **argv)
{
	unsigned long long v;

	for (unsigned int l = 0; l < LAYERS; l++) {
		hostile.fixed[l] = control_arg(argc, argv, layer_names[l]);
		if (control_num(r, argc, argv, layer_names[l], 0, &v))
			return -1;
		hostile.rate[l] = v;
	}
	hostile_set_mood(0);
	return 0;
}

static void end(void)
{
	if (!hostile_on)
		return;
	hostile_on = false;
	hostile_tick_end();
	hostile_race_end();
	hostile_message_end();
	hostile_packet_end();
	hostile_choose_end();
	synic_lie(hostile.bus->vm, 0);
}

static void tell(struct reply *r)
{
	uint64_t sum = 0;

	for (unsigned int l = 0; l < LAYERS; l++) {
		reply_printf(r, "%s rate=%u seen=%llu struck=%llu\n", layer_names[l], hostile.rate[l],
			     (unsigned long long)hostile.stat.seen[l], (unsigned long long)hostile.stat.struck[l]);
		sum += hostile.stat.struck[l];
	}
	reply_printf(r, "struck=%llu refused=%llu\n", (unsigned long long)sum, (unsigned long long)hostile.stat.refused);
}

/* What lies are made of beside real traffic: a corpus, or a session on record */
static int take_seeds(const char *path)
{
	static uint8_t p[SEED_MAX];
	char what[64], dev[32];
	unsigned int sub;
	size_t len;
	int ret;

	if (!session_seeds(path, hostile_seed_message, hostile_seed_packet))
		return 0;
	ret = hostile_play(path);
	hostile.playing = false;
	while (!ret && hostile_due(what, sizeof(what), p, &len)) {
		if (!strncmp(what, "message", 7))
			hostile_seed_message(p, len);
		else if (sscanf(what, "packet %31s %u", dev, &sub) == 2)
			hostile_seed_packet(dev, sub, p, len);
	}
	return ret;
}

static int open_files(struct reply *r, int argc, char **argv)
{
	const char *record = control_arg(argc, argv, "record"), *play = control_arg(argc, argv, "play");
	const char *seeds = control_arg(argc, argv, "seeds");

	while (seeds && *seeds) {
		char path[1024];
		size_t n = strcspn(seeds, ",");

		snprintf(path, sizeof(path), "%.*s", (int)n, seeds);
		if (take_seeds(path))
			return reply_error(r, "seeds=%s: want a session of --record, or lines \"at 0 packet DEVICE N HEX\" and \"at 0 message HEX\"",
					   path);
		seeds += n + (seeds[n] == ',');
	}
	if (play && hostile_play(play))
		return reply_error(r, "play=%s: not the record of a case", play);
	if (record && hostile_record(record))
		return reply_error(r, "record=%s: %s", record, strerror(errno));
	return 0;
}

static int begin(struct reply *r, int argc, char **argv)
{
	const char *spare = control_arg(argc, argv, "spare");
	unsigned long long seed, more;

	if (control_num(r, argc, argv, "seed", 1, &seed) || control_num(r, argc, argv, "more", 0, &more))
		return -1;
	if (vm_cpus(hostile.bus->vm) != 1)
		return reply_error(r, "only for a machine with one processor, which asks on this thread");
	end();
	hostile.seed = seed;
	hostile.honest = false;
	hostile_choose_begin();
	snprintf(hostile.spare, sizeof(hostile.spare), spare ? ",%s," : "", spare);
	hostile_message_end();
	hostile_packet_end();
	hostile.more = more;
	if (open_files(r, argc, argv) || set_rates(r, argc, argv)) {
		hostile_choose_end();
		return -1;
	}
	hostile_on = true;
	hostile_tick_begin();
	return 0;
}

static int cmd_hostile(struct reply *r, int argc, char **argv, void *ctx)
{
	if (argc == 1) {
		tell(r);
		return 0;
	}
	if (!strcmp(argv[1], "off")) {
		tell(r);
		end();
		return 0;
	}
	return begin(r, argc, argv);
}

void hostile_init(struct bus *b)
{
	hostile.bus = b;
	control_register("hostile",
		"seed=N [record=FILE] [play=FILE [more=1]] [seeds=FILE,...] [spare=DEVICE,...] [LAYER=N...]  lie to the guest at every layer, by the seed; "
		"each lie becomes a line of FILE, more=1: beside those that are played\n"
		"off  be honest again\n"
		" what was done so far",
		cmd_hostile, NULL);
}

void hostile_exit(void)
{
	end();
}
