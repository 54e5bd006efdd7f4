# SPDX-License-Identifier: GPL-2.0-only
"""What hv_storvsc does beyond the in-tree driver, and how it stands up to the host."""
import dataclasses
import json
import time

from registry import ONLY_OURS, Disk, Machine, scenario
from s_host import renew

SMALL = Machine(disks=(Disk(), Disk(controller=1, size=64 << 20)))
TWO = Machine(cpus=4, least=1, subchannels=3, memory=768, disks=(Disk(), Disk(controller=1, size=64 << 20)))
FOUR = dataclasses.replace(TWO, least=4)         # sub-channels
FIO = ("fio --output-format=json --output=/tmp/%(name)s.json --name=%(name)s --filename=%(dev)s --allow_file_create=0 --rw=%(rw)s --bs=%(bs)s "
       "--iodepth=%(depth)d --ioengine=libaio --direct=1 --size=16m %(more)s >/tmp/%(name)s.out 2>&1")


def host_dir(m, number):
    """/sys/class/scsi_host/hostN of SCSI controller NUMBER."""
    return m.sh("echo /sys/class/scsi_host/$(basename $(ls -d $(controller %d)/host*))" % number)


def attr(m, number, name):
    return m.sh("cat %s/%s" % (host_dir(m, number), name))


def counters(m, number=0):
    return {k: int(v) for k, v in (l.split() for l in attr(m, number, "counters").splitlines())}


def read(m, disk=Disk()):
    m.sh("dd if=%s of=/dev/null bs=4k count=16 iflag=direct 2>/dev/null" % m.dev(disk), 100)


def background(m, dev, name="bg", rw="randrw", bs="4k", depth=8, seconds=6, more=""):
    m.sh("io_watch %s; %s & echo $! >/tmp/%s.pid; io_begun; sleep 1" %
         (dev, FIO % {"dev": dev, "name": name, "rw": rw, "bs": bs, "depth": depth,
                 "more": "--time_based --runtime=%d %s" % (seconds, more)}, name), 100)


def ended(m, name="bg", timeout=60):
    """The error that fio ended with."""
    m.wait("! kill -0 $(cat /tmp/%s.pid) 2>/dev/null" % name, timeout, "fio ends")
    out = m.sh("cat /tmp/%s.json" % name)
    return json.loads(out[out.index("{"):])["jobs"][0]["error"]


@scenario(rows="S02 ~F23", machine=TWO, drivers=ONLY_OURS, timeout=300)
def versions_side_by_side(m):
    "two controllers with different protocol versions, each its own, for every version"
    for version in ("5.1", "6.0", "6.2"):
        m.host("storage scsi1 version=" + version)
        renew(m, 1)
        m.expect(attr(m, 1, "protocol_version") == version, "controller 1 says " + attr(m, 1, "protocol_version"))
        m.expect(attr(m, 0, "protocol_version") == "6.2", "controller 0 says " + attr(m, 0, "protocol_version"))
        read(m, m.spec.disks[1])
        read(m)


@scenario(rows="S08", machine=TWO, drivers=ONLY_OURS, timeout=400)
def transfer_claims(m):
    "any transfer limit the host claims, absurd ones too, gives a disk that works at its limit"
    for claim, used in ((0, 65536), (4096, 4096), (65536, 65536), (1 << 20, 1 << 20), (0xffffffff, 4 << 20)):
        m.host("storage scsi1 max-transfer=%d" % claim)
        renew(m, 1)
        got = int(attr(m, 1, "max_transfer_bytes"))
        m.expect(got == used, "claim %d: %d used, wanted %d" % (claim, got, used))
        dev = m.dev(m.spec.disks[1])
        q = "/sys/block/%s/queue/" % dev[5:]
        kb = int(m.sh("cat %smax_hw_sectors_kb" % q))
        m.expect(kb <= used >> 10, "max_hw_sectors_kb %d" % kb)
        # the disk itself may want less
        m.sh("echo %d >%smax_sectors_kb || true; dd if=/dev/urandom of=/tmp/x bs=1M count=8 2>/dev/null;"
             "dd if=/tmp/x of=%s bs=4M oflag=direct 2>/dev/null; dd if=%s bs=4M count=2 iflag=direct 2>/dev/null | cmp - /tmp/x"
             % (kb, q, dev, dev), 100)
    m.host("storage scsi1 max-transfer=262144")
    renew(m, 1)


@scenario(rows="S09", machine=TWO, drivers=ONLY_OURS, timeout=200)
def forged_answers(m):
    "answers repeated, invented, to other ids: counted and dropped under load, data intact"
    before = counters(m)
    m.host("fault storage controller=0 duplicate count=200")
    m.sh(FIO % {"dev": m.dev(), "name": "v", "rw": "randwrite", "bs": "4k", "depth": 16,
                "more": "--verify=crc32c --verify_fatal=1 --do_verify=1"} + " || { cat /tmp/v.out; exit 1; }", 150)
    m.host("fault clear")
    packet = "send packet scsi0 type=11 flags=0 id=%d offset=2 len=10 payload=01000000" + "00" * 60
    for ident in (0, 1, 77777, 0xffff << 16 | 3, 1 << 32 | 5, 0xffffffffffffffff, 1 << 63 | 1 << 32):
        m.host(packet % ident)
    m.sh("sleep 0.5")
    after = counters(m)
    grown = {k: after[k] - before[k] for k in after if after[k] != before[k]}
    m.note(str(grown))
    m.expect(grown.get("repeated_id", 0) + grown.get("stale_id", 0) >= 200, "duplicates not counted: %s" % grown)
    m.expect(grown.get("unknown_id", 0) >= 1, "unknown ids not counted: %s" % grown)
    read(m)


@scenario(rows="S11", machine=TWO, drivers=ONLY_OURS, timeout=200)
def path_comes_back(m):
    "a LUN not reached for seconds: its commands wait and go through, nothing fails"
    for status in ("0x0a", "0x20", "0x08"):
        m.host("fault storage controller=0 lun=0 srb=%s count=100000" % status)
        m.sh("dd if=%s of=/dev/null bs=4k count=4 iflag=direct 2>/tmp/dd.err & echo $! >/tmp/dd.pid; sleep 4; kill -0 $!" % m.dev())
        m.host("fault clear")
        m.wait("! kill -0 $(cat /tmp/dd.pid) 2>/dev/null", 30, "dd ends after " + status)
        m.sh("grep -q '4+0 records in' /tmp/dd.err || { cat /tmp/dd.err; exit 1; }")
        read(m)


@scenario(rows="~S11", machine=Machine(disks=(Disk(),) + tuple(Disk(ide=True, lun=n, size=8 << 20) for n in range(3))), drivers=ONLY_OURS, timeout=200)
def ide_path_comes_back(m):
    "the disk of the second IDE channel not reached for seconds: the host lists it elsewhere, its commands wait and go through"
    last = m.spec.disks[3]
    for status in ("0x0a", "0x20"):
        for op in ("0x28", "0x00"):
            m.host("fault storage ide controller=2 op=%s srb=%s count=100000" % (op, status))
        m.trace.mark()
        m.sh("dd if=%s of=/dev/null bs=4k count=4 iflag=direct 2>/tmp/dd.err & echo $! >/tmp/dd.pid" % m.dev(last))
        m.trace.wait("EXECUTE_SRB +ide2 .* op=0 ", 30, 3)
        m.sh("kill -0 $(cat /tmp/dd.pid)")
        m.host("fault clear")
        m.wait("! kill -0 $(cat /tmp/dd.pid) 2>/dev/null", 30, "dd ends after " + status)
        m.sh("grep -q '4+0 records in' /tmp/dd.err || { cat /tmp/dd.err; exit 1; }")
        read(m, last)


def loud(m):
    """What the kernel has said of disks since the scenario began, as a warning or worse; its level is in front."""
    return m.sh("dmesg -r | sed '1,/scenario-mark %d$/d' | grep -E '^<[0-4]>.*(sd |storvsc|I/O error|vmbus)' || :" % m.mark)


# in-tree storvsc has the midlayer send these again without end
@scenario(rows="S12", machine=SMALL, drivers=ONLY_OURS, timeout=200, noise="Sense Key|I/O error")
def recovered_errors(m):
    "RECOVERED ERROR and NO SENSE: with data they are a success, of which no error is logged, without it an error, at once in both cases"
    dev = m.dev()
    m.sh("dd if=/dev/urandom of=/tmp/pat bs=64k count=4 2>/dev/null; dd if=/tmp/pat of=%s bs=64k oflag=direct 2>/dev/null" % dev)
    for key, status in (("01", ""), ("00", ""), ("01", " srb=0x81 scsi=0"), ("01", " srb=0x81 scsi=2")):
        sense = "sense=7000%s0000000000000000170100%s" % (key, status)
        m.host("fault storage controller=0 lun=0 op=0x28 %s performed count=all" % sense)
        m.sh("dd if=%s bs=64k count=4 iflag=direct 2>/dev/null | cmp - /tmp/pat" % dev, 60)
        m.host("fault clear")
        m.host("fault storage controller=0 lun=0 op=0x2a %s performed count=all" % sense)
        m.sh("dd if=/tmp/pat of=%s bs=64k seek=8 oflag=direct 2>/dev/null" % dev, 60)
        m.host("fault clear")
        m.sh("dd if=%s bs=64k skip=8 count=4 iflag=direct 2>/dev/null | cmp - /tmp/pat" % dev, 60)
        m.expect(not loud(m), "%s: %s" % (sense, loud(m)))
    for answer in ("sense=700001000000000000000000170100", "sense=700000000000000000000000170100", "srb=0x01"):
        m.host("fault storage controller=0 lun=0 op=0x28 %s count=all" % answer)
        out, status = m.run("dd if=%s of=/dev/null bs=64k count=1 iflag=direct" % dev, 60)
        m.host("fault clear")
        m.expect(status != 0 and "Input/output error" in out, "%s: dd ended with %d: %s" % (answer, status, out))
    read(m)


@scenario(rows="S14 S13", machine=TWO, drivers=ONLY_OURS, timeout=200)
def resize_when_idle(m):
    "a disk that nobody reads has its new size after the host's event"
    d = m.spec.disks[1]
    for size in (96 << 20, 80 << 20):
        m.host("disk resize controller=1 lun=0 size=%d" % size)
        m.host("storage scsi1 enumerate")
        m.wait("[ $(blockdev --getsize64 %s) = %d ]" % (m.dev(d), size), 30, "size %d" % size)


@scenario(rows="~S22 ~S14", machine=Machine(disks=(Disk(), Disk(controller=1, size=64 << 20), Disk(controller=1, lun=3, size=64 << 20))), drivers=ONLY_OURS)
def two_media_at_once(m):
    "the host tells of new media in two drives while the driver waits for it: both are looked at"
    drives = m.spec.disks[1:]
    m.host("fault storage controller=1 op=0xa0 drop count=all")
    m.trace.mark()
    m.host("storage scsi1 enumerate")
    m.trace.wait("EXECUTE_SRB +scsi1 .* op=0xa0", 30)
    for d in drives:
        m.host("disk resize controller=1 lun=%d size=%d" % (d.lun, 96 << 20))
    for d in drives:
        m.host("send packet scsi1 type=6 flags=0 id=0 offset=2 len=10 payload=0e" + "00" * 11 + "%02x" % d.lun + "00" * 51)
    for d in drives:
        m.wait("[ $(blockdev --getsize64 %s) = %d ]" % (m.dev(d), 96 << 20), 60, "the size of LUN %d" % d.lun)
    m.host("fault clear")


@scenario(rows="F25 S19", machine=TWO, drivers=ONLY_OURS, timeout=200)
def late_command(m):
    "a command that the host keeps: lines and counters say so, later it ends well"
    before = counters(m)["timeout_rearmed"]
    m.sh("echo 2 >$(scsi c0l0)/timeout")
    m.host("fault storage controller=0 lun=0 op=0x28 hold count=1")
    m.sh("dd if=%s of=/tmp/held bs=4k count=1 iflag=direct 2>/dev/null & echo $! >/tmp/held.pid; sleep 7" % m.dev())
    m.host("release")
    m.wait("! kill -0 $(cat /tmp/held.pid) 2>/dev/null", 30)
    m.sh("[ $(stat -c %s /tmp/held) = 4096 ]; echo 180 >$(scsi c0l0)/timeout")
    m.expect(counters(m)["timeout_rearmed"] > before, "no timeout counted")
    m.expect("waiting on" in m.dmesg(), "no line about the command")


@scenario(rows="S24", machine=TWO, drivers=ONLY_OURS, timeout=200, noise="I/O error|Buffer I/O")
def rescind_with_commands_held(m):
    "the controller goes while the host keeps commands: all of them fail, nothing waits"
    m.host("fault storage controller=1 lun=0 op=0x28 hold count=100")
    background(m, m.dev(m.spec.disks[1]), rw="randread", seconds=100)
    m.host("rescind scsi1")
    m.expect(ended(m, timeout=60) != 0, "fio saw no error")
    m.wait('[ -z "$(controller 1)" ]', 60, "the controller goes")
    m.host("fault clear")
    m.host("release")
    m.host("offer scsi1")
    m.settle()
    read(m, m.spec.disks[1])


@scenario(rows="S24 S25", machine=TWO, drivers=ONLY_OURS, timeout=300, noise="I/O error|Buffer I/O")
def unbind_under_load(m):
    "the driver is taken off the device and put back while I/O runs, ten times"
    for _ in range(10):
        background(m, m.dev(m.spec.disks[1]), seconds=30, more="--size=8m")
        m.sh("d=$(basename $(controller 1)); echo $d >/sys/bus/vmbus/drivers/hv_storvsc/unbind;"
             "echo $d >/sys/bus/vmbus/drivers/hv_storvsc/bind", 100)
        ended(m)
        m.settle()
    read(m, m.spec.disks[1])


@scenario(rows="F07 S20", machine=TWO, drivers=ONLY_OURS, timeout=200)
def reset_ladder(m):
    "LUN, adapter and bus reset each send their own operation and leave I/O running"
    background(m, m.dev(), seconds=8, more="--verify=crc32c")
    for level, operation in (("-d", "RESET_LUN"), ("-b", "RESET_ADAPTER"), ("-H", "RESET_BUS")):
        m.trace.mark()
        m.sh("sg_reset -N %s %s" % (level, m.dev()), 60)
        m.trace.wait(operation, 10)
    m.expect(ended(m) == 0, "fio failed")
    c = counters(m)
    m.expect(c["lun_reset"] and c["adapter_reset"] and c["bus_reset"], "counters: %s" % c)


@scenario(rows="S07", machine=FOUR, drivers=ONLY_OURS, timeout=300)
def parameters_take_effect(m):
    "each module parameter changes what it says"
    def load(arguments):
        m.drivers = (None, None)
        m.sh("unload hv_storvsc; modprobe hv_storvsc " + arguments, 60)
        m.settle()
        m.drivers = ("ours", "ours")

    load("storvsc_ringbuffer_size=32768")
    m.expect(attr(m, 0, "ring_bytes") == "32768", "ring of " + attr(m, 0, "ring_bytes"))
    read(m)
    load("storvsc_max_hw_queues=2")
    m.expect(attr(m, 0, "channels") == "2", "channels: " + attr(m, 0, "channels"))
    load("storvsc_vcpus_per_sub_channel=1")
    m.expect(attr(m, 0, "channels") == "4", "channels: " + attr(m, 0, "channels"))
    load("storvsc_vcpus_per_sub_channel=2")
    m.expect(attr(m, 0, "channels") == "2", "channels: " + attr(m, 0, "channels"))
    load("ring_avail_percent_lowater=100")
    background(m, m.dev(), rw="randread", depth=64, seconds=3)
    m.expect(not ended(m), "fio failed")
    m.expect(counters(m)["detour"] > 0, "no command took another channel")
    load("")
    m.sh("echo 0 >/sys/module/hv_storvsc/parameters/logging_level")
    m.host("send packet scsi0 type=99 flags=0 id=0 offset=2 len=10 payload=" + "00" * 64)
    m.sh("sleep 0.3")
    m.expect("dropped" not in m.dmesg(), "a line in spite of logging_level 0")
    m.sh("echo 1 >/sys/module/hv_storvsc/parameters/logging_level")


@scenario(rows="S23 S05", machine=FOUR, drivers=ONLY_OURS, timeout=200)
def depth_of_all_rings(m):
    "one disk may have as many commands out as all rings hold, from one CPU, and the user sets how many"
    q = "$(scsi c0l0)/queue_depth"
    depth = int(m.sh("cat " + q))
    ring = int(attr(m, 0, "ring_bytes")) // 392
    m.expect(depth > 3 * ring, "a depth of %d, where each of 4 rings takes about %d" % (depth, ring))
    m.sh("echo 7 >%s; [ $(cat %s) = 7 ]; echo %d >%s; [ $(cat %s) = %d ]" % (q, q, depth, q, q, depth))
    for sub in range(4):        # what is with the host is what lies in its rings
        m.host("freeze scsi0 sub=%d" % sub)
    m.sh("taskset -c 0 " + FIO % {"dev": m.dev(), "name": "deep", "rw": "randread", "bs": "4k", "depth": depth, "more": "--norandommap"} +
         " & echo $! >/tmp/deep.pid")
    out = "awk '{ print $9 }' %s/queues" % host_dir(m, 0)
    m.wait("[ $(%s | awk '{ n += $1 } END { print n }') = %d ]" % (out, depth), 100, "as many commands with the host as the disk may have")
    m.expect("0" not in m.sh(out).split(), "a channel without a command: " + m.sh(out))
    for sub in range(4):
        m.host("thaw scsi0 sub=%d" % sub)
    m.expect(ended(m, "deep", 100) == 0, "fio failed")


@scenario(rows="~S05", machine=(Machine(disks=(Disk(), Disk(ide=True))), TWO), drivers=ONLY_OURS,
          needs=("schedulers",))
def no_scheduler(m):
    "disks of every controller start without an I/O scheduler, and the user can choose one"
    m.sh("modprobe mq-deadline 2>/dev/null || true")
    for d in m.spec.disks:
        f = "/sys/block/%s/queue/scheduler" % m.dev(d)[5:]
        m.expect("[none]" in m.sh("cat " + f), "%s: %s" % (d.name, m.sh("cat " + f)))
        m.sh("echo mq-deadline >%s; grep -q '.mq-deadline.' %s" % (f, f))
        read(m, d)
        m.sh("echo none >%s" % f)


@scenario(rows="~S05", machine=Machine(disks=(Disk(), Disk(lun=1, size=8 << 20))), drivers=ONLY_OURS, timeout=200)
def full_ring_holds_its_disk(m):
    "a host that reads no ring: the disk that fills them waits, not its controller"
    m.host("freeze scsi0")
    m.sh("fio --name=f --filename=%s --rw=randwrite --bs=256k --iodepth=340 --ioengine=libaio --direct=1 --size=64m --io_size=512m "
         "--norandommap >/tmp/fio.out 2>&1 & echo $! >/tmp/fio.pid" % m.dev())
    full = "awk '$1 == \"ring_full\" { exit $2 <= %d }' " + host_dir(m, 0) + "/counters"
    m.wait(full % 0, 60, "a ring is full")
    m.expect(m.sh("cat $(scsi c0l1)/device_blocked") == "0", "the other disk waits too")
    # nothing of the other disk is out whose end would have this command tried again
    m.sh("dd if=%s of=/dev/null bs=4k count=1 iflag=direct >/tmp/dd.out 2>&1 & echo $! >/tmp/dd.pid" % m.dev(Disk(lun=1)))
    before = counters(m)["ring_full"]
    m.wait(full % (before + 20), 60, "both disks try again and again")
    m.host("thaw scsi0")
    m.wait("! kill -0 $(cat /tmp/dd.pid) 2>/dev/null", 60, "the other disk's command ends")
    m.wait("! kill -0 $(cat /tmp/fio.pid) 2>/dev/null", 100, "fio ends")
    m.sh("! grep -E 'err= *[1-9]' /tmp/fio.out")


def load_driver(m, arguments=""):
    """hv_storvsc again, with these parameters; the disks need not be there afterwards."""
    m.drivers = (None, None)
    m.sh("unload hv_storvsc; modprobe hv_storvsc " + arguments, 100)
    m.drivers = ("ours", "ours")


@scenario(rows="~S02", machine=SMALL, drivers=ONLY_OURS, timeout=300)
def slow_handshake(m):
    "a host that answers a step of the handshake after its limit: the controller comes by itself, and can be removed meanwhile"
    for packet in (7, 9, 10, 8):
        m.host("fault storage packet=%d delay=30000 count=1" % packet)
        load_driver(m, "storvsc_host_timeout=1")
        m.wait('[ -n "$(disk c0l0)" ] && [ -n "$(disk c1l0)" ]', 60, "the disks after a late answer to operation %d" % packet)
        m.host("fault clear")
        m.settle()
        read(m)
    m.host("fault storage packet=7 drop count=all")
    load_driver(m, "storvsc_host_timeout=1")
    m.sh("unload hv_storvsc", 60)
    m.host("fault clear")
    m.sh("modprobe hv_storvsc")
    m.settle()
    read(m)


@scenario(rows="S13", machine=SMALL, drivers=ONLY_OURS, timeout=300)
def slow_report_luns(m):
    "the host tells of a new disk and answers REPORT LUNS after the limit for it: the disk appears"
    load_driver(m, "storvsc_host_timeout=1")
    m.settle()
    m.sh("echo 180 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout")
    m.host("fault storage controller=1 op=0xa0 delay=15000 count=all")
    extra = Disk(controller=1, lun=9, size=1 << 20)
    with open(m.backing(extra), "wb") as f:
        f.truncate(extra.size)
    m.host("disk add file=%s,lun=9,controller=1" % m.backing(extra))
    m.wait('[ -n "$(disk c1l9)" ]', 100, "the disk")
    m.expect(counters(m, 1)["call_timeout"] > 0, "no answer was late")
    m.host("fault clear")
    m.host("disk remove controller=1 lun=9")
    m.wait('[ -z "$(disk c1l9)" ]', 60)


@scenario(rows="~F25", machine=(SMALL, TWO), drivers=ONLY_OURS, timeout=300)
def lost_commands(m):
    "commands that the host loses: channels closed and opened again, each command done, every byte right"
    dev = m.dev()
    before = counters(m)["start_over"]
    channels = attr(m, 0, "channels")
    m.sh("echo 2 >/sys/module/hv_storvsc/parameters/storvsc_lost_after; echo 10 >$(scsi c0l0)/timeout")
    m.sh(FIO % {"dev": dev, "name": "lost", "rw": "randwrite", "bs": "4k", "depth": 8,
                "more": "--verify=crc32c --verify_fatal=1 --do_verify=1 --serialize_overlap=1"} + " & echo $! >/tmp/lost.pid", 100)
    for op in ("0x2a", "0x28"):
        m.sh("sleep 2")
        m.host("fault storage controller=0 lun=0 op=%s drop count=3" % op)
    m.expect(ended(m, "lost", 200) == 0, "fio failed")
    m.host("fault clear")
    m.host("fault storage controller=0 lun=0 op=0x28 drop count=1")
    read(m)
    m.expect(counters(m)["start_over"] > before, "nothing was started over")
    m.expect(attr(m, 0, "life") == "up", "the controller is " + attr(m, 0, "life"))
    m.expect(attr(m, 0, "channels") == channels, "channels: " + attr(m, 0, "channels"))
    m.sh("echo 4 >/sys/module/hv_storvsc/parameters/storvsc_lost_after; echo 180 >$(scsi c0l0)/timeout")


def stand_still(m, op, what):
    """Have the storage keep the next command of that kind, and wait until the controller's channels are closed for it."""
    m.host("fault storage controller=0 lun=0 op=%s hold count=1" % op)
    m.sh("rm -f /tmp/held.rc; (r=0; %s || r=1; echo $r >/tmp/held.rc) >/tmp/held.out 2>&1 & true" % what)
    m.wait("[ $(cat %s/life) = held ]" % host_dir(m, 0), 60, "the host does not confirm the close")


def storage_back(m):
    m.host("fault clear")
    m.host("release")
    m.wait("[ $(cat %s/life) = up ]" % host_dir(m, 0), 60, "starting over")
    m.wait("[ -e /tmp/held.rc ]", 60, "the command that was held ends")
    m.expect(m.sh("cat /tmp/held.rc") == "0", "the command that was held: " + m.sh("cat /tmp/held.out"))


LIMITS = ("for p in hv_vmbus/parameters/host_timeout=%d hv_storvsc/parameters/storvsc_lost_after=%d hv_storvsc/parameters/storvsc_wait_limit=%d;"
          "do echo ${p#*=} >/sys/module/${p%%=*}; done; echo %d >$(scsi c0l0)/timeout")


@scenario(rows="~F25 ~S24", machine=TWO, drivers=ONLY_OURS, timeout=300, noise="I/O error")
def storage_stands_still(m):
    "an outage longer than all limits: the host confirms the close when its storage is back, then nothing is lost, and the module unloads"
    dev = m.dev()
    channels = attr(m, 0, "channels")
    m.sh("dd if=/dev/urandom of=/tmp/pat bs=64k count=8 2>/dev/null; dd if=/tmp/pat of=%s bs=64k oflag=direct 2>/dev/null" % dev)
    m.sh(LIMITS % (1, 2, 600, 1))
    stand_still(m, "0x2a", "dd if=/tmp/pat of=%s bs=64k seek=8 oflag=direct conv=fsync" % dev)
    # these wait, and beyond the six periods after which the midlayer lets nothing go again
    m.sh("rm -f /tmp/other.rc; (r=0; dd if=%s bs=64k count=8 iflag=direct 2>/dev/null | cmp - /tmp/pat || r=1; echo $r >/tmp/other.rc) & true" % dev)
    m.wait("awk '$1 == \"timeout_rearmed\" { exit $2 < 8 }' %s/counters" % host_dir(m, 0), 60, "the timer runs out eight times")
    m.expect(m.sh("ls /tmp/*.rc 2>/dev/null || true") == "", "a command ended meanwhile")
    storage_back(m)
    m.wait("[ -e /tmp/other.rc ]", 60, "the command that waited ends")
    m.expect(m.sh("cat /tmp/other.rc") == "0", "the read of meanwhile failed")
    m.sh("dd if=%s bs=64k skip=8 count=8 iflag=direct 2>/dev/null | cmp - /tmp/pat" % dev)
    m.expect(attr(m, 0, "channels") == channels, "channels: " + attr(m, 0, "channels"))
    m.expect(m.sh("awk '/bytes in quarantine/ { print $1 }' /sys/kernel/debug/hv_vmbus/errors") == "0", "memory stays in quarantine")
    # longer than commands wait: they fail until it is back
    m.sh("echo 1 >/sys/module/hv_storvsc/parameters/storvsc_wait_limit")
    stand_still(m, "0x28", "dd if=%s bs=64k count=8 iflag=direct | cmp - /tmp/pat" % dev)
    m.wait("[ $(cat %s/life) = stuck ]" % host_dir(m, 0), 60, "waiting has an end")
    m.sh("! dd if=%s of=/dev/null bs=64k count=1 iflag=direct 2>/dev/null" % dev, 60)
    storage_back(m)
    m.sh("dd if=%s bs=64k count=8 iflag=direct 2>/dev/null | cmp - /tmp/pat" % dev)
    m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout")
    load_driver(m)
    m.settle()
    m.sh("dd if=%s bs=64k count=8 iflag=direct 2>/dev/null | cmp - /tmp/pat" % m.dev(), 60)


@scenario(rows="~S05 ~S06", machine=Machine(cpus=4, least=4, subchannels=3, memory=768), drivers=ONLY_OURS, timeout=300)
def sub_channel_lost(m):
    "the host takes a sub-channel back under load and offers it again: closed once, nothing fails, used again"
    for _ in range(3):
        before = counters(m)
        background(m, m.dev(), seconds=20, more="--numjobs=4 --offset_increment=16m --group_reporting")
        m.host("rescind scsi0 sub=2")
        m.wait("[ $(cat %s/channels) = 3 ]" % host_dir(m, 0), 60, "the sub-channel is closed")
        m.host("offer scsi0 subs=3")
        m.wait("[ $(cat %s/channels) = 4 ]" % host_dir(m, 0), 60, "the sub-channel is open again")
        m.expect(ended(m, timeout=100) == 0, "fio failed")
        m.expect(counters(m)["chan_reaped"] == before["chan_reaped"] + 1, "reaped: %s" % counters(m))
    used = "awk '$1 == 2 { print $11 }' %s/queues" % host_dir(m, 0)
    n = int(m.sh(used))
    background(m, m.dev(), seconds=5, rw="randread", more="--numjobs=4 --offset_increment=16m --group_reporting")
    m.expect(ended(m) == 0, "fio failed")
    m.expect(int(m.sh(used)) > n, "the channel that came back is not used")


@scenario(rows="~S06", machine=FOUR, drivers=ONLY_OURS, timeout=200)
def moved_channels(m):
    "channels that are moved to other CPUs carry the commands of those from then on"
    queues = host_dir(m, 0) + "/queues"
    own = """i=$(awk '$5 == %%d { print $1 }' %(q)s); n=$(awk -v i=$i '$1 == i { print $11 }' %(q)s)
taskset -c %%d dd if=%(dev)s of=/dev/null bs=4k count=16 iflag=direct 2>/dev/null
[ $(awk -v i=$i '$1 == i { print $11 }' %(q)s) -ge $((n + 16)) ]""" % {"q": queues, "dev": m.dev()}
    for move in range(3):
        if move:
            m.sh("for c in $(channels 0); do echo $((($(cat $c/cpu) + 1) % 4)) >$c/cpu; done")
        for cpu in range(4):
            m.sh("cat >/tmp/own.sh <<'EOF'\n%s\nEOF" % (own % (cpu, cpu)))
            m.wait(". /tmp/own.sh", 30, "commands of CPU %d on its own channel: %s" % (cpu, m.sh("cat " + queues)))


@scenario(rows="~S08", machine=SMALL, drivers=ONLY_OURS, timeout=200)
def smaller_after_start_over(m):
    "the host takes less per transfer when it is agreed with anew: the disks' limits follow"
    q = "/sys/block/%s/queue/max_hw_sectors_kb" % m.dev()[5:]
    for size in (65536, 262144):
        m.host("storage scsi0 max-transfer=%d" % size)
        m.sh("echo 2 >/sys/module/hv_storvsc/parameters/storvsc_lost_after; echo 5 >$(scsi c0l0)/timeout")
        m.host("fault storage controller=0 lun=0 op=0x28 drop count=1")
        read(m)
        m.wait("[ $(cat %s) = %d ]" % (q, size >> 10), 30, "a limit of %d bytes" % size)
        m.sh("dd if=%s of=/dev/null bs=1M count=2 iflag=direct 2>/dev/null" % m.dev())
    m.sh("echo 4 >/sys/module/hv_storvsc/parameters/storvsc_lost_after; echo 180 >$(scsi c0l0)/timeout")


@scenario(rows="~S20", machine=SMALL, drivers=ONLY_OURS, timeout=300, noise="I/O error|offlined|Sense Key")
def silent_in_recovery(m):
    "a host that answers nothing while the error handler is at work: afterwards it owns no command, and none is completed for another"
    dev = m.dev()
    m.sh("dd if=/dev/urandom of=/tmp/pat bs=64k count=4 2>/dev/null; dd if=/tmp/pat of=%s bs=64k oflag=direct 2>/dev/null" % dev)
    m.sh("echo 1 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout; echo 2 >$(scsi c0l0)/eh_timeout")
    m.sh("echo 1 >/sys/module/hv_vmbus/parameters/host_timeout")
    for probe in ("drop", "hold"):               # lost, or with the storage, also when the channel is closed
        m.host("fault storage controller=0 lun=0 op=0x28 srb=0x01 scsi=0x7e count=1")
        m.host("fault storage controller=0 lun=0 op=0x00 %s count=1" % probe)
        for packet in (4, 5, 6):
            m.host("fault storage packet=%d drop count=all" % packet)
        before = counters(m)["start_over"]
        m.sh("rm -f /tmp/eh.rc; (r=0; dd if=%s of=/dev/null bs=64k count=1 iflag=direct || r=1; echo $r >/tmp/eh.rc) >/dev/null 2>&1 & true" % dev)
        m.wait("awk '$1 == \"start_over\" { exit $2 <= %d }' %s/counters" % (before, host_dir(m, 0)), 100, "starting over")
        if probe == "hold":
            m.wait("[ $(cat %s/life) = held ]" % host_dir(m, 0), 60, "the host does not confirm the close")
        else:
            m.wait("[ -e /tmp/eh.rc ]", 100, "dd ends")
        m.wait("[ $(awk '{ n += $9 } END { print n }' %s/queues) = 0 ]" % host_dir(m, 0), 60, "no command is counted as the host's")
        m.host("fault clear")
        m.host("release")
        m.wait("[ $(cat %s/life) = up ] && [ -e /tmp/eh.rc ]" % host_dir(m, 0), 100, "dd ends")
        m.sh("echo running >$(scsi c0l0)/state")
        m.sh("dd if=%s bs=64k count=4 iflag=direct 2>/dev/null | cmp - /tmp/pat" % dev, 60)
    m.sh("echo 60 >/sys/module/hv_vmbus/parameters/host_timeout; echo 180 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout")


@scenario(rows="~S24", machine=Machine(disks=(Disk(), Disk(ide=True))), drivers=ONLY_OURS, timeout=300)
def rescind_during_scan(m):
    "the host takes an IDE channel back while its disk is being probed: the device goes, nothing waits for ever"
    for moment in ("QUERY_PROTOCOL_VERSION +ide0", "EXECUTE_SRB +ide0 .* op=0x12"):
        m.drivers = (None, None)
        # not the other controller's: the midlayer has one scan wait for those before it
        m.host("fault storage ide op=0x12 hold count=all")
        m.sh("unload hv_storvsc")
        m.trace.mark()
        m.sh("modprobe hv_storvsc & true")
        m.trace.wait(moment, 60)
        m.host("rescind ide0")
        m.wait("! ls -d /sys/bus/vmbus/devices/*-8899-* 2>/dev/null", 100, "the device goes")
        m.host("fault clear")
        m.host("release")
        m.host("offer ide0")
        m.drivers = ("ours", "ours")
        m.settle()
        read(m, m.spec.disks[1])


@scenario(rows="S25", machine=SMALL, drivers=ONLY_OURS, timeout=200, noise="I/O error|rejecting I/O")
def delete_in_doubt(m):
    "a disk is deleted while the driver asks the host whether it is there"
    m.host("fault storage controller=1 lun=0 op=0x28 srb=0x0a count=all")
    m.host("fault storage controller=1 lun=0 op=0x00 hold count=1")
    doubted = counters(m, 1)["lun_doubted"]
    m.sh("dd if=%s of=/dev/null bs=4k count=1 iflag=direct 2>/dev/null & sleep 1" % m.dev(m.spec.disks[1]))
    m.expect(counters(m, 1)["lun_doubted"] > doubted, "no doubt")
    m.sh("echo 1 >$(scsi c1l0)/delete & sleep 1")
    m.host("fault clear")
    m.host("release")
    m.sh("wait; sleep 1; h=%s; echo '- - -' >$h/scan" % host_dir(m, 1), 60)
    m.settle()
    read(m, m.spec.disks[1])


@scenario(rows="~S25 ~S24", machine=Machine(disks=(Disk(), Disk(lun=1, size=64 << 20))), drivers=ONLY_OURS, timeout=200, noise="I/O error|rejecting I/O")
def unbind_in_doubt(m):
    "the driver is taken off a controller while it asks whether a disk is there: what waits for that fails, no device waits for it to go"
    last = Disk(lun=1)
    for op, how in (("0x28", "srb=0x0a count=all"), ("0x00", "drop count=all")):
        m.host("fault storage controller=0 lun=1 op=%s %s" % (op, how))
    m.trace.mark()
    m.sh("rm -f /tmp/dd.rc; (r=0; dd if=%s of=/dev/null bs=4k count=1 iflag=direct || r=1; echo $r >/tmp/dd.rc) >/dev/null 2>&1 & true" % m.dev(last))
    m.trace.wait("EXECUTE_SRB +scsi0 .* op=0 lun=1", 30)
    m.drivers = (None, None)
    m.sh("d=$(basename $(controller 0)); rm -f /tmp/off; (echo $d >/sys/bus/vmbus/drivers/hv_storvsc/unbind; touch /tmp/off) >/dev/null 2>&1 & true")
    m.wait("[ -e /tmp/off ]", 10, "the driver lets go")
    m.wait("[ -e /tmp/dd.rc ]", 30, "dd ends")
    m.expect(m.sh("cat /tmp/dd.rc") == "1", "dd read from a disk that was not reached")
    m.host("fault clear")
    m.sh("echo $(basename $(controller 0)) >/sys/bus/vmbus/drivers/hv_storvsc/bind")
    m.drivers = ("ours", "ours")
    m.settle()
    for d in m.spec.disks:
        read(m, d)


@scenario(rows="S27", machine=Machine(cpus=2, memory=768, append="swiotlb=force"), drivers=ONLY_OURS, timeout=300)
def bounce_buffers(m):
    "all I/O through bounce buffers: data intact at odd offsets and sizes"
    m.sh("dmesg | grep -qi 'software io tlb'")
    m.sh(FIO % {"dev": m.dev(), "name": "b", "rw": "randwrite", "bs": "512-256k", "depth": 16,
                "more": "--verify=crc32c --verify_fatal=1 --do_verify=1 --mem_align=512 --bs_unaligned"} +
         " || { cat /tmp/b.out; exit 1; }", 200)


@scenario(rows="F21", machine=TWO, drivers=ONLY_OURS, timeout=100)
def storage_tracepoints(m):
    "each command shows when it is sent and when it is answered"
    t = "/sys/kernel/tracing/"
    m.sh("echo 1 >%sevents/hv_storvsc/enable; echo >%strace" % (t, t))
    read(m)
    out = m.sh("cat %strace; echo 0 >%sevents/hv_storvsc/enable" % (t, t))
    m.expect("storvsc_submit" in out and "storvsc_complete" in out and "op=0x28" in out, out[-500:])


@scenario(rows="S13 ~F23", machine=TWO, drivers=ONLY_OURS, timeout=300)
def add_among_many(m):
    "with 40 disks, one more appears without a single command to the others"
    disks = [Disk(controller=1, lun=n, size=1 << 20) for n in range(1, 41)]
    for d in disks:
        with open(m.backing(d), "wb") as f:
            f.truncate(d.size)
        m.host("disk add file=%s,lun=%d,controller=1" % (m.backing(d), d.lun))
    m.wait("[ $(ls -d $(controller 1)/host*/target*/*/block/* | wc -l) = 41 ]", 100, "41 disks")
    m.sh("sleep 2; udevadm settle 2>/dev/null || true")
    m.trace.mark()
    extra = Disk(controller=1, lun=200, size=1 << 20)
    with open(m.backing(extra), "wb") as f:
        f.truncate(extra.size)
    start = time.monotonic()
    m.host("disk add file=%s,lun=200,controller=1" % m.backing(extra))
    m.wait('[ -n "$(disk c1l200)" ]', 30)
    m.note("the 42nd disk after %.1f s" % (time.monotonic() - start))
    for d in disks + [extra]:
        m.host("disk remove controller=1 lun=%d" % d.lun)
    m.wait("[ $(ls -d $(controller 1)/host*/target*/*/block/* | wc -l) = 1 ]", 100, "one disk again")
