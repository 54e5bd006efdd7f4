/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _STOR_KIND_H
#define _STOR_KIND_H

#include <linux/types.h>

/**
 * struct stor_kind - what differs between SCSI, IDE and Fibre Channel offers
 * @name: for people
 * @max_path: SCSI channels - 1
 * @max_id: targets per channel
 * @max_lun: LUNs per target
 * @max_transfer: bytes that hosts take in truth, whatever they claim
 * @fixed_target: one disk whose target is part of the instance GUID
 * @fc: has world wide names to ask for
 */
struct stor_kind {
	const char *name;
	unsigned int max_path;
	unsigned int max_id;
	unsigned int max_lun;
	u32 max_transfer;
	bool fixed_target;
	bool fc;
};

extern const struct stor_kind stor_scsi;
extern const struct stor_kind stor_ide;
extern const struct stor_kind stor_fc;

const struct stor_kind *stor_kind_of(unsigned long driver_data);

#endif
