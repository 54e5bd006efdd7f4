/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Private to hv_utils.  A service is a row of the table in main.c; ic.c carries
 * its messages, and hold.c keeps them for a daemon that is not there yet.
 * Dependencies: ic_msg, ic_limits, ts_math <- ic, hold <- daemon, node <- services <- main.
 */
#ifndef _HVU_UTILS_H
#define _HVU_UTILS_H

#include <linux/bits.h>
#include <linux/hyperv.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/ratelimit.h>
#include <linux/workqueue.h>
#include <hv/ic_wire.h>

struct dentry;
struct dmn;
struct ic;

/* Ring of each direction and, with it, the longest message there can be */
#define IC_RING_BYTES	(16 * 1024)

/* request() will call ic_answer() itself, later.  No status is that large, a daemon's neither. */
#define IC_LATER	BIT_ULL(32)

/* Per device; see stats.c */
enum ic_counter {
	IC_N_REQUESTS,	/* taken from the ring */
	IC_N_ANSWERS,	/* sent */
	IC_N_REFUSED,	/* of those, with an error */
	IC_N_BAD,	/* messages that made no sense */
	IC_N_UNSENT,	/* answers that the ring did not take */
	IC_N_TIMEOUTS,	/* the daemon did not answer in time */
	IC_N_LATE,	/* it did later */
	IC_N_UNASKED,	/* the daemon wrote what nobody wanted */
	IC_N_DAEMONS,	/* registrations */
	IC_N_HELD,	/* messages that waited for a daemon */
	IC_N_NO_DAEMON,	/* requests that failed because there is none */
	IC_NR_COUNTERS,
};

/**
 * struct ic_service - what makes one service differ from the others
 * @name: as in "NAME IC version 3.0"
 * @type: message type
 * @direct: request() does not sleep and is called in the channel's callback
 * @told: a message that is neither a transaction nor a request gets no answer
 * @versions: message versions, newest first
 * @nr_versions: their number
 * @frameworks: framework versions, newest first
 * @nr_frameworks: their number
 * @start: make ready what belongs to the service; the channel is not open yet
 * @stop: undo start(); the channel is closed, and nothing else is called again.
 *	Without ic->lock
 * @negotiation_wait: seconds that the answer to a negotiation may wait for the
 *	daemon; NULL: it does not
 * @request: carry out a request. @data has @len bytes and may be written, for
 *	the answer. Returns the answer's status, or IC_LATER. Called again for
 *	one that ic_hold_request() has held, when the daemon is there
 * @quiesce: the channel is about to close. What is outstanding then fails
 * @settle: wait for what quiesce() has begun. Without ic->lock, which what it
 *	waits for may want
 * @resumed: the machine wakes up; the channel is about to open again
 *
 * Only @name, @type, the versions and @request must be there.
 */
struct ic_service {
	const char *name;
	u16 type;
	bool direct;
	bool told;
	const int *versions;
	int nr_versions;
	const int *frameworks;
	int nr_frameworks;
	const unsigned int *negotiation_wait;
	int (*start)(struct ic *ic);
	void (*stop)(struct ic *ic);
	u64 (*request)(struct ic *ic, void *data, u32 len);
	void (*quiesce)(struct ic *ic);
	void (*settle)(struct ic *ic);
	void (*resumed)(struct ic *ic);
};

/* What waits until there is a daemon; see hold.c */
enum ic_hold { IC_HOLDS_NOTHING, IC_HOLDS_NEGOTIATION, IC_HOLDS_REQUEST };

/* One channel with its service.  An open character device keeps it, but not @dev. */
struct ic {
	struct kref ref;
	struct hv_device *dev;
	const struct ic_service *svc;
	void *priv;			/* the service's own */
	struct dmn *dmn;		/* its daemon, if it has one */

	/*
	 * The request in work.  Services with .direct: the channel's callback
	 * only.  Others: protected by @lock.
	 */
	void *raw;			/* the packet, with its descriptor */
	u8 *packet;			/* its payload, in there */
	u32 packet_len;
	u64 packet_id;
	unsigned long began;		/* jiffies when it was taken */
	bool busy;			/* @packet waits for its answer */
	enum ic_hold hold;		/* and for a daemon, too: @busy is set */
	bool held;			/* by the service: do not read on */
	bool agreed;			/* versions */
	bool closing;			/* or not open yet: read nothing */
	int framework, version;		/* when agreed */
	struct mutex lock;

	struct workqueue_struct *wq;	/* for all but .direct requests; NULL if that is all */
	struct work_struct receive;
	struct delayed_work hold_over;	/* the limit of @hold */

	atomic64_t count[IC_NR_COUNTERS];
	struct ratelimit_state log_limit;	/* of lines about what is wrong */
	struct ratelimit_state say_limit;	/* of others */
	struct dentry *debugfs;
};

/* ---- ic.c ---- */

struct ic *ic_alloc(struct hv_device *dev, const struct ic_service *svc);
void ic_put(struct ic *ic);
void ic_stop(struct ic *ic);
int ic_open(struct ic *ic);
void ic_quiesce(struct ic *ic);
void ic_close(struct ic *ic);
void ic_answer(struct ic *ic, u32 status);
void ic_negotiate(struct ic *ic);
void ic_carry_out(struct ic *ic);
void ic_read_on(struct ic *ic);

/* ---- hold.c ---- */

unsigned long ic_left(const struct ic *ic, unsigned long limit);
bool ic_hold_negotiation(struct ic *ic);
u64 ic_hold_request(struct ic *ic, u32 op);
enum ic_hold ic_hold_end(struct ic *ic);
void ic_hold_give_up(struct ic *ic);
void ic_daemon_came(struct ic *ic);
void ic_hold_over_work(struct work_struct *work);

/* The data of the request in work */
static inline void *ic_data(struct ic *ic)
{
	return ic->packet + sizeof(struct hv_ic_head);
}

static inline u32 ic_data_len(const struct ic *ic)
{
	return ic->packet_len - sizeof(struct hv_ic_head);
}

static inline void ic_count(struct ic *ic, enum ic_counter which)
{
	atomic64_inc(&ic->count[which]);
}

/* One line about something that the host, or a daemon, should not have done */
#define ic_bad(service, fmt, ...)						\
do {										\
	struct ic *_ic = (service);						\
	ic_count(_ic, IC_N_BAD);						\
	if (__ratelimit(&_ic->log_limit))					\
		dev_warn(&_ic->dev->device, "%s, channel %u: " fmt "\n",	\
			 _ic->svc->name, _ic->dev->channel->offermsg.child_relid, \
			 ##__VA_ARGS__);					\
} while (0)

/* ---- stats.c ---- */

void ic_stats_add(struct ic *ic);
void ic_stats_remove(struct ic *ic);

/* ---- services ---- */

extern const struct ic_service ic_fcopy;
extern const struct ic_service ic_heartbeat;
extern const struct ic_service ic_kvp;
extern const struct ic_service ic_shutdown;
extern const struct ic_service ic_timesync;
extern const struct ic_service ic_vss;
extern const struct attribute_group *ts_groups[];

#endif
