/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where kernels differ in what hv_utils uses; see compat.h.
 */
#ifndef _HV_COMPAT_UTILS_H
#define _HV_COMPAT_UTILS_H

#include <linux/fs.h>
#include <linux/timekeeping.h>

/* Freezes have holders, then owners, in newer kernels; ours are asked for with an ioctl. */
#ifdef HV_HAVE_FREEZE_OWNER
#define hv_thaw_super(sb)	thaw_super(sb, FREEZE_HOLDER_USERSPACE, NULL)
#elif defined(HV_HAVE_FREEZE_HOLDER)
#define hv_thaw_super(sb)	thaw_super(sb, FREEZE_HOLDER_USERSPACE)
#else
#define hv_thaw_super(sb)	thaw_super(sb)
#endif

/* The system's clock and the raw monotonic one, at one moment. */
static inline void hv_get_clocks(ktime_t *real, ktime_t *raw)
{
	struct system_time_snapshot now;

#ifdef HV_HAVE_SNAPSHOT_ID
	ktime_get_snapshot_id(CLOCK_REALTIME, &now);
	*real = now.systime;
	*raw = now.monoraw;
#else
	ktime_get_snapshot(&now);
	*real = now.real;
	*raw = now.raw;
#endif
}

/* The same for a device's time at that moment, and the counter of which both are made. */
static inline bool hv_get_cross(struct system_device_crosststamp *at, u64 *cycles)
{
	struct system_time_snapshot now;

#ifdef HV_HAVE_SNAPSHOT_ID
	ktime_get_snapshot_id(at->clock_id, &now);
	at->sys_systime = now.systime;
	at->sys_monoraw = now.monoraw;
	*cycles = now.cycles;
	return now.valid;
#else
	ktime_get_snapshot(&now);
	at->sys_realtime = now.real;
	at->sys_monoraw = now.raw;
	*cycles = now.cycles;
	return true;
#endif
}

#endif
