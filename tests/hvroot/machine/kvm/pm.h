/* SPDX-License-Identifier: GPL-2.0-only */
/* pm.h - ports for sleep, reset and time of day. */
#ifndef HVROOT_PM_H
#define HVROOT_PM_H

#define PM_BASE			0x600
#define PM_SLEEP_CONTROL	(PM_BASE + 0x0)	/* hardware-reduced ACPI */
#define PM_SLEEP_STATUS		(PM_BASE + 0x1)
#define PM_RESET		(PM_BASE + 0x2)
#define PM_RESET_VALUE		0x01
#define PM1_EVENT		(PM_BASE + 0x4)	/* status u16, enable u16 */
#define PM1_CONTROL		(PM_BASE + 0x8)
#define PM_TIMER		(PM_BASE + 0xc)
#define PM_SLP_TYP_S4		4		/* of acpi.c's SSDT; ends the machine like S5 */
#define PM_SLP_TYP_S5		5		/* as in the DSDT's _S5 */

struct vm;

void pm_init(struct vm *vm);

#endif
