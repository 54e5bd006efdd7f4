# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For scripts that build modules, sourced.

# process_flags KDIR: sets the array process_flags to what the kernel's build wants besides, if the
# kernel is User Mode Linux: our stand-ins for x86's and Hyper-V's headers come before the kernel's.
process_flags() {
	process_flags=()
	grep -qs '^CONFIG_UML=y' "$1/.config" || return 0
	local shims="-I$PWD/tests/process/shim"
	[ -e "$1/arch/x86/include/asm/hyperv-tlfs.h" ] || shims+=" -I$PWD/tests/process/shim/newer"
	# shellcheck disable=SC2034
	process_flags=(ARCH=um "NOSTDINC_FLAGS=-nostdinc $shims -DCONFIG_HYPERV=1")
}
