# SPDX-License-Identifier: GPL-2.0-only
# What this kernel's headers offer, for <hv/compat.h> and its like: -DHV_HAVE_... in ccflags-y.
# All of probes.c is compiled once; each probe without an error is there.  The answers are handed to
# the other folders of a build through the environment.
#
# Headers are never searched for a pattern, nor is a version asked for: stable trees carry
# changes back, and reformat them.

# Not when modpost or clean read a folder's Kbuild.
ifneq ($(filter %/Makefile.build,$(MAKEFILE_LIST)),)
ifeq ($(origin HV_PROBES),undefined)
hv-probes-src := $(dir $(lastword $(MAKEFILE_LIST)))probes.c
hv-probes-all := $(shell sed -n 's/^.line 1 "\(.*\)"/\1/p' $(hv-probes-src))
hv-probes-bad := $(sort $(shell LC_ALL=C $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) \
	-DMODULE -DKBUILD_MODNAME='"probes"' -Werror -Wno-unused $(if $(CONFIG_CC_IS_CLANG),-ferror-limit=0) -fsyntax-only -x c $(hv-probes-src) 2>&1 | \
	sed -n 's/^\([A-Z_]*\):[0-9][0-9:]* *error: .*/\1/p'))
ifneq ($(filter ANYTHING NOTHING,$(hv-probes-bad)),NOTHING)
$(error hvguest: nothing compiles with the headers of this kernel)
endif
HV_PROBES := $(addprefix -DHV_HAVE_,$(filter-out $(hv-probes-bad) ANYTHING,$(hv-probes-all)))
export HV_PROBES
endif
endif

ccflags-y += $(HV_PROBES)
