/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The only place where kernels differ, with compat_*.h beside it.  Tests are on what a
 * header defines, or on HV_HAVE_* from a test compile (probes.c), never on a
 * version number: stable trees carry changes back.
 */
#ifndef _HV_COMPAT_H
#define _HV_COMPAT_H

#include <linux/timer.h>
#include <linux/types.h>
#include <asm/mshyperv.h>
#include <hv/uninit.h>

/* Synthetic MSRs: renamed together with their accessors. */
#ifdef HV_MSR_EOM
#define hv_msr_get(name)	hv_get_msr(HV_MSR_##name)
#define hv_msr_set(name, v)	hv_set_msr(HV_MSR_##name, v)
#define hv_sint_get(n)		hv_get_msr(HV_MSR_SINT0 + (n))
#define hv_sint_set(n, v)	hv_set_msr(HV_MSR_SINT0 + (n), v)
#else
#define hv_msr_get(name)	hv_get_register(HV_REGISTER_##name)
#define hv_msr_set(name, v)	hv_set_register(HV_REGISTER_##name, v)
#define hv_sint_get(n)		hv_get_register(HV_REGISTER_SINT0 + (n))
#define hv_sint_set(n, v)	hv_set_register(HV_REGISTER_SINT0 + (n), v)
#endif

/*
 * The driver core made its callbacks' arguments constant, step by step.
 * hv_driver_of() takes the argument of match() and gives the driver.
 */
#ifdef HV_HAVE_CONST_MATCH
#define hv_match_driver_t	const struct device_driver
#else
#define hv_match_driver_t	struct device_driver
#endif
#define hv_driver_of(d)	container_of((struct device_driver *)(d), struct hv_driver, driver)

#ifdef HV_HAVE_CONST_UEVENT
#define hv_uevent_device_t	const struct device
#else
#define hv_uevent_device_t	struct device
#endif

#ifdef HV_HAVE_CONST_BUS_ATTR
#define HV_BUS_ATTR_CONST	const
#else
#define HV_BUS_ATTR_CONST
#endif

#ifdef HV_HAVE_CONST_BUS_TYPE
#define HV_BUS_TYPE_CONST	const
#else
#define HV_BUS_TYPE_CONST
#endif

/* acpi_driver.ops.remove returned an int that nobody looked at. */
#ifdef HV_HAVE_ACPI_REMOVE_INT
#define HV_ACPI_REMOVE(fn)						\
static int fn##_int(struct acpi_device *adev) { fn(adev); return 0; }
#define HV_ACPI_REMOVE_FN(fn)	fn##_int
#else
#define HV_ACPI_REMOVE(fn)
#define HV_ACPI_REMOVE_FN(fn)	fn
#endif

/* A file of bytes in sysfs, as its callbacks get it. */
#ifdef HV_HAVE_CONST_BIN_ATTR
#define HV_BIN_ATTR_CONST	const
#else
#define HV_BIN_ATTR_CONST
#endif

/*
 * Who maps a ring for user space is handed the area itself, or a description of it from
 * which the kernel makes the area afterwards.
 */
#ifdef HV_HAVE_RING_PREPARE
#define hv_ring_area		vm_area_desc
#define hv_ring_mapper		mmap_prepare_ring_buffer
#else
#define hv_ring_area		vm_area_struct
#define hv_ring_mapper		mmap_ring_buffer
#endif

/* The console that the firmware has set up; to be used where its header is included. */
#ifdef HV_HAVE_SYSFB_DISPLAY
#include <linux/sysfb.h>
#define hv_screen_info()	(&sysfb_primary_display.screen)
#else
#include <linux/screen_info.h>
#define hv_screen_info()	(&screen_info)
#endif

/* Timers got names of their own family. */
#ifndef timer_container_of
#define timer_container_of(var, timer, field)	from_timer(var, timer, field)
#endif
#ifdef HV_HAVE_TIMER_DELETE
#define hv_timer_delete_sync(timer)	timer_delete_sync(timer)
#else
#define hv_timer_delete_sync(timer)	del_timer_sync(timer)
#endif

/* System core callbacks got an argument, and their own object. */
#ifdef HV_HAVE_SYSCORE
#define HV_SYSCORE_ARG		void *data
#define HV_SYSCORE_DEFINE(name, suspend_fn, resume_fn)			\
static const struct syscore_ops name##_ops = {				\
	.suspend = suspend_fn, .resume = resume_fn };			\
static struct syscore name = { .ops = &name##_ops }
#define HV_SYSCORE_REGISTER(name)	register_syscore(&(name))
#define HV_SYSCORE_UNREGISTER(name)	unregister_syscore(&(name))
#else
#define HV_SYSCORE_ARG		void
#define HV_SYSCORE_DEFINE(name, suspend_fn, resume_fn)			\
static struct syscore_ops name = {					\
	.suspend = suspend_fn, .resume = resume_fn }
#define HV_SYSCORE_REGISTER(name)	register_syscore_ops(&(name))
#define HV_SYSCORE_UNREGISTER(name)	unregister_syscore_ops(&(name))
#endif

/* A variable that became a function. */
#ifdef HV_HAVE_ROOT_FUNCTION
#define hv_is_root()	hv_root_partition()
#else
#define hv_is_root()	hv_root_partition
#endif

#endif
