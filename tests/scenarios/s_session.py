# SPDX-License-Identifier: GPL-2.0-only
"""A session on record is said again to another guest (hvroot --record, --replay)."""
import os
import re

from machine import Booted
from registry import ONLY_OURS, Machine, scenario

MAC = "00:15:5d:05:e5:51"
VENDOR = b"RECORDED"
MADE_UP = "02:15:5d:ff:00:01"


class Side(Booted):
    """Another guest of the same kind, under an hvroot with more options."""

    def __init__(self, m, *more):
        super().__init__(m.spec, m.first, m.images, m.dir)
        self.more = list(more)
        self.deadline = m.deadline

    def argv(self):
        return super().argv() + ["--nic", "tap=hvt0,mac=" + MAC] + self.more

    def __enter__(self):
        self.boot()
        return self

    def __exit__(self, *_):
        self.stop()


def work(m):
    "a filesystem, a NIC that is up, a heartbeat"
    m.sh("d=%s; mkfs.ext4 -q -F $d </dev/null; mount $d /mnt; seq 9000 >/mnt/a; umount /mnt; mount $d /mnt; "
         "seq 9000 | cmp - /mnt/a; umount /mnt" % m.dev())
    m.wait("[ -e /sys/class/net/eth0 ]", 30, "the NIC")
    m.sh("ip link set eth0 up")
    m.wait("[ \"$(cat /sys/class/net/eth0/carrier)\" = 1 ]", 30, "its link")


def change(path, name, edit):
    """The record with what EDIT makes of the bytes of each thing said whose name begins so; how many there were."""
    done = []

    def one(found):
        done.append(found.group(1))
        return found.group(1) + edit(bytes.fromhex(found.group(2))).hex()

    with open(path, encoding="ascii") as f:
        text = re.sub(r"(?m)^(say \d+ %s\S* \d+ )([0-9a-f]+)$" % re.escape(name), one, f.read())
    with open(path, "w", encoding="ascii") as f:
        f.write(text)
    return len(done)


def other_vendor(inquiry):
    return inquiry[:8] + VENDOR + inquiry[16:] if inquiry[0] == 0 and len(inquiry) >= 36 else inquiry


def vendor(m):
    return m.sh("cat /sys/block/$(basename %s)/device/vendor" % m.dev()).strip()


def again(m):
    """(lines said again, lines) of a session that is replayed."""
    said = dict(word.split("=") for word in m.host("session")[0].split())
    return int(said["lines"]) - int(said["left"]), int(said["lines"])


def other_address(message):
    return message.replace(bytes.fromhex(MAC.replace(":", "")), bytes.fromhex(MADE_UP.replace(":", "")))


@scenario(rows="F27", machine=Machine(offers="heartbeat"), drivers=ONLY_OURS, timeout=300)
def session_replayed(m):
    "a session on record is said again to a fresh guest, also one that was changed by hand, and its commands are given"
    record = m.path("session")
    with Side(m, "--record", record) as first:
        work(first)
        first.host("heartbeat burst=3")
        m.expect(vendor(first) != VENDOR.decode(), "the vendor is not what it will be")
    with Side(m, "--replay", record) as second:
        work(second)
        second.trace.wait(r"REPLAY +heartbeat burst=3", 60)
        said, lines = again(second)
        m.expect(said * 2 > lines, "most of it was said again: %d of %d lines" % (said, lines))
        m.expect(not second.trouble(""), "the kernel complained")
    inquiries = change(record, "scsi0/data/12<", other_vendor)
    addresses = change(record, "net0/section/0x80000004<", other_address)
    m.expect(inquiries and addresses, "what a disk is and what a NIC has as its address was said")
    with Side(m, "--replay", record) as third:
        m.expect(vendor(third) == VENDOR.decode(), "the disk's vendor as the record has it now")
        third.wait("[ \"$(cat /sys/class/net/eth0/address)\" = %s ]" % MADE_UP, 30, "the NIC's address as the record has it now")
        m.expect(not third.trouble(""), "the kernel complained")
    m.note("%d KiB, %d of %d lines said again" % (os.path.getsize(record) >> 10, said, lines))


@scenario(rows="~F27", machine=Machine(offers="heartbeat"), drivers=ONLY_OURS, timeout=300, needs=("synic",))
def session_replayed_kvm(m):
    "the same of a guest under KVM: its disk is found, by a name that the record has"
    record = m.path("session")
    with Side(m, "--record", record) as first:
        m.expect(vendor(first) != VENDOR.decode(), "the vendor is not what it will be")
    m.expect(change(record, "scsi0/data/12<", other_vendor), "what a disk is was said")
    with Side(m, "--replay", record) as second:
        m.expect(vendor(second) == VENDOR.decode(), "the disk's vendor as the record has it now")
        said, lines = again(second)
        m.expect(said * 2 > lines, "most of it was said again: %d of %d lines" % (said, lines))
        m.expect(not second.trouble(""), "the kernel complained")
    m.note("%d KiB, %d of %d lines said again" % (os.path.getsize(record) >> 10, said, lines))
