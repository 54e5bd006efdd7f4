/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bus without a host: offer.c, chans.c, object.c, channel.c, affinity.c, move.c, pause.c,
 * storm.c and devtypes.c themselves, with what they call below and beside them played by fakebus.c.
 * Kernel only.
 */
#ifndef _HV_KUNIT_FAKEBUS_H
#define _HV_KUNIT_FAKEBUS_H

#include <kunit/test.h>
#include "vmbus_priv.h"

#define FAKE_RELIDS	16	/* those that are counted one by one */

/* Where the first GPADL teardown stops until the suite lets it go on. */
struct fake_stop {
	struct completion reached, go;
};

/* What happened, and what the played parts shall do. Reset by fakebus_new(). */
struct fakebus_log {
	unsigned int released[FAKE_RELIDS];	/* RELID_RELEASED posted */
	unsigned int opens, closes, modifies;	/* OPEN, CLOSE and MODIFYCHANNEL posted */
	unsigned int connects, unloads;
	unsigned int opens_ended;		/* looks for sub-channels' that nobody wants */
	unsigned int woken, ended;		/* who waited for a channel's host, or one answer */
	unsigned int blocks;			/* rings in one physical block */
	unsigned int allocated, freed;		/* channels */
	unsigned int devices, removed;
	unsigned int shown, hidden;		/* sub-channels in sysfs */
	u32 renamed;				/* the new name of the last one */
	unsigned int rings, maps, ids, gpadls;	/* held now */
	unsigned int asked_back, asked_first;	/* rings; before the first was waited for */
	unsigned int quarantined;
	unsigned int looks, cpu_looks;		/* at elements of lists, at CPUs */
	unsigned int cpus, nodes;		/* of the machine */
	unsigned int cpus_locked;		/* by how many: CPUs cannot come or go */
	unsigned long patience;			/* of the last wait for the host, in jiffies */
	/* orders to the played parts */
	bool driver;		/* opens every channel, closes them when the device goes */
	bool dawdle;		/* whatever asks the host takes a while, now and then */
	int add_error;		/* of devices */
	int alloc_error, map_error, ids_error, gpadl_error, teardown_error;
	u32 silent_relid;	/* whose teardown has no answer */
	int post_error;		/* of OPEN */
	int modify_error;	/* of MODIFYCHANNEL */
	void (*on_modify)(u32 relid);	/* whenever that is posted */
	int answer;		/* to OPEN: what the wait returns */
	bool answered;		/* who is told to wait no more has the answer already */
	u32 status;		/* in it */
	struct fake_stop *stop;
	void (*on_wait)(struct vmbus_req *req);	/* whenever an answer is waited for */
	void (*on_teardown)(struct vmbus_channel *ch);	/* the same, of a ring that is closed */
};

extern struct fakebus_log fake;

int fakebus_suite_init(struct kunit_suite *suite);
void fakebus_suite_exit(struct kunit_suite *suite);
struct vmbus *fakebus_new(struct kunit *test);
struct vmbus *fakebus_new_on(struct kunit *test, unsigned int cpus, unsigned int nodes);
void fakebus_end(struct kunit *test, struct vmbus *bus);
void fakebus_flush(struct vmbus *bus);
void fakebus_offer(struct vmbus *bus, u32 relid, u8 instance, u16 sub);
void fakebus_offer_of(struct vmbus *bus, u32 relid, enum vmbus_device_type type, u8 instance,
		      u16 sub);
void fakebus_pause(struct vmbus *bus, bool resume);
void fakebus_awake(struct vmbus *bus);
void fakebus_rescind(struct vmbus *bus, u32 relid);
struct vmbus_channel *fakebus_channel(struct vmbus *bus, u32 relid);	/* borrowed */

/* openbus.c */
struct vmbus_channel *fakebus_device(struct kunit *test, struct vmbus **bus);
struct vmbus_channel *fakebus_sub(struct kunit *test, struct vmbus *bus, u16 index);
int fakebus_open(struct vmbus_channel *ch);
void fakebus_nothing_held(struct kunit *test);

#endif
