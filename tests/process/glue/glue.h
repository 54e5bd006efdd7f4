/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of hvglue.ko. */
#ifndef HVGLUE_GLUE_H
#define HVGLUE_GLUE_H

/* acpi.c: a bus "acpi" with the one device that hv_vmbus looks for */
int glue_acpi_start(void);
void glue_acpi_stop(void);

/* mapped.c: vmalloc memory stays mapped */
int glue_mapped_start(void);
void glue_mapped_stop(void);
void glue_keep_mapped(void);

#endif
