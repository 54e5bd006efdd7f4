/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A service's daemon in user space, which does what the host asks for.  It
 * opens a character device (or, an old one, talks over the connector),
 * registers by writing a message, and from then on reads requests and writes
 * an answer to each.
 */
#ifndef _HVU_DAEMON_H
#define _HVU_DAEMON_H

#include <linux/connector.h>
#include <linux/miscdevice.h>
#include <linux/wait.h>
#include "utils.h"

/**
 * struct dmn_ops - what differs between daemons; all called with ic->lock
 * @node: name of the device node
 * @connector: id of the connector interface; idx 0: there is none
 * @written: bytes that the daemon writes, always
 * @most: bytes of the longest message to it
 * @hello: is this a registration? Writes what is to be sent back to @reply.
 *	Returns its length, which may be 0, or -EINVAL
 * @left: it goes away, and what it was doing will not be done; may be NULL
 * @done: the request marked @tag has come to its end: @err is 0 and @msg the
 *	answer, of @written bytes; or -ETIMEDOUT; or -EPIPE, the daemon went
 *	away. @taken: the daemon had seen the request; if not, another can be
 *	asked
 * @late: the answer to a request that is not waited for any more; may be NULL
 */
struct dmn_ops {
	const char *node;
	struct cb_id connector;
	u32 written;
	u32 most;
	int (*hello)(struct ic *ic, const void *msg, void *reply);
	void (*left)(struct ic *ic);
	void (*done)(struct ic *ic, unsigned int tag, int err, const void *msg, bool taken);
	void (*late)(struct ic *ic, unsigned int tag, const void *msg);
};

enum dmn_way { DMN_ABSENT, DMN_DEVICE, DMN_CONNECTOR };

/* A message to be read */
struct dmn_slot {
	void *buf;
	u32 len;		/* 0: nothing */
};

struct dmn {
	struct ic *ic;
	const struct dmn_ops *ops;
	struct miscdevice misc;
	char node[32];
	unsigned int number;		/* 0: the first of this service; set by node_claim() */
	struct list_head node_entry;	/* in the list of node.c, protected by its lock */
	wait_queue_head_t wait;
	struct delayed_work limit;	/* on ic->wq */
	void *input;			/* what the daemon writes; protected by @input_lock */
	struct mutex input_lock;	/* before ic->lock */

	/* Protected by ic->lock */
	bool dead;			/* the service is no more */
	bool open;			/* the device, by one at a time */
	enum dmn_way way;		/* registered */
	struct dmn_slot reply;		/* to the registration */
	struct dmn_slot request;	/* in the service's memory */
	bool asked;			/* waiting for the answer to a request */
	bool taken;			/* which the daemon has seen */
	unsigned int tag;		/* the service's mark of that request */
	bool owes;			/* the answer to an earlier one */
	unsigned int owed_tag;
};

int dmn_start(struct ic *ic, const struct dmn_ops *ops);
void dmn_stop(struct ic *ic);
void dmn_free(struct dmn *dmn);
bool dmn_there(const struct ic *ic);
void dmn_ask(struct ic *ic, void *msg, u32 len, unsigned long limit, unsigned int tag);
void dmn_abandon(struct ic *ic);

/* between daemon.c, node.c and connector.c */
int dmn_input(struct dmn *dmn, enum dmn_way way, const void *msg, u32 len);
void node_claim(struct dmn *dmn);
void node_release(struct dmn *dmn);
void node_input(const struct cb_id *id, const void *msg, u32 len);
int cn_start(struct dmn *dmn);
void cn_stop(struct dmn *dmn);
int cn_send(struct dmn *dmn, const void *msg, u32 len);

#endif
