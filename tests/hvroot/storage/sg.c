// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pass-through: commands go to a real SCSI device by SG_IO, on a worker
 * thread, with the data straight from and to guest memory.
 */
#include <errno.h>
#include <scsi/sg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "loop/log.h"
#include "storage/stor.h"

#define SG_TIMEOUT_MS	60000
#define SG_SENSE	32

struct sg_call {
	struct sg_io_hdr io;
	uint8_t sense[SG_SENSE];
};

static struct stor_req *of_aio(struct aio *a)
{
	return (struct stor_req *)((char *)a - offsetof(struct stor_req, aio));
}

static long call(struct aio *a)
{
	struct sg_call *c = (struct sg_call *)of_aio(a)->buffer;

	return ioctl(a->fd, SG_IO, &c->io) ? -errno : 0;
}

/* Copies real sense data into the answer. */
static void take_sense(struct stor_req *r, const struct sg_call *c)
{
	struct stor_srb *s = &r->p.srb;
	uint8_t cap = r->sc->version < STOR_V5_1 ? STOR_SENSE_OLD : STOR_SENSE;

	if (s->sense_len > cap)
		s->sense_len = cap;
	if (s->sense_len > c->io.sb_len_wr)
		s->sense_len = c->io.sb_len_wr;
	memset(s->sense, 0, cap);
	memcpy(s->sense, c->sense, s->sense_len);
}

static void called(struct aio *a, long result)
{
	struct stor_req *r = of_aio(a);
	struct sg_call *c = (struct sg_call *)r->buffer;
	uint32_t moved = c->io.dxfer_len - c->io.resid;

	if (result < 0) {
		trace("IO_ERROR", "%s lun=%u SG_IO: %s", r->sc->dev.name,
		      r->p.srb.lun, strerror(-result));
		stor_srb_done(r, result == -ENODEV ? SRB_NO_DEVICE : SRB_ERROR, 0, 0);
		return;
	}
	if (c->io.host_status) {
		stor_srb_done(r, c->io.host_status == 3 ? SRB_TIMEOUT : SRB_ERROR, 0, 0);
		return;
	}
	if (c->io.status == SCSI_CHECK_CONDITION && c->io.sb_len_wr) {
		take_sense(r, c);
		stor_srb_done(r, SRB_ERROR | SRB_SENSE_VALID, c->io.status, 0);
		return;
	}
	stor_srb_done(r, c->io.status ? SRB_ERROR : SRB_SUCCESS, c->io.status,
		      c->io.status ? 0 : moved);
}

static int direction(const struct stor_req *r)
{
	if (r->p.srb.direction == STOR_NONE || !r->p.srb.data_len)
		return SG_DXFER_NONE;
	return r->p.srb.direction == STOR_IN ? SG_DXFER_FROM_DEV : SG_DXFER_TO_DEV;
}

/* The pieces together must be exactly the transfer length. */
static unsigned int trim(struct stor_req *r, size_t len)
{
	unsigned int i;

	for (i = 0; i < r->niov && len; i++) {
		if (r->iov[i].iov_len > len)
			r->iov[i].iov_len = len;
		len -= r->iov[i].iov_len;
	}
	return i;
}

void stor_sg_execute(struct stor_req *r)
{
	struct sg_call *c = calloc(1, sizeof(*c));
	struct sg_io_hdr *io;

	if (!c) {
		stor_srb_sense(r, SENSE_HARDWARE);
		return;
	}
	r->buffer = (uint8_t *)c;
	io = &c->io;
	io->interface_id = 'S';
	io->cmdp = r->cdb;
	io->cmd_len = r->p.srb.cdb_len ? r->p.srb.cdb_len : 6;
	io->dxfer_direction = direction(r);
	if (io->dxfer_direction != SG_DXFER_NONE) {
		io->dxfer_len = r->p.srb.data_len;
		io->iovec_count = trim(r, io->dxfer_len);
		io->dxferp = r->iov;
	}
	io->sbp = c->sense;
	io->mx_sb_len = sizeof(c->sense);
	io->timeout = SG_TIMEOUT_MS;
	r->aio = (struct aio){
		.op = AIO_CALL, .fd = r->lun->fd, .call = call, .done = called,
	};
	aio_submit(&r->aio);
}

int stor_sg_probe(struct stor_lun *lun)
{
	int version;

	if (ioctl(lun->fd, SG_GET_VERSION_NUM, &version) || version < 30000)
		return -ENOTTY;
	return 0;
}
