// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shutdown: the host asks the guest to power off, restart or hibernate, in
 * order ("Integration components: shutdown").  It gets its answer first.
 *
 * Hibernation is user space's to start: it gets a change event of the device
 * with EVENT=hibernate.
 */
#define pr_fmt(fmt) "hv_utils: " fmt

#include <linux/kobject.h>
#include <linux/reboot.h>
#include <linux/slab.h>
#include <asm/mshyperv.h>
#include "utils.h"

struct shutdown {
	struct ic *ic;
	bool can_hibernate;
	struct work_struct off;
	struct work_struct restart;
	struct work_struct hibernate;
};

static const int shutdown_versions[] = {
	HV_IC_VERSION(3, 2), HV_IC_VERSION(3, 1), HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0),
};

static const int shutdown_frameworks[] = { HV_IC_VERSION(3, 0), HV_IC_VERSION(1, 0) };

static void power_off_work(struct work_struct *unused)
{
	orderly_poweroff(true);
}

static void restart_work(struct work_struct *unused)
{
	orderly_reboot();
}

static void hibernate_work(struct work_struct *work)
{
	struct shutdown *sd = container_of(work, struct shutdown, hibernate);
	char *env[2] = { };

	env[0] = "EVENT=hibernate";
	kobject_uevent_env(&sd->ic->dev->device.kobj, KOBJ_CHANGE, env);
}

/* What to do for the flags of a request; NULL: nothing that we know. */
static struct work_struct *wanted(struct shutdown *sd, u32 flags, const char **what)
{
	switch (flags & ~HV_SHUTDOWN_FORCE) {
	case HV_SHUTDOWN_POWER_OFF:
		*what = "power off";
		return &sd->off;
	case HV_SHUTDOWN_RESTART:
		*what = "restart";
		return &sd->restart;
	case HV_SHUTDOWN_HIBERNATE:
		*what = "hibernation";
		return sd->can_hibernate ? &sd->hibernate : NULL;
	}
	*what = "unknown";
	return NULL;
}

static u64 shutdown_request(struct ic *ic, void *data, u32 len)
{
	const struct hv_shutdown *m = data;
	struct work_struct *work;
	const char *what;

	if (len < sizeof(*m)) {
		ic_bad(ic, "a request of %u bytes", len);
		return HV_IC_BAD_ARGUMENT;
	}
	work = wanted(ic->priv, le32_to_cpu(m->flags), &what);
	/* the host waits for the answer, and there may be no time for it later */
	ic_answer(ic, work ? HV_IC_OK : HV_IC_FAIL);
	if (work) {
		if (__ratelimit(&ic->say_limit))
			pr_info("Shutdown: %s requested by the host, reason %#x, within %u s\n",
				what, le32_to_cpu(m->reason), le32_to_cpu(m->timeout));
		queue_work(ic->wq, work);
	} else {
		ic_bad(ic, "flags %#x (%s) not supported", le32_to_cpu(m->flags), what);
	}
	return IC_LATER;
}

static int shutdown_start(struct ic *ic)
{
	struct shutdown *sd = kzalloc(sizeof(*sd), GFP_KERNEL);

	if (!sd)
		return -ENOMEM;
	sd->ic = ic;
	/* asks the firmware, which requests have no time for */
	sd->can_hibernate = hv_is_hibernation_supported();
	INIT_WORK(&sd->off, power_off_work);
	INIT_WORK(&sd->restart, restart_work);
	INIT_WORK(&sd->hibernate, hibernate_work);
	ic->priv = sd;
	return 0;
}

static void shutdown_stop(struct ic *ic)
{
	struct shutdown *sd = ic->priv;

	flush_workqueue(ic->wq);
	kfree(sd);
}

const struct ic_service ic_shutdown = {
	.name = "Shutdown",
	.type = HV_IC_SHUTDOWN,
	.direct = true,
	.versions = shutdown_versions,
	.nr_versions = ARRAY_SIZE(shutdown_versions),
	.frameworks = shutdown_frameworks,
	.nr_frameworks = ARRAY_SIZE(shutdown_frameworks),
	.start = shutdown_start,
	.stop = shutdown_stop,
	.request = shutdown_request,
};
