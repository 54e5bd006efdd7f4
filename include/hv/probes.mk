# SPDX-License-Identifier: GPL-2.0-only
# What this kernel's headers offer, found by compiling, for <hv/compat.h>.
# Adds -DHV_HAVE_... to ccflags-y.  Run once per build: the answers are
# handed to the other folders through the environment.

hv-try = $(shell printf '%s\n' $(2) | $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) \
	-DMODULE -DKBUILD_MODNAME='"probe"' -Werror -Wno-unused -Wno-missing-declarations -Wno-missing-prototypes -fsyntax-only -x c - 2>/dev/null && \
	echo -DHV_HAVE_$(1))

ifeq ($(origin HV_PROBES),undefined)
HV_PROBES := -DHV_PROBED \
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
 $(call hv-try,RING_SYSFS,'#include <linux/hyperv.h>' 'bool f(struct vmbus_channel *c) { return c->ring_sysfs_visible; }') \
 $(call hv-try,ROOT_FUNCTION,'#include <asm/mshyperv.h>' 'bool f(void) { return hv_root_partition(); }') \
 $(call hv-try,SYSCORE,'#include <linux/syscore_ops.h>' 'void f(struct syscore *s) { register_syscore(s); }')
export HV_PROBES
endif

ccflags-y += $(HV_PROBES)
