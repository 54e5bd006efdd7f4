// SPDX-License-Identifier: GPL-2.0-only
/* The kinds of controllers that hosts offer. */
#include "kind.h"
#include "limits.h"

const struct stor_kind stor_scsi = {
	.name = "scsi", .max_path = 7, .max_id = 2, .max_lun = 255,
	.max_transfer = STOR_MAX_TRANSFER,
};

const struct stor_kind stor_ide = {
	.name = "ide", .max_path = 0, .max_id = 1, .max_lun = 64,
	.max_transfer = STOR_MAX_TRANSFER,
	.fixed_target = true,
};

const struct stor_kind stor_fc = {
	.name = "fc", .max_path = 7, .max_id = 128, .max_lun = 255,
	/* claims of more come from hosts whose adapters then fail the command */
	.max_transfer = 512 * 1024,
	.fc = true,
};

/**
 * stor_kind_of() - the kind of a controller that the driver is bound to
 * @driver_data: of the id that the bus found: one of the kinds, or 0
 *
 * An id that the user gave at run time, or an override, comes with nothing: as with the
 * kernel's own driver, such a device is taken for a SCSI controller.
 *
 * Context: any.
 *
 * Return: the kind, never NULL; it lives as long as the module.
 */
const struct stor_kind *stor_kind_of(unsigned long driver_data)
{
	return driver_data ? (const struct stor_kind *)driver_data : &stor_scsi;
}
