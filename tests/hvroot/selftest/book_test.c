// SPDX-License-Identifier: GPL-2.0-only
/* The text of a session: it is read as it was written, and said again in the right place. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "session/book.h"
#include "test.h"
#include "vmbus/wire.h"

static struct book book;
static char why[128];

static int read_text(const char *text)
{
	FILE *f = fmemopen((void *)text, strlen(text), "r");
	int ret = f ? book_read(&book, f, why, sizeof(why)) : -2;

	if (f)
		fclose(f);
	return ret;
}

static int read_line(const char *line)
{
	char text[300];
	int ret;

	book_init(&book);
	snprintf(text, sizeof(text), "# hvroot session 1\n%s\n", line);
	ret = read_text(text);
	book_free(&book);
	return ret;
}

static void what_is_written_is_read(void)
{
	static uint8_t bytes[BOOK_BYTES];
	const struct book_line *l;
	struct book_act *a;
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = i * 7;
	book_begin(f);
	book_write(f, "ask", 1, "message/REQUEST_OFFERS/0000002a", 1, bytes, 8);
	book_write(f, "say", 2, "scsi0.0/11/1<0000002a", 3, bytes, sizeof(bytes));
	book_write(f, "say", 2, "kvp.0/6/4", 1, NULL, 0);
	book_command(f, 3, 2, "rescind scsi0 step=4");
	book_command(f, 3, 2, "two\nlines");
	fclose(f);
	book_init(&book);
	CHECK(!read_text(text) && book.nlines == 2 && book_left(&book) == 2);
	l = book_find(&book, "scsi0.0/11/1<0000002a", 3);
	CHECK(l && l->len == sizeof(bytes) && !memcmp(l->bytes, bytes, l->len));
	CHECK(!book_find(&book, "scsi0.0/11/1<0000002a", 2) && !book_find(&book, "scsi0.0/11/1", 3));
	CHECK(book_find(&book, "kvp.0/6/4", 1) && !book_left(&book));
	CHECK(!book_due(&book, 1));
	a = book_due(&book, 2);
	CHECK(a && !strcmp(a->text, "rescind scsi0 step=4") && !book_due(&book, 100));
	free(a);
	book_free(&book);
	free(text);
}

static void things_are_counted_by_name(void)
{
	book_init(&book);
	CHECK(book_count(&book, "a") == 1 && book_count(&book, "b") == 1 && book_count(&book, "a") == 2);
	book_free(&book);
	CHECK(book_count(&book, "a") == 1);
	book_free(&book);
}

static void other_texts_are_refused(void)
{
	static const char *const bad[] = {
		"say", "say 1 name 1", "say 1 name 0 00", "say 1 name 1 0", "say 1 name 1 0g", "say 1 name 1 00 ", "say x name 1 00",
		"say 1 a-name-that-is-longer-than-any-other-and-so-is-none-of-ours-12345 1 00", "command 1 2", "command 1 x y", "talk 1 name 1 00",
	};

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(read_line(bad[i]) && !strncmp(why, "line 2: ", 8));
	CHECK(!read_line("say 1 name 1 -") && !read_line("ask whatever") && !read_line("") && !read_line("# words"));
	book_init(&book);
	CHECK(read_text("# seed 5\n") && strstr(why, "line 1: no session"));
	CHECK(read_text("# hvroot session 2\n") && strstr(why, "another version"));
	book_free(&book);
}

/* Who is answered, and about which channel and memory, is this guest's and this host's. */
static void numbers_of_today_stay(void)
{
	struct msg_open_result then = { .h.type = MSG_OPEN_RESULT, .relid = 1, .open_id = 2, .status = 3 };
	struct msg_open_result now = { .h.type = MSG_OPEN_RESULT, .relid = 11, .open_id = 12, .status = 0 };
	struct {
		struct packet_header h;
		uint8_t ext[8], body[8];
	} due = { { .type = 7, .offset8 = 3, .len8 = 4, .id = 99 }, "today's", "now" };
	struct {
		struct book_line l;
		struct packet_header h;
		uint8_t body[12];
	} line = { { .len = 28 }, { .type = 7, .offset8 = 2, .len8 = 4, .id = 1 }, "those of th" };
	uint8_t out[64];
	struct packet_header h;

	book_message((uint8_t *)&then, (const uint8_t *)&now, sizeof(now));
	CHECK(then.relid == 11 && then.open_id == 12 && then.status == 3);
	CHECK(book_packet(out, sizeof(out), (const uint8_t *)&due, sizeof(due), &line.l) == 36);
	memcpy(&h, out, sizeof(h));
	CHECK(h.id == 99 && h.offset8 == 3 && h.len8 == 5);
	CHECK(!memcmp(out + 16, "today's", 8) && !memcmp(out + 24, "those of th", 12));
	CHECK(!book_packet(out, 35, (const uint8_t *)&due, sizeof(due), &line.l));
	line.h.offset8 = 4;
	CHECK(!book_packet(out, sizeof(out), (const uint8_t *)&due, sizeof(due), &line.l));
}

const struct test book_tests[] = {
	{ "what_is_written_is_read", what_is_written_is_read },
	{ "things_are_counted_by_name", things_are_counted_by_name },
	{ "other_texts_are_refused", other_texts_are_refused },
	{ "numbers_of_today_stay", numbers_of_today_stay },
	{ 0 },
};
