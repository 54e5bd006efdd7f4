# SPDX-License-Identifier: GPL-2.0-only
# Functions for the fuzzed guest, beside those of tests/scenarios/guest.sh.

# nic N: the name of the Nth network device, by its address
nic() {
	for n in /sys/class/net/*; do
		[ "$(cat "$n/address" 2>/dev/null)" != "00:15:5d:0f:00:0$1" ] || { echo "${n##*/}"; return; }
	done
	return 1
}

# lun N: the disk of the Nth controller by its instance, as counting would take the next for one that is gone
lun() {
	for b in /sys/bus/vmbus/devices/f8b3781a-1e82-4818-a1c3-63d806ec000$1/host*/target*/*/block/*; do
		[ ! -e "$b" ] || echo "/dev/${b##*/}"
	done | head -n 1
}

# once: what a host may not do by a message, the guest does not do now
prepare() {
	echo 0 >/proc/sys/kernel/hung_task_warnings 2>/dev/null || :
	echo -1 >/proc/sys/kernel/hung_task_warnings
	echo /bin/true >/proc/sys/kernel/poweroff_cmd 2>/dev/null || :
	cp /bin/busybox /run/quiet
	printf '#!/bin/sh\nexit 0\n' >/run/nothing
	chmod +x /run/nothing
	for p in poweroff reboot; do
		for d in /sbin /bin; do
			[ ! -e $d/$p ] || { rm -f $d/$p; cp /run/nothing $d/$p; }
		done
	done
	for p in $(find / -xdev -name hv_set_ifconfig); do	# addresses are ours to set
		rm -f "$p"; cp /run/nothing "$p"
	done
	mkdir -p /mnt/f /mnt/s /run/source
	cp /bin/busybox /run/source/
	seq 20000 >/run/source/numbers
	(cd /run/source && md5sum ./*) >/run/sums
}

# address N: the Nth NIC up, with its address
address() {
	i=$(nic "$1") || return 1
	ip link set "$i" up
	ip addr show "$i" | grep -q "10.9.$1.2/" || ip addr add "10.9.$1.2/24" dev "$i"
}

answers() { ping -c1 -s 8 -W1 "10.9.$1.1" >/dev/null 2>&1; }

# limits DEV: errors come soon
limits() {
	echo 2 >"/sys/block/${1##*/}/device/timeout"
	echo 1 >"/sys/block/${1##*/}/device/eh_timeout"
} 2>/dev/null

# look: whoever watches the bus and its devices reads what a host said, too. By turns with all tracepoints
look() {
	[ -e /sys/kernel/tracing/events ] || mount -t tracefs none /sys/kernel/tracing
	for e in hyperv netvsc hv_storvsc; do echo $(($(date +%s) % 2)) >/sys/kernel/tracing/events/$e/enable; done
	head -n 200 /sys/kernel/tracing/trace
	cd /sys/bus/vmbus/devices && cat */* */channels/*/* */net/*/host/*
	cd /sys/kernel/debug && cat hv_vmbus/* hv_vmbus/*/* hv_utils-*
	cat /sys/class/scsi_host/*/*
	cd /
} >/dev/null 2>&1

# use_disk: what one does with a disk, whatever comes of it
use_disk() {
	d=$(lun 0)
	[ -n "$d" ] || { sleep 0.05; return; }
	limits "$d"
	dd if="$d" of=/dev/null bs=64k count=8 iflag=direct
	dd if=/dev/zero of="$d" bs=4k count=8 oflag=direct
	mkfs.ext4 -q -F -E nodiscard "$d" 4m </dev/null && mount "$d" /mnt/f && {
		cp /run/source/numbers /mnt/f/
		sync /mnt/f/numbers
		cat /mnt/f/numbers >/dev/null
		fstrim /mnt/f
	}
	umount -l /mnt/f
	! [ -e /run/stop ] || return
	blkdiscard "$d"
	look
	for h in /sys/class/scsi_host/*; do echo - - - >"$h/scan"; done
}

# use_nic: the same of a NIC
use_nic() {
	address 0 || { sleep 0.05; return; }
	i=$(nic 0)
	answers 0
	! [ -e /run/stop ] || return
	head -c 200000 /dev/zero | timeout 1 nc 10.9.0.1 7001
	timeout 1 nc 10.9.0.1 7002 </dev/null
	! [ -e /run/stop ] || return
	ethtool -S "$i"
	ethtool -i "$i"
	ethtool -k "$i"
	ethtool -x "$i"
	for what in -l -g -c -n -t -d; do ethtool $what "$i"; done
	case $(($(date +%s) % 7)) in
	0) ip link set "$i" mtu 4000 ;;	# the host may say more than its longest control message
	1) ip link set "$i" mtu 1500 ;;
	2) ip link set "$i" down ;;
	3) ethtool -K "$i" tso off; ethtool -K "$i" tso on; ip link set "$i" promisc on; ip link set "$i" promisc off ;;
	4) ethtool -G "$i" rx 500; ethtool -G "$i" rx 1000 ;;
	5) ethtool -L "$i" combined 1; ethtool -X "$i" equal 1; ethtool -X "$i" default ;;
	6) ethtool -N "$i" rx-flow-hash udp4 sdfn; ethtool -N "$i" rx-flow-hash udp4 sd ;;
	esac
	ip link set "$i" up
}

# use_daemons: what the host asks for is done, by those that hurt nobody else: a frozen filesystem
# would stop the disk that is left alone
use_daemons() {
	for d in kvp fcopy; do
		! [ -e /dev/vmbus/hv_$d ] || pidof hv_${d}_daemon || hv_${d}_daemon </dev/null
	done
	sleep 0.3
}

# job: disk, NIC and services at the same time, until /run/stop is there
job() {
	rm -f /run/stop /run/job.*
	touch /run/job.disk /run/job.nic /run/job.daemons
	(set +e; while ! [ -e /run/stop ]; do use_daemons; done; rm /run/job.daemons) >/dev/null 2>&1 &
	(set +e; while ! [ -e /run/stop ]; do use_disk; done; rm /run/job.disk) >/dev/null 2>&1 &
	(set +e; while ! [ -e /run/stop ]; do use_nic; done; rm /run/job.nic) >/dev/null 2>&1 &
}

# restored: the job is over, and its disk and NIC are there
restored() { ! [ -e /run/job.disk ] && ! [ -e /run/job.nic ] && [ -n "$(lun 0)" ] && address 0 && answers 0; }

# missing: what restored() waits for, and what the job's programs do
missing() {
	set +e
	ls /run/job.* 2>/dev/null || :
	echo "disk $(lun 0) nic $(nic 0)"
	ps -o pid,ppid,stat,args | grep -v '\['
}

# still: the job is over, or as much of it as can end without its devices
still() {
	touch /run/stop
	killall -q nc ping dd mkfs.ext4 || :
	n=0
	while [ -e /run/job.disk ] || [ -e /run/job.nic ] || [ -e /run/job.daemons ]; do
		n=$((n + 1))
		[ $n -lt 20 ] || break
		sleep 0.05
	done
	umount -l /mnt/f 2>/dev/null || :
}

# now: seconds, by the guest's clock
now() { read -r t _ </proc/uptime; echo "${t%.*}"; }

# sow: what must stay on the untouched disk. Anew after a host that lied about all disks: one that offers a
# disk under another's number has the guest make its filesystem there.
sow() {
	end=$(($(now) + 40))
	until [ -n "$(lun 1)" ] && mkfs.ext4 -q -F "$(lun 1)" </dev/null && mount "$(lun 1)" /mnt/s; do
		[ "$(now)" -lt $end ] || { echo "the untouched disk is not there: $(lun 1)"; return 1; }
		sleep 0.1
	done 2>/dev/null
	cp -r /run/source /mnt/s/
	sync
	umount /mnt/s
}

# beats: the disk and the NIC that nobody touches go on
beats() {
	[ ! -e /run/beat.pid ] || return 0
	end=$(($(now) + 40))
	until [ -n "$(lun 1)" ] && address 1 && mount "$(lun 1)" /mnt/s; do
		[ "$(now)" -lt $end ] || { echo "the untouched disk and NIC are not there: $(lun 1) $(nic 1)"; mount; return 1; }
		sleep 0.1
	done 2>/dev/null
	rm -f /run/beat.stop /run/beat	# which counted those before
	(set +e
	n=0 p=0
	while ! [ -e /run/beat.stop ]; do
		echo $n >/mnt/s/beat && sync /mnt/s/beat && n=$((n + 1))
		! answers 1 || p=$((p + 1))
		echo "$n $p" >/run/beat.new
		mv /run/beat.new /run/beat
		sleep 0.03
	done) >/dev/null 2>&1 &
	echo $! >/run/beat.pid
}

no_beats() {
	[ -e /run/beat.pid ] || return 0
	touch /run/beat.stop
	n=0
	while [ -d "/proc/$(cat /run/beat.pid)" ]; do
		n=$((n + 1))
		[ $n -lt 300 ] || { echo "the writer on the untouched disk does not end"; return 1; }
		sleep 0.1
	done
	rm /run/beat.pid
	umount /mnt/s
}

# honest: the job again, with checksums
honest() {
	d=$(lun 0)
	[ -n "$d" ]
	limits "$d"
	n=0
	until mkfs.ext4 -q -F -E nodiscard "$d" 8m </dev/null 2>/run/why; do	# what was unmounted lazily may still be there
		n=$((n + 1))
		[ $n -lt 50 ] || { cat /run/why; return 1; }
		sleep 0.1
	done
	mount "$d" /mnt/f
	cp /run/source/* /mnt/f/
	umount /mnt/f
	mount "$d" /mnt/f
	(cd /mnt/f && md5sum -c -s /run/sums)
	umount /mnt/f
	[ "$(timeout 20 nc 10.9.0.1 7002 </dev/null | md5sum)" = "$(head -c 300000 /dev/zero | tr '\0' y | md5sum)" ]
}
