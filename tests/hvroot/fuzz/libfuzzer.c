// SPDX-License-Identifier: GPL-2.0-only
/*
 * libfuzzer.c - hvroot's parsers under a coverage-guided fuzzer. The first byte
 * says what the others are:
 *
 *	0  control messages, as they are, after an honest start
 *	1  packets in the ring of a disk controller
 *	2  packets in the ring of a network device
 *	3  SCSI commands and their parameter lists
 *	4  choices of the lying guest (guest.c)
 *	5  the text of a session, and what it makes of packets (session/book.c)
 *
 * Each input starts with a bus reset and empty memory, so that it means the same
 * every time.
 */
#include <stdlib.h>
#include <string.h>

#include "control/control.h"
#include "fuzz.h"
#include "loop/poll.h"
#include "machine/machine.h"
#include "session/book.h"
#include "storage/scsi.h"
#include "vmbus/wire.h"

#define STEPS_MOST	400

/* The next @most bytes or fewer: a length, then so many bytes. */
static size_t chunk(uint8_t *to, size_t most)
{
	size_t len = below(most + 1);

	for (size_t i = 0; i < len; i++)
		to[i] = below(256);
	return len;
}

static void messages(void)
{
	while (random_left()) {
		uint8_t msg[VMBUS_MAX_PAYLOAD + 8];
		size_t len = chunk(msg, sizeof(msg));

		fake_post(VMBUS_CONN_MESSAGE, VMBUS_MESSAGE_TYPE, msg, len);
		fake_post(VMBUS_CONN_CONTACT, VMBUS_MESSAGE_TYPE, msg, len);
	}
}

static void ring(enum guest_device device)
{
	uint32_t relid = guest_open(device);

	if (!relid)
		return;
	if (device == GUEST_SCSI && one_in(2))
		ring_handshake(relid);
	while (random_left()) {
		uint8_t packet[512];

		ring_put(relid, packet, chunk(packet, sizeof(packet)));
		if (one_in(4)) {
			guest_signal(relid);
			poll_turn(0);
		}
	}
	guest_signal(relid);
	poll_turn(0);
}

/* All that a command says of itself must hold. */
static void scsi_result(const struct scsi_disk *d, const struct scsi_cmd *c)
{
	bool moves = c->action == SCSI_READ || c->action == SCSI_WRITE || c->action == SCSI_COMPARE;

	if (c->data_len > sizeof(c->data) || c->extents > SCSI_EXTENTS_MAX ||
	    (c->status == SCSI_CHECK_CONDITION && !c->sense))
		abort();
	if (c->status != SCSI_GOOD)
		return;
	if (moves && (c->blocks > d->blocks || c->lba > d->blocks - c->blocks))
		abort();
	for (unsigned int i = 0; c->action == SCSI_UNMAP && i < c->extents; i++)
		if (c->extent[i].blocks > d->blocks ||
		    c->extent[i].lba > d->blocks - c->extent[i].blocks)
			abort();
}

static void commands(void)
{
	struct scsi_disk d = {
		.blocks = 1 << 14, .block_size = one_in(2) ? 4096 : 512, .max_blocks = 1024,
		.read_only = one_in(4), .dvd = one_in(4), .no_medium = one_in(8), .write_cache = one_in(2),
		.serial = "fuzz", .vendor = "hvguest", .product = "fuzz",
	};
	static const uint8_t lun_map[32] = { 0x05 };

	while (random_left()) {
		struct scsi_cmd *c = calloc(1, sizeof(*c));
		uint8_t cdb[16] = { 0 }, sense[SCSI_SENSE_BYTES], *out;
		size_t need;

		for (unsigned int i = 0; i < sizeof(cdb); i++)
			cdb[i] = below(256);
		need = scsi_parameter_bytes(&d, cdb);
		if (need > 65536)
			abort();
		out = malloc(need ? need : 1);		/* exact, so that overruns show */
		for (size_t i = 0; i < need; i++)
			out[i] = below(256);
		c->cdb = cdb;
		c->out = out;
		c->out_len = one_in(8) ? need / 2 : need;
		c->lun_map = lun_map;
		scsi_command(one_in(32) ? NULL : &d, c);
		scsi_result(&d, c);
		scsi_sense(c->sense, sense);
		free(out);
		free(c);
	}
}

/* What was read is within its limits, and a packet made of it says so of itself. */
static void session(const uint8_t *text, size_t size)
{
	static const uint8_t due[48] = { PKT_COMPLETION, 0, 3, 0, 6 };
	struct book b;
	struct book_act *a;
	uint8_t p[256];
	char why[64];
	FILE *f = size ? fmemopen((void *)text, size, "r") : NULL;

	if (!f)
		return;
	book_init(&b);
	book_read(&b, f, why, sizeof(why));
	fclose(f);
	for (unsigned int i = 0; i < BOOK_BUCKETS; i++) {
		for (struct book_line *l = b.lines[i]; l; l = l->next) {
			size_t n = book_packet(p, sizeof(p), due, sizeof(due), l);

			if (l->len > BOOK_BYTES || n > sizeof(p) || (n && (p[4] | p[5] << 8) != (int)(n + 7) / 8) ||
			    book_find(&b, l->name, l->n) == NULL)
				abort();
			if (l->len <= sizeof(p)) {
				memcpy(p, l->bytes, l->len);
				book_message(p, due, l->len < sizeof(due) ? l->len : sizeof(due));
			}
		}
	}
	if (book_left(&b) > b.nlines)
		abort();
	while ((a = book_due(&b, UINT32_MAX)))
		free(a);
	book_free(&b);
}

static void choices(void)
{
	guest_start(1);
	for (unsigned int n = 0; random_left() && n < STEPS_MOST; n++)
		guest_step();
}

static void offer_everything(void)
{
	static const char * const names[] = { "net0", "ide0", "pci", "video" };
	char line[32] = "offer ";

	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		strcpy(line + 6, names[i]);
		control_execute(line);
	}
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	if (fuzz_setup())
		exit(2);
	atexit(fuzz_cleanup);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned int kind = size ? data[0] % 6 : 3;

	if (kind == 5) {
		session(data + 1, size - 1);
		return 0;
	}
	if (kind == 3) {
		random_feed(data + 1, size ? size - 1 : 0);
		commands();
		return 0;
	}
	fake_ram_clear();
	guest_start(1);
	if (guest_connect())
		abort();		/* an earlier input has broken it for good */
	offer_everything();
	random_feed(data + 1, size - 1);
	if (kind == 0)
		messages();
	else if (kind == 4)
		choices();
	else
		ring(kind == 1 ? GUEST_SCSI : GUEST_NET);
	poll_turn(0);
	return 0;
}
