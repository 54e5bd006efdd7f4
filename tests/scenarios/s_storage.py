# SPDX-License-Identifier: GPL-2.0-only
"""Storage: data integrity, disks that come, go and grow, discard, resets, odd geometry."""
import os
import re
import time

from registry import BOTH, MATRIX, ONLY_OURS, Disk, Machine, scenario

MANY = Machine(disks=(Disk(), Disk(lun=63, size=8 << 20), Disk(lun=254, size=9 << 20),
                      Disk(controller=1, lun=2, size=10 << 20), Disk(ide=True, size=12 << 20)))
FOUR = Machine(cpus=4, subchannels=3)
ONE = Machine(cpus=1)

FIO = """
cat >/tmp/verify.fio <<J
[global]
filename=%(dev)s
verify=crc32c
verify_fatal=1
do_verify=1
group_reporting=1
stonewall=1
randrepeat=0
J
n=0
for direct in 1 0; do
	for depth in 1 32; do
		for bs in 4k 64k 1m; do
			n=$((n+1)); size=%(small)s; [ $bs = 4k ] || size=%(large)s
			cat >>/tmp/verify.fio <<J
[d$direct-q$depth-$bs]
rw=randwrite
direct=$direct
ioengine=libaio
iodepth=$depth
bs=$bs
size=$size
offset=${n}0m
J
		done
	done
done
fio --output=/tmp/fio.out /tmp/verify.fio || { cat /tmp/fio.out; exit 1; }
! grep -E 'err= *[1-9]|verify:' /tmp/fio.out
"""


@scenario(rows="S08 ~V19 ~S05", machine=(ONE, FOUR), drivers=MATRIX, timeout=400)
def fio_verify(m):
    "fio with verify, 4 KiB to 1 MiB, depth 1 and 32, O_DIRECT and buffered"
    m.sh(FIO % {"dev": m.dev(), "small": "1m", "large": "8m"}, 380)


@scenario(rows="S08", machine=FOUR, drivers=BOTH)
def transfer_limits(m):
    "queue limits follow what the host said, and a block of the largest size goes through"
    q = "/sys/block/%s/queue/" % os.path.basename(m.dev())
    kb = int(m.sh("cat %smax_hw_sectors_kb" % q))
    segments = int(m.sh("cat %smax_segments" % q))
    m.expect(kb >= 64, "max_hw_sectors_kb is %d" % kb)
    m.expect(segments * 4 >= kb, "%d segments of a page do not hold %d KiB" % (segments, kb))
    m.expect(m.sh("cat %svirt_boundary_mask" % q) == "4095", "virt_boundary_mask")
    m.sh("echo %d > %smax_sectors_kb; dd if=/dev/urandom of=/tmp/x bs=%dk count=4 2>/dev/null;"
         "dd if=/tmp/x of=%s bs=%dk oflag=direct 2>/dev/null; dd if=%s bs=%dk count=4 iflag=direct 2>/dev/null | cmp - /tmp/x"
         % (kb, q, kb, m.dev(), kb, m.dev(), kb))


@scenario(rows="S05 V13", machine=FOUR, drivers=BOTH)
def sub_channels(m):
    "every sub-channel of the host is open, one hardware queue for each CPU or channel"
    channels = m.sh("channels 0 | wc -l")
    m.expect(channels == "4", "%s channels, wanted 4" % channels)
    queues = int(m.sh("ls -d /sys/block/%s/mq/* | wc -l" % os.path.basename(m.dev())))
    m.expect(queues == 4, "%d hardware queues, wanted 4" % queues)


@scenario(rows="S06", machine=FOUR, drivers=BOTH, timeout=200)
def channel_spread(m):
    "I/O from every CPU is spread over the channels"
    count = "for c in $(channels 0); do cat $c/events; done"
    before = [int(x) for x in m.sh(count).split()]
    m.sh("for c in 0 1 2 3; do taskset -c $c dd if=%s of=/dev/null bs=4k count=100 skip=${c}000 "
         "iflag=direct 2>/dev/null & done; wait" % m.dev(), 150)
    after = [int(x) for x in m.sh(count).split()]
    grown = [b - a for a, b in zip(before, after)]
    m.note("signals or events per channel: %s" % grown)
    m.expect(sum(1 for g in grown if g > 0) >= 2, "only one channel was used: %s" % grown)


@scenario(rows="S13", machine=(ONE, FOUR), drivers=BOTH, timeout=200)
def hot_add_remove(m):
    "disks come and go at random LUNs, nobody rescans"
    disks = [Disk(lun=n, size=(8 + n) << 20) for n in (1, 5, 63)]
    for d in disks:
        with open(m.backing(d), "wb") as f:
            f.truncate(d.size)
        m.host("disk add file=%s,lun=%d,controller=0" % (m.backing(d), d.lun))
    for d in disks:
        m.wait('[ -n "$(disk %s)" ]' % d.name, 30, "disk %s appears" % d.name)
        m.expect(int(m.sh("blockdev --getsize64 " + m.dev(d))) == d.size, "size of " + d.name)
        m.sh("dd if=/dev/urandom of=%s bs=64k count=16 oflag=direct 2>/dev/null" % m.dev(d))
    for d in disks:
        m.host("disk remove controller=0 lun=%d" % d.lun)
    for d in disks:
        m.wait('[ -z "$(disk %s)" ]' % d.name, 30, "disk %s goes" % d.name)
    m.expect(m.sh("disk c0l0") != "", "disk 0 stays")
    m.sh("dd if=%s of=/dev/null bs=4k count=4 iflag=direct 2>/dev/null" % m.dev())


ADDED = tuple(Disk(controller=c, lun=n, size=(4 + n) << 20) for c in (0, 1) for n in (3, 9, 70))


def change(m, disks, there):
    """The host adds these disks, or removes them, without waiting for the guest."""
    for d in disks:
        m.host("disk add file=%s,lun=%d,controller=%d" % (m.backing(d), d.lun, d.controller) if there else
               "disk remove controller=%d lun=%d" % (d.controller, d.lun))


@scenario(rows="~S13 ~S24", machine=(Machine(disks=(Disk(), Disk(controller=1, size=64 << 20))),
                                     Machine(cpus=4, least=4, subchannels=3, memory=768, disks=(Disk(), Disk(controller=1, size=64 << 20)))),
          drivers=ONLY_OURS, timeout=300, noise="I/O error")
def unload_beside_hotplug(m):
    "the driver is unloaded, and loaded, while the host adds and removes disks: no hang, and afterwards those are there that the host has"
    for d in ADDED:
        with open(m.backing(d), "wb") as f:
            f.truncate(d.size)
    m.drivers = (None, None)
    for n in range(8):
        change(m, ADDED, True)              # which it is asked about while it goes
        m.sh("rm -f /run/unloaded; (unload hv_storvsc; echo $? >/run/unloaded) >/run/unload.out 2>&1 & true")
        # whoever looks at a disk uses the module, so there is an end
        for there in (False, True) * (1 + n % 4) + (False,):
            change(m, ADDED, there)
        m.wait("[ -e /run/unloaded ]", 60, "the driver is unloaded")
        m.sh("[ $(cat /run/unloaded) = 0 ] || { cat /run/unload.out; exit 1; }")
        m.sh("modprobe hv_storvsc & true")
        for there in (True, False) * (1 + n % 3) + (True,):
            change(m, ADDED, there)
        m.settle()
        for d in ADDED:
            m.wait('[ -n "$(disk %s)" ]' % d.name, 60, "disk " + d.name)
            m.expect(int(m.sh("blockdev --getsize64 " + m.dev(d))) == d.size, "size of " + d.name)
        change(m, ADDED, False)
    for d in ADDED:
        m.wait('[ -z "$(disk %s)" ]' % d.name, 60, "disk %s goes" % d.name)
    m.drivers = ("ours", "ours")
    for d in m.spec.disks:
        m.sh("dd if=%s of=/dev/null bs=4k count=4 iflag=direct 2>/dev/null" % m.dev(d))


@scenario(rows="S14", machine=ONE, drivers=BOTH)
def resize(m):
    "a disk grows while mounted and shrinks back, nobody rescans"
    d = Disk(lun=7, size=32 << 20)
    with open(m.backing(d), "wb") as f:
        f.truncate(d.size)
    m.host("disk add file=%s,lun=7,controller=0" % m.backing(d))
    m.wait('[ -n "$(disk c0l7)" ]')
    dev = m.dev(d)
    m.sh("mkfs.ext4 -q -F %s; mkdir -p /mnt2; mount -t ext4 %s /mnt2" % (dev, dev))
    m.host("disk resize controller=0 lun=7 size=%d" % (64 << 20))
    # the host tells at the next command
    m.wait("dd if=%s of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null; [ $(blockdev --getsize64 %s) = %d ]"
           % (dev, dev, 64 << 20), 30, "the new size")
    m.sh("umount /mnt2; e2fsck -fn %s" % dev)
    m.host("disk remove controller=0 lun=7")
    m.wait('[ -z "$(disk c0l7)" ]')


@scenario(rows="S17", machine=ONE, drivers=BOTH, timeout=200)
def fstrim(m):
    "discard reaches the host's file: what fstrim frees is free there too"
    dev = m.dev()
    m.sh("mkfs.ext4 -q -F -E nodiscard %s; mount -t ext4 %s /mnt; dd if=/dev/urandom of=/mnt/f bs=1M count=32 2>/dev/null; sync"
         % (dev, dev), 120)
    before = os.stat(m.backing()).st_blocks * 512
    m.sh("rm /mnt/f; sync; fstrim /mnt", 60)
    after = os.stat(m.backing()).st_blocks * 512
    m.sh("umount /mnt")
    m.note("%d KiB in the host's file before, %d KiB after" % (before >> 10, after >> 10))
    m.expect(before - after > 24 << 20, "fstrim freed %d bytes of 32 MiB" % (before - after))


@scenario(rows="~S16 S17", machine=ONE, drivers=BOTH)
def discard_and_zero(m):
    "blkdiscard and write-same zeroes, and the provisioning pages are used"
    dev = m.dev()
    q = "/sys/block/%s/queue/" % os.path.basename(dev)
    m.expect(int(m.sh("cat %sdiscard_max_bytes" % q)) > 0, "no discard")
    m.sh("dd if=/dev/urandom of=%s bs=1M count=8 oflag=direct 2>/dev/null; /sbin/blkdiscard -o 1M -l 4M %s;"
         "/sbin/blkdiscard -z -o 5M -l 1M %s; dd if=%s bs=1M skip=1 count=5 iflag=direct 2>/dev/null | tr -d '\\0' | wc -c | grep -qx 0"
         % (dev, dev, dev, dev))


@scenario(rows="S20 ~F07", machine=(ONE, FOUR), drivers=BOTH, timeout=200)
def resets_under_load(m):
    "LUN, target and host reset while I/O runs; no I/O fails"
    dev = m.dev()
    m.sh("fio --name=l --filename=%s --rw=randwrite --bs=4k --iodepth=8 --ioengine=libaio --direct=1 "
         "--size=16m --time_based --runtime=8 --verify=crc32c >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid; sleep 1" % dev)
    levels = ["-H"] if not m.ours else ["-d", "-H"]
    for level in levels:
        m.sh("sg_reset %s %s" % (level, dev), 60)
        m.sh("sleep 1")
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 60, "fio ends")
    m.sh("grep -q 'err= 0' /tmp/fio.out || { cat /tmp/fio.out; exit 1; }")


@scenario(rows="S04", machine=MANY, drivers=BOTH)
def sparse_luns(m):
    "LUN 0, 63, 254 and a second controller: each where it belongs, nothing else"
    for d in m.spec.disks:
        m.expect(int(m.sh("blockdev --getsize64 " + m.dev(d))) == d.size, "size of " + d.name)
    m.expect(m.sh("ls -d /sys/block/sd* | wc -l") == "5", "number of disks: " + m.sh("ls /sys/block"))


@scenario(rows="~S03", machine=MANY, drivers=BOTH)
def ide_disk(m):
    "a disk on the IDE class, with its target out of the instance"
    d = m.spec.disks[-1]
    m.expect(int(m.sh("blockdev --getsize64 " + m.dev(d))) == d.size, "size of the IDE disk")
    m.sh("dd if=/dev/urandom of=/tmp/x bs=64k count=8 2>/dev/null; dd if=/tmp/x of=%s oflag=direct bs=64k 2>/dev/null; "
         "dd if=%s bs=64k count=8 iflag=direct 2>/dev/null | cmp - /tmp/x" % (m.dev(d), m.dev(d)))


@scenario(rows="S23", machine=ONE, drivers=BOTH)
def queue_depth(m):
    "the queue depth of a disk can be changed"
    m.sh("f=$(scsi c0l0)/queue_depth; old=$(cat $f); echo 16 >$f; [ $(cat $f) = 16 ]; echo $old >$f; [ $(cat $f) = $old ]")


@scenario(rows="S18", machine=ONE, drivers=BOTH)
def flush_order(m):
    "fsync and O_DSYNC reach the host as cache flushes, after the data"
    dev = m.dev()
    m.expect("write back" in m.sh("cat /sys/block/%s/queue/write_cache" % os.path.basename(dev)), "write cache")
    m.sh("dd if=/dev/zero of=%s bs=4k count=1 seek=9 conv=fsync 2>/dev/null" % dev)
    m.trace.wait(r"(?i)synchronize|SYNC.CACHE|op=0x35|cdb=35", 10)


@scenario(rows="~S07", machine=ONE, drivers=BOTH, timeout=200)
def parameters(m):
    "module parameters are there, and the ring size takes effect"
    names = m.sh("ls /sys/module/hv_storvsc/parameters").split()
    for name in ("logging_level", "storvsc_ringbuffer_size", "storvsc_max_hw_queues",
                 "storvsc_vcpus_per_sub_channel", "ring_avail_percent_lowater"):
        m.expect(name in names, "no parameter " + name)


def start_load(m, dev, seconds=10):
    # a disk that is gone before fio opens it would become a file in /dev, in the next one's way
    m.sh("io_watch %s; fio --name=l --filename=%s --allow_file_create=0 --rw=randrw --bs=4k --iodepth=8 --ioengine=libaio "
         "--direct=1 --size=16m --time_based --runtime=%d >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid; io_begun; sleep 1" %
         (dev, dev, seconds), 100)


def end_load(m, timeout=60):
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", timeout, "fio ends")
    return m.sh("cat /tmp/fio.out")


# in-tree storvsc waits for ever for the commands that the host took with it
@scenario(rows="S24", machine=ONE, drivers=ONLY_OURS, timeout=300, noise="I/O error")
def rescind_under_load(m):
    "the controller goes while I/O runs: errors, no hang; it comes back and works"
    start_load(m, m.dev(), 20)
    m.host("rescind scsi0")
    m.wait('[ -z "$(controller 0)" ]', 60, "the controller goes")
    out = end_load(m)
    m.expect(re.search(r"err= *[1-9]", out), "fio noticed nothing: " + out[-300:])
    m.host("offer scsi0")
    m.settle()
    m.sh("dd if=%s of=/dev/null bs=4k count=16 iflag=direct 2>/dev/null" % m.dev())


@scenario(rows="S19 ~F25", machine=ONE, drivers=BOTH, timeout=300, noise="I/O error")
def held_command(m):
    "the host holds a command far longer than the timeout and then completes it: no error, no corruption"
    dev = m.dev()
    lost = "/sys/module/hv_storvsc/parameters/storvsc_lost_after"
    # late, and not lost
    m.sh("[ ! -e %s ] || echo 0 >%s; echo 2 > $(scsi c0l0)/timeout" % (lost, lost))
    m.host("fault storage controller=0 lun=0 op=0x28 hold count=1")
    m.sh("dd if=%s of=/tmp/held bs=4k count=1 iflag=direct 2>/tmp/held.err & echo $! >/tmp/held.pid" % dev)
    time.sleep(12)
    m.sh("kill -0 $(cat /tmp/held.pid)")
    m.host("release")
    m.wait("! kill -0 $(cat /tmp/held.pid) 2>/dev/null", 30)
    m.sh("[ $(stat -c %s /tmp/held) = 4096 ] || { cat /tmp/held.err; exit 1; }")
    m.sh("[ ! -e {0} ] || echo 4 >{0}; echo 30 > $(scsi c0l0)/timeout".format(lost))


# srb status, scsi status, sense, what dd says on a read
STATUS = (
    ("srb=0x04", "Input/output error"),
    ("srb=0x06", "Input/output error"),
    ("srb=0x84 scsi=0x02 sense=70000300000000000000000011000000", "Input/output error"),
    ("srb=0x84 scsi=0x02 sense=70000500000000000000000021000000", "Input/output error"),
)


@scenario(rows="S11 S12", machine=ONE, drivers=BOTH, timeout=300,
          noise="I/O error|Sense Key|critical")
def status_map(m):
    "SRB and SCSI status with and without sense: the right errno, the disk stays"
    dev = m.dev()
    for fault, text in STATUS:
        m.host("fault storage controller=0 lun=0 op=0x28 %s count=20" % fault)
        out, status = m.run("dd if=%s of=/dev/null bs=4k count=1 iflag=direct" % dev, 60)
        m.host("fault clear")
        m.expect(status != 0 and text in out, "%s: dd ended with %d: %s" % (fault, status, out))
        m.sh("dd if=%s of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null" % dev)
    m.expect(m.sh("disk c0l0") == dev, "the disk is still there")
    for fault in ("srb=0x05 count=3", "srb=0x84 scsi=0x02 sense=70000600000000000000000029000000 count=1",
                  "srb=0x01 scsi=0x08 count=3"):
        m.host("fault storage controller=0 lun=0 op=0x28 " + fault)
        m.sh("dd if=%s of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null" % dev, 60)
        m.host("fault clear")


@scenario(rows="~S11", machine=ONE, drivers=BOTH, timeout=120, noise="I/O error")
def invalid_lun(m):
    "SRB status invalid LUN removes that disk and no other"
    d = Disk(lun=3, size=8 << 20)
    with open(m.backing(d), "wb") as f:
        f.truncate(d.size)
    m.host("disk add file=%s,lun=3,controller=0" % m.backing(d))
    m.wait('[ -n "$(disk c0l3)" ]')
    m.host("fault storage controller=0 lun=3 srb=0x20 count=100")
    m.run("dd if=$(disk c0l3) of=/dev/null bs=4k count=1 iflag=direct", 60)
    m.wait('[ -z "$(disk c0l3)" ]', 30)
    m.host("fault clear")
    m.expect(m.sh("disk c0l0") != "", "disk 0 stays")
    m.host("disk remove controller=0 lun=3")


@scenario(rows="S10", machine=ONE, drivers=BOTH, timeout=200)
def host_stops_reading(m):
    "the host reads nothing for a while: the ring fills, I/O waits, nothing is lost"
    full = "cat $(channels 0)/out_full_total"
    before = int(m.sh(full))
    m.sh("fio --name=v --filename=%s --rw=randwrite --bs=4k --iodepth=1024 --ioengine=libaio --direct=1 --numjobs=2 "
         "--offset_increment=16m --size=8m --verify=crc32c --verify_fatal=1 >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid" % m.dev())
    time.sleep(1)
    m.host("freeze scsi0")
    time.sleep(5)
    m.host("thaw scsi0")
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 100, "fio ends")
    m.sh("! grep -E 'err= *[1-9]|verify:' /tmp/fio.out")
    m.note("ring found full %d times" % (int(m.sh(full)) - before))


@scenario(rows="~F23", machine=MANY, drivers=ONLY_OURS)
def attributes(m):
    "the SCSI host shows what was negotiated"
    out = m.sh("cd /sys/class/scsi_host; for h in host*; do grep -r . $h/ 2>/dev/null | grep -iE 'version|channels|transfer'; done")
    m.expect("version" in out, "no negotiated version in sysfs: " + out)
