# SPDX-License-Identifier: GPL-2.0-only
"""Disks that are other ones, or of another size, when the host is agreed with anew."""
from registry import ONLY_OURS, Disk, Machine, scenario
from s_storvsc import attr, load_driver, read

TWO = Machine(disks=(Disk(), Disk(controller=1, size=64 << 20)))
DISK = TWO.disks[1]
LOST = "echo %d >/sys/module/hv_storvsc/parameters/storvsc_lost_after; echo %d >$(scsi c1l0)/timeout"
NOISE = "I/O error|Buffer I/O|rejecting I/O|Sense Key|beyond end"


def lose(m, op, dd):
    """The host loses a command of the second controller's disk, which it will be agreed with anew for; DD is in /tmp/lost.* then."""
    m.sh(LOST % (2, 2))
    m.host("fault storage controller=1 lun=0 op=%s drop count=1" % op)
    m.trace.mark()
    m.sh("rm -f /tmp/lost.rc; (r=0; dd %s 2>/tmp/lost.out || r=1; echo $r >/tmp/lost.rc) >/dev/null & true" % dd)
    m.trace.wait("EXECUTE_SRB +scsi1 .* op=%s" % op, 30)


def ended(m):
    m.wait("[ -e /tmp/lost.rc ]", 100, "the command that was lost ends")
    return m.sh("cat /tmp/lost.rc")


def restore(m):
    m.host("fault clear")
    m.sh(LOST % (4, 180))


def other_disk(m):
    """An empty file for it; and what is written to the first one, in /tmp/pat."""
    other = m.path("other.img")
    with open(other, "wb") as f:
        f.truncate(DISK.size)
    m.sh("dd if=/dev/urandom of=/tmp/pat bs=4k count=1 2>/dev/null")
    return other


def write(m):
    return "if=/tmp/pat of=%s bs=4k count=1 oflag=direct" % m.dev(DISK)


def first_again(m):
    restore(m)
    m.host("disk remove controller=1 lun=0")
    m.wait('[ -z "$(disk c1l0)" ]', 60, "the other disk goes")
    m.host("disk add controller=1 lun=0 file=" + m.backing(DISK))
    m.settle()
    read(m, DISK)


def untouched(m, other):
    """The write to the first disk fails, and the other is there as it was."""
    m.expect(ended(m) == "1", "the write went somewhere")
    m.wait('d=$(scsi c1l0) && tr -d "\\0" <$d/vpd_pg80 | grep -q OTHER', 60, "the other disk")
    with open(other, "rb") as f:
        m.expect(not f.read().strip(b"\0"), "what was meant for the first disk is on the other")
    read(m, DISK)
    first_again(m)


def exchange(m, *faults):
    """The second disk is another when the host is agreed with anew; FAULTS come before it says so."""
    other = other_disk(m)
    lose(m, "0x2a", write(m))
    for fault in faults:
        m.host("fault storage controller=1 lun=0 op=0x12 " + fault)
    m.host("disk exchange controller=1 lun=0 file=%s serial=OTHER" % other)
    untouched(m, other)


@scenario(rows="~S25 ~S13", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def exchanged_meanwhile(m):
    "another disk is in the place of one when the host is agreed with anew: nothing is written to it, it is a device of its own"
    exchange(m)


@scenario(rows="~S25 ~S13", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def exchanged_and_read_again(m):
    "the same, and the host answers the first question not at all, the next ones with an error; meanwhile the kernel reads what is there now"
    load_driver(m, "storvsc_host_timeout=1")
    m.settle()
    exchange(m, "drop count=1")
    m.sh("echo 1 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout")
    exchange(m, "srb=0x05 count=3")
    m.sh("echo 180 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout")


@scenario(rows="~S25 ~S13", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def gone_meanwhile(m):
    "a disk is gone when the host is agreed with anew: that it knows no page is not taken for the same disk, nothing is written to one that comes then"
    other = other_disk(m)
    lose(m, "0x2a", write(m))
    m.host("fault storage controller=1 lun=0 op=0x9e hold count=all")   # of who believes it
    m.host("disk remove controller=1 lun=0 silent")
    m.trace.wait("EXECUTE_SRB +scsi1 .* op=0x(9e|a0)", 60)
    m.host("disk add controller=1 lun=0 file=%s serial=OTHER" % other)
    m.host("fault clear")
    m.host("release")
    untouched(m, other)
    m.host("manner lun-invalid")
    lose(m, "0x2a", write(m))
    m.host("disk remove controller=1 lun=0 silent")
    m.expect(ended(m) == "1", "the write went somewhere")
    m.wait('[ -z "$(disk c1l0)" ]', 60, "the disk goes")
    m.host("manner none,strict")
    m.host("disk add controller=1 lun=0 file=" + m.backing(DISK))
    restore(m)
    m.settle()
    read(m, DISK)


@scenario(rows="~S11 ~S13", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def exchanged_out_of_reach(m):
    "a disk that is not reached for a while is another one when it is again: nothing is written to it"
    other = other_disk(m)
    m.trace.mark()
    for op in ("0x2a", "0x00"):
        m.host("fault storage controller=1 lun=0 op=%s srb=0x0a count=all" % op)
    m.sh("rm -f /tmp/lost.rc; (r=0; dd %s 2>/tmp/lost.out || r=1; echo $r >/tmp/lost.rc) >/dev/null & true" % write(m))
    m.trace.wait("EXECUTE_SRB +scsi1 .* op=0 ", 60, 2)
    m.host("disk exchange controller=1 lun=0 file=%s serial=OTHER" % other)
    m.host("fault clear")
    untouched(m, other)


@scenario(rows="~S14 ~S25", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def resized_meanwhile(m):
    "a disk has another size when the host is agreed with anew, which tells nobody: no command comes before it is known"
    dev = m.dev(DISK)
    size = "blockdev --getsize64 " + dev
    m.host("fault storage controller=1 op=0xa0 delay=8000 count=all")  # which comes before properties are read again
    for mb in (48, 80, 64):
        lose(m, "0x28", "if=%s of=/dev/null bs=4k count=1 iflag=direct" % dev)
        m.host("disk resize controller=1 lun=0 size=%d silent" % (mb << 20))
        m.expect(ended(m) == "0", "the read failed: " + m.sh("cat /tmp/lost.out"))
        m.expect(m.sh(size) == str(mb << 20), "a command came through with a size of " + m.sh(size))
        m.sh("dd if=%s of=/dev/null bs=1M count=1 skip=%d iflag=direct 2>/dev/null" % (dev, mb - 1))
        m.host("fault clear")
        m.sh("[ $(dd if=%s bs=1M skip=%d iflag=direct 2>/dev/null | wc -c) = 0 ]" % (dev, mb))
        m.host("fault storage controller=1 op=0xa0 delay=8000 count=all")
    restore(m)
    read(m, DISK)


@scenario(rows="~S25 ~S24", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def removed_when_unsure(m):
    "the host does not say which disk it is: commands wait, and asked again it says so; a driver that is taken off meanwhile waits for nothing"
    asked = "EXECUTE_SRB +scsi1 .* op=0x12 .*buffer=255"
    load_driver(m, "storvsc_host_timeout=1")            # with no scan under way
    m.settle()
    lose(m, "0x28", "if=%s of=/dev/null bs=4k count=1 iflag=direct" % m.dev(DISK))
    m.host("fault storage controller=1 lun=0 op=0x12 drop count=1")
    m.expect(ended(m) == "0", "the read failed: " + m.sh("cat /tmp/lost.out"))
    order = [l.split("op=")[1][:4] for l in m.trace.find("%s|EXECUTE_SRB +scsi1 .* op=0x28" % asked)]
    m.expect(order[:4] == ["0x28", "0x12", "0x12", "0x28"], "the host got %s" % order)
    lose(m, "0x28", "if=%s of=/dev/null bs=4k count=1 iflag=direct" % m.dev(DISK))
    m.host("fault storage controller=1 lun=0 op=0x12 drop count=all")
    m.trace.wait(asked, 60)
    m.sh("d=$(basename $(controller 1)); echo $d >/sys/bus/vmbus/drivers/hv_storvsc/unbind", 100)
    m.expect(ended(m) == "1", "the host got a command before it said which disk it has")
    m.host("fault clear")
    load_driver(m)
    m.settle()
    read(m, DISK)
    m.expect(attr(m, 1, "life") == "up", "the controller is " + attr(m, 1, "life"))


@scenario(rows="~F25", machine=TWO, drivers=ONLY_OURS, timeout=300, noise=NOISE)
def retries_after_an_outage(m):
    "a host that is silent for longer than the retries of a command: back again and busy at first, it gets the command again, nothing fails"
    load_driver(m, "storvsc_host_timeout=1")
    m.settle()
    lose(m, "0x28", "if=%s of=/dev/null bs=4k count=1 iflag=direct" % m.dev(DISK))
    m.host("fault storage packet=7 drop count=all")
    # six periods of two seconds are over then
    m.trace.wait("BEGIN_INITIALIZATION +scsi1", 100, 5)
    m.host("fault clear")
    m.host("fault storage controller=1 lun=0 op=0x28 srb=0x05 count=1")
    m.expect(ended(m) == "0", "the read failed: " + m.sh("cat /tmp/lost.out"))
    restore(m)
    m.sh("echo 180 >/sys/module/hv_storvsc/parameters/storvsc_host_timeout")
    read(m, DISK)
