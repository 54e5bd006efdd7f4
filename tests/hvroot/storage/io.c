// SPDX-License-Identifier: GPL-2.0-only
/*
 * Carries SCSI commands out: finds the unit, lets scsi.c decide, moves data
 * between guest memory and the backing file, and fills the SRB.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "loop/log.h"
#include "hostile/hostile.h"
#include "session/session.h"
#include "storage/stor.h"

#define SRB_NO_AUTOSENSE	0x20u
#define CHUNK			(1u << 20)	/* of long WRITE SAMEs */

void stor_lun_put(struct stor_lun *lun)
{
	if (--lun->commands || !lun->removed)
		return;
	if (lun->fd >= 0)
		close(lun->fd);
	free(lun->path);
	free(lun);
}

static uint32_t ntstatus(uint8_t srb)
{
	switch (srb & ~(SRB_QUEUE_FROZEN | SRB_SENSE_VALID)) {
	case SRB_SUCCESS:
		return 0;
	case SRB_ABORTED:
		return 0xC0000120;
	case SRB_BUSY:
		return 0x80000011;
	case SRB_NO_DEVICE:
	case SRB_INVALID_LUN:
	case SRB_INVALID_TARGET:
		return 0xC00000C0;
	case SRB_TIMEOUT:
	case SRB_COMMAND_TIMEOUT:
		return 0xC00000B5;
	case SRB_SELECTION_TIMEOUT:
		return 0xC000009D;
	case SRB_DATA_OVERRUN:
		return 0x80000005;
	case SRB_FLUSHED:
		return NTSTATUS_UNSUCCESSFUL;
	case SRB_BAD_FUNCTION:
		return NTSTATUS_INVALID_DEVICE_REQUEST;
	default:
		return 0xC0000185;
	}
}

void stor_srb_done(struct stor_req *r, uint8_t srb, uint8_t scsi, uint32_t bytes)
{
	struct stor_srb *s = &r->p.srb;

	if (r->cover.on && srb == SRB_SUCCESS) {
		srb = r->cover.srb;
		scsi = r->cover.scsi;
		stor_fault_sense(s, r->cover.sense, r->cover.sense_len);
	}
	s->srb_status = srb;
	s->scsi_status = scsi;
	s->data_len = bytes;
	if (!(srb & SRB_SENSE_VALID))
		s->sense_len = 0;
	stor_answer(r, ntstatus(srb));
}

static void sense_as(struct stor_req *r, uint8_t srb, uint32_t sense)
{
	struct stor_srb *s = &r->p.srb;
	uint8_t bytes[SCSI_SENSE_BYTES];
	bool wanted = r->sc->version < STOR_V5_1 || !(s->flags & SRB_NO_AUTOSENSE);

	scsi_sense(sense, bytes);
	if (s->sense_len > sizeof(bytes))
		s->sense_len = sizeof(bytes);
	memset(s->sense, 0, r->sc->version < STOR_V5_1 ? STOR_SENSE_OLD : STOR_SENSE);
	memcpy(s->sense, bytes, s->sense_len);
	stor_srb_done(r, srb | (wanted ? SRB_SENSE_VALID : 0), SCSI_CHECK_CONDITION, 0);
}

/* Ends a command with CHECK CONDITION and its sense. */
void stor_srb_sense(struct stor_req *r, uint32_t sense)
{
	sense_as(r, SRB_ERROR, sense);
}

/* Copies between the guest's buffer and ours; returns how much. */
static size_t copy_buffer(struct stor_req *r, void *ours, size_t len, bool to_guest)
{
	uint8_t *p = ours;
	size_t left = len;

	for (unsigned int i = 0; i < r->niov && left; i++) {
		size_t n = r->iov[i].iov_len < left ? r->iov[i].iov_len : left;

		if (to_guest)
			memcpy(r->iov[i].iov_base, p, n);
		else
			memcpy(p, r->iov[i].iov_base, n);
		p += n;
		left -= n;
	}
	return len - left;
}

/* Shortens the buffer's pieces to @len bytes in all. */
static void trim(struct stor_req *r, size_t len)
{
	for (unsigned int i = 0; i < r->niov; i++) {
		if (r->iov[i].iov_len >= len) {
			r->iov[i].iov_len = len;
			r->niov = i + !!len;
			return;
		}
		len -= r->iov[i].iov_len;
	}
}

static void reply(struct stor_req *r)
{
	struct scsi_cmd *c = &r->cmd;
	size_t len = c->data_len;

	if (c->status == SCSI_CHECK_CONDITION) {
		sense_as(r, r->lun ? SRB_ERROR : SRB_INVALID_REQUEST, c->sense);
		return;
	}
	if (c->status != SCSI_GOOD) {
		stor_srb_done(r, SRB_ERROR, c->status, 0);
		return;
	}
	if (len > r->p.srb.data_len)
		len = r->p.srb.data_len;
	if (session_on)
		session_data(&r->sc->dev, r->p.srb.lun, r->p.srb.cdb, c->data, len);
	if (hostile_on)
		hostile_data(&r->sc->dev, r->p.srb.cdb, c->data, len);
	stor_srb_done(r, SRB_SUCCESS, SCSI_GOOD, copy_buffer(r, c->data, len, true));
}

static uint32_t error_sense(const struct stor_req *r, long error)
{
	if (error == -ENOSPC || error == -EDQUOT)
		return 0x072707;	/* space allocation failed */
	if (r->cmd.action == SCSI_READ || r->cmd.action == SCSI_COMPARE)
		return SENSE_MEDIUM_READ;
	return error == -EIO ? SENSE_MEDIUM_WRITE : SENSE_HARDWARE;
}

static struct stor_req *of_aio(struct aio *a)
{
	return (struct stor_req *)((char *)a - offsetof(struct stor_req, aio));
}

static void moved(struct aio *a, long result)
{
	struct stor_req *r = of_aio(a);

	if (result < 0) {
		trace("IO_ERROR", "%s lun=%u: %s", r->sc->dev.name,
		      r->p.srb.lun, strerror(-result));
		stor_srb_sense(r, error_sense(r, result));
		return;
	}
	stor_srb_done(r, SRB_SUCCESS, SCSI_GOOD, result);
}

static bool buffer_covers(struct stor_req *r, uint64_t need)
{
	if (need <= r->bytes && need <= r->p.srb.data_len)
		return true;
	stor_srb_sense(r, SENSE_CDB);
	return false;
}

static void transfer(struct stor_req *r)
{
	const struct scsi_disk *d = &r->lun->scsi;
	uint64_t need = r->cmd.blocks * d->block_size;
	bool write = r->cmd.action == SCSI_WRITE;

	if (!buffer_covers(r, need))
		return;
	trim(r, need);
	r->aio = (struct aio){
		.op = write ? AIO_WRITE : AIO_READ, .fd = r->lun->fd,
		.dsync = write && (r->cmd.fua || !d->write_cache),
		.iov = r->iov, .niov = r->niov,
		.off = r->cmd.lba * d->block_size, .done = moved,
	};
	aio_submit(&r->aio);
}

static void sync_file(struct stor_req *r)
{
	r->aio = (struct aio){
		.op = AIO_SYNC, .fd = r->lun->fd, .done = moved,
	};
	aio_submit(&r->aio);
}

static void compared(struct aio *a, long result)
{
	struct stor_req *r = of_aio(a);
	const uint8_t *p = r->buffer;
	bool same = true;

	if (result < 0) {
		stor_srb_sense(r, error_sense(r, result));
		return;
	}
	for (unsigned int i = 0; i < r->niov && same; i++) {
		same = !memcmp(p, r->iov[i].iov_base, r->iov[i].iov_len);
		p += r->iov[i].iov_len;
	}
	if (same)
		stor_srb_done(r, SRB_SUCCESS, SCSI_GOOD, r->p.srb.data_len);
	else
		stor_srb_sense(r, SENSE_MISCOMPARE);
}

/* One piece of our own memory, kept in the request's buffer block. */
static struct iovec *own_iov(struct stor_req *r, size_t len)
{
	struct iovec *iov;

	free(r->buffer);
	r->buffer = malloc(len + sizeof(*iov));
	if (!r->buffer)
		return NULL;
	iov = (struct iovec *)(r->buffer + len);
	iov->iov_base = r->buffer;
	iov->iov_len = len;
	return iov;
}

static void compare(struct stor_req *r)
{
	uint64_t need = r->cmd.blocks * r->lun->scsi.block_size;
	struct iovec *iov;

	if (!buffer_covers(r, need))
		return;
	trim(r, need);
	iov = own_iov(r, need);
	if (!iov) {
		stor_srb_sense(r, SENSE_HARDWARE);
		return;
	}
	r->aio = (struct aio){
		.op = AIO_READ, .fd = r->lun->fd, .iov = iov, .niov = 1,
		.off = r->cmd.lba * r->lun->scsi.block_size, .done = compared,
	};
	aio_submit(&r->aio);
}

static void next_extent(struct stor_req *r);

static void extent_written(struct aio *a, long result)
{
	struct stor_req *r = of_aio(a);

	if (result < 0) {
		stor_srb_sense(r, error_sense(r, result));
		return;
	}
	r->done_blocks += result / r->lun->scsi.block_size;
	next_extent(r);
}

/* Fills @p with the block that WRITE SAME brought, or with zeros. */
static void fill_same(struct stor_req *r, uint8_t *p, size_t len)
{
	size_t block = r->lun->scsi.block_size;

	memset(p, 0, len);
	if (r->cmd.same_zero || r->cmd.action == SCSI_UNMAP)
		return;
	copy_buffer(r, p, block, false);
	for (size_t at = block; at < len; at += block)
		memcpy(p + at, p, block);
}

static void write_extent(struct stor_req *r, const struct scsi_extent *e)
{
	size_t block = r->lun->scsi.block_size;
	uint64_t left = (e->blocks - r->done_blocks) * block;
	size_t len = left < CHUNK ? left : CHUNK;
	struct iovec *iov = own_iov(r, len);

	if (!iov) {
		stor_srb_sense(r, SENSE_HARDWARE);
		return;
	}
	fill_same(r, r->buffer, len);
	r->aio = (struct aio){
		.op = AIO_WRITE, .fd = r->lun->fd, .iov = iov, .niov = 1,
		.off = (e->lba + r->done_blocks) * block, .done = extent_written,
	};
	aio_submit(&r->aio);
}

/* A file system that cannot punch holes gets zeros written instead. */
static void extent_punched(struct aio *a, long result)
{
	struct stor_req *r = of_aio(a);

	if (result == -EOPNOTSUPP || result == -ENOSYS) {
		write_extent(r, &r->cmd.extent[r->extent]);
	} else if (result < 0) {
		stor_srb_sense(r, error_sense(r, result));
	} else {
		r->done_blocks = r->cmd.extent[r->extent].blocks;
		next_extent(r);
	}
}

static void next_extent(struct stor_req *r)
{
	const struct scsi_extent *e = &r->cmd.extent[r->extent];
	size_t block = r->lun->scsi.block_size;

	if (r->done_blocks >= e->blocks) {
		r->extent++;
		r->done_blocks = 0;
		e++;
	}
	if (r->extent >= r->cmd.extents) {
		stor_srb_done(r, SRB_SUCCESS, SCSI_GOOD, r->p.srb.data_len);
		return;
	}
	if (r->cmd.action != SCSI_UNMAP || r->done_blocks) {
		write_extent(r, e);
		return;
	}
	r->aio = (struct aio){
		.op = AIO_PUNCH, .fd = r->lun->fd, .off = e->lba * block,
		.len = e->blocks * block, .done = extent_punched,
	};
	aio_submit(&r->aio);
}

static void act(struct stor_req *r)
{
	switch (r->cmd.action) {
	case SCSI_REPLY:
		reply(r);
		break;
	case SCSI_READ:
	case SCSI_WRITE:
		transfer(r);
		break;
	case SCSI_COMPARE:
		compare(r);
		break;
	case SCSI_SYNC:
		sync_file(r);
		break;
	case SCSI_UNMAP:
	case SCSI_SAME:
		next_extent(r);
		break;
	}
}

/* Brings the parameter list in; false when memory ran out. */
static bool take_parameters(struct stor_req *r)
{
	size_t want = r->lun ? scsi_parameter_bytes(&r->lun->scsi, r->cdb) : 0;

	r->cmd.out_len = 0;
	if (!want || r->p.srb.direction != STOR_OUT)
		return true;
	if (want > r->p.srb.data_len)
		want = r->p.srb.data_len;
	r->buffer = malloc(want + 1);
	if (!r->buffer)
		return false;
	r->cmd.out_len = copy_buffer(r, r->buffer, want, false);
	return true;
}

/*
 * An IDE channel is its one disk, whatever path the SRB says, but for REPORT LUNS: it has none on
 * another path (OpenVMM storvsp, execute_scsi(): "to match Hyper-V storvsp behavior").
 */
static bool target_exists(const struct stor_req *r)
{
	const struct stor_srb *s = &r->p.srb;

	switch (r->sc->kind) {
	case STOR_IDE:
		return s->target == stor_ide_target(r->sc) &&
		       (r->cdb[0] != SCSI_REPORT_LUNS || s->path == stor_ide_path(r->sc));
	case STOR_FC:
		return !s->path && s->target == STOR_FC_TARGET;
	default:
		return !s->path && !s->target;
	}
}

/* Nothing is there: OpenVMM storvsp, execute_scsi(). */
static bool absent(struct stor_req *r)
{
	bool inquiry = r->cdb[0] == 0x12;

	if (r->lun || r->cdb[0] == SCSI_REPORT_LUNS)
		return false;
	if (inquiry && !(r->sc->dev.bus->ctl.manners.bits & MANNER_LUN_INVALID))
		return false;
	stor_srb_done(r, SRB_INVALID_LUN, inquiry ? SCSI_GOOD : SCSI_CHECK_CONDITION, 0);
	return true;
}

void stor_execute(struct stor_req *r)
{
	static const uint8_t no_luns[STOR_LUNS / 8];
	struct stor_srb *s = &r->p.srb;
	bool has_data = s->direction != STOR_NONE && s->data_len;

	if (s->cdb_len > sizeof(s->cdb) || s->direction > STOR_NONE ||
	    (has_data && s->data_len > r->bytes)) {
		stor_srb_done(r, SRB_INVALID_REQUEST, 0, 0);
		return;
	}
	if (s->cdb_len < sizeof(r->cdb))
		memset(r->cdb + s->cdb_len, 0, sizeof(r->cdb) - s->cdb_len);
	if (r->sc->kind == STOR_FC && !target_exists(r)) {	/* nobody of that name on the fabric */
		stor_srb_done(r, SRB_INVALID_TARGET, 0, 0);
		return;
	}
	r->lun = target_exists(r) ? r->sc->lun[s->lun] : NULL;
	if (r->lun)
		r->lun->commands++;
	if (absent(r))
		return;
	if (r->lun && r->lun->sg && r->cdb[0] != SCSI_REPORT_LUNS) {
		stor_sg_execute(r);
		return;
	}
	r->cmd.cdb = r->cdb;
	r->cmd.lun_map = target_exists(r) ? r->sc->lun_map : no_luns;
	if (!take_parameters(r)) {
		stor_srb_sense(r, SENSE_HARDWARE);
		return;
	}
	r->cmd.out = r->buffer;
	scsi_command(r->lun ? &r->lun->scsi : NULL, &r->cmd);
	act(r);
}
