# SPDX-License-Identifier: GPL-2.0-only
# What this kernel's headers offer, found by compiling, for <hv/compat.h>.
# Adds -DHV_HAVE_... to ccflags-y.  Run once per build: the answers are
# handed to the other folders through the environment.

hv-try = $(shell printf '%s\n' $(2) | $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) \
	-DMODULE -DKBUILD_MODNAME='"probe"' -Werror -Wno-unused -Wno-missing-declarations -Wno-missing-prototypes -fsyntax-only -x c - 2>/dev/null && \
	echo -DHV_HAVE_$(1))

ifeq ($(origin HV_PROBES),undefined)
HV_PROBES := -DHV_PROBED \
 $(call hv-try,ACPI_DRIVER,'#include <linux/acpi.h>' 'struct acpi_driver d = { .name = "x" };') \
 $(call hv-try,ACPI_REMOVE_INT,'#include <linux/acpi.h>' \
	'int f(struct acpi_device *d); acpi_op_remove g = f;') \
 $(call hv-try,CONST_MATCH,'#include <linux/device.h>' \
	'int f(struct device *d, const struct device_driver *v);' 'struct bus_type b = { .match = f };') \
 $(call hv-try,CONST_UEVENT,'#include <linux/device.h>' \
	'int f(const struct device *d, struct kobj_uevent_env *e);' 'struct bus_type b = { .uevent = f };') \
 $(call hv-try,CONST_BUS_ATTR,'#include <linux/device.h>' \
	'ssize_t f(const struct bus_type *b, char *s); struct bus_attribute a = { .show = f };') \
 $(call hv-try,CONST_BUS_TYPE,'#include <linux/device.h>' \
	'extern const struct bus_type b; struct device d = { .bus = &b };') \
 $(call hv-try,CORE_OVERRIDE,'#include <linux/device.h>' \
	'int f(struct device *d, struct device_driver *v) { return device_match_driver_override(d, v); }') \
 $(call hv-try,CONST_BIN_ATTR,'#include <linux/sysfs.h>' 'struct vm_area_struct;' \
	'int f(struct file *f, struct kobject *k, const struct bin_attribute *a, struct vm_area_struct *v);' \
	'struct bin_attribute b = { .mmap = f };') \
 $(call hv-try,RING_PREPARE,'#include <linux/hyperv.h>' 'void *f(struct vmbus_channel *c) { return c->mmap_prepare_ring_buffer; }') \
 $(call hv-try,RING_SYSFS,'#include <linux/hyperv.h>' 'bool f(struct vmbus_channel *c) { return c->ring_sysfs_visible; }') \
 $(call hv-try,ROOT_FUNCTION,'#include <asm/mshyperv.h>' 'bool f(void) { return hv_root_partition(); }') \
 $(call hv-try,SYSFB_DISPLAY,'#include <linux/sysfb.h>' 'u32 f(void) { return sysfb_primary_display.screen.lfb_base; }') \
 $(call hv-try,SYSCORE,'#include <linux/syscore_ops.h>' 'void f(struct syscore *s) { register_syscore(s); }') \
 $(call hv-try,TIMER_DELETE,'#include <linux/timer.h>' 'void f(struct timer_list *t) { timer_delete_sync(t); }')
export HV_PROBES
endif

ccflags-y += $(HV_PROBES)
