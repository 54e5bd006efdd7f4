// SPDX-License-Identifier: GPL-2.0-only
/*
 * Key-value pairs: the host reads, writes and lists facts about the guest, and
 * its addresses ("Integration components: KVP").  A daemon does it.
 */
#include <linux/slab.h>
#include "daemon.h"
#include "kvp_msg.h"

#define KVP_DAEMON_WAIT		55	/* seconds that an answer to a negotiation may take */
#define KVP_LIMIT		30	/* seconds for a request */
#define KVP_DRIVER_VERSION	"3.1"	/* which the daemon shows as IntegrationServicesVersion */

struct kvp {
	struct ic *ic;
	struct hv_kvp_msg *msg;		/* for the daemon */
	bool holding;			/* a negotiation, until there is a daemon */
	bool legacy;			/* a daemon without addresses and errors */
	struct delayed_work wait_over;
};

static const int kvp_versions[] = {
	HV_IC_VERSION(4, 0), HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0),
};

static const int kvp_frameworks[] = { HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0) };

/* ---- negotiation waits for the daemon, because the host asks right after it ---- */

static bool kvp_hold(struct ic *ic)
{
	struct kvp *kvp = ic->priv;

	if (dmn_there(ic))
		return false;
	kvp->holding = true;
	mod_delayed_work(ic->wq, &kvp->wait_over, KVP_DAEMON_WAIT * HZ);
	return true;
}

static void kvp_end_hold(struct kvp *kvp)
{
	if (!kvp->holding)
		return;
	kvp->holding = false;
	cancel_delayed_work(&kvp->wait_over);
	ic_release_hold(kvp->ic);
}

static void kvp_wait_over(struct work_struct *work)
{
	struct kvp *kvp = container_of(work, struct kvp, wait_over.work);

	mutex_lock(&kvp->ic->lock);
	if (!delayed_work_pending(&kvp->wait_over))
		kvp_end_hold(kvp);
	mutex_unlock(&kvp->ic->lock);
}

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

static void kvp_arrived(struct ic *ic)
{
	kvp_end_hold(ic->priv);
}

/* A legacy daemon has no place for an error: it lists a pair without a name. */
static u32 kvp_legacy_answer(struct ic *ic, struct hv_kvp_msg *copy)
{
	u8 op = *(u8 *)ic_data(ic);

	copy->error = 0;
	if (op == HV_KVP_ENUMERATE && !copy->body.kvp_enum_data.data.key[0])
		return HV_IC_NO_MORE;
	return kvp_to_host(ic_data(ic), copy);
}

static void kvp_done(struct ic *ic, unsigned int tag, int err, const void *msg, bool taken)
{
	struct kvp *kvp = ic->priv;
	u32 status = HV_IC_FAIL;

	if (!err && kvp->legacy) {
		memcpy(kvp->msg, msg, sizeof(*kvp->msg));
		status = kvp_legacy_answer(ic, kvp->msg);
	} else if (!err) {
		status = kvp_to_host(ic_data(ic), msg);
	}
	ic_answer(ic, status);
	ic_read_on(ic);
}

static const struct dmn_ops kvp_daemon = {
	.node = "hv_kvp",
	.connector = { CN_KVP_IDX, CN_KVP_VAL },
	.written = sizeof(struct hv_kvp_msg),
	.most = sizeof(struct hv_kvp_msg),
	.hello = kvp_hello,
	.arrived = kvp_arrived,
	.done = kvp_done,
};

/* ---- the host ---- */

static bool is_ip(const struct hv_kvp_msg *m)
{
	return m->kvp_hdr.operation == HV_KVP_GET_IP || m->kvp_hdr.operation == HV_KVP_SET_IP;
}

static u32 kvp_request(struct ic *ic, void *data, u32 len)
{
	struct kvp *kvp = ic->priv;
	u32 status = kvp_from_host(kvp->msg, data, len);

	if (status) {
		ic_bad(ic, "operation %d with %u bytes refused", len ? *(u8 *)data : -1, len);
		return status;
	}
	if (!dmn_there(ic) || (kvp->legacy && is_ip(kvp->msg)))
		return HV_IC_FAIL;
	dmn_ask(ic, kvp->msg, sizeof(*kvp->msg), KVP_LIMIT * HZ, 0);
	return IC_LATER;
}

static void kvp_quiesce(struct ic *ic)
{
	struct kvp *kvp = ic->priv;

	kvp->holding = false;
	cancel_delayed_work(&kvp->wait_over);
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
	kvp->ic = ic;
	ic->priv = kvp;
	INIT_DELAYED_WORK(&kvp->wait_over, kvp_wait_over);
	kvp->msg = kvzalloc(sizeof(*kvp->msg), GFP_KERNEL);
	if (kvp->msg)
		ret = dmn_start(ic, &kvp_daemon);
	if (ret)
		kvp_free(kvp);
	return ret;
}

static void kvp_stop(struct ic *ic)
{
	struct kvp *kvp = ic->priv;

	dmn_stop(ic);
	cancel_delayed_work_sync(&kvp->wait_over);
	kvp_free(kvp);
}

const struct ic_service ic_kvp = {
	.name = "KVP",
	.type = HV_IC_KVP,
	.versions = kvp_versions,
	.nr_versions = ARRAY_SIZE(kvp_versions),
	.frameworks = kvp_frameworks,
	.nr_frameworks = ARRAY_SIZE(kvp_frameworks),
	.start = kvp_start,
	.stop = kvp_stop,
	.hold = kvp_hold,
	.request = kvp_request,
	.quiesce = kvp_quiesce,
};
