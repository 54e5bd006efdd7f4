# SPDX-License-Identifier: GPL-2.0-only
# Functions for the scenarios' scripts in the guest, beside the programs of the guest image
# (disk, use, unload_all, settle); sent once at boot, read by each script.

DEVS=/sys/bus/vmbus/devices
SCSI_CLASS='{ba6163d9-04a1-4d29-b605-72e2ffb1dc7f}'

# of_class CLASS: the devices of a class, by instance
of_class() {
	for d in $DEVS/*; do
		[ -e "$d/class_id" ] || continue
		[ "$(cat "$d/class_id")" != "$1" ] || echo "$d"
	done | sort
}

# nth N: line N, counted from 0
nth() { sed -n "$(($1 + 1))p"; }

# unload MODULE: once nobody uses it, as a scan or a look at a new disk does for a moment
unload() {
	n=0
	until rmmod "$1" 2>/run/unload.why; do
		n=$((n + 1))
		[ $n -lt 150 ] || { cat /run/unload.why; return 1; }
		sleep 0.2
	done
}

# controller N: the sysfs folder of the Nth SCSI controller
controller() { of_class "$SCSI_CLASS" | nth "$1"; }

# scsi NAME: the same device's H:C:T:L folder in sysfs
scsi() { readlink -f "/sys/block/$(basename "$(disk "$1")")/device"; }

# channels N: the channel folders of SCSI controller N
channels() { ls -d "$(controller "$1")"/channels/*; }

# io_watch DEV; COMMAND & io_begun: a disk is at work, which it was not before
io_watch() {
	io_stat=/sys/block/${1##*/}/stat
	io_old=$(cat "$io_stat")
}

io_begun() {
	n=0
	while [ "$(cat "$io_stat")" = "$io_old" ]; do
		n=$((n + 1))
		[ $n -lt 600 ] || { echo "no I/O"; return 1; }
		sleep 0.1
	done
}

# waits NAME: the daemon has registered and waits for requests, in poll(), which a signal may have
# interrupted, or in pread()
waits() {
	# shellcheck disable=SC2046
	set -- $(pidof "hv_${1}_daemon")
	if [ -e /proc/self/syscall ]; then
		read -r nr _ </proc/"${1:-none}"/syscall 2>/dev/null && case $nr in 7 | 17 | 219) ;; *) false ;; esac
	else	# User Mode Linux has no such file
		grep -qE 'sys_poll|sys_pread64|sys_restart_syscall' /proc/"${1:-none}"/stack 2>/dev/null
	fi
}

# serves NAME: the daemon has the device open that is there, not one that is gone
serves() {
	for p in $(pidof "hv_${1}_daemon"); do
		ls -l "/proc/$p/fd" 2>/dev/null
	done | grep -q "/dev/vmbus/hv_$1\$"
}

daemon_where() {
	echo "hv_${1}_daemon does not wait for requests:"
	for p in $(pidof "hv_${1}_daemon"); do
		head -n 20 "/proc/$p/stat" "/proc/$p/syscall" "/proc/$p/stack"
		ls -l "/proc/$p/fd"
	done
}

# xdp_on ACTION [frags|OTHER]: an XDP program on eth0, or on $on, by tests/guest/xdp.c; xdp_off takes it away
xdp_on() {
	rm -f /tmp/xdp.out
	xdp "${on:-eth0}" "$@" >/tmp/xdp.out 2>&1 &
	echo $! >/tmp/xdp.pid
	n=0
	until grep -qs . /tmp/xdp.out; do
		n=$((n + 1))
		[ $n -lt 300 ] || return 1
		sleep 0.1
	done
	cat /tmp/xdp.out
	grep -q attached /tmp/xdp.out
}

xdp_off() {
	kill "$(cat /tmp/xdp.pid)"
	sleep 0.3
}

# seconds: since the guest has started, in $now
seconds() {
	read -r now _ </proc/uptime
	now=${now%%.*}
}

# daemon NAME...: start Debian's daemons (kvp, vss, fcopy), each when its device is there; one that
# served a device that went may be about to end
daemon() {
	for d; do
		seconds
		late=$((now + 100))
		until [ -e "/dev/vmbus/hv_$d" ]; do
			seconds
			[ "$now" -lt $late ] || { echo "no /dev/vmbus/hv_$d"; return 1; }
			sleep 0.1
		done
		until serves "$d" && waits "$d" 2>/dev/null; do
			seconds
			[ "$now" -lt $late ] || { daemon_where "$d"; return 1; }
			pidof "hv_${d}_daemon" >/dev/null || "hv_${d}_daemon" </dev/null >/dev/null 2>&1
			sleep 0.1
		done
	done
}

# undaemon NAME...: end them
undaemon() {
	for d; do
		seconds
		late=$((now + 100))
		while pidof "hv_${d}_daemon" >/dev/null; do
			seconds
			[ "$now" -lt $late ] || { echo "hv_${d}_daemon does not end"; daemon_where "$d"; return 1; }
			killall -q "hv_${d}_daemon"
			sleep 0.1
		done
	done
}
