// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key-value pairs: the host reads, writes and lists facts about the guest, and
 * its addresses ("Integration components: KVP").  A daemon does it.
 */
/**
 * DOC: What a host sees of KVP
 *
 * Before there is a daemon: no answer to its negotiation, until the daemon
 * registers or kvp_daemon_wait seconds have passed.  A host that fails over to
 * another network sends the new addresses right after the answer, once, so an
 * answer without a daemon behind it would lose them.  In-tree waits as long.
 *
 * Without one, then: an answer to its negotiation, because a host that gets
 * none gives the service up for good.  Each request is held until a daemon
 * registers, which gets it at once, or until 30 s have passed since it came
 * (LIM_REQUEST); then it fails with HV_IC_FAIL.  In-tree fails it at once.
 *
 * With one: what the daemon answers, or HV_IC_FAIL if it takes longer than what
 * is left of those 30 s, or goes away with the request in its hands.
 *
 * After it went away: as without one.  A request that it had not read yet is
 * held, too.
 *
 * A second message ends the hold of the first, which is answered as if its time
 * were over.  When the device goes, or the machine to sleep, a held request
 * fails, and a held negotiation gets no answer.
 */
#include <linux/module.h>
#include <linux/slab.h>
#include "daemon.h"
#include "kvp_msg.h"
#include "ic_limits.h"
#include "limit.h"

static struct hvu_limit daemon_wait = {
	.value = LIM_NEGOTIATION_WAIT,
	.max = LIM_NEGOTIATION - LIM_NEGOTIATION_MARGIN,
};

module_param_cb(kvp_daemon_wait, &hvu_limit_ops, &daemon_wait, 0644);
__MODULE_PARM_TYPE(kvp_daemon_wait, "uint");
MODULE_PARM_DESC(kvp_daemon_wait,
		 "Seconds that the answer to KVP's negotiation waits for its daemon (default 55, at most 70)");

#define KVP_DRIVER_VERSION	"3.1"	/* which the daemon shows as IntegrationServicesVersion */

struct kvp {
	struct hv_kvp_msg *msg;		/* for the daemon */
	bool legacy;			/* a daemon without addresses and errors */
};

static const int kvp_versions[] = {
	HV_IC_VERSION(5, 0), HV_IC_VERSION(4, 0), HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0),
};

static const int kvp_frameworks[] = { HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0) };

/* ---- the daemon ---- */

static int kvp_hello(struct ic *ic, const void *data, void *reply)
{
	const struct hv_kvp_msg *m = data;
	struct hv_kvp_msg *r = reply;
	struct kvp *kvp = ic->priv;
	u8 op = m->kvp_hdr.operation;

	if (op != KVP_OP_REGISTER && op != KVP_OP_REGISTER1)
		return -EINVAL;
	kvp->legacy = op == KVP_OP_REGISTER;
	memset(r, 0, sizeof(*r));
	r->kvp_hdr.operation = op;
	strscpy(r->body.kvp_register.version, KVP_DRIVER_VERSION,
		sizeof(r->body.kvp_register.version));
	return sizeof(*r);
}

/* A legacy daemon has no place for an error: it lists a pair without a name. */
static u32 kvp_legacy_answer(struct ic *ic, struct hv_kvp_msg *copy)
{
	u8 op = *(u8 *)ic_data(ic);

	copy->error = 0;
	if (op == HV_KVP_ENUMERATE && !copy->body.kvp_enum_data.data.key[0])
		return HV_IC_NO_MORE;
	return kvp_to_host(ic_data(ic), copy, ic->version);
}

static void kvp_done(struct ic *ic, unsigned int tag, int err, const void *msg, bool taken)
{
	struct kvp *kvp = ic->priv;
	u64 status = HV_IC_FAIL;

	if (err == -EPIPE && !taken) {
		status = ic_hold_request(ic, kvp->msg->kvp_hdr.operation);
	} else if (!err && kvp->legacy) {
		memcpy(kvp->msg, msg, sizeof(*kvp->msg));
		status = kvp_legacy_answer(ic, kvp->msg);
	} else if (!err) {
		status = kvp_to_host(ic_data(ic), msg, ic->version);
	}
	if (status != IC_LATER)
		ic_answer(ic, status);
	ic_read_on(ic);
}

static const struct dmn_ops kvp_daemon = {
	.node = "hv_kvp",
	.connector = { CN_KVP_IDX, CN_KVP_VAL },
	.written = sizeof(struct hv_kvp_msg),
	.most = sizeof(struct hv_kvp_msg),
	.hello = kvp_hello,
	.done = kvp_done,
};

/* ---- the host ---- */

static bool is_ip(const struct hv_kvp_msg *m)
{
	return m->kvp_hdr.operation == HV_KVP_GET_IP || m->kvp_hdr.operation == HV_KVP_SET_IP;
}

static u64 kvp_request(struct ic *ic, void *data, u32 len)
{
	struct kvp *kvp = ic->priv;
	u32 status = kvp_from_host(kvp->msg, data, len, ic->version);

	if (status) {
		ic_bad(ic, "operation %d with %u bytes refused", len ? *(u8 *)data : -1, len);
		return status;
	}
	if (!dmn_there(ic))
		return ic_hold_request(ic, kvp->msg->kvp_hdr.operation);
	if (kvp->legacy && is_ip(kvp->msg))
		return HV_IC_FAIL;
	dmn_ask(ic, kvp->msg, sizeof(*kvp->msg), ic_left(ic, LIM_REQUEST * HZ), 0);
	return IC_LATER;
}

static void kvp_quiesce(struct ic *ic)
{
	dmn_abandon(ic);
}

static void kvp_free(struct kvp *kvp)
{
	kvfree(kvp->msg);
	kfree(kvp);
}

static int kvp_start(struct ic *ic)
{
	struct kvp *kvp = kzalloc(sizeof(*kvp), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!kvp)
		return ret;
	ic->priv = kvp;
	kvp->msg = kvzalloc(sizeof(*kvp->msg), GFP_KERNEL);
	if (kvp->msg)
		ret = dmn_start(ic, &kvp_daemon);
	if (ret)
		kvp_free(kvp);
	return ret;
}

static void kvp_stop(struct ic *ic)
{
	dmn_stop(ic);
	kvp_free(ic->priv);
}

const struct ic_service ic_kvp = {
	.name = "KVP",
	.type = HV_IC_KVP,
	.versions = kvp_versions,
	.nr_versions = ARRAY_SIZE(kvp_versions),
	.frameworks = kvp_frameworks,
	.nr_frameworks = ARRAY_SIZE(kvp_frameworks),
	.negotiation_wait = &daemon_wait.value,
	.start = kvp_start,
	.stop = kvp_stop,
	.request = kvp_request,
	.quiesce = kvp_quiesce,
};
