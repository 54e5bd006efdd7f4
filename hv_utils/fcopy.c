// SPDX-License-Identifier: GPL-2.0-only
/*
 * File copy: the host writes a file into the guest, piece by piece
 * ("Integration components: file copy").  A daemon does it.
 *
 * Kernels whose file copy is a program over uio_hv_generic do not have this.
 */
/**
 * DOC: What a host sees of file copy
 *
 * Before there is a daemon: its negotiation is answered at once, as in-tree
 * does, since nothing is asked until somebody copies a file.
 *
 * Without one: the beginning of a file is held until a daemon registers, which
 * gets it at once, or until 30 s have passed since it came (LIM_REQUEST); then
 * it fails with HV_IC_FAIL.  In-tree fails it at once.  Everything else fails
 * at once: it belongs to a file that no daemon has begun.
 *
 * With one: what the daemon answers, or HV_IC_FAIL if it takes longer than what
 * is left of those 30 s, or goes away with the request in its hands.
 *
 * After it went away: as without one, and the rest of a file that it had begun
 * fails even if another has come, which does not know of it.  The beginning of
 * a file that it had not read yet is held, too.
 *
 * A second message ends the hold of the first, which then fails, and so does
 * one that is held when the device goes or the machine to sleep.
 */
#include <linux/slab.h>
#include <linux/hyperv.h>
#include "daemon.h"
#include "fcopy_msg.h"
#include "ic_limits.h"

#define FCOPY_LIMIT	(LIM_REQUEST * HZ)

/* Mark of a cancel that the host did not ask for; others have the operation */
#define FCOPY_OWN_CANCEL	0x100

struct fcopy {
	union fcopy_msg *msg;		/* for the daemon */
	bool copying;			/* between start and complete or cancel */
};

static const int fcopy_versions[] = { HV_IC_VERSION(1, 1) };
static const int fcopy_frameworks[] = { HV_IC_VERSION(3, 0) };

/* ---- the daemon ---- */

static int fcopy_hello(struct ic *ic, const void *data, void *reply)
{
	u32 version = *(const u32 *)data;

	if (version == FCOPY_VERSION_0)
		return 0;
	if (version != FCOPY_VERSION_1)
		return -EINVAL;
	memcpy(reply, &version, sizeof(version));
	return sizeof(version);
}

static void fcopy_left(struct ic *ic)
{
	struct fcopy *fc = ic->priv;

	/* it takes away what it had of the file, if it can */
	fc->copying = false;
}

static void fcopy_done(struct ic *ic, unsigned int tag, int err, const void *msg, bool taken)
{
	u64 status = err ? HV_IC_FAIL : *(const u32 *)msg;
	struct fcopy *fc = ic->priv;

	if (err == -EPIPE && !taken && tag != FCOPY_OWN_CANCEL)
		status = ic_hold_request(ic, tag);
	else if (tag == HV_FCOPY_START)
		/* without an answer: perhaps, if it has seen the order and lives */
		fc->copying = err ? err == -ETIMEDOUT && taken : !status;
	else if (tag != HV_FCOPY_WRITE)
		fc->copying = false;
	if (tag == FCOPY_OWN_CANCEL)
		ic->held = false;
	else if (status != IC_LATER)
		ic_answer(ic, status);
	ic_read_on(ic);
}

static const struct dmn_ops fcopy_daemon = {
	.node = "hv_fcopy",
	.written = sizeof(u32),
	.most = sizeof(union fcopy_msg),
	.hello = fcopy_hello,
	.left = fcopy_left,
	.done = fcopy_done,
};

/* ---- the host ---- */

static u64 fcopy_request(struct ic *ic, void *data, u32 len)
{
	struct fcopy *fc = ic->priv;
	u32 status, to_len, op;

	status = fcopy_from_host(fc->msg, &to_len, data, len);
	if (status) {
		ic_bad(ic, "a request of %u bytes refused", len);
		return status;
	}
	op = fc->msg->head.operation;
	if (!dmn_there(ic))
		return ic_hold_request(ic, op);
	/* a daemon that did not begin the file would write it to wherever */
	if (!fc->copying && (op == HV_FCOPY_WRITE || op == HV_FCOPY_COMPLETE))
		return HV_IC_FAIL;
	fc->copying |= op == HV_FCOPY_START;
	dmn_ask(ic, fc->msg, to_len, ic_left(ic, FCOPY_LIMIT), op);
	return IC_LATER;
}

static void fcopy_quiesce(struct ic *ic)
{
	dmn_abandon(ic);
}

/* The host has forgotten a copy that was under way. */
static void fcopy_resumed(struct ic *ic)
{
	struct fcopy *fc = ic->priv;

	mutex_lock(&ic->lock);
	if (fc->copying && dmn_there(ic)) {
		ic->held = true;
		fc->msg->head = (struct hv_fcopy_hdr) { .operation = HV_FCOPY_CANCEL };
		dmn_ask(ic, fc->msg, sizeof(fc->msg->head), FCOPY_LIMIT, FCOPY_OWN_CANCEL);
	}
	mutex_unlock(&ic->lock);
}

static void fcopy_free(struct fcopy *fc)
{
	kvfree(fc->msg);
	kfree(fc);
}

static int fcopy_start(struct ic *ic)
{
	struct fcopy *fc = kzalloc(sizeof(*fc), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!fc)
		return ret;
	ic->priv = fc;
	fc->msg = kvzalloc(sizeof(*fc->msg), GFP_KERNEL);
	if (fc->msg)
		ret = dmn_start(ic, &fcopy_daemon);
	if (ret)
		fcopy_free(fc);
	return ret;
}

static void fcopy_stop(struct ic *ic)
{
	dmn_stop(ic);
	fcopy_free(ic->priv);
}

const struct ic_service ic_fcopy = {
	.name = "FCopy",
	.type = HV_IC_FCOPY,
	.versions = fcopy_versions,
	.nr_versions = ARRAY_SIZE(fcopy_versions),
	.frameworks = fcopy_frameworks,
	.nr_frameworks = ARRAY_SIZE(fcopy_frameworks),
	.start = fcopy_start,
	.stop = fcopy_stop,
	.request = fcopy_request,
	.quiesce = fcopy_quiesce,
	.resumed = fcopy_resumed,
};
