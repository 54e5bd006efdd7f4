// SPDX-License-Identifier: GPL-2.0-only
/* SCSI commands of the simulated disk: answers, sense, every limit. */
#include <stdlib.h>
#include <string.h>
#include "storage/scsi.h"
#include "test.h"

#define BLOCKS 2048

static struct scsi_disk d;
static struct scsi_cmd c;
static uint8_t cdb[16], luns[32];

static void disk(void)
{
	memset(&d, 0, sizeof(d));
	d.blocks = BLOCKS;
	d.block_size = 512;
	d.phys_exp = 3;
	d.max_blocks = 512;
	d.write_cache = true;
	memcpy(d.vendor, "Msft    ", 8);
	memcpy(d.product, "Virtual Disk    ", 16);
	memcpy(d.serial, "SERIAL-1            ", 20);
	d.naa[0] = 0x60;
	memset(luns, 0, sizeof(luns));
	luns[0] = 1;
}

static void run(const void *out, size_t len)
{
	memset(&c, 0xEE, sizeof(c));
	c.cdb = cdb;
	c.out = out;
	c.out_len = len;
	c.lun_map = luns;
	scsi_command(&d, &c);
}

/* A command of up to ten bytes without data to the disk. */
#define CDB(...) do {							\
		static const uint8_t bytes_[] = { __VA_ARGS__ };	\
		memset(cdb, 0, sizeof(cdb));				\
		memcpy(cdb, bytes_, sizeof(bytes_));			\
	} while (0)

static bool fails(uint32_t sense)
{
	return c.action == SCSI_REPLY && c.status == SCSI_CHECK_CONDITION &&
		c.sense == sense && !c.data_len;
}

static void inquiry(void)
{
	disk();
	CDB(0x12, 0, 0, 0, 36);
	run(NULL, 0);
	CHECK(c.status == SCSI_GOOD && c.data_len == 36);
	CHECK(c.data[0] == 0 && c.data[2] == 5 && c.data[7] & 2);
	CHECK(!memcmp(c.data + 8, "Msft    Virtual Disk    1.0 ", 28));
	CDB(0x12, 0, 0x80, 0, 36);		/* a page without EVPD */
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
	CDB(0x12, 1, 0x55, 0, 255);
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
}

static void vpd_pages(void)
{
	static const uint8_t pages[] = { 0x00, 0x80, 0x83, 0xB0, 0xB1, 0xB2 };

	disk();
	for (size_t i = 0; i < sizeof(pages); i++) {
		CDB(0x12, 1, 0, 0, 255);
		cdb[2] = pages[i];
		run(NULL, 0);
		CHECK(c.status == SCSI_GOOD && c.data[1] == pages[i]);
		CHECK(get16(c.data + 2) + 4u == c.data_len);
		cdb[4] = 4;			/* Linux asks for the head first */
		run(NULL, 0);
		CHECK(c.data_len == 4);
	}
	CDB(0x12, 1, 0xB2, 0, 255);
	run(NULL, 0);
	CHECK((c.data[5] & 0xE0) == 0xE0);
	d.no_unmap = true;
	run(NULL, 0);
	CHECK(c.data[5] == 0);
}

static void absent_unit(void)
{
	disk();
	CDB(0x12, 0, 0, 0, 36);
	memset(&c, 0, sizeof(c));
	c.cdb = cdb;
	scsi_command(NULL, &c);
	CHECK(c.status == SCSI_GOOD && c.data[0] == 0x7F && c.data_len == 36);
	CDB(0x12, 1, 0x83, 0, 255);
	scsi_command(NULL, &c);
	CHECK(fails(SENSE_CDB));
	CDB(0x12, 0, 0x83, 0, 255);
	scsi_command(NULL, &c);
	CHECK(fails(SENSE_CDB));
	CDB(0x00);
	scsi_command(NULL, &c);
	CHECK(fails(SENSE_LUN));
	CDB(0xA0, 0, 0, 0, 0, 0, 0, 0, 1, 0);
	c.lun_map = luns;
	memset(luns, 0, sizeof(luns));
	scsi_command(NULL, &c);
	CHECK(c.status == SCSI_GOOD && c.data_len == 8 && get32(c.data) == 0);
}

static void report_luns(void)
{
	disk();
	luns[0] = 0x81;
	luns[31] = 0x80;
	CDB(0xA0, 0, 0, 0, 0, 0, 0, 0, 16, 0);
	run(NULL, 0);
	CHECK(get32(c.data) == 24 && c.data_len == 32);
	CHECK(c.data[9] == 0 && c.data[17] == 7 && c.data[25] == 255);
	cdb[9] = 16;
	cdb[8] = 0;
	run(NULL, 0);
	CHECK(c.data_len == 16 && get32(c.data) == 24);
	cdb[9] = 15;
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
	memset(luns, 0xFF, sizeof(luns));	/* all 256 fit */
	CDB(0xA0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0);
	run(NULL, 0);
	CHECK(c.data_len == 8 + 256 * 8);
}

static void capacity(void)
{
	disk();
	CDB(0x25);
	run(NULL, 0);
	CHECK(get32(c.data) == BLOCKS - 1 && get32(c.data + 4) == 512);
	CDB(0x9E, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32);
	run(NULL, 0);
	CHECK(c.data_len == 32 && get64(c.data) == BLOCKS - 1);
	CHECK((c.data[13] & 15) == 3 && (c.data[14] & 0xC0) == 0xC0);
	cdb[1] = 0x11;
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
	d.blocks = 1ull << 33;
	CDB(0x25);
	run(NULL, 0);
	CHECK(get32(c.data) == 0xFFFFFFFF);
}

static void reads_and_writes(void)
{
	disk();
	CDB(0x28, 0, 0, 0, 0, 10, 0, 0, 8);
	run(NULL, 0);
	CHECK(c.action == SCSI_READ && c.lba == 10 && c.blocks == 8 && !c.fua);
	CDB(0x2A, 8, 0, 0, 0, 10, 0, 0, 8);
	run(NULL, 0);
	CHECK(c.action == SCSI_WRITE && c.fua);
	CDB(0x08, 0, 0, 5, 0);			/* READ(6): 0 means 256 */
	run(NULL, 0);
	CHECK(c.action == SCSI_READ && c.lba == 5 && c.blocks == 256);
	CDB(0x88, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 4);
	run(NULL, 0);
	CHECK(c.action == SCSI_READ && c.lba == 3 && c.blocks == 4);
	CDB(0xA8, 0, 0, 0, 0, 3, 0, 0, 0, 4);
	run(NULL, 0);
	CHECK(c.action == SCSI_READ && c.blocks == 4);
	CDB(0x28, 0, 0, 0, 0, 0, 0, 0, 0);	/* nothing to do */
	run(NULL, 0);
	CHECK(c.action == SCSI_REPLY && c.status == SCSI_GOOD);
}

static void keeps_to_the_disk(void)
{
	disk();
	CDB(0x28, 0, 0, 0, 7, 0xFF, 0, 0, 1);	/* the last block */
	run(NULL, 0);
	CHECK(c.action == SCSI_READ);
	CDB(0x28, 0, 0, 0, 7, 0xFF, 0, 0, 2);
	run(NULL, 0);
	CHECK(fails(SENSE_LBA));
	CDB(0x28, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 1);
	run(NULL, 0);
	CHECK(fails(SENSE_LBA));
	CDB(0x88, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 2);
	run(NULL, 0);
	CHECK(fails(SENSE_LBA));
	CDB(0x28, 0, 0, 0, 0, 0, 0, 2, 1);	/* 513 blocks at once */
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
	CDB(0x28, 0x20, 0, 0, 0, 0, 0, 0, 1);	/* protection information */
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
}

static void protects_what_is_read_only(void)
{
	static const uint8_t ops[] = { 0x0A, 0x2A, 0xAA, 0x8A, 0x41, 0x93 };
	static const uint8_t block[512];

	disk();
	d.read_only = true;
	for (size_t i = 0; i < sizeof(ops); i++) {
		CDB(0, 0, 0, 0, 1);
		cdb[0] = ops[i];
		run(block, sizeof(block));
		CHECK(fails(SENSE_WRITE_PROTECTED));
	}
	CDB(0x1A, 0, 0x3F, 0, 4);
	run(NULL, 0);
	CHECK(c.data[2] & 0x80);
}

static void unmap(void)
{
	uint8_t list[8 + 2 * 16] = { 0 };

	disk();
	put16(list, sizeof(list) - 2);
	put16(list + 2, 32);
	put64(list + 8, 8);
	put32(list + 16, 16);
	put64(list + 24, 100);
	put32(list + 32, 1);
	CDB(0x42, 0, 0, 0, 0, 0, 0, 0, sizeof(list));
	CHECK(scsi_parameter_bytes(&d, cdb) == sizeof(list));
	run(list, sizeof(list));
	CHECK(c.action == SCSI_UNMAP && c.extents == 2);
	CHECK(c.extent[1].lba == 100 && c.extent[1].blocks == 1);
	put64(list + 24, BLOCKS);
	run(list, sizeof(list));
	CHECK(fails(SENSE_LBA));
	put16(list + 2, 48);			/* more than there is */
	run(list, sizeof(list));
	CHECK(fails(SENSE_LENGTH));
	run(list, 4);
	CHECK(fails(SENSE_LENGTH));
	d.no_unmap = true;
	run(list, sizeof(list));
	CHECK(fails(SENSE_OPCODE));
}

static void unmap_too_many(void)
{
	static uint8_t list[8 + (SCSI_EXTENTS_MAX + 1) * 16];

	disk();
	put16(list + 2, sizeof(list) - 8);
	CDB(0x42, 0, 0, 0, 0, 0, 0, 0x10, 0);
	run(list, sizeof(list));
	CHECK(fails(SENSE_PARAMETER));
}

static void write_same(void)
{
	uint8_t block[512] = { 0 };

	disk();
	CDB(0x93, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 8);
	CHECK(scsi_parameter_bytes(&d, cdb) == 512);
	run(block, sizeof(block));
	CHECK(c.action == SCSI_SAME && c.same_zero && c.extent[0].blocks == 8);
	block[5] = 1;
	run(block, sizeof(block));
	CHECK(c.action == SCSI_SAME && !c.same_zero);
	cdb[1] = 0x08;				/* may not unmap: it is not zero */
	run(block, sizeof(block));
	CHECK(c.action == SCSI_SAME);
	block[5] = 0;
	run(block, sizeof(block));
	CHECK(c.action == SCSI_UNMAP);
	cdb[1] = 0x01;				/* no data block */
	CHECK(scsi_parameter_bytes(&d, cdb) == 0);
	run(NULL, 0);
	CHECK(c.action == SCSI_SAME && c.same_zero);
	cdb[1] = 0;
	run(block, 511);
	CHECK(fails(SENSE_LENGTH));
	CDB(0x41, 0, 0, 0, 0, 4, 0, 0, 0);	/* to the end */
	run(block, sizeof(block));
	CHECK(c.extent[0].blocks == BLOCKS - 4);
	cdb[1] = 0x10;
	run(block, sizeof(block));
	CHECK(fails(SENSE_CDB));
}

static void modes(void)
{
	uint8_t select[24] = { [4] = 0x08, [5] = 18 };

	disk();
	CDB(0x1A, 0, 0x08, 0, 255);
	run(NULL, 0);
	CHECK(c.data_len == 24 && c.data[0] == 23 && c.data[4] == 8 && c.data[6] & 4);
	CHECK(c.data[2] == 0x10);
	CDB(0x5A, 0, 0x3F, 0, 0, 0, 0, 0, 255);
	run(NULL, 0);
	CHECK(c.data_len == 8 + 20 + 12 && get16(c.data) == c.data_len - 2);
	CDB(0x1A, 0, 0x05, 0, 255);
	run(NULL, 0);
	CHECK(fails(SENSE_CDB));
	CDB(0x15, 0x10, 0, 0, 24);
	run(select, sizeof(select));
	CHECK(c.status == SCSI_GOOD && !d.write_cache);
	select[4] = 0x0A;
	run(select, sizeof(select));
	CHECK(fails(SENSE_PARAMETER));
	run(select, 2);
	CHECK(fails(SENSE_LENGTH));
}

static void unit_attention_once(void)
{
	disk();
	d.attention = SENSE_CAPACITY_CHANGED;
	CDB(0x12, 0, 0, 0, 36);
	run(NULL, 0);
	CHECK(c.status == SCSI_GOOD);		/* INQUIRY is not held up */
	CDB(0x00);
	run(NULL, 0);
	CHECK(fails(SENSE_CAPACITY_CHANGED));
	run(NULL, 0);
	CHECK(c.status == SCSI_GOOD);
}

static void unknown_commands(void)
{
	disk();
	for (unsigned int op = 0xC0; op < 0x100; op++) {
		CDB(0);
		cdb[0] = op;
		run(NULL, 0);
		CHECK(fails(SENSE_OPCODE));
	}
	CDB(0xA3, 0x0C);			/* REPORT SUPPORTED OPCODES */
	run(NULL, 0);
	CHECK(fails(SENSE_OPCODE));
}

static void sense_bytes(void)
{
	uint8_t s[SCSI_SENSE_BYTES];

	scsi_sense(SENSE_CAPACITY_CHANGED, s);
	CHECK(s[0] == 0x70 && s[2] == 6 && s[7] == 10 && s[12] == 0x2A && s[13] == 9);
}

static uint8_t pr_out(uint8_t action, uint8_t type, uint64_t key, uint64_t service)
{
	uint8_t list[24] = { 0 };

	put64(list, key);
	put64(list + 8, service);
	CDB(0x5F, 0, 0, 0, 0, 0, 0, 0, 24);
	cdb[1] = action;
	cdb[2] = type;
	run(list, sizeof(list));
	return c.status;
}

static void reservations(void)
{
	disk();
	CHECK(pr_out(1, 5, 0, 0) == SCSI_RESERVATION_CONFLICT);	/* not registered */
	CHECK(pr_out(0, 0, 0, 0xABC) == SCSI_GOOD);
	CHECK(pr_out(1, 5, 0xDEF, 0) == SCSI_RESERVATION_CONFLICT);
	CHECK(pr_out(1, 5, 0xABC, 0) == SCSI_GOOD);
	CDB(0x5E, 0, 0, 0, 0, 0, 0, 0, 255);
	run(NULL, 0);
	CHECK(get32(c.data) == 1 && get32(c.data + 4) == 8 && get64(c.data + 8) == 0xABC);
	cdb[1] = 1;
	run(NULL, 0);
	CHECK(c.data_len == 24 && c.data[21] == 5);
	CHECK(pr_out(2, 5, 0xABC, 0) == SCSI_GOOD && d.pr.type == 0);
	d.pr.type = 3;
	d.pr.held_by_other = true;
	CDB(0x2A, 0, 0, 0, 0, 0, 0, 0, 1);
	run(NULL, 0);
	CHECK(c.status == SCSI_RESERVATION_CONFLICT);
	CHECK(pr_out(4, 3, 0xABC, 0) == SCSI_GOOD && !d.pr.held_by_other);
	CHECK(pr_out(3, 0, 0xABC, 0) == SCSI_GOOD && !d.pr.registered);
}

static void dvd(void)
{
	disk();
	d.dvd = true;
	d.block_size = 2048;
	CDB(0x12, 0, 0, 0, 36);
	run(NULL, 0);
	CHECK(c.data[0] == 5 && c.data[1] == 0x80);
	CDB(0x43, 0, 0, 0, 0, 0, 0, 0, 20);
	run(NULL, 0);
	CHECK(c.data_len == 20 && get32(c.data + 16) == BLOCKS);
	CDB(0x1B, 0, 0, 0, 2);			/* eject */
	run(NULL, 0);
	CHECK(c.status == SCSI_GOOD && d.no_medium);
	CDB(0x00);
	run(NULL, 0);
	CHECK(fails(SENSE_NOT_READY_NO_MEDIUM));
	CDB(0x4A, 1, 0, 0, 0x10, 0, 0, 0, 8);
	run(NULL, 0);
	CHECK(c.data_len == 8 && c.data[5] == 0);
}

/* Any bytes as a command: an answer, within its buffers. */
static void survives_rubbish(void)
{
	static uint8_t out[65536];

	disk();
	srand(7);
	for (int round = 0; round < 300000; round++) {
		size_t want;

		for (int i = 0; i < 16; i++)
			cdb[i] = rand() % 3 ? 0 : rand();
		cdb[0] = rand();
		for (int i = 0; i < 40; i++)
			out[i] = rand() % 3 ? 0 : rand();
		d.dvd = rand() % 8 == 0;
		d.no_medium = d.dvd && rand() % 2;
		want = scsi_parameter_bytes(&d, cdb);
		CHECK(want <= sizeof(out));
		run(out, want);
		CHECK(c.data_len <= SCSI_REPLY_MAX && c.extents <= SCSI_EXTENTS_MAX);
		if (c.action == SCSI_READ || c.action == SCSI_WRITE)
			CHECK(c.lba + c.blocks <= d.blocks && c.blocks <= d.max_blocks);
	}
}

const struct test scsi_tests[] = {
	{ "inquiry", inquiry },
	{ "vpd_pages", vpd_pages },
	{ "absent_unit", absent_unit },
	{ "report_luns", report_luns },
	{ "capacity", capacity },
	{ "reads_and_writes", reads_and_writes },
	{ "keeps_to_the_disk", keeps_to_the_disk },
	{ "protects_what_is_read_only", protects_what_is_read_only },
	{ "unmap", unmap },
	{ "unmap_too_many", unmap_too_many },
	{ "write_same", write_same },
	{ "modes", modes },
	{ "unit_attention_once", unit_attention_once },
	{ "unknown_commands", unknown_commands },
	{ "sense_bytes", sense_bytes },
	{ "reservations", reservations },
	{ "dvd", dvd },
	{ "survives_rubbish", survives_rubbish },
	{ 0 },
};
