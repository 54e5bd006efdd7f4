// SPDX-License-Identifier: GPL-2.0-only
/*
 * Device classes: the exported table vmbus_devs, in the order of enum
 * vmbus_device_type, and what the bus wants to know of a class.
 */
#include <linux/hyperv.h>
#include "vmbus_priv.h"

#define SPREAD			.perf_device = true
#define ISOLATED_OK		.allowed_in_isolated = true

/* Drivers of other modules read it, so its contents are interface too. */
const struct vmbus_device vmbus_devs[] = {
	[HV_IDE] = { .dev_type = HV_IDE, HV_IDE_GUID, SPREAD },
	[HV_SCSI] = { .dev_type = HV_SCSI, HV_SCSI_GUID, SPREAD, ISOLATED_OK },
	[HV_FC] = { .dev_type = HV_FC, HV_SYNTHFC_GUID, SPREAD },
	[HV_NIC] = { .dev_type = HV_NIC, HV_NIC_GUID, SPREAD, ISOLATED_OK },
	[HV_ND] = { .dev_type = HV_ND, HV_ND_GUID, SPREAD },
	[HV_PCIE] = { .dev_type = HV_PCIE, HV_PCIE_GUID },
	[HV_FB] = { .dev_type = HV_FB, HV_SYNTHVID_GUID },
	[HV_KBD] = { .dev_type = HV_KBD, HV_KBD_GUID },
	[HV_MOUSE] = { .dev_type = HV_MOUSE, HV_MOUSE_GUID },
	[HV_KVP] = { .dev_type = HV_KVP, HV_KVP_GUID },
	[HV_TS] = { .dev_type = HV_TS, HV_TS_GUID, ISOLATED_OK },
	[HV_HB] = { .dev_type = HV_HB, HV_HEART_BEAT_GUID, ISOLATED_OK },
	[HV_SHUTDOWN] = { .dev_type = HV_SHUTDOWN, HV_SHUTDOWN_GUID, ISOLATED_OK },
	[HV_FCOPY] = { .dev_type = HV_FCOPY, HV_FCOPY_GUID, .pref_ring_size = 0x4000 },
	[HV_BACKUP] = { .dev_type = HV_BACKUP, HV_VSS_GUID },
	[HV_DM] = { .dev_type = HV_DM, HV_DM_GUID },
	[HV_UNKNOWN] = { .dev_type = HV_UNKNOWN, .pref_ring_size = 0x11000 },
};

static_assert(ARRAY_SIZE(vmbus_devs) == HV_UNKNOWN + 1);

/* Offered by hosts, of no use to Linux: not worth a line in the log */
static const struct {
	guid_t guid;
} silent[] = {
	{ HV_AVMA1_GUID },
	{ HV_AVMA2_GUID },
	{ HV_RDV_GUID },
	{ HV_IMC_GUID },
};

bool devtype_silent(const guid_t *type)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(silent); i++) {
		if (guid_equal(type, &silent[i].guid))
			return true;
	}
	return false;
}

/**
 * devtype_of() - class of an offer
 * @offer: checked copy
 *
 * Return: enum vmbus_device_type; HV_UNKNOWN for sockets, whose type is a port.
 */
u16 devtype_of(const struct vmbus_channel_offer_channel *offer)
{
	u16 type;

	if (is_hvsock_offer(offer))
		return HV_UNKNOWN;
	for (type = 0; type < HV_UNKNOWN; type++) {
		if (guid_equal(&offer->offer.if_type, &vmbus_devs[type].guid))
			return type;
	}
	return HV_UNKNOWN;
}

/* Worth spreading over CPUs; the others stay on the connect CPU. */
bool devtype_perf(u16 type)
{
	return vmbus_devs[type].perf_device;
}
