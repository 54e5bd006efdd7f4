/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Integration components, the host's side. common.c negotiates and carries
 * requests and answers, cmd.c has the command `ic` and --ic, wait.c `ic
 * wait`, fault.c spoils what is sent; each other file is one service. Loop thread.
 */
#ifndef HVROOT_IC_H
#define HVROOT_IC_H

#include <stdio.h>
#include "services/msg.h"
#include "vmbus/bus.h"

struct ic;
struct ic_fault;
struct ic_held;
struct ic_wait;
struct ic_request;
struct reply;

enum ic_id { IC_SHUTDOWN, IC_TIME, IC_HEARTBEAT, IC_KVP, IC_VSS, IC_FCOPY, IC_SERVICES };
#define IC_ALL (2 * IC_SERVICES)	/* each, and behind them a second device of each, see ic_second() */

/* One row for each service, in ic_services[]. */
struct ic_service {
	const char *name;		/* of the device */
	uint16_t type;
	const char *messages;		/* versions that are offered by default */
	unsigned int depth;		/* requests under way at the same time */
	/* versions are agreed; the channel is closed. NULL: nothing to do */
	void (*ready)(struct ic *ic);
	void (*closed)(struct ic *ic);
	/* the data of a message as "name=value ..." for the trace */
	void (*describe)(const struct ic *ic, const uint8_t *data, size_t len, bool answer,
			 char *text, size_t size);
	/* fills the texts of a request to the brim; NULL: it has none */
	void (*unterminate)(uint8_t *data, size_t len);
	/*
	 * A request that changes nothing and whose answer tells a daemon from
	 * none, by ic_daemon_says(): its length. NULL: it has no daemon
	 */
	size_t (*probe)(uint8_t to[IC_DATA_MAX]);
};

extern const struct ic_service ic_shutdown, ic_time, ic_heartbeat, ic_kvp, ic_vss, ic_fcopy;

/*
 * How long the host waits. A Windows host gives a service up whose negotiation
 * is not answered in about 75 s (changelog of Linux 4dbfc2e68004), and asks again
 * when the guest opens the channel again. How long it waits for other answers it
 * does not say: Linux' drivers/hv gives a daemon 30 s, and 15 minutes to freeze,
 * "based on expectations from host", so the host's limit is longer. OpenVMM waits
 * without a limit for all of them.
 */
#define IC_NEGOTIATION_MS	75000u
#define IC_ANSWER_MS		45000u
#define IC_FREEZE_MS		(16 * 60000u)

/* SILENT: the negotiation was not answered in time. */
enum ic_state { IC_CLOSED, IC_NEGOTIATING, IC_SILENT, IC_REFUSED, IC_READY };

struct ic {
	const struct ic_service *service;
	bool second;			/* answers what it is asked, and tells the guest nothing by itself */
	struct vsp_dev *dev;
	struct vsp_chan *ch;
	enum ic_state state;
	struct ic_versions frameworks, messages;	/* offered */
	struct ic_version framework, message;		/* agreed */
	struct ic_request *queue;	/* in order; the first ones are under way */
	struct ic_fault *faults;
	struct ic_held *held;		/* delayed by a fault */
	struct ptimer *silence;		/* the limit of the negotiation */
	struct ic_wait *wait;		/* who waits for this service, in ic_wait.c */
	uint8_t transaction;		/* the last one used */
	uint64_t since;			/* of the state, microseconds */
	struct {
		uint64_t negotiated, sent, answered, failed, late, timeouts, bad;
	} stat;
};

enum ic_outcome { IC_ANSWERED, IC_TIMED_OUT, IC_GONE };

struct ic_answer {
	enum ic_outcome how;
	uint32_t status;
	uint64_t micros;		/* from request to answer */
	const uint8_t *data;		/* behind the header */
	size_t len;
};

typedef void (*ic_done_fn)(void *ctx, const struct ic_answer *a);

/* common.c */
struct ic *ic_get(enum ic_id id);
struct ic *ic_find(const char *name);
/* Offers another device of a service, under its name with a 2. False: out of memory. */
bool ic_second(const struct ic *first);
/* The name of its device. */
const char *ic_name(const struct ic *ic);
/* NULL when requests can be sent, else why not. */
const char *ic_not_ready(const struct ic *ic);
/* Sends @data at once, as what wants no answer. False: not ready. */
bool ic_tell(struct ic *ic, const void *data, size_t len);
/*
 * Sends @data when its turn has come and calls @done once: with the answer,
 * after @limit milliseconds without one, or when the channel closes; never
 * before this function has returned. False: not ready or out of memory, @done
 * will not be called.
 */
bool ic_request(struct ic *ic, const void *data, size_t len, unsigned int limit,
		ic_done_fn done, void *ctx);
/* Takes back what @ctx asked if it is not sent yet; @done is not called then. */
bool ic_take_back(struct ic *ic, const void *ctx);
/* Asks for versions (again); the counts are those of the lists if negative; @limit milliseconds. */
void ic_negotiate(struct ic *ic, int frameworks, int messages, unsigned int limit);
/* Any message, as given: the caller has made the header. */
void ic_send_raw(struct ic *ic, const void *msg, size_t len);
/* A message to the guest behind a pipe header that claims @pipe bytes; fault.c uses it. */
void ic_put(struct ic *ic, const void *msg, size_t len, uint32_t pipe);
bool ic_version_from(const struct ic *ic, unsigned int major, unsigned int minor);
uint64_t ic_now(void);		/* microseconds of the monotonic clock */

/* cmd.c */
void ic_cmd_init(struct bus *b);
int ic_options(const struct machine_options *o);
const char *ic_state_name(enum ic_state s);
/*
 * "WHAT: status 0x00000000 (ok) in 1234 us" and what the command's function
 * returns: 0, or -1 with the error set.
 */
int ic_report(struct reply *r, const struct ic *ic, const char *what, const struct ic_answer *a);
/* limit=MS, or @dflt. 0 or -1 with the error set. */
int ic_limit(struct reply *r, int argc, char **argv, unsigned int dflt, unsigned int *limit);
/* 0 when the service can take requests, or -1 with the error set. */
int ic_check(struct reply *r, const struct ic *ic);

/*
 * One command that sends one request: what to call it, and what to print of
 * an answer before the status (NULL: nothing). For a reply that comes later.
 */
typedef void (*ic_print_fn)(struct reply *r, const struct ic *ic, const struct ic_answer *a);
int ic_ask(struct reply *r, struct ic *ic, const char *what, const void *data, size_t len,
	   unsigned int limit, ic_print_fn print);

/* wait.c */
void ic_waiters(struct ic *ic);	/* the state has changed */
void ic_wait_exit(struct ic *ic);
int ic_wait_command(struct reply *r, int argc, char **argv, struct ic *ic);

/* fault.c */
/* Sends a message through the faults that wait for it. */
void ic_fault_send(struct ic *ic, const void *msg, size_t len);
/* True: an answer is to be treated as lost. */
bool ic_fault_ignores(struct ic *ic);
void ic_fault_closed(struct ic *ic);	/* forgets what is delayed */
void ic_fault_clear(struct ic *ic);
#define IC_FAULT_HELP \
	"ic NAME short[=BYTES]|oversized[=BYTES]|unterminated|unknown|operation=N|type=N|size=N|pipe=N|corrupt=OFF:HEX|duplicate|delay=MS|drop|ignore [on=negotiate] [count=N|all]  spoil requests of a service (or lose an answer)\n"
int ic_fault_command(struct reply *r, int argc, char **argv);

/* the services: their commands */
void ic_shutdown_init(struct bus *b);
void ic_time_init(struct bus *b);
void ic_heartbeat_init(struct bus *b);
void ic_kvp_init(struct bus *b);
void ic_vss_init(struct bus *b);
void ic_fcopy_init(struct bus *b);

#endif
