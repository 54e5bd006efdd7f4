// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sessions, written down and said again. The server is at work in both: for each thing that it is to say, the session
 * that is said again has another in its place, if it has one with the same name and number. A name has in it
 * which question the thing answers, so that a guest that asks more, less or in another order gets
 * for each question what was the answer to it; what was never asked then, the server answers itself.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "control/control.h"
#include "loop/log.h"
#include "loop/poll.h"
#include "machine/machine.h"
#include "network/net.h"
#include "session/book.h"
#include "session/session.h"
#include "vmbus/bus.h"

#define ASKED	4096		/* questions that are not answered yet */
#define HEARD	256		/* bytes of a question that are written down */
#define FRAME	64		/* of a frame's message: no more than how it begins */

bool session_on;

static struct {
	FILE *out;		/* NULL: nothing is written down */
	bool again;
	struct book book;
	uint64_t start;		/* ms */
	uint32_t said, others;
	uint32_t ask;		/* what is being asked, 0 = nothing */
	struct {
		uint32_t relid, ask;
		uint64_t id;
	} asked[ASKED];
	struct ptimer *timer;
} session;

static uint64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ull + t.tv_nsec / 1000000;
}

static uint64_t ms(void)
{
	return now_ms() - session.start;
}

/* ---- what the guest asks ---- */

static void ask(const char *what, uint32_t hash, const void *p, size_t len)
{
	char name[BOOK_NAME];

	session.ask = hash ? hash : 1;
	if (!session.out)
		return;
	snprintf(name, sizeof(name), "%s/%08x", what, session.ask);
	book_write(session.out, "ask", ms(), name, book_count(&session.book, name), p, len < HEARD ? len : HEARD);
}

/* Which frames of its memory a guest shares is its own, and different each time. */
static size_t message_part(uint32_t type, size_t len)
{
	size_t part = sizeof(struct msg_header) + 4;

	if (type == MSG_TL_CONNECT_REQUEST || type == MSG_MODIFY_CHANNEL || type == MSG_OPEN_RESERVED)
		part = len;
	if (type == MSG_GPADL_BODY || type == MSG_MODIFY_CONNECTION)
		part = sizeof(struct msg_header);
	return len < part ? len : part;
}

void session_message_in(const void *msg, size_t len)
{
	uint32_t type = 0;
	char what[BOOK_NAME];
	size_t part;

	memcpy(&type, msg, len < sizeof(type) ? len : sizeof(type));
	part = message_part(type, len);
	snprintf(what, sizeof(what), "message/%.40s", message_name(type));
	ask(what, book_hash(0, msg, part), msg, part);
}

static unsigned int slot(uint32_t relid, uint64_t id)
{
	return book_hash(relid, &id, sizeof(id)) % ASKED;
}

/* Addresses stand between header and body, which is what is asked. */
void session_packet_in(struct vsp_chan *ch, const struct vsp_packet *p)
{
	uint32_t relid = ch->ctl->offer.relid;
	unsigned int at = slot(relid, p->id);
	char what[BOOK_NAME];

	snprintf(what, sizeof(what), "%s.%u/%u", ch->dev->name, ch->sub, p->type);
	ask(what, book_hash(p->type, p->body, p->len), p->body, p->len);
	session.asked[at].relid = relid;
	session.asked[at].id = p->id;
	session.asked[at].ask = session.ask;
}

void session_more_in(const void *p, size_t len)
{
	if (session.ask)
		ask("more", book_hash(session.ask, p, len), p, len);
}

void session_asked(void)
{
	session.ask = 0;
}

static uint32_t asked_by(struct vsp_chan *ch, const struct packet_header *h)
{
	uint32_t relid = ch->ctl->offer.relid;
	unsigned int at = slot(relid, h->id);

	if (h->type != PKT_COMPLETION)
		return session.ask;
	return session.asked[at].relid == relid && session.asked[at].id == h->id ? session.asked[at].ask : session.ask;
}

/* ---- what the host says ---- */

static void act_again(void *ctx)
{
	struct book_act *a;

	session.timer = NULL;
	while ((a = book_due(&session.book, session.said))) {
		trace("REPLAY", "%s", a->text);
		if (control_execute(a->text))
			log_err("--replay: the command '%s' failed this time", a->text);
		free(a);
	}
}

/* @what, in answer to @to, is to be said: what was said in its place, or NULL. It gets its whole @name and number. */
static const struct book_line *find(char *name, uint32_t *n, const char *what, uint32_t to)
{
	const struct book_line *line;

	if (to)
		snprintf(name, BOOK_NAME, "%.50s<%08x", what, to);
	else
		snprintf(name, BOOK_NAME, "%s", what);
	*n = book_count(&session.book, name);
	session.said++;
	if (!session.again)
		return NULL;
	if (!session.timer)	/* a command may change what the caller is busy with */
		session.timer = timer_start(0, act_again, NULL);
	line = book_find(&session.book, name, *n);
	session.others += !line;
	return line;
}

static void note(const char *name, uint32_t n, const void *p, size_t len)
{
	if (session.out)
		book_write(session.out, "say", ms(), name, n, p, len);
}

const void *session_message(const void *msg, size_t *len)
{
	static uint8_t p[VMBUS_MAX_PAYLOAD];
	const struct book_line *line;
	char name[BOOK_NAME], what[BOOK_NAME];
	uint32_t type = 0, n;

	memcpy(&type, msg, *len < sizeof(type) ? *len : sizeof(type));
	snprintf(what, sizeof(what), "message/%.40s", message_name(type));
	line = find(name, &n, what, session.ask);
	if (line && line->len && line->len <= sizeof(p)) {
		memcpy(p, line->bytes, line->len);
		book_message(p, msg, line->len < *len ? line->len : *len);
		msg = p;
		*len = line->len;
	}
	note(name, n, msg, *len);
	return msg;
}

void session_packet(struct vsp_chan *ch, struct packet_header *h, const void **body, size_t *len)
{
	static uint8_t due[BOOK_BYTES], p[BOOK_BYTES];
	const struct book_line *line;
	char name[BOOK_NAME], what[BOOK_NAME];
	size_t size = sizeof(*h) + *len, got;
	uint32_t first = 0, n;

	if (size > sizeof(due))
		return;
	memcpy(due, h, sizeof(*h));
	if (*len)
		memcpy(due + sizeof(*h), *body, *len);
	if (h->offset8 * 8u + sizeof(first) <= size)
		memcpy(&first, due + h->offset8 * 8u, sizeof(first));
	snprintf(what, sizeof(what), "%s.%u/%u/%u", ch->dev->name, ch->sub, h->type, first & 0xffff);
	line = find(name, &n, what, asked_by(ch, h));
	got = line ? book_packet(p, sizeof(p), due, size, line) : 0;
	if (got) {
		memcpy(h, p, sizeof(*h));
		*body = p + sizeof(*h);
		*len = got - sizeof(*h);
	}
	note(name, n, got ? p : due, got ? got : size);
}

/*
 * A frame is its sender's: it is not said again, and not written down but for how its message begins. An answer
 * goes to the request that this guest has made.
 */
void session_section(struct nic *n, uint32_t at, uint32_t len)
{
	static uint8_t p[BOOK_BYTES];
	uint32_t have = len < sizeof(p) ? len : sizeof(p), type, id, nth;
	const struct book_line *line;
	char name[BOOK_NAME], what[BOOK_NAME];

	if (have < 12)
		return;
	net_buf_read(&n->recv, at, p, have);
	memcpy(&type, p, sizeof(type));
	memcpy(&id, p + 8, sizeof(id));
	snprintf(what, sizeof(what), "%s/section/%#x", n->dev.name, type);
	if (type == RNDIS_PACKET)
		have = have < FRAME ? have : FRAME;
	line = find(name, &nth, what, type == RNDIS_PACKET ? 0 : session.ask);
	if (line && type != RNDIS_PACKET && line->len == len) {
		memcpy(p, line->bytes, len);
		if (type & RNDIS_REPLY)
			memcpy(p + 8, &id, sizeof(id));
		net_buf_write(&n->recv, at, p, len);
	}
	note(name, nth, p, have);
}

void session_data(struct vsp_dev *d, uint8_t lun, const uint8_t *cdb, uint8_t *p, size_t len)
{
	const struct book_line *line;
	char name[BOOK_NAME], what[BOOK_NAME];
	uint32_t n;

	if (!len || len > BOOK_BYTES)
		return;
	snprintf(what, sizeof(what), "%s/data/%02x", d->name, cdb[0]);
	line = find(name, &n, what, book_hash(lun, cdb, 16));
	if (line)
		memcpy(p, line->bytes, line->len < len ? line->len : len);
	note(name, n, p, len);
}

/* What only asks hvroot, or ends it, is no part of what happened to the guest. */
static void on_command(const char *text)
{
	static const char *const no[] = {
		"counters", "help", "list", "quit", "regs", "pause", "resume", "session",
	};
	size_t n = strcspn(text, " \t");

	for (unsigned int i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		if (strlen(no[i]) == n && !strncmp(no[i], text, n))
			return;
	if (n)
		book_command(session.out, ms(), session.said, text);
}

static int cmd_session(struct reply *r, int argc, char **argv, void *ctx)
{
	if (argc != 1)
		return reply_error(r, "session takes no words");
	reply_printf(r, "said=%u others=%u lines=%u left=%u\n", session.said, session.others, session.book.nlines,
		     book_left(&session.book));
	return 0;
}

/* ---- files ---- */

static int read_book(struct book *b, const char *path, char *why, size_t cap)
{
	FILE *f = fopen(path, "re");
	int ret;

	book_init(b);
	if (!f) {
		snprintf(why, cap, "%s", strerror(errno));
		return -1;
	}
	ret = book_read(b, f, why, cap);
	fclose(f);
	return ret;
}

int session_seeds(const char *path, void (*message)(const uint8_t *p, size_t len),
		  void (*packet)(const char *dev, unsigned int sub, const uint8_t *p, size_t len))
{
	struct book b;
	char why[128], dev[32];
	unsigned int sub;
	int ret = read_book(&b, path, why, sizeof(why));

	for (unsigned int i = 0; !ret && i < BOOK_BUCKETS; i++) {
		for (const struct book_line *l = b.lines[i]; l; l = l->next) {
			if (!strncmp(l->name, "message/", 8))
				message(l->bytes, l->len);
			else if (sscanf(l->name, "%31[^./].%u/", dev, &sub) == 2)
				packet(dev, sub, l->bytes, l->len);
		}
	}
	book_free(&b);
	return ret;
}

int session_init(const struct machine_options *o)
{
	char why[128];

	book_init(&session.book);
	if (o->replay && read_book(&session.book, o->replay, why, sizeof(why))) {
		log_usage("--replay %s: %s", o->replay, why);
		return -1;
	}
	session.again = o->replay;
	if (o->record) {
		session.out = fopen(o->record, "we");
		if (!session.out) {
			log_usage("--record %s: %s", o->record, strerror(errno));
			return -1;
		}
		setvbuf(session.out, NULL, _IOLBF, 0);	/* whoever dies leaves all of it behind */
		book_begin(session.out);
		control_watch(on_command);
	}
	session.start = now_ms();
	session_on = session.out || session.again;
	control_register("session", " what was said: as the session of --replay has it, otherwise (others), and what it has left",
			 cmd_session, NULL);
	return 0;
}

void session_exit(void)
{
	if (session.again)
		log_err("--replay: %u of %u things were said again, %u that were said are not in it",
			session.book.nlines - book_left(&session.book), session.book.nlines, session.others);
	control_watch(NULL);
	timer_cancel(session.timer);
	session.timer = NULL;
	if (session.out)
		fclose(session.out);
	session.out = NULL;
	session_on = session.again = false;
	book_free(&session.book);
}
