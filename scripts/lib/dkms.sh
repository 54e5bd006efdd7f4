# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What scripts/dkms puts on a guest and takes off again: its places, what is there, and one step at a time.
# Current directory: the top. Wants common.sh.

NAME=hvguest
VERSION=$(sed -n 's/.*HV_MODULES_VERSION[[:space:]]*"\(.*\)"/\1/p' include/hv/version.h)
MODULES=$(sed -n 's/^[[:space:]]*BUILT_MODULE_NAME.*="\(.*\)"/\1/p' dkms.conf)
PARTS="Kbuild dkms.conf LICENSE include vmbus storvsc netvsc hv_utils"
RULES=68-hvguest-vf.rules       # virtual functions are not NetworkManager's
NETWORK=01-hvguest-vf.network   # nor systemd-networkd's
HOOK=00-$NAME                   # run-parts goes by name, and dracut's hook, which makes the initramfs, comes early
OURS='^[0-9.]+-[0-9a-f]{8}$'    # a version that source_version() made: nobody else's looks like it
PATH=$PATH:/usr/sbin:/sbin

# Where things are. scripts/dkms-check gives others, for a try that touches nothing.
: "${LIB:=/lib/modules}" "${SRC:=/usr/src}" "${TREE:=/var/lib/dkms}" "${BOOT:=/boot}" "${RULES_DIR:=/etc/udev/rules.d}" "${NETWORK_DIR:=/etc/systemd/network}" "${HOOKS:=/etc/kernel}"
: "${FROM:=$PWD}" "${CPUID:=/dev/cpu/0/cpuid}" "${EFIVARS:=/sys/firmware/efi/efivars}" "${MAKE_INITRAMFS:=}" "${LOCK:=/run/hvguest-dkms.lock}" "${FRAMEWORK:=/etc/dkms}"
KEPT=$TREE/$NAME/kept           # each initramfs as it was, while an installation is under way
CURRENT=$TREE/$NAME/version     # the version that is installed, for scripts/dkms-hook

need_dkms() { dkms --version > /dev/null 2>&1 || die "needs DKMS, run:  $(scripts/deps --for dkms 2> /dev/null || echo apt-get install dkms) (or dnf install dkms)"; }
need_root() { [ "$(id -u)" = 0 ] || die "must be root, run:  sudo scripts/dkms $command"; }

# alone: scripts/dkms-hook, which apt runs, and another scripts/dkms wait until this one is done
alone() {
	exec 9> "$LOCK"
	lock 9 "$LOCK"
}

run_dkms() {
	local action=$1
	shift
	case $action in
	status) dkms status -m $NAME --dkmstree "$TREE" --installtree "$LIB" ;;
	*) dkms "$action" -m $NAME --dkmstree "$TREE" --sourcetree "$SRC" --installtree "$LIB" "$@" ;;
	esac
}

# for_kernel KERNEL ACTION VERSION...: the same where it is for one kernel
for_kernel() {
	local k=$1 action=$2 version=$3
	shift 3
	run_dkms "$action" -v "$version" -k "$k" --kernelsourcedir "$LIB/$k/build" --no-depmod "$@" || return
	[ "$action" = build ] || depmod -b "${LIB%/lib/modules}/" "$k"
}

# ---- what is there ----

# DKMS prints "hvguest/VERSION, KERNEL, ARCH: installed", and in the Debian 11 manner "hvguest, VERSION, KERNEL, ..."
installed() { run_dkms status | sed -n 's|^hvguest[/ ,]*\([^,]*\), *\([^,]*\), .*: installed.*|\2 \1|p'; }
versions() { run_dkms status | sed -n 's|^hvguest[/ ,]*\([^:,]*\).*|\1|p' | sort -u; }
version_of() { installed | sed -n "s/^$1 //p"; }

# is_there KERNEL: its image is installed; its headers alone leave a folder, too
is_there() { [ -d "$LIB/$1/kernel" ] || [ -e "$LIB/$1/vmlinuz" ] || [ -e "$BOOT/vmlinuz-$1" ]; }

# initramfs_of KERNEL: its file, in the manner of Debian or Fedora
initramfs_of() {
	local f
	for f in "$BOOT/initrd.img-$1" "$BOOT/initramfs-$1.img"; do
		[ ! -e "$f" ] || { echo "$f"; return; }
	done
}

list_initramfs() {
	if command -v lsinitramfs > /dev/null; then
		lsinitramfs "$1"
	elif command -v lsinitrd > /dev/null; then
		lsinitrd "$1"
	else
		cpio -it --quiet < "$1" 2> /dev/null
	fi
}

# has FILE PATTERN: whether the initramfs has such a name. Not grep -q: that ends at the first match, the
# lister then dies of SIGPIPE, and with pipefail a match is a failure.
has() { list_initramfs "$1" | grep -E "$2" > /dev/null; }

# holds_ours KERNEL: whether its initramfs has modules of ours; those of the kernel are not in updates/
holds_ours() {
	local f
	f=$(initramfs_of "$1")
	[ -n "$f" ] && has "$f" "updates/.*($(tr ' \n' '||' <<< "$MODULES" | sed 's/|*$//'))\.ko"
}

# kernels_with_ours: in DKMS or in an initramfs
kernels_with_ours() {
	local k
	{
		installed | cut -d' ' -f1
		for k in $(ls "$LIB" 2> /dev/null); do ! holds_ours "$k" || echo "$k"; done
	} | sort -uV
}

# as_it_was KERNEL OLD-VERSION: what DKMS has for it, and its initramfs to the byte
as_it_was() {
	local f
	f=$(initramfs_of "$1")
	[ "$(version_of "$1")" = "$2" ] || return
	[ ! -e "$KEPT/$1" ] || cmp -s "$KEPT/$1" "$f"
}

# ---- the source ----

# put_source FOLDER VERSION: what a build needs, with that version in it: what git knows or has not been told of
# yet, else, as in a release, all that is no product of a build. Git asks whose folder it is; root may read it.
put_source() {
	local to
	grep -qx "PACKAGE_VERSION=\"$VERSION\"" dkms.conf || die "dkms.conf and include/hv/version.h differ in version"
	rm -rf "$1"; mkdir -p "$1"
	to=$(cd "$1" && pwd)
	# shellcheck disable=SC2086
	(
		cd "$FROM"
		{ git -c safe.directory="*" -c core.fsmonitor=false ls-files -co --exclude-standard $PARTS 2> /dev/null || :; } | while read -r f; do [ ! -e "$f" ] || echo "$f"; done > "$to/list"
		[ -s "$to/list" ] || find $PARTS -type f ! -name '.*' ! -name '*.o' ! -name '*.ko' ! -name '*.mod*' ! -name '*.order' ! -name '*.symvers' > "$to/list"
		xargs -d '\n' cp --parents -t "$to" < "$to/list"
	)
	rm "$to/list"
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$2\"/" "$to/dkms.conf"
	sed -i "s/\(HV_MODULES_VERSION[[:space:]]*\)\".*\"/\1\"$2\"/" "$to/include/hv/version.h"
}

# Each source has a version of its own, so that DKMS never takes an old build for a new one.
source_version() {
	local t hash
	t=$(mktemp -d)
	put_source "$t/s" "$VERSION" && hash=$(cd "$t/s" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-8) || hash=
	rm -rf "$t"
	[ -n "$hash" ] && echo "$VERSION-$hash"
}

# ---- the initramfs ----

make_initramfs() {
	if [ -n "$MAKE_INITRAMFS" ]; then
		"$MAKE_INITRAMFS" "$1"
	elif command -v update-initramfs > /dev/null; then
		update-initramfs -u -k "$1"
	elif command -v dracut > /dev/null; then
		dracut --force --kver "$1"
	fi
}

# renew_initramfs KERNEL ours|its: make it and see whose modules are in it. One that is not there is not wanted.
renew_initramfs() {
	local k=$1 whose=$2 f
	is_there "$k" || return 0
	f=$(initramfs_of "$k")
	[ -z "$f" ] || make_initramfs "$k" || return
	if [ -z "$f" ]; then
		echo "no initramfs of $k that is known here: renew it yourself if its root disk is on Hyper-V storage"
	elif [ "$whose" = ours ] && ! holds_ours "$k" && has "$f" '/hv_[a-z]*\.ko'; then
		echo "error: $f has the kernel's own modules, not ours"
		return 1
	elif [ "$whose" = its ] && holds_ours "$k"; then
		return 1
	fi
}

# keep_initramfs KERNEL: so that it can be put back where there is no room to make it once more. What is kept in part,
# on a full disk or when a signal comes, does not have that name.
keep_initramfs() {
	local f
	f=$(initramfs_of "$1")
	[ -z "$f" ] || { mkdir -p "$KEPT" && cp -p "$f" "$KEPT/$1.part" && mv "$KEPT/$1.part" "$KEPT/$1"; } || { rm -f "$KEPT/$1.part"; return 1; }
}

# put_back_initramfs KERNEL: by a new name and a rename; on a full disk, into the file that is there
put_back_initramfs() {
	local f
	f=$(initramfs_of "$1")
	[ -e "$KEPT/$1" ] || return 0
	cmp -s "$KEPT/$1" "$f" || { cp -p "$KEPT/$1" "$f.$NAME" && mv "$f.$NAME" "$f"; } || { rm -f "$f.$NAME"; cat "$KEPT/$1" > "$f"; }
}

# ---- udev and new kernels ----

# renew_rules [install]: udev's and networkd's, and the hook for new kernels, put there or taken away
renew_rules() {
	local d
	rm -f "$HOOKS/postinst.d/$NAME" "$HOOKS/header_postinst.d/$NAME"	# as they were called once
	for d in "$HOOKS/postinst.d/$HOOK" "$HOOKS/header_postinst.d/$HOOK" "$HOOKS/install.d/40-$NAME.install"; do
		rm -f "$d"
		case $d in */install.d/*) ! command -v update-initramfs > /dev/null || continue ;; esac
		[ "${1:-}" != install ] || { mkdir -p "${d%/*}"; cp scripts/dkms-hook "$d"; }
	done
	if [ "${1:-}" = install ]; then
		mkdir -p "$RULES_DIR" "$NETWORK_DIR"
		cp "netvsc/$RULES" "$RULES_DIR/$RULES"
		cp "netvsc/$NETWORK" "$NETWORK_DIR/$NETWORK"
	else
		rm -f "$RULES_DIR/$RULES" "$NETWORK_DIR/$NETWORK"
	fi
	[ "$RULES_DIR" != /etc/udev/rules.d ] || ! command -v udevadm > /dev/null || udevadm control --reload 2> /dev/null || true
}

# ---- guests that cannot have ours ----

# leaf NUMBER: EAX to EDX of that leaf of CPUID, in hexadecimal
leaf() { dd if="$CPUID" bs=16 count=1 skip="$(($1))" iflag=skip_bytes 2> /dev/null | od -An -v -tx4 -w16; }

# isolated: a Hyper-V guest whose memory the host must be shown (TLFS, leaves 0x40000003 and 0x4000000C)
isolated() {
	local b c d type
	[ -e "$CPUID" ] || modprobe -q cpuid 2> /dev/null || true
	# where that is not to be had, what the kernel said when it began
	[ -r "$CPUID" ] || { dmesg 2> /dev/null | grep -F "Hyper-V: Isolation Config:" > /dev/null; return; }
	read -r _ b c d <<< "$(leaf 0x40000000)"
	[ "$b$c$d" = 7263694d666f736f76482074 ] || return	# "Microsoft Hv"
	read -r _ b _ <<< "$(leaf 0x40000003)"
	read -r _ type _ <<< "$(leaf 0x4000000c)"
	[ $((0x$b >> 22 & 1)) = 1 ] && [ $((0x$type & 15)) != 0 ]
}

# by_make: what make install has put there would be another of the same name, and depmod takes either
by_make() {
	local f
	[ ! -d "$TREE/$NAME" ] || return 0
	for f in "$LIB"/*/updates/hv_*.ko; do
		[ ! -e "$f" ] || ! [[ $(modinfo -F version "$f") =~ $OURS ]] || die "$f is of make install, run:  make uninstall (scripts/install remove) in its source, and this again"
	done
}

# Ours refuse to load there, and all entries of the boot menu would be like that.
check_isolated() {
	! isolated || die "this is an isolated (confidential) VM, where these modules do not load and a guest would boot without its disks; nothing was changed, keep the kernel's own"
}

secure_boot() {
	local state=$EFIVARS/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
	[ -e "$state" ] && [ "$(od -An -tu1 -j4 -N1 "$state" | tr -d ' ')" = 1 ] # behind 4 bytes of attributes
}

# signing_key: the certificate that DKMS signs with
signing_key() {
	local key
	key=$(cat "$FRAMEWORK/framework.conf" "$FRAMEWORK"/framework.conf.d/*.conf 2> /dev/null | sed -n 's/^[[:space:]]*mok_certificate=["'\'']*\([^"'\'']*\).*/\1/p' | tail -n 1)
	[ -n "$key" ] || key=/var/lib/shim-signed/mok/MOK.der
	[ -e "$key" ] || [ -n "${key##/var/lib/shim-signed/*}" ] || key=/var/lib/dkms/mok.pub
	echo "$key"
}

# With Secure Boot the kernel loads nothing whose key it does not know: a root disk on our driver is then gone.
check_secure_boot() {
	local key said
	secure_boot || return 0
	key=$(signing_key)
	command -v mokutil > /dev/null || die "Secure Boot is on, and mokutil is not here to tell whether DKMS's key is enrolled, run:  apt-get install mokutil"
	[ -e "$key" ] || die "Secure Boot is on and DKMS has no key yet: make one and enrol it first, run:  openssl req -new -x509 -nodes -days 36500 -subj /CN=DKMS -newkey rsa:2048 -keyout ${key%.*}.key -outform DER -out $key && mokutil --import $key, reboot, confirm"
	said=$(mokutil --test-key "$key" 2> /dev/null) || true
	case $said in *'is already enrolled'*) ;; *) die "Secure Boot is on and DKMS's key is not enrolled, so no module of ours would load, run:  mokutil --import $key, reboot, confirm, then this again" ;; esac
}

# ---- modules ----

# modules_are_ours KERNEL VERSION: modprobe would load exactly that build, and the kernel take it
modules_are_ours() {
	local m n
	for m in $MODULES; do
		n=$(modinfo -b "${LIB%/lib/modules}/" -k "$1" -n "$m")
		case $n in */updates/*) ;; '(builtin)') continue ;; *) echo "error: $m: $n would still be loaded; is there a rule in /etc/depmod.d?"; return 1 ;; esac
		[ "$(modinfo -F version "$n")" = "$2" ] || { echo "error: $m: $n is another version"; return 1; }
		! secure_boot || [ -n "$(modinfo -F sig_id "$n")" ] || { echo "error: $m is not signed, with Secure Boot it would not load; see DKMS's sign_file and mok_signing_key"; return 1; }
	done
}

# change KERNEL VERSION: that version is what it loads, also from its initramfs
change() {
	keep_initramfs "$1" || return
	if [ "$(version_of "$1")" != "$2" ]; then for_kernel "$1" install "$2" --force || return; fi
	modules_are_ours "$1" "$2" && renew_initramfs "$1" ours
}

# take_back VERSION "KERNEL OLD-VERSION"...: as it was before; a kernel without an old version has none of ours.
# Prints the kernels of which that is not true.
take_back() {
	local version=$1 k old
	shift
	for line; do
		read -r k old <<< "$line"
		{
			if [ "$old" = "$version" ]; then
				:
			elif [ -n "$old" ]; then
				for_kernel "$k" install "$old" --force
			else
				for_kernel "$k" uninstall "$version"
			fi || true
			put_back_initramfs "$k" || true
		} > /dev/null 2>&1
		as_it_was "$k" "$old" || echo "$k"
	done
}

# forget VERSION: take it out of DKMS, which leaves alone what another version has installed; the source is
# ours to delete only if we put it there
forget() {
	[ ! -d "$TREE/$NAME/$1" ] || run_dkms remove -v "$1" --all --no-depmod > /dev/null 2>&1 || true
	[[ ! $1 =~ $OURS ]] || rm -rf "${SRC:?}/$NAME-$1"
	rm -rf "${TREE:?}/$NAME/$1"
}

# remove_files KERNEL: builds of ours that DKMS has forgotten
remove_files() {
	local m f
	for m in $MODULES; do
		for f in "$LIB/$1/updates/$m.ko"* "$LIB/$1/updates/dkms/$m.ko"*; do
			[ ! -e "$f" ] || ! [[ $(modinfo -F version "$f") =~ $OURS ]] || rm -f "$f"
		done
	done
}

# remove_sources: those that an interrupted installation left; a clone that is called hvguest-main is not ours
remove_sources() {
	local s
	for s in "$SRC/$NAME"-*; do
		[[ ! ${s##*/"$NAME"-} =~ $OURS ]] || rm -rf "$s"
	done
}
