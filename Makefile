# SPDX-License-Identifier: GPL-2.0-only
# Everything is built under build/; see README.md.
#
#   make [modules]   the kernel modules, for KERNEL= default (Debian's 6.1), 6.12, running,
#                    a version, or a folder (see scripts/kernel); KDIR= names headers directly
#   make hvroot      the root partition, build/hvroot/hvroot
#   make demo        boot a Debian kernel as a Hyper-V guest with our modules and a disk
#   make check       prove it; ends with "N passed, N failed"
#   make kunit       the suites, on a kernel with KASAN and lockdep, under plain QEMU
#   make kunit COVERAGE=1  which lines of the pure files they reach
#   make mutants     whether they notice when the code is wrong; COUNT=200 SEED=1
#   make clean

KERNEL ?= default

ifneq ($(KERNELRELEASE),)
# called by the kernel's build (an older one that wants a Makefile)
include $(src)/Kbuild
else

.PHONY: all help modules hvroot demo check kunit mutants clean
all: modules

help:
	@sed -n '/^#   make/,/^$$/{/^#/s/^# *//p}' Makefile

modules:
	@scripts/build-modules $(if $(KDIR),--kdir $(KDIR),$(KERNEL))

hvroot:
	@scripts/deps --check demo
	@$(MAKE) --no-print-directory -C tests/hvroot

demo:
	@scripts/demo

check:
	@scripts/check

kunit:
	@scripts/kunit $(if $(filter 1,$(COVERAGE)),--user)

mutants:
	@scripts/mutants $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

clean:
	rm -rf build

endif
