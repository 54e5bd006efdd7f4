# SPDX-License-Identifier: GPL-2.0-only
"""The bus: versions, offers, rescinds, loading and unloading, CPUs, what shows in sysfs."""
import dataclasses
import re

from registry import BOTH, INTREE, ONLY_OURS, Disk, Machine, scenario
from s_manners import DISK_LIMIT

ONE = Machine(cpus=1)
FOUR = Machine(cpus=4, subchannels=3)
ONE_DOES = dataclasses.replace(FOUR, least=1)
VERSIONS = ("2.4", "3.0", "4.0", "4.1", "5.0", "5.1", "5.2", "5.3")
READ = "dd if=%s of=/dev/null bs=4k count=64 iflag=direct 2>/dev/null"


def reload(m, after=""):
    """Unload and load the drivers in use; between the two run AFTER."""
    bus, stor = m.drivers
    m.sh("unload_all" + ("; " + after if after else ""), 120)
    m.drivers = (None, None)
    m.use(bus, stor)


@scenario(rows="V01 ~V02", machine=ONE, drivers=BOTH, timeout=400)
def version_walk(m):
    "each version from 2.4 to 5.3 as the newest that the host accepts; max_version in the guest"
    bus, stor = m.drivers
    for version in VERSIONS:
        m.sh("unload_all", 60)
        m.drivers = (None, None)
        m.host("vmbus-version " + version)
        m.use(bus, stor)
        m.sh("dmesg | grep -i 'vmbus version' | tail -1 | grep -q ':%s$\\|:%s\\>'" % (version, version))
        m.sh(READ % m.dev())
    m.host("vmbus-version 5.3")
    m.sh("unload_all; modprobe hv_vmbus max_version=0x40000", 60)
    m.sh("dmesg | grep -i 'vmbus version' | tail -1 | grep -q ':4.0'")
    m.expect(m.sh("cat /sys/module/hv_vmbus/parameters/max_version") in ("262144", "0x40000"), "max_version")
    m.settle()
    reload(m)


@scenario(rows="V03", machine=ONE, drivers=BOTH, timeout=200)
def version_refused(m):
    "a host that accepts no version: a clean error, and a later load works"
    bus, stor = m.drivers
    m.sh("unload_all")
    m.drivers = (None, None)
    m.host("vmbus-version 0.13")
    m.sh("use %s vmbus; modprobe hv_vmbus || true; sleep 1; [ -z \"$(ls $DEVS 2>/dev/null)\" ]; unload_all" % bus, 100)
    m.host("vmbus-version 5.3")
    m.use(bus, stor)
    m.sh(READ % m.dev())


def loads(m, times):
    bus, stor = m.drivers
    m.drivers = (None, None)
    m.sh("n=0; while [ $n -lt %d ]; do unload_all || exit 1; modprobe hv_vmbus || exit 1; "
         "k=0; until [ -n \"$(disk c0l0)\" ]; do k=$((k+1)); [ $k -lt 300 ] || exit 2; sleep 0.1; done; "
         "n=$((n+1)); done; unload_all" % times, 800)
    left = [l for l in m.host("list") if re.search(r"gpadl|open", l) and not re.search(r"gpadls=0|closed", l)]
    m.expect(not left, "left at the host: %s" % left)
    m.use(bus, stor)


@scenario(rows="V30 P10", machine=ONE_DOES, drivers=BOTH, timeout=900)
def load_unload_100(m):
    "both modules loaded and unloaded 100 times (in-tree: 10), nothing is left at the host"
    loads(m, 100 if m.ours else 10)


@scenario(rows="V30", machine=FOUR, drivers=ONLY_OURS, timeout=300)
def load_unload_10(m):
    "the same ten times, on four processors"
    loads(m, 10)


# In-tree storvsc waits for ever for the commands that the host took with it, and in the last cache flush.
NO_DIRECT = ("--timer", "synthetic", "--manner", "no-direct-timers")


def reload_on(m, times):
    """The bus loaded and unloaded so many times; hotplug loads storvsc beside it, so all goes."""
    m.sh("grep -q 'Clock Event Device: hv' /proc/timer_list && exit 1; unload_all; n=0; "
         "while [ $n -lt %d ]; do modprobe hv_vmbus && unload_all || exit 1; n=$((n+1)); done" % times, 800)
    m.sh("sleep 1; ! grep -q 'Clock Event Device: Hyper-V' /proc/timer_list")
    m.drivers = (None, None)
    m.use("ours", "ours")
    m.sh(READ % m.dev())


# In-tree takes timers that tick by messages, and cannot give them back.
@scenario(rows="~V30", machine=Machine(cpus=2, options=NO_DIRECT), drivers=ONLY_OURS, timeout=300)
def reload_without_direct_timers(m):
    "the bus loaded and unloaded 5 times on a host whose synthetic timers tick by messages only"
    reload_on(m, 5)


@scenario(rows="V30", machine=tuple(Machine(cpus=n, options=NO_DIRECT) for n in (1, 2, 4)), drivers=ONLY_OURS, timeout=900, long=True)
def reload_without_direct_timers_100(m):
    "the same 100 times, on one, two and four processors"
    reload_on(m, 100)


def rescinds(m, rounds):
    released = m.host.counters()["relids_released"]
    channels = int(m.sh("ls $(controller 0)/channels | wc -l"))
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt; : >/tmp/sums" % m.dev(), 100)
    for n in range(rounds):
        m.sh("mount -t ext4 $(disk c0l0) /mnt; cmp /tmp/sums /mnt/sums 2>/dev/null || [ %d = 0 ]; [ %d = 0 ] || md5sum -c -s /tmp/sums; "
             "head -c 100000 /dev/urandom >/mnt/f%d; md5sum /mnt/f* >/mnt/sums; cp /mnt/sums /tmp/sums; sync; "
             "dd if=/dev/zero of=/mnt/noise bs=16k count=200 >/dev/null 2>&1 & sleep 0.1" % (n, n, n % 7), 60)
        m.host("rescind scsi0")
        m.sh("umount -l /mnt", 60)
        m.wait('[ -z "$(controller 0)" ]', 30, "the controller goes")
        m.host("offer scsi0")
        m.settle()
    m.sh("e2fsck -fy %s >/dev/null || [ $? = 1 ]; mount -t ext4 $(disk c0l0) /mnt; md5sum -c -s /tmp/sums; umount /mnt"
         % m.dev(), 60)
    released = m.host.counters()["relids_released"] - released
    m.expect(released == channels * rounds,
             "%d relids released in %d rounds of %d channels" % (released, rounds, channels))


@scenario(rows="V10 ~V09", machine=ONE_DOES, drivers=ONLY_OURS, timeout=900, noise="I/O error|EXT4-fs|JBD2|Buffer I/O|Aborting journal")
def rescind_reoffer_100(m):
    "rescind and re-offer under I/O 100 times, nothing that was synced is lost"
    rescinds(m, 100)


@scenario(rows="V10 ~V09", machine=FOUR, drivers=ONLY_OURS, timeout=300, noise="I/O error|EXT4-fs|JBD2|Buffer I/O|Aborting journal")
def rescind_reoffer_10(m):
    "the same ten times, on four processors"
    rescinds(m, 10)


SYSFS = """
cd %s
for f in $(find . -path './host*' -prune -o -type f -print | sort); do
	case $f in */power/*) continue ;; esac
	printf '%%s %%s ' "$f" "$(stat -c %%a "$f")"
	case $f in
	*/read_avail|*/write_avail|*/interrupts|*/events|*index|*avail|*/cpu|*intr_mask|*_mask|*pending|*latency|*mapping|*full*|*empty*) echo ;;
	*) tr '\\n' ' ' <"$f" 2>/dev/null; echo ;;
	esac
done
"""


@scenario(rows="V23 V24", machine=FOUR, drivers=ONLY_OURS, timeout=300, needs=("both buses",))
def sysfs_same(m):
    "the files of a device and of its channels, their modes and fixed values, as with the in-tree bus"
    of = {}
    for drivers in (INTREE, ("ours", "ours")):
        m.use(*drivers)
        text = m.sh(SYSFS % '"$(controller 0)"', 60)
        of[drivers[0]] = re.sub(r"channels/\d+/", "channels/N/", text).splitlines()
        of[drivers[0]] = sorted(l for l in of[drivers[0]] if "host" not in l.split()[0])
    missing = [l for l in of["intree"] if l not in of["ours"]]
    more = [l for l in of["ours"] if l not in of["intree"]]
    m.expect(not missing and not more, "in-tree only: %s\nours only: %s" % (missing, more))


@scenario(rows="V21 S29", machine=FOUR, drivers=BOTH, timeout=200)
def cpu_move(m):
    "channels move between CPUs while I/O runs; reading back tells the new CPU"
    m.sh("fio --name=l --filename=%s --rw=randread --bs=4k --iodepth=8 --ioengine=libaio --direct=1 --size=16m "
         "--time_based --runtime=10 >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid" % m.dev())
    for cpu in (1, 2, 3, 0):
        m.sh("for c in $(channels 0); do echo %d >$c/cpu; [ $(cat $c/cpu) = %d ]; done" % (cpu, cpu))
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 60)
    m.sh("grep -q 'err= 0' /tmp/fio.out")


@scenario(rows="V22", machine=FOUR, drivers=ONLY_OURS, timeout=200, needs=("offline",))
def cpu_offline(m):
    "a CPU with channels goes offline under I/O and comes back"
    m.sh("fio --name=l --filename=%s --rw=randread --bs=4k --iodepth=8 --ioengine=libaio --direct=1 --size=16m "
         "--time_based --runtime=12 >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid" % m.dev())
    m.sh("for c in 1 2 3; do echo 0 >/sys/devices/system/cpu/cpu$c/online; done; "
         "for c in $(channels 0); do [ $(cat $c/cpu) = 0 ]; done", 90)
    m.sh("for c in 1 2 3; do echo 1 >/sys/devices/system/cpu/cpu$c/online; done", 90)
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 90)
    m.sh("grep -q 'err= 0' /tmp/fio.out")


@scenario(rows="V06", machine=FOUR, drivers=BOTH, needs=("synic",))
def interrupts(m):
    "interrupts arrive on several CPUs"
    m.sh("for c in $(channels 0); do echo $((${n:-0} % 4)) >$c/cpu; n=$((${n:-0}+1)); done")
    m.sh("for c in 0 1 2 3; do taskset -c $c %s & done; wait" % (READ % m.dev()))
    line = m.sh("grep HYP: /proc/interrupts")
    counts = [int(x) for x in re.findall(r"\b\d+\b", line.split(":", 1)[1])]
    m.expect(sum(1 for c in counts if c) >= 3, line)


@scenario(rows="V38", machine=ONE, drivers=BOTH)
def tracepoints(m):
    "the 22 control-path tracepoints are there, and record"
    m.sh("cd /sys/kernel/tracing/events/hyperv; "
         "n=$(ls -d vmbus_* | wc -l); [ $n -ge 22 ] || { echo $n; ls; exit 1; }; echo 1 >enable; "
         "cat $(controller 0)/channel_vp_mapping >/dev/null; %s; echo 0 >enable; grep -q vmbus_ /sys/kernel/tracing/trace"
         % (READ % m.dev()))


@scenario(rows="V37", machine=ONE, drivers=ONLY_OURS)
def debug_delays(m):
    "with testing=1, delays of interrupts and messages in debugfs, and they delay"
    m.sh("unload_all; modprobe hv_vmbus testing=1; settle", 60)
    m.settle()
    m.sh("d=/sys/kernel/debug/hyperv/$(basename $(controller 0)); cd $d/delay; "
         "echo 900 >fuzz_test_buffer_interrupt_delay; echo 900 >fuzz_test_message_delay; echo 1 >../fuzz_test_state; "
         "%s; echo 0 >../fuzz_test_state" % (READ % m.dev()))
    reload(m)
    m.sh("! ls -d /sys/kernel/debug/hyperv/*/delay 2>/dev/null")


@scenario(rows="V25 P11", machine=ONE, drivers=BOTH)
def matching(m):
    "modalias, driver_override, new_id and remove_id, unbind and bind"
    m.sh("""
d=$(controller 0); id=$(basename $d)
[ "$(cat $d/modalias)" = vmbus:d96361baa104294db60572e2ffb1dc7f ]
grep -q MODALIAS=vmbus:d96361baa104294db60572e2ffb1dc7f $d/uevent
drv=/sys/bus/vmbus/drivers/hv_storvsc
echo $id >$drv/unbind; [ ! -e $d/driver ]
echo nothing >$d/driver_override; [ "$(cat $d/driver_override)" = nothing ]
! echo $id >$drv/bind 2>/dev/null
echo >$d/driver_override
echo $id >$drv/bind; [ -e $d/driver ]
echo 11111111-2222-3333-4444-555555555555 >$drv/new_id
! echo 11111111-2222-3333-4444-555555555555 >$drv/new_id 2>/dev/null
echo 11111111-2222-3333-4444-555555555555 >$drv/remove_id
[ -e /sys/bus/vmbus/hibernation ]
""")
    m.settle()


@scenario(rows="V25", machine=Machine(cpus=1, offers="unknown,shutdown"), drivers=ONLY_OURS, noise="not usable|failed|storvsc")
def forced_match(m):
    "a device forced on a driver that knows nothing of its class: probed, refused, everything goes on"
    m.sh("modprobe hv_utils; modprobe hv_netvsc; " + DISK_LIMIT % 2)     # a shutdown service answers no disk driver
    unknown, shutdown = "1b2c3d4e-5f60-4718-9a0b-c1d2e3f40516", "0e0b6031-5213-4934-818b-38d90ced39db"
    refused = "dmesg | grep -c 'no integration service of ours'"
    before = int(m.run(refused)[0])
    for of, driver in ((unknown, "hv_utils"), (shutdown, "hv_netvsc"), (shutdown, "hv_storvsc")):
        m.sh("""
k=$(of_class '{%s}' | nth 0); id=$(basename $k)
[ ! -e $k/driver ] || echo $id >$k/driver/unbind
echo %s >$k/driver_override
echo $id >/sys/bus/vmbus/drivers/%s/bind 2>/dev/null || :
[ ! -e $k/driver ] || echo $id >$k/driver/unbind
echo >$k/driver_override
""" % (of, driver, driver), 200)
    m.sh("echo %s >/sys/bus/vmbus/drivers/hv_utils/new_id" % unknown)
    m.wait("[ $(%s) = %d ]" % (refused, before + 2), 30, "hv_utils refuses what it knows nothing of, by name and by class")
    m.sh("[ ! -e $(of_class '{%s}')/driver ]; echo %s >/sys/bus/vmbus/drivers/hv_utils/remove_id" % (unknown, unknown))
    m.sh(DISK_LIMIT % 180)
    m.sh("d=$(controller 0); g=$(tr -d '{}' <$d/class_id); id=$(basename $d); echo $id >$d/driver/unbind; "
         "echo $g >/sys/bus/vmbus/drivers/hv_storvsc/new_id; [ -e $d/driver ] || echo $id >/sys/bus/vmbus/drivers/hv_storvsc/bind", 100)
    m.settle()
    m.sh(READ % m.dev())
    m.sh("rmmod hv_utils hv_netvsc")


@scenario(rows="V07", machine=ONE, drivers=BOTH, timeout=200)
def post_refused(m):
    "the hypervisor is short of buffers for some posts: retried, nothing is lost"
    bus, stor = m.drivers
    m.sh("unload_all")
    m.drivers = (None, None)
    m.host("fault post status=0x13 count=5")
    m.use(bus, stor)
    m.host("fault post status=0x0b count=3")
    reload(m)
    m.sh(READ % m.dev())


@scenario(rows="V08", machine=ONE, drivers=BOTH)
def offers_of_every_kind(m):
    "every class is offered, an unknown one is named once and breaks nothing"
    m.host("offer unknown")
    m.wait("dmesg | grep -qi 'unknown guid'", 20)
    m.host("rescind unknown")
    m.sh(READ % m.dev())
