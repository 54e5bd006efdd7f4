/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The text of a session: what a host said, what it was asked, and which commands its user gave, one a line.
 * README.md has the format. Pure.
 */
#ifndef HVROOT_BOOK_H
#define HVROOT_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define BOOK_FIRST	"# hvroot session "
#define BOOK_VERSION	1
#define BOOK_NAME	64	/* of a thing said, its end included */
#define BOOK_BYTES	8192	/* of a thing said, at most */
#define BOOK_COMMAND	1000
#define BOOK_BUCKETS	1024

struct book_line {
	struct book_line *next;		/* of a bucket */
	uint32_t n;			/* the Nth of its name, from 1 on */
	bool said;			/* again, in this session */
	size_t len;
	char name[BOOK_NAME];
	uint8_t bytes[];
};

struct book_act {			/* a command */
	struct book_act *next;
	uint32_t after;			/* so many things had been said */
	char text[];
};

struct book_name;			/* how often something was said in this session */

struct book {
	struct book_line *lines[BOOK_BUCKETS];
	struct book_name *names[BOOK_BUCKETS];
	struct book_act *acts, **acts_end;
	unsigned int nlines;
};

void book_init(struct book *b);
void book_free(struct book *b);

/* 0, or -1 with the reason in @why: it has all lines of @f up to then. */
int book_read(struct book *b, FILE *f, char *why, size_t cap);

/* The next thing of @name is said: which one it is, from 1 on; 0 without memory. */
uint32_t book_count(struct book *b, const char *name);
/* What was said as the @n-th of @name, or NULL. It has been said again by that. */
const struct book_line *book_find(struct book *b, const char *name, uint32_t n);
/* Lines that have not been said again */
unsigned int book_left(const struct book *b);
/* The next command that came after @said things or fewer, for the caller to free; NULL if none did. */
struct book_act *book_due(struct book *b, uint32_t said);

/* Lines for the file */
void book_begin(FILE *f);
void book_write(FILE *f, const char *verb, uint64_t ms, const char *name, uint32_t n, const void *p, size_t len);
void book_command(FILE *f, uint64_t ms, uint32_t said, const char *text);

/* A number that stands for these bytes; @hash is what those before had, first 0. */
uint32_t book_hash(uint32_t hash, const void *p, size_t len);

/*
 * A control message out of a book in the place of the one that is due: numbers by which this guest and this host
 * know channels and memory stay what they are.
 */
void book_message(uint8_t *p, const uint8_t *due, size_t len);
/*
 * The same of a packet, @room bytes at @p: its descriptor is the one that is due, the payload the book's. Returns the
 * length; 0: the line is no packet, or does not fit.
 */
size_t book_packet(uint8_t *p, size_t room, const uint8_t *due, size_t len, const struct book_line *line);

#endif
