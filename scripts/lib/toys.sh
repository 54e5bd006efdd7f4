# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# A machine to try installations on: kernels that have the modules whose places ours take, tools that make and
# read an initramfs of names only, and toys: modules with the names of ours that build in a second.
# For scripts/dkms-check and scripts/package-check, which set dir (a folder for what the tools ask about), base (what
# is before lib/modules, "" for /), LIB and BOOT.

MODULES="hv_vmbus hv_storvsc hv_netvsc hv_utils"
FOLDERS=(vmbus storvsc netvsc hv_utils)

# write_tools FOLDER: make-initramfs KERNEL, of what modprobe would load; lsinitramfs, with as long a list as a real
# one has; modinfo, which tells the signature that is wanted
write_tools() {
	cat > "$1/make-initramfs" <<-EOF
		#!/bin/sh
		# as when /boot is full: for all kernels, or for one
		case \$(cat "$dir/no-initramfs" 2> /dev/null) in all | "\$1") echo "No space left on device"; exit 1 ;; esac
		[ ! -e "$dir/wait" ] || { touch "$dir/waits"; while [ -e "$dir/wait" ]; do sleep 0.1; done; }
		[ ! -e "$dir/old-initramfs" ] || exit 0
		cd "$base/" && { for m in $MODULES; do modinfo -b "$base/" -k "\$1" -n \$m; done; } | sed -n "s,^$base//*,,p" | cpio -o --quiet -H newc > "$BOOT/initrd.img-\$1"
	EOF
	printf '#!/bin/sh\ncpio -it --quiet < "$1" && seq -f usr/share/%%.0f 20000\n' > "$1/lsinitramfs"
	printf '#!/bin/sh\ncase " $* " in *" sig_id "*) cat "%s" 2> /dev/null ;; *) exec %s "$@" ;; esac\n' "$dir/signature" "$(command -v modinfo)" > "$1/modinfo"
	chmod +x "$1"/*
}

# add_kernel FOLDER VERSION: one of scripts/kernel, with its headers and none of ours
add_kernel() {
	local lib=$LIB/$2
	mkdir -p "$lib"
	(cd "$1/lib/modules"/* && cp --parents kernel/drivers/hv/*.ko* kernel/drivers/scsi/hv_storvsc.ko* kernel/drivers/net/hyperv/*.ko* "$lib/")
	cp "$1/lib/modules"/*/modules.order "$1/lib/modules"/*/modules.builtin* "$lib/"
	rm -f "$lib/build"; ln -s "$1/headers" "$lib/build"
	depmod -b "$base/" "$2"
	make-initramfs "$2"
}

# toys FOLDER: a source as ours is laid out, of modules without content
toys() {
	local i=0 m
	mkdir -p "$1/include/hv" "$1/netvsc"
	cp dkms.conf LICENSE "$1/"
	cp netvsc/*.rules netvsc/*.network "$1/netvsc/"
	cp include/hv/version.h "$1/include/hv/"
	for m in $MODULES; do
		mkdir -p "$1/${FOLDERS[i]}"
		printf '#include <linux/module.h>\n#include <hv/version.h>\nMODULE_LICENSE("GPL");\nMODULE_VERSION(HV_MODULES_VERSION);\n' > "$1/${FOLDERS[i]}/toy.c"
		printf 'ccflags-y += -I%s\nobj-m += %s.o\n%s-y := toy.o\n' '$(src)/../include' "$m" "$m" > "$1/${FOLDERS[i]}/Kbuild"
		i=$((i + 1))
	done
	echo "obj-m := ${FOLDERS[*]/%//}" > "$1/Kbuild"
}

# whose KERNEL: the versions that modprobe would load, or "kernel"
whose() {
	local m n
	for m in $MODULES; do
		n=$(modinfo -b "$base/" -k "$1" -n "$m")
		case $n in */updates/*) modinfo -F version "$n" ;; '(builtin)') ;; *) echo kernel ;; esac
	done | sort -u | xargs
}
in_initramfs() { lsinitramfs "$BOOT/initrd.img-$1" | sed -n 's,.*updates/.*,ours,p; s,.*kernel/.*,kernel,p' | sort -u | xargs; }
