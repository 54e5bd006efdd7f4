// SPDX-License-Identifier: GPL-2.0-only
/*
 * hv_utils: the integration services, with which a Hyper-V host shuts a guest
 * down, keeps its time, sees it alive, exchanges facts, freezes it for a
 * backup and copies files into it.
 *
 * This file is the order of things: the table of services, a device's arrival
 * and departure, sleep and waking up.
 */
#include <linux/module.h>
#include <hv/compat_driver.h>
#include <hv/isolation.h>
#include <hv/version.h>
#include "daemon.h"

static const struct hv_vmbus_device_id utils_ids[] = {
	{ HV_SHUTDOWN_GUID, .driver_data = (kernel_ulong_t)&ic_shutdown },
	{ HV_TS_GUID, .driver_data = (kernel_ulong_t)&ic_timesync },
	{ HV_HEART_BEAT_GUID, .driver_data = (kernel_ulong_t)&ic_heartbeat },
	{ HV_KVP_GUID, .driver_data = (kernel_ulong_t)&ic_kvp },
	{ HV_VSS_GUID, .driver_data = (kernel_ulong_t)&ic_vss },
#ifdef HV_HAVE_FCOPY
	{ HV_FCOPY_GUID, .driver_data = (kernel_ulong_t)&ic_fcopy },
#endif
	{ },
};
MODULE_DEVICE_TABLE(vmbus, utils_ids);

static int utils_probe(struct hv_device *dev, const struct hv_vmbus_device_id *id)
{
	const struct ic_service *svc = (const struct ic_service *)id->driver_data;
	struct ic *ic;
	int ret;

	if (!svc) {	/* an id that the user gave, or an override */
		dev_err(&dev->device, "not usable: no integration service of ours\n");
		return -ENODEV;
	}
	ic = ic_alloc(dev, svc);
	if (!ic)
		return -ENOMEM;
	hv_set_drvdata(dev, ic);
	ret = svc->start ? svc->start(ic) : 0;
	if (ret)
		goto free_ic;
	ret = ic_open(ic);
	if (ret)
		goto stop;
	ic_stats_add(ic);
	return 0;

stop:
	if (svc->stop)
		svc->stop(ic);
free_ic:
	dev_err(&dev->device, "%s not usable (error %d)\n", svc->name, ret);
	hv_set_drvdata(dev, NULL);
	ic_stop(ic);
	ic_put(ic);
	return ret;
}

static hv_remove_t utils_remove(struct hv_device *dev)
{
	struct ic *ic = hv_get_drvdata(dev);

	ic_stats_remove(ic);
	ic_quiesce(ic);
	ic_close(ic);
	if (ic->svc->stop)
		ic->svc->stop(ic);
	hv_set_drvdata(dev, NULL);
	ic_stop(ic);
	ic_put(ic);
	return HV_REMOVED;
}

static int utils_suspend(struct hv_device *dev)
{
	struct ic *ic = hv_get_drvdata(dev);

	ic_quiesce(ic);
	ic_close(ic);
	return 0;
}

static int utils_resume(struct hv_device *dev)
{
	struct ic *ic = hv_get_drvdata(dev);

	if (ic->svc->resumed)
		ic->svc->resumed(ic);
	return ic_open(ic);
}

static struct hv_driver utils_driver = {
	.name = KBUILD_MODNAME,
	.id_table = utils_ids,
	.probe = utils_probe,
	.remove = utils_remove,
	.suspend = utils_suspend,
	.resume = utils_resume,
	.driver = {
		.probe_type = PROBE_PREFER_ASYNCHRONOUS,
		.dev_groups = ts_groups,
	},
};

static int __init utils_init(void)
{
	if (hv_isolated()) {
		pr_err(KBUILD_MODNAME ": " HV_ISOLATED_LINE);
		return -ENODEV;
	}
	return vmbus_driver_register(&utils_driver);
}

static void __exit utils_exit(void)
{
	vmbus_driver_unregister(&utils_driver);
}

module_init(utils_init);
module_exit(utils_exit);
MODULE_LICENSE("GPL");
MODULE_VERSION(HV_MODULES_VERSION);
MODULE_DESCRIPTION("Hyper-V Utilities");
