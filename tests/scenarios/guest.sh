# SPDX-License-Identifier: GPL-2.0-only
# Functions for the scenarios' scripts in the guest; sent once at boot, read by each script.

DEVS=/sys/bus/vmbus/devices
SCSI_CLASS='{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}'
IDE_CLASS='{32412632-86cb-44a2-9b5c-50d1417354f5}'

# of_class CLASS: the devices of a class, by instance
of_class() {
	for d in $DEVS/*; do
		[ -e "$d/class_id" ] || continue
		[ "$(cat "$d/class_id")" != "$1" ] || echo "$d"
	done | sort
}

# nth N: line N, counted from 0
nth() { sed -n "$(($1 + 1))p"; }

# controller N: the sysfs folder of the Nth SCSI controller
controller() { of_class "$SCSI_CLASS" | nth "$1"; }

# disk NAME: the block device of cClL (controller, lun) or ideN; nothing if it is not there
disk() {
	case $1 in
	ide*) set -- "$(of_class "$IDE_CLASS" | nth "${1#ide}")" '*' ;;
	*) set -- "$(controller "$(expr "$1" : 'c\([0-9]*\)l')")" "0:0:${1##*l}" ;;
	esac
	[ -n "$1" ] || return 0
	for b in "$1"/host*/target*/*:$2/block/*; do
		[ ! -b "/dev/${b##*/}" ] || echo "/dev/${b##*/}"
	done
}

# scsi NAME: the same device's H:C:T:L folder in sysfs
scsi() { readlink -f "/sys/block/$(basename "$(disk "$1")")/device"; }

# unload_all: every VMBus driver, then the bus
unload_all() {
	sync
	for m in $(lsmod | awk '$1 == "hv_vmbus" { gsub(",", " ", $4); print $4 }'); do
		rmmod "$m" || return 1
	done
	! grep -q '^hv_vmbus ' /proc/modules || rmmod hv_vmbus
}

# channels N: the channel folders of SCSI controller N
channels() { ls -d "$(controller "$1")"/channels/*; }
