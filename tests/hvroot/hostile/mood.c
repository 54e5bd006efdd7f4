// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of which lies, by the seed, for a span of time. What all layers of all devices do at once is a guest
 * that never has a NIC: some spans let it get far, and in some the host lies about one device
 * alone, once that has come up.
 */
#include <string.h>
#include "hostile/strike.h"

#define THEME	4	/* spans of one theme */
#define DEVICES	64

enum whom { EVERYBODY, NIC, DISK, SERVICE };

/* What a theme may do, and to whom; a device that is @grown has come up before. */
struct theme {
	enum whom whom;
	bool grown;
	unsigned int layers;
};

#define ON(l)	(1u << (l))

static const struct theme themes[] = {
	{ EVERYBODY }, { EVERYBODY }, { EVERYBODY },
	{ NIC, true, ON(L_SECTION) | ON(L_PACKET) | ON(L_PUT) },
	{ NIC, true, ON(L_SECTION) | ON(L_PACKET) | ON(L_PUT) | ON(L_RING) },
	{ NIC, false, ON(L_PACKET) | ON(L_SECTION) | ON(L_LIFE) | ON(L_PUT) },
	{ DISK, true, ON(L_PACKET) | ON(L_PUT) },
	{ DISK, true, ON(L_PACKET) | ON(L_RING) | ON(L_DATA) | ON(L_PUT) },
	{ DISK, false, ON(L_PACKET) | ON(L_DATA) | ON(L_LIFE) },
	{ NIC, true, ON(L_RING) | ON(L_RACE) },
	{ DISK, true, ON(L_RING) | ON(L_RACE) },
	{ SERVICE, true, ON(L_RING) | ON(L_RACE) },
	{ SERVICE, false, ON(L_PACKET) | ON(L_PUT) },
	{ SERVICE, false, ON(L_PACKET) | ON(L_RING) | ON(L_PUT) },
	{ EVERYBODY, true, ON(L_SECTION) | ON(L_PACKET) | ON(L_PUT) | ON(L_DATA) | ON(L_SAY) },
};

static bool by_command(void)
{
	for (unsigned int l = 0; l < LAYERS; l++)
		if (hostile.fixed[l])
			return true;
	return false;
}

static bool belongs(const struct vsp_dev *d, enum whom whom)
{
	bool nic = !strncmp(d->name, "net", 3);
	bool disk = !strncmp(d->name, "scsi", 4) || !strncmp(d->name, "ide", 3);

	return whom == NIC ? nic : whom == DISK ? disk : !nic && !disk;
}

bool hostile_spared(const struct vsp_dev *d)
{
	char word[40];

	snprintf(word, sizeof(word), ",%s,", d->name);
	return strstr(hostile.spare, word);
}

bool hostile_aside(const struct vsp_dev *d)
{
	return hostile_spared(d) || (hostile.focus[0] && strcmp(hostile.focus, d->name));
}

/* One device of those that a theme is about; false if there is none. */
static bool look_at(enum whom whom, uint64_t dice)
{
	const struct vsp_dev *found[DEVICES];
	unsigned int n = 0;

	hostile.focus[0] = 0;
	for (struct vsp_dev *d = hostile.bus->devs; d && n < DEVICES; d = d->next)
		if (!hostile_spared(d) && belongs(d, whom))
			found[n++] = d;
	if (n)
		strcpy(hostile.focus, found[dice % n]->name);
	return n;
}

/* All layers as it comes: some spans let the guest get far, where one layer alone lies; some are rough. */
static void set_all(uint64_t mood)
{
	static const uint16_t spoil[] = { 0, 0, 0, 1024, 256, 64, 16, 4 };
	static const uint16_t ring[] = { 0, 0, 0, 256, 64, 32, 16, 8 };
	static const uint16_t often[] = { 0, 0, 0, 0, 2000, 500, 100, 30 };
	static const uint8_t many[] = { 0, 0, 0, 2, 4, 8, 16, 64 };
	static const uint8_t few[] = { 1, 1, 2, 2, 4, 4, LAYERS, LAYERS };
	unsigned int part = few[hostile_mix(mood, 100) % 8];	/* of the layers, about */

	for (unsigned int l = 0; l < LAYERS; l++) {
		unsigned int dice = hostile_mix(mood, l) % 8;

		if (hostile.fixed[l])
			continue;
		if (part < LAYERS)	/* those that lie then do so for sure */
			dice = hostile_mix(mood, 50 + l) % LAYERS < part ? 3 + dice % 5 : 0;
		if (l == L_SAY || l == L_PUT)
			hostile.rate[l] = many[dice];
		else if (l == L_POST || l == L_LIFE || l == L_RACE)
			hostile.rate[l] = often[dice];
		else
			hostile.rate[l] = l == L_RING ? ring[dice] : spoil[dice];
	}
}

/* Those of a theme, most of them, and each of them much. */
static void set_some(const struct theme *t, uint64_t mood)
{
	static const uint16_t rates[LAYERS][4] = {
		[L_MESSAGE] = { 64, 16, 4, 4 },
		[L_PACKET] = { 64, 16, 4, 2 },
		[L_SECTION] = { 16, 4, 2, 1 },
		[L_RING] = { 256, 64, 16, 8 },
		[L_EVENT] = { 256, 64, 16, 4 },
		[L_POST] = { 2000, 500, 100, 30 },
		[L_SAY] = { 4, 16, 64, 64 },
		[L_PUT] = { 2, 8, 32, 64 },
		[L_RACE] = { 500, 100, 30, 10 },
		[L_LIFE] = { 1000, 500, 250, 125 },
		[L_DATA] = { 4, 2, 1, 1 },
	};
	unsigned int seldom = t->whom == SERVICE ? 16 : 1;	/* said, and so struck as much more often */
	unsigned int begins = !t->grown && t->whom != SERVICE ? 4 : 1;	/* as much less often, or it would never end to */
	unsigned int lies = 0, last = 0;

	for (unsigned int l = 0; l < LAYERS; l++) {
		bool may = t->layers & ON(l);

		if (may)
			last = l;
		hostile.rate[l] = may && hostile_mix(mood, 50 + l) % 3 ? rates[l][hostile_mix(mood, l) % 4] : 0;
		if (hostile.rate[l] >= seldom && l == L_RING)
			hostile.rate[l] /= seldom;
		if (l == L_PACKET || l == L_SECTION)
			hostile.rate[l] *= begins;
		lies += hostile.rate[l] != 0;
	}
	if (!lies)
		hostile.rate[last] = rates[last][hostile_mix(mood, last) % 4];
}

void hostile_set_mood(unsigned int span)
{
	uint64_t mood = hostile_mix(hostile.seed, 5000 + span);
	uint64_t dice = hostile_mix(hostile_mix(hostile.seed, 7000), span / THEME);
	const struct theme *t = &themes[dice % (sizeof(themes) / sizeof(themes[0]))];

	hostile.span = span;
	hostile.focus[0] = 0;
	hostile.grown = false;
	if (hostile.playing && !hostile.more)	/* what is done, and to whom, is written */
		return;
	/* From the first message on nothing has come up yet. */
	if (!hostile.spare[0] || by_command() || !t->layers || (t->whom != EVERYBODY && !look_at(t->whom, dice >> 20))) {
		set_all(mood);
		return;
	}
	hostile.grown = t->grown;
	set_some(t, mood);
}
