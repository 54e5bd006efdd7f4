# SPDX-License-Identifier: GPL-2.0-only
# Everything is built under build/; see README.md.
#
#   make [modules]        the kernel modules, for KERNEL= default (Debian's 6.1), 6.12, trixie, 7.x,    42 s
#                         running, a version, or a folder (see scripts/kernel); KDIR= names headers directly
#   make hvroot           the root partition, build/hvroot/hvroot                                       7 s
#   make demo             boot a Debian kernel as a Hyper-V guest with our modules and a disk           2 to 3 min
#   make demo DEMO=process
#                         the same in the process lab, where it needs no root                         29 s
#   make check            prove it; ends with "N passed, N failed"                                      38 min
#   make kunit            the suites, on a kernel with KASAN and lockdep, under plain QEMU              2 min
#   make kunit COVERAGE=1 which lines of the pure files they reach, without that kernel                 7 s
#   make mutants          whether they notice when the code is wrong; COUNT=200 SEED=1                  2 min
#   make fuzz             a hostile host against the modules; FUZZ_SECONDS=60 or CASES=, SEED=          1 min and the build
#   make bench            what an operation costs, beside the kernel's own drivers; BENCH=disk,nic,bus,ring  half an hour
#                         ROWS=regex
#   make matrix           a table of all kernels: built, warnings, symbols, a boot with a disk          an hour
#   make package          build/package/hvguest-dkms_VERSION_all.deb, read by lintian                   10 s
#   make rpm              build/rpm/hvguest-dkms-VERSION.noarch.rpm                                     5 s
#   make dist             build/dist/hvguest-VERSION.tar.xz, the source                                 1 s
#   make install          without DKMS: modules for KERNEL= (running), hvroot, hvguest-report, manual   1 min
#                         pages; DESTDIR=, PREFIX=/usr/local
#   make uninstall        takes them away again                                                         1 s
#   make compile_commands.json
#                         for clangd and the like, of the modules for KERNEL=                         that of make modules
#   make clean            takes build/ away                                                             1 s
#   make help             this
#
# Times are of two idle processors without virtualization; a busy machine takes as many times longer as
# others leave it: README.md has both. The first time, a kernel is fetched (1 min),
# for check the process lab's kernels are built (8 min each), for kunit the debug kernel (10 min). V=1 prints
# every command in full. Each script has --help.

KERNEL ?= default

ifneq ($(KERNELRELEASE),)
# called by the kernel's build (an older one that wants a Makefile)
include $(src)/Kbuild
else

.PHONY: all help modules hvroot demo check kunit mutants fuzz bench matrix package rpm dist install uninstall compile_commands.json clean
all: modules

help:
	@sed -n '/^#   make/,/^$$/{/^#/s/^# \{0,1\}//p}' Makefile

modules:
	@scripts/build-modules $(if $(KDIR),--kdir '$(KDIR)','$(KERNEL)')

hvroot:
	@scripts/deps --check build
	@$(MAKE) $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc)) --no-print-directory -C tests/hvroot

demo:
	@scripts/demo

check:
	@scripts/check

kunit:
	@scripts/kunit $(if $(filter-out 0,$(COVERAGE)),--user)

mutants:
	@scripts/mutants $(if $(COUNT),--count '$(COUNT)') $(if $(SEED),--seed '$(SEED)')

fuzz:
	@tests/fuzz/run.py $(if $(FUZZ_SECONDS),--seconds '$(FUZZ_SECONDS)') $(if $(CASES),--cases '$(CASES)') $(if $(SEED),--seed '$(SEED)')

bench:
	@tests/bench/run.py $(if $(BENCH),--kinds '$(BENCH)') $(if $(ROWS),--rows '$(ROWS)')

matrix:
	@scripts/matrix

package:
	@scripts/package

rpm:
	@scripts/package rpm

dist:
	@scripts/package dist

# the kernel that runs, if none is named
install:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install $(if $(filter file,$(origin KERNEL)),,'$(KERNEL)')

uninstall:
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' scripts/install remove

compile_commands.json:
	@scripts/compile-commands '$(KERNEL)'

clean:
	rm -rf build compile_commands.json

.DEFAULT:
	$(error no target '$@'; 'make help' lists them)

endif
