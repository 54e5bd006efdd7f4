// SPDX-License-Identifier: GPL-2.0-only
/*
 * Freezing for a backup: the host has the guest's filesystems frozen, takes a
 * snapshot of its disks, and has them thawed ("Integration components: VSS").
 * A daemon does it.
 *
 * What was frozen is always thawed: by the host's order; by ours to the
 * daemon, when the host does not give one in time or the daemon froze too late
 * for anyone to know; and by thaw.c when there is no daemon that would do it,
 * when the machine goes to sleep, and when the service goes away.
 */
/**
 * DOC: What a host sees of VSS
 *
 * Before there is a daemon: its negotiation is answered at once, as in-tree
 * does, since nothing is asked until somebody makes a backup.
 *
 * Without one: the question whether a backup is possible, and the order to
 * freeze, are held until a daemon registers, which gets them at once, or until
 * 30 s have passed since they came (LIM_REQUEST); then they fail with
 * HV_IC_FAIL.  In-tree fails them at once.  An order to freeze waits no longer
 * than that, either, although its host waits for a quarter of an hour: no
 * backup is better than one that hangs because nobody is there.  The order to
 * thaw fails at once: nothing is frozen any more, and the host must know that
 * its snapshot is worth nothing.
 *
 * With one: what the daemon answers, or HV_IC_FAIL if it takes longer than what
 * is left of 30 s, for freezing of vss_freeze_limit, or goes away with the
 * request in its hands.
 *
 * After it went away: as without one.  A request that it had not read yet is
 * held, too.
 *
 * A second message ends the hold of the first, which then fails, and so does
 * one that is held when the device goes or the machine to sleep.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/delay.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/hyperv.h>
#include "daemon.h"
#include "ic_limits.h"
#include "limit.h"
#include "thaw.h"
#include "vss_hook.h"

static struct hvu_limit freeze_limit = { .value = LIM_FREEZE, .min = 1, .max = 86400 };
module_param_cb(vss_freeze_limit, &hvu_limit_ops, &freeze_limit, 0644);
__MODULE_PARM_TYPE(vss_freeze_limit, "uint");
MODULE_PARM_DESC(vss_freeze_limit,
		 "Seconds that freezing, and what is frozen, may take at most (1 to 86400, default 900)");

#define VSS_LIMIT	LIM_REQUEST	/* seconds for other requests */
#define VSS_THAW_LIMIT	60	/* and for thawing while memory is short */

/* Marks of requests to the daemon: operations of the host, and this */
#define VSS_OWN_THAW	0x100

struct vss {
	struct ic *ic;
	struct hv_vss_msg msg;		/* for the daemon */
	bool frozen;			/* by the daemon, for the host */
	bool spoiled;			/* and thawed before the host said so */
	struct delayed_work overdue;	/* on ic->wq */
	bool hooking;			/* a freeze waits for the program before it */
	bool hooked;			/* which was run, so that the one after it must be */
	struct delayed_work hook_overdue;	/* on ic->wq */

	/* What may take long.  Thawing waits for no program: that may wait for it */
	struct workqueue_struct *thaw_wq;
	struct work_struct thaw;
	struct workqueue_struct *hook_wq;	/* ordered: one run at a time */
	struct work_struct hook;	/* before freezing */
	struct work_struct unhook;	/* after thawing */
	struct vss_hook program;	/* what both run; its own lock */
};

/*
 * Hosts offer 6.0 and 7.0 too.  Nothing public says what a guest answers to the cluster
 * query of 6.0, nor what 7.0 changed, and a wrong answer costs a backup: such a host is
 * asked for 5.0, as by in-tree.
 */
static const int vss_versions[] = { HV_IC_VERSION(5, 0) };
static const int vss_frameworks[] = { HV_IC_VERSION(3, 0) };

static unsigned long vss_limit(void)
{
	return hvu_limit(&freeze_limit) * HZ;
}

/* What is left of it for freezing, and of the time that the host waits. */
static unsigned long vss_freeze_left(const struct ic *ic)
{
	unsigned long limit = vss_limit();

	return min(limit, ic_left(ic, max_t(unsigned long, limit, LIM_FREEZE * HZ)));
}

/* ---- thawing ---- */

/* Memory may be short just because nothing can be written. */
static void vss_thaw_work(struct work_struct *unused)
{
	int ret = thaw_all();

	for (int i = 0; ret == -ENOMEM && i < VSS_THAW_LIMIT; i++) {
		ssleep(1);
		ret = thaw_all();
	}
	if (ret)
		pr_err_ratelimited("VSS: cannot thaw without the daemon (error %d)\n", ret);
}

static void vss_run_thaw_hook(struct vss *vss)
{
	vss_hook_next(&vss->program, true);
	vss_hook_run(&vss->program, "thaw");
}

static void vss_unhook_work(struct work_struct *work)
{
	struct vss *vss = container_of(work, struct vss, unhook);

	flush_work(&vss->thaw);
	vss_run_thaw_hook(vss);
}

/* Nothing is frozen, or will not be soon. */
static void vss_thawed(struct vss *vss)
{
	cancel_delayed_work(&vss->overdue);
	vss->frozen = false;
	if (vss->hooked)
		queue_work(vss->hook_wq, &vss->unhook);
	vss->hooked = false;
}

/* What may be frozen is thawed without the daemon. */
static void vss_force_thaw(struct vss *vss)
{
	vss->spoiled |= vss->frozen;
	queue_work(vss->thaw_wq, &vss->thaw);
	vss_thawed(vss);
}

static void vss_ask(struct ic *ic, u8 op, unsigned long limit, unsigned int tag)
{
	struct vss *vss = ic->priv;

	vss->msg = (struct hv_vss_msg) { .vss_hdr.operation = op };
	dmn_ask(ic, &vss->msg, sizeof(vss->msg), limit, tag);
}

/* Thawed by the daemon, without an order of the host's, which waits so long. */
static void vss_own_thaw(struct vss *vss)
{
	struct ic *ic = vss->ic;

	if (!dmn_there(ic)) {
		vss_force_thaw(vss);
		return;
	}
	vss->spoiled = true;
	ic->held = true;
	vss_ask(ic, HV_VSS_THAW, VSS_LIMIT * HZ, VSS_OWN_THAW);
}

static void vss_overdue(struct work_struct *work)
{
	struct vss *vss = container_of(work, struct vss, overdue.work);
	struct ic *ic = vss->ic;

	mutex_lock(&ic->lock);
	if (!vss->frozen || delayed_work_pending(&vss->overdue)) {
		/* thawed meanwhile, or even frozen again */
	} else if (ic->dmn->asked && ic->dmn->tag == HV_VSS_THAW) {
		/* the host's order, which has its own limit */
		mod_delayed_work(ic->wq, &vss->overdue, VSS_LIMIT * HZ);
	} else if (ic->busy) {
		/* a host may go on asking for ever, and the daemon is asked one thing at a time */
		pr_warn_ratelimited("VSS: frozen for %u s and the host asks for something else\n",
				    hvu_limit(&freeze_limit));
		vss_force_thaw(vss);
	} else {
		pr_warn_ratelimited("VSS: frozen for %u s and the host does not thaw\n",
				    hvu_limit(&freeze_limit));
		vss_own_thaw(vss);
	}
	mutex_unlock(&ic->lock);
}

/* ---- what became of a request to the daemon ---- */

static u32 vss_after_freeze(struct vss *vss, u32 status, bool halfway)
{
	if (!status) {
		vss->frozen = true;
		vss->spoiled = false;
		mod_delayed_work(vss->ic->wq, &vss->overdue, vss_limit());
	} else if (halfway) {
		vss_force_thaw(vss);
	} else {
		vss_thawed(vss);
	}
	return status;
}

static u32 vss_after_thaw(struct vss *vss, u32 status)
{
	bool spoiled = vss->spoiled;

	if (status)
		vss_force_thaw(vss);
	else
		vss_thawed(vss);
	vss->spoiled = false;
	/* the host must know that its snapshot is not of one moment */
	return spoiled && !status ? HV_IC_FAIL : status;
}

static u32 vss_after_check(struct ic *ic, u32 status)
{
	struct hv_vss *m = ic_data(ic);

	if (!status)
		m->flags = cpu_to_le32(HV_VSS_NO_RECOVERY);
	return status;
}

static void vss_end_own_thaw(struct vss *vss, u32 status)
{
	if (status)
		vss_force_thaw(vss);
	else
		vss_thawed(vss);
	vss->ic->held = false;
}

static void vss_done(struct ic *ic, unsigned int tag, int err, const void *msg, bool taken)
{
	u64 status = err ? HV_IC_FAIL : (u32)((const struct hv_vss_msg *)msg)->error;
	struct vss *vss = ic->priv;

	if (tag == VSS_OWN_THAW) {
		vss_end_own_thaw(vss, status);
	} else {
		if (tag == HV_VSS_FREEZE)
			status = vss_after_freeze(vss, status, err && taken);
		else if (tag == HV_VSS_THAW)
			status = vss_after_thaw(vss, status);
		else
			status = vss_after_check(ic, status);
		if (err == -EPIPE && !taken)
			status = ic_hold_request(ic, tag);
		if (status != IC_LATER)
			ic_answer(ic, status);
	}
	ic_read_on(ic);
}

/* The end of waiting for the program before freezing.  True: the daemon was asked to freeze. */
static bool vss_end_hooking(struct vss *vss, int failed)
{
	struct ic *ic = vss->ic;
	u64 status = HV_IC_FAIL;

	vss->hooking = false;
	cancel_delayed_work(&vss->hook_overdue);
	if (failed)
		vss_hook_give_up(&vss->program);
	if (!failed && dmn_there(ic)) {
		vss->hooked = true;
		vss_ask(ic, HV_VSS_FREEZE, vss_freeze_left(ic), HV_VSS_FREEZE);
		return true;
	}
	/* the daemon went away meanwhile: for another, the program runs again */
	if (!failed)
		status = ic_hold_request(ic, HV_VSS_FREEZE);
	if (status != IC_LATER)
		ic_answer(ic, status);
	ic_read_on(ic);
	return false;
}

/* Frozen after all, when the host was told otherwise. */
static void vss_late(struct ic *ic, unsigned int tag, const void *msg)
{
	struct vss *vss = ic->priv;

	if (tag != HV_VSS_FREEZE || ((const struct hv_vss_msg *)msg)->error)
		return;
	pr_warn_ratelimited("VSS: the daemon froze too late\n");
	/* the daemon is asked one thing at a time, and the program may wait for the thaw */
	if (vss->hooking)
		vss_end_hooking(vss, -EBUSY);
	if (!ic->dmn->asked)
		vss_own_thaw(vss);
	else if (ic->dmn->tag == HV_VSS_HOT_BACKUP)
		vss_force_thaw(vss);
	/* else the daemon is about to freeze or thaw as it is */
}

/* ---- the daemon ---- */

static int vss_hello(struct ic *ic, const void *data, void *reply)
{
	const struct hv_vss_msg *m = data;
	u32 version = vss_versions[0];

	switch (m->vss_hdr.operation) {
	case VSS_OP_REGISTER:
		return 0;
	case VSS_OP_REGISTER1:
		memcpy(reply, &version, sizeof(version));
		return sizeof(version);
	}
	return -EINVAL;
}

static void vss_left(struct ic *ic)
{
	struct vss *vss = ic->priv;

	if (vss->frozen || (ic->dmn->owes && ic->dmn->owed_tag == HV_VSS_FREEZE))
		vss_force_thaw(vss);
}

static const struct dmn_ops vss_daemon = {
	.node = "hv_vss",
	.connector = { CN_VSS_IDX, CN_VSS_VAL },
	.written = sizeof(struct hv_vss_msg),
	.most = sizeof(struct hv_vss_msg),
	.hello = vss_hello,
	.left = vss_left,
	.done = vss_done,
	.late = vss_late,
};

/* ---- the host ---- */

static u64 vss_to_daemon(struct ic *ic, u8 op, unsigned long limit)
{
	if (!dmn_there(ic))
		return ic_hold_request(ic, op);
	vss_ask(ic, op, limit, op);
	return IC_LATER;
}

static void vss_hook_work(struct work_struct *work)
{
	struct vss *vss = container_of(work, struct vss, hook);
	bool wanted, asked = false;
	int ret;

	mutex_lock(&vss->ic->lock);
	wanted = vss->hooking;		/* not given up before it began */
	if (wanted)
		vss_hook_next(&vss->program, false);
	mutex_unlock(&vss->ic->lock);
	if (!wanted)
		return;
	ret = vss_hook_run(&vss->program, "freeze");

	mutex_lock(&vss->ic->lock);
	/* queued again: its freeze has been given up, and the next has a run of its own */
	if (vss->hooking && !work_pending(&vss->hook))
		asked = vss_end_hooking(vss, ret);
	mutex_unlock(&vss->ic->lock);
	/* once asked, what becomes of that sees to it: vss_thawed() */
	if (!asked)
		vss_run_thaw_hook(vss);
}

static void vss_hook_overdue(struct work_struct *work)
{
	struct vss *vss = container_of(work, struct vss, hook_overdue.work);

	mutex_lock(&vss->ic->lock);
	if (vss->hooking && !delayed_work_pending(&vss->hook_overdue)) {
		pr_warn_ratelimited("VSS: the program before freezing takes too long\n");
		vss_end_hooking(vss, -ETIMEDOUT);
	}
	mutex_unlock(&vss->ic->lock);
}

static u64 vss_freeze(struct vss *vss)
{
	struct ic *ic = vss->ic;

	if (vss->frozen) {
		ic_bad(ic, "freeze, and it is frozen");
		return HV_IC_FAIL;
	}
	if (vss_hook_refused()) {
		pr_warn_ratelimited("VSS: nothing is frozen until vss_hook is set right\n");
		return HV_IC_FAIL;
	}
	if (!vss_hook_wanted() || !dmn_there(ic))
		return vss_to_daemon(ic, HV_VSS_FREEZE, vss_freeze_left(ic));
	vss->hooking = true;
	mod_delayed_work(ic->wq, &vss->hook_overdue, vss_hook_limit() * HZ);
	queue_work(vss->hook_wq, &vss->hook);
	return IC_LATER;
}

static u64 vss_request(struct ic *ic, void *data, u32 len)
{
	struct hv_vss *m = data;

	if (len < sizeof(*m)) {
		ic_bad(ic, "a request of %u bytes", len);
		return HV_IC_BAD_ARGUMENT;
	}
	switch (m->op) {
	case HV_VSS_HOT_BACKUP:
	case HV_VSS_THAW:
		return vss_to_daemon(ic, m->op, ic_left(ic, VSS_LIMIT * HZ));
	case HV_VSS_FREEZE:
		return vss_freeze(ic->priv);
	case HV_VSS_MAPPED_DISKS:
		m->flags = 0;
		return HV_IC_OK;
	case HV_VSS_CREATE:
	case HV_VSS_DELETE:
	case HV_VSS_COMPLETE:
	case HV_VSS_RECOVER:	/* for the guest's VSS writers, which Linux has none of */
		return HV_IC_OK;
	}
	ic_bad(ic, "operation %u is not supported", m->op);
	return HV_IC_UNSUPPORTED;
}

/* Nobody would thaw while the machine sleeps, or when the service is gone. */
static void vss_quiesce(struct ic *ic)
{
	struct dmn *dmn = ic->dmn;
	struct vss *vss = ic->priv;
	bool halfway;

	vss->hooking = false;
	vss_hook_give_up(&vss->program);
	cancel_delayed_work(&vss->hook_overdue);
	dmn_abandon(ic);
	halfway = dmn->owes && dmn->owed_tag == HV_VSS_FREEZE;
	if (vss->frozen || halfway)
		vss_force_thaw(vss);
	else
		vss_thawed(vss);
}

/* Before the machine sleeps, and before the service goes. */
static void vss_settle(struct ic *ic)
{
	struct vss *vss = ic->priv;

	flush_work(&vss->thaw);
}

static void vss_free(struct vss *vss)
{
	/* in this order: what is run after thawing waits for that */
	if (vss->hook_wq)
		destroy_workqueue(vss->hook_wq);
	if (vss->thaw_wq)
		destroy_workqueue(vss->thaw_wq);
	kfree(vss);
}

static int vss_start(struct ic *ic)
{
	struct vss *vss = kzalloc(sizeof(*vss), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!vss)
		return ret;
	vss->ic = ic;
	ic->priv = vss;
	INIT_DELAYED_WORK(&vss->overdue, vss_overdue);
	INIT_DELAYED_WORK(&vss->hook_overdue, vss_hook_overdue);
	INIT_WORK(&vss->thaw, vss_thaw_work);
	INIT_WORK(&vss->hook, vss_hook_work);
	INIT_WORK(&vss->unhook, vss_unhook_work);
	vss_hook_init(&vss->program);
	vss->thaw_wq = alloc_ordered_workqueue("hv_thaw", WQ_MEM_RECLAIM);
	vss->hook_wq = alloc_ordered_workqueue("hv_vss_hook", 0);
	if (vss->thaw_wq && vss->hook_wq)
		ret = dmn_start(ic, &vss_daemon);
	if (ret)
		vss_free(vss);
	return ret;
}

static void vss_stop(struct ic *ic)
{
	struct vss *vss = ic->priv;

	dmn_stop(ic);
	cancel_delayed_work_sync(&vss->overdue);
	cancel_delayed_work_sync(&vss->hook_overdue);
	vss_free(vss);
}

const struct ic_service ic_vss = {
	.name = "VSS",
	.type = HV_IC_VSS,
	.versions = vss_versions,
	.nr_versions = ARRAY_SIZE(vss_versions),
	.frameworks = vss_frameworks,
	.nr_frameworks = ARRAY_SIZE(vss_frameworks),
	.start = vss_start,
	.stop = vss_stop,
	.request = vss_request,
	.quiesce = vss_quiesce,
	.settle = vss_settle,
};
