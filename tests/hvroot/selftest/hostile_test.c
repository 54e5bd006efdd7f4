// SPDX-License-Identifier: GPL-2.0-only
/* The root partition that lies: its record has what it did, all of it, and does it again. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "hostile/strike.h"
#include "test.h"

#define THINGS	4000

static char path[] = "/tmp/hostile-XXXXXX";
static struct strikes done[THINGS];

static void begin(uint64_t seed)
{
	memset(&hostile, 0, sizeof(hostile));
	hostile.seed = seed;
	hostile_choose_begin();
}

static void end(void)
{
	hostile_choose_end();
	memset(&hostile, 0, sizeof(hostile));
}

static void new_file(void)
{
	strcpy(path + sizeof(path) - 7, "XXXXXX");
	close(mkstemp(path));
}

/* Packets of three kinds, some as long as they can be. */
static bool packet(unsigned int i, struct strikes *s)
{
	static const char *const names[] = { "scsi0.0/11/1", "net0.1/7/107", "kvp.0/6/4" };
	uint8_t p[2048];

	for (size_t k = 0; k < sizeof(p); k++)
		p[k] = i * 7 + k;
	return hostile_choose(L_PACKET, names[i % 3], p, i % 5 ? 112 : sizeof(p), s);
}

static bool same(const struct strikes *a, const struct strikes *b)
{
	bool alike = a->n == b->n;

	for (unsigned int i = 0; alike && i < a->n; i++)
		alike = a->s[i].op == b->s[i].op && a->s[i].at == b->s[i].at && a->s[i].value == b->s[i].value;
	return alike;
}

static void the_record_is_done_again(void)
{
	unsigned int differ = 0, struck = 0;

	new_file();
	begin(4711);
	CHECK(!hostile_record(path));
	hostile.rate[L_PACKET] = 2;
	for (unsigned int i = 0; i < THINGS; i++)
		struck += packet(i, &done[i]);
	end();
	CHECK(struck > THINGS / 4);

	begin(12);
	CHECK(!hostile_play(path));
	for (unsigned int i = 0; i < THINGS; i++) {
		struct strikes s;

		packet(i, &s);
		differ += !same(&s, &done[i]);
	}
	CHECK(!differ);
	end();

	begin(12);	/* what is written, and more */
	CHECK(!hostile_play(path));
	hostile.more = true;
	hostile.rate[L_PACKET] = 2;
	for (unsigned int i = differ = 0; i < THINGS; i++) {
		struct strikes s;

		packet(i, &s);
		differ += done[i].n && !same(&s, &done[i]);
	}
	CHECK(!differ && hostile.stat.struck[L_PACKET] > struck + THINGS / 8);
	end();
	unlink(path);
}

/* A ring dies of its packets' headers: few of them are spoilt, and no other is said to have been. */
static void headers_are_spared(void)
{
	unsigned int head = 0, all = 0;

	begin(5);
	hostile.rate[L_PACKET] = 1;
	for (unsigned int i = 0; i < THINGS; i++) {
		struct strikes s;

		packet(i, &s);
		for (unsigned int k = 0; k < s.n; k++, all++)
			head += s.s[k].op >= OP_SET1 && s.s[k].op <= OP_SET8 && s.s[k].at < 8;
	}
	CHECK(all > THINGS && head && head < all / 20);
	CHECK(hostile.stat.struck[L_PACKET] == all);
	end();
}

/* The length in kilobytes of nothing is where a lie stands more often than not. */
static void lengths_are_found(void)
{
	uint8_t p[6000] = { 0 };
	unsigned int hits = 0, head = 0;
	uint64_t r = 1;

	p[4] = 5;
	p[60] = 0x88;
	p[61] = 0x13;
	for (unsigned int i = 0; i < THINGS; i++) {
		struct strike s;

		hostile_change(&r, p, sizeof(p), 16, &s);
		hits += s.at == 60 && s.op == OP_SET4;
		head += s.at == 4;
	}
	CHECK(hits > THINGS / 3 && head < THINGS / 8);
}

/* Whoever dies of a lie leaves it behind. */
static void each_line_is_there_at_once(void)
{
	char line[128] = "";
	struct strikes s;
	unsigned int i = 0;
	FILE *f;

	new_file();
	begin(77);
	CHECK(!hostile_record(path));
	hostile.rate[L_PACKET] = 1;
	while (!packet(i, &s))
		i++;
	hostile_say_bytes("packet net0 1", "\1\2\3", 3);
	f = fopen(path, "re");
	CHECK(f && fgets(line, sizeof(line), f) && !strcmp(line, "# seed 77\n"));
	for (unsigned int k = 0; f && k < s.n; k++)
		CHECK(fgets(line, sizeof(line), f) && strchr(line, '\n') && strstr(line, hostile_ops[s.s[k].op]));
	CHECK(f && fgets(line, sizeof(line), f) && strstr(line, " packet net0 1 010203\n"));
	if (f)
		fclose(f);
	end();
	unlink(path);
}

static struct vsp_dev devices[] = {
	{ .name = "scsi0" }, { .name = "scsi1" }, { .name = "net0" }, { .name = "net1" }, { .name = "kvp" },
};

static void begin_devices(struct bus *b, const char *spare)
{
	begin(31);
	hostile.bus = b;
	for (unsigned int i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
		devices[i].next = b->devs;
		b->devs = &devices[i];
	}
	strcpy(hostile.spare, spare);
}

/* Each device is the only one for some time, but those that are left alone; each layer lies, and some spans are about all. */
static void some_spans_are_about_one(void)
{
	unsigned int alone[5] = { 0 }, all = 0, layers = 0, spans = 4000;
	struct bus b = { 0 };

	begin_devices(&b, ",scsi1,net1,");
	for (unsigned int span = 0; span < spans; span++) {
		hostile_set_mood(span);
		all += !hostile.focus[0];
		for (unsigned int i = 0; i < 5; i++)
			alone[i] += !strcmp(hostile.focus, devices[i].name);
		for (unsigned int l = 0; l < LAYERS; l++)
			layers |= (hostile.rate[l] != 0) << l;
	}
	CHECK(!alone[1] && !alone[3]);
	CHECK(all > spans / 10 && alone[0] > spans / 10 && alone[2] > spans / 10 && alone[4] > spans / 20);
	CHECK(layers == (1u << LAYERS) - 1);
	hostile.playing = true;
	for (unsigned int span = all = 0; span < spans; span++) {
		hostile_set_mood(span);
		all += !hostile.focus[0] && !hostile.grown;
	}
	CHECK(all == spans);
	end();
}

/* What is said once or twice is left alone where a device is to come up first. */
static void what_begins_is_spared(void)
{
	uint8_t p[112] = { 0 };
	unsigned int early = 0, later = 0;
	struct strikes s;

	begin(8);
	hostile.grown = true;
	hostile.rate[L_PACKET] = 1;
	for (unsigned int i = 0; i < 30; i++)
		early += hostile_choose(L_PACKET, "net0.0/6/2", p, sizeof(p), &s);
	for (unsigned int i = 0; i < 30; i++)
		later += hostile_choose(L_PACKET, "net0.0/6/2", p, sizeof(p), &s);
	hostile.span += 2;
	early += hostile_choose(L_PACKET, "net0.0/6/2", p, sizeof(p), &s);
	CHECK(!early && later > 20);
	end();
}

static void write_script(const char *text)
{
	FILE *f;

	new_file();
	f = fopen(path, "we");
	CHECK(f && fputs(text, f) >= 0);
	if (f)
		fclose(f);
}

static void what_is_due_comes_back(void)
{
	static uint8_t p[8320];
	char what[64];
	size_t len = 0;

	write_script("# seed 9\nat 0 race net0 1 0a0b0c0d0e0f\nat 0 again scsi0 3c\nat 4000000000 refuse 0b01\n");
	begin(9);
	CHECK(!hostile_play(path));
	CHECK(hostile_due(what, sizeof(what), p, &len) && !strcmp(what, "race net0 1"));
	CHECK(len == 6 && !memcmp(p, "\n\13\14\r\16\17", 6));
	CHECK(hostile_due(what, sizeof(what), p, &len) && !strcmp(what, "again scsi0") && len == 1 && p[0] == 0x3c);
	CHECK(!hostile_due(what, sizeof(what), p, &len));
	end();
	unlink(path);
}

static void other_files_are_refused(void)
{
	static const char *const bad[] = {
		"word\n", "name 1 nosuch 0 0\n", "name x drop 0 0\n", "at 5\n", "at x packet net0 0 00\n",
	};
	static char hex[17000];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		write_script(bad[i]);
		begin(1);
		CHECK(hostile_play(path));
		end();
		unlink(path);
	}
	memset(hex, 'a', sizeof(hex) - 1);	/* more bytes than anything has */
	memcpy(hex, "at 0 packet net0 0 ", 19);
	hex[16700] = '\n';
	hex[16701] = 0;
	write_script(hex);
	begin(1);
	CHECK(hostile_play(path));
	end();
	unlink(path);
}

const struct test hostile_tests[] = {
	{ "the_record_is_done_again", the_record_is_done_again },
	{ "headers_are_spared", headers_are_spared },
	{ "some_spans_are_about_one", some_spans_are_about_one },
	{ "what_begins_is_spared", what_begins_is_spared },
	{ "lengths_are_found", lengths_are_found },
	{ "each_line_is_there_at_once", each_line_is_there_at_once },
	{ "what_is_due_comes_back", what_is_due_comes_back },
	{ "other_files_are_refused", other_files_are_refused },
	{ 0 },
};
