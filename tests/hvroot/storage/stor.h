/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A storage controller of the root partition. Private to the files of this room:
 * proto.c speaks the packets, io.c carries commands out, controller.c
 * owns the controllers, dev.c their units, fault.c spoils requests on command.
 */
#ifndef HVROOT_STOR_H
#define HVROOT_STOR_H

#include "loop/aio.h"
#include "storage/scsi.h"
#include "storage/wire.h"
#include "vmbus/bus.h"

#define STOR_LUNS 256
#define STOR_BLOCK 512
#define STOR_FC_TARGET 3	/* where a Fibre Channel adapter has its one target */

enum stor_kind { STOR_SCSI, STOR_IDE, STOR_FC };

struct stor_lun {
	struct scsi_disk scsi;
	int fd;
	bool sg;			/* pass-through, fd is a /dev/sgN */
	bool removed;			/* goes when its last command is done */
	unsigned int commands;		/* running */
	char *path;
};

enum stor_state {
	STOR_CLOSED,
	STOR_OPENED,			/* BEGIN_INIT is due */
	STOR_BEGUN,			/* a version is due */
	STOR_VERSION_KNOWN,		/* properties are due */
	STOR_PROPERTIES_KNOWN,		/* END_INIT is due */
	STOR_READY,
};

struct stor_ctl {
	struct vsp_dev dev;		/* first: freed as one */
	struct stor_ctl *next;
	unsigned int number;
	enum stor_kind kind;
	bool fc_second;			/* FC: the second pair of names is in use */
	enum stor_state state;
	uint16_t version;
	uint16_t version_cap;
	uint16_t max_subs;
	uint32_t max_transfer;
	unsigned int active;		/* commands between arrival and answer */
	struct stor_req *resets;	/* wait for active == 0 */
	struct stor_lun *lun[STOR_LUNS];
	uint8_t lun_map[STOR_LUNS / 8];
};

/* Where the one disk of an IDE controller is: two channels of two devices. */
static inline unsigned int stor_ide_path(const struct stor_ctl *sc)
{
	return sc->number / 2;
}

static inline unsigned int stor_ide_target(const struct stor_ctl *sc)
{
	return sc->number % 2;
}

/* Statuses that a fault lays over the answer of a command that was carried out. */
struct stor_cover {
	bool on;
	uint8_t srb, scsi;
	uint8_t sense_len;
	uint8_t sense[STOR_SENSE];
};

struct stor_req {
	struct stor_req *next;		/* list that it is parked on */
	struct stor_ctl *sc;
	struct vsp_chan *ch;		/* NULL when nobody waits for the answer */
	struct stor_lun *lun;
	uint64_t id;
	bool wants_answer;
	size_t len;			/* of the packet, and so of the answer */
	struct stor_packet p;
	struct iovec *iov;		/* the data buffer in guest memory */
	unsigned int niov;
	size_t bytes;
	struct aio aio;
	uint8_t cdb[16];		/* the answer's sense takes its place in @p */
	uint8_t *buffer;		/* bounce memory of some commands */
	unsigned int extent;		/* the one being worked on */
	uint64_t done_blocks;		/* of that extent */
	struct ptimer *timer;		/* a delayed request */
	bool parked;			/* held or delayed by a fault */
	bool held;			/* its device has it, and does not let go */
	unsigned int duplicate;		/* extra answers */
	unsigned int cut;		/* shortened answer, 0 = whole */
	bool forge;			/* one more answer with forged_id */
	uint64_t forged_id;
	struct stor_cover cover;
	struct scsi_cmd cmd;		/* last: set up by scsi_command() alone */
};

struct stor_chan {			/* vsp_chan.priv */
	unsigned int requests;		/* that will still answer */
};

/* proto.c */
extern const struct vsp_ops stor_ops;
/* Answers with @status in the packet and drops the request. */
void stor_answer(struct stor_req *r, uint32_t status);
/* An unsolicited ENUMERATE_BUS or REMOVE_DEVICE. */
void stor_event(struct stor_ctl *sc, enum stor_op op);
/* A parked request goes its ordinary way after all. */
void stor_resume(struct stor_req *r);
/* A request is gone: a channel or reset may have waited for it. */
void stor_req_free(struct stor_req *r);

/* controller.c: by number and kind, or NULL; the first disk makes one */
struct stor_ctl *stor_ctl_find(unsigned int number, enum stor_kind kind);
struct stor_ctl *stor_ctl_new(struct bus *b, unsigned int number, enum stor_kind kind);
/* The list of all, which is the caller's; they are freed as devices. */
struct stor_ctl *stor_ctl_forget(void);
void stor_ctl_init(struct bus *b);

/* io.c */
void stor_execute(struct stor_req *r);
/* Answers an SRB with SRB and SCSI status; @bytes were moved. */
void stor_srb_done(struct stor_req *r, uint8_t srb, uint8_t scsi, uint32_t bytes);
void stor_srb_sense(struct stor_req *r, uint32_t sense);
void stor_lun_put(struct stor_lun *lun);

/* sg.c: a command for a real SCSI device */
void stor_sg_execute(struct stor_req *r);
/* Reads the size of the device for the list; 0 or -errno. */
int stor_sg_probe(struct stor_lun *lun);

/* fault.c: true when a fault took the request over */
bool stor_fault_takes(struct stor_req *r);
/*
 * Parked requests of a channel end unanswered, those of a reset with a status. A device that
 * is taken away or reset lets go of those that are held, too; otherwise they keep the ring.
 */
void stor_fault_drop(struct vsp_chan *ch);
void stor_fault_abort(struct stor_ctl *sc);
/* Sense data into an SRB, by command. */
void stor_fault_sense(struct stor_srb *s, const uint8_t *sense, uint8_t len);
void stor_fault_init(struct bus *b);
void stor_fault_extras(struct stor_req *r, const void *packet, size_t len);

#endif
