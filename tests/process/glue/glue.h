/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of hvglue.ko. */
#ifndef HVGLUE_GLUE_H
#define HVGLUE_GLUE_H

#include <linux/types.h>

/* glue.c: calls to hvroot (process_wire.h), those that have no answer and those that have. Any context. */
void glue_tell(u32 op, u64 a, u64 b, u64 c);
u64 glue_ask(u32 op, u64 a, u64 b, u64 c);

/* synic.c: each processor's registers and interrupt */
int glue_synic_start(int fd);
void glue_synic_stop(void);

/* acpi.c: a bus "acpi" with the one device that hv_vmbus looks for */
int glue_acpi_start(void);
void glue_acpi_stop(void);

/* mapped.c: vmalloc memory stays mapped */
int glue_mapped_start(void);
void glue_mapped_stop(void);
void glue_keep_mapped(void);

/* cover.c: counts what code of the drivers runs, for tests/fuzz */
#ifdef HV_COVER
void __sanitizer_cov_trace_pc(void);	/* the compiler's calls */
void glue_cover_start(void);
void glue_cover_stop(void);
#else
static inline void glue_cover_start(void) { }
static inline void glue_cover_stop(void) { }
#endif

#endif
